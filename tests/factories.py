"""Making products and customers for tests, in one line each, in the store that was entered."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, text, update

from app.accounts.models import Customer
from app.catalog.models import Product, Variant, VariantPrice
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, VariantId, new_id
from app.inventory.models import Stock
from app.stores.service import change_setting
from tests.conftest import NOW


@dataclass(frozen=True)
class MadeProduct:
    """A product with one variant."""

    handle: str
    id: UUID
    variant_id: VariantId


def make_product(
    title: str = "Wool throw",
    *,
    price: int = 1000,
    available: int | None = 100,
    currency: str = "EUR",
    minimum: int = 1,
    maximum: int | None = None,
    status: str = "published",
    handle: str | None = None,
    fa: str = "شال مبل پشمی",
    further: dict[str, int] | None = None,
) -> MadeProduct:
    """A product with one variant; `available` None means it never runs out. `further` are its prices in other currencies."""
    store_id, product_id, variant_id = current_store_id(), new_id(), VariantId(new_id())
    handle = handle or f"{title.lower().replace(' ', '-')}-{str(product_id)[-6:]}"
    with transaction() as session:
        session.execute(
            insert(Product).values(
                store_id=store_id,
                id=product_id,
                handle=handle,
                title={"en": title, "fa": fa},
                body={"en": f"{title}."},
                option_names=[],
                status=status,
                minimum_quantity=minimum,
                maximum_quantity=maximum,
                search_text=title.lower(),
                position=1,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        session.execute(
            insert(Variant).values(
                store_id=store_id,
                id=variant_id,
                product_id=product_id,
                sku=handle,
                options=[],
                price=price,
                currency=currency,
                position=1,
            )
        )
        session.execute(
            insert(Stock).values(
                store_id=store_id,
                variant_id=variant_id,
                available=available or 0,
                tracked=available is not None,
                oversell=False,
            )
        )
        for code, amount in (further or {}).items():
            session.execute(
                insert(VariantPrice).values(store_id=store_id, variant_id=variant_id, currency=code, price=amount)
            )
    return MadeProduct(handle, product_id, variant_id)


def sell_also_in(*currencies: str, by_language: dict[str, str] | None = None) -> None:
    """Have the store sell in these currencies besides its own."""
    change_setting(key="further_currencies", value=list(currencies), actor="test", now=NOW)
    change_setting(key="currency_by_language", value=by_language or {}, actor="test", now=NOW)


def set_further_price(product: MadeProduct, currency: str, price: int | None) -> None:
    """Change what a product costs in another currency; None: it is not sold in it any more."""
    of_variant = (VariantPrice.variant_id == product.variant_id, VariantPrice.currency == currency)
    with transaction() as session:
        if price is None:
            session.execute(delete(VariantPrice).where(*of_variant))
        else:
            session.execute(update(VariantPrice).where(*of_variant).values(price=price))


def make_other(
    product: MadeProduct, colour: str = "Indigo", *, price: int = 1000, available: int | None = 100
) -> VariantId:
    """Another variant of a product."""
    store_id, variant_id = current_store_id(), VariantId(new_id())
    with transaction() as session:
        session.execute(
            insert(Variant).values(
                store_id=store_id,
                id=variant_id,
                product_id=product.id,
                sku=f"{product.handle}-{colour}",
                options=[{"en": colour}],
                price=price,
                currency="EUR",
                position=2,
            )
        )
        session.execute(
            insert(Stock).values(
                store_id=store_id,
                variant_id=variant_id,
                available=available or 0,
                tracked=available is not None,
                oversell=False,
            )
        )
    return variant_id


def set_price(product: MadeProduct, price: int) -> None:
    """Change what a product costs now."""
    _update("UPDATE variants SET price = :value WHERE id = :id", product.variant_id, price)


def set_stock(product: MadeProduct, available: int) -> None:
    """Change how many are left."""
    _update("UPDATE stock SET available = :value, tracked = true WHERE variant_id = :id", product.variant_id, available)


def hide(product: MadeProduct) -> None:
    """No longer sell a product."""
    set_status(product, "hidden")


def set_status(product: MadeProduct, status: str) -> None:
    """Sell a product (`published`) or not (`hidden`)."""
    _update("UPDATE products SET status = :value WHERE id = :id", product.id, status)


def make_customer(email: str = "shopper@example.com", *, password_hash: str | None = None) -> CustomerId:
    """A customer of the store."""
    customer_id = CustomerId(new_id())
    with transaction() as session:
        session.execute(
            insert(Customer).values(
                store_id=current_store_id(),
                id=customer_id,
                email=email,
                name="Shirin",
                password_hash=password_hash,
                email_verified_at=NOW,
                locale="en",
                created_at=NOW,
            )
        )
    return customer_id


def _update(statement: str, identifier: UUID, value: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), {"id": identifier, "value": value})
