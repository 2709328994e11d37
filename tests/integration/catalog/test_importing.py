"""Importing into real PostgreSQL: what is written, what stays, what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalog.drafts import RowRefusal
from app.catalog.facts_query import get_facts
from app.catalog.filters import Filter
from app.catalog.importing import Taken
from app.catalog.listing import list_products
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.queries import get_product, list_categories
from app.database import tenancy
from app.database.base import db
from app.inventory.models import Stock
from app.money import Money
from tests.integration.catalog.conftest import SHOP, Import
from tests.sent import noted

HEADER = "Handle,Title,Variant Price,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty"


def everything() -> dict[str, list[Any]]:
    """All rows of the store, as they are."""
    tables = (Category, Product, ProductImage, Variant, Stock)
    found = {t.__tablename__: [tuple(row) for row in db.session.execute(select(t.__table__))] for t in tables}
    db.session.rollback()
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def outcomes(results: list[Taken | RowRefusal]) -> list[str]:
    return [result.outcome if isinstance(result, Taken) else result.code for result in results]


def ids(handle: str) -> dict[str, UUID]:
    """The product's variants for sale by their first option."""
    view = get_product(handle)
    return {next(iter(v.options), {"en": ""})["en"]: v.id for v in view.variants}


def test_a_catalogue_is_written_whole(take: Import) -> None:
    assert outcomes(take()) == ["created"] * 4
    kettle = get_product("kettle")
    assert kettle.title == {"en": "Pour-over kettle, 1 l", "fa": "کتری گردن‌غازی"}
    assert kettle.body == {"en": "Holds a steady stream.\n• Steel"}
    assert kettle.category_title == {"en": "Kitchen", "fa": "آشپزخانه"}
    assert kettle.option_names == ({"en": "Finish", "fa": "روکش"},)
    graphite, copper = kettle.variants
    assert (graphite.price, graphite.compare_at, graphite.available) == (Money(6400, "EUR"), Money(7000, "EUR"), 2)
    assert copper.sold_out
    assert copper.image == "products/kettle-2.svg"
    assert [image.source for image in kettle.images] == ["products/kettle.svg", "products/kettle-2.svg"]
    assert [c.slug for c in list_categories()] == ["kitchen", "textiles", "living"]
    candle = get_product("candle")
    assert (candle.minimum, candle.maximum, candle.variants[0].available) == (2, 6, None)


def test_importing_again_changes_nothing_at_all(take: Import) -> None:
    take()
    before = everything()
    assert outcomes(take()) == ["unchanged"] * 4
    assert everything() == before


def test_facts_are_one_statement_for_any_number(take: Import) -> None:
    take()
    wanted = [*ids("kettle").values(), *(v.id for v in get_product("throw").variants), UUID(int=7)]
    with noted() as statements:
        facts = get_facts(wanted, "EUR")
    assert len(statements) == 1
    assert len(facts) == 5
    graphite = facts[wanted[0]]
    assert graphite.unit_price == Money(6400, "EUR")
    assert graphite.image == "products/kettle.svg"
    assert graphite.sellable
    assert facts[wanted[1]].image == "products/kettle-2.svg"
    assert facts[wanted[1]].available == 0
    assert facts[wanted[3]].available is None  # may be oversold
    assert get_facts([], "EUR") == {}


def test_a_variant_no_longer_named_is_withdrawn_and_comes_back_as_itself(take: Import) -> None:
    rows = "mug,Mug,12,Glaze,Salt,shopify,3\n"
    take(f"{HEADER}\n{rows}mug,,14,,Clay,shopify,1\n")
    before = ids("mug")
    (taken,) = take(f"{HEADER}\n{rows}")
    assert isinstance(taken, Taken)
    assert (taken.outcome, taken.withdrawn) == ("updated", 1)
    assert ids("mug") == {"Salt": before["Salt"]}
    assert not get_facts([before["Clay"]], "EUR")[before["Clay"]].sellable
    take(f"{HEADER}\n{rows}mug,,15,,Clay,shopify,9\n")
    assert ids("mug") == before
    facts = get_facts([before["Clay"]], "EUR")[before["Clay"]]
    assert (facts.sellable, facts.unit_price, facts.available) == (True, Money(1500, "EUR"), 9)


def test_prices_titles_and_stock_follow_the_file_and_ids_stay(take: Import) -> None:
    take(f"{HEADER}\nmug,Mug,12,Glaze,Salt,shopify,3\n")
    before, product = ids("mug"), get_product("mug").id
    assert outcomes(take(f"{HEADER}\nmug,Big mug,13,Glaze,Salt,,0\n")) == ["updated"]
    view = get_product("mug")
    assert (view.id, view.title, view.variants[0].price) == (product, {"en": "Big mug"}, Money(1300, "EUR"))
    assert view.variants[0].available is None
    assert ids("mug") == before


def test_a_refused_product_leaves_what_was_there(take: Import) -> None:
    take(f"{HEADER}\nmug,Mug,12,,,,\n")
    before = everything()
    results = take(f"{HEADER}\nmug,Mug,12,Glaze,Salt,,\nmug,,x,,Clay,,\n")
    assert outcomes(results) == ["bad_price"]
    assert everything() == before


def test_a_handle_that_comes_again_later_is_refused(take: Import) -> None:
    results = take(
        f"{HEADER}\nmug,Mug,12,,,,\npot,Pot,3,,,,\nmug,Other,1,,,,\nbad,,1,,,,\npot2,Pot,3,,,,\nbad,Bad,1,,,,\n"
    )
    assert outcomes(results) == [
        "created",
        "created",
        "duplicate_handle",
        "title_missing",
        "created",
        "duplicate_handle",
    ]
    assert get_product("mug").title == {"en": "Mug"}


def test_a_dry_run_reports_and_writes_nothing(take: Import) -> None:
    assert outcomes(take(dry_run=True)) == ["created"] * 4
    assert not any(everything().values())


def test_another_store_sees_none_of_it(take: Import, make_store: Any) -> None:
    take()
    variant_ids = list(ids("kettle").values())
    other = make_store()
    with tenancy.use_store(other.id):
        db.session.rollback()
        assert get_facts(variant_ids, "EUR") == {}
        assert list_categories() == ()
        db.session.rollback()


class TestCommand:
    """The operator's command."""

    def run(self, app: Flask, *arguments: str) -> Any:
        return app.test_cli_runner().invoke(args=["catalog", "import", *arguments])

    def test_all_taken(self, app: Flask, store: Any) -> None:
        result = self.run(app, str(SHOP), "--store", store.slug)
        assert result.exit_code == 0, result.output
        assert "line 2\tkettle\tcreated\t2 variants" in result.output
        assert "4 created, 0 updated, 0 unchanged, 0 refused; 7 variants, 0 withdrawn." in result.output

    def test_something_refused(self, app: Flask, store: Any, tmp_path: Path) -> None:
        file = tmp_path / "bad.csv"
        file.write_text(f"{HEADER}\nmug,,12,,,,\npot,Pot,3,,,,\n")
        result = self.run(app, str(file), "--store", store.slug, "--quiet")
        assert result.exit_code == 1
        assert result.output.splitlines()[0] == "line 2\tmug\trefused\ttitle_missing\tThe title is empty."
        assert "1 created" in result.output

    @pytest.mark.parametrize("content", ["", "Handle;Title;Variant Price\n"])
    def test_an_unusable_file(self, app: Flask, store: Any, tmp_path: Path, content: str) -> None:
        file = tmp_path / "bad.csv"
        file.write_text(content)
        assert self.run(app, str(file), "--store", store.slug).exit_code == 2

    def test_no_such_file_and_no_such_store(self, app: Flask, store: Any, tmp_path: Path) -> None:
        assert self.run(app, str(tmp_path / "none.csv"), "--store", store.slug).exit_code == 2
        assert self.run(app, str(SHOP), "--store", "nowhere").exit_code == 2


def test_the_time_of_a_change_is_kept(take: Import) -> None:
    take(f"{HEADER}\nmug,Mug,12,,,,\n")
    created = db.session.execute(select(Product.updated_at)).scalar_one()
    assert created == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_prices_in_further_currencies_come_and_go_with_their_column(take: Import) -> None:
    header = "Handle,Title,Variant Price,Price / IRR,Compare-at price / IRR,Price / International"
    assert outcomes(take(f"{header}\nmug,Mug,12.50,5300000,6000000,99\npot,Pot,20,,,\n")) == ["created"] * 2
    (mug,) = get_product("mug", "IRR").variants
    (pot,) = get_product("pot", "IRR").variants
    assert (mug.price, mug.compare_at, pot.price) == (Money(5_300_000, "IRR"), Money(6_000_000, "IRR"), None)
    facts = get_facts([mug.id, pot.id], "IRR")
    assert (facts[mug.id].unit_price, facts[pot.id].unit_price) == (Money(5_300_000, "IRR"), Money(2000, "EUR"))
    assert get_facts([mug.id], "EUR")[mug.id].unit_price == Money(1250, "EUR")

    assert outcomes(take(f"{header}\nmug,Mug,12.50,5300000,6000000,1\npot,Pot,20,,,\n")) == ["unchanged"] * 2
    # A file that does not speak of the currency leaves its prices alone; an empty cell takes the price away.
    assert outcomes(take("Handle,Title,Variant Price\nmug,Mug,13\n")) == ["updated"]
    assert get_product("mug", "IRR").variants[0].price == Money(5_300_000, "IRR")
    assert outcomes(take(f"{header}\nmug,Mug,13,,,\npot,Pot,20,8500000,,\n")) == ["updated"] * 2
    assert [get_product(handle, "IRR").lowest for handle in ("mug", "pot")] == [None, Money(8_500_000, "IRR")]


def test_a_bad_price_in_another_currency_is_refused(take: Import) -> None:
    content = "Handle,Title,Variant Price,Price / IRR,Price / KWD\nmug,Mug,12.50,5300000.5,1.234\n"
    (refused,) = take(content)
    assert isinstance(refused, RowRefusal)
    assert (refused.code, "IRR" in refused.sentence) == ("bad_price", True)


def test_lists_are_filtered_and_sorted_by_the_prices_asked_for(take: Import) -> None:
    take("Handle,Title,Variant Price,Price / IRR\na,A,1,900\nb,B,2,300\nc,C,3,\n")
    shown = list_products(Filter(sort="price"), 1, "en", currency="IRR").cards
    assert [(card.handle, card.price and card.price.amount) for card in shown] == [("b", 300), ("a", 900), ("c", None)]
    asked = Filter(least=Money(400, "IRR"))
    assert [card.handle for card in list_products(asked, 1, "en", currency="IRR").cards] == ["a"]
