"""Who acts in a store, by the names that logs have for them: its staff, and what acts by itself."""

from typing import Any

from sqlalchemy import select

from app.accounts.lockout import SYSTEM
from app.accounts.models import StaffMember
from app.database.base import db
from app.web.language import gettext as _


def by_actor() -> dict[str, str]:
    """staff:<id> to a name, or an address where none was given; what is no person to what it is."""
    rows: Any = db.session.execute(select(StaffMember.id, StaffMember.name, StaffMember.email))
    people = {f"staff:{row.id}": row.name or row.email for row in rows}
    system = _("The system")
    return people | {
        SYSTEM: system,
        "worker": system,
        "demo": _("The demonstration"),
        "simulation": _("The made-up year"),
    }
