"""Why a cart was left, in the language of the staff member who asks: in a word or two, and as a sentence with its evidence."""

from collections.abc import Callable, Mapping
from typing import Any

from app.money import Money
from app.web.formats import number, plain_money
from app.web.language import gettext as _
from app.web.language import ngettext

WORDS: dict[str, Callable[[], str]] = {
    "payment_failed": lambda: _("The payment failed"),
    "out_of_stock": lambda: _("Something sold out"),
    "price_rose": lambda: _("A price rose"),
    "coupon_refused": lambda: _("A code was refused"),
    "delivery_cost": lambda: _("The cost of delivery"),
    "saved_for_later": lambda: _("Saved for later"),
    "changed_mind": lambda: _("Changed their mind"),
    "long_comparison": lambda: _("Comparing for long"),
    "just_left": lambda: _("Just left"),
    # Other triggers: what the reminder is about.
    "next_purchase": lambda: _("Saved for long"),
    "price_dropped": lambda: _("Price dropped"),
    "back_in_stock": lambda: _("Back in stock"),
}

Sentence = Callable[[str, Mapping[str, Any], str], str]  # of when it was left, the evidence, the language

SENTENCES: dict[str, Sentence] = {
    "payment_failed": lambda left, e, locale: _("Abandoned %(left)s after a payment failed.", left=left),
    "out_of_stock": lambda left, e, locale: _(
        "Abandoned %(left)s; %(thing)s was sold out.", left=left, thing=_thing(e, locale)
    ),
    "price_rose": lambda left, e, locale: _(
        "Abandoned %(left)s after %(thing)s went up from %(before)s to %(after)s.",
        left=left,
        thing=_thing(e, locale),
        before=_money(e, "before", locale),
        after=_money(e, "after", locale),
    ),
    "coupon_refused": lambda left, e, locale: _(
        "Abandoned %(left)s after the code %(code)s did not help.", left=left, code=_apart(str(e.get("code", "")))
    ),
    "delivery_cost": lambda left, e, locale: _(
        "Abandoned %(left)s after seeing the delivery cost (%(cost)s).", left=left, cost=_money(e, "cost", locale)
    ),
    "saved_for_later": lambda left, e, locale: _(
        "Abandoned %(left)s after saving %(thing)s for later.", left=left, thing=_thing(e, locale)
    ),
    "changed_mind": lambda left, e, locale: _(
        "Abandoned %(left)s after taking %(thing)s out.", left=left, thing=_thing(e, locale)
    ),
    "long_comparison": lambda left, e, locale: ngettext(
        "Abandoned %(left)s after %(changes)s change of what is in it.",
        "Abandoned %(left)s after %(changes)s changes of what is in it.",
        int(e.get("changes", 0)),
        left=left,
        changes=number(int(e.get("changes", 0)), locale),
    ),
}


def reason_word(reason: str) -> str:
    """The reason in a word or two; the code itself if it has no words."""
    if not reason:
        return _("Not looked at yet")
    words = WORDS.get(reason)
    return words() if words else reason


def reason_sentence(reason: str, evidence: Mapping[str, Any] | None, left: str, locale: str) -> str:
    """When the cart was left (in words already) and why, as far as it is known."""
    sentence = SENTENCES.get(reason)
    return sentence(left, evidence or {}, locale) if sentence else _("Abandoned %(left)s.", left=left)


def _thing(evidence: Mapping[str, Any], locale: str) -> str:
    title: Mapping[str, str] = evidence.get("title") or {}
    return _apart(title.get(locale) or next(iter(title.values()), ""))


def _apart(text: str) -> str:
    """`text` kept apart from the direction around it (UAX 9: first strong isolate, pop directional isolate)."""
    return f"\u2068{text}\u2069"


def _money(evidence: Mapping[str, Any], name: str, locale: str) -> str:
    amount = evidence.get(name) or {}
    return plain_money(Money(int(amount["amount"]), str(amount["currency"])), locale) if amount else ""
