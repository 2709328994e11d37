"""What a coupon gives and under which conditions, in the words of the console; and what is said of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.money import Money
from app.promotions.domain import Kind, Terms
from app.promotions.staff import StaffCoupon
from app.web.dates import day
from app.web.formats import number, percent, plain_money
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import register

Sentence = Callable[[], str]

VIEWS: dict[str, Sentence] = {
    "": lambda: _("All"),
    "valid": lambda: _("Valid"),
    "over": lambda: _("Over"),
    "campaign": lambda: _("Made by campaigns"),
}

KINDS: dict[Kind, Sentence] = {
    Kind.PERCENT: lambda: _("A part of the goods' price"),
    Kind.FIXED: lambda: _("An amount"),
    Kind.FREE_SHIPPING: lambda: _("Delivery for nothing"),
}

DONE: dict[str, Sentence] = {
    "created": lambda: _("The code is made and holds from now on, or from its first day."),
    "changed": lambda: _("Saved. Orders already made stay as they are."),
    "same": lambda: _("Nothing was different, so nothing has changed."),
    "stopped": lambda: _("The code is stopped. Carts that have it say so; orders already made stay as they are."),
    "resumed": lambda: _("The code holds again."),
    "made": lambda: _("The codes are made. Download them once; after that they are not shown again."),
}

_FIELDS: dict[str, Sentence] = {
    "code": lambda: _("Enter a code of at most 40 letters and digits, without spaces."),
    "basis_points": lambda: _("Enter a part above nothing, at most 100 percent."),
    "amounts": lambda: _("Enter an amount above nothing in at least one currency."),
    "minimums": lambda: _("An order's least value cannot be below nothing."),
    "ends_at": lambda: _("The last day is before the first one."),
    "max_uses": lambda: _("Enter a whole number above nothing, or leave it empty."),
    "per_customer": lambda: _("Enter a whole number above nothing, or leave it empty."),
    "used_more": lambda: _("It was used more often than that already."),
    "name": lambda: _("Give the batch a name of at most 120 letters."),
    "prefix": lambda: _("What the codes begin with may have 12 letters and digits at most."),
    "size": lambda: _("A batch has 1 to 5,000 codes."),
    "kind": lambda: _("Choose what the code gives."),
}


def gives(terms: Terms, locale: str) -> str:
    """What it takes off: "10%", "€5.00", "Delivery for nothing"."""
    match terms.kind:
        case Kind.PERCENT:
            return percent(terms.basis_points, locale)
        case Kind.FIXED:
            said = (plain_money(Money(amount, code), locale) for code, amount in sorted(terms.amounts.items()))
            return _(", ").join(f"\u2068{one}\u2069" for one in said)
        case Kind.FREE_SHIPPING:
            return _("Delivery for nothing")


def conditions(terms: Terms, locale: str, zone: ZoneInfo) -> list[str]:
    """Under which conditions it holds, a sentence each; none where it always does."""
    found = [
        _("from %(minimum)s", minimum=plain_money(Money(amount, code), locale))
        for code, amount in sorted(terms.minimums.items())
    ]
    if terms.starts_at:
        found.append(_("from %(day)s", day=day(terms.starts_at.astimezone(zone).date(), locale)))
    if terms.ends_at:
        last = (terms.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
        found.append(_("until %(day)s", day=day(last, locale)))
    if terms.per_customer:
        num = number(terms.per_customer, locale)
        found.append(ngettext("%(num)s time each", "%(num)s times each", terms.per_customer, num=num))
    return found


def state(coupon: StaffCoupon, now: datetime) -> tuple[str, str]:
    """Whether it can be used, in a word, and its tone."""
    terms = coupon.terms
    if not coupon.active:
        return _("Stopped"), "anar"
    if terms.ends_at is not None and now >= terms.ends_at:
        return _("Ended"), "lapis"
    if terms.max_uses is not None and coupon.used >= terms.max_uses:
        return _("Used up"), "lapis"
    if terms.starts_at is not None and now < terms.starts_at:
        return _("Not yet"), "saffron"
    return _("Valid"), "turq"


register(
    {
        "bad_coupon": lambda p: _FIELDS[p["field"]](),
        "coupon_not_found": lambda p: _("There is no such code."),
        "batch_not_found": lambda p: _("There is no such batch of codes."),
        "coupon_changed": lambda p: _(
            "Somebody has changed this code since you opened the page. Nothing was saved; here is how it is now."
        ),
        "coupon_of_campaign": lambda p: _("This code was made on terms of its own. It can be stopped, not changed."),
        "batch_given_out": lambda p: _("These codes have been downloaded already. They are not shown again."),
    }
)
