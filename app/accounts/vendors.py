"""Whose products a seller sees figures of. Rows change behind the person's lock, as their role does (staff.py)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from app.accounts.errors import UnknownVendor
from app.catalog import vendors as catalogue
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import StaffId

LIST = text("SELECT vendor, name FROM staff_vendors WHERE store_id = :store AND staff_id = :staff ORDER BY vendor")
CLEAR = text("DELETE FROM staff_vendors WHERE store_id = :store AND staff_id = :staff")
ADD = text("INSERT INTO staff_vendors (store_id, staff_id, vendor, name) VALUES (:store, :staff, :vendor, :name)")

Vendors = Mapping[str, str]  # by key (catalog/vendors.py), as they are spelled


def list_vendors(staff_id: StaffId) -> dict[str, str]:
    """Somebody's, in the order of their keys; of who is no seller none."""
    rows = db.session.execute(LIST, {"store": current_store_id(), "staff": staff_id})
    return {row.vendor: row.name for row in rows}


def chosen(names: Iterable[str], kept: Vendors) -> dict[str, str]:
    """What somebody chose: vendors of the catalogue, or `kept` ones whose products are gone. Raises UnknownVendor."""
    wanted = {catalogue.key(name) for name in names} - {""}
    known = {**kept, **catalogue.list_vendors()} if wanted else {}
    if not wanted <= known.keys():
        raise UnknownVendor()
    return {key: known[key] for key in sorted(wanted)}


def replace(staff_id: StaffId, vendors: Vendors) -> None:
    """Let somebody have these and no others, behind their lock."""
    names: dict[str, Any] = {"store": current_store_id(), "staff": staff_id}
    db.session.execute(CLEAR, names)
    if vendors:
        db.session.execute(ADD, [{**names, "vendor": key, "name": name} for key, name in vendors.items()])
