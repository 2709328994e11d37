"""The door of this area, with the roles that may open it."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.funnel import page
from app.console.shell import ANALYST_UP


def add(bp: Blueprint) -> None:
    """Add it to the console."""
    bp.add_url_rule("/funnel", "funnel", requires_role(*ANALYST_UP)(page.show))
