"""Review and pay, the last page of a checkout: everything on one page, one button, and what may come between."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context
from app.ids import new_id, parse_id
from app.money import Money
from app.orders import checkout, placing, resolving
from app.orders import visit as visits
from app.orders.delivery_page import keep_place
from app.orders.errors import LinesToResolve, PaymentUnderWay, TotalMoved
from app.orders.placing import Agreed, Pages, Placing
from app.orders.presentation import address_lines, arrival, phone, said, summarize
from app.orders.quote import promised
from app.orders.sentences import moved_sentence
from app.orders.visit import Visit
from app.payments import registry
from app.payments.provider import Status
from app.stores.letterhead import letterhead
from app.stores.request import current_locale, current_store
from app.web.formats import number, plain_money
from app.web.language import gettext as _
from app.web.visitors import current_visitor


@dataclass(frozen=True, slots=True)
class Moved:
    """What changed between the page and the button."""

    heading: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Short:
    """What cannot be bought as it stands, and what the order would come to without it; None if nothing would be left."""

    details: tuple[str, ...]
    total: Money | None


def show() -> AnyResponse:
    """The page."""
    visit = visits.enter()
    checkout.require_complete(visit.there, visit.details, visit.terms)
    return _page(visit)


def order() -> AnyResponse:
    """Order and pay: once, however often the button is pressed."""
    visit = visits.look(empty=True)
    if visit.customer_id is None:
        return redirect(url_for("checkout.delivery"), 303)
    keep_place(visit.customer_id, visit.details)
    agreed = Agreed(request.form.get("fingerprint", "")[:64], _whole(request.form.get("total", "")))
    origin = letterhead(current_locale()).origin
    there = f"{origin}/orders/{{order}}"
    try:
        placed = placing.place(
            visit.customer_id,
            agreed,
            op_id=_op_id(),
            terms=visit.terms,
            locale=current_locale(),
            providers=visits.providers(),
            pages=Pages(back=there, cancelled=there),
            title=current_store().name(current_locale()),
            visitor=current_visitor().value,
            now=visit.now,
        )
    except PaymentUnderWay as under_way:
        return redirect(url_for("orders.show", order_id=under_way.params["order_id"]), 303)
    except TotalMoved as moved:
        return _page(visits.look(), moved=_what_moved(moved))
    except LinesToResolve:
        return _page(visits.look())
    return redirect(_after(placed), 303)


def resolve() -> AnyResponse:
    """Go on without what cannot be bought: it waits in next purchase."""
    visit = visits.look()
    if visit.customer_id is not None:
        resolving.set_aside(
            context.current_shopper(),
            visit.quote.problems,
            op_id=_op_id(),
            currency=visit.currency,
            policy=visit.terms.policy,
            days=current_store().settings.cart_expiry_days,
            now=visit.now,
        )
    return redirect(url_for("checkout.review"), 303)


def _after(placed: Placing) -> str:
    if placed.status is Status.FAILED:
        return url_for("checkout.payment", problem=placed.reason or "failed")
    if placed.status is Status.WAITING and placed.go_to:
        return url_for("orders.pay", order_id=placed.order_id)
    return url_for("orders.show", order_id=placed.order_id)


def _what_moved(moved: TotalMoved) -> Moved:
    visit, locale = visits.look(), current_locale()
    dearer = [line for line in visit.quote.lines if line.change]
    return Moved(
        moved_sentence(moved.params["before"], moved.params["after"], locale),
        tuple(
            _(
                "%(name)s is now %(price)s.",
                name=said(line.facts.title if line.facts else line.line.snapshot.title, locale),
                price=plain_money(line.unit_price, locale),
            )
            for line in dearer
        ),
    )


def _short(visit: Visit) -> Short | None:
    problems, locale = visit.quote.problems, current_locale()
    if not problems:
        return None
    details = []
    for problem in problems:
        name = said(problem.facts.title if problem.facts else problem.line.snapshot.title, locale)
        left = problem.line.quantity - resolving.missing_units(problem)
        if left:
            details.append(_("Only %(left)s left of %(name)s.", left=number(left, locale), name=name))
        else:
            details.append(_("%(name)s is sold out.", name=name))
    rest = replace(visit.there, cart=resolving.without(visit.there.cart, problems))
    quote = checkout.quote_of(rest, visit.details, visit.terms, visit.now)
    return Short(tuple(details), quote.sums.total if quote.lines else None)


def _page(visit: Visit, *, moved: Moved | None = None) -> AnyResponse:
    checkout.require_complete(visit.there, visit.details, visit.terms)
    locale, details, quote = current_locale(), visit.details, visit.quote
    contact, method = details.contact, quote.method
    assert contact is not None  # noqa: S101  require_complete has looked
    assert method is not None  # noqa: S101
    short = _short(visit)
    provider = visits.providers().get(details.provider)
    collects = provider is not None and provider.collects and bool(quote.sums.total)
    page = render_template(
        "orders/review.html",
        step=3,
        contact=contact,
        phone=phone(contact),
        address=address_lines(contact, None if method.pickup else details.address, locale),
        method=said(method.title, locale),
        arrives=arrival(promised(method, visit.terms.today(visit.now)), locale),
        way=registry.describe(details.provider).title,
        label=details.payment_label,
        summary=summarize(quote, locale),
        fingerprint=quote.fingerprint,
        total=quote.sums.total,
        collects=collects,
        moved=moved,
        short=short,
    )
    return make_response(page, 409 if moved or short else 200)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else -1


def _op_id() -> UUID:
    return parse_id(request.form.get("op_id")) or new_id()
