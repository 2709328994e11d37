"""What a coupon takes off, and when it may not. Pure: amounts are minor units by currency, times are aware."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.money import Money
from app.promotions.errors import (
    BadCoupon,
    CouponAlreadyUsed,
    CouponEnded,
    CouponNotStarted,
    CouponOtherCurrency,
    CouponUsedUp,
    MinimumNotReached,
    UnknownCode,
)

WHOLE = 10_000  # basis points
LONGEST_CODE = 40
# Nobody sees these marks, but keyboards and messengers leave them in what is copied.
_PASSED_OVER = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_ARABIC_LETTERS = str.maketrans("يك", "یک")


class Kind(StrEnum):
    """What a coupon takes off."""

    PERCENT = "percent"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


class Source(StrEnum):
    """Who made it."""

    STAFF = "staff"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coupon gives and under which conditions. None means: no such limit; `ends_at` is the first moment without it."""

    kind: Kind
    basis_points: int = 0
    amounts: Mapping[str, int] = field(default_factory=dict)
    minimums: Mapping[str, int] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    per_customer: int | None = None


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon as it stands for one shopper: `used` by everybody, `used_by_you` by them.

    A `personal` one is `yours` or not; None while nobody knows who is asking.
    """

    id: UUID
    code: str
    terms: Terms
    used: int = 0
    used_by_you: int = 0
    personal: bool = False
    yours: bool | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Reduction:
    """What comes off an order: money off the goods, or delivery for nothing."""

    amount: Money
    free_delivery: bool = False


def shown_code(text: str) -> str:
    """The code as it is shown: one alphabet of digits, no spaces, nothing invisible. Empty for what can be no code."""
    plain = unicodedata.normalize("NFKC", text[:200]).translate(_ARABIC_LETTERS)
    digits = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in plain)
    kept = "".join(letter for letter in digits if not letter.isspace() and letter not in _PASSED_OVER)
    code = unicodedata.normalize("NFC", kept)  # an accent may stand beside its letter only now
    return code if len(code) <= LONGEST_CODE and code.isprintable() else ""


def code_key(text: str) -> str:
    """What two spellings of one code have in common: case and digits of any script do not count."""
    return unicodedata.normalize("NFKC", shown_code(text).casefold())


def check_terms(terms: Terms) -> None:
    """Raise BadCoupon for terms under which a coupon would mean nothing."""
    if terms.kind is Kind.PERCENT and not 0 < terms.basis_points <= WHOLE:
        raise BadCoupon(field="basis_points")
    if terms.kind is Kind.FIXED and not (terms.amounts and all(amount > 0 for amount in terms.amounts.values())):
        raise BadCoupon(field="amounts")
    if any(amount < 0 for amount in terms.minimums.values()):
        raise BadCoupon(field="minimums")
    if terms.starts_at and terms.ends_at and terms.ends_at <= terms.starts_at:
        raise BadCoupon(field="ends_at")
    for name, limit in (("max_uses", terms.max_uses), ("per_customer", terms.per_customer)):
        if limit is not None and limit < 1:
            raise BadCoupon(field=name)


def check(coupon: Coupon | None, goods: Money, now: datetime) -> None:
    """Refuse a coupon that does not hold for an order of these goods, with the reason that helps most.

    Raises UnknownCode, CouponNotStarted, CouponEnded, CouponAlreadyUsed, CouponUsedUp, CouponOtherCurrency,
    MinimumNotReached.
    """
    if coupon is None or not coupon.active or coupon.yours is False:
        raise UnknownCode()
    terms, about = coupon.terms, {"code": coupon.code}
    if terms.ends_at is not None and now >= terms.ends_at:
        raise CouponEnded(**about, ends_at=terms.ends_at, now=now)
    if terms.starts_at is not None and now < terms.starts_at:
        raise CouponNotStarted(**about, starts_at=terms.starts_at, now=now)
    if terms.per_customer is not None and coupon.used_by_you >= terms.per_customer:
        raise CouponAlreadyUsed(**about)
    if terms.max_uses is not None and coupon.used >= terms.max_uses:
        raise CouponUsedUp(**about)
    _check_amounts(terms, about, goods)


def reduction(coupon: Coupon, goods: Money) -> Reduction:
    """What a coupon that holds takes off these goods: never more than they cost. Percents are rounded half up."""
    terms, nothing = coupon.terms, Money(0, goods.currency)
    match terms.kind:
        case Kind.PERCENT:
            off = (2 * goods.amount * terms.basis_points + WHOLE) // (2 * WHOLE)
            return Reduction(min(Money(off, goods.currency), goods))
        case Kind.FIXED:
            return Reduction(min(Money(terms.amounts[goods.currency], goods.currency), goods))
        case Kind.FREE_SHIPPING:
            return Reduction(nothing, free_delivery=True)


def _check_amounts(terms: Terms, about: dict[str, str], goods: Money) -> None:
    """A coupon that names amounts holds only in the currencies it names."""
    if terms.kind is Kind.FIXED and goods.currency not in terms.amounts:
        raise CouponOtherCurrency(**about, currency=goods.currency)
    if not terms.minimums:
        return
    if goods.currency not in terms.minimums:
        raise CouponOtherCurrency(**about, currency=goods.currency)
    minimum = Money(terms.minimums[goods.currency], goods.currency)
    if goods < minimum:
        raise MinimumNotReached(**about, minimum=minimum, missing=minimum - goods)
