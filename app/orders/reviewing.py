"""Deciding about orders that were held for a look. A decision waits for ten minutes before it is carried out, so that it can
be undone: a letter that was sent and money that went back cannot. Holding on changes nothing but the queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Conflict, Invalid, NotFound
from app.events import outbox
from app.ids import OrderId
from app.orders import handling, repository
from app.orders.errors import OrderMovedOn
from app.orders.values import OrderState

Decision = Literal["allow", "hold", "block"]

UNDO_FOR = timedelta(minutes=10)
LONGEST_NOTE = 200
TOPIC = "orders.reviewed"
CAUSE = "fraud"  # what the order's own history says of one that was blocked

# Why, by decision: kept as labels. Allowing needs no reason.
CAUSES: dict[str, tuple[str, ...]] = {
    "allow": ("known", "spoke", "plausible"),
    "hold": ("asked", "payment", "second_look"),
    "block": ("stolen_card", "false_details", "codes", "robot"),
}

NEWEST = text("""
    SELECT id, decision, actor, state FROM order_reviews
    WHERE store_id = :store AND order_id = :order AND state <> 'undone' ORDER BY decided_at DESC, id DESC LIMIT 1""")

FIND = text(
    "SELECT id, order_id, decision, actor, state, due_at FROM order_reviews WHERE store_id = :store AND id = :id"
)

ADD = text("""
    INSERT INTO order_reviews (store_id, id, order_id, decision, cause, note, score, reasons, actor, decided_at, due_at, state, ended_at)
    VALUES (:store, :id, :order, :decision, :cause, :note, :score, :reasons, :actor, :now, :due_at, :state, :ended_at)""")

END = text("""
    UPDATE order_reviews SET state = :state, ended_at = :now
    WHERE store_id = :store AND id = :id AND state = 'waiting' RETURNING id""")

UNDO = text("""
    UPDATE order_reviews SET state = 'undone', ended_at = :now
    WHERE store_id = :store AND id = :id AND (state = 'waiting' OR (state = 'done' AND decision = 'hold'))
    AND due_at > :now RETURNING id""")


class ReviewNotFound(NotFound):
    """There is no such decision."""

    code = "review_not_found"


class DecidedMeanwhile(Conflict):
    """Somebody else was quicker: `actor` did `decision` ("" when the order itself has moved on)."""

    code = "decided_meanwhile"


class NoCause(Invalid):
    """To hold or block an order one has to say why."""

    code = "no_review_cause"


class NoteTooLong(Invalid):
    """The note is longer than it may be."""

    code = "review_note_too_long"


class TooLateToUndecide(Conflict):
    """It has been carried out, or undone."""

    code = "too_late_to_undecide"


class _Undone(Exception):
    """It was undone between looking at it and locking its order."""


@dataclass(frozen=True, slots=True)
class Review:
    """A decision. `state`: waiting, done, undone, overtaken."""

    id: UUID
    order_id: OrderId
    decision: str
    actor: str
    state: str
    due_at: datetime


@unit_of_work
def decide(
    order_id: OrderId,
    decision: Decision,
    *,
    cause: str,
    note: str,
    seen: UUID | None,
    op_id: UUID,
    actor: str,
    now: datetime,
) -> bool:
    """Decide about a held order, once per `op_id`; False if that was done before. `seen` is the last decision the person knew of.

    Raises OrderNotFound, NoCause, NoteTooLong, DecidedMeanwhile.
    """
    if cause not in CAUSES[decision] and (cause or decision != "allow"):
        raise NoCause()
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong()
    order = repository.lock(order_id)
    names = {"store": current_store_id(), "order": order_id}
    if find(op_id) is not None:
        return False
    newest = db.session.execute(NEWEST, names).first()
    if newest is not None and (newest.id != seen or newest.state == "waiting"):
        raise DecidedMeanwhile(actor=newest.actor, decision=newest.decision)
    if order.state is not OrderState.IN_REVIEW:
        raise DecidedMeanwhile(actor="", decision="")
    risk = order.risk or {}
    holds = decision == "hold"
    due_at = now + UNDO_FOR
    words = {"decision": decision, "cause": cause, "note": note, "actor": actor, "now": now, "due_at": due_at}
    weighed = {"score": risk.get("score", 0), "reasons": [reason["code"] for reason in risk.get("reasons", [])]}
    ended = {"state": "done" if holds else "waiting", "ended_at": now if holds else None}
    db.session.execute(ADD, {**names, "id": op_id, **words, **weighed, **ended})
    if not holds:
        outbox.record(TOPIC, {"review_id": str(op_id)}, now=due_at, once=op_id)
    return True


@unit_of_work
def undo(review_id: UUID, *, now: datetime) -> OrderId:
    """Take a decision back while nothing has come of it; whose order it is. Raises ReviewNotFound, TooLateToUndecide."""
    review = _get(review_id)
    repository.lock(review.order_id)
    if not db.session.execute(UNDO, {"store": current_store_id(), "id": review_id, "now": now}).first():
        raise TooLateToUndecide()
    return review.order_id


def carry_out(review_id: UUID, *, now: datetime, actor: str = "") -> bool:
    """What was decided happens now; False if there is nothing left to do. `actor` asks for it, else whoever decided does.

    Raises ReviewNotFound.
    """
    review = _get(review_id)
    if review.state != "waiting":
        return False
    try:
        _carry_out(review, actor or review.actor, now)
    except _Undone:
        return False
    except OrderMovedOn:  # somebody released or cancelled it on the order's own page
        _end(review, "overtaken", now)
        return False
    return True


def find(review_id: UUID) -> Review | None:
    """The decision, if there is one."""
    row = db.session.execute(FIND, {"store": current_store_id(), "id": review_id}).first()
    if row is None:
        return None
    return Review(row.id, OrderId(row.order_id), row.decision, row.actor, row.state, row.due_at)


@unit_of_work
def _carry_out(review: Review, actor: str, now: datetime) -> None:
    if review.decision == "allow":
        handling.release(review.order_id, actor=actor, now=now)
    else:
        handling.cancel(review.order_id, actor=actor, cause=CAUSE, now=now, only_in=OrderState.IN_REVIEW)
    if not _ended(review, "done", now):  # behind the order's lock, which whoever undoes it takes as well
        raise _Undone()
    details = {"decision": review.decision}
    audit.record("order_review_carried_out", actor=actor, subject=("order", review.order_id), now=now, details=details)


@unit_of_work
def _end(review: Review, state: str, now: datetime) -> None:
    repository.lock(review.order_id)
    _ended(review, state, now)


def _ended(review: Review, state: str, now: datetime) -> bool:
    names = {"store": current_store_id(), "id": review.id, "state": state, "now": now}
    return db.session.execute(END, names).first() is not None


def _get(review_id: UUID) -> Review:
    review = find(review_id)
    if review is None:
        raise ReviewNotFound()
    return review
