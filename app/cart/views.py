"""The cart page and its forms: each works by HTMX (the region is morphed) and as a plain form (303 to the page)."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context, following, parsing, queries, service, welcome
from app.cart.commands import (
    AcceptPrices,
    AddCoupon,
    AddItem,
    AnswerMerge,
    AnswerNote,
    ChangeQuantity,
    ChangeVariant,
    Command,
    EmptyPane,
    MoveAll,
    MoveLine,
    RemoveCoupon,
    RemoveLine,
    SwitchAutoActivation,
    Undo,
)
from app.cart.errors import LineNotFound, OtherProduct, UnknownPane, VariantNotFound
from app.cart.events import Event
from app.cart.policy import Facts
from app.cart.presentation import CartView, present
from app.cart.state import Cart, Pane
from app.cart.trouble import CODE, Trouble, guest_cart_lost, sent_back, trouble_of
from app.catalog.queries import get_product
from app.errors import Refusal
from app.ids import CustomerId, LineId, VariantId, new_id, parse_id
from app.promotions import guessing
from app.promotions.domain import Coupon
from app.stores.request import chosen_currency, current_locale, current_store, settle_currency
from app.web import htmx
from app.web.formats import parse_quantity
from app.web.refusals import describe
from app.web.visitors import current_visitor

bp = Blueprint("cart", __name__)


@bp.get("")
def show() -> Response:
    """Both panes on one page."""
    shopper = context.current_shopper()
    now = queries.get_cart(shopper, days=current_store().settings.cart_expiry_days)
    if following.asked():
        return following.answer(_view(now.cart, now.facts, None, now.coupon))
    just_done = request.args.get("done") == str(now.cart.version)
    lost = context.drop_lost(shopper, now.cart)
    trouble = guest_cart_lost() if lost else sent_back(request.args.get("why"))
    view = _view(now.cart, now.facts, now.last if just_done else None, now.coupon)
    return _page(view, trouble, welcome.sentence(request.args.get("left")))


@bp.post("/items")
def add_item() -> AnyResponse:
    """Put a variant into a pane; HTMX gets the confirmation that stands beside the button."""
    form = request.form
    try:
        variant_id = parse_id(form.get("variant_id"))
        if variant_id is None:
            raise VariantNotFound()
        changed = _change(
            AddItem(
                line_id=LineId(new_id()),
                variant_id=VariantId(variant_id),
                quantity=parse_quantity(form.get("quantity", "1")),
                pane=_pane(form.get("pane", Pane.ACTIVE)),
            )
        )
    except Refusal as refusal:
        if not htmx.wants_fragment():
            return _refused(refusal)
        page = render_template("cart/item_refused.htmx.html", sentence=describe(refusal))
        return htmx.fragment(page, refusal.status)
    if not htmx.wants_fragment():
        return redirect(url_for("cart.show", done=changed.cart.version), 303)
    view = _view(changed.cart, changed.facts, changed.last, changed.coupon)
    return htmx.fragment(
        render_template("cart/item_added.htmx.html", view=view, activated=changed.next_purchase_activated)
    )


@bp.post("/items/<line_id>/quantity")
def change_quantity(line_id: str) -> AnyResponse:
    """Have another quantity of a line: from the buttons (`quantity`) or typed (`typed`); none removes it."""
    form = request.form
    text = form.get("quantity") or form.get("typed")
    return _act(
        lambda: ChangeQuantity(_line(line_id), parse_quantity(text), _seen()), typed={line_id: form.get("typed", "")}
    )


@bp.get("/items/<line_id>/options")
def show_options(line_id: str) -> Response:
    """The variants a line can become: a page of its own, or swapped into the line."""
    found = _line(line_id)
    now = queries.get_cart(context.current_shopper(), days=current_store().settings.cart_expiry_days)
    line = now.cart.find(found)
    if line is None:
        raise LineNotFound()
    current = now.facts.get(line.variant_id)
    product = get_product(current.handle if current else line.snapshot.handle, now.cart.currency)
    template = "cart/options.htmx.html" if htmx.wants_fragment() else "cart/options.html"
    return make_response(render_template(template, line=line, product=product, version=now.cart.version))


@bp.post("/items/<line_id>/options")
def change_options(line_id: str) -> AnyResponse:
    """Have another variant of the product on a line."""

    def command() -> ChangeVariant:
        variant_id = parse_id(request.form.get("variant_id"))
        if variant_id is None:
            raise OtherProduct()
        return ChangeVariant(_line(line_id), VariantId(variant_id), _seen())

    return _act(command)


@bp.post("/items/<line_id>/removal")
def remove_item(line_id: str) -> AnyResponse:
    """Take a line out."""
    return _act(lambda: RemoveLine(_line(line_id), _seen()))


@bp.post("/items/<line_id>/pane")
def move_item(line_id: str) -> AnyResponse:
    """Bring a line, or part of it, to the other pane."""
    form = request.form
    return _act(
        lambda: MoveLine(
            line_id=_line(line_id),
            pane=_pane(form.get("pane")),
            new_line_id=LineId(new_id()),
            quantity=parse_quantity(form["quantity"]) if form.get("quantity") else None,
            seen=_seen(),
        )
    )


@bp.post("/panes/<pane>/lines")
def move_all(pane: str) -> AnyResponse:
    """Bring all lines to this pane."""
    return _act(lambda: MoveAll(_pane(pane)))


@bp.post("/panes/<pane>/emptying")
def empty_pane(pane: str) -> AnyResponse:
    """Take out all lines of this pane."""
    return _act(lambda: EmptyPane(_pane(pane)))


@bp.post("/undo")
def undo() -> AnyResponse:
    """Take back what was done last."""
    return _act(lambda: Undo(parsing.version(request.form.get("version"))))


@bp.post("/note/<answer>")
def answer_note(answer: str) -> AnyResponse:
    """Say whether what was brought back may stay (`keep`) or not (`undo`)."""
    return _act(lambda: AnswerNote(keep=answer == "keep"))


@bp.post("/merge/<answer>")
def answer_merge(answer: str) -> AnyResponse:
    """Say whether what came in from the device may stay (`keep`) or not (`undo`)."""
    customer_id = context.current_shopper().customer_id
    if answer == "keep" or customer_id is None:  # into a guest's cart nothing comes but copies, by a link
        return _act(lambda: AnswerMerge(keep=answer == "keep"))
    return _answered(lambda: _undo_merge(customer_id))


@bp.post("/prices")
def accept_prices() -> AnyResponse:
    """Be content with the prices that the page showed."""
    return _act(lambda: AcceptPrices(parsing.shown_prices(request.form.get("shown", ""))))


@bp.post("/coupon")
def add_coupon() -> AnyResponse:
    """Have a discount code on the order; it takes the place of another."""
    code = request.form.get("code", "")
    return _answered(lambda: guessing.guarded(code, lambda tried: _change(AddCoupon(tried))), {CODE: code})


@bp.post("/coupon/removal")
def remove_coupon() -> AnyResponse:
    """Have no discount code on the order."""
    return _act(RemoveCoupon)


@bp.post("/auto-activation")
def switch_auto_activation() -> AnyResponse:
    """Have next purchase come back by itself, or not."""
    return _act(lambda: SwitchAutoActivation(enabled=request.form.get("enabled") == "on"))


def _act(command_of: Callable[[], Command], typed: dict[str, str] | None = None) -> AnyResponse:
    return _answered(lambda: _change(command_of()), typed)


def _answered(change: Callable[[], service.Changed], typed: dict[str, str] | None = None) -> AnyResponse:
    try:
        changed = change()
    except Refusal as refusal:
        return _refused(refusal, typed)
    if not htmx.wants_fragment():
        return redirect(url_for("cart.show", done=changed.cart.version), 303)
    return _fragment(_view(changed.cart, changed.facts, changed.last, changed.coupon))


def _change(command: Command) -> service.Changed:
    shopper = context.shopper_for_change()
    changed = service.change(
        shopper,
        command,
        op_id=parse_id(request.form.get("op_id")) or new_id(),
        currency=chosen_currency(),
        policy=context.current_policy(),
        days=current_store().settings.cart_expiry_days,
        now=context.now(),
    )
    if changed.cart.version:
        context.carry(shopper)
    return changed


def _undo_merge(customer_id: CustomerId) -> service.Changed:
    changed, guest_cart_id = service.undo_merge(
        customer_id,
        op_id=parse_id(request.form.get("op_id")) or new_id(),
        currency=chosen_currency(),
        policy=context.current_policy(),
        days=current_store().settings.cart_expiry_days,
        now=context.now(),
        by=current_visitor(),
    )
    if guest_cart_id is not None:
        context.keep_apart(guest_cart_id)
    return changed


def _refused(refusal: Refusal, typed: dict[str, str] | None = None) -> Response:
    """The cart as it is, with what was wrong; a field keeps what was typed into it."""
    now = queries.get_cart(context.current_shopper(), days=current_store().settings.cart_expiry_days)
    trouble = trouble_of(refusal, typed or {}, request.form, request.path, current_locale())
    view = _view(now.cart, now.facts, None, now.coupon)
    return _fragment(view, trouble) if htmx.wants_fragment() else _page(view, trouble)


def _page(view: CartView, trouble: Trouble | None = None, greeting: str = "") -> Response:
    context.tell_count(view.totals.units)
    page = render_template("cart/show.html", view=view, trouble=trouble, welcome=greeting)
    response = make_response(page, trouble.status if trouble else 200)
    response.set_etag(view.tag, weak=True)
    return response


def _fragment(view: CartView, trouble: Trouble | None = None) -> Response:
    page = render_template("cart/changed.htmx.html", view=view, trouble=trouble)
    return htmx.fragment(page, trouble.status if trouble else 200)


def _view(cart: Cart, facts: Facts, last: Event | None, coupon: Coupon | None) -> CartView:
    if cart.currency:
        settle_currency(cart.currency)
    policy, locale = context.current_policy(), current_locale()
    return present(cart, facts, policy, locale, chosen_currency(), context.now(), last=last, coupon=coupon)


def _seen() -> int | None:
    """How many units the page showed of the line, if the form says so."""
    text = request.form.get("seen")
    return parse_quantity(text) if text else None


def _line(text: str) -> LineId:
    line_id: UUID | None = parse_id(text)
    if line_id is None:
        raise LineNotFound()
    return LineId(line_id)


def _pane(text: str | None) -> Pane:
    try:
        return Pane(text or "")
    except ValueError:
        raise UnknownPane() from None
