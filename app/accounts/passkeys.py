"""Passkeys of staff (WebAuthn level 3): registered, named, removed, and asked for at the door. The checks are py_webauthn's.

A passkey belongs to a host name, so each store's console has its own. A challenge is good once, for five minutes, and lives
in the visitor's server session (`Asked`); who is asked what is decided by the doors.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import webauthn
from sqlalchemy import text
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import letters
from app.accounts.addresses import normalize_name
from app.accounts.errors import PasskeyRefused, TooManyPasskeys
from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import NotFound
from app.ids import StaffId, new_id

SECONDS = 300
MOST = 20
LONGEST_ANSWER = 16_384
Purpose = Literal["register", "second_step", "alone"]

LIST = text("""
    SELECT id, name, created_at, last_used_at FROM staff_passkeys WHERE store_id = :store AND staff_id = :staff
    ORDER BY id""")
KNOWN = text("SELECT credential_id FROM staff_passkeys WHERE store_id = :store AND staff_id = :staff ORDER BY id")
LOCK = text(
    "SELECT 1 FROM staff_members WHERE store_id = :store AND id = :staff AND removed_at IS NULL FOR NO KEY UPDATE"
)
ADD = text("""
    INSERT INTO staff_passkeys (store_id, id, staff_id, name, credential_id, public_key, sign_count, created_at)
    VALUES (:store, :id, :staff, :name, :credential, :key, :count, :now)
    ON CONFLICT (store_id, credential_id) DO NOTHING RETURNING 1""")
REMOVE = text("DELETE FROM staff_passkeys WHERE store_id = :store AND staff_id = :staff AND id = :id RETURNING name")
FIND = text("""
    SELECT k.id, k.staff_id, k.public_key, k.sign_count FROM staff_passkeys k
    JOIN staff_members s ON s.store_id = k.store_id AND s.id = k.staff_id AND s.removed_at IS NULL
    WHERE k.store_id = :store AND k.credential_id = :credential FOR NO KEY UPDATE OF k""")
USED = text("UPDATE staff_passkeys SET sign_count = :count, last_used_at = :now WHERE store_id = :store AND id = :id")


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner knows it."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Site:
    """To whom passkeys are given: the host's name (RP ID), the origin the browser must be at, the store's name."""

    host: str
    origin: str
    name: str


class Asked(msgspec.Struct, frozen=True):
    """A challenge that waits for its answer, and what for."""

    challenge: str
    purpose: str
    until: float

    @classmethod
    def from_session(cls, value: Any, purpose: Purpose) -> "Asked":
        """What the session holds, if it was asked for this. Raises PasskeyRefused."""
        try:
            asked = msgspec.convert(value, cls)
        except msgspec.ValidationError:
            raise PasskeyRefused() from None
        if asked.purpose != purpose or asked.until < time.time():
            raise PasskeyRefused()
        return asked


def list_passkeys(staff_id: StaffId) -> list[Passkey]:
    """Theirs, the oldest first."""
    return [Passkey(*row) for row in db.session.execute(LIST, _names(staff_id))]


def has_any(staff_id: StaffId) -> bool:
    """Whether they have one."""
    return db.session.execute(KNOWN, _names(staff_id)).first() is not None


def ask_to_register(staff_id: StaffId, *, site: Site, account: str, called: str) -> tuple[dict[str, Any], Asked]:
    """What the browser is given to make a passkey (creation options as JSON), and what is kept until it answers."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=staff_id.bytes,
        user_name=account,
        user_display_name=called,
        exclude_credentials=_descriptors(staff_id),
        # Kept by the authenticator where it can: only such a one is found without an address.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return _asked(options, options.challenge, "register")


def ask(site: Site, staff_id: StaffId | None) -> tuple[dict[str, Any], Asked]:
    """What the browser is given to prove a passkey: of somebody whose password was right, or of whoever it belongs to (None).

    Alone it stands for password and code, so the authenticator must have made sure who holds it.
    """
    required = UserVerificationRequirement.DISCOURAGED if staff_id else UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=site.host, allow_credentials=_descriptors(staff_id) if staff_id else [], user_verification=required
    )
    return _asked(options, options.challenge, "second_step" if staff_id else "alone")


@unit_of_work
def register(staff_id: StaffId, answer: str, asked: Asked, *, site: Site, name: str, actor: str, now: datetime) -> None:
    """Keep the passkey that the browser has made. Raises PasskeyRefused, TooManyPasskeys, BadName."""
    called = normalize_name(name)
    try:
        made = webauthn.verify_registration_response(
            credential=_plain(answer),
            expected_challenge=base64url_to_bytes(asked.challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except WebAuthnException:
        raise PasskeyRefused() from None
    took_lock(Lock.CUSTOMER)
    if not db.session.execute(LOCK, _names(staff_id)).first():
        raise NotFound()
    if len(list_passkeys(staff_id)) >= MOST:
        raise TooManyPasskeys()
    passkey_id = new_id()
    values = {
        "id": passkey_id,
        "name": called,
        "credential": bytes_to_base64url(made.credential_id),
        "key": bytes_to_base64url(made.credential_public_key),
        "count": made.sign_count,
        "now": now,
    }
    if not db.session.execute(ADD, {**_names(staff_id), **values}).first():
        raise PasskeyRefused()
    letters.send_to_staff(staff_id, "staff_passkey_added", {"name": called}, now)
    audit.record("passkey_added", actor=actor, subject=("staff", staff_id), now=now, details={"passkey": passkey_id})


@unit_of_work
def prove(answer: str, asked: Asked, *, site: Site, now: datetime) -> StaffId:
    """Whose passkey signed the challenge. Raises PasskeyRefused; a copied authenticator, whose count goes back, is refused."""
    credential = _plain(answer)
    took_lock(Lock.CUSTOMER)
    named = {"store": current_store_id(), "credential": str(credential.get("id", ""))[:1024].rstrip("=")}
    row = db.session.execute(FIND, named).first()
    if row is None:
        raise PasskeyRefused()
    try:
        proved = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(asked.challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=asked.purpose == "alone",
        )
    except WebAuthnException:
        raise PasskeyRefused() from None
    db.session.execute(USED, {"store": current_store_id(), "id": row.id, "count": proved.new_sign_count, "now": now})
    return StaffId(row.staff_id)


@unit_of_work
def remove(staff_id: StaffId, passkey_id: UUID, *, actor: str, now: datetime) -> None:
    """Forget one of theirs. Raises NotFound."""
    took_lock(Lock.CUSTOMER)
    if not db.session.execute(REMOVE, {**_names(staff_id), "id": passkey_id}).first():
        raise NotFound()
    audit.record("passkey_removed", actor=actor, subject=("staff", staff_id), now=now, details={"passkey": passkey_id})


def _asked(options: Any, challenge: bytes, purpose: Purpose) -> tuple[dict[str, Any], Asked]:
    kept = Asked(bytes_to_base64url(challenge), purpose, time.time() + SECONDS)
    return json.loads(webauthn.options_to_json(options)), kept


def _descriptors(staff_id: StaffId) -> list[PublicKeyCredentialDescriptor]:
    rows = db.session.execute(KNOWN, _names(staff_id))
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in rows]


def _plain(answer: str) -> dict[str, Any]:
    """What the browser sent, as JSON. Raises PasskeyRefused."""
    try:
        return msgspec.json.decode(answer[:LONGEST_ANSWER], type=dict[str, Any])
    except msgspec.MsgspecError:
        raise PasskeyRefused() from None


def _names(staff_id: StaffId) -> dict[str, Any]:
    return {"store": current_store_id(), "staff": staff_id}
