"""An order as its receipt and its letters show it: words and amounts in one language, so that templates only place them.

Everything is text, so that a letter can take it along in the outbox.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel import Locale

from app.catalog.values import tint
from app.money import Money
from app.orders.values import Address, Order, OrderLine, OrderState, PaymentState, TaxLine, Texts
from app.stores.letterhead import Letterhead
from app.web.assets import image_for_mail
from app.web.dates import day_and_time, days, weekday
from app.web.formats import number, percent, plain_money
from app.web.language import gettext as _
from app.web.language import speaking


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line. `details` are options and wishes, "Glaze: Sea salt"; `amount` is before the discount, `discount` "" for none."""

    name: str
    details: tuple[str, ...]
    sku: str
    quantity: str
    unit_price: str
    discount: str
    rate: str
    amount: str
    several: bool
    picture: str
    tint: int


@dataclass(frozen=True, slots=True)
class BillTax:
    """One rate: what it was reckoned on without the tax, the tax, both together."""

    rate: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The whole. `sums` stand above the seam (label, amount); `tax_note` beside the total; `state` "" unless it matters."""

    number: str
    placed: str
    state: str
    lines: tuple[BillLine, ...]
    discounted: bool
    sums: tuple[tuple[str, str], ...]
    total: str
    after: tuple[tuple[str, str], ...]
    taxes: tuple[BillTax, ...]
    tax_note: str
    payment: str
    payment_label: str
    delivery: str
    arrives: str
    pickup: bool
    name: str
    address: tuple[str, ...]


def bill(order: Order, head: Letterhead, locale: str) -> Bill:
    """The order in words of `locale`; times on the clocks of the store."""
    with speaking(locale):
        return Bill(
            number=str(order.number or ""),
            placed=day_and_time(order.placed_at or order.created_at, locale, ZoneInfo(head.zone)),
            state=_state(order),
            lines=tuple(_line(line, order, locale) for line in order.lines),
            discounted=any(line.discount for line in order.lines),
            sums=_sums(order, locale),
            total=plain_money(order.total, locale),
            after=_after(order, locale),
            taxes=tuple(_tax(tax, order.taxes_included, locale) for tax in order.taxes),
            tax_note=_tax_note(order, locale),
            payment=_payment(order),
            payment_label=order.payment_label,
            delivery=said(order.delivery.title, order.locale, locale),
            arrives=arrival(order, locale),
            pickup=order.delivery.pickup,
            name=order.contact.name,
            address=_address(order.address, locale),
        )


def arrival(order: Order, locale: str) -> str:
    """The days between which it comes: "Wednesday 2 December", "2–4 December"."""
    first, last = order.delivery.earliest, order.delivery.latest
    return weekday(first, locale) if first == last else days(first, last, locale)


def said(texts: Texts, second: str, locale: str) -> str:
    """A text in `locale`, else in the `second` language, else in any."""
    return texts.get(locale) or texts.get(second) or next(iter(texts.values()), "")


def _line(line: OrderLine, order: Order, locale: str) -> BillLine:
    pairs = [
        *((said(name, order.locale, locale), said(value, order.locale, locale)) for name, value in line.options),
        *line.wishes,
    ]
    return BillLine(
        name=said(line.title, order.locale, locale),
        details=tuple(_("%(name)s: %(value)s", name=name, value=value) for name, value in pairs),
        sku=line.sku,
        quantity=number(line.quantity, locale),
        unit_price=plain_money(line.unit_price, locale),
        discount=plain_money(-line.discount, locale) if line.discount else "",
        rate=percent(line.basis_points, locale),
        amount=plain_money(line.amount, locale),
        several=line.quantity > 1,
        picture=image_for_mail(line.image) if line.image else "",
        tint=tint(line.handle),
    )


def _sums(order: Order, locale: str) -> tuple[tuple[str, str], ...]:
    rows = [(_("Items (%(num)s)", num=number(order.units, locale)), plain_money(order.subtotal, locale))]
    if order.discount:
        label = _("Discount, code %(code)s", code=order.coupon_code) if order.coupon_code else _("Discount")
        rows.append((label, plain_money(-order.discount, locale)))
    free = not order.delivery_cost
    label = _("Pickup") if order.delivery.pickup else _("Delivery")
    rows.append((label, _("Free") if free else plain_money(order.delivery_cost, locale)))
    if order.tax and not order.taxes_included:
        rows.append((_("Tax"), plain_money(order.tax, locale)))
    return tuple(rows)


def _after(order: Order, locale: str) -> tuple[tuple[str, str], ...]:
    """What became of the money, below the total: only what is not the ordinary course of things."""
    if not order.refunded:
        return ()
    kept = order.paid - order.refunded
    return (
        (_("Refunded"), plain_money(-order.refunded, locale)),
        (_("Paid after refund"), plain_money(kept, locale)),
    )


def _tax(tax: TaxLine, included: bool, locale: str) -> BillTax:
    net = tax.base - tax.tax if included else tax.base
    return BillTax(
        rate=percent(tax.basis_points, locale),
        net=plain_money(net, locale),
        tax=plain_money(tax.tax, locale),
        gross=plain_money(net + tax.tax, locale),
    )


def _tax_note(order: Order, locale: str) -> str:
    if not order.tax or not order.taxes_included:
        return ""
    return _("Includes %(tax)s VAT", tax=plain_money(order.tax, locale))


def _state(order: Order) -> str:
    if order.state is OrderState.CANCELLED:
        return _("Cancelled")
    return {
        PaymentState.REFUNDED: _("Refunded"),
        PaymentState.PARTLY_REFUNDED: _("Partly refunded"),
    }.get(order.payment, "")


def _payment(order: Order) -> str:
    """How the order is paid, in words; the label of the card or account stands beside it."""
    if order.state is OrderState.CANCELLED and not order.paid:
        return _("Nothing was charged")
    return {
        PaymentState.DUE: _("To be paid on delivery") if order.provider != "invoice" else _("To be paid by invoice"),
        PaymentState.WAITING: _("Waiting for the payment"),
        PaymentState.PAID: _("Paid"),
        PaymentState.PARTLY_REFUNDED: _("Paid, partly refunded"),
        PaymentState.REFUNDED: _("Paid and refunded"),
        PaymentState.NOT_PAID: _("Not paid"),
    }[order.payment]


def _address(address: Address | None, locale: str) -> tuple[str, ...]:
    """The lines of an envelope; in Persian from the large to the small, as they are written there."""
    if address is None:
        return ()
    country = Locale.parse(locale).territories.get(address.country, address.country)
    if locale == "fa":
        rows = [_joined("، ", country, address.region, address.city), address.street, _postcode(address.postcode)]
    else:
        place = _joined(" ", address.postcode, address.city)
        rows = [address.street, _joined(", ", place, address.region), country]
    return tuple(row for row in rows if row)


def _postcode(postcode: str) -> str:
    return _("Postcode %(postcode)s", postcode=postcode) if postcode else ""


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def amount(money: Money, locale: str) -> str:
    """An amount for a sentence, kept together when the line breaks."""
    return plain_money(money, locale).replace(" ", "\N{NO-BREAK SPACE}")
