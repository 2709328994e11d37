"""Which page of the review answers where, and for whom."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.review import pages
from app.console.shell import ADMIN_UP, ANALYST_UP


def add(bp: Blueprint) -> None:
    """Hang them. Analysts see, without names; admins and owners decide."""
    see, act = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
    bp.add_url_rule("/review", "review", see(pages.index))
    bp.add_url_rule("/review/<order_id>", "review_order", see(pages.show))
    bp.add_url_rule("/review/<order_id>/decision", "review_decide", act(pages.decide), methods=["POST"])
    bp.add_url_rule("/review/decisions/<review_id>/undo", "review_undo", act(pages.undo), methods=["POST"])
    bp.add_url_rule("/review/decisions/<review_id>/now", "review_now", act(pages.now), methods=["POST"])
