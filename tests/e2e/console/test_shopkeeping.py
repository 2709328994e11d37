"""The console's pages for running a store in a real browser: axe, the width of a phone, and a file brought in without JavaScript."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.ids import CustomerId
from app.promotions import batches, service
from app.promotions.domain import Kind, Terms
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.factories import MadeProduct, make_customer, make_product
from tests.looks import in_each_window
from tests.ordering import put

TEN = Terms(kind=Kind.PERCENT, basis_points=1000)
FILE = b"Handle,Title,Variant Price\np1,One,1.50\nbad,,x\n"


@pytest.fixture
def stocked(app: Flask, store: TestStore) -> list[str]:
    """A store with a product, a code, a batch and a customer: the pages to look at."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        product: MadeProduct = make_product("Wool throw", price=5900, available=2)
        customer: CustomerId = make_customer("shirin@example.com")
        put(customer, product.variant_id)
        coupon = service.create("SPRING", TEN, now=NOW)
        batch = batches.make_batch("Fair", "", 3, TEN, actor="staff:x", now=NOW)
    page = f"/console/catalogue/products/{product.id}"
    variant = f"{page}/variants/{product.variant_id}"
    return [
        "/console/catalogue", "/console/catalogue/products/new", page, variant, f"{variant}?currency=EUR&price=99&compare_at=",
        "/console/catalogue/imports", "/console/coupons", f"/console/coupons/{coupon}", "/console/coupons/batches",
        "/console/coupons/batches/new", f"/console/coupons/batches/{batch}", "/console/customers",
        f"/console/customers/{customer}", f"/console/customers/{customer}/why",
    ]  # fmt: skip


@in_each_window
def test_pages_are_sound(
    browser: Browser, site: str, stocked: list[str], language: str, options: dict[str, Any]
) -> None:
    with context_at(browser, site, **options) as page:
        come_in(page, language=language)
        for path in stocked:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            assert violations(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_file_is_brought_in_without_javascript(browser: Browser, site: str, stocked: list[str]) -> None:
    with context_at(browser, site, java_script_enabled=False) as page:
        come_in(page, language="en")
        page.goto("/console/catalogue/imports")
        page.set_input_files("#file", files=[{"name": "shop.csv", "mimeType": "text/csv", "buffer": FILE}])
        page.get_by_role("button", name="Check the file").click()
        page.get_by_role("button", name="Bring 1 product in").click()
        expect(page.get_by_text("Brought in", exact=True)).to_be_visible()
        page.goto("/console/catalogue?q=one")
        page.get_by_role("link", name="One").click()
        page.get_by_role("button", name="Withdraw").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("The product is in the shop.")).to_be_visible()
