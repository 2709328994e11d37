"""Which page about customers answers where, and for which roles."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.customers import actions, pages
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
_customer = "/customers/<customer_id>"


def add(bp: Blueprint) -> None:
    """Hang them."""
    rule = bp.add_url_rule
    rule("/customers", "customers", _staff(pages.index))
    rule(_customer, "customer", _staff(pages.show))
    rule(f"{_customer}/why", "customer_why", _staff(pages.why))
    rule(f"{_customer}/reminders", "customer_reminders", _admins(actions.stop_reminders), methods=["POST"])
    rule(f"{_customer}/sessions", "customer_sessions", _admins(actions.sign_out), methods=["POST"])
