"""Following the link of a message in the browser that has the cart: what the landing page's door does, without the page."""

from datetime import datetime

from app.database.transaction import finish_reading
from app.ids import new_id
from app.recovery import adoption, linked
from app.recovery.linked import Standing
from app.recovery.message_events import record_event
from app.recovery.values import Agent
from app.simulator.persons import Person
from app.simulator.shop import Shop


def land(shop: Shop, person: Person, token: str, now: datetime) -> bool:
    """Click, and have the message's discount put on the cart. False where the link leads nowhere any more."""
    about = linked.find(token, "recover")
    if about is None or person.customer_id is None:
        return False
    policy, days = shop.terms.policy, shop.store.settings.cart_expiry_days
    offered = adoption.look(about, person.customer_id, policy, now)
    wanted = offered.standing is Standing.OPEN and adoption.lacks_code(offered, person.customer_id, policy, now)
    finish_reading()
    for kind in ("visited", "clicked"):
        record_event(
            about.message_id, kind, Agent.HUMAN, occurred_at=now, dedupe=f"{kind}:{about.message_id}:{now:%Y%m%d%H}",
            evidence={"pressed": kind == "clicked"}, now=now,
        )  # fmt: skip
    if wanted:
        adoption.put_code_on(offered, person.shopper, op_id=new_id(), policy=policy, days=days, now=now)
    return offered.standing is Standing.OPEN
