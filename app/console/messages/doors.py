"""The doors of this area, with the roles that may open each."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.messages import link_actions
from app.console.shell import ADMIN_UP

_admins = requires_role(*ADMIN_UP)


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    link = "/carts/<cart_id>/links/<message_id>"
    bp.add_url_rule(f"{link}/copy", "cart_link_copy", _admins(link_actions.copy), methods=["POST"])
    bp.add_url_rule(f"{link}/revocation", "cart_link_revoke", _admins(link_actions.revoke), methods=["POST"])
