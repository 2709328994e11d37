"""What staff can do for a customer: leave them in peace, sign them out everywhere. Each with its entry in the audit log."""

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, service
from app.audit import log as audit
from app.cart import context
from app.console import shell
from app.console.customers import pages
from app.database.transaction import unit_of_work
from app.recovery import people, preferences
from app.recovery.preferences import Word
from app.recovery.values import Channel
from app.stores.request import current_locale
from app.web.language import gettext as _


def stop_reminders(customer_id: str) -> AnyResponse:
    """No reminders any more, on any channel. There is no undo: saying yes again is for the customer alone."""
    found, by, now = pages.customer(customer_id), shell.actor(), context.now()
    said = Word(_("Somebody of the store stopped the reminders, because you asked it to."), current_locale(), "console")
    for channel in Channel:  # a unit of work each: each takes the person's locks from the beginning

        @unit_of_work
        def both(channel: Channel = channel) -> None:
            preferences.stop(found.id, channel, said, now)
            told = {"channel": str(channel)}
            audit.record("customer_reminders_stopped", actor=by, subject=("customer", found.id), now=now, details=told)

        both()
    return redirect(url_for("console.customer", customer_id=found.id, done="stopped"), 303)


def sign_out(customer_id: str) -> AnyResponse:
    """Signed out in every browser; nothing that stands in for a session is believed any more either."""
    found, by, now = pages.customer(customer_id), shell.actor(), context.now()
    ids = people.ids_of(found.id)

    @unit_of_work
    def both() -> None:
        for one in sorted(ids):
            service.refuse_standing_in(one)
        audit.record("customer_signed_out", actor=by, subject=("customer", found.id), now=now)

    both()
    for one in ids:
        identity.revoke_sessions(f"c:{one}")
    return redirect(url_for("console.customer", customer_id=found.id, done="signed_out"), 303)
