"""What happened to an order, and why money went back, in the words of the console."""

from collections.abc import Callable, Mapping
from typing import Any

from app.money import Money
from app.web.formats import plain_money
from app.web.language import gettext as _
from app.web.refusals import register

CAUSES: dict[str, Callable[[], str]] = {
    "customer": lambda: _("The customer asked for it"),
    "sold_out": lambda: _("It cannot be delivered"),
    "damaged": lambda: _("Damaged or not as described"),
    "late": lambda: _("It came too late"),
    "fraud": lambda: _("It looks like fraud"),
    "mistake": lambda: _("A mistake of ours"),
}

_WORDS: dict[str, Callable[[], str]] = {
    "order_begun": lambda: _("The order was begun, its units are held"),
    "order_placed": lambda: _("The order was placed"),
    "order_held": lambda: _("The order was set aside for a look"),
    "order_released": lambda: _("The order was released"),
    "order_fulfilled": lambda: _("The order was handed over"),
    "order_cancelled": lambda: _("The order was cancelled"),
    "order_refunded": lambda: _("The refund is on its way"),
    "payment_received": lambda: _("The payment came in"),
    "payment_unknown": lambda: _("The bank has not said whether the payment went through"),
    "payment_failed": lambda: _("The payment failed"),
    "payment_surplus": lambda: _("Money came that nobody asked for; it goes back"),
    "payment_retried": lambda: _("The payment was tried again"),
    "payment_called_off": lambda: _("The payment was called off"),
    "refund_made": lambda: _("Money went back"),
    "refund_failed": lambda: _("A refund failed"),
}


def known_cause(code: str) -> bool:
    """Whether this is one of the reasons to choose from."""
    return code in CAUSES


def actor_word(actor: str, people: Mapping[str, str]) -> str:
    """Who did it: one of the staff by name, else what kind of somebody."""
    kind, _colon, name = actor.partition(":")
    if kind == "operator":
        return _("On the command line (%(name)s)", name=name)
    words = {
        "customer": lambda: _("The customer"),
        "provider": lambda: _("The payment provider"),
        "sweeper": lambda: _("By itself"),
    }
    return people.get(actor) or (words[kind]() if kind in words else kind)


def happening_word(kind: str, payload: Mapping[str, Any], currency: str, locale: str) -> str:
    """One event in a sentence, with its amount and its reason where it has them; "" for what is none of ours."""
    if kind not in _WORDS:
        return kind.replace("_", " ") if payload else ""
    parts = [_WORDS[kind]()]
    if isinstance(payload.get("amount"), int):
        parts.append(plain_money(Money(payload["amount"], currency), locale))
    cause = CAUSES.get(str(payload.get("cause", "")))
    if cause:
        parts.append(cause())
    return ": ".join(parts)


register({"no_reason": lambda p: _("Say why: it is kept with the order.")})
