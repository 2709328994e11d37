"""Mails about accounts, recorded in the transaction that causes them and sent after it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts.addresses import mailable
from app.accounts.codes import spaced
from app.accounts.identity import Role
from app.accounts.models import StaffMember
from app.database.base import db
from app.database.tenancy import current_store_id
from app.events import outbox
from app.ids import StaffId
from app.stores.letterhead import letterhead
from app.web.formats import localized_digits

TOPIC = "accounts.letter"


def send_code(*, email: str, code: str, locale: str, now: datetime) -> None:
    """The code that proves a new customer's address."""
    # Grouped digits would change places between right-to-left words: Persian gets them in one piece.
    shown = localized_digits(code, locale) if locale == "fa" else spaced(code)
    _record("registration_code", email, locale, {"code": shown}, now)


def send_already_known(*, email: str, locale: str, now: datetime) -> None:
    """To the owner of an account, when somebody registers the address again."""
    _record("address_known", email, locale, {}, now)


def send_to_staff(staff_id: StaffId, template: str, params: dict[str, str], now: datetime) -> None:
    """To a member of staff about their own sign-in, in the language they last used here."""
    row = db.session.execute(select(StaffMember.email, StaffMember.locale).where(StaffMember.id == staff_id)).one()
    _record(template, row.email, row.locale, params, now)


def send_to_roles(roles: Collection[Role], template: str, params: dict[str, str], now: datetime) -> None:
    """To everybody who works in the current store as one of `roles`, each in the language they last used there."""
    those = (StaffMember.role.in_(roles), StaffMember.removed_at.is_(None))
    found = select(StaffMember.email, StaffMember.locale).where(StaffMember.store_id == current_store_id(), *those)
    for row in db.session.execute(found.order_by(StaffMember.id)).all():
        _record(template, row.email, row.locale, params, now)


def invitation(*, email: str, locale: str, role: str, inviter: str) -> dict[str, Any]:
    """What an invitation's letter says, all but its link: that is made when it is sent (accounts/invitations.py)."""
    return _letter("staff_invitation", email, locale, {"role": role, "inviter": inviter})


def _record(template: str, email: str, locale: str, params: dict[str, str], now: datetime) -> None:
    outbox.record(TOPIC, _letter(template, email, locale, params), now=now)


def _letter(template: str, email: str, locale: str, params: dict[str, str]) -> dict[str, Any]:
    head = letterhead(locale)
    return {
        "template": template,
        "locale": locale,
        "to": mailable(email),
        "store": head.name,
        "origin": head.origin,
        "params": params,
    }
