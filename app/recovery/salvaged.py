"""What a salvage did, from the cart's log, and taking it back from its notice: exactly what was moved, once."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import text

from app.cart import codec, service
from app.cart.commands import PutBack
from app.cart.errors import NothingToUndo
from app.cart.events import CouponRemoved, LinesMoved
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Move
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CartId, CustomerId

# The salvage is the operation that has the episode's id. Taken back it was by the notice, whose operation follows from that
# (in whichever cart the things are by now), or by the page: then by the very next event, as only the last change can be.
READ = text("""
    WITH held AS (SELECT id FROM carts WHERE store_id = :store AND customer_id = :holder AND status = 'open')
    SELECT e.cart_id IN (SELECT id FROM held) AS held, e.version, e.op_id, e.kind, e.payload,
           EXISTS (SELECT 1 FROM cart_events n WHERE n.store_id = :store AND n.cart_id = e.cart_id
                   AND n.version = e.version + 1) AS more,
           EXISTS (SELECT 1 FROM cart_events n WHERE n.store_id = :store AND n.cart_id = e.cart_id
                   AND n.version = e.version + 1 AND n.kind = 'lines_moved' AND n.payload ->> 'undo' = 'true') AS reversed
    FROM cart_events e WHERE e.store_id = :store AND e.op_id IN (:episode, :undo) AND e.cart_id IN (SELECT id FROM held UNION SELECT :cart)
    ORDER BY e.version""")


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was moved, the coupon that left. `at` is the version that made, while nothing has happened since."""

    moves: tuple[Move, ...] = ()
    coupon: str = ""
    at: int | None = None
    undone: bool = False


def read(episode_id: UUID, cart_id: CartId, holder_id: CustomerId) -> Salvaged:
    """What the salvage of an episode did to its cart, and whether it was taken back; nothing, if it moved nothing."""
    undo = operation_of(episode_id)
    names = {"store": current_store_id(), "episode": episode_id, "undo": undo, "cart": cart_id, "holder": holder_id}
    moves: tuple[Move, ...] = ()
    coupon, at, undone = "", None, False
    for row in db.session.execute(READ, names).all():
        event = codec.event_of(row.kind, row.payload)
        if row.op_id == undo:
            undone = True
        elif isinstance(event, CouponRemoved):
            coupon = event.code
        elif isinstance(event, LinesMoved):
            moves, at = event.moves, row.version if row.held and not row.more else None
            undone = undone or row.reversed
    return Salvaged(moves, coupon, at, undone)


def put_back(
    done: Salvaged, episode_id: UUID, shopper: Shopper, *, currency: str, policy: Policy, days: int, now: datetime
) -> None:
    """Take the salvage back, as far as the things are still saved; nothing happens if that was done before."""
    if done.undone:
        return
    with contextlib.suppress(NothingToUndo):
        service.change(
            shopper,
            PutBack(done.moves, done.coupon, done.at),
            op_id=operation_of(episode_id),
            currency=currency,
            policy=policy,
            days=days,
            now=now,
        )


def operation_of(episode_id: UUID) -> UUID:
    """The operation id of taking back an episode's salvage: one, so that it is carried out once."""
    return uuid5(episode_id, "put back")
