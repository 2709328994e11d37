"""Another link for one that has expired, by mail to the address on record: whoever asks learns nothing of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import redis
from flask import current_app
from sqlalchemy import text

from app.accounts.addresses import mailable
from app.cache.client import client, store_key
from app.channels import email
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.events import outbox
from app.recovery import links, suppression
from app.recovery.linked import Linked, Standing, lines_of
from app.recovery.values import Channel, EpisodeState
from app.stores.letterhead import letterhead

TOPIC = "recovery.link_anew"
AT_MOST = 3  # letters about one message, in SECONDS
SECONDS = 86_400

READER = text("""
    SELECT h.email, h.locale FROM customers p
    JOIN customers h ON h.store_id = p.store_id AND h.id = coalesce(p.merged_into, p.id)
    WHERE p.store_id = :store AND p.id = (SELECT customer_id FROM messages WHERE store_id = :store AND id = :message)""")


def ask(linked: Linked, now: datetime) -> None:
    """Have a letter sent if the link has expired, the cart is still there, and it was not asked for too often."""
    if linked.state not in (EpisodeState.OPEN, EpisodeState.SALVAGED, EpisodeState.MERGED):
        return
    if linked.standing(lines_of(linked), now) is Standing.EXPIRED and lines_of(linked) and _may_ask(linked.message_id):
        _record(linked.message_id, now)


@unit_of_work
def _record(message_id: UUID, now: datetime) -> None:
    outbox.record(TOPIC, {"message": str(message_id)}, now=now)


def send(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Make the link and send it; told again after a crash there is yet another one, and only the last works."""
    message_id, now = UUID(payload["message"]), current_app.config["CLOCK"].now()
    reader = db.session.execute(READER, {"store": current_store_id(), "message": message_id}).one()
    if suppression.find(Channel.EMAIL, suppression.address_hash(Channel.EMAIL, reader.email)):
        return
    address, head = links.renew(message_id, now), letterhead(reader.locale)
    letter = {
        "template": "cart_link",
        "locale": reader.locale,
        "to": mailable(reader.email),
        "store": head.name,
        "origin": head.origin,
        "params": {"address": address},
    }
    email.deliver_letter(letter, row_id)


def _may_ask(message_id: UUID) -> bool:
    """Without Redis nobody gets a letter: it is the only thing that keeps one from being asked for without end."""
    key = store_key("link-anew", message_id)
    try:
        with client().pipeline() as commands:
            commands.incr(key)
            commands.expire(key, SECONDS, nx=True)
            count, _set = commands.execute()
    except redis.RedisError:
        return False
    return int(count) <= AT_MOST
