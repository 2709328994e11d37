"""The doors of checkout and orders: which page answers where. Refusals on the way lead to the page that puts them right."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cart.errors import GuestCartMoved
from app.errors import Refusal
from app.orders import delivery_page, list_page, order_page, payment_page, review_page, sentences  # noqa: F401
from app.orders.errors import (
    CheckoutIncomplete,
    LinesToResolve,
    NothingToOrder,
    PricesToAccept,
    SignInToOrder,
    WayToPayNotOffered,
)
from app.payments import sentences as _payment_sentences  # noqa: F401  what is wrong with a card
from app.web import htmx

checkout = Blueprint("checkout", __name__)
orders = Blueprint("orders", __name__)


@checkout.get("")
def enter() -> AnyResponse:
    """Where the cart's button leads: to the first page that is not filled in, which is mostly the first."""
    return redirect(url_for("checkout.delivery"), 303)


checkout.add_url_rule("/delivery", "delivery", delivery_page.show)
checkout.add_url_rule("/delivery", "keep_delivery", delivery_page.keep, methods=["POST"])
checkout.add_url_rule("/delivery/preview", "preview_delivery", delivery_page.preview, methods=["POST"])
checkout.add_url_rule("/payment", "payment", payment_page.show)
checkout.add_url_rule("/payment", "keep_payment", payment_page.keep, methods=["POST"])
checkout.add_url_rule("/review", "review", review_page.show)
checkout.add_url_rule("/order", "order", review_page.order, methods=["POST"])
checkout.add_url_rule("/resolution", "resolve", review_page.resolve, methods=["POST"])

orders.add_url_rule("", "index", list_page.show)
orders.add_url_rule("/<order_id>", "show", order_page.show)
orders.add_url_rule("/<order_id>/receipt.pdf", "receipt", order_page.receipt)
orders.add_url_rule("/<order_id>/payment", "pay", order_page.pay)
orders.add_url_rule("/<order_id>/payment/cancellation", "call_off", order_page.call_off, methods=["POST"])
orders.add_url_rule("/<order_id>/cancellation", "ask_cancel", order_page.ask_cancel)
orders.add_url_rule("/<order_id>/cancellation", "cancel", order_page.cancel, methods=["POST"])
orders.add_url_rule("/<order_id>/again", "again", order_page.again, methods=["POST"])


@checkout.errorhandler(NothingToOrder)
@checkout.errorhandler(LinesToResolve)
@checkout.errorhandler(PricesToAccept)
@checkout.errorhandler(GuestCartMoved)
def back_to_cart(refusal: Refusal) -> AnyResponse:
    """The cart is where this is put right; it says why one is there."""
    return _lead_to(url_for("cart.show", why=refusal.code))


@checkout.errorhandler(SignInToOrder)
def sign_in(_refusal: Refusal) -> AnyResponse:
    """This store sells to customers with an account."""
    return _lead_to(url_for("accounts.sign_in", next="/checkout"))


@checkout.errorhandler(CheckoutIncomplete)
def to_step(refusal: Refusal) -> AnyResponse:
    """The page that asks for what is missing."""
    return _lead_to(url_for(f"checkout.{refusal.params['step']}"))


@checkout.errorhandler(WayToPayNotOffered)
def to_payment(_refusal: Refusal) -> AnyResponse:
    """The way to pay that was chosen is gone."""
    return _lead_to(url_for("checkout.payment", problem="not_offered"))


def _lead_to(address: str) -> AnyResponse:
    return htmx.leave_to(address) if htmx.wants_fragment() else redirect(address, 303)
