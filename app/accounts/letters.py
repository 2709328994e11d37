"""Mails about accounts, recorded in the transaction that causes them and sent after it."""

from datetime import datetime

from app.accounts.addresses import mailable
from app.accounts.codes import spaced
from app.events import outbox
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


def _record(template: str, email: str, locale: str, params: dict[str, str], now: datetime) -> None:
    head = letterhead(locale)
    payload = {
        "template": template,
        "locale": locale,
        "to": mailable(email),
        "store": head.name,
        "origin": head.origin,
        "params": params,
    }
    outbox.record(TOPIC, payload, now=now)
