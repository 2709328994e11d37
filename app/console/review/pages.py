"""The queue and one order of it. After a decision the next one opens by itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import colleagues, shell
from app.console.masking import MASK, masked_email, masked_name, masked_phone
from app.console.review.words import cause_word, decision_word, meanwhile, reason_name, trait_word
from app.console.spans import ago
from app.database.transaction import unit_of_work
from app.errors import Invalid, Refusal
from app.ids import OrderId, new_id, parse_id
from app.orders import queries, review_queries, reviewing
from app.orders.errors import OrderNotFound
from app.orders.fraud_words import staff_sentence
from app.orders.presentation import address_lines, order_items, phone
from app.orders.review_queries import Decided
from app.orders.reviewing import CAUSES, DecidedMeanwhile, Decision, ReviewNotFound
from app.orders.sentences import payment_word, state_word
from app.orders.values import Order, OrderState
from app.stores.request import current_locale
from app.web.refusals import describe

PROMISED = timedelta(hours=2)  # what the shopper was told (orders/fraud_words.py)
LATELY = timedelta(days=1)
LARGEST = 3


def index() -> AnyResponse:
    """The first order of the queue, or word that there is none."""
    held = review_queries.list_held()
    return _page(held[0].id if held else None, {}, 200)


def show(order_id: str) -> AnyResponse:
    """One order, in the queue or decided about."""
    return _page(_id(order_id), {}, 200)


def decide(order_id: str) -> AnyResponse:
    """Allow, hold or block it, once however often the button is pressed."""
    order, by, now_ = _id(order_id), shell.actor(), context.now()
    decision, cause = request.form.get("decision", ""), request.form.get("cause", "")
    op_id = parse_id(request.form.get("op_id")) or new_id()
    seen = parse_id(request.form.get("seen"))
    note = request.form.get("note", "").strip()

    @unit_of_work
    def both() -> None:
        if decision not in CAUSES:
            raise reviewing.NoCause()
        wanted = cast(Decision, decision)
        if reviewing.decide(order, wanted, cause=cause, note=note, seen=seen, op_id=op_id, actor=by, now=now_):
            details = {"decision": decision, "cause": cause}
            audit.record("order_reviewed", actor=by, subject=("order", order), now=now_, details=details)

    try:
        both()
    except (DecidedMeanwhile, Invalid) as refusal:
        status = 422 if isinstance(refusal, Invalid) else 409
        return _page(order, {"words": _said(refusal), "of": decision, "typed": request.form}, status)
    return redirect(url_for("console.review", did=op_id), 303)


def undo(review_id: str) -> AnyResponse:
    """Take a decision back."""
    by, now_, review = shell.actor(), context.now(), _review_id(review_id)

    @unit_of_work
    def both() -> OrderId:
        order_id = reviewing.undo(review, now=now_)
        audit.record("order_review_undone", actor=by, subject=("order", order_id), now=now_)
        return order_id

    try:
        order_id = both()
    except reviewing.TooLateToUndecide as refusal:
        found = reviewing.find(review)
        return _page(found.order_id if found else None, {"words": describe(refusal)}, 409)
    return redirect(url_for("console.review_order", order_id=order_id, undone=1), 303)


def now(review_id: str) -> AnyResponse:
    """Carry a decision out without waiting for the ten minutes to pass."""
    by, now_, review = shell.actor(), context.now(), _review_id(review_id)
    found = reviewing.find(review)
    if found is None:
        raise ReviewNotFound()
    if not reviewing.carry_out(review, now=now_, actor=by):
        return _page(found.order_id, {"words": describe(reviewing.TooLateToUndecide())}, 409)
    return redirect(url_for("console.review_order", order_id=found.order_id), 303)


def _page(order_id: OrderId | None, problem: Mapping[str, object], status: int) -> AnyResponse:
    locale, now_, people = current_locale(), context.now(), colleagues.by_actor()
    held, clear = review_queries.list_held(), shell.sees_everything()
    decided = review_queries.list_decided(now_ - LATELY)
    did = parse_id(request.args.get("did"))
    html = render_template(
        "console/review/index.html",
        queue=[(one, one.name if clear else masked_name(one.name), ago(one.placed_at, now_, locale)) for one in held],
        item=_item(order_id, people, now_, clear=clear) if order_id else None,
        decided=[_decided(one, people, now_) for one in decided],
        did=next((_decided(one, people, now_) for one in decided if one.id == did), None),
        undone=bool(request.args.get("undone")),
        rates=[(reason_name(one.reason), one.decided, one.blocked) for one in review_queries.hit_rates()],
        may_act=clear,
        problem=problem,
    )
    return make_response(html, status)


def _item(order_id: OrderId, people: Mapping[str, str], now_: datetime, *, clear: bool) -> dict[str, Any]:
    order, weighed, locale = queries.get_order(order_id), review_queries.weigh(order_id), current_locale()
    if clear and request.method == "GET":
        audit.record("order_viewed", actor=shell.actor(), subject=("order", order.id), now=now_)
    word, tone = state_word(order.state, order.payment)
    placed = order.placed_at or order.created_at
    sentences = [(staff_sentence(reason, locale), reason.points) for reason in weighed.reasons]
    last = weighed.last
    return {
        "order": order,
        "number": str(order.number or ""),
        "state": word,
        "tone": tone,
        "payment": payment_word(order.payment),
        "score": weighed.score,
        "reasons": sentences[:LARGEST],
        "others": sentences[LARGEST:],
        "items": order_items(order, locale),
        "linked": [
            (one, state_word(one.state, order.payment)[0], [trait_word(trait) for trait in one.traits])
            for one in review_queries.list_linked(order_id)
        ],
        "who": _who(order, clear=clear),
        "waits": ago(placed, now_, locale),
        "late": now_ - placed > PROMISED,
        "open": order.state is OrderState.IN_REVIEW and (last is None or last.state != "waiting"),
        "seen": last.id if last else "",
        "last": _decided(last, people, now_) if last else None,
        "note": last.note if last and clear else "",
        "cause": cause_word(last.cause) if last else "",
        "causes": {decision: [(code, cause_word(code)) for code in codes] for decision, codes in CAUSES.items()},
    }


def _who(order: Order, *, clear: bool) -> dict[str, object]:
    if clear:
        return {
            "name": order.contact.name,
            "email": order.contact.email,
            "phone": phone(order.contact),
            "address": address_lines(order.contact, order.address, current_locale()),
        }
    place = (order.address.city, order.address.country) if order.address else ()
    return {
        "name": masked_name(order.contact.name),
        "email": masked_email(order.contact.email),
        "phone": masked_phone(order.contact.phone),
        "address": (MASK, *place),
    }


def _decided(one: Decided, people: Mapping[str, str], now_: datetime) -> dict[str, Any]:
    word, tone = decision_word(one.decision)
    undoable = one.due_at > now_ and (one.state == "waiting" or one.decision == "hold")
    return {"one": one, "word": word, "tone": tone, "who": people.get(one.actor, ""), "undoable": undoable}


def _said(refusal: Refusal) -> str:
    if isinstance(refusal, DecidedMeanwhile):
        return meanwhile(colleagues.by_actor().get(refusal.params["actor"], ""), refusal.params["decision"])
    return describe(refusal)


def _id(text: str) -> OrderId:
    found = parse_id(text)
    if found is None:
        raise OrderNotFound()
    return OrderId(found)


def _review_id(text: str) -> UUID:
    found = parse_id(text)
    if found is None:
        raise ReviewNotFound()
    return found
