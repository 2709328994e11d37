"""The store's staff by the names under which they act in logs."""

from typing import Any

from sqlalchemy import select

from app.accounts.models import StaffMember
from app.database.base import db


def by_actor() -> dict[str, str]:
    """staff:<id> to a name; an address where none was given."""
    rows: Any = db.session.execute(select(StaffMember.id, StaffMember.name, StaffMember.email))
    return {f"staff:{row.id}": row.name or row.email for row in rows}
