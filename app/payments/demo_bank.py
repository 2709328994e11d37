"""A bank for the demo: charges test cards, each with a behaviour of its own, and remembers what it did.

It behaves like a house of its own: own books (models.py), own transactions, signed events that come through the outbox
when they are due. Its time is the `now` it is given, so that moving the demo's clock moves the bank along.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from flask import current_app, g
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, transaction
from app.events import outbox
from app.ids import StoreId
from app.money import Money
from app.payments import events
from app.payments.demo_cards import COURSES, Behaviour, Course, read_card
from app.payments.models import DemoBankChargeRow as ChargeRow
from app.payments.models import DemoBankRefundRow as RefundRow
from app.payments.provider import Charge, ForgedEvent, Outcome, Prepared, ProviderEvent, Refund, Status
from app.tokens import keyed_hash, same
from app.web.formats import localized_digits
from app.web.language import gettext as _

NAME = "demo_bank"
TOPIC = "payments.demo_bank_event"
SIGNATURE = "Demo-Bank-Signature"
LARGEST_EVENT = 4096
ISOLATED = "\u2068{}\u2069"  # kept apart from the direction around it: this text goes into pages, letters and receipts

NOT_FOUND = Outcome(Status.FAILED, reason="not_found")


class _EventBody(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the bank sends it. `status` is a Status."""

    id: str
    store: StoreId
    attempt: UUID
    status: Status
    reference: str
    amount: int
    currency: str
    occurred_at: datetime


class DemoBank:
    """The provider behind test cards."""

    name = NAME
    collects = True

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def takes(self, currency: str) -> bool:
        """Play money comes in every currency."""
        return True

    def prepare(self, entries: Mapping[str, str], *, now: datetime) -> Prepared:
        """Keep what the card does and its last four digits; the number itself is forgotten. Raises BadPaymentDetails."""
        card = read_card(entries, now)
        digits = ISOLATED.format(localized_digits(card.last, g.locale))
        return Prepared(token=card.behaviour, label=_("Card ending %(digits)s", digits=digits))

    def collect(self, charge: Charge, *, now: datetime) -> Outcome:
        """Charge the card, once. A key that comes back with another amount is UNKNOWN: look at what was begun with it."""
        if charge.token not in COURSES:
            return Outcome(Status.FAILED, reason="bad_token")
        with transaction(outermost=True) as session:
            if _add_charge(session, charge.attempt_id, charge.token, charge.amount, now):
                _schedule_events(charge.attempt_id, COURSES[Behaviour(charge.token)], now)
            row = _load(session, charge.attempt_id)
            if row is None or (row.behaviour and Money(row.amount, row.currency) != charge.amount):
                return Outcome(Status.UNKNOWN, reason="key_reused")
            return _what_it_says(row, now)

    def ask(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """What the bank has to say by now."""
        with transaction(outermost=True) as session:
            row = _load(session, attempt_id)
            return _what_it_says(row, now) if row else NOT_FOUND

    def cancel(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """Cancel, unless it is settled already. A charge not heard of yet will be refused when it comes."""
        with transaction(outermost=True) as session:
            _add_charge(session, attempt_id, "", Money(0, ""), now)
            row = _load(session, attempt_id, lock=True)
            if row is None or row.cancelled_at or _is_settled(row, now) or row.behaviour == Behaviour.DOWN:
                return _truth(row, now) if row else NOT_FOUND
            session.execute(update(ChargeRow).where(_key(ChargeRow, attempt_id)).values(cancelled_at=now))
            return Outcome(Status.FAILED, _reference(attempt_id), "cancelled")

    def refund(self, refund: Refund, *, now: datetime) -> Outcome:
        """Give back at most what was collected, each refund once."""
        with transaction(outermost=True) as session:
            charge = _load(session, refund.attempt_id, lock=True)
            truth = _truth(charge, now) if charge else NOT_FOUND
            if charge is None or truth.amount is None:
                return NOT_FOUND
            known = session.get(RefundRow, (charge.store_id, refund.refund_id))
            if known is None:
                given = select(func.sum(RefundRow.amount)).where(
                    RefundRow.store_id == charge.store_id, RefundRow.charge_id == charge.id
                )
                left = truth.amount.amount - int(session.scalar(given) or 0)
                if refund.amount.currency != charge.currency or not 0 < refund.amount.amount <= left:
                    return Outcome(Status.FAILED, reason="too_much")
                session.execute(insert(RefundRow).values(**_refund_values(refund, charge.store_id, now)))
            elif (known.charge_id, Money(known.amount, known.currency)) != (charge.id, refund.amount):
                return Outcome(Status.UNKNOWN, reason="key_reused")
            return Outcome(Status.SUCCEEDED, f"demo_refund_{refund.refund_id.hex}", amount=refund.amount)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """The event, if the bank has signed it. Raises ForgedEvent."""
        signature = next((value for name, value in headers.items() if name.lower() == SIGNATURE.lower()), "")
        if len(body) > LARGEST_EVENT or not same(self.sign(body), signature):
            raise ForgedEvent()
        read = msgspec.json.decode(body, type=_EventBody)
        amount = Money(read.amount, read.currency) if read.status == Status.SUCCEEDED else None
        return ProviderEvent(
            id=read.id,
            kind="charge",
            subject=read.attempt,
            outcome=Outcome(read.status, read.reference, amount=amount),
            amount=amount,
            occurred_at=read.occurred_at,
            store_id=StoreId(read.store),
        )

    def sign(self, body: bytes) -> str:
        """The bank's signature under an event."""
        return keyed_hash(self._secret_key, "demo bank event", body.decode("latin-1"))

    def event_body(self, payload: Mapping[str, Any]) -> bytes | None:
        """The event that is due, as it goes out; None if the charge was cancelled meanwhile."""
        attempt_id = UUID(payload["attempt"])
        with transaction(outermost=True) as session:
            row = _load(session, attempt_id)
            if row is None or row.cancelled_at:
                return None
            return msgspec.json.encode(
                _EventBody(
                    id=payload["event"],
                    store=StoreId(row.store_id),
                    attempt=attempt_id,
                    status=Status(payload["status"]),
                    reference=_reference(attempt_id),
                    amount=_collected(row).amount,
                    currency=row.currency,
                    occurred_at=datetime.fromisoformat(payload["occurred_at"]),
                )
            )


def deliver(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Handler of the outbox: send an event of the bank through the same reading and checking as any provider's."""
    bank = DemoBank(current_app.config["DUALCART"].secret_key)
    body = bank.event_body(payload)
    event = bank.read_event(body, {SIGNATURE: bank.sign(body)}) if body else None
    if event:
        events.tell(NAME, event, current_app.config["CLOCK"].now())


def _add_charge(session: Session, attempt_id: UUID, behaviour: str, amount: Money, now: datetime) -> bool:
    """Whether this is the first the bank hears of the charge."""
    values = {
        "store_id": current_store_id(),
        "id": attempt_id,
        "behaviour": behaviour,
        "amount": amount.amount,
        "currency": amount.currency,
        "created_at": now,
        "cancelled_at": None if behaviour else now,
    }
    added = insert(ChargeRow).values(**values).on_conflict_do_nothing().returning(ChargeRow.id)
    return session.execute(added).first() is not None


def _schedule_events(attempt_id: UUID, course: Course, now: datetime) -> None:
    for told in course.events:
        payload = {
            "attempt": str(attempt_id),
            "event": f"demo_event_{attempt_id.hex}_{told.status}",  # sent twice, it is the same event
            "status": told.status,
            "occurred_at": (now + told.occurred).isoformat(),
        }
        outbox.record(TOPIC, payload, now=now + told.sent)


def _load(session: Session, attempt_id: UUID, *, lock: bool = False) -> ChargeRow | None:
    statement = select(ChargeRow).where(_key(ChargeRow, attempt_id)).execution_options(populate_existing=True)
    if lock:
        took_lock(Lock.ORDER)
        statement = statement.with_for_update()
    return session.scalars(statement).one_or_none()


def _key(table: type[ChargeRow], attempt_id: UUID) -> Any:
    return (table.store_id == current_store_id()) & (table.id == attempt_id)


def _what_it_says(row: ChargeRow, now: datetime) -> Outcome:
    """The outcome, as far as the bank tells when it is asked."""
    if not row.cancelled_at and now - row.created_at < COURSES[Behaviour(row.behaviour)].tells:
        return Outcome(Status.UNKNOWN)
    return _truth(row, now)


def _truth(row: ChargeRow, now: datetime) -> Outcome:
    """The outcome as it is in the bank's books."""
    if row.cancelled_at:
        return Outcome(Status.FAILED, _reference(row.id), "cancelled")
    if not _is_settled(row, now):
        return Outcome(Status.UNKNOWN)
    course = COURSES[Behaviour(row.behaviour)]
    amount = _collected(row) if course.ends == Status.SUCCEEDED else None
    return Outcome(
        course.ends, "" if course.reason == "not_found" else _reference(row.id), course.reason, amount=amount
    )


def _is_settled(row: ChargeRow, now: datetime) -> bool:
    return now - row.created_at >= COURSES[Behaviour(row.behaviour)].settled


def _collected(row: ChargeRow) -> Money:
    return Money(row.amount + COURSES[Behaviour(row.behaviour)].amount_off_by, row.currency)


def _reference(attempt_id: UUID) -> str:
    return f"demo_{attempt_id.hex}"


def _refund_values(refund: Refund, store_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "store_id": store_id,
        "id": refund.refund_id,
        "charge_id": refund.attempt_id,
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
        "created_at": now,
    }
