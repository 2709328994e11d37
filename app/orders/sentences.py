"""What refusals of checkout and orders, failed payments and states of orders mean, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from app.money import Money
from app.orders.values import OrderState, PaymentState
from app.stores.request import current_locale
from app.web.formats import plain_money
from app.web.language import gettext as _
from app.web.refusals import register

# By the stable words of providers; any other word means the general sentence.
FAILED: dict[str, Callable[[], str]] = {
    "declined": lambda: _("Your bank declined the payment. You were not charged. Try another way to pay."),
    "insufficient_funds": lambda: _(
        "There is not enough money on this card. You were not charged. Try another way to pay."
    ),
    "expired_card": lambda: _(
        "The bank says that this card has expired. You were not charged. Try another way to pay."
    ),
    "not_offered": lambda: _("This way to pay is no longer offered. Choose another."),
    "cancelled": lambda: _("You came back without paying. You were not charged."),
}


def payment_problem(reason: str | None) -> str:
    """Why no money moved, for the payment page; empty if nothing was tried."""
    if not reason:
        return ""
    sentence = FAILED.get(reason)
    return sentence() if sentence else _("The payment did not work. You were not charged. Try another way to pay.")


def moved_sentence(before: Money, after: Money, locale: str) -> str:
    """The total is another than the one agreed to."""
    if before.currency != after.currency or before == after:
        return _("Something changed while you were here.")
    by = plain_money(abs(after - before), locale)
    if after > before:
        return _("The total went up by %(by)s while you were here.", by=by)
    return _("The total went down by %(by)s while you were here.", by=by)


def state_word(state: OrderState, payment: PaymentState) -> tuple[str, str]:
    """Where an order stands in a word or two, and its tone (turq, saffron, lapis, anar)."""
    if state is OrderState.PENDING:
        return _("Waiting for the bank"), "saffron"
    if state is OrderState.ABANDONED:
        return _("Not paid"), "anar"
    if state is OrderState.IN_REVIEW:
        return _("Being checked"), "saffron"
    if payment is PaymentState.REFUNDED:
        return _("Refunded"), "lapis"
    if state is OrderState.CANCELLED:
        return _("Cancelled"), "anar"
    if payment is PaymentState.PARTLY_REFUNDED:
        return _("Partly refunded"), "lapis"
    if state is OrderState.FULFILLED:
        return _("Handed over"), "turq"
    return _("Placed"), "turq"


def payment_word(payment: PaymentState) -> str:
    """How it is paid."""
    return {
        PaymentState.DUE: _("To be paid on delivery"),
        PaymentState.WAITING: _("Waiting for the payment"),
        PaymentState.PAID: _("Paid"),
        PaymentState.PARTLY_REFUNDED: _("Paid, partly refunded"),
        PaymentState.REFUNDED: _("Paid and refunded"),
        PaymentState.NOT_PAID: _("Not paid"),
    }[payment]


def missing_word(reason: str) -> str:
    """Why a line of an order could not be had again."""
    return {
        "short": _("only some of it is left"),
        "sold_out": _("sold out for now"),
        "limit": _("there is as much of it in your cart as one may have"),
        "full": _("your cart is full"),
        "currency": _("not sold in the currency of your cart"),
    }.get(reason, _("no longer sold"))


def _lines(params: Mapping[str, Any]) -> str:
    locale = current_locale()
    names = [title.get(locale) or next(iter(title.values()), "") for title, _left in params["lines"]]
    return _("This cannot be bought as it stands: %(names)s.", names=", ".join(names))


register(
    {
        "order_not_found": lambda p: _("There is no such order here."),
        "nothing_to_order": lambda p: _("There is nothing in this order yet, so there is nothing to pay for."),
        "sign_in_to_order": lambda p: _("Sign in to order here."),
        "lines_to_resolve": _lines,
        "prices_to_accept": lambda p: _(
            "A price has changed since you saw it. Say that it is fine with you, then go on."
        ),
        "checkout_incomplete": lambda p: _("Something is still missing before you can order."),
        "total_moved": lambda p: moved_sentence(p["before"], p["after"], current_locale()),
        "payment_under_way": lambda p: _("We are waiting for the bank. Do not pay again."),
        "delivery_not_offered": lambda p: _("Choose how it should reach you."),
        "way_to_pay_not_offered": lambda p: _("Choose how to pay."),
        "order_moved_on": lambda p: _("This order has moved on, so that can no longer be done. Nothing has changed."),
        "nothing_to_refund": lambda p: _("There is not as much left to give back. Nothing has changed."),
    }
)
