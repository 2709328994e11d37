"""The links in messages: their tokens, their keys, what is known of them.

A token is 128 bits that follow from key, store, purpose, message and generation, so that every rendering of a message
carries the same one; the database has its hash alone. Keys rotate: LINK_KEYS names the current one first, older ones are
kept for as long as messages that carry their links may be rendered again.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, cast, get_args
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from app import tokens
from app.config import Config
from app.database.base import db
from app.database.statements import Asked, Row, fetch_all, hot
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.recovery import publisher
from app.recovery.rendered import Links
from app.stores.letterhead import letterhead

Purpose = Literal["recover", "preferences"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

PREFERENCES_LAST = timedelta(days=400)
BYTES = 16
LENGTH = 22  # of 16 bytes in base64url without padding

MAKE = hot("""
    INSERT INTO message_links (store_id, token_hash, message_id, purpose, key_id, created_at, expires_at)
    SELECT :store, hash, :message, purpose, :key, :now, expires
    FROM (VALUES ('recover', CAST(:recover AS text), CAST(:recover_until AS timestamptz)),
                 ('preferences', CAST(:preferences AS text), CAST(:preferences_until AS timestamptz)))
        AS made(purpose, hash, expires)
    ON CONFLICT (store_id, message_id, purpose) DO NOTHING""")

KNOWN = hot("""
    SELECT purpose, key_id, generation FROM message_links WHERE store_id = :store AND message_id = :message""")

REPLACE = text("""
    UPDATE message_links SET token_hash = :hash, key_id = :key, generation = :generation, created_at = :now,
        expires_at = :expires, revoked_at = NULL
    WHERE store_id = :store AND message_id = :message AND purpose = :purpose""")

LOCK = text("""
    SELECT generation FROM message_links
    WHERE store_id = :store AND message_id = :message AND purpose = 'recover' FOR UPDATE""")

REVOKE = text("""
    UPDATE message_links SET revoked_at = :now
    WHERE store_id = :store AND message_id = ANY(:messages) AND purpose = 'recover' AND revoked_at IS NULL""")


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by their id; `current` is the id of the one that new links are made with."""

    current: str
    keys: dict[str, str]


def make_links(message_id: UUID, now: datetime) -> Links:
    """The absolute addresses that belong to a message of the current store: the same ones every time.

    A link back to the cart works from the first time it is asked for, for as long as the store has set.
    """
    _made, known = fetch_all(making(message_id, now), asking(message_id))
    return _links(message_id, known, now)


def making(message_id: UUID, now: datetime) -> Asked:
    """The statement that makes a message's links, unless it has them."""
    key_id = _ring().current
    made: dict[str, object] = {"store": current_store_id(), "message": message_id, "key": key_id, "now": now}
    for purpose in PURPOSES:
        made[purpose] = _hash(_raw(key_id, purpose, message_id, 0), purpose)
        made[f"{purpose}_until"] = now + _lasts(purpose)
    return MAKE, made


def asking(message_id: UUID) -> Asked:
    """The statement that reads what `links_of` wants to know."""
    return KNOWN, {"store": current_store_id(), "message": message_id}


def links_of(message_id: UUID, known: list[Row], now: datetime) -> Links:
    """The links of a message whose links were `asked` for; made now, if they have not been."""
    return _links(message_id, known, now) if len(known) == len(PURPOSES) else make_links(message_id, now)


def _links(message_id: UUID, known: list[Row], now: datetime) -> Links:
    tokens_of = {row.purpose: _settled(message_id, row.purpose, row.key_id, row.generation, now) for row in known}
    origin = publisher.shop("").origin
    preferences = f"{origin}/u/{tokens_of['preferences']}"
    return Links(f"{origin}/r/{tokens_of['recover']}", preferences, f"{preferences}/one-click")


@unit_of_work
def renew(message_id: UUID, now: datetime) -> str:
    """Another link back to the cart for a message whose own has expired; that one stays dead. Its address."""
    took_lock(Lock.MESSAGE)
    generation = db.session.execute(LOCK, {"store": current_store_id(), "message": message_id}).scalar_one() + 1
    key_id = _ring().current
    _replace(message_id, "recover", key_id, generation, now)
    return f"{letterhead('').origin}/r/{_token(key_id, 'recover', message_id, generation)}"


@unit_of_work
def revoke(message_ids: list[UUID], now: datetime) -> None:
    """These messages' links bring no cart back any more."""
    took_lock(Lock.MESSAGE)
    db.session.execute(REVOKE, {"store": current_store_id(), "messages": message_ids, "now": now})


def token_hash(token: str, purpose: Purpose) -> str | None:
    """What is stored for a token; None for what can be none. Of the spellings that mean the same bytes one is the token."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(f"{token}==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return _hash(raw, purpose) if tokens.same(_spelled(raw), token) else None


def _settled(message_id: UUID, purpose: Purpose, key_id: str, generation: int, now: datetime) -> str:
    """The token of a link. Where its key is gone it cannot be said again: then there is another, and the old one is dead."""
    ring = _ring()
    if key_id not in ring.keys:
        key_id, generation = ring.current, generation + 1
        _replace(message_id, purpose, key_id, generation, now)
    return _token(key_id, purpose, message_id, generation)


@unit_of_work
def _replace(message_id: UUID, purpose: Purpose, key_id: str, generation: int, now: datetime) -> None:
    took_lock(Lock.MESSAGE)
    said = {"store": current_store_id(), "message": message_id, "purpose": purpose, "key": key_id, "now": now}
    token = _hash(_raw(key_id, purpose, message_id, generation), purpose)
    db.session.execute(REPLACE, {**said, "hash": token, "generation": generation, "expires": now + _lasts(purpose)})


def _lasts(purpose: Purpose) -> timedelta:
    if purpose == "preferences":
        return PREFERENCES_LAST
    return timedelta(days=publisher.current_store().settings.recovery_link_days)


def _token(key_id: str, purpose: Purpose, message_id: UUID, generation: int) -> str:
    return _spelled(_raw(key_id, purpose, message_id, generation))


def _raw(key_id: str, purpose: Purpose, message_id: UUID, generation: int) -> bytes:
    about = f"link\0{purpose}\0{current_store_id()}\0{message_id}\0{generation}"
    return hmac.digest(_ring().keys[key_id].encode(), about.encode(), "sha256")[:BYTES]


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _hash(raw: bytes, purpose: Purpose) -> str:
    return hashlib.sha256(f"link\0{purpose}\0".encode() + raw).hexdigest()


def _ring() -> Ring:
    config = cast(Config, current_app.config["DUALCART"])
    return ring_of(config.link_keys, config.secret_key)


@lru_cache(maxsize=8)
def ring_of(link_keys: str, secret_key: str) -> Ring:
    """The keys that LINK_KEYS names ("id:key,id:key", the current one first); without it one that follows from SECRET_KEY."""
    named = [entry.partition(":") for entry in link_keys.split(",") if entry]
    keys = {key_id: key for key_id, _colon, key in named} or {"0": tokens.keyed_hash(secret_key, "link-key", "0")}
    return Ring(next(iter(keys)), keys)
