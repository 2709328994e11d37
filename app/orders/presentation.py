"""A checkout as its pages show it: lines, sums, ways of delivery in the reader's language, so that templates only place them."""

from dataclasses import dataclass
from datetime import date, datetime

from babel import Locale

from app.cart.pricing import ReviewedLine
from app.catalog.values import tint
from app.money import Money
from app.orders.addresses import shown_phone
from app.orders.quote import Quote, promised
from app.orders.values import Address, Contact, Delivery, Order, OrderSummary, Texts
from app.stores.delivery import DeliveryMethod
from app.web.dates import days, weekday
from app.web.formats import number, percent, plain_money
from app.web.language import gettext as _

PICTURES = 4  # of an order in the list
NAMES = 2


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order or of what is to be ordered."""

    name: str
    image: str | None
    tint: int
    options: tuple[tuple[str, str], ...]
    quantity: int
    price: Money
    each: Money | None


@dataclass(frozen=True, slots=True)
class Row:
    """One sum: its name, the amount as text, whether it makes the order cheaper."""

    label: str
    amount: str
    less: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What an order comes to. `inside` are the taxes that the total contains."""

    items: tuple[Item, ...]
    units: int
    rows: tuple[Row, ...]
    inside: tuple[Row, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class MethodView:
    """A way of delivery to choose."""

    key: str
    title: str
    cost: str
    arrives: str
    chosen: bool
    pickup: bool


@dataclass(frozen=True, slots=True)
class Card:
    """An order in a list. `others` is how many lines have no picture there."""

    id: str
    number: str
    state: str
    tone: str
    placed_at: datetime | None
    units: int
    total: Money
    names: str
    images: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a quote or an order, as far as they are shown."""

    units: int
    subtotal: Money
    discount: Money
    coupon_code: str
    delivery: Money | None
    delivery_title: str
    taxes: tuple[tuple[int, Money], ...]
    taxes_included: bool
    total: Money


def summarize(quote: Quote, locale: str) -> Summary:
    """The summary beside the pages of a checkout. Before a way of delivery is chosen nothing is said of its cost."""
    sums, method = quote.sums, quote.method
    shown = Sums(
        units=sum(line.line.quantity for line in quote.lines),
        subtotal=sums.subtotal,
        discount=sums.discount,
        coupon_code=quote.relief.code if quote.relief else "",
        delivery=sums.delivery if method else None,
        delivery_title=said(method.title, locale) if method else "",
        taxes=tuple((tax.basis_points, tax.tax) for tax in sums.taxes),
        taxes_included=sums.taxes_included,
        total=sums.total,
    )
    return summary_of(tuple(_item(line, locale) for line in quote.lines), shown, locale)


def summary_of(items: tuple[Item, ...], sums: Sums, locale: str) -> Summary:
    """The rows above the seam, the total, the taxes inside it."""
    rows = [Row(_("Items (%(num)s)", num=number(sums.units, locale)), plain_money(sums.subtotal, locale))]
    if sums.discount:
        label = _("Discount, code %(code)s", code=sums.coupon_code) if sums.coupon_code else _("Discount")
        rows.append(Row(label, plain_money(-sums.discount, locale), less=True))
    if sums.delivery is not None:
        rows.append(Row(sums.delivery_title, cost(sums.delivery, locale)))
    taxes = tuple(_tax(rate, tax, sums.taxes_included, locale) for rate, tax in sums.taxes)
    if not sums.taxes_included:
        rows.extend(taxes)
    return Summary(items, sums.units, tuple(rows), taxes if sums.taxes_included else (), sums.total)


def method_views(
    offered: tuple[DeliveryMethod, ...], chosen: str, quote: Quote, today: date, locale: str
) -> tuple[MethodView, ...]:
    """The ways of delivery; the one chosen before, else the cheapest that brings it home, stands chosen."""
    goods = quote.sums.subtotal - quote.sums.discount
    free = quote.relief is not None and quote.relief.free_delivery
    prices = {method.key: Money(0, goods.currency) if free else method.price(goods) for method in offered}
    cheapest = min(offered, key=lambda method: (method.pickup, prices[method.key].amount), default=None)
    kept = chosen if chosen in prices else cheapest.key if cheapest else ""
    return tuple(
        MethodView(
            key=method.key,
            title=said(method.title, locale),
            cost=cost(prices[method.key], locale),
            arrives=arrival(promised(method, today), locale),
            chosen=method.key == kept,
            pickup=method.pickup,
        )
        for method in offered
    )


def arrival(delivery: Delivery, locale: str) -> str:
    """When it comes, in one sentence."""
    first, last = delivery.earliest, delivery.latest
    when = weekday(first, locale) if first == last else days(first, last, locale)
    return _("Ready to be picked up %(when)s", when=when) if delivery.pickup else _("Arrives %(when)s", when=when)


def cost(amount: Money, locale: str) -> str:
    """What delivery costs."""
    return plain_money(amount, locale) if amount else _("Free")


def address_lines(contact: Contact, address: Address | None, locale: str) -> tuple[str, ...]:
    """The lines of an envelope; in Persian from the large to the small, as they are written there."""
    if address is None:
        return (contact.name,)
    country = country_name(address.country, locale)
    if locale == "fa":
        place = "، ".join(filter(None, (country, address.region, address.city)))
        postcode = _("Postcode %(postcode)s", postcode=address.postcode) if address.postcode else ""
        return tuple(filter(None, (contact.name, place, address.street, postcode)))
    place = ", ".join(filter(None, (f"{address.postcode} {address.city}".strip(), address.region)))
    return tuple(filter(None, (contact.name, address.street, place, country)))


def country_name(country: str, locale: str) -> str:
    """The country in the reader's language."""
    return str(Locale.parse(locale).territories.get(country, country))


def country_names(countries: tuple[str, ...], locale: str) -> tuple[tuple[str, str], ...]:
    """Countries as (code, name), sorted by name."""
    return tuple(sorted(((code, country_name(code, locale)) for code in countries), key=lambda pair: pair[1]))


def reminder_wording() -> str:
    """The words beside the box that lets us remind: kept with what was answered."""
    return _("Remind me by email if I don't finish")


def sms_wording() -> tuple[str, str]:
    """The same for SMS, and what is said below it."""
    return _("Remind me by SMS if I don't finish"), _(
        "We send a code to the number first; only with it are they on. Not needed to buy. Your provider may charge for SMS."
    )


def phone(contact: Contact) -> str:
    """The number in groups."""
    return shown_phone(contact.phone) if contact.phone else ""


def said(texts: Texts, locale: str) -> str:
    """The text in the reader's language, else in any that there is."""
    return texts.get(locale) or next(iter(texts.values()), "")


def order_items(order: Order, locale: str) -> tuple[Item, ...]:
    """The lines of an order."""
    return tuple(
        Item(
            name=said(line.title, locale),
            image=line.image,
            tint=tint(line.handle),
            options=(*((said(name, locale), said(value, locale)) for name, value in line.options), *line.wishes),
            quantity=line.quantity,
            price=line.amount,
            each=line.unit_price if line.quantity > 1 else None,
        )
        for line in order.lines
    )


def order_summary(order: Order, locale: str) -> Summary:
    """What an order came to."""
    shown = Sums(
        units=order.units,
        subtotal=order.subtotal,
        discount=order.discount,
        coupon_code=order.coupon_code,
        delivery=order.delivery_cost,
        delivery_title=said(order.delivery.title, locale),
        taxes=tuple((tax.basis_points, tax.tax) for tax in order.taxes),
        taxes_included=order.taxes_included,
        total=order.total,
    )
    return summary_of((), shown, locale)


def card_of(order: OrderSummary, state: tuple[str, str], locale: str) -> Card:
    """An order in the list. `state` is its word and its tone."""
    names = [said(title, locale) for title in order.titles]
    shown = [image for image in order.images if image]
    return Card(
        id=str(order.id),
        number=str(order.number or ""),
        state=state[0],
        tone=state[1],
        placed_at=order.placed_at,
        units=order.units,
        total=order.total,
        names=_listed(names, locale),
        images=tuple(shown[:PICTURES]),
        others=max(len(order.titles) - PICTURES, 0),
    )


def _listed(names: list[str], locale: str) -> str:
    """The first names, and how many more there are."""
    shown = ("، " if locale == "fa" else ", ").join(names[:NAMES])
    left = len(names) - NAMES
    return _("%(names)s and %(num)s more", names=shown, num=number(left, locale)) if left > 0 else shown


def _item(reviewed: ReviewedLine, locale: str) -> Item:
    line, facts = reviewed.line, reviewed.facts
    names = facts.option_names if facts else line.snapshot.option_names
    values = facts.options if facts else line.snapshot.option_values
    return Item(
        name=said(facts.title if facts else line.snapshot.title, locale),
        image=(facts.image if facts else None) or line.snapshot.image,
        tint=tint(line.snapshot.handle),
        options=tuple((said(n, locale), said(v, locale)) for n, v in zip(names, values, strict=False)) + line.options,
        quantity=line.quantity,
        price=reviewed.price,
        each=reviewed.unit_price if line.quantity > 1 else None,
    )


def _tax(basis_points: int, tax: Money, included: bool, locale: str) -> Row:
    rate = percent(basis_points, locale)
    label = _("Including VAT %(rate)s", rate=rate) if included else _("VAT %(rate)s", rate=rate)
    return Row(label, plain_money(tax, locale))
