"""A line that cannot be bought says what to do, and it can be done: with JavaScript and without, in both languages."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, text

from app.accounts import passwords
from app.catalog.models import Variant
from app.config import Config
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.embedded.mail import MailServer
from app.ids import new_id
from app.inventory.service import StockLevel, set_levels
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.test_cart import check, put
from tests.factories import MadeProduct, hide, make_customer, make_product, set_stock
from tests.looks import in_each_look

PASSWORD = "walnut teapot on a saffron shelf"


@pytest.fixture
def products(app: Flask, store: TestStore) -> dict[str, MadeProduct]:
    """Three of one category, one in two glazes."""
    with app.app_context(), use_store(store.id), transaction() as session:
        made = {
            "throw": make_product("Wool throw", price=5900, available=3, maximum=2),
            "kettle": make_product("Kettle", price=6400, fa="کتری"),
            "bowl": make_product("Bowl", price=1800, fa="کاسه"),
        }
        category = {"store": current_store_id(), "id": new_id()}
        session.execute(
            text("""INSERT INTO categories (store_id, id, slug, title, position)
                    VALUES (:store, :id, 'kitchen', '{"en": "Kitchen", "fa": "آشپزخانه"}', 1)"""),
            category,
        )
        session.execute(text("UPDATE products SET category_id = :id WHERE store_id = :store"), category)
        session.execute(
            text("""UPDATE products SET option_names = '[{"en": "Glaze", "fa": "لعاب"}]' WHERE id = :id"""),
            {"id": made["bowl"].id},
        )
        session.execute(
            text("""UPDATE variants SET options = '[{"en": "Sea salt", "fa": "نمک دریا"}]' WHERE product_id = :id"""),
            {"id": made["bowl"].id},
        )
        session.execute(
            insert(Variant).values(
                store_id=current_store_id(),
                id=new_id(),
                product_id=made["bowl"].id,
                sku="clay",
                options=[{"en": "Clay", "fa": "گِل"}],
                price=2000,
                currency="EUR",
                position=2,
            )
        )
        return made


def becomes(app: Flask, store: TestStore, statement: str, product: MadeProduct) -> None:
    with app.app_context(), use_store(store.id), transaction() as session:
        session.execute(text(statement), {"id": product.variant_id})


def test_sold_out(
    shopper: Page, javascript: bool, app: Flask, store: TestStore, products: dict[str, MadeProduct], mail_to: MailServer
) -> None:
    page, address = shopper, f"g{store.slug}@example.com"
    put(page, products["throw"], "Add to cart")
    put(page, products["throw"], "Add to cart")
    page.goto("/cart")
    expect(page.locator(".line .flag")).to_have_text("Limit of 2 per customer")
    with app.app_context(), use_store(store.id):
        set_stock(products["throw"], 0)
    page.goto("/cart")
    line = page.locator(".now .line")
    expect(line.locator(".flag")).to_have_text("Sold out since you added it. It is not in your total.")
    actions = line.locator(".acts button")
    expect(actions).to_have_count(3)
    for at, words in enumerate(("Save for next purchase", "Email me when it's back", "Remove")):
        expect(actions.nth(at)).to_contain_text(words)
    check(page, javascript)

    actions.nth(1).click()
    page.get_by_label("Email address").fill("nobody")
    page.get_by_role("button", name="Email me", exact=True).click()
    expect(page.locator(".err")).to_contain_text("Enter an email address")
    check(page, javascript)
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Email me", exact=True).click()
    expect(page.locator(".alert-slot")).to_contain_text("We email you")
    check(page, javascript)

    page.goto("/cart")
    page.get_by_role("link", name=re.compile("Similar things")).click()
    expect(page.locator(".similar li, .product")).to_have_count(2)
    expect(page.locator(".similar li, .product").first).to_contain_text("Kettle")
    check(page, javascript)

    with app.app_context(), use_store(store.id), transaction():
        set_levels([StockLevel(products["throw"].variant_id, 5, tracked=True, oversell=False)], now=NOW)


@pytest.fixture
def mail_to(smtp_server: MailServer) -> MailServer:
    return smtp_server


def test_withdrawn(
    shopper: Page, javascript: bool, app: Flask, store: TestStore, products: dict[str, MadeProduct]
) -> None:
    page, bowl = shopper, products["bowl"]
    page.goto(f"/products/{bowl.handle}?variant_id={bowl.variant_id}")
    page.get_by_role("button", name="Add to cart").click()
    if javascript:
        page.locator("#added .flag-ok").first.wait_for()
    becomes(app, store, "UPDATE variants SET withdrawn_at = now() WHERE id = :id", bowl)
    page.goto("/cart?lang=fa")
    expect(page.locator(".line .flag")).to_have_text("این لعاب دیگر تولید نمی‌شود. یکی دیگر انتخاب کنید.")
    check(page, javascript)
    page.goto("/cart?lang=en")
    expect(page.locator(".line .flag")).to_have_text("This glaze is no longer made. Choose another to keep it.")
    page.get_by_label(re.compile("Clay")).check()
    page.get_by_role("button", name="Take this one").click()
    expect(page.locator(".now .line .opts")).to_contain_text("Clay")
    expect(page.locator(".total strong")).to_have_text("€20.00")
    check(page, javascript)


def test_gone(shopper: Page, javascript: bool, app: Flask, store: TestStore, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["kettle"], "Add to cart")
    with app.app_context(), use_store(store.id):
        hide(products["kettle"])
    page.goto("/cart")
    expect(page.locator(".now .acts button")).to_have_count(2)
    page.get_by_role("link", name=re.compile("Similar things")).click()
    expect(page.locator(".similar li, .product").first).to_contain_text("Wool throw")  # the nearest in price
    check(page, javascript)


def test_a_customer_on_the_product_page(
    shopper: Page, javascript: bool, app: Flask, store: TestStore, products: dict[str, MadeProduct], config: Config
) -> None:
    page = shopper
    with app.app_context(), use_store(store.id):
        make_customer("shirin@example.com", password_hash=passwords.hash_password(PASSWORD, config))
        set_stock(products["kettle"], 0)
    page.goto("/account/sign-in")
    page.locator("#sign-in-email").fill("shirin@example.com")
    page.locator("#sign-in-password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"/products/{products['kettle'].handle}")
    page.get_by_role("button", name="Email me when it's back").click()
    expect(page.locator(".alert-slot")).to_contain_text("We email you")
    check(page, javascript)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".alert-slot")).to_contain_text("No mail about this, then.")


@in_each_look
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser,
    site: str,
    app: Flask,
    store: TestStore,
    products: dict[str, MadeProduct],
    language: str,
    scheme: str,
) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": 320, "height": 800}) as page:
        for name in products:
            page.goto(f"/products/{products[name].handle}?variant_id={products[name].variant_id}")
            page.get_by_role("button", name="Add to cart").click()
            page.locator("#added .flag-ok").first.wait_for()
        with app.app_context(), use_store(store.id):
            set_stock(products["throw"], 0)
            hide(products["kettle"])
        becomes(app, store, "UPDATE variants SET withdrawn_at = now() WHERE id = :id", products["bowl"])
        throw = products["throw"]
        for address in (
            "/cart",
            f"/products/{throw.handle}",
            f"/alerts/{throw.variant_id}",
            f"/products/{throw.handle}/similar",
        ):
            page.goto(f"{address}?lang={language}")
            if address == "/cart":
                page.locator(".acts button[form]").click()
                page.locator(".alert-slot input[type=email]").wait_for()
                page.locator(".now .line").first.locator("a.chg").last.click()
                page.locator(".similar, .info .hint").first.wait_for()
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, address
            assert violations(page) == [], address
