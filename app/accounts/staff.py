"""The people of a store: signing in, changing what they are, letting them go. Each change ends their sessions.

Rows of staff are locked by id under the customers' rank. A change takes all owners' rows, so that two owners who leave at the
same moment do not both find the other one still there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import text

from app.accounts import identity, letters, vendors
from app.accounts.addresses import shown_name
from app.accounts.errors import BadRole, LastOwner, RoleMoved, SignInRefused, VendorsMoved
from app.accounts.identity import Role, StaffIdentity
from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.errors import NotFound
from app.ids import StaffId

ROLES: tuple[Role, ...] = ("seller", "analyst", "admin", "owner")
THEMES = ("system", "light", "dark")

LIST = text("""
    SELECT s.id, s.email, s.name, s.role, s.created_at, s.last_signed_in_at, f.confirmed_at AS factor_since,
           (SELECT count(*) FROM staff_passkeys k WHERE k.store_id = s.store_id AND k.staff_id = s.id) AS passkeys,
           (SELECT count(*) FROM staff_recovery_codes c WHERE c.store_id = s.store_id AND c.staff_id = s.id
               AND c.used_at IS NULL) AS codes_left
    FROM staff_members s LEFT JOIN staff_factors f ON f.store_id = s.store_id AND f.staff_id = s.id
    WHERE s.store_id = :store AND s.removed_at IS NULL AND (CAST(:staff AS uuid) IS NULL OR s.id = :staff)
    ORDER BY array_position(ARRAY['owner', 'admin', 'analyst', 'seller'], s.role), lower(s.name), s.email""")

# Whoever is changed, and all owners.
LOCK = text("""
    SELECT id, role FROM staff_members
    WHERE store_id = :store AND removed_at IS NULL AND (id = :staff OR role = 'owner')
    ORDER BY id FOR NO KEY UPDATE""")
SIGN_IN = text("""
    UPDATE staff_members SET last_signed_in_at = :now, locale = :locale
    WHERE store_id = :store AND id = :staff AND removed_at IS NULL RETURNING name, email, role, theme""")
CHANGE_ROLE = text("UPDATE staff_members SET role = :role WHERE store_id = :store AND id = :staff")
REMOVE = text("UPDATE staff_members SET removed_at = :now, password_hash = '' WHERE store_id = :store AND id = :staff")
CHANGE_THEME = text("UPDATE staff_members SET theme = :theme WHERE store_id = :store AND id = :staff")
FORGET = [
    text(f"DELETE FROM {table} WHERE store_id = :store AND staff_id = :staff")  # noqa: S608  the names below
    for table in ("staff_factors", "staff_recovery_codes", "staff_passkeys", "staff_vendors")
]


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff as the list shows one."""

    id: StaffId
    email: str
    name: str
    role: Role
    created_at: datetime
    last_signed_in_at: datetime | None
    factor_since: datetime | None
    passkeys: int
    codes_left: int

    @property
    def called(self) -> str:
        """By name, or by the first part of the address."""
        return shown_name(self.name, self.email)

    @property
    def has_second_step(self) -> bool:
        """Whether a password alone does not let them in."""
        return self.factor_since is not None or self.passkeys > 0


def list_staff() -> list[Colleague]:
    """Everybody who works here, owners first."""
    return [Colleague(*row) for row in db.session.execute(LIST, {"store": current_store_id(), "staff": None})]


def get(staff_id: StaffId) -> Colleague:
    """One of them. Raises NotFound."""
    row = db.session.execute(LIST, {"store": current_store_id(), "staff": staff_id}).first()
    if row is None:
        raise NotFound()
    return Colleague(*row)


@unit_of_work
def let_in(staff_id: StaffId, *, how: str, locale: str, facts: dict[str, Any], now: datetime) -> StaffIdentity:
    """Sign somebody in who has proved who they are, as what they are now; `facts` go into the session.

    The session begins behind the row's lock: a role that changes at this moment ends it again. Raises SignInRefused for
    who was removed meanwhile, SessionsUnavailable.
    """
    took_lock(Lock.CUSTOMER)
    names = {"store": current_store_id(), "staff": staff_id, "now": now, "locale": locale}
    row = db.session.execute(SIGN_IN, names).first()
    if row is None:
        raise SignInRefused()
    person = StaffIdentity(staff_id, shown_name(row.name, row.email), cast(Role, row.role))
    identity.begin_session(person, theme=row.theme, **facts)
    audit.record("signed_in", actor=f"staff:{staff_id}", subject=("staff", staff_id), now=now, details={"how": how})
    return person


@unit_of_work
def change_role(
    staff_id: StaffId, role: str, *, seen: str, actor: str, now: datetime, names: Iterable[str] = ()
) -> None:
    """Make somebody something else than the `seen` role; a seller of the vendors with these `names`, who else has none.

    Raises BadRole, UnknownVendor, NotFound, RoleMoved, LastOwner, SessionsUnavailable.
    """
    if role not in ROLES:
        raise BadRole()
    before = _locked(staff_id, leaves_owners=role != "owner")
    if before != seen:
        raise RoleMoved()
    if before == role:
        return
    had = vendors.list_vendors(staff_id)
    has = vendors.chosen(names, had) if role == "seller" else {}
    db.session.execute(CHANGE_ROLE, {**_names(staff_id), "role": role})
    vendors.replace(staff_id, has)
    _end_sessions(staff_id)
    changed = {"vendors_before": [*had.values()], "vendors_after": [*has.values()]} if had or has else {}
    _kept("role_changed", staff_id, actor, now, before=before, after=role, **changed)


@unit_of_work
def assign_vendors(staff_id: StaffId, names: Iterable[str], *, seen: Iterable[str], actor: str, now: datetime) -> None:
    """Let a seller see figures of these vendors instead of the `seen` ones (keys).

    Raises NotFound (who is no seller has none), VendorsMoved, UnknownVendor.
    """
    if _locked(staff_id, leaves_owners=False) != "seller":
        raise NotFound()
    had = vendors.list_vendors(staff_id)
    if had.keys() != set(seen):
        raise VendorsMoved()
    has = vendors.chosen(names, had)
    if has.keys() == had.keys():
        return
    vendors.replace(staff_id, has)
    _kept("vendors_assigned", staff_id, actor, now, before=[*had.values()], after=[*has.values()])


@unit_of_work
def remove(staff_id: StaffId, *, actor: str, now: datetime) -> None:
    """Let somebody go: nothing they had opens anything any more. Raises NotFound, LastOwner, SessionsUnavailable."""
    before = _locked(staff_id, leaves_owners=True)
    db.session.execute(REMOVE, {**_names(staff_id), "now": now})
    for statement in FORGET:
        db.session.execute(statement, _names(staff_id))
    _end_sessions(staff_id)
    _kept("staff_removed", staff_id, actor, now, before=before)


@unit_of_work
def reset_second_step(staff_id: StaffId, *, actor: str, now: datetime) -> None:
    """Forget the app, the codes and the passkeys of somebody who has lost them; they are told by mail.

    Raises NotFound, SessionsUnavailable.
    """
    _locked(staff_id, leaves_owners=False)
    for statement in FORGET:
        db.session.execute(statement, _names(staff_id))
    _end_sessions(staff_id)
    letters.send_to_staff(staff_id, "staff_factor_reset", {}, now)
    _kept("second_factor_reset", staff_id, actor, now)


@unit_of_work
def change_theme(staff_id: StaffId, theme: str) -> None:
    """Keep how somebody likes the console. What it does not know changes nothing."""
    if theme in THEMES:
        took_lock(Lock.CUSTOMER)
        db.session.execute(CHANGE_THEME, {**_names(staff_id), "theme": theme})


def _locked(staff_id: StaffId, *, leaves_owners: bool) -> str:
    """The role of somebody, behind the lock. Raises NotFound; LastOwner if no owner would be left."""
    took_lock(Lock.CUSTOMER)
    roles = {row.id: str(row.role) for row in db.session.execute(LOCK, _names(staff_id))}
    if staff_id not in roles:
        raise NotFound()
    if leaves_owners and not any(role == "owner" for one, role in roles.items() if one != staff_id):
        raise LastOwner()
    return roles[staff_id]


def _end_sessions(staff_id: StaffId) -> None:
    """Now, so that nothing changes if it cannot be done; and after the commit, for who came in meanwhile."""
    identity.revoke_sessions(f"s:{staff_id}")
    after_commit(lambda: identity.revoke_sessions(f"s:{staff_id}"))


def _kept(action: str, staff_id: StaffId, actor: str, now: datetime, **details: Any) -> None:
    audit.record(action, actor=actor, subject=("staff", staff_id), now=now, details=details)


def _names(staff_id: StaffId) -> dict[str, Any]:
    return {"store": current_store_id(), "staff": staff_id}
