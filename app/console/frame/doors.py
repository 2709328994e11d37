"""The doors of the frame: everybody's who works here; what they find depends on the role."""

from typing import Any

from flask import Blueprint

from app.accounts.guards import EVERY_ROLE, requires_role
from app.console.frame import jump, notices, stores_page, theme

_everybody = requires_role(*EVERY_ROLE)


def add(bp: Blueprint) -> None:
    """Hang them, and offer templates what stands on every page."""
    bp.add_url_rule("/jump", "jump", _everybody(jump.show))
    bp.add_url_rule("/notices", "notices", _everybody(notices.show))
    bp.add_url_rule("/notices/removal", "dismiss_notice", _everybody(notices.dismiss), methods=["POST"])
    bp.add_url_rule("/notices/return", "return_notice", _everybody(notices.bring_back), methods=["POST"])
    bp.add_url_rule("/stores", "stores", _everybody(stores_page.show))
    bp.add_url_rule("/you/theme", "change_theme", _everybody(theme.change), methods=["POST"])
    bp.record_once(lambda state: _offer(state.app))


def _offer(app: Any) -> None:
    app.jinja_env.globals.update(
        console_notices=notices.count, console_stores=stores_page.here, console_theme=theme.current
    )
