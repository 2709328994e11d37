"""The doors of this area, with the roles that may open each."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.shell import ADMIN_UP, ANALYST_UP
from app.console.suppressions import page

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    entry = "/suppressions/<channel>/<hashed>"
    bp.add_url_rule("/suppressions", "suppressions", _staff(page.index))
    bp.add_url_rule("/suppressions", "suppression_enter", _admins(page.enter), methods=["POST"])
    bp.add_url_rule("/suppressions/search", "suppression_search", _admins(page.search), methods=["POST"])
    bp.add_url_rule(f"{entry}/removal", "suppression_lift", _admins(page.lift), methods=["POST"])
