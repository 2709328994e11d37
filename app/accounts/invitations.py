"""Inviting somebody to work here: a letter with a link that is good once, for a week, until it is revoked.

The link's token follows from the invitation's id and the installation's key and is made when the letter is sent, so that it
stands nowhere: the table knows its hash, the outbox the id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from app import tokens
from app.accounts import letters, passwords, repository, vendors
from app.accounts.addresses import shown_name
from app.accounts.errors import AlreadyStaff, BadRole, InvitationGone
from app.accounts.identity import Role, StaffIdentity
from app.accounts.staff import ROLES
from app.audit import log as audit
from app.catalog import vendors as catalogue
from app.channels import email as channel
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import NotFound
from app.events import outbox
from app.ids import StaffId, new_id

TOPIC = "accounts.invitation"
VALID = timedelta(days=7)

LIST = text("""
    SELECT id, email, role, invited_at, expires_at, vendors FROM staff_invitations
    WHERE store_id = :store AND accepted_at IS NULL AND revoked_at IS NULL ORDER BY id DESC""")
# One open invitation for an address: a new one takes the place of the one before.
REPLACE = text("""
    UPDATE staff_invitations SET revoked_at = :now
    WHERE store_id = :store AND email = :email AND accepted_at IS NULL AND revoked_at IS NULL""")
ADD = text("""
    INSERT INTO staff_invitations (store_id, id, email, role, token_hash, locale, invited_by, invited_at, expires_at, vendors)
    VALUES (:store, :id, :email, :role, :hash, :locale, :by, :now, :until, :vendors)""")
REVOKE = text("""
    UPDATE staff_invitations SET revoked_at = :now
    WHERE store_id = :store AND id = :id AND accepted_at IS NULL AND revoked_at IS NULL RETURNING role""")
RESTORE = text("""
    UPDATE staff_invitations SET revoked_at = NULL
    WHERE store_id = :store AND id = :id AND accepted_at IS NULL AND revoked_at IS NOT NULL AND expires_at > :now
      AND NOT EXISTS (SELECT 1 FROM staff_invitations o WHERE o.store_id = :store AND o.email = staff_invitations.email
                      AND o.accepted_at IS NULL AND o.revoked_at IS NULL) RETURNING role""")
OPEN = (
    """store_id = :store AND token_hash = :hash AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > :now"""
)
LOOK = text(f"SELECT id, email, role, invited_at, expires_at, vendors FROM staff_invitations WHERE {OPEN}")  # noqa: S608  ours
ACCEPT = text(f"""
    UPDATE staff_invitations SET accepted_at = :now WHERE {OPEN} RETURNING id, email, role, locale, vendors""")  # noqa: S608
STILL = text("""
    SELECT 1 FROM staff_invitations
    WHERE store_id = :store AND id = :id AND accepted_at IS NULL AND revoked_at IS NULL""")
# Who worked here before comes back as the same person, so that the log knows one and not two.
JOIN = text("""
    INSERT INTO staff_members (store_id, id, email, name, password_hash, role, created_at, locale)
    VALUES (:store, :staff, :email, :name, :password, :role, :now, :locale)
    ON CONFLICT (store_id, email) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash,
        role = excluded.role, locale = excluded.locale, removed_at = NULL
    WHERE staff_members.removed_at IS NOT NULL RETURNING id""")


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits for its reader. `vendors` are those a seller will see figures of, as they are spelled."""

    id: UUID
    email: str
    role: Role
    invited_at: datetime
    expires_at: datetime
    vendors: list[str]


def list_open() -> list[Invitation]:
    """Those nobody has followed yet, the newest first; expired ones, too: somebody may want to send them again."""
    return [Invitation(*row) for row in db.session.execute(LIST, {"store": current_store_id()})]


@unit_of_work
def invite(
    email: str, role: str, *, by: StaffId | None, inviter: str, locale: str, now: datetime, actor: str = "",
    vendor_names: Iterable[str] = (),
) -> UUID:  # fmt: skip
    """Write to a normalized address; `vendor_names` are for a seller. An open invitation of that address ends.

    Raises BadRole, UnknownVendor, AlreadyStaff.

    `by` is who of the staff invites; None with an `actor` when it is the operator. `inviter` is what the letter calls them.
    """
    if role not in ROLES:
        raise BadRole()
    if repository.find_staff_by_email(email):
        raise AlreadyStaff()
    chosen = [*vendors.chosen(vendor_names, {}).values()] if role == "seller" else []
    took_lock(Lock.CUSTOMER)
    invitation_id, store = new_id(), current_store_id()
    db.session.execute(REPLACE, {"store": store, "email": email, "now": now})
    names = {"id": invitation_id, "email": email, "role": role, "locale": locale, "by": by, "now": now}
    names["vendors"] = chosen
    db.session.execute(ADD, {"store": store, "hash": _hashed(_token(invitation_id)), "until": now + VALID, **names})
    letter = letters.invitation(email=email, locale=locale, role=role, inviter=inviter)
    outbox.record(TOPIC, {**letter, "invitation": str(invitation_id)}, now=now)
    _kept(
        "staff_invited",
        invitation_id,
        actor or f"staff:{by}",
        now,
        role=role,
        **({"vendors": chosen} if chosen else {}),
    )
    return invitation_id


def deliver(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Send the letter with its link, unless the invitation was revoked meanwhile. Handler of TOPIC."""
    invitation_id = UUID(payload["invitation"])
    if not db.session.execute(STILL, {"store": current_store_id(), "id": invitation_id}).first():
        return
    link = f"{payload['origin']}/console/invitations/{_token(invitation_id)}"
    channel.deliver_letter({**payload, "params": {**payload["params"], "link": link}}, row_id)


@unit_of_work
def revoke(invitation_id: UUID, *, actor: str, now: datetime) -> None:
    """The link opens nothing any more. Raises NotFound."""
    _moved("invitation_revoked", REVOKE, invitation_id, actor, now)


@unit_of_work
def restore(invitation_id: UUID, *, actor: str, now: datetime) -> None:
    """Undo revoking: the link in the letter is good again. Raises NotFound if it has expired, or another one was sent."""
    _moved("invitation_restored", RESTORE, invitation_id, actor, now)


def look(token: str, now: datetime) -> Invitation:
    """The invitation of a link. Raises InvitationGone. Changes nothing: mail programs open links on their own."""
    names = {"store": current_store_id(), "hash": _hashed(token[:64]), "now": now}
    row = db.session.execute(LOOK, names).first()
    if row is None:
        raise InvitationGone()
    return Invitation(*row)


def accept(token: str, *, name: str, password: str, config: Config, now: datetime) -> StaffIdentity:
    """Make whoever follows the link a member of staff. Raises InvitationGone and what passwords refuse."""
    found = look(token, now)
    passwords.check_new(password, found.email)
    return _join(token, name, passwords.hash_password(password, config), now)


@unit_of_work
def _join(token: str, name: str, password_hash: str, now: datetime) -> StaffIdentity:
    took_lock(Lock.CUSTOMER)
    store = current_store_id()
    row = db.session.execute(ACCEPT, {"store": store, "hash": _hashed(token[:64]), "now": now}).first()
    if row is None:
        raise InvitationGone()
    person = {"email": row.email, "name": name, "password": password_hash, "role": row.role, "locale": row.locale}
    joined = db.session.execute(JOIN, {"store": store, "staff": new_id(), "now": now, **person}).scalar()
    if joined is None:
        raise AlreadyStaff()
    vendors.replace(StaffId(joined), {catalogue.key(vendor): vendor for vendor in row.vendors})
    _kept("invitation_accepted", row.id, f"staff:{joined}", now, role=row.role)
    return StaffIdentity(StaffId(joined), shown_name(name, row.email), cast(Role, row.role))


def _moved(action: str, statement: Any, invitation_id: UUID, actor: str, now: datetime) -> None:
    took_lock(Lock.CUSTOMER)
    names = {"store": current_store_id(), "id": invitation_id, "now": now}
    role = db.session.execute(statement, names).scalar()
    if role is None:
        raise NotFound()
    _kept(action, invitation_id, actor, now, role=role)


def _kept(action: str, invitation_id: UUID, actor: str, now: datetime, **details: Any) -> None:
    audit.record(action, actor=actor, subject=("invitation", invitation_id), now=now, details=details)


def _token(invitation_id: UUID) -> str:
    return tokens.keyed_hash(_config().secret_key, "staff-invitation", f"{current_store_id()}:{invitation_id}")[:43]


def _hashed(token: str) -> str:
    return tokens.keyed_hash(_config().secret_key, "staff-invitation-hash", token)


def _config() -> Config:
    return cast(Config, current_app.config["DUALCART"])
