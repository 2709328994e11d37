"""Light, dark, or as the device has it: kept with the person, known to the session, so that no page flashes."""

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import staff
from app.accounts.next_page import safe_next
from app.console import shell


def current() -> str:
    """One of staff.THEMES."""
    theme = session.get("theme", "system")
    return theme if theme in staff.THEMES else "system"


def change() -> AnyResponse:
    """Keep what was chosen, and go back to where it was. Other devices follow when they sign in again."""
    theme = request.form.get("theme", "")
    if theme in staff.THEMES:
        staff.change_theme(shell.person().id, theme)
        session["theme"] = theme
    return redirect(safe_next(request.form.get("next"), url_for("console.home")), 303)
