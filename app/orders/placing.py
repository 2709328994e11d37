"""Placing an order in three steps (docs/locking.md): reserve and write it down; ask the provider with nothing locked; apply the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.cart import handover
from app.cart.pricing import ReviewedLine
from app.cart.repository import StoredCart
from app.cart.totals import Share
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, unit_of_work
from app.errors import Refusal
from app.ids import CustomerId, OrderId, VariantId, new_id
from app.inventory import reservations
from app.money import Money
from app.orders import accepting, attempts, checkout, listening, repository, settlement
from app.orders.errors import (
    LinesToResolve,
    NothingToOrder,
    PaymentUnderWay,
    TotalMoved,
    WayToPayNotOffered,
)
from app.orders.fraud import Assessment
from app.orders.quote import Quote, promised
from app.orders.risk import assessed
from app.orders.terms import Terms
from app.orders.values import CheckoutDetails, OrderLine
from app.payments.provider import Charge, Provider, Status
from app.promotions.service import customer_key, redeem

Providers = Mapping[str, Provider]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the shopper has seen and said yes to."""

    fingerprint: str
    total: int  # minor units


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a provider's own page sends the shopper afterwards; {order} is filled in."""

    back: str
    cancelled: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An order written down. `attempt_id` is to be collected; none when there is nothing to collect (any more)."""

    order_id: OrderId
    attempt_id: UUID | None = None
    email: str = ""


@dataclass(frozen=True, slots=True)
class Placing:
    """How far placing came. `go_to` is the provider's page, while the shopper must go there."""

    order_id: OrderId
    status: Status
    reason: str = ""
    go_to: str = ""


def place(
    customer_id: CustomerId, agreed: Agreed, *, op_id: UUID, terms: Terms, locale: str, providers: Providers,
    pages: Pages, title: str, now: datetime, visitor: str = "person",
) -> Placing:  # fmt: skip
    """Make an order of the customer's active pane and collect the money, once however often it is asked for.

    `title` is the store's name, for the provider's statement. Raises the refusals of errors.py; then nothing changed.
    """
    try:
        begun = _begin(customer_id, agreed, op_id, terms, locale, providers, visitor, now)
    except PaymentUnderWay as under_way:
        if not call_off(under_way.params["order_id"], providers, now=now, actor=f"customer:{customer_id}"):
            raise
        begun = _begin(customer_id, agreed, op_id, terms, locale, providers, visitor, now)
    if begun.attempt_id is None:
        return _as_it_stands(begun.order_id)
    attempt = attempts.get(begun.attempt_id)
    finish_reading()
    outcome = providers[attempt.provider].collect(
        Charge(
            store_id=current_store_id(),
            attempt_id=attempt.id,
            amount=attempt.amount,
            token=attempt.token,
            description=title,
            email=begun.email,
            locale=locale,
            return_url=pages.back.format(order=begun.order_id),
            cancel_url=pages.cancelled.format(order=begun.order_id),
        ),
        now=now,
    )
    settlement.apply(attempt.id, outcome, now=now, actor=f"customer:{customer_id}")
    return _as_it_stands(begun.order_id)


def call_off(order_id: OrderId, providers: Providers, *, now: datetime, actor: str) -> bool:
    """Whether a payment that waits on the provider's page is called off, so that the shopper may pay another way."""
    last = attempts.find_last(order_id)
    finish_reading()
    if last is None or not last.go_to or not last.state.open or last.provider not in providers:
        return False
    outcome = providers[last.provider].cancel(last.id, last.reference, now=now)
    settlement.apply(last.id, outcome, now=now, actor=actor)
    return outcome.status is Status.FAILED


@unit_of_work
def _begin(
    customer_id: CustomerId,
    agreed: Agreed,
    op_id: UUID,
    terms: Terms,
    locale: str,
    providers: Providers,
    visitor: str,
    now: datetime,
) -> Begun:
    cart = handover.lock_cart(customer_id, op_id, now)
    current = repository.find_current(cart.id, op_id)
    if current and current.same_form:
        return Begun(current.id)
    if current:
        raise PaymentUnderWay(order_id=current.id)
    details = checkout.find_details(cart.id, now, account=True)
    checkout.require_complete(cart, details, terms)
    quote = checkout.quote_of(cart, details, terms, now)
    _check(quote, agreed)
    provider = providers.get(details.provider)
    if provider is None or not provider.takes(cart.cart.currency):
        raise WayToPayNotOffered()
    order_id = OrderId(new_id())
    at_once = not provider.collects or not quote.sums.total
    tell = listening.about_to_accept(customer_id) if at_once else listening.nobody
    _redeem(order_id, customer_id, cart, details, quote, agreed, terms, now)
    _reserve(order_id, quote, terms, now)
    risk = assessed(customer_id, details, quote.sums.total, agreed.total, visitor, now)
    _write(order_id, customer_id, cart, quote, details, terms, op_id, locale, risk, now)
    if at_once:
        order = repository.lock(order_id)
        accepting.accept(order, cart, tell, paid=0, op_id=op_id, actor=f"customer:{customer_id}", now=now)
        return Begun(order_id)
    attempt_id = attempts.begin(order_id, provider.name, details.payment_token, quote.sums.total, now)
    return Begun(order_id, attempt_id, details.contact.email if details.contact else "")


def _check(quote: Quote, agreed: Agreed) -> None:
    """Refuse what cannot be bought as it stands, and what the shopper has not agreed to."""
    if not quote.lines and not quote.problems:
        raise NothingToOrder()
    if quote.problems:
        raise LinesToResolve(lines=[_named(line) for line in quote.problems])
    if quote.fingerprint != agreed.fingerprint:
        raise TotalMoved(before=Money(agreed.total, quote.sums.total.currency), after=quote.sums.total)


def _redeem(
    order_id: OrderId, customer_id: CustomerId, cart: StoredCart, details: CheckoutDetails, quote: Quote,
    agreed: Agreed, terms: Terms, now: datetime,
) -> None:  # fmt: skip
    """Use the code that the quote counts with. Somebody else may have had its last use: then the total has moved."""
    if quote.relief is None or details.contact is None:
        return
    key, goods = customer_key(details.contact.email), quote.sums.subtotal
    try:
        redeem(quote.relief.code, order_id, key, goods, now, customer_id=customer_id)
    except Refusal:
        dearer = checkout.quote_of(cart, details, terms, now, with_code=False).sums.total
        raise TotalMoved(before=Money(agreed.total, dearer.currency), after=dearer) from None


def _named(line: ReviewedLine) -> tuple[dict[str, str], int]:
    left = line.facts.available if line.facts and line.facts.sellable else 0
    return line.line.snapshot.title, left or 0


def _reserve(order_id: OrderId, quote: Quote, terms: Terms, now: datetime) -> None:
    wanted: dict[VariantId, int] = {}
    for line in quote.lines:
        wanted[line.line.variant_id] = wanted.get(line.line.variant_id, 0) + line.line.quantity
    short = reservations.reserve(order_id, wanted, check=terms.policy.stock_check, now=now)
    if short:
        raise LinesToResolve(
            lines=[
                (line.line.snapshot.title, short[line.line.variant_id])
                for line in quote.lines
                if line.line.variant_id in short
            ]
        )


def _write(
    order_id: OrderId, customer_id: CustomerId, cart: StoredCart, quote: Quote, details: CheckoutDetails,
    terms: Terms, op_id: UUID, locale: str, risk: Assessment, now: datetime,
) -> None:  # fmt: skip
    sums, method = quote.sums, quote.method
    assert method is not None  # noqa: S101  require_complete has looked
    repository.create(
        {
            "id": order_id,
            "customer": customer_id,
            "cart": cart.id,
            "activation": cart.cart.activation,
            "cart_version": cart.cart.version,
            "op": op_id,
            "currency": sums.total.currency,
            "subtotal": sums.subtotal.amount,
            "discount": sums.discount.amount,
            "delivery_cost": sums.delivery.amount,
            "tax": sums.tax.amount,
            "total": sums.total.amount,
            "taxes_included": sums.taxes_included,
            "taxes": [
                {"basis_points": tax.basis_points, "base": tax.base.amount, "tax": tax.tax.amount} for tax in sums.taxes
            ],
            "coupon_code": quote.relief.code if quote.relief else "",
            "contact": details.contact,
            "address": None if method.pickup else details.address,
            "delivery": promised(method, terms.today(now)),
            "locale": locale,
            "provider": details.provider,
            "payment_label": details.payment_label,
            "risk": risk if risk.reasons else None,
            "actor": f"customer:{customer_id}",
            "now": now,
            "expires_at": now + terms.held_for,
        },
        tuple(_line(line, share) for line, share in zip(quote.lines, sums.items, strict=True)),
    )


def _line(reviewed: ReviewedLine, share: Share) -> OrderLine:
    line, facts = reviewed.line, reviewed.facts
    assert facts is not None  # noqa: S101  a line without facts is a problem, and has been refused
    return OrderLine(
        line_id=line.id,
        product_id=facts.product_id,
        variant_id=line.variant_id,
        sku=facts.sku,
        handle=facts.handle,
        title=facts.title,
        options=tuple(zip(facts.option_names, facts.options, strict=False)),
        wishes=line.options,
        image=facts.image,
        quantity=line.quantity,
        unit_price=reviewed.unit_price,
        discount=share.discount,
        basis_points=share.basis_points,
        tax=share.tax,
    )


def _as_it_stands(order_id: OrderId) -> Placing:
    """The answer for an order that is there already: placed on the spot, or begun by the same form before."""
    last = attempts.find_last(order_id)
    if last is None:
        return Placing(order_id, Status.SUCCEEDED)
    status = {"succeeded": Status.SUCCEEDED, "failed": Status.FAILED, "surplus": Status.FAILED}.get(last.state)
    if status is None:
        status = Status.WAITING if last.go_to else Status.UNKNOWN
    return Placing(order_id, status, last.reason, last.go_to)
