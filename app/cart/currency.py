"""The door through which a shopper chooses a currency: cart and browser together, then back to where they were."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.next_page import safe_next
from app.cart import context, service
from app.cart.commands import SwitchCurrency
from app.cart.errors import UnknownCurrency
from app.cart.events import CurrencySwitched
from app.cart.state import Move
from app.ids import new_id, parse_id
from app.stores.request import current_store, settle_currency

bp = Blueprint("currency", __name__)


@bp.post("/currency")
def switch() -> AnyResponse:
    """Have prices in another currency. Where something had to leave the order, the cart says so."""
    wanted, shown = request.form.get("currency", ""), safe_next(request.form.get("next"), url_for("catalog.home"))
    if wanted not in current_store().currencies:
        raise UnknownCurrency()
    version, parked = _switch_cart(wanted)
    settle_currency(wanted)
    if version and (parked or shown.partition("?")[0] == url_for("cart.show")):
        return redirect(url_for("cart.show", done=version), 303)
    return redirect(f"{shown}{'&' if '?' in shown else '?'}switched=1", 303)


def _switch_cart(currency: str) -> tuple[int, tuple[Move, ...]]:
    """The cart's version after the switch, 0 without one, and what is not sold in the currency."""
    shopper = context.current_shopper()
    if shopper.customer_id is None and shopper.guest_cart_id is None:
        return 0, ()
    changed = service.change(
        shopper,
        SwitchCurrency(currency),
        op_id=parse_id(request.form.get("op_id")) or new_id(),
        currency=currency,
        policy=context.current_policy(),
        days=current_store().settings.cart_expiry_days,
        now=context.now(),
    )
    switched = (event for event in changed.events if isinstance(event, CurrencySwitched))
    return changed.cart.version, next((event.moves for event in switched), ())
