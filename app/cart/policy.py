"""What the rules decide by besides the cart itself: the catalogue's facts and the store's settings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.catalog.facts import VariantFacts
from app.ids import VariantId
from app.stores.delivery import DeliveryMethod
from app.stores.taxes import Taxes

Facts = Mapping[VariantId, VariantFacts]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the store has set (app/stores/settings.py)."""

    auto_activation: bool = True
    price_rise_limit_percent: int = 20
    lines_at_most: int = 100
    stock_check: bool = True
    price_check: bool = True
    guest_merge: bool = True
    merge_rule: Literal["larger", "sum"] = "larger"
    country: str = "DE"
    delivery_methods: tuple[DeliveryMethod, ...] = ()
    taxes: Taxes = field(default_factory=Taxes)
