"""Episodes that were opened for one of a person's carts while an order of theirs from another cart was being accepted.

Neither transaction could see the other: the order closed what was open, detection knew of no order. No message of such
an episode passes the gate, which looks for orders itself; this ends the episode as it would have ended. By what was ordered
in the last minutes, not by what is open.
"""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.ids import CustomerId
from app.recovery import episodes
from app.recovery.people import CLOSURE, IDS, LINKED, TRAITS
from app.recovery.values import EpisodeState
from app.stores.directory import StoreView

LOOK_BACK = timedelta(minutes=3)  # transactions last seconds, turns come each minute

_BUYER = CLOSURE.format(traits=TRAITS, linked=LINKED, first="id = o.customer_id", then=IDS)
LEFT_OPEN = text(f"""
    SELECT o.id, o.placed_at, array_agg(e.customer_id) AS customers FROM orders o
    JOIN episodes e ON e.store_id = :store AND e.state = 'open' AND e.inactive_since <= o.placed_at
        AND e.customer_id IN ({_BUYER})
    WHERE o.store_id = :store AND o.currency = ANY(:currencies) AND o.placed_at > :recently AND o.state <> 'cancelled'
    GROUP BY o.id, o.placed_at ORDER BY o.placed_at""")  # noqa: S608  constants of this package


@unit_of_work
def close_bought(store: StoreView, now: datetime) -> int:
    """Close them, in the current store; how many."""
    names = {"store": current_store_id(), "currencies": list(store.currencies), "recently": now - LOOK_BACK}
    closed = 0
    for order in db.session.execute(LEFT_OPEN, names).all():
        locked = episodes.lock_of_person([CustomerId(customer_id) for customer_id in order.customers])
        closed += len(episodes.close(locked, EpisodeState.RECOVERED, now=now, order_id=order.id))
    return closed
