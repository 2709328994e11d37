"""Variants changed by staff: added, withdrawn and brought back, given another price with an undo. Behind their own rows, before stock."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from app.catalog import drafts
from app.catalog.drafts import FurtherPrice, VariantDraft
from app.catalog.editing import index_words
from app.catalog.errors import (
    BadProduct,
    PriceMoved,
    ProductNotFound,
    TooLateToTakeBack,
    VariantExists,
    VariantNotFound,
)
from app.catalog.further_prices import set_further_prices
from app.catalog.importing import known_variants, option_key
from app.catalog.models import PriceChange, Product, Variant, VariantPrice
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, unit_of_work
from app.ids import ProductId, VariantId, new_id
from app.inventory.service import StockLevel, came_back, set_levels
from app.money import Money
from app.web import live

LOCK_PRODUCT = text("""
    SELECT option_names, minimum_quantity FROM products WHERE store_id = :store AND id = :product FOR NO KEY UPDATE""")
LOCK = text("""
    SELECT id, product_id, options, price, compare_at_price, currency, withdrawn_at FROM variants
    WHERE store_id = :store AND id = :variant AND product_id = :product FOR NO KEY UPDATE""")
LAST = text("""
    SELECT before, before_compare_at, after, after_compare_at, currency, variant_id, undone_at FROM price_changes
    WHERE store_id = :store AND id = :id""")
UNDONE = text("UPDATE price_changes SET undone_at = :now WHERE store_id = :store AND id = :id")


@dataclass(frozen=True, slots=True)
class Price:
    """What a variant costs in a currency. `price` None: it is not sold in it."""

    currency: str
    price: Money | None
    compare_at: Money | None = None


@unit_of_work
def add(product_id: ProductId, draft: VariantDraft, *, locale: str, now: datetime, actor: str) -> VariantId:
    """One more way of buying the product. Raises BadProduct, VariantExists."""
    product = _product(product_id)
    if len(draft.options) != len(product.option_names) or not all(option.get(locale) for option in draft.options):
        raise BadProduct(field="option")
    names = [draft.sku, *(value for option in draft.options for value in option.values())]
    if any(len(name) > drafts.LONGEST_NAME for name in names):
        raise BadProduct(field="long")
    if draft.image is not None and not drafts.allowed_source(draft.image):
        raise BadProduct(field="image")
    check_price(Price(draft.price.currency, draft.price, draft.compare_at))
    known = known_variants(product_id, locale)
    if option_key(draft.options, locale) in known:
        raise VariantExists()
    if len(known) >= drafts.MOST_VARIANTS:
        raise BadProduct(field="variants")
    variant_id = VariantId(new_id())
    of_product = (Variant.store_id == current_store_id(), Variant.product_id == product_id)
    last = db.session.execute(select(func.coalesce(func.max(Variant.position), 0)).where(*of_product)).scalar_one()
    db.session.execute(
        insert(Variant).values(
            store_id=current_store_id(),
            id=variant_id,
            product_id=product_id,
            sku=draft.sku,
            options=list(draft.options),
            price=draft.price.amount,
            compare_at_price=draft.compare_at.amount if draft.compare_at else None,
            currency=draft.price.currency,
            image=draft.image,
            position=last + 1,
        )
    )
    _touch(product_id, now)
    level = StockLevel(variant_id, draft.quantity, draft.tracked, draft.oversell, product.minimum_quantity)
    set_levels([level], now=now, actor=actor)
    return variant_id


@unit_of_work
def offer(product_id: ProductId, variant_id: VariantId, *, offered: bool, now: datetime) -> bool:
    """Withdraw a variant, or have it for sale again. Returns whether that changed anything. Raises VariantExists."""
    _product(product_id)
    row = _locked(product_id, variant_id)
    if (row.withdrawn_at is None) == offered:
        return False
    if offered:
        same = select(Variant.id).where(
            Variant.store_id == current_store_id(),
            Variant.product_id == product_id,
            Variant.options == row.options,
            Variant.withdrawn_at.is_(None),
        )
        if db.session.execute(same).first():
            raise VariantExists()
    _write(variant_id, withdrawn_at=None if offered else now)
    _touch(product_id, now)
    if offered:
        came_back([variant_id], now=now)
    return True


@unit_of_work
def price(
    product_id: ProductId,
    variant_id: VariantId,
    wanted: Price,
    *,
    seen: Money | None,
    actor: str,
    op_id: UUID,
    now: datetime,
) -> Price:
    """Have the variant cost something else in a currency; `seen` is what the page said. Returns how it was.

    The same `op_id` again changes nothing. Raises BadProduct, PriceMoved.
    """
    check_price(wanted)
    _product(product_id)
    row = _locked(product_id, variant_id)
    before = _current(row, wanted.currency)
    if db.session.execute(LAST, {"store": current_store_id(), "id": op_id}).first():
        return before
    if wanted.price is None and wanted.currency == row.currency:
        raise BadProduct(field="price")
    if before.price != seen:
        raise PriceMoved(price=before.price)
    if before == wanted:
        return before
    _set(row, wanted, now)
    db.session.execute(
        insert(PriceChange).values(
            store_id=current_store_id(),
            id=op_id,
            variant_id=variant_id,
            currency=wanted.currency,
            before=_amount(before.price),
            before_compare_at=_amount(before.compare_at),
            after=_amount(wanted.price),
            after_compare_at=_amount(wanted.compare_at),
            changed_at=now,
            actor=actor,
        )
    )
    return before


@unit_of_work
def take_back(product_id: ProductId, variant_id: VariantId, change_id: UUID, *, now: datetime) -> tuple[Price, Price]:
    """Have the price as it was before a change, unless it was changed again. Returns what was and what is now. Raises TooLateToTakeBack."""
    _product(product_id)
    row = _locked(product_id, variant_id)
    names = {"store": current_store_id(), "id": change_id}
    change = db.session.execute(LAST, names).first()
    if change is None or change.variant_id != variant_id or change.undone_at is not None:
        raise TooLateToTakeBack()
    now_it_is = _current(row, change.currency)
    if now_it_is != _price(change.currency, change.after, change.after_compare_at):
        raise TooLateToTakeBack()
    earlier = _price(change.currency, change.before, change.before_compare_at)
    _set(row, earlier, now)
    db.session.execute(UNDONE, {**names, "now": now})
    return now_it_is, earlier


def check_price(wanted: Price) -> None:
    """Raise BadProduct for a price before the reduction that is not above the price."""
    if wanted.compare_at is not None and (wanted.price is None or wanted.compare_at <= wanted.price):
        raise BadProduct(field="compare_at")


def _set(row: Any, wanted: Price, now: datetime) -> None:
    if wanted.currency == row.currency and wanted.price is not None:
        _write(VariantId(row.id), price=wanted.price.amount, compare_at_price=_amount(wanted.compare_at))
    else:
        set_further_prices([(VariantId(row.id), FurtherPrice(wanted.currency, wanted.price, wanted.compare_at))])
    # Reminders of what became cheaper look at products that changed lately (recovery/triggers.py).
    of_product = (Product.store_id == current_store_id(), Product.id == row.product_id)
    db.session.execute(update(Product).where(*of_product).values(updated_at=now))
    after_commit(partial(live.publish_catalogue, [VariantId(row.id)]))


def _current(row: Any, currency: str) -> Price:
    if currency == row.currency:
        return _price(currency, row.price, row.compare_at_price)
    of_variant = (VariantPrice.store_id == current_store_id(), VariantPrice.variant_id == row.id)
    found = db.session.execute(
        select(VariantPrice.price, VariantPrice.compare_at_price).where(*of_variant, VariantPrice.currency == currency)
    ).first()
    return _price(currency, found.price, found.compare_at_price) if found else Price(currency, None)


def _price(currency: str, amount: int | None, compare_at: int | None) -> Price:
    return Price(
        currency,
        None if amount is None else Money(amount, currency),
        None if compare_at is None else Money(compare_at, currency),
    )


def _amount(money: Money | None) -> int | None:
    return None if money is None else money.amount


def _product(product_id: ProductId) -> Any:
    """The product's row, locked: whoever adds, withdraws or brings back one of its variants takes turns."""
    row = db.session.execute(LOCK_PRODUCT, {"store": current_store_id(), "product": product_id}).first()
    if row is None:
        raise ProductNotFound()
    return row


def _locked(product_id: ProductId, variant_id: VariantId) -> Any:
    names = {"store": current_store_id(), "product": product_id, "variant": variant_id}
    row = db.session.execute(LOCK, names).first()
    if row is None:
        raise VariantNotFound()
    return row


def _write(variant_id: VariantId, **values: Any) -> None:
    of_variant = (Variant.store_id == current_store_id(), Variant.id == variant_id)
    db.session.execute(update(Variant).where(*of_variant).values(**values))
    after_commit(partial(live.publish_catalogue, [variant_id]))


def _touch(product_id: ProductId, now: datetime) -> None:
    of_product = (Product.store_id == current_store_id(), Product.id == product_id)
    db.session.execute(update(Product).where(*of_product).values(updated_at=now))
    index_words(product_id)
