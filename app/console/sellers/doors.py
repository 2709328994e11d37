"""Doors of the seller view: a seller's own, and what admins and owners see of it."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.sellers import page
from app.console.shell import ADMIN_UP


def add(bp: Blueprint) -> None:
    """Hang them."""
    bp.add_url_rule("/seller", "seller", requires_role("seller", *ADMIN_UP)(page.own))
    bp.add_url_rule("/seller/figures.csv", "seller_file", requires_role("seller")(page.own_file))
    bp.add_url_rule("/seller/<staff_id>", "seller_seen", requires_role(*ADMIN_UP)(page.seen))
    bp.add_url_rule("/seller/<staff_id>/figures.csv", "seller_seen_file", requires_role(*ADMIN_UP)(page.seen_file))
