"""What people write back by SMS: STOP ends messages at once, START allows them again, HELP is answered.

One number serves all stores of an installation, and carriers block by number: a word counts in every store that knows it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import contacts
from app.accounts.models import ConsentRow, Customer
from app.channels.twilio_requests import PROVIDER, Answered
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import unit_of_work
from app.ids import CustomerId, StoreId
from app.recovery import message_events, suppression
from app.recovery.callbacks import first_time
from app.recovery.message_models import MessageRow
from app.recovery.sms_words import Word, meaning
from app.recovery.values import Agent, Channel, SuppressionReason
from app.stores import directory
from app.stores.letterhead import letterhead
from app.web.language import gettext as _
from app.web.language import speaking

LONGEST_WORDING = 500
SOURCE = "sms"


def take_in(answer: Answered, now: datetime) -> str:
    """Do what was asked for, once, in all stores that know the number; what is to be answered, empty for nothing."""
    word = Word(answer.handled.lower()) if answer.handled in ("STOP", "START", "HELP") else meaning(answer.text)
    here = current_store_id()
    newest: tuple[datetime, StoreId, str] | None = None
    for store_id, _slug in directory.list_stores():
        with use_store(store_id):
            last = _heed(answer, word, now, at_home=store_id == here)
        if last and (newest is None or last[0] > newest[0]):
            newest = (last[0], store_id, last[1])
    if word is not Word.HELP or answer.handled:
        return ""
    with use_store(newest[1] if newest else here):
        return _help(newest[2] if newest else "")


@unit_of_work
def _heed(answer: Answered, word: Word, now: datetime, *, at_home: bool) -> tuple[datetime, str] | None:
    """Do it in the store that was entered; when it last wrote to the number, and in which language."""
    customers = _customers(answer.sender)
    if not customers and not (at_home and word is Word.STOP):
        return None
    address_hash = suppression.address_hash(Channel.SMS, answer.sender)
    last = _last_message([row.id for row in customers], address_hash)
    if first_time([(PROVIDER, f"answer:{answer.sid}")], now):
        if last and word in (Word.STOP, Word.OTHER):
            message_events.record_event(
                last.id,
                "unsubscribed" if word is Word.STOP else "replied",
                Agent.HUMAN,
                occurred_at=now,
                dedupe=f"{PROVIDER}:answer:{answer.sid}",
                evidence={},
                now=now,
            )
        if word is Word.STOP:
            suppression.suppress_hash(
                Channel.SMS,
                address_hash,
                SuppressionReason.STOP,
                now=now,
                source=SOURCE,
                message_id=last.id if last else None,
            )
            _say(customers, answer, granted=False, now=now)
        elif word is Word.START:
            _allow(customers, address_hash, answer, now)
    if not customers:
        return None
    return (last.sent_at if last else datetime.min.replace(tzinfo=now.tzinfo)), customers[0].locale


def _allow(customers: list[Any], address_hash: str, answer: Answered, now: datetime) -> None:
    """Take back a STOP, and nothing else: neither a bounce, nor a consent that was never given."""
    if not suppression.lift(Channel.SMS, address_hash, reasons={SuppressionReason.STOP}):
        return
    before = _granted_before([row.id for row in customers])
    _say([row for row in customers if row.id in before], answer, granted=True, now=now)


def _say(customers: list[Any], answer: Answered, *, granted: bool, now: datetime) -> None:
    for row in customers:
        contacts.record_consent(
            CustomerId(row.id),
            channel=Channel.SMS,
            purpose=contacts.REMINDERS,
            granted=granted,
            wording=answer.text[:LONGEST_WORDING],
            locale=row.locale,
            source=SOURCE,
            now=now,
        )


def _help(locale: str) -> str:
    store = directory.get(current_store_id())
    spoken = locale or store.locales[0]
    head = letterhead(spoken)
    with speaking(spoken):
        return _(
            "%(store)s: reminders about the cart you left. Help: %(contact)s. Reply STOP to end them.",
            store=head.name,
            contact=head.email or head.origin,
        )


def _customers(phone: str) -> list[Any]:
    """Everybody who gave this number, the newest first."""
    columns = select(Customer.id, Customer.locale).where(
        Customer.store_id == current_store_id(), Customer.phone == phone, Customer.phone != ""
    )
    return list(db.session.execute(columns.order_by(Customer.id.desc())))


def _last_message(customer_ids: list[UUID], address_hash: str) -> Any:
    if not customer_ids:
        return None
    sent = select(MessageRow.id, MessageRow.sent_at).where(
        MessageRow.store_id == current_store_id(),
        MessageRow.customer_id.in_(customer_ids),
        MessageRow.channel == Channel.SMS,
        MessageRow.address_hash == address_hash,
        MessageRow.sent_at.is_not(None),
    )
    return db.session.execute(sent.order_by(MessageRow.sent_at.desc()).limit(1)).first()


def _granted_before(customer_ids: list[UUID]) -> set[UUID]:
    said = select(ConsentRow.customer_id).where(
        ConsentRow.store_id == current_store_id(),
        ConsentRow.customer_id.in_(customer_ids),
        ConsentRow.channel == Channel.SMS,
        ConsentRow.purpose == contacts.REMINDERS,
        ConsentRow.granted,
    )
    return set(db.session.scalars(said))
