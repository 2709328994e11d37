"""The doors of this area, with the roles that may open each."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.campaign_review import page
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    campaign = "/campaigns/<campaign_id>"
    bp.add_url_rule(f"{campaign}/review", "campaign_review", _staff(page.review))
    bp.add_url_rule(f"{campaign}/versions", "campaign_versions", _staff(page.versions))
    bp.add_url_rule(f"{campaign}/versions", "campaign_restore", _admins(page.restore), methods=["POST"])
