"""Which page of exports answers where, and for which roles."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.exports import pages
from app.console.shell import ANALYST_UP

_staff = requires_role(*ANALYST_UP)
_export = "/exports/<export_id>"


def add(bp: Blueprint) -> None:
    """Hang them."""
    bp.add_url_rule("/exports", "exports", _staff(pages.index))
    bp.add_url_rule("/exports", "create_export", _staff(pages.create), methods=["POST"])
    bp.add_url_rule("/exports/new", "export_new", _staff(pages.new))
    bp.add_url_rule(_export, "export", _staff(pages.show))
    bp.add_url_rule(f"{_export}/file", "export_file", _staff(pages.download))
