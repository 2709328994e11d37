"""The doors of one's own sign-in: everybody's who works here."""

from flask import Blueprint

from app.accounts.guards import EVERY_ROLE, requires_role
from app.console.own import pages, passkey_pages, session_pages

_everybody = requires_role(*EVERY_ROLE)


def add(bp: Blueprint) -> None:
    """Hang them."""
    bp.add_url_rule("/you", "own", _everybody(pages.own_page))
    bp.add_url_rule("/you/second-factor", "set_up", _everybody(pages.set_up))
    bp.add_url_rule("/you/second-factor", "confirm_set_up", _everybody(pages.confirm_set_up), methods=["POST"])
    bp.add_url_rule("/you/passkeys", "add_passkey", _everybody(passkey_pages.add), methods=["POST"])
    bp.add_url_rule("/you/passkeys/challenge", "ask_passkey", _everybody(passkey_pages.ask), methods=["POST"])
    bp.add_url_rule(
        "/you/passkeys/<passkey_id>/removal", "remove_passkey", _everybody(passkey_pages.remove), methods=["POST"]
    )
    bp.add_url_rule("/you/sign-out", "leave_everywhere", _everybody(session_pages.leave_everywhere), methods=["POST"])
    bp.add_url_rule("/you/sign-out/others", "leave_others", _everybody(session_pages.leave_others), methods=["POST"])
    bp.add_url_rule("/you/sign-out/one", "leave_one", _everybody(session_pages.leave_one), methods=["POST"])
