"""Decisions about held orders, why they were made and what orders share, in the words of the console."""

from collections.abc import Callable

from app.web.language import gettext as _
from app.web.refusals import register

CAUSES: dict[str, Callable[[], str]] = {
    "known": lambda: _("The customer is known"),
    "spoke": lambda: _("We spoke to the customer"),
    "plausible": lambda: _("Plausible on a closer look"),
    "asked": lambda: _("The customer was asked, no answer yet"),
    "payment": lambda: _("The payment is being looked into"),
    "second_look": lambda: _("Somebody else is to look at it"),
    "stolen_card": lambda: _("A stolen card"),
    "false_details": lambda: _("A made-up name or address"),
    "codes": lambda: _("Discount codes were misused"),
    "robot": lambda: _("A robot"),
}

REASONS: dict[str, Callable[[], str]] = {
    "many_orders_hour": lambda: _("Many orders within an hour"),
    "many_orders_day": lambda: _("Many orders within a day"),
    "failed_payments": lambda: _("Failed payments"),
    "many_cards": lambda: _("Many different cards"),
    "refused_codes": lambda: _("Refused discount codes"),
    "many_codes": lambda: _("Many discount codes tried"),
    "large_total": lambda: _("A total larger than usual"),
    "other_total": lambda: _("Another total than the one shown"),
    "hasty": lambda: _("Ordered in a great hurry"),
    "robot": lambda: _("Behaves like a robot"),
    "new_account": lambda: _("A new account"),
    "other_country": lambda: _("A country that is new for the customer"),
    "many_countries": lambda: _("Several countries within a day"),
}

register(
    {
        "review_not_found": lambda p: _("There is no such decision."),
        "no_review_cause": lambda p: _("Say why: it is kept with the decision."),
        "review_note_too_long": lambda p: _("Say it in at most 200 letters."),
        "too_late_to_undecide": lambda p: _("It is too late to undo this: it was carried out or undone already."),
    }
)


def decision_word(decision: str) -> tuple[str, str]:
    """What was decided, and its tone."""
    return {
        "allow": (_("Allowed"), "turq"),
        "hold": (_("Held on to"), "saffron"),
        "block": (_("Blocked"), "anar"),
    }[decision]


def cause_word(code: str) -> str:
    """Why; "" where no reason was given."""
    return CAUSES[code]() if code in CAUSES else ""


def reason_name(code: str) -> str:
    """What spoke against orders, without a case's figures."""
    return REASONS[code]() if code in REASONS else code


def trait_word(trait: str) -> str:
    """What two orders have in common."""
    return {
        "customer": _("same customer"),
        "email": _("same email address"),
        "phone": _("same phone number"),
        "address": _("same delivery address"),
        "card": _("card with the same digits, on the same day"),
    }[trait]


def meanwhile(who: str, decision: str) -> str:
    """Somebody else was quicker."""
    if not decision:
        return _("This order has moved on meanwhile. Nothing was decided by you.")
    what, _tone = decision_word(decision)
    return _("%(who)s has decided about this order meanwhile: %(what)s.", who=who or _("Somebody"), what=what)
