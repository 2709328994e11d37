"""A trial of a step's words: an email to the very member of staff who asks, marked as one, whose links lead nowhere."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.accounts.addresses import mailable
from app.accounts.models import StaffMember
from app.audit import log as audit
from app.channels.outgoing import OutgoingEmail, Refused
from app.channels.senders import sender_for
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, unit_of_work
from app.events import outbox
from app.events.failures import PermanentFailure
from app.recovery import campaigns
from app.recovery.campaign_errors import NothingToPreview
from app.recovery.preview import preview
from app.recovery.rendered import Recipient
from app.recovery.values import Channel
from app.web.language import gettext as _
from app.web.language import speaking

TOPIC = "console.template_trial"


@unit_of_work
def ask(campaign_id: UUID, step: int, locale: str, sample: str, *, staff_id: UUID, now: datetime) -> None:
    """Have the draft's words of a step sent to a member of staff, about a made-up cart."""
    payload = {"campaign": str(campaign_id), "step": step, "locale": locale, "sample": sample, "staff": str(staff_id)}
    outbox.record(TOPIC, payload, now=now)
    said = {"step": step, "language": locale}
    audit.record("template_tried", actor=f"staff:{staff_id}", subject=("campaign", campaign_id), now=now, details=said)


def send(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Carry it out. Words that cannot be rendered any more are given up."""
    reader = db.session.execute(
        select(StaffMember.email).where(
            StaffMember.store_id == current_store_id(), StaffMember.id == UUID(payload["staff"])
        )
    ).scalar()
    if reader is None:
        return
    draft, now = campaigns.get(UUID(payload["campaign"])).draft, current_app.config["CLOCK"].now()
    locale = payload["locale"]
    try:
        shown = preview(
            draft, payload["step"], locale, payload["sample"], now=now, reader=Recipient(address=mailable(reader))
        )
    except NothingToPreview as refused:
        raise PermanentFailure("cannot_be_rendered") from refused
    finish_reading()
    sender = sender_for(Channel.EMAIL, current_app.config["DUALCART"])
    if sender is None or not isinstance(shown.outgoing, OutgoingEmail):
        raise PermanentFailure("not_an_email")
    with speaking(locale):
        subject = _("[Test] %(subject)s", subject=shown.outgoing.subject)
    try:
        sender.send(replace(shown.outgoing, id=row_id, subject=subject, headers={}))
    except Refused as refused:
        raise PermanentFailure(refused.reason) from refused
