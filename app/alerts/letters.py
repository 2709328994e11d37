"""The mail that says something is back, recorded in the transaction that answers the alert."""

from collections.abc import Mapping
from datetime import datetime

from app.accounts.addresses import mailable
from app.catalog.facts import VariantFacts
from app.events import outbox
from app.stores.letterhead import Letterhead
from app.web.assets import image_for_mail
from app.web.formats import plain_money

TOPIC = "alerts.letter"


def send_back_in_stock(
    *, email: str, locale: str, facts: VariantFacts, head: Letterhead, token: str, now: datetime
) -> None:
    """Name, options, price of now, picture, the way to the product, and the way to hear no more of this."""
    picture = image_for_mail(facts.image) if facts.image else ""
    values = {
        "product": _text(facts.title, locale),
        "options": " / ".join(_text(option, locale) for option in facts.options),
        "price": plain_money(facts.unit_price, locale),
        "picture": head.origin + picture if picture.startswith("/") else picture,
        "address": f"{head.origin}/products/{facts.handle}?variant_id={facts.variant_id}",
        "stop": f"{head.origin}/alerts/stop/{token}",
    }
    one_click = {  # RFC 8058: mail programs offer to stop by themselves
        "List-Unsubscribe": f"<{values['stop']}/one-click>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    payload = {
        "template": "back_in_stock",
        "headers": one_click,
        "locale": locale,
        "to": mailable(email),
        "store": head.name,
        "origin": head.origin,
        "params": values,
    }
    outbox.record(TOPIC, payload, now=now)


def _text(texts: Mapping[str, str], locale: str) -> str:
    return texts.get(locale) or next(iter(texts.values()), "")
