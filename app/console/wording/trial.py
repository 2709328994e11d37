"""A trial of a step's words to the very member of staff who asks: marked as one, about a made-up cart, with links that lead nowhere.

An email goes to the address they sign in with; an SMS to the number they type; a push to the browser they ask from. Neither
number nor browser is kept anywhere but in what is on its way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.accounts.addresses import mailable
from app.accounts.models import StaffMember
from app.audit import log as audit
from app.channels import vapid
from app.channels.outgoing import Outgoing, OutgoingEmail, OutgoingPush, Refused
from app.channels.senders import sender_for
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, unit_of_work
from app.errors import Invalid
from app.events import outbox
from app.events.failures import PermanentFailure
from app.orders.addresses import BadPhone, check_phone, gets_sms
from app.recovery import campaigns, push_subscriptions, suppression
from app.recovery.campaign_errors import NothingToPreview
from app.recovery.preview import preview
from app.recovery.rendered import Recipient
from app.recovery.values import Channel
from app.web.language import gettext as _
from app.web.language import speaking
from app.web.refusals import register

TOPIC = "console.template_trial"
LONGEST_PHONE = 40


class BadMobile(Invalid):
    """Not a number that gets SMS."""

    code = "bad_mobile"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which words are tried, and about which made-up cart."""

    campaign_id: UUID
    step: int
    channel: Channel
    locale: str
    sample: str


def offered(channel: Channel, config: Config) -> bool:
    """Whether this installation has somebody who sends it."""
    ready = sender_for(channel, config) is not None
    return ready and (channel is not Channel.PUSH or bool(vapid.public_key(config)))


def read_target(channel: Channel, form: Mapping[str, str], country: str, config: Config) -> dict[str, str]:
    """Where to, as the form says: nothing for an email. Raises BadMobile, BadSubscription."""
    if channel is Channel.SMS:
        try:
            number = check_phone(form.get("phone", "")[:LONGEST_PHONE], country)
        except BadPhone:
            raise BadMobile() from None
        if not gets_sms(number):
            raise BadMobile()
        return {"address": number}
    if channel is Channel.PUSH:
        endpoint, p256dh, auth = (form.get(name, "") for name in ("endpoint", "p256dh", "auth"))
        browser = push_subscriptions.read(endpoint, p256dh, auth, config)
        return {"address": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    return {}


@unit_of_work
def ask(wanted: Wanted, target: Mapping[str, str], *, staff_id: UUID, now: datetime) -> None:
    """Have the draft's words sent."""
    payload = {
        "campaign": str(wanted.campaign_id),
        "step": wanted.step,
        "locale": wanted.locale,
        "sample": wanted.sample,
        "staff": str(staff_id),
        "target": dict(target),
    }
    outbox.record(TOPIC, payload, now=now)
    said = {"step": wanted.step, "channel": str(wanted.channel), "language": wanted.locale}
    subject = ("campaign", wanted.campaign_id)
    audit.record("template_tried", actor=f"staff:{staff_id}", subject=subject, now=now, details=said)


def send(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Carry it out. Words that cannot be rendered any more are given up, and so is a number that is not to be written to."""
    reader = _reader(payload)
    if reader is None:
        return
    draft, now = campaigns.get(UUID(payload["campaign"])).draft, current_app.config["CLOCK"].now()
    locale, step = payload["locale"], draft.step(payload["step"])
    try:
        shown = preview(draft, payload["step"], locale, payload["sample"], now=now, reader=reader)
    except NothingToPreview as refused:
        raise PermanentFailure("cannot_be_rendered") from refused
    channel = step.channel if step else Channel.EMAIL
    if channel is Channel.SMS and suppression.find(channel, suppression.address_hash(channel, reader.address)):
        raise PermanentFailure("suppressed")
    finish_reading()
    sender = sender_for(channel, current_app.config["DUALCART"])
    if sender is None:
        raise PermanentFailure("no_sender")
    try:
        sender.send(_marked(shown.outgoing, row_id, locale))
    except Refused as refused:
        raise PermanentFailure(refused.reason) from refused


def _reader(payload: Mapping[str, Any]) -> Recipient | None:
    """Who it goes to; nobody, if they work here no more."""
    wanted = StaffMember.store_id == current_store_id(), StaffMember.id == UUID(payload["staff"])
    email = db.session.execute(select(StaffMember.email).where(*wanted)).scalar()
    if email is None:
        return None
    return Recipient(**payload["target"]) if payload.get("target") else Recipient(address=mailable(email))


def _marked(outgoing: Outgoing, row_id: UUID, locale: str) -> Outgoing:
    """The message, which says first of all that it is a test."""
    with speaking(locale):
        if isinstance(outgoing, OutgoingEmail):
            return replace(outgoing, id=row_id, subject=_test(outgoing.subject), headers={})
        if isinstance(outgoing, OutgoingPush):
            return replace(outgoing, id=row_id, title=_test(outgoing.title))
        return replace(outgoing, id=row_id, text=_test(outgoing.text))


def _test(words: str) -> str:
    return _("[Test] %(subject)s", subject=words)


register({"bad_mobile": lambda p: _("Enter a mobile number with its country code, like +49 1512 3456789.")})
