"""The doors of the settings and of the store's own facts: everybody but sellers reads, admins and owners change."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.settings import history_pages, pages, store_page, words  # noqa: F401  words: what refusals say
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)


def add(bp: Blueprint) -> None:
    """Add them to the console."""
    bp.add_url_rule("/settings", "settings", _staff(pages.index))
    bp.add_url_rule("/settings/changes", "settings_save", _admins(pages.save), methods=["POST"])
    bp.add_url_rule("/settings/undoing", "settings_undo", _admins(pages.undo), methods=["POST"])
    bp.add_url_rule("/settings/keys", "settings_keys", _staff(pages.keys), methods=["POST"])
    bp.add_url_rule("/settings/history", "settings_history", _staff(history_pages.index))
    bp.add_url_rule("/settings/history/<int:number>", "settings_restoring", _admins(history_pages.restoring))
    bp.add_url_rule("/settings/<section>", "settings_section", _staff(pages.section))
    bp.add_url_rule("/settings/<section>/review", "settings_review", _admins(pages.review), methods=["POST"])
    bp.add_url_rule("/store", "store", _staff(store_page.show))
    bp.add_url_rule("/store", "change_store", _admins(store_page.save), methods=["POST"])
