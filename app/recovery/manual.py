"""Recovery by hand: a reminder of one cart now, or none any more; each held for a moment, so that it can be undone.

A reminder by hand is a message of kind `manual`, decided about by the same gate as every other one: staff may ask for it, but
not past consent, hours or a purchase. Stopping waits in the outbox: what was called off for good cannot be brought back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import text

from app.audit import log as audit
from app.cart.history import CartNotFound
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, before_commit, took_lock, unit_of_work
from app.errors import Conflict, Invalid
from app.events import outbox
from app.ids import CartId
from app.recovery import campaigns, episodes, opening
from app.recovery.episodes import Episode
from app.recovery.values import Arm, Trigger
from app.stores.directory import StoreView

HELD = timedelta(seconds=30)
NOT_BEFORE_STOPPED = timedelta(minutes=3)  # the outbox is looked at each minute
TOPIC = "recovery.reminders_stopped"
STOPPED, CALLED_OFF = "stopped_by_staff", "called_off"
LONGEST_REASON = 200
SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class NotToBeReminded(Conflict):
    """The cart is empty, of somebody who works here or may be a robot, or was bought since."""

    code = "not_to_be_reminded"


class LeftAlone(Conflict):
    """The person is in the group that deliberately gets no messages: only with a reason, as it blurs the measurement."""

    code = "left_alone_to_measure"


class ReminderWaits(Conflict):
    """A reminder by hand is waiting already."""

    code = "reminder_waits"


class NothingToStop(Conflict):
    """No message is waiting for this cart."""

    code = "nothing_to_stop"


class TooLateToUndo(Conflict):
    """It has left, or has been called off for good."""

    code = "too_late_to_undo"


class ReasonTooLong(Invalid):
    """The reason for writing to somebody who is left alone is longer than it may be."""

    code = "reason_too_long"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message that leaves at `due_at` unless it is undone, and unless the gate has something against it."""

    message_id: UUID
    episode_id: UUID
    due_at: datetime


LOCK_CART = text("""
    SELECT CAST(ARRAY[id] AS text) AS carts FROM carts WHERE store_id = :store AND id = :cart AND status = 'open'
    FOR NO KEY UPDATE""")

EXAMINED = text("UPDATE carts SET examined = true WHERE store_id = :store AND id = :cart")

QUEUED = text("SELECT episode_id, due_at FROM messages WHERE store_id = :store AND id = :id")

WAITS = text("""
    SELECT 1 FROM messages WHERE store_id = :store AND episode_id = :episode AND kind = 'manual'
    AND state IN ('scheduled', 'claimed', 'sending') LIMIT 1""")

# The second by hand about the same abandonment has the next number: numbers of campaigns' steps are another matter.
QUEUE = text("""
    INSERT INTO messages (store_id, id, episode_id, customer_id, kind, step, channel, due_at, created_at)
    SELECT :store, :id, :episode, :customer, 'manual', count(*), 'email', :due_at, :now FROM messages
    WHERE store_id = :store AND episode_id = :episode AND kind = 'manual'""")

UNDO = text("""
    WITH waiting AS MATERIALIZED (
        SELECT id FROM messages WHERE store_id = :store AND id = :id AND kind = 'manual' AND state = 'scheduled'
        FOR NO KEY UPDATE SKIP LOCKED),
    cancelled AS (
        UPDATE messages SET state = 'cancelled', reason = :reason, ended_at = :now
        FROM waiting WHERE messages.store_id = :store AND messages.id = waiting.id RETURNING messages.id)
    INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, inputs)
    SELECT :store, uuidv7(), id, :now, 'end', :reason, CAST('{}' AS jsonb) FROM cancelled RETURNING message_id""")

HOLD_BACK = text("""
    UPDATE messages SET due_at = greatest(due_at, :until) WHERE store_id = :store AND state = 'scheduled'
    AND id IN (SELECT id FROM messages WHERE store_id = :store AND episode_id = ANY(:episodes)
               AND state IN ('scheduled', 'claimed') ORDER BY id FOR NO KEY UPDATE)
    RETURNING id""")

TAKE_BACK = text("""
    UPDATE outbox SET done_at = now(), payload = '{}' WHERE store_id = :store AND id = :id AND topic = :topic
    AND done_at IS NULL AND failed_at IS NULL AND lease_token IS NULL RETURNING id""")


@unit_of_work
def remind(
    cart_id: CartId, store: StoreView, *, op_id: UUID, actor: str, now: datetime, although: str = ""
) -> Reminder:
    """Send a reminder of this cart in half a minute, once per operation; it becomes abandoned if it is not yet.

    `although` says why somebody is written to who is left alone to measure; their episode stays in its arm, as experiments
    are reckoned by what was assigned. Raises CartNotFound, NotToBeReminded, LeftAlone, ReminderWaits, ReasonTooLong.
    """
    if len(although) > LONGEST_REASON:
        raise ReasonTooLong()
    names, message_id = {"store": current_store_id(), "cart": cart_id}, uuid5(op_id, str(cart_id))
    took_lock(Lock.CART)
    locked = db.session.execute(LOCK_CART, names).first()
    if locked is None:
        raise CartNotFound()
    before = db.session.execute(QUEUED, {**names, "id": message_id}).first()
    if before is not None:
        return Reminder(message_id, before.episode_id, before.due_at)
    episode = _episode(cart_id, locked.carts, store, now)
    if episode.arm is Arm.HOLDOUT and not although.strip():
        raise LeftAlone()
    took_lock(Lock.MESSAGE)
    if db.session.execute(WAITS, {**names, "episode": episode.id}).first():
        raise ReminderWaits()
    due_at = now + HELD
    message = {"id": message_id, "episode": episode.id, "customer": episode.customer_id}
    db.session.execute(QUEUE, {**names, **message, "due_at": due_at, "now": now})
    said = {"although": although.strip()} if episode.arm is Arm.HOLDOUT else None
    audit.record("reminder_sent_by_hand", actor=actor, subject=("cart", cart_id), now=now, details=said)
    return Reminder(message_id, episode.id, due_at)


@unit_of_work
def undo_remind(cart_id: CartId, *, op_id: UUID, actor: str, now: datetime) -> None:
    """Call the reminder of this operation off. Raises TooLateToUndo."""
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "id": uuid5(op_id, str(cart_id)), "reason": CALLED_OFF, "now": now}
    if not db.session.execute(UNDO, names).first():
        raise TooLateToUndo()
    audit.record("reminder_undone", actor=actor, subject=("cart", cart_id), now=now)


@unit_of_work
def stop(cart_id: CartId, *, op_id: UUID, actor: str, now: datetime) -> None:
    """Send nothing more about what this cart was left with. What waits is held back at once, and called off when the
    moment for undoing it is over. Raises NothingToStop.
    """
    locked = episodes.lock_of_cart(cart_id)
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "episodes": locked, "until": now + NOT_BEFORE_STOPPED}
    if not db.session.execute(HOLD_BACK, names).all():
        raise NothingToStop()
    payload = {"episodes": [str(episode_id) for episode_id in locked]}
    outbox.record(TOPIC, payload, now=now + HELD, once=uuid5(op_id, str(cart_id)))
    audit.record("reminders_stopped", actor=actor, subject=("cart", cart_id), now=now)


@unit_of_work
def undo_stop(cart_id: CartId, *, op_id: UUID, actor: str, now: datetime) -> None:
    """Let the messages go on after all, a little later at most. Raises TooLateToUndo."""
    took_lock(Lock.OUTBOX)
    names = {"store": current_store_id(), "id": uuid5(op_id, str(cart_id)), "topic": TOPIC}
    if not db.session.execute(TAKE_BACK, names).first():
        raise TooLateToUndo()
    audit.record("stopping_undone", actor=actor, subject=("cart", cart_id), now=now)


@unit_of_work
def call_off(episode_ids: list[UUID], now: datetime) -> None:
    """What stopping means in the end: the waiting messages of these episodes are over."""
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "ids": episode_ids, "now": now, "reason": STOPPED, "state": "open"}
    before_commit(partial(db.session.execute, episodes.CANCEL, names))


def _episode(cart_id: CartId, carts: str, store: StoreView, now: datetime) -> Episode:
    """The cart's open episode, made if there is none: as detection would make it, or whatever it is worth without a campaign."""
    episodes.lock_of_cart(cart_id, [Trigger.CART_ABANDONED])
    found = episodes.find_open(cart_id)
    if found is not None:
        return found
    db.session.execute(EXAMINED, {"store": current_store_id(), "cart": cart_id})
    opens = partial(opening.open_for, carts, store, since=SINCE_EVER, now=now)
    if not opens(campaign=campaigns.live(Trigger.CART_ABANDONED)).episodes:
        opens(campaign=None, whatever_worth=True)
    made = episodes.find_open(cart_id)
    if made is None:
        raise NotToBeReminded()
    return made
