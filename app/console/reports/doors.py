"""Which report answers where, and for which roles."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.reports import page
from app.console.shell import ANALYST_UP


def add(bp: Blueprint) -> None:
    """Hang them."""
    bp.add_url_rule("/reports", "reports", requires_role(*ANALYST_UP)(page.index))
