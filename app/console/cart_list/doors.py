"""The doors of the list of carts, with the roles that may open each."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.cart_list import bulk, page
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    bp.add_url_rule("/carts", "carts", _staff(page.index))
    bp.add_url_rule("/carts/all", "carts_all", _admins(bulk.confirm), methods=["POST"])
    view = "/carts/views/<view_id>"
    bp.add_url_rule("/carts/views", "cart_view_keep", _staff(page.keep_view), methods=["POST"])
    bp.add_url_rule(f"{view}/removal", "cart_view_remove", _staff(page.remove_view), methods=["POST"])
    bp.add_url_rule(f"{view}/return", "cart_view_take_back", _staff(page.take_view_back), methods=["POST"])
