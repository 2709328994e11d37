"""Browsers that may be pushed to (W3C Push API): saved and given up by their owner, each time with their word about it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.accounts.contacts import REMINDERS, record_consent
from app.channels import push_encryption, push_services
from app.channels.push_encryption import BadKeys
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Conflict, Invalid
from app.ids import CustomerId, new_id
from app.recovery import people, suppression
from app.recovery.values import Channel
from app.web.language import gettext as _
from app.web.refusals import register

BROWSERS_AT_MOST = 20  # of one customer: further ones take the place of the oldest
POINT = 65  # bytes of an uncompressed point, the only form that browsers give

# A person's own rows, and those of the contacts they were before they signed in with that browser. Not those who merely
# typed the same address: their browser is somebody else's.
_THEIRS = """
    SELECT id FROM customers WHERE store_id = :store AND (id = :customer OR merged_into = :customer)"""

LOCK = text("SELECT id FROM customers WHERE store_id = :store AND id = :customer FOR NO KEY UPDATE")

# The browser gives the same endpoint to whoever signs in there, so it changes hands; but only with the keys that go with
# it, which nobody knows who was merely told the address.
SAVE = text("""
    INSERT INTO push_subscriptions AS s (store_id, id, customer_id, endpoint, endpoint_hash, p256dh, auth, created_at)
    VALUES (:store, :id, :customer, :endpoint, :hash, :p256dh, :auth, :now)
    ON CONFLICT (store_id, endpoint_hash) DO UPDATE
    SET customer_id = excluded.customer_id, p256dh = excluded.p256dh, auth = excluded.auth,
        created_at = excluded.created_at, gone_at = NULL
    WHERE s.customer_id = excluded.customer_id OR (s.p256dh = excluded.p256dh AND s.auth = excluded.auth)
    RETURNING s.id""")

IS_ON = text(f"""
    SELECT s.gone_at IS NULL AND s.customer_id IN ({_THEIRS}) AS live, s.endpoint
    FROM push_subscriptions s WHERE s.store_id = :store AND s.endpoint_hash = :hash""")  # noqa: S608  constants of this file

NEWEST_WORD = text("""
    SELECT granted FROM consents WHERE store_id = :store AND customer_id = ANY(:ids) AND channel = 'push'
        AND purpose = :purpose ORDER BY said_at DESC, id DESC LIMIT 1""")

TRIM = text("""
    DELETE FROM push_subscriptions WHERE store_id = :store AND id IN (
        SELECT id FROM push_subscriptions WHERE store_id = :store AND customer_id = :customer AND gone_at IS NULL
        ORDER BY created_at DESC, id DESC OFFSET :at_most)""")

GIVE_UP = text(f"""
    DELETE FROM push_subscriptions WHERE store_id = :store AND endpoint_hash = :hash AND customer_id IN ({_THEIRS})
    RETURNING id""")  # noqa: S608


class BadSubscription(Invalid):
    """Not what a browser's PushManager gives, or of a push service that we do not send to."""

    code = "bad_push_subscription"


class ForeignSubscription(Conflict):
    """The endpoint is known with other keys, as somebody else's."""

    code = "foreign_push_subscription"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser's subscription, checked: its endpoint and its keys as base64url without padding."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Word:
    """The words somebody was shown when they pressed, in which language, and on which page."""

    wording: str
    locale: str
    source: str


def read(endpoint: str, p256dh: str, auth: str, config: Config) -> Subscription:
    """What a browser sent, as a subscription. Raises BadSubscription."""
    if not push_services.known(endpoint, config):
        raise BadSubscription()
    try:
        point = push_encryption.from_base64url(p256dh)
        _key, secret = push_encryption.read_keys(p256dh, auth)
    except (BadKeys, ValueError):
        raise BadSubscription() from None
    if len(point) != POINT:
        raise BadSubscription()
    return Subscription(endpoint, push_encryption.to_base64url(point), push_encryption.to_base64url(secret))


def hash_of(endpoint: str) -> str:
    """By which an endpoint is found; the browser can work it out, too, so the address need not stand in a URL."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


@unit_of_work
def save(customer_id: CustomerId, subscription: Subscription, word: Word, now: datetime) -> None:
    """Remind this customer in this browser, with their consent beside it. Saved again, it adds no second word.

    Raises ForeignSubscription.
    """
    names = _lock(customer_id, subscription.endpoint)
    on_already = is_on(customer_id, hash_of(subscription.endpoint))
    keys = {"endpoint": subscription.endpoint, "p256dh": subscription.p256dh, "auth": subscription.auth}
    if db.session.execute(SAVE, {**names, **keys, "id": new_id(), "now": now}).first() is None:
        raise ForeignSubscription()
    db.session.execute(TRIM, {**names, "at_most": BROWSERS_AT_MOST})
    suppression.lift(Channel.PUSH, suppression.address_hash(Channel.PUSH, subscription.endpoint))
    if not on_already:
        _say(customer_id, word, now, granted=True)


@unit_of_work
def remove(customer_id: CustomerId, endpoint: str, word: Word, now: datetime) -> None:
    """No more reminders by push: the browser is given up, the consent withdrawn. Of a foreign browser nothing changes."""
    names = _lock(customer_id, endpoint)
    if db.session.execute(GIVE_UP, names).first() is not None and _granted(customer_id):
        _say(customer_id, word, now, granted=False)


def is_on(customer_id: CustomerId, hashed: str) -> bool:
    """Whether this customer is reminded in the browser whose endpoint has this hash."""
    row = db.session.execute(IS_ON, _names(customer_id, hashed)).first()
    if row is None or not row.live or not _granted(customer_id):
        return False
    return suppression.find(Channel.PUSH, suppression.address_hash(Channel.PUSH, row.endpoint)) is None


def _granted(customer_id: CustomerId) -> bool:
    """What they said last about pushes, in whatever browser: the word is the person's."""
    names = {"store": current_store_id(), "ids": list(people.ids_of(customer_id)), "purpose": REMINDERS}
    return bool(db.session.execute(NEWEST_WORD, names).scalar())


def _lock(customer_id: CustomerId, endpoint: str) -> dict[str, object]:
    names = _names(customer_id, hash_of(endpoint))
    took_lock(Lock.CUSTOMER)  # two presses at once are one word
    db.session.execute(LOCK, names)
    return names


def _names(customer_id: CustomerId, hashed: str) -> dict[str, object]:
    return {"store": current_store_id(), "customer": customer_id, "hash": hashed}


def _say(customer_id: CustomerId, word: Word, now: datetime, *, granted: bool) -> None:
    record_consent(
        customer_id,
        channel=Channel.PUSH,
        purpose=REMINDERS,
        granted=granted,
        wording=word.wording,
        locale=word.locale,
        source=word.source,
        now=now,
    )


register(
    {
        "bad_push_subscription": lambda p: _("Reminders cannot be shown in this browser."),
        "foreign_push_subscription": lambda p: _("Reminders cannot be shown in this browser."),
    }
)
