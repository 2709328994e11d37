"""A store with its products, its customers' and guests' carts and their sessions, all made by the application's own code.

`python -m bench.people <products> <carts> <file>`, in the environment of the shop, writes a pickled Crowd.
"""

import pickle
import random
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, Response
from flask_wtf.csrf import generate_csrf
from sqlalchemy import create_engine, insert, pool, text
from sqlalchemy.orm import Session

from app.accounts import identity
from app.accounts.identity import CustomerIdentity
from app.accounts.models import Customer
from app.cart import context, queries, service
from app.cart.commands import AddItem
from app.cart.service import Shopper
from app.cart.settings import policy_of
from app.cart.state import Pane
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.search import fold
from app.config import Config, from_environment
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.factory import create_app
from app.ids import CustomerId, LineId, StoreId, VariantId, new_id
from app.inventory.models import Stock
from app.stores.service import create_organization, create_store
from app.stores.settings import StoreSettings
from bench import recording
from bench.crowd import HOST, OPERATION, VERSION, Crowd, Statement, Visitor

CURRENCY = "EUR"
LINES = 5  # in each pane
BATCH = 100
RECORDED = 100  # carts of their own for the limits
SHELVES = ("Kitchen", "Table", "Textiles", "Lamps", "Office", "Garden", "Bath", "Gifts")
THINGS = (
    "Wool throw",
    "Tea glasses",
    "Copper coffee pot",
    "Linen cushion",
    "Walnut serving board",
    "Brass candlestick",
)
IMAGES = ("wool-throw", "tea-glasses", "copper-coffee-pot", "linen-cushion-toranj", "walnut-serving-board")


def make(app: Flask, config: Config, products: int, carts: int) -> Crowd:
    """Fill the database and Redis."""
    crowd, dice, recorded = Crowd(), random.Random(1), min(RECORDED, carts)
    moment = app.config["CLOCK"].now()
    store_id = _make_store(config, moment)
    with app.app_context(), use_store(store_id):
        variants, crowd.handles = _make_products(products, moment)
        customers = make_customers(carts + recorded, moment)
        for start in range(0, len(customers), BATCH):
            with transaction():  # the changes join it: one commit for a hundred carts
                picked = [_fill(Shopper(id_), variants, dice, moment) for id_ in customers[start : start + BATCH]]
            for id_, chosen in zip(customers[start : start + BATCH], picked, strict=True):
                crowd.customers.append(Visitor(str(id_), "", "", chosen))
    crowd.guests = [_guest(app, _language(number), variants, dice, moment) for number in range(carts)]
    with app.app_context(), use_store(store_id):
        _change_prices()
        for customer_id, visitor in zip(customers[:recorded], crowd.customers, strict=False):
            crowd.reads.append(recording.record(partial(queries.get_cart, Shopper(customer_id), days=30)))
            crowd.adds.append(_recorded_add(customer_id, visitor.variants[0], moment))
    del crowd.customers[:recorded]
    for number, customer_id in enumerate(customers[recorded:]):
        crowd.customers[number] = _customer(app, customer_id, _language(number), crowd.customers[number].variants)
    return crowd


def _make_store(config: Config, moment: datetime) -> StoreId:
    engine = create_engine(config.migration_url, poolclass=pool.NullPool)
    with Session(engine) as session, session.begin():
        return create_store(
            session,
            organization_id=create_organization(session, name="Bench", now=moment),
            slug="bench",
            name={"en": "Bench", "fa": "نیمکت"},
            locales=["en", "fa"],
            currency=CURRENCY,
            hosts=[HOST],
            now=moment,
        )


def _make_products(count: int, moment: datetime) -> tuple[list[VariantId], list[str]]:
    """Products of one variant each, every second one with an option, all with enough on hand to be added for ever."""
    store = {"store_id": current_store_id()}
    shelves = [
        store | {"id": new_id(), "slug": name.lower(), "title": {"en": name, "fa": name}, "position": at}
        for at, name in enumerate(SHELVES)
    ]
    products: list[dict[str, Any]] = []
    images, variants, stock = [], [], []
    for number in range(count):
        product_id, variant_id, title = new_id(), new_id(), f"{THINGS[number % len(THINGS)]} {number}"
        colour = [{"en": "Colour", "fa": "رنگ"}] if number % 2 else []
        products.append(
            store
            | {
                "id": product_id,
                "handle": title.lower().replace(" ", "-"),
                "category_id": shelves[number % len(shelves)]["id"],
                "title": {"en": title, "fa": f"کالای شمارهٔ {number}"},
                "body": {"en": f"{title}, made by hand. " * 5},
                "option_names": colour,
                "status": "published",
                "search_text": fold(title),
                "position": number,
                "created_at": moment,
                "updated_at": moment,
            }
        )
        source = f"products/{IMAGES[number % len(IMAGES)]}.svg"
        images.append(store | {"product_id": product_id, "position": 0, "source": source, "alt": {"en": title}})
        variants.append(
            store
            | {
                "id": variant_id,
                "product_id": product_id,
                "sku": f"SKU-{number}",
                "options": [{"en": "Sea salt", "fa": "نمک دریا"}] if colour else [],
                "price": 500 + number * 7 % 9500,
                "currency": CURRENCY,
                "position": 0,
            }
        )
        stock.append(store | {"variant_id": variant_id, "available": 1_000_000, "tracked": True, "oversell": False})
    with transaction() as session:
        for table, rows in ((Category, shelves), (Product, products), (ProductImage, images)):
            session.execute(insert(table), rows)
        session.execute(insert(Variant), variants)
        session.execute(insert(Stock), stock)
    return [VariantId(UUID(str(row["id"]))) for row in variants], [row["handle"] for row in products]


def make_customers(count: int, moment: datetime) -> list[CustomerId]:
    made = [CustomerId(new_id()) for _ in range(count)]
    fixed = {"store_id": current_store_id(), "name": "Shirin", "locale": "en", "created_at": moment}
    with transaction() as session:
        session.execute(insert(Customer), [fixed | {"id": id_, "email": f"{id_}@example.com"} for id_ in made])
    return made


def _fill(shopper: Shopper, variants: list[VariantId], dice: random.Random, moment: datetime) -> list[UUID]:
    """Five lines in each pane; returns the variants of the active one."""
    chosen = dice.sample(variants, 2 * LINES)
    for number, variant_id in enumerate(chosen):
        pane = Pane.ACTIVE if number < LINES else Pane.NEXT_PURCHASE
        add(shopper, variant_id, moment, pane)
    return list(chosen[:LINES])


def add(
    shopper: Shopper, variant_id: UUID, moment: datetime, pane: Pane = Pane.ACTIVE, op_id: UUID | None = None
) -> None:
    service.change(
        shopper,
        AddItem(LineId(new_id()), VariantId(variant_id), 1, pane),
        op_id=op_id or new_id(),
        currency=CURRENCY,
        policy=policy_of(StoreSettings()),
        days=30,
        now=moment,
    )


def _recorded_add(customer_id: CustomerId, variant_id: UUID, moment: datetime) -> list[Statement]:
    """What the application sends for an add, with the cart's version and the operation as marks to be replaced."""
    with transaction() as session:
        session.execute(
            text("UPDATE carts SET version = :mark WHERE customer_id = :id"),
            {"mark": VERSION, "id": customer_id},
        )
    return recording.record(lambda: add(Shopper(customer_id), variant_id, moment, op_id=OPERATION))


def _change_prices() -> None:
    """One variant in ten costs less than when it was put into the carts, as pages say."""
    with transaction() as session:
        session.execute(text("UPDATE variants SET price = price - 100 WHERE sku LIKE '%7'"))


def _customer(app: Flask, customer_id: CustomerId, language: str, variants: list[UUID]) -> Visitor:
    with app.test_request_context("/cart", base_url=f"https://{HOST}", headers={"Accept-Language": language}):
        app.preprocess_request()
        identity.begin_session(CustomerIdentity(customer_id, "Shirin"))
        return _visitor(app, language, variants)


def _guest(app: Flask, language: str, variants: list[VariantId], dice: random.Random, moment: datetime) -> Visitor:
    with app.test_request_context("/cart", base_url=f"https://{HOST}", headers={"Accept-Language": language}):
        app.preprocess_request()
        shopper = context.shopper_for_change()
        chosen = _fill(shopper, variants, dice, moment)
        context.carry(shopper)
        return _visitor(app, language, chosen)


def _visitor(app: Flask, language: str, variants: list[UUID]) -> Visitor:
    token = generate_csrf()
    answer = app.process_response(Response())
    cookies = [cookie.partition(";")[0] for cookie in answer.headers.getlist("Set-Cookie")]
    return Visitor("; ".join(cookies), token, language, variants)


def _language(number: int) -> str:
    return "fa" if number % 2 else "en"


def main(arguments: list[str]) -> None:
    """Make what is asked for."""
    products, carts, file = int(arguments[0]), int(arguments[1]), Path(arguments[2])
    config = from_environment()
    file.write_bytes(pickle.dumps(make(create_app(config), config, products, carts)))


if __name__ == "__main__":
    main(sys.argv[1:])
