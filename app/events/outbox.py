"""Recording side effects in the transaction that causes them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, transaction
from app.events.models import OutboxRow
from app.ids import new_id

_wake: Callable[[], object] | None = None


def wake_with(callback: Callable[[], object] | None) -> Callable[[], object] | None:
    """What to call after a commit that recorded something, so that it is done at once and not at the next tick.

    Returns what was called so far.
    """
    global _wake
    before, _wake = _wake, callback
    return before


def record(topic: str, payload: Mapping[str, Any], *, now: datetime, once: UUID | None = None) -> None:
    """Have the handler of `topic` called with `payload` after this transaction has committed. Raises outside of one.

    `once` names what must happen only once, however often it is recorded: it becomes the row's id.
    """
    took_lock(Lock.OUTBOX)
    with transaction() as session:
        session.execute(
            insert(OutboxRow)
            .values(store_id=current_store_id(), id=once or new_id(), topic=topic, payload=dict(payload), due_at=now)
            .on_conflict_do_nothing()
        )
    after_commit(wake)


def wake() -> None:
    """Have what is due carried out now, if anybody can be woken."""
    if _wake:
        _wake()
