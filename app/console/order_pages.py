"""Orders in the console: found, looked at, released from review, handed over, paid, refunded, cancelled."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.audit import log as audit
from app.cart import context
from app.catalog.filters import plain_amount, read_amount
from app.console import colleagues, shell
from app.console.masking import MASK, masked_email, masked_name, masked_phone
from app.console.order_words import CAUSES, actor_word, happening_word, known_cause
from app.database.transaction import unit_of_work
from app.errors import Invalid, Refusal
from app.ids import OrderId, new_id, parse_id
from app.money import RIALS_IN_A_TOMAN, BadAmount, Money
from app.orders import attempts, handling, queries, receipts, staff_queries
from app.orders.errors import OrderNotFound
from app.orders.fraud_words import staff_sentence
from app.orders.presentation import address_lines, order_items, order_summary, phone, said
from app.orders.sentences import payment_word, state_word
from app.orders.values import Order, OrderState, PaymentState
from app.stores.letterhead import letterhead
from app.stores.request import current_locale
from app.web.formats import currency_words, latin_digits, speaks_of_toman
from app.web.refusals import describe

VIEWS = ("", "in_review", "placed", "fulfilled", "cancelled")

Act = Callable[[OrderId, str, datetime], None]


class NoReason(Invalid):
    """Money goes back or an order is called off, and nobody said why."""

    code = "no_reason"


def index() -> AnyResponse:
    """The newest orders, by state; or those with a number, or of an address."""
    view = request.args.get("state", "")
    view = view if view in VIEWS else ""
    typed = request.args.get("q", "").strip()[:254]
    number, email = _searched(typed)
    before = request.args.get("before", type=int)
    nothing = bool(typed) and number is None and not email
    found = [] if nothing else staff_queries.list_for_staff(state=view, number=number, email=email, before=before)
    shown, more = found[: staff_queries.PAGE], len(found) > staff_queries.PAGE
    rows = [(order, *state_word(order.state, order.payment), payment_word(order.payment)) for order in shown]
    return make_response(
        render_template(
            "console/orders/index.html",
            view=view,
            views=VIEWS,
            typed=typed,
            rows=rows,
            who=_who,
            by_email=shell.sees_everything(),
            older=url_for("console.orders", state=view, q=typed, before=shown[-1].number) if more else "",
        )
    )


def show(order_id: str) -> AnyResponse:
    """One order: what was bought, by whom, what happened, and what can be done now."""
    return _page(_order(order_id), {}, 200)


def receipt(order_id: str) -> AnyResponse:
    """The receipt as the customer has it, in their language; while none is made, or where PDFs cannot be: a page to print."""
    order = _order(order_id)
    _looked_at(order, "receipt_viewed")
    try:
        body = receipts.current(order, letterhead(order.locale), order.locale)
    except receipts.NoReceipts:
        body = None
    if body is None:
        return make_response(receipts.page(order, letterhead(order.locale), order.locale))
    answer = make_response(body)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{receipts.file_name(order)}"'
    return answer


def release(order_id: str) -> AnyResponse:
    """The order was looked at and is fine."""
    return _done(order_id, "order_released", lambda order, by, now: handling.release(order, actor=by, now=now))


def receive_payment(order_id: str) -> AnyResponse:
    """The money for an order on delivery or by invoice has come."""
    act: Act = lambda order, by, now: handling.receive_payment(order, actor=by, now=now)  # noqa: E731
    return _done(order_id, "payment_received", act)


def fulfil(order_id: str) -> AnyResponse:
    """The goods have left."""
    return _done(order_id, "order_fulfilled", lambda order, by, now: handling.fulfil(order, actor=by, now=now))


def cancel(order_id: str) -> AnyResponse:
    """Call the order off: units back on the shelf, money back to the customer. The reason is kept."""
    cause = request.form.get("cause", "")

    def act(order: OrderId, by: str, now: datetime) -> None:
        if not known_cause(cause):
            raise NoReason()
        handling.cancel(order, actor=by, cause=cause, now=now)

    return _done(order_id, "order_cancelled", act, {"cause": cause}, field="cancel-cause")


def refund(order_id: str) -> AnyResponse:
    """Give part of what was paid back. The reason is kept."""
    cause, typed = request.form.get("cause", ""), request.form.get("amount", "")
    found = _order(order_id)
    op_id = parse_id(request.form.get("op_id")) or new_id()

    def act(order: OrderId, by: str, now: datetime) -> None:
        if not known_cause(cause):
            raise NoReason()
        money = read_amount(typed, found.total.currency, _unit(found.total.currency))
        if money is None:
            raise BadAmount(text=typed)
        handling.refund(order, money, actor=by, cause=cause, now=now, op_id=op_id)

    return _done(order_id, "order_refunded", act, {"cause": cause, "amount": typed}, field="refund-amount")


def _done(
    order_id: str, action: str, act: Act, details: dict[str, str] | None = None, *, field: str = ""
) -> AnyResponse:
    """Do it and enter it in the audit log, in one unit of work; a refusal shows the order as it is now, with the reason."""
    order = _order(order_id)
    by, now = shell.actor(), context.now()

    @unit_of_work
    def both() -> None:
        act(order.id, by, now)
        audit.record(action, actor=by, subject=("order", order.id), now=now, details=details)

    try:
        both()
    except (Refusal, BadAmount) as refusal:
        problem = {"field": field, "words": describe(refusal), "typed": request.form}
        return _page(_order(order_id), problem, 422 if isinstance(refusal, Invalid) else 409)
    return redirect(url_for("console.order", order_id=order.id, done=action), 303)


def _page(order: Order, problem: Mapping[str, object], status: int) -> AnyResponse:
    clear, locale = shell.sees_everything(), current_locale()
    if clear and status == 200:
        _looked_at(order, "order_viewed")
    word, tone = state_word(order.state, order.payment)
    people = colleagues.by_actor()
    left = Money(order.paid.amount - attempts.promised_back(order.id), order.total.currency)
    html = render_template(
        "console/orders/show.html",
        order=order,
        number=str(order.number or ""),
        state=word,
        tone=tone,
        payment=payment_word(order.payment),
        items=order_items(order, locale),
        summary=order_summary(order, locale),
        method=said(order.delivery.title, locale),
        address=address_lines(order.contact, order.address, locale) if clear else _masked_address(order),
        email=order.contact.email if clear else masked_email(order.contact.email),
        phone=phone(order.contact) if clear else masked_phone(order.contact.phone),
        reasons=[staff_sentence(reason, locale) for reason in staff_queries.list_reasons(order.id)],
        happenings=[
            (
                happening_word(one.kind, one.payload, order.total.currency, locale),
                actor_word(one.actor, people),
                one.occurred_at,
            )
            for one in staff_queries.list_happenings(order.id)
        ],
        may_act=clear,
        may=_possible(order, left),
        left=left,
        typed_left=plain_amount(left, _unit(left.currency)),
        unit=currency_words(left.currency, locale),
        causes=[(code, words()) for code, words in CAUSES.items()],
        problem=problem,
        done=happening_word(request.args.get("done", ""), {}, order.total.currency, locale),
    )
    return make_response(html, status)


def _possible(order: Order, left: Money) -> dict[str, bool]:
    """What can be done with the order as it stands."""
    open_ = order.state in (OrderState.PLACED, OrderState.IN_REVIEW)
    return {
        "release": order.state is OrderState.IN_REVIEW,
        "fulfil": order.state is OrderState.PLACED,
        "paid": order.payment is PaymentState.DUE and order.state in (OrderState.PLACED, OrderState.FULFILLED),
        "refund": left.amount > 0 and order.state is not OrderState.PENDING,
        "cancel": open_,
    }


def _unit(currency: str) -> int:
    """In what amounts are typed: tomans where the store shows them."""
    return RIALS_IN_A_TOMAN if speaks_of_toman(currency) else 1


def _order(text: str) -> Order:
    order_id: UUID | None = parse_id(text)
    if order_id is None:
        raise OrderNotFound()
    return queries.get_order(OrderId(order_id))


def _who(email: str, name: str) -> tuple[str, str]:
    """Name and address of a customer as the role sees them."""
    return (name, email) if shell.sees_everything() else (masked_name(name), masked_email(email))


def _masked_address(order: Order) -> tuple[str, ...]:
    place = (order.address.city, order.address.country) if order.address else ()
    return (masked_name(order.contact.name), MASK, *filter(None, place))


def _looked_at(order: Order, action: str) -> None:
    """Who saw a person's data in clear is kept."""
    audit.record(action, actor=shell.actor(), subject=("order", order.id), now=context.now())


def _searched(typed: str) -> tuple[int | None, str]:
    """The order number or the address that was typed. Only who sees addresses may look for one."""
    digits = latin_digits(typed)
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(digits), ""
    if typed and shell.sees_everything():
        try:
            return None, normalize_email(typed)
        except BadAddress:
            return None, ""
    return None, ""
