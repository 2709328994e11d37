"""What staff did, in the words of the console. An action without words is shown as it is stored."""

from collections.abc import Callable

from app.web.language import gettext as _

ACTIONS: dict[str, Callable[[], str]] = {
    "signed_in": lambda: _("Signed in to the console"),
    "signed_out_everywhere": lambda: _("Signed out on every device"),
    "second_factor_set_up": lambda: _("Set up the second step of signing in"),
    "passkey_added": lambda: _("Added a passkey"),
    "passkey_removed": lambda: _("Removed a passkey"),
    "session_ended": lambda: _("Signed out on another device"),
    "other_sessions_ended": lambda: _("Signed out on all other devices"),
    "staff_invited": lambda: _("Invited somebody to work here"),
    "invitation_revoked": lambda: _("Revoked an invitation"),
    "invitation_restored": lambda: _("Made an invitation valid again"),
    "invitation_accepted": lambda: _("Accepted an invitation"),
    "role_changed": lambda: _("Changed a colleague's role"),
    "staff_removed": lambda: _("Removed a colleague"),
    "second_factor_reset": lambda: _("Reset a colleague's second step"),
    "sign_in_locked": lambda: _("Locked signing in after failed tries"),
    "caller_locked": lambda: _("Locked a network address after failed tries"),
    "lock_lifted": lambda: _("Lifted a lock"),
    "campaign_created": lambda: _("Began a campaign"),
    "campaign_published": lambda: _("Published a campaign"),
    "campaign_paused": lambda: _("Paused a campaign"),
    "campaign_resumed": lambda: _("Resumed a campaign"),
    "campaign_archived": lambda: _("Put a campaign away"),
    "cart_viewed": lambda: _("Looked at a cart"),
    "reminder_sent_by_hand": lambda: _("Sent a reminder by hand"),
    "reminder_undone": lambda: _("Called a reminder off"),
    "reminders_stopped": lambda: _("Stopped the reminders about a cart"),
    "stopping_undone": lambda: _("Let the reminders about a cart go on"),
    "order_viewed": lambda: _("Looked at an order"),
    "receipt_viewed": lambda: _("Opened a receipt"),
    "order_released": lambda: _("Released an order"),
    "order_fulfilled": lambda: _("Handed an order over"),
    "payment_received": lambda: _("Recorded a payment"),
    "order_refunded": lambda: _("Gave money back"),
    "order_cancelled": lambda: _("Cancelled an order"),
}

_SUBJECTS: dict[str, Callable[[], str]] = {
    "campaign": lambda: _("Campaign"),
    "cart": lambda: _("Cart"),
    "order": lambda: _("Order"),
    "staff": lambda: _("Staff"),
    "invitation": lambda: _("Invitation"),
    "caller": lambda: _("Network address"),
}


def action_word(action: str) -> str:
    """What was done."""
    words = ACTIONS.get(action)
    return words() if words else action


def subject_word(kind: str) -> str:
    """What it was done to."""
    words = _SUBJECTS.get(kind)
    return words() if words else kind
