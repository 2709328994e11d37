"""The doors of this area, with the roles that may open each."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.shell import ADMIN_UP, ANALYST_UP, person
from app.console.wording import frame, page
from app.database.tenancy import current_store_id
from app.web.rate_limit import limiter

TRIALS = "5 per 10 minutes;40 per day"

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
_few = limiter.limit(TRIALS, key_func=lambda: f"{current_store_id()}:trials:{person().id}")


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    step = "/templates/<campaign_id>/steps/<int:step>"
    bp.add_url_rule("/templates", "templates", _staff(page.index))
    bp.add_url_rule(step, "template", _staff(page.show))
    bp.add_url_rule(step, "template_save", _admins(page.save), methods=["POST"])
    bp.add_url_rule(f"{step}/restoration", "template_restore", _admins(page.restore), methods=["POST"])
    bp.add_url_rule(f"{step}/trial", "template_try", _admins(_few(page.try_out)), methods=["POST"])
    bp.add_url_rule(f"{step}/<locale>/frame", "template_frame", _staff(frame.kept))
    bp.add_url_rule(f"{step}/<locale>/frame", "template_typed", _staff(frame.typed), methods=["POST"])
