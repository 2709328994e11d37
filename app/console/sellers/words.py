"""Figures for sellers in words: cells, what came of carts, what may help a product."""

from collections.abc import Callable

from app.recovery.sentences_reasons import reason_word
from app.sellers.disclosure import FEW, Cell, K
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext

OUTCOMES: dict[str, Callable[[], str]] = {
    "bought": lambda: _("Bought it in the same week"),
    "back": lambda: _("Came back, and did not buy"),
    "gone": lambda: _("Did not come back in that week"),
}

# By the reason that over half of those who left a product had. "Just left" says nothing that can be helped.
SUGGESTIONS: dict[str, Callable[[], str]] = {
    "out_of_stock": lambda: _("Most who left it had something sold out in their cart. Is it in stock?"),
    "price_rose": lambda: _("Most who left it saw a price go up. A lower price may help."),
    "delivery_cost": lambda: _("Most who left it had seen the cost of delivery. Ask the store about cheaper delivery."),
    "payment_failed": lambda: _("Most who left it could not pay. Tell the store."),
    "coupon_refused": lambda: _("Most who left it had a code that did not count. A lower price may help."),
    "saved_for_later": lambda: _("Most who left it saved something for later. A lower price may bring them back."),
    "changed_mind": lambda: _("Most who left it took something out again. Better pictures and words may help."),
    "long_comparison": lambda: _("Most who left it compared for long. Say more clearly what sets it apart."),
}


def cell_words(cell: Cell, locale: str) -> str:
    """A number of people, or what is told instead."""
    if isinstance(cell, int):
        return number(cell, locale)
    return few_words(locale) if cell == FEW else _("hidden")


def few_words(locale: str) -> str:
    """What stands for 0 to 9."""
    return _("fewer than %(num)s", num=number(K, locale))


def change_words(cell: Cell, before: Cell, locale: str) -> str:
    """How a figure differs from that of the week before, where both are told; else ""."""
    if not isinstance(cell, int) or not isinstance(before, int):
        return ""
    if cell == before:
        return _("as many as the week before")
    num = number(abs(cell - before), locale)
    if cell > before:
        return _("%(num)s more than the week before", num=num)
    return _("%(num)s fewer than the week before", num=num)


def sentence(had: Cell, left: Cell, reasons: dict[str, Cell] | None, locale: str) -> str:
    """A vendor's week, in a sentence or two."""
    if not isinstance(left, int):
        if isinstance(had, int):
            return ngettext(
                "%(num)s person had something of yours in a cart; fewer than %(few)s of them left it.",
                "%(num)s people had something of yours in a cart; fewer than %(few)s of them left it.",
                had, num=number(had, locale), few=number(K, locale),
            )  # fmt: skip
        return _("Fewer than %(few)s people had something of yours in a cart.", few=number(K, locale))
    said = ngettext(
        "%(num)s person left a cart with something of yours.",
        "%(num)s people left a cart with something of yours.",
        left,
        num=number(left, locale),
    )
    main = main_reason(left, reasons or {})
    return said + " " + _("The main reason: %(reason)s.", reason=reason_word(main)) if main else said


def main_reason(left: int, reasons: dict[str, Cell]) -> str:
    """The reason that is surely the most frequent one, by what is told alone; else ""."""
    told = {reason: cell for reason, cell in reasons.items() if isinstance(cell, int)}
    if not told:
        return ""
    main = max(told, key=lambda reason: (told[reason], reason))
    return main if told[main] > left - sum(told.values()) else ""
