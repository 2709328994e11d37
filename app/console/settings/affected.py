"""Whom a change of the store's settings meets at once: counted when it is looked at, before it is saved."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.stores.settings import StoreSettings
from app.web.formats import number
from app.web.language import ngettext

# An upper bound: what the carts are worth, and whose they are, is looked at when they come due.
WAITING = text("""
    SELECT count(*) FILTER (WHERE updated_at <= :until AND updated_at > :usual) AS sooner,
           count(*) FILTER (WHERE updated_at <= :usual AND updated_at > :until) AS later
    FROM carts c WHERE c.store_id = :store AND c.status = 'open' AND NOT c.examined AND c.updated_at > :oldest
      AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.store_id = c.store_id AND l.cart_id = c.id AND l.pane = 'active')""")
LEFT = text("""
    SELECT count(*) FROM episodes e JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id AND c.status = 'open'
    WHERE e.store_id = :store AND e.state = 'open' AND e.trigger = 'cart_abandoned'
      AND e.inactive_since <= :until AND c.updated_at <= :until""")
IDLE = text("""
    SELECT count(*) FROM carts WHERE store_id = :store AND status = 'open' AND active_slot <= :until AND updated_at <= :until""")
MESSAGES = text("""
    SELECT count(*) FROM messages WHERE store_id = :store AND state = 'scheduled'
      AND (:channel = '' OR channel = :channel)""")
PAYING = text("SELECT count(*) FROM orders WHERE store_id = :store AND state = 'pending'")

OF_MESSAGES = frozenset({"messages_at_most", "message_interval_hours", "frequency_at_most", "frequency_days"})
OF_CHANNEL = {
    "hours": ("email_hours", "sms_hours", "push_hours"),
    "on": ("email_reminders", "sms_reminders", "push_reminders"),
}


def affected(before: StoreSettings, changes: Mapping[str, Any], now: datetime, locale: str) -> list[str]:
    """A sentence for each change that meets somebody at once. `changes` are values as they will be in force."""
    said = []
    for key, value in changes.items():
        sentence = _sentence(key, value, before, now, locale)
        if sentence:
            said.append(sentence)
    return said


def _sentence(key: str, value: Any, before: StoreSettings, now: datetime, locale: str) -> str:
    match key:
        case "abandonment_minutes":
            return _threshold(before.abandonment_minutes, value, now, locale)
        case "recovery":
            count = _count(MESSAGES, channel="") if not value else 0
            return "" if value else _end(count, locale)
        case "salvage_days":
            count = _count(LEFT, until=now - timedelta(days=value))
            return ngettext(
                "%(num)s abandoned cart is that old: it moves to the next purchase within minutes.",
                "%(num)s abandoned carts are that old: they move to the next purchase within minutes.",
                count,
                num=number(count, locale),
            )
        case "cart_expiry_days":
            count = _count(IDLE, until=now - timedelta(days=value))
            return ngettext(
                "%(num)s open cart is that old: it is archived within minutes.",
                "%(num)s open carts are that old: they are archived within minutes.",
                count,
                num=number(count, locale),
            )
        case "reservation_minutes":
            count = _count(PAYING)
            return ngettext(
                "%(num)s payment is under way and keeps the time it began with.",
                "%(num)s payments are under way and keep the time they began with.",
                count,
                num=number(count, locale),
            )
        case _:
            return _of_messages(key, value, locale)


def _threshold(usual: int, minutes: int, now: datetime, locale: str) -> str:
    names = {"until": now - timedelta(minutes=minutes), "usual": now - timedelta(minutes=usual)}
    oldest = now - timedelta(minutes=max(minutes, usual) + 1_440)
    row = db.session.execute(WAITING, {"store": current_store_id(), "oldest": oldest, **names}).one()
    if minutes < usual:
        return ngettext(
            "%(num)s open cart would count as abandoned at once.",
            "%(num)s open carts would count as abandoned at once.",
            row.sooner,
            num=number(row.sooner, locale),
        )
    return ngettext(
        "%(num)s open cart that is due now would wait for longer.",
        "%(num)s open carts that are due now would wait for longer.",
        row.later,
        num=number(row.later, locale),
    )


def _of_messages(key: str, value: Any, locale: str) -> str:
    channel = key.partition("_")[0]
    if key in OF_CHANNEL["on"]:
        return "" if value else _end(_count(MESSAGES, channel=channel), locale)
    if key not in OF_MESSAGES and key not in OF_CHANNEL["hours"]:
        return ""
    count = _count(MESSAGES, channel=channel if key in OF_CHANNEL["hours"] else "")
    return ngettext(
        "%(num)s message is waiting: the new rule holds for it when it comes due.",
        "%(num)s messages are waiting: the new rule holds for them when they come due.",
        count,
        num=number(count, locale),
    )


def _end(count: int, locale: str) -> str:
    return ngettext(
        "%(num)s message is waiting and will end unsent.",
        "%(num)s messages are waiting and will end unsent.",
        count,
        num=number(count, locale),
    )


def _count(statement: Any, **names: Any) -> int:
    return int(db.session.execute(statement, {"store": current_store_id(), **names}).scalar_one())
