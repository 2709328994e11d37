"""Auto-activation (PRODUCT, rule 3): next purchase comes back into an empty active pane when a first item is added. Pure."""

from app.cart.commands import AddItem
from app.cart.events import Event, NextPurchaseActivated
from app.cart.moving import held_back_reason, plan
from app.cart.policy import Facts, Policy
from app.cart.state import LARGEST_QUANTITY, Cart, HeldBack, HeldBackReason, Line, Pane
from app.catalog.facts import VariantFacts


def activate(cart: Cart, adding: AddItem, facts: Facts, policy: Policy) -> tuple[Event, ...]:
    """The activation that adding an item brings with it: () when the rule does not apply or no line can come."""
    saved = cart.pane(Pane.NEXT_PURCHASE)
    if not (policy.auto_activation and cart.auto_activation and saved) or cart.pane(Pane.ACTIVE):
        return ()
    coming, held_back = [], []
    for line in saved:
        variant = facts.get(line.variant_id)
        reason = held_back_reason(cart, line, variant, stock_check=policy.stock_check, to=Pane.ACTIVE)
        reason = reason or _dearer(line, variant, policy) or _too_many(line, variant, adding)
        if reason is None:
            coming.append((line, line.id))
        else:
            held_back.append(reason)
    return (NextPurchaseActivated(plan(cart, coming), tuple(held_back)),) if coming else ()


def _dearer(line: Line, variant: VariantFacts | None, policy: Policy) -> HeldBack | None:
    """A price that rose by more than the store's limit since the shopper saved the line."""
    if variant is None:
        return None
    before, now = line.snapshot.unit_price, variant.unit_price
    if before.currency != now.currency:  # nobody can say by how much it rose
        return HeldBack(line.id, line.snapshot.title, HeldBackReason.CURRENCY)
    if now.amount * 100 <= before.amount * (100 + policy.price_rise_limit_percent):
        return None
    return HeldBack(line.id, line.snapshot.title, HeldBackReason.PRICE_ROSE)


def _too_many(line: Line, variant: VariantFacts | None, adding: AddItem) -> HeldBack | None:
    """A twin of the item being added with which it would pass the product's limit, or what is in stock."""
    if variant is None or line.variant_id != adding.variant_id:
        return None
    limits = [LARGEST_QUANTITY, variant.maximum, variant.available]
    if line.quantity + adding.quantity <= min(limit for limit in limits if limit is not None):
        return None
    return HeldBack(line.id, line.snapshot.title, HeldBackReason.LIMIT)
