"""One order as its page shows it: what was bought, where it stands, what happens next."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.standing_in import known_customer_id
from app.cart import context, repository
from app.cart.state import Pane
from app.ids import CustomerId, OrderId, new_id, parse_id
from app.orders import attempts, handling, placing, queries, receipts, reordering
from app.orders import visit as visits
from app.orders.attempts import Attempt
from app.orders.errors import OrderMovedOn, OrderNotFound
from app.orders.presentation import address_lines, arrival, order_items, order_summary, phone, said
from app.orders.sentences import missing_word, payment_problem, payment_word, state_word
from app.orders.values import Order, OrderState, PaymentState
from app.stores.letterhead import letterhead
from app.stores.request import chosen_currency, current_locale, current_store
from app.web import htmx

FRESH = timedelta(hours=1)  # so long the page says thank you; later it says where the order stands
REFRESH_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Saved:
    """What waits in next purchase, and whether it comes back by itself."""

    units: int
    comes_back: bool


def show(order_id: str) -> AnyResponse:
    """The order, to whoever it belongs to."""
    customer_id, order = _theirs(order_id)
    last = attempts.find_last(order.id) if order.state in (OrderState.PENDING, OrderState.ABANDONED) else None
    page = _page(customer_id, order, last)
    if htmx.wants_fragment():
        return htmx.fragment(page)
    return make_response(page)


def pay(order_id: str) -> AnyResponse:
    """On the way to the provider's page: a page of ours in between, since a form may lead to pages of this site only (CSP)."""
    _customer_id, order = _theirs(order_id)
    last = attempts.find_last(order.id)
    if order.state is not OrderState.PENDING or last is None or not last.state.open or not last.go_to:
        return redirect(url_for("orders.show", order_id=order.id), 303)
    return make_response(render_template("orders/leaving.html", go_to=last.go_to, order=order))


def call_off(order_id: str) -> AnyResponse:
    """Pay another way: the payment that waits on the provider's page is called off."""
    customer_id, order = _theirs(order_id)
    providers = visits.providers()
    if placing.call_off(order.id, providers, now=context.now(), actor=f"customer:{customer_id}"):
        return redirect(url_for("checkout.payment", problem="cancelled"), 303)
    return redirect(url_for("orders.show", order_id=order.id), 303)


def receipt(order_id: str) -> AnyResponse:
    """The receipt as a PDF in the reader's language, else in the order's; while none is made the order's page says so.

    Where PDFs cannot be made: the receipt as a page to print.
    """
    _customer_id, order = _theirs(order_id)
    if order.number is None:
        raise OrderNotFound()
    try:
        for locale in dict.fromkeys((current_locale(), order.locale)):
            body = receipts.current(order, letterhead(locale), locale)
            if body is not None:
                return _pdf(body, receipts.file_name(order))
    except receipts.NoReceipts:
        return make_response(receipts.page(order, letterhead(current_locale()), current_locale()))
    return redirect(url_for("orders.show", order_id=order.id, receipt="soon"), 303)


def _pdf(body: bytes, name: str) -> Response:
    response = make_response(body)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def ask_cancel(order_id: str) -> AnyResponse:
    """What cancelling means, and one button."""
    _customer_id, order = _theirs(order_id)
    if order.state is not OrderState.PLACED:
        return redirect(url_for("orders.show", order_id=order.id), 303)
    return make_response(render_template("orders/cancel.html", order=order, **_about(order)))


def cancel(order_id: str) -> AnyResponse:
    """Cancel an order that has not left yet."""
    customer_id, order = _theirs(order_id)
    if order.state is OrderState.CANCELLED:  # the form was sent twice
        return redirect(url_for("orders.show", order_id=order.id), 303)
    if order.state is not OrderState.PLACED:
        raise OrderMovedOn()
    handling.cancel(order.id, actor=f"customer:{customer_id}", cause="customer", now=context.now())
    return redirect(url_for("orders.show", order_id=order.id), 303)


def again(order_id: str) -> AnyResponse:
    """Buy again, or put into next purchase: the whole order, or the lines that the button names."""
    _customer_id, order = _theirs(order_id)
    chosen = request.form.get("line", "")
    positions = [int(chosen)] if chosen.isascii() and chosen.isdigit() and len(chosen) < 5 else range(len(order.lines))
    pane = Pane.NEXT_PURCHASE if request.form.get("pane") == Pane.NEXT_PURCHASE else Pane.ACTIVE
    store = current_store()
    done = reordering.put_again(
        context.current_shopper(),
        order,
        [at for at in positions if at < len(order.lines)],
        pane,
        op_id=parse_id(request.form.get("op_id")) or new_id(),
        currency=chosen_currency(),
        policy=context.current_policy(),
        days=store.settings.cart_expiry_days,
        now=context.now(),
    )
    missing = ",".join(f"{one.position}:{one.reason}" for one in done.missing)
    where = url_for("orders.show", order_id=order.id, came=done.came, version=done.version, missing=missing or None)
    return redirect(f"{where}&pane={pane}#again", 303)


@dataclass(frozen=True, slots=True)
class Again:
    """What came of buying again. `version` lets the cart take it back."""

    came: int
    pane: Pane
    missing: tuple[tuple[str, str], ...]
    version: int | None


def _again(order: Order, locale: str) -> Again | None:
    """The report that the address carries: counts and words of ours only, so that nobody can have us say anything else."""
    came = request.args.get("came", type=int)
    if came is None or not 0 <= came <= len(order.lines):
        return None
    missing = []
    for pair in request.args.get("missing", "")[:2000].split(","):
        at, _colon, reason = pair.partition(":")
        if at.isascii() and at.isdigit() and int(at) < len(order.lines):
            missing.append((said(order.lines[int(at)].title, locale), missing_word(reason)))
    pane = Pane.NEXT_PURCHASE if request.args.get("pane") == Pane.NEXT_PURCHASE else Pane.ACTIVE
    return Again(came, pane, tuple(missing), request.args.get("version", type=int) if came else None)


def _theirs(order_id: str) -> tuple[CustomerId, Order]:
    """Who asks, and their order. Raises OrderNotFound: whether it exists for somebody else is nobody's business."""
    customer_id = context.current_shopper().customer_id
    found: UUID | None = parse_id(order_id)
    if customer_id is None or found is None:
        raise OrderNotFound()
    return customer_id, queries.get_order(OrderId(found), customer_id)


def _saved(customer_id: CustomerId) -> Saved:
    """What waits in next purchase; the header's count comes with it."""
    stored = repository.find_open(customer_id)
    cart = stored.cart if stored else None
    context.tell_count(sum(line.quantity for line in cart.pane(Pane.ACTIVE)) if cart else 0)
    units = sum(line.quantity for line in cart.pane(Pane.NEXT_PURCHASE)) if cart else 0
    return Saved(units, bool(cart and cart.auto_activation) and context.current_policy().auto_activation)


def _about(order: Order) -> dict[str, object]:
    locale = current_locale()
    word, tone = state_word(order.state, order.payment)
    return {
        "number": str(order.number or ""),
        "state": word,
        "tone": tone,
        "payment": payment_word(order.payment),
        "items": order_items(order, locale),
        "summary": order_summary(order, locale),
        "address": address_lines(order.contact, order.address, locale),
        "phone": phone(order.contact),
        "method": said(order.delivery.title, locale),
        "arrives": arrival(order.delivery, locale),
    }


def _page(customer_id: CustomerId, order: Order, last: Attempt | None) -> str:
    locale = current_locale()
    waiting = order.state is OrderState.PENDING
    thanks = order.state is OrderState.PLACED and order.placed_at is not None
    fresh = thanks and order.placed_at is not None and context.now() - order.placed_at < FRESH
    return render_template(
        "orders/show.html",
        order=order,
        fresh=fresh,
        waiting=waiting,
        refresh=REFRESH_SECONDS if waiting else 0,
        go_to=waiting and last is not None and last.state.open and bool(last.go_to),
        failed=payment_problem((last.reason if last else "") or "failed")
        if order.state is OrderState.ABANDONED
        else "",
        receipt=url_for("orders.receipt", order_id=order.id) if order.number is not None else "",
        receipt_soon=request.args.get("receipt") == "soon",
        can_cancel=order.state is OrderState.PLACED,
        unpaid=order.payment is PaymentState.DUE,
        saved=_saved(customer_id),
        guest=known_customer_id() is None,
        again=_again(order, locale),
        **_about(order),
    )
