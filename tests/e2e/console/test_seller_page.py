"""The seller view in a real browser: axe, the width of a phone, and giving somebody vendors without JavaScript."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.sellers.disclosure import FEW, HIDDEN, Published
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.factories import make_product
from tests.looks import in_each_window
from tests.selling import give, seller_of, tell


@pytest.fixture
def told(app: Flask, store: TestStore) -> str:
    """A store with a week of a seller's; their id."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        kettle, mug = make_product("Kettle", fa="کتری"), make_product("Mug", fa="لیوان")
        give(kettle, "Hearth")
        give(mug, "Hearth")
        tell(
            hearth=Published(
                had=HIDDEN, left=44, outcomes={"bought": FEW, "back": 14, "gone": HIDDEN}, reasons=None,
                products={str(kettle.id): 30, str(mug.id): FEW}, suggestions={str(kettle.id): "price_rose"},
            )
        )  # fmt: skip
        return seller_of("Hearth", "Loom")


@in_each_window
def test_the_page_is_sound(browser: Browser, site: str, told: str, language: str, options: dict[str, Any]) -> None:
    with context_at(browser, site, **options) as page:
        come_in(page, "seller", language)
        expect(page).to_have_url(f"{site}/console/seller")
        page.locator("details.astable summary").last.click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_owner_gives_vendors_without_javascript(browser: Browser, site: str, told: str) -> None:
    with context_at(browser, site, java_script_enabled=False) as page:
        come_in(page)
        page.goto(f"/console/people/{told}")
        page.get_by_label("Loom").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("What they see figures of is changed.")
        page.get_by_role("link", name="See what they see").click()
        expect(page.get_by_role("heading", name="Hearth")).to_be_visible()
        expect(page.get_by_role("heading", name="Loom")).to_have_count(0)
