"""What is to be known about a line, in the reader's language: at most two things, the most pressing first."""

from dataclasses import dataclass

from app.cart.pricing import Availability, ReviewedLine
from app.cart.state import LARGEST_QUANTITY, Line, Pane
from app.catalog.facts import VariantFacts
from app.web.formats import currency_words, number, plain_money
from app.web.language import gettext as _

AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to know about a line: its tone (ok, down, up, low, out, info) and the words."""

    tone: str
    text: str


def maximum_of(facts: VariantFacts | None) -> int:
    """The largest quantity of a line that the product allows."""
    return min((facts.maximum if facts else None) or LARGEST_QUANTITY, LARGEST_QUANTITY)


def flags_of(reviewed: ReviewedLine, locale: str, currency: str) -> tuple[Flag, ...]:
    """Whether it can be bought, how its price changed, and that more of it may not be had."""
    flags = [flag for flag in (_stock_flag(reviewed, locale, currency),) if flag]
    seen = reviewed.line.snapshot.unit_price
    if reviewed.counted and seen.currency != currency:
        flags.append(Flag("ok", _("It was %(price)s when you saved it.", price=plain_money(seen, locale))))
    if reviewed.counted and reviewed.change:
        flags.append(_price_flag(reviewed, locale))
    facts = reviewed.facts
    if reviewed.counted and facts and facts.maximum and reviewed.line.quantity >= maximum_of(facts):
        flags.append(Flag("info", _("Limit of %(maximum)s per customer", maximum=number(maximum_of(facts), locale))))
    return tuple(flags[:AT_MOST])


def _stock_flag(reviewed: ReviewedLine, locale: str, currency: str) -> Flag | None:
    line, active = reviewed.line, reviewed.line.pane is Pane.ACTIVE
    match reviewed.availability:
        case Availability.GONE:
            return Flag("out", _("No longer sold. It is not in your total.") if active else _("No longer sold."))
        case Availability.WITHDRAWN:
            return Flag("out", _withdrawn(reviewed.facts, locale))
        case Availability.SOLD_OUT:
            sold_out = _("Sold out since you added it. It is not in your total.") if active else _("Sold out for now.")
            return Flag("out", sold_out)
        case Availability.OTHER_CURRENCY:
            return Flag("out", _other_currency(reviewed, locale, currency))
        case Availability.SHORT:
            available = (reviewed.facts.available if reviewed.facts else 0) or 0
            return Flag("low", _("Only %(left)s left.", left=number(available, locale)))
        case Availability.LOW:
            return Flag("low", _only_left(line, locale))
        case Availability.OK:
            return None


def _withdrawn(facts: VariantFacts | None, locale: str) -> str:
    """Names the option if it is clear which one is to blame."""
    names = facts.withdrawn_options if facts else ()
    if len(names) != 1:
        return _("This version is no longer made. Choose another to keep it.")
    name = names[0].get(locale) or next(iter(names[0].values()), "")
    return _("This %(option)s is no longer made. Choose another to keep it.", option=name[:1].lower() + name[1:])


def _other_currency(reviewed: ReviewedLine, locale: str, currency: str) -> str:
    ours, theirs = currency_words(currency, locale), currency_words(reviewed.unit_price.currency, locale)
    if reviewed.line.pane is Pane.ACTIVE:
        return _("No longer sold in %(currency)s. It is not in your total.", currency=ours)
    return _("Not sold in %(ours)s. Switch to %(theirs)s to buy it.", ours=ours, theirs=theirs)


def _only_left(line: Line, locale: str) -> str:
    if line.quantity == 1:
        return _("Only 1 left, and it is in your cart")
    if line.quantity == 2:
        return _("Only 2 left, and both are in your cart")
    return _("Only %(left)s left, and all are in your cart", left=number(line.quantity, locale))


def _price_flag(reviewed: ReviewedLine, locale: str) -> Flag:
    by = plain_money(abs(reviewed.change), locale)
    saved = reviewed.line.pane is Pane.NEXT_PURCHASE or reviewed.line.brought_back
    if reviewed.change.amount < 0:
        if saved:
            return Flag("down", _("%(by)s less than when you saved it", by=by))
        return Flag("down", _("%(by)s less than when you added it", by=by))
    if saved:
        return Flag("up", _("Price went up %(by)s since you saved it", by=by))
    return Flag("up", _("Price went up %(by)s since you added it", by=by))
