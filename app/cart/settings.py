"""The numbers of the cart that a store's staff may change, as its rules take them."""

from app.cart.policy import Policy
from app.stores.settings import StoreSettings


def policy_of(settings: StoreSettings) -> Policy:
    """The rules' numbers out of the store's settings."""
    return Policy(
        auto_activation=settings.auto_activation,
        price_rise_limit_percent=settings.price_rise_limit_percent,
        lines_at_most=settings.lines_at_most,
        stock_check=settings.stock_check,
        price_check=settings.price_check,
        guest_merge=settings.guest_merge,
        merge_rule=settings.guest_merge_rule,
        country=settings.country,
        delivery_methods=settings.delivery_methods,
        taxes=settings.taxes,
    )
