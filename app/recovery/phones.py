"""Reminders by SMS want a number that has said so itself: a code is sent to it, and only the code makes a consent of it.

The code follows from the row and the installation's key, so that neither the database nor the outbox holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import insert, text

from app import tokens
from app.accounts import codes
from app.accounts.contacts import REMINDERS, record_consent
from app.accounts.errors import CodeRefused
from app.channels import senders
from app.channels.outgoing import OutcomeUnknown, OutgoingSms, Refused
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Refusal
from app.events import outbox
from app.events.failures import PermanentFailure
from app.ids import CustomerId, new_id
from app.recovery import suppression
from app.recovery.phone_models import PhoneConfirmationRow
from app.recovery.preferences import Word
from app.recovery.values import Channel, SuppressionReason
from app.stores.letterhead import letterhead
from app.stores.settings import StoreSettings
from app.web.language import gettext as _
from app.web.language import speaking
from app.web.refusals import register

TOPIC = "recovery.phone_code"
VALID = timedelta(minutes=30)  # at checkout people pay first
TRIES = 5
# Each is an SMS that somebody pays for, to somebody who may not want it.
OF_NUMBER = OF_CUSTOMER = 5  # in a day
OF_CALLER = 20  # in an hour; behind one address there may be many

# One after the other in a store: otherwise requests at the same moment would not count each other.
TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('phone_confirmations' || :store, 0))")

COUNT = text("""
    SELECT count(*) FILTER (WHERE phone = :phone) AS of_number,
           count(*) FILTER (WHERE customer_id = :customer) AS of_customer,
           count(*) FILTER (WHERE caller = :caller AND asked_at > :hour_ago) AS of_caller
    FROM phone_confirmations
    WHERE store_id = :store AND asked_at > :day_ago
      AND (phone = :phone OR customer_id = :customer OR caller = :caller)""")

NEWEST = """
    SELECT id FROM phone_confirmations WHERE store_id = :store AND customer_id = :customer
    ORDER BY asked_at DESC, id DESC LIMIT 1"""

PENDING = text(f"""
    SELECT phone, source FROM phone_confirmations
    WHERE store_id = :store AND id = ({NEWEST}) AND confirmed_at IS NULL AND expires_at > :now
      AND tries < :tries""")  # noqa: S608  constants of this file

TRY = text(f"""
    UPDATE phone_confirmations SET tries = tries + 1
    WHERE store_id = :store AND id = ({NEWEST}) AND confirmed_at IS NULL AND expires_at > :now AND tries < :tries
    RETURNING id, phone, wording, locale, source""")  # noqa: S608  constants of this file

KEEP_NUMBER = text("""
    UPDATE customers SET phone = :phone, phone_confirmed_at = :now WHERE store_id = :store AND id = :customer""")

CONFIRM = text("""
    UPDATE phone_confirmations SET confirmed_at = :now
    WHERE store_id = :store AND id = :id AND confirmed_at IS NULL RETURNING id""")

TO_SEND = text("""
    SELECT phone, locale, expires_at FROM phone_confirmations
    WHERE store_id = :store AND id = :id AND confirmed_at IS NULL AND reference = ''""")

HANDED_OVER = text("UPDATE phone_confirmations SET reference = :reference WHERE store_id = :store AND id = :id")

log = structlog.get_logger(__name__)


class TooManyCodes(Refusal):
    """Codes were asked for too often: for this number, by this customer, or from the same place."""

    code = "too_many_codes"


register({"too_many_codes": lambda p: _("Codes were asked for too often. Try again tomorrow.")})


@dataclass(frozen=True, slots=True)
class Pending:
    """A number that waits for its code."""

    phone: str
    source: str


def offered(settings: StoreSettings, config: Config) -> bool:
    """Whether the store has reminders by SMS and this installation somebody who sends them."""
    return settings.sms_reminders and senders.sender_for(Channel.SMS, config) is not None


@unit_of_work
def ask(customer_id: CustomerId, phone: str, said: Word, *, caller: str, now: datetime) -> None:
    """Have a code sent to an E.164 number; whatever was asked for before cannot be confirmed any more. Raises TooManyCodes."""
    took_lock(Lock.ADVISORY)
    store_id = current_store_id()
    hashed = tokens.keyed_hash(_config().secret_key, "phone-caller", caller)[:32]
    names = {"store": store_id, "phone": phone, "customer": customer_id, "caller": hashed}
    db.session.execute(TAKE_TURNS, {"store": str(store_id)})
    since = {"day_ago": now - timedelta(days=1), "hour_ago": now - timedelta(hours=1)}
    count = db.session.execute(COUNT, {**names, **since}).one()
    if count.of_number >= OF_NUMBER or count.of_customer >= OF_CUSTOMER or count.of_caller >= OF_CALLER:
        raise TooManyCodes()
    confirmation_id = new_id()
    db.session.execute(
        insert(PhoneConfirmationRow).values(
            store_id=store_id,
            id=confirmation_id,
            customer_id=customer_id,
            phone=phone,
            caller=hashed,
            wording=said.wording,
            locale=said.locale,
            source=said.source,
            asked_at=now,
            expires_at=now + VALID,
        )
    )
    outbox.record(TOPIC, {"confirmation": str(confirmation_id)}, now=now)


def find_pending(customer_id: CustomerId, now: datetime) -> Pending | None:
    """What waits for its code, if something does."""
    names = {"store": current_store_id(), "customer": customer_id, "now": now, "tries": TRIES}
    row = db.session.execute(PENDING, names).first()
    return Pending(row.phone, row.source) if row else None


def confirm(customer_id: CustomerId, typed: str, now: datetime) -> None:
    """With the right code the number is theirs and may be written to. Raises CodeRefused, in the same words whatever is wrong."""
    row = _count_try(customer_id, now)
    if row is None or not tokens.same(code_of(row.id), codes.typed_code(typed)):
        raise CodeRefused()
    _confirm(customer_id, row, now)


@unit_of_work
def _count_try(customer_id: CustomerId, now: datetime) -> Any:
    """Counted and committed before the code is looked at: tries at the same moment must not share a number."""
    names = {"store": current_store_id(), "customer": customer_id, "now": now, "tries": TRIES}
    return db.session.execute(TRY, names).first()


@unit_of_work
def _confirm(customer_id: CustomerId, row: Any, now: datetime) -> None:
    took_lock(Lock.CUSTOMER)
    names = {"store": current_store_id(), "now": now}
    db.session.execute(KEEP_NUMBER, {**names, "customer": customer_id, "phone": row.phone})
    if db.session.execute(CONFIRM, {**names, "id": row.id}).first() is None:
        return  # the same code, sent twice
    record_consent(
        customer_id,
        channel=str(Channel.SMS),
        purpose=REMINDERS,
        granted=True,
        wording=row.wording,
        locale=row.locale,
        source=row.source,
        now=now,
    )
    hashed = suppression.address_hash(Channel.SMS, row.phone)
    suppression.lift(Channel.SMS, hashed, reasons={SuppressionReason.UNSUBSCRIBED})


def send(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """Send the code, for as long as it can be used. Raises PermanentFailure where trying again cannot help, else TryLater.

    A number that has answered STOP, or that must not be called, gets none, whoever types it.
    """
    confirmation_id, now = UUID(payload["confirmation"]), current_app.config["CLOCK"].now()
    row = db.session.execute(TO_SEND, {"store": current_store_id(), "id": confirmation_id}).first()
    if row is None or now >= row.expires_at:
        return
    known = suppression.find(Channel.SMS, suppression.address_hash(Channel.SMS, row.phone))
    if known is not None and known.reason is not SuppressionReason.UNSUBSCRIBED:
        log.info("phone_code_not_sent", confirmation=str(confirmation_id), reason=f"suppressed_{known.reason}")
        return
    sender = senders.sender_for(Channel.SMS, _config())
    if sender is None:
        raise PermanentFailure("no_sender")
    message = OutgoingSms(confirmation_id, row.phone, _said(confirmation_id, row.locale), row.locale)
    try:
        accepted = sender.send(message)
    except Refused as refused:
        raise PermanentFailure(refused.reason) from None
    except OutcomeUnknown as unknown:
        if not sender.honours_keys:  # it may have arrived: whoever has it types it, whoever has not asks again
            raise PermanentFailure(unknown.reason) from None
        raise
    _handed_over(confirmation_id, accepted.reference)


@unit_of_work
def _handed_over(confirmation_id: UUID, reference: str) -> None:
    names = {"store": current_store_id(), "id": confirmation_id}
    db.session.execute(HANDED_OVER, {**names, "reference": reference})


def code_of(confirmation_id: UUID) -> str:
    """The six digits that belong to a row."""
    hashed = tokens.keyed_hash(_config().secret_key, "phone-code", str(confirmation_id))
    return f"{int(hashed[:16], 16) % 10**codes.DIGITS:0{codes.DIGITS}}"


def _said(confirmation_id: UUID, locale: str) -> str:
    store = letterhead(locale).name
    with speaking(locale):
        # Latin digits in every language: phones offer them to the field by themselves.
        return _(
            "%(store)s: %(code)s is your code. With it you agree to cart reminders by SMS. Reply STOP to get none.",
            store=store,
            code=code_of(confirmation_id),
        )


def _config() -> Config:
    return cast(Config, current_app.config["DUALCART"])
