"""Endpoints: made, changed, switched on and off, taken away; their secrets, shown once and exchanged with an overlap."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.ids import new_id
from app.sealing import seal, unseal
from app.webhooks import signing
from app.webhooks.catalogue import TYPES
from app.webhooks.errors import EndpointChanged, EndpointNotFound, NoTypes, TooManyEndpoints

AT_MOST = 20
OVERLAP = timedelta(hours=24)

LIST = text("""
    SELECT w.*, (SELECT max(d.ended_at) FROM webhook_deliveries d WHERE d.store_id = w.store_id AND d.endpoint_id = w.id
                 AND d.state = 'delivered') AS delivered_at,
           (SELECT count(*) FROM webhook_deliveries d WHERE d.store_id = w.store_id AND d.endpoint_id = w.id
            AND d.state = 'waiting') AS waiting,
           (SELECT max(s.expires_at) FROM webhook_secrets s WHERE s.store_id = w.store_id AND s.endpoint_id = w.id
            AND s.expires_at > now()) AS overlap_until
    FROM webhook_endpoints w
    WHERE w.store_id = :store AND w.removed_at IS NULL AND (CAST(:id AS uuid) IS NULL OR w.id = :id) ORDER BY w.id""")

TARGET = text("""
    SELECT url, personal, state FROM webhook_endpoints WHERE store_id = :store AND id = :id AND removed_at IS NULL""")

COUNT = text("SELECT count(*) FROM webhook_endpoints WHERE store_id = :store AND removed_at IS NULL")

CREATE = text("""
    INSERT INTO webhook_endpoints (store_id, id, url, types, personal, created_at, created_by)
    VALUES (:store, :id, :url, :types, :personal, :now, :actor)""")

CHANGE = text("""
    UPDATE webhook_endpoints SET url = :url, types = :types, personal = :personal, changed = changed + 1
    WHERE store_id = :store AND id = :id AND removed_at IS NULL AND changed = :changed RETURNING id""")

SWITCH = text("""
    UPDATE webhook_endpoints SET state = :state, off_reason = :reason, failing_since = NULL, changed = changed + 1
    WHERE store_id = :store AND id = :id AND removed_at IS NULL RETURNING id""")

REMOVE = text("""
    UPDATE webhook_endpoints SET removed_at = :now, state = 'off', off_reason = 'staff'
    WHERE store_id = :store AND id = :id AND removed_at IS NULL RETURNING id""")

# What waits when an endpoint goes off is not told later all at once: whoever wants it sends it again by hand.
GIVE_UP = text("""
    UPDATE webhook_deliveries SET state = 'given_up', ended_at = now(), error = 'endpoint_off', lease_token = NULL, lease_until = NULL
    WHERE store_id = :store AND endpoint_id = :id AND state = 'waiting'""")

ADD_SECRET = text("""
    INSERT INTO webhook_secrets (store_id, id, endpoint_id, sealed, created_at)
    VALUES (:store, :secret, :id, :sealed, now())""")

EXPIRE_SECRETS = text("""
    UPDATE webhook_secrets SET expires_at = now() + CAST(:overlap AS interval)
    WHERE store_id = :store AND endpoint_id = :id AND expires_at IS NULL""")

END_OLD = text("DELETE FROM webhook_secrets WHERE store_id = :store AND endpoint_id = :id AND expires_at IS NOT NULL")

SECRETS = text("""
    SELECT id, sealed FROM webhook_secrets
    WHERE store_id = :store AND endpoint_id = :id AND (expires_at IS NULL OR expires_at > now())
    ORDER BY created_at DESC, id DESC""")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. `off_reason`: staff, failing, gone; `overlap_until`: until then the secret before is good as well."""

    id: UUID
    url: str
    types: tuple[str, ...]
    personal: bool
    on: bool
    off_reason: str
    failing_since: datetime | None
    changed: int
    delivered_at: datetime | None
    waiting: int
    overlap_until: datetime | None


@dataclass(frozen=True, slots=True)
class Target:
    """What delivering needs of an endpoint."""

    url: str
    personal: bool
    on: bool


def list_endpoints() -> list[Endpoint]:
    """The store's endpoints, the oldest first."""
    return [_endpoint(row) for row in db.session.execute(LIST, {"store": current_store_id(), "id": None})]


def get(endpoint_id: UUID) -> Endpoint:
    """One of them. Raises EndpointNotFound."""
    row = db.session.execute(LIST, _names(endpoint_id)).first()
    if row is None:
        raise EndpointNotFound()
    return _endpoint(row)


def find_target(endpoint_id: UUID) -> Target | None:
    """Where its deliveries go, if it is still there."""
    row = db.session.execute(TARGET, _names(endpoint_id)).first()
    return Target(row.url, row.personal, row.state == "on") if row else None


@unit_of_work
def create(
    url: str, types: Collection[str], *, personal: bool, key: str, actor: str, now: datetime
) -> tuple[UUID, str]:
    """A new endpoint and its secret, which nobody can read again. `url` is checked (addresses.py). Raises NoTypes, TooManyEndpoints."""
    endpoint_id, wanted = new_id(), _types(types)
    names = _names(endpoint_id)
    if db.session.execute(COUNT, names).scalar_one() >= AT_MOST:
        raise TooManyEndpoints()
    values = {"url": url, "types": wanted, "personal": personal, "now": now, "actor": actor}
    db.session.execute(CREATE, {**names, **values})
    return endpoint_id, _add_secret(endpoint_id, key)


@unit_of_work
def change(endpoint_id: UUID, url: str, types: Collection[str], *, personal: bool, changed: int) -> None:
    """Change it, if it is still as it was seen. Raises EndpointNotFound, EndpointChanged, NoTypes."""
    values = {"url": url, "types": _types(types), "personal": personal, "changed": changed}
    if not db.session.execute(CHANGE, {**_names(endpoint_id), **values}).first():
        get(endpoint_id)
        raise EndpointChanged()


@unit_of_work
def switch(endpoint_id: UUID, *, on: bool, reason: str = "staff") -> None:
    """Let it hear of events, or no more; what waits then is given up. Raises EndpointNotFound."""
    names = _names(endpoint_id)
    values = {"state": "on", "reason": ""} if on else {"state": "off", "reason": reason}
    if not db.session.execute(SWITCH, {**names, **values}).first():
        raise EndpointNotFound()
    if not on:
        db.session.execute(GIVE_UP, names)


@unit_of_work
def remove(endpoint_id: UUID, *, now: datetime) -> None:
    """Take it away, secrets and all. Raises EndpointNotFound."""
    names = _names(endpoint_id)
    if not db.session.execute(REMOVE, {**names, "now": now}).first():
        raise EndpointNotFound()
    db.session.execute(GIVE_UP, names)
    db.session.execute(EXPIRE_SECRETS, {**names, "overlap": timedelta()})
    db.session.execute(END_OLD, names)


@unit_of_work
def rotate(endpoint_id: UUID, *, key: str) -> str:
    """Another secret. For OVERLAP deliveries are signed with the one before as well. Raises EndpointNotFound."""
    get(endpoint_id)
    names = _names(endpoint_id)
    db.session.execute(END_OLD, names)
    db.session.execute(EXPIRE_SECRETS, {**names, "overlap": OVERLAP})
    return _add_secret(endpoint_id, key)


@unit_of_work
def end_overlap(endpoint_id: UUID) -> None:
    """The secret before is good for nothing from now on. Raises EndpointNotFound."""
    get(endpoint_id)
    db.session.execute(END_OLD, _names(endpoint_id))


def secrets(endpoint_id: UUID, key: str) -> list[str]:
    """What to sign with, the newest first."""
    rows = db.session.execute(SECRETS, _names(endpoint_id)).all()
    return [unseal(key, row.sealed, _about(row.id)) for row in rows]


def _add_secret(endpoint_id: UUID, key: str) -> str:
    secret_id, secret = new_id(), signing.new_secret()
    sealed = seal(key, secret, _about(secret_id))
    db.session.execute(ADD_SECRET, {**_names(endpoint_id), "secret": secret_id, "sealed": sealed})
    return secret


def _about(secret_id: UUID) -> str:
    return f"{current_store_id()}|webhook_secrets|sealed|{secret_id}"


def _types(types: Collection[str]) -> list[str]:
    wanted = [one for one in TYPES if one in types]
    if not wanted:
        raise NoTypes()
    return wanted


def _names(endpoint_id: UUID) -> dict[str, object]:
    return {"store": current_store_id(), "id": endpoint_id}


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        types=tuple(row.types),
        personal=row.personal,
        on=row.state == "on",
        off_reason=row.off_reason,
        failing_since=row.failing_since,
        changed=row.changed,
        delivered_at=row.delivered_at,
        waiting=row.waiting,
        overlap_until=row.overlap_until,
    )
