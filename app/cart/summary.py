"""The order summary as the page shows it: rows with their reasons, the discount code, the total. Ready to be placed."""

from dataclasses import dataclass

from app.cart.events import CouponAdded, CouponRemoved, Event
from app.cart.pricing import Totals
from app.cart.state import Cart
from app.errors import Refusal
from app.money import Money
from app.promotions.domain import Coupon, Kind, Reduction
from app.promotions.sentences import reason
from app.web.formats import country_name, percent, plain_money
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Row:
    """A row above the total: what it is, why, and an amount or words in its place. `tone` is less or out."""

    label: str
    reason: str
    amount: Money | None = None
    words: str = ""
    tone: str = ""
    code: str = ""  # of the discount that this row is about


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The rows beneath the items, and what is said under the total. `code` is the discount code of this order."""

    rows: tuple[Row, ...]
    code: str
    included: str


def summarize(
    cart: Cart, coupon: Coupon | None, counted: Reduction | Refusal | None, sums: Totals, country: str, locale: str
) -> SummaryView:
    """The summary of `sums`; `counted` is what the cart's coupon takes off, or why it does not."""
    rows = (*_discount(cart.coupon, coupon, counted, sums, locale), *_delivery(sums, country, locale))
    if not sums.taxes_included:
        rows += tuple(
            Row(_("VAT %(rate)s", rate=percent(part.basis_points, locale)), "", amount=part.tax) for part in sums.taxes
        )
    contained = sums.tax if sums.taxes_included else None
    included = _("Includes %(tax)s VAT", tax=plain_money(contained, locale)) if contained else ""
    return SummaryView(rows, cart.coupon, included)


def coupon_sentence(event: Event, sums: Totals, locale: str) -> str:
    """What was just done about the discount code; empty for other events."""
    match event:
        case CouponAdded(code, before):
            added = (
                _("%(code)s added in place of %(before)s.", code=code, before=before)
                if before
                else _("%(code)s added.", code=code)
            )
            saved = sums.discount
            if sums.delivery:
                saved += sums.delivery.usual - sums.delivery.price
            return added + " " + _("You save %(amount)s.", amount=plain_money(saved, locale)) if saved else added
        case CouponRemoved(code):
            return _("%(name)s removed.", name=code)
        case _:
            return ""


def _discount(
    code: str, coupon: Coupon | None, counted: Reduction | Refusal | None, sums: Totals, locale: str
) -> tuple[Row, ...]:
    if counted is None:
        return ()
    label = _("Code %(code)s", code=code)
    if isinstance(counted, Refusal):
        return (Row(label, reason(counted), words=_("Not counted"), tone="out", code=code),)
    if counted.free_delivery:
        return (Row(label, "", words=_("Free delivery"), tone="less", code=code),)
    why = _("Off everything in this order")
    if coupon and coupon.terms.kind is Kind.PERCENT:
        why = _("%(percent)s off everything in this order", percent=percent(coupon.terms.basis_points, locale))
    return (Row(label, why, amount=-sums.discount, tone="less", code=code),)


def _delivery(sums: Totals, country: str, locale: str) -> tuple[Row, ...]:
    if sums.delivery is None:
        return ()
    title = sums.delivery.method.title
    method = title.get(locale) or next(iter(title.values()), "")
    label = _("Delivery to %(country)s", country=country_name(country, locale))
    why = _("%(method)s, estimated", method=method)
    if sums.delivery.price:
        return (Row(label, why, amount=sums.delivery.price),)
    return (Row(label, why, words=_("Free")),)
