"""Events, what came of deliveries, and what checks found, in the words of the console."""

from collections.abc import Callable

from app.web.language import gettext as _
from app.web.refusals import register

TYPES: dict[str, Callable[[], str]] = {
    "cart.abandoned": lambda: _("A cart was abandoned"),
    "cart.recovered": lambda: _("An abandoned cart was bought"),
    "cart.salvaged": lambda: _("An abandoned cart was saved for the next purchase"),
    "order.placed": lambda: _("An order was placed"),
    "order.released": lambda: _("A held order was released"),
    "order.cancelled": lambda: _("An order was cancelled"),
    "order.refunded": lambda: _("Money went back"),
    "message.sent": lambda: _("A reminder was sent"),
    "message.bounced": lambda: _("A reminder bounced"),
    "message.complained": lambda: _("A reminder was reported as spam"),
    "webhook.test": lambda: _("An event to try it out"),
}

_ADDRESSES: dict[str, Callable[[], str]] = {
    "no_address": lambda: _("Enter a whole address, like https://example.com/hook."),
    "more_than_an_address": lambda: _("Leave name, password and # out of the address. Requests are signed instead."),
    "not_encrypted": lambda: _("The address must begin with https://."),
    "private": lambda: _("This address belongs to a private network. Events only go to public addresses."),
}

register(
    {
        "endpoint_not_found": lambda p: _("There is no such endpoint."),
        "delivery_not_found": lambda p: _("There is no such delivery. They are kept for 30 days."),
        "bad_webhook_address": lambda p: _ADDRESSES[p["why"]](),
        "no_webhook_types": lambda p: _("Choose at least one event."),
        "too_many_endpoints": lambda p: _("A store can have 20 endpoints. Remove one first."),
        "endpoint_changed": lambda p: _("Somebody else has changed this endpoint meanwhile. You see it as it is now."),
        "nothing_to_send_again": lambda p: _("Nothing to send again: it is on its way already."),
        "endpoint_off": lambda p: _("The endpoint is switched off. Switch it on first."),
    }
)


def type_word(code: str) -> str:
    """What happened."""
    return TYPES[code]() if code in TYPES else code


def error_word(code: str) -> str:
    """Why a delivery was not taken."""
    if code.startswith("status_"):
        return _("The receiver answered with %(status)s.", status=code.removeprefix("status_"))
    words = {
        "redirected": lambda: _("The receiver sent us elsewhere. Redirects are not followed."),
        "not_reached": lambda: _("The receiver could not be reached."),
        "private_address": lambda: _("The name stands for a machine of a private network."),
        "no_answer": lambda: _("No answer within five seconds."),
        "endpoint_off": lambda: _("The endpoint was switched off."),
        "not_made": lambda: _("The request could not be made on our side."),
    }
    return words[code]() if code in words else code


def state_word(state: str, error: str) -> tuple[str, str]:
    """How a delivery stands, and its tone."""
    if state == "waiting":
        return (_("is tried again"), "saffron") if error else (_("waiting"), "lapis")
    return (_("taken"), "turq") if state == "delivered" else (_("given up"), "anar")


def off_word(reason: str) -> str:
    """Why an endpoint hears of nothing."""
    return {
        "staff": lambda: _("Switched off by staff."),
        "failing": lambda: _("Switched off by itself: for five days nothing was taken."),
        "gone": lambda: _("Switched off by itself: the receiver said that it is gone for good."),
    }[reason]()


def check_word(code: str) -> tuple[str, bool]:
    """What a check found, and whether that is fine."""
    words = {
        "ok": (_("The connection works."), True),
        "sent": (_("Sent. Look into your mailbox."), True),
        "not_reached": (_("It could not be reached."), False),
        "no_answer": (_("It gave no answer in time."), False),
        "not_authorised": (_("It did not accept our key or password."), False),
        "not_understood": (_("It answered something unexpected."), False),
        "refused": (_("It refused the message."), False),
    }
    return words.get(code, ("", False))
