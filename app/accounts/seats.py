"""In which stores of the organization the same person works, and as what.

A person is an address that was proved in each store (an invitation's link, the operator). Each store's rows are read inside
that store: nothing looks past row level security. For pages and sign-ins, not for every request.
"""

from dataclasses import dataclass
from typing import cast

from app.accounts import repository, staff
from app.accounts.identity import Role
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import finish_reading
from app.ids import StoreId
from app.stores import directory
from app.stores.directory import Sibling


@dataclass(frozen=True, slots=True)
class Seat:
    """A role of somebody in a store."""

    store: Sibling
    role: Role


def list_seats(email: str) -> list[Seat]:
    """Where in this store's organization a normalized address has a role, this store included."""
    return [Seat(store, role) for store in stores() if (role := role_at(store.id, email))]


def stores() -> list[Sibling]:
    """The stores of this store's organization."""
    return directory.list_siblings(current_store_id())


def roles_at(store_id: StoreId) -> dict[str, Role]:
    """What everybody is in a store, by address. Not inside a transaction, as `role_at`."""
    finish_reading()
    with use_store(store_id):
        found = {one.email: one.role for one in staff.list_staff()}
        finish_reading()
    return found


def role_at(store_id: StoreId, email: str) -> Role | None:
    """What somebody is in a store. Not inside a transaction: it ends the reading one, since each sees one store."""
    finish_reading()
    with use_store(store_id):
        found = repository.find_staff_by_email(email)
        finish_reading()
    return cast(Role, found.role) if found else None
