"""What the store does meanwhile: hands orders over, takes things back, refills its shelves, changes a price for some days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, unit_of_work
from app.errors import Refusal
from app.ids import OrderId, VariantId
from app.inventory.service import StockLevel, set_levels
from app.money import Money
from app.orders import handling
from app.orders.queries import get_order
from app.orders.values import OrderState, PaymentState
from app.simulator.baskets import Good

ACTOR = "simulation"
REFILL_BELOW = 0.5  # of what was there at the beginning
REFILL_AT_LEAST = 12

GOODS = text("""
    SELECT v.id, v.product_id, p.minimum_quantity AS least, p.maximum_quantity AS most, s.available, s.tracked, s.oversell
    FROM variants v JOIN products p ON p.store_id = v.store_id AND p.id = v.product_id
    LEFT JOIN stock s ON s.store_id = v.store_id AND s.variant_id = v.id
    WHERE v.store_id = :store AND v.withdrawn_at IS NULL AND p.status = 'published' ORDER BY v.id""")

# No service changes a single price: an import writes whole products. What carts and messages say of it is theirs.
REPRICE = text("""
    UPDATE variants SET price = :price WHERE store_id = :store AND id = :variant RETURNING id""")
REPRICE_FURTHER = text("""
    UPDATE variant_prices SET price = CAST(price * :by AS bigint) WHERE store_id = :store AND variant_id = :variant""")
PRICES = text("""
    SELECT v.price, (SELECT json_object_agg(o.currency, o.price) FROM variant_prices o
                     WHERE o.store_id = v.store_id AND o.variant_id = v.id) AS further
    FROM variants v WHERE v.store_id = :store AND v.id = :variant""")
RESTORE_FURTHER = text("""
    UPDATE variant_prices SET price = :price
    WHERE store_id = :store AND variant_id = :variant AND currency = :currency""")
LEFT = text("SELECT variant_id, available FROM stock WHERE store_id = :store AND tracked AND NOT oversell")


@dataclass(frozen=True, slots=True)
class Level:
    """What was on the shelf of a variant at the beginning."""

    available: int
    tracked: bool
    oversell: bool
    least: int


class Staff:
    """The people of the store. What they change of shelves and prices is as it was when they `tidy_up`."""

    def __init__(self) -> None:
        rows = db.session.execute(GOODS, {"store": current_store_id()}).all()
        finish_reading()
        self.levels = {
            row.id: Level(row.available, row.tracked, row.oversell, row.least) for row in rows if row.tracked
        }
        self.goods = [
            Good(row.id, row.product_id, row.least, row.most)
            for row in rows
            if not row.tracked or row.oversell or row.available >= row.least
        ]
        self._sold = {good.variant_id for good in self.goods}
        self._emptied: set[UUID] = set()
        self._raised: dict[UUID, Any] = {}

    def refill(self, now: datetime) -> None:
        """Fill up the shelves that are getting empty."""
        rows = db.session.execute(LEFT, {"store": current_store_id()}).all()
        finish_reading()
        low = [
            row.variant_id
            for row in rows
            if (level := self.levels.get(row.variant_id)) is not None
            and row.variant_id in self._sold
            and row.variant_id not in self._emptied
            and row.available < max(level.available * REFILL_BELOW, REFILL_AT_LEAST)
        ]
        self._set({variant_id: max(self.levels[variant_id].available, 4 * REFILL_AT_LEAST) for variant_id in low}, now)

    def sell_out(self, variant_id: UUID, now: datetime) -> bool:
        """Somebody else bought the last ones."""
        if variant_id not in self.levels:
            return False
        self._emptied.add(variant_id)
        self._set({variant_id: 0}, now)
        return True

    def refill_one(self, variant_id: UUID, now: datetime) -> None:
        """It came in again."""
        if variant_id in self._emptied:
            self._emptied.discard(variant_id)
            self._set({variant_id: max(self.levels[variant_id].available, REFILL_AT_LEAST)}, now)

    @unit_of_work
    def raise_price(self, variant_id: UUID, percent: int) -> bool:
        """Make something dearer, unless it is already."""
        names = {"store": current_store_id(), "variant": variant_id}
        if variant_id in self._raised:
            return False
        before = db.session.execute(PRICES, names).one()
        self._raised[variant_id] = before
        db.session.execute(REPRICE, {**names, "price": before.price * (100 + percent) // 100})
        db.session.execute(REPRICE_FURTHER, {**names, "by": 1 + percent / 100})
        return True

    @unit_of_work
    def restore_price(self, variant_id: UUID) -> None:
        """What it cost before."""
        before = self._raised.pop(variant_id, None)
        if before is None:
            return
        names = {"store": current_store_id(), "variant": variant_id}
        db.session.execute(REPRICE, {**names, "price": before.price})
        for currency, price in (before.further or {}).items():
            db.session.execute(RESTORE_FURTHER, {**names, "currency": currency, "price": price})

    def hand_over(self, order_id: OrderId, now: datetime) -> None:
        """See to an order: release it if it was held, send it off, take the money of one that is paid on delivery."""
        order = get_order(order_id)
        finish_reading()
        if order.state is OrderState.IN_REVIEW:
            handling.release(order_id, actor=ACTOR, now=now)
        elif order.state is not OrderState.PLACED:
            return
        handling.fulfil(order_id, actor=ACTOR, now=now)
        if order.payment is PaymentState.DUE:
            handling.receive_payment(order_id, actor=ACTOR, now=now)

    def cancel(self, order_id: OrderId, now: datetime) -> bool:
        """The customer thought better of it."""
        try:
            handling.cancel(order_id, actor=ACTOR, cause="customer", now=now)
        except Refusal:
            return False
        return True

    def take_back(self, order_id: OrderId, *, whole: bool, now: datetime) -> bool:
        """Things came back: give back all of it, or what one of its lines cost."""
        order = get_order(order_id)
        finish_reading()
        line = order.lines[-1]
        part = Money(min(line.amount.amount - line.discount.amount, order.paid.amount), order.total.currency)
        amount = order.paid if whole or len(order.lines) == 1 else part
        try:
            handling.refund(order_id, amount, actor=ACTOR, cause="returned", now=now)
        except Refusal:
            return False
        return True

    def tidy_up(self, now: datetime) -> None:
        """Shelves and prices as they were."""
        for variant_id in list(self._raised):
            self.restore_price(variant_id)
        self._emptied.clear()
        self._set({variant_id: level.available for variant_id, level in self.levels.items()}, now)

    @unit_of_work
    def _set(self, available: dict[UUID, int], now: datetime) -> None:
        set_levels(self._levels(available.items()), now=now)

    def _levels(self, available: Iterable[tuple[UUID, int]]) -> list[StockLevel]:
        return [
            StockLevel(VariantId(variant_id), units, level.tracked, level.oversell, level.least)
            for variant_id, units in available
            if (level := self.levels.get(variant_id)) is not None
        ]
