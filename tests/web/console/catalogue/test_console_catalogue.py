"""The catalogue in the console: found, changed with conflicts told and undone, never by who may not, each change in the audit log."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.catalog import staff_queries
from app.catalog.queries import get_product
from app.catalog.staff_queries import StaffProduct
from app.database.base import db
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.ids import ProductId
from app.inventory import ledger
from app.money import Money
from app.stores import directory
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_product, sell_also_in, set_price, set_stock
from tests.ordering import put
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


@pytest.fixture
def throw(app: Flask, staffed: TestStore) -> MadeProduct:
    with app.app_context(), use_store(staffed.id):
        return make_product("Wool throw", price=5900, available=5)


def address(product: MadeProduct, more: str = "") -> str:
    return f"/console/catalogue/products/{product.id}{more}"


def variant(product: MadeProduct, more: str = "") -> str:
    return address(product, f"/variants/{product.variant_id}{more}")


def does(visitor: Visitor, path: str, page: str, **fields: str) -> Any:
    return visitor.post(path, {"op_id": str(uuid4()), **fields}, page=page)


def there(app: Flask, store: TestStore, product: MadeProduct) -> StaffProduct:
    with app.app_context(), use_store(store.id):
        return staff_queries.get_for_staff(ProductId(product.id))


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries()]


def words(product: StaffProduct, **changed: str) -> dict[str, str]:
    """The form of what is said, as the page has it."""
    filled = {"title_en": product.title["en"], "title_fa": product.title["fa"], "body_en": product.body["en"]}
    return {**filled, "minimum": "1", "maximum": "", "seen": product.mark, **changed}


def test_products_are_listed_found_and_in_views(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    with app.app_context(), use_store(staffed.id):
        make_product("Kettle", price=6400, available=0)
        make_product("Lamp", price=100, available=2)
        make_product("Old lamp", price=100, status="hidden")
    owner = at_work(app, staffed, "owner")
    every = {"Wool throw", "Kettle", "Lamp", "Old lamp"}
    for asked, wanted in {
        "": every,
        "?q=wool": {"Wool throw"},
        f"?q={throw.handle}": {"Wool throw"},
        "?view=sold_out": {"Kettle"},
        "?view=low": {"Lamp"},
        "?view=withdrawn": {"Old lamp"},
        "?view=no_picture": every,
        "?q=%27;--": set(),
        "?q=nothing+like+it": set(),
        "?view=nonsense&category=nowhere": every,
    }.items():
        page = owner.get(f"/console/catalogue{asked}")
        assert page.status_code == 200
        assert set(re.findall(r'/products/[0-9a-f-]{36}">([^<]+)</a>', page.text)) == wanted, asked


def test_pages_of_the_list_meet(
    app: Flask, staffed: TestStore, throw: MadeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_queries, "PAGE", 1)
    with app.app_context(), use_store(staffed.id):
        make_product("Kettle")
    owner = at_work(app, staffed, "owner")
    first = owner.get("/console/catalogue").text
    older = re.search(r'href="(/console/catalogue\?before=[^"]+)"', first)
    assert older
    assert "Kettle" in first
    assert "Wool throw" not in first
    second = owner.get(older[1]).text
    assert "Wool throw" in second
    assert "Older products" not in second


def test_a_product_is_made_by_hand_and_put_in_the_shop(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    form = {
        "title_en": "Copper tray", "title_fa": "سینی مسی", "body_en": "Round.\nHeavy.", "category_new_en": "Kitchen",
        "category_new_fa": "آشپزخانه", "price": "۱۲٫۵۰", "available": "۷", "sku": "CT-1", "vendor": "Ours", "tags": "gift, metal",
        "source": "https://pictures.example/tray.jpg", "alt_en": "A tray",
        "option1_name_en": "Size", "option1_value_en": "Large",
    }  # fmt: skip
    made = does(admin, "/console/catalogue/products", "/console/catalogue/products/new", **form)
    assert made.status_code == 303, made.text
    path = made.location.partition("?")[0]
    assert admin.get("/products/copper-tray").status_code == 404
    assert does(admin, f"{path}/shown", path, shown="1").status_code == 303
    assert admin.get("/products/copper-tray").status_code == 200
    with app.app_context(), use_store(staffed.id):
        product = get_product("copper-tray")
    assert product.title == {"en": "Copper tray", "fa": "سینی مسی"}
    assert product.body == {"en": "Round.\nHeavy."}
    assert product.category_title == {"en": "Kitchen", "fa": "آشپزخانه"}
    assert product.images[0].alt == {"en": "A tray"}
    assert product.variants[0].price == Money(1250, "EUR")
    assert product.variants[0].available == 7
    for found in ("copper", "مسی", "gift", "kitchen"):
        assert "Copper tray" in admin.get(f"/console/catalogue?q={found}").text, found
    small = does(admin, f"{path}/variants", path, option1_value_en="Small", price="9", available="3")
    assert small.status_code == 303, small.text
    twice = does(admin, f"{path}/variants", path, option1_value_en="Small", price="8")
    assert twice.status_code == 409
    assert "a variant with these options already" in twice.text
    assert {"product_created", "product_returned", "variant_added"} <= set(actions(app, staffed))


@pytest.mark.parametrize(
    "changed",
    [
        {"title_en": ""},
        {"title_en": "x" * 256},
        {"price": ""},
        {"price": "ten"},
        {"price": "-1"},
        {"compare_at": "1"},
        {"available": "many"},
        {"source": "javascript:alert(1)"},
        {"handle": "a/b"},
        {"minimum": "0x"},
        {"minimum": "5", "maximum": "4"},
        {"option1_value_en": ""},
        {"category": "nowhere"},
    ],
    ids=lambda changed: "-".join(f"{name}={value[:8]}" for name, value in changed.items()),
)
def test_a_bad_product_is_not_made(app: Flask, staffed: TestStore, changed: dict[str, str]) -> None:
    admin = at_work(app, staffed, "admin")
    form = {"title_en": "Tray", "price": "12", "option1_name_en": "Size", "option1_value_en": "Large", **changed}
    answer = does(admin, "/console/catalogue/products", "/console/catalogue/products/new", **form)
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text
    with app.app_context(), use_store(staffed.id):
        assert staff_queries.list_for_staff() == []
    assert "product_created" not in actions(app, staffed)


def test_what_is_said_changes_and_a_conflict_is_told(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, before = at_work(app, staffed, "admin"), there(app, staffed, throw)
    path = address(throw)
    assert does(admin, f"{path}/words", path, **words(before, title_en="Felt throw")).status_code == 303
    assert there(app, staffed, throw).title["en"] == "Felt throw"
    assert "Felt throw" in admin.get("/console/catalogue?q=felt").text
    late = does(admin, f"{path}/words", path, **words(before, title_en="Silk throw"))
    assert late.status_code == 409
    assert "Somebody has changed this product" in late.text
    assert 'value="Silk throw"' in late.text
    assert ">Felt throw</dd>" in late.text
    assert there(app, staffed, throw).title["en"] == "Felt throw"
    again = words(there(app, staffed, throw), title_en="Silk throw")
    assert does(admin, f"{path}/words", path, **again).status_code == 303
    assert actions(app, staffed).count("product_changed") == 2


def test_withdrawn_with_an_undo(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), address(throw)
    page = admin.get(does(admin, f"{path}/shown", path, shown="0").location).text
    assert "The product is withdrawn" in page
    assert "Undo" in page
    assert not there(app, staffed, throw).shown
    assert does(admin, f"{path}/shown", path, shown="1").status_code == 303
    assert there(app, staffed, throw).shown
    undone = admin.get(does(admin, variant(throw, "/offered"), path, offered="0").location).text
    assert "Undo" in undone
    assert there(app, staffed, throw).variants[0].withdrawn_at
    does(admin, variant(throw, "/offered"), path, offered="1")
    assert there(app, staffed, throw).variants[0].withdrawn_at is None


def test_a_price_says_whom_it_concerns_changes_and_comes_back(
    app: Flask, staffed: TestStore, throw: MadeProduct
) -> None:
    with app.app_context(), use_store(staffed.id):
        from app.cart.state import Pane

        put(make_customer("a@example.com"), throw.variant_id)
        put(make_customer("b@example.com"), throw.variant_id, pane=Pane.NEXT_PURCHASE)
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    page = admin.get(f"{path}?currency=EUR&price=89.50&compare_at=").text
    assert "2 carts hold this" in page
    assert "1 has it in the order" in page
    assert "In 1 it is saved for later and rises above your limit of 20%" in page
    assert "rises above" not in admin.get(f"{path}?currency=EUR&price=60&compare_at=").text
    asked, before = {"currency": "EUR", "price": "89.50", "compare_at": "99", "seen": "59"}, there(app, staffed, throw)
    done = does(admin, f"{path}/price", path, **asked)
    assert done.status_code == 303, done.text
    assert there(app, staffed, throw).updated_at > before.updated_at  # reminders of what became cheaper look for that
    assert there(app, staffed, throw).mark == before.mark  # who edits the words is not disturbed
    price = there(app, staffed, throw).variants[0].own
    assert (price.price, price.compare_at) == (Money(8950, "EUR"), Money(9900, "EUR"))
    change = re.search(r"change=([0-9a-f-]{36})", done.location)
    assert change
    assert "Undo" in admin.get(done.location).text
    assert does(admin, f"{path}/price/undo", path, change=change[1]).status_code == 303
    assert there(app, staffed, throw).variants[0].own.price == Money(5900, "EUR")
    assert does(admin, f"{path}/price/undo", path, change=change[1]).status_code == 409
    assert actions(app, staffed)[:2] == ["price_taken_back", "price_changed"]


def test_prices_in_other_currencies_come_and_go(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    with app.app_context(), use_store(staffed.id):
        sell_also_in("IRR")
    directory.forget()
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    assert admin.get(f"{path}?currency=IRR&price=6330000&compare_at=").status_code == 200
    asked = {"currency": "IRR", "price": "۶٬۳۳۰٬۰۰۰", "compare_at": "", "seen": ""}
    assert does(admin, f"{path}/price", path, **asked).status_code == 303
    assert there(app, staffed, throw).variants[0].prices["IRR"].price == Money(63_300_000, "IRR")  # typed in tomans
    assert does(admin, f"{path}/price", path, **{**asked, "price": "", "seen": "6330000"}).status_code == 303
    assert "IRR" not in there(app, staffed, throw).variants[0].prices


def test_a_price_that_moved_meanwhile_is_told(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    with app.app_context(), use_store(staffed.id):
        set_price(throw, 7000)
    answer = does(admin, f"{path}/price", path, currency="EUR", price="89", seen="59")
    assert answer.status_code == 409
    assert "€70.00 now" in re.sub("<[^>]+>", "", answer.text)
    assert there(app, staffed, throw).variants[0].own.price == Money(7000, "EUR")
    for bad in ({"price": ""}, {"price": "x"}, {"price": "10", "compare_at": "9"}, {"price": "10", "currency": "XXX"}):
        answer = does(admin, f"{path}/price", path, **{"currency": "EUR", "seen": "70", **bad})
        assert answer.status_code == 422, bad
    assert there(app, staffed, throw).variants[0].own.price == Money(7000, "EUR")


def test_stock_moves_with_a_reason_once(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    op_id = str(uuid4())
    for _ in range(2):
        came = {"kind": "delivery", "units": "۱۰", "seen": "5", "note": "pallet 7", "op_id": op_id}
        assert does(admin, f"{path}/stock", path, **came).status_code == 303
    assert does(admin, f"{path}/stock", path, kind="loss", units="3", seen="5").status_code == 303
    assert does(admin, f"{path}/stock", path, kind="count", units="11", seen="12").status_code == 303
    assert there(app, staffed, throw).variants[0].available == 11
    with app.app_context(), use_store(staffed.id):
        moved = [(str(one.kind), one.before, one.after) for one in ledger.list_movements(throw.variant_id)]
    assert moved == [("count", 12, 11), ("loss", 15, 12), ("delivery", 5, 15)]
    page = admin.get(path).text
    assert "pallet 7" in page
    assert "Counted" in page
    assert actions(app, staffed).count("stock_moved") == 4  # the second delivery says what the first one did


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "count", "units": "8", "seen": "5"}, 409),
        ({"kind": "loss", "units": "8", "seen": "4"}, 409),
        ({"kind": "delivery", "units": "0", "seen": "4"}, 422),
        ({"kind": "delivery", "units": "", "seen": "4"}, 422),
        ({"kind": "delivery", "units": "-3", "seen": "4"}, 422),
        ({"kind": "delivery", "units": "9999999999", "seen": "4"}, 422),
        ({"kind": "order", "units": "1", "seen": "4"}, 422),
        ({"kind": "count", "units": "3", "seen": "4", "note": "x" * 201}, 422),
    ],
    ids=["moved", "too-few", "nothing", "empty", "negative", "endless", "not-by-hand", "long-note"],
)
def test_stock_that_cannot_be_so_stays(
    app: Flask, staffed: TestStore, throw: MadeProduct, fields: dict[str, str], status: int
) -> None:
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    with app.app_context(), use_store(staffed.id):
        set_stock(throw, 4)
    answer = does(admin, f"{path}/stock", path, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert there(app, staffed, throw).variants[0].available == 4
    assert "stock_moved" not in actions(app, staffed)


def test_what_came_back_is_told(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    with app.app_context(), use_store(staffed.id):
        set_stock(throw, 0)
    does(admin, f"{path}/stock", path, kind="delivery", units="4", seen="0")
    with app.app_context(), use_store(staffed.id):
        told = db.session.execute(text("SELECT count(*) FROM outbox WHERE topic = 'inventory.came_back'")).scalar_one()
    assert told == 1


def test_stock_that_is_not_counted(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), variant(throw)
    assert does(admin, f"{path}/limit", path, oversell="1").status_code == 303
    one = there(app, staffed, throw).variants[0]
    assert (one.tracked, one.oversell) == (False, True)
    assert does(admin, f"{path}/stock", path, kind="delivery", units="4", seen="5").status_code == 409
    assert does(admin, f"{path}/limit", path, tracked="1").status_code == 303
    assert there(app, staffed, throw).variants[0].tracked


def test_pictures_come_go_and_lead(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    admin, path = at_work(app, staffed, "admin"), address(throw)
    one, two = "https://pictures.example/1.jpg", "products/throw.svg"
    assert does(admin, f"{path}/pictures", path, do="add", source=one, alt_en="Folded").status_code == 303
    assert does(admin, f"{path}/pictures", path, do="add", source=two, there=one).status_code == 303
    late = does(admin, f"{path}/pictures", path, do="remove", source=two)
    assert late.status_code == 409
    admin_first = admin.post(f"{path}/pictures", {"do": "first", "source": two, "there": [one, two]}, page=path)  # type: ignore[dict-item]
    assert admin_first.status_code == 303
    assert [image.source for image in there(app, staffed, throw).images] == [two, one]
    for bad in ("http://pictures.example/1.jpg", "products/../secret", "javascript:alert(1)", ""):
        answer = admin.post(f"{path}/pictures", {"do": "add", "source": bad, "there": [two, one]}, page=path)  # type: ignore[dict-item]
        assert answer.status_code == 422, bad
    assert len(there(app, staffed, throw).images) == 2


def test_an_analyst_looks_and_changes_nothing(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    analyst = at_work(app, staffed, "analyst")
    for path in (address(throw), variant(throw), "/console/catalogue/imports"):
        page = analyst.get(path)
        assert page.status_code == 200
        assert '<form method="post"' not in page.text.partition('id="main"')[2]
        assert 'method="post"' not in page.text.partition('id="main"')[2]
    assert analyst.get("/console/catalogue/products/new").status_code == 403
    for path in ("/words", "/shown", "/pictures", "/variants"):
        assert does(analyst, address(throw, path), "/console", shown="0").status_code == 403
    for path in ("/price", "/price/undo", "/stock", "/limit", "/offered"):
        assert does(analyst, variant(throw, path), "/console", kind="loss", units="1").status_code == 403
    seller = at_work(app, staffed, "seller")
    for path in ("/console/catalogue", address(throw), variant(throw), "/console/catalogue/export.csv"):
        assert seller.get(path).status_code == 403


def test_another_stores_product_is_not_there(
    app: Flask, staffed: TestStore, throw: MadeProduct, make_store: Any
) -> None:
    from app.demo.accounts import seed_accounts
    from tests.conftest import NOW

    other = make_store()
    with app.app_context(), use_store(other.id):
        seed_accounts(NOW)
    owner = at_work(app, other, "owner")
    assert owner.get(address(throw)).status_code == 404
    assert owner.get(variant(throw)).status_code == 404
    assert does(owner, address(throw, "/shown"), "/console", shown="0").status_code == 404
    assert there(app, staffed, throw).shown


def test_in_persian(app: Flask, staffed: TestStore, throw: MadeProduct) -> None:
    owner = at_work(app, staffed, "owner")
    for path in ("/console/catalogue", address(throw), variant(throw), "/console/catalogue/products/new"):
        page = owner.get(f"{path}?lang=fa").text
        assert 'dir="rtl"' in page
        assert "فهرست کالاها" in page
