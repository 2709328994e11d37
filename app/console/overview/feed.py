"""What is happening now: the newest carts, orders and messages, persons masked; and how many carts are open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy import text

from app.console.episode_words import channel_word
from app.console.masking import masked_name
from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.sentences_reasons import reason_word
from app.stores.directory import StoreView
from app.web.dates import clock, days
from app.web.formats import number, plain_money
from app.web.language import gettext as _

SHOWN = 8
MESSAGES = 4  # a campaign may send thousands within a minute, and they must not be all there is
AT_REST = timedelta(
    minutes=10
)  # beyond the threshold: active_slot is up to five minutes early, detection a minute late

# Each part by its own index, newest first: what it costs does not depend on how much there is.
NEWEST = text("""
    (SELECT 'left' AS kind, e.id, e.opened_at AS at, e.cart_id, e.value AS amount, e.currency, e.reason AS word,
            '' AS channel, 0 AS step, NULL::bigint AS number, NULL::uuid AS order_id, p.name, (
            SELECT min(m.due_at) FROM messages m
            WHERE m.store_id = e.store_id AND m.episode_id = e.id AND m.state IN ('scheduled', 'claimed')) AS next_at
     FROM episodes e JOIN customers p ON p.store_id = e.store_id AND p.id = e.customer_id
     WHERE e.store_id = :store AND e.trigger = 'cart_abandoned' ORDER BY e.opened_at DESC LIMIT :shown)
    UNION ALL
    (SELECT 'ordered', a.order_id, a.ordered_at, o.cart_id, a.amount, a.currency, a.kind,
            coalesce(m.channel, ''), coalesce(m.step, 0), o.number, o.id, p.name, NULL
     FROM attributions a JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id
     JOIN customers p ON p.store_id = o.store_id AND p.id = o.customer_id
     LEFT JOIN messages m ON m.store_id = a.store_id AND m.id = a.message_id
     WHERE a.store_id = :store ORDER BY a.ordered_at DESC LIMIT :shown)
    UNION ALL
    (SELECT 'sent', m.id, m.sent_at, e.cart_id, 0, '', m.state, m.channel, m.step, NULL, NULL, p.name, NULL
     FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
     JOIN customers p ON p.store_id = m.store_id AND p.id = m.customer_id
     WHERE m.store_id = :store AND m.sent_at IS NOT NULL AND m.state NOT IN ('failed', 'uncertain')
     ORDER BY m.sent_at DESC LIMIT :messages)
    UNION ALL
    (SELECT m.state, m.id, m.ended_at, e.cart_id, 0, '', m.reason, m.channel, m.step, NULL, NULL, p.name, NULL
     FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
     JOIN customers p ON p.store_id = m.store_id AND p.id = m.customer_id
     WHERE m.store_id = :store AND m.state IN ('failed', 'uncertain') AND m.ended_at IS NOT NULL
     ORDER BY m.ended_at DESC LIMIT :messages)
    ORDER BY at DESC, id DESC LIMIT :shown""")

OPEN = text("""
    SELECT count(*) AS carts, count(k.cart_id) AS checkouts
    FROM carts c LEFT JOIN checkouts k ON k.store_id = c.store_id AND k.cart_id = c.id AND k.updated_at >= :since
    WHERE c.store_id = :store AND c.status = 'open' AND NOT c.examined AND c.version > 0 AND c.active_slot >= :since""")


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the feed. `key` names it for good, so that a page knows which are new."""

    key: str
    icon: str
    tone: str
    words: str
    url: str
    note: str
    at: datetime
    time: str


@dataclass(frozen=True, slots=True)
class OpenNow:
    """Carts that are being filled, and how many of them are at checkout."""

    carts: int
    checkouts: int


def open_now(store: StoreView, now: datetime) -> OpenNow:
    """Customers' carts that somebody has touched and that do not count as left yet (guests' live in Redis)."""
    since = now - timedelta(minutes=store.settings.abandonment_minutes) - AT_REST
    row = db.session.execute(OPEN, {"store": current_store_id(), "since": since}).one()
    return OpenNow(row.carts, row.checkouts)


def newest(now: datetime, zone: ZoneInfo, locale: str) -> tuple[Happening, ...]:
    """What happened last, the newest first."""
    names = {"store": current_store_id(), "shown": SHOWN, "messages": MESSAGES}
    return tuple(_happening(row, now, zone, locale) for row in db.session.execute(NEWEST, names))


def _happening(row: Any, now: datetime, zone: ZoneInfo, locale: str) -> Happening:
    icon, tone, sentence = KINDS[row.kind]
    words, note = sentence(row, zone, locale)
    who = masked_name(row.name) if row.name else ""
    there, today = row.at.astimezone(zone), now.astimezone(zone).date()
    at = clock(row.at, locale, zone) if there.date() == today else days(there.date(), there.date(), locale)
    url = (
        url_for("console.order", order_id=row.order_id)
        if row.order_id
        else url_for("console.cart", cart_id=row.cart_id)
    )
    return Happening(f"{row.kind}-{row.id}", icon, tone, words, url, _joined(note, who, locale), row.at, at)


def _joined(note: str, who: str, locale: str) -> str:
    return ("، " if locale == "fa" else ", ").join(part for part in (note, who) if part)


def _left(row: Any, zone: ZoneInfo, locale: str) -> tuple[str, str]:
    words = _("Cart %(cart)s left, %(value)s", cart=_short(row.cart_id), value=_money(row, locale))
    why = reason_word(row.word)
    if not row.next_at:
        return words, why
    return words, _("%(why)s; next message %(when)s", why=why, when=clock(row.next_at, locale, zone))


def _ordered(row: Any, _zone: ZoneInfo, locale: str) -> tuple[str, str]:
    words = _("Order %(number)s, %(value)s", number=f"\u2068{row.number}\u2069", value=_money(row, locale))
    note = {
        "last_click": _("after a click in a message (%(channel)s)", channel=channel_word(row.channel)),
        "assisted": _("came back by themselves after a message"),
    }.get(row.word, "")
    return words, note


def _sent(row: Any, _zone: ZoneInfo, locale: str) -> tuple[str, str]:
    cart, channel = _short(row.cart_id), channel_word(row.channel)
    if not row.step:
        return _("Message to cart %(cart)s", cart=cart), channel
    return _("Step %(step)s to cart %(cart)s", step=number(row.step, locale), cart=cart), channel


def _failed(row: Any, _zone: ZoneInfo, _locale: str) -> tuple[str, str]:
    return _("Message to cart %(cart)s failed", cart=_short(row.cart_id)), channel_word(row.channel)


def _uncertain(row: Any, _zone: ZoneInfo, _locale: str) -> tuple[str, str]:
    words = _("Message to cart %(cart)s: nobody knows whether it arrived", cart=_short(row.cart_id))
    return words, channel_word(row.channel)


def _short(cart_id: UUID) -> str:
    """The end of an id, kept apart from the direction around it."""
    return f"\u2068{str(cart_id)[-4:].upper()}\u2069"


def _money(row: Any, locale: str) -> str:
    return plain_money(Money(row.amount, row.currency), locale)


Sentence = Callable[[Any, ZoneInfo, str], tuple[str, str]]
KINDS: dict[str, tuple[str, str, Sentence]] = {
    "left": ("clock", "", _left),
    "ordered": ("cash", "won", _ordered),
    "sent": ("send", "", _sent),
    "failed": ("warn", "bad", _failed),
    "uncertain": ("warn", "bad", _uncertain),
}
