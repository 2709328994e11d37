"""Every form that changes a cart carries an operation id of its own, on every page and in every part that is swapped in."""

from html.parser import HTMLParser
from uuid import UUID

import pytest
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_other, make_product, set_price
from tests.web.browser import Browser
from tests.web.cart.test_sign_in import EMAIL, PASSWORD, signs_in


class Forms(HTMLParser):
    """The forms of a page that send: each action with the operation ids among its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form's action, a field's value."""
        named = dict(attrs)
        if tag == "form":
            self._inside = named.get("method") == "post"
            if self._inside:
                self.found.append((named.get("action") or "", []))
        elif tag == "input" and self._inside and named.get("name") == "op_id":
            self.found[-1][1].append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        """Fields after a form are none of it."""
        self._inside = self._inside and tag != "form"


class Watcher:
    """Collects the cart's forms of all pages that it is shown, and checks each."""

    def __init__(self) -> None:
        self.actions: set[str] = set()
        self.ids: list[str] = []

    def sees(self, page: str) -> None:
        """Check a page or a part of one."""
        for action, ids in Forms(page).found:
            if action.startswith("/cart"):
                assert len(ids) == 1, f"{action} carries {len(ids)} operation ids"
                assert UUID(ids[0])
                self.ids += ids
                self.actions.add(action)


@pytest.fixture
def products(app: Flask, store: TestStore, config: Config) -> list[MadeProduct]:
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        made = [make_product(title, available=None) for title in ("Wool throw", "Kettle", "Lamp")]
        make_other(made[0])
        return made


def test_every_form_of_the_cart(app: Flask, store: TestStore, products: list[MadeProduct]) -> None:
    throw, kettle, lamp = products
    browser, watcher = Browser(app, store), Watcher()
    for path in ("/", "/products", f"/products/{throw.handle}", "/cart"):
        watcher.sees(browser.get(path).text)
    watcher.sees(browser.adds(throw.variant_id, 2, "next_purchase", htmx=True).text)
    watcher.sees(browser.get("/cart").text)  # the first pane is empty
    signs_in(browser)  # brought something along
    watcher.sees(browser.adds(kettle.variant_id, htmx=True).text)  # brings next purchase back
    browser.adds(lamp.variant_id, 1, "next_purchase")
    line = browser.line_ids()[0]
    with app.app_context(), use_store(store.id):
        set_price(kettle, 1100)
    page = browser.get("/cart").text
    watcher.sees(page)
    watcher.sees(browser.get(f"/cart/items/{line}/options").text)
    watcher.sees(browser.get(f"/cart/items/{line}/options", headers={"HX-Request": "true"}).text)
    for htmx in (False, True):
        watcher.sees(browser.post(f"/cart/items/{line}/quantity", typed=7, seen=99, htmx=htmx).text)  # refused
        watcher.sees(browser.post(f"/cart/items/{line}/quantity", quantity=3 + htmx, htmx=htmx).text)
    removed = browser.post(f"/cart/items/{line}/removal")
    watcher.sees(browser.get(removed.location or "").text)  # offers to take it back

    places = {action.replace(line, "<line_id>") for action in watcher.actions}
    places = {"/".join("<line_id>" if len(part) == 36 else part for part in place.split("/")) for place in places}
    assert places >= {
        "/cart/items", "/cart/items/<line_id>/quantity", "/cart/items/<line_id>/options", "/cart/items/<line_id>/pane",
        "/cart/panes/active/lines", "/cart/panes/active/emptying", "/cart/undo", "/cart/note/undo", "/cart/merge/undo",
        "/cart/prices", "/cart/auto-activation",
    }  # fmt: skip
    assert len(watcher.ids) == len(set(watcher.ids)), "two forms share an operation id"


def test_the_same_form_sent_twice_and_another_under_its_id(
    app: Flask, store: TestStore, products: list[MadeProduct]
) -> None:
    browser, op_id = Browser(app, store), "01a1fc41-fc94-7007-8b2b-2fd99e48bfc3"
    answers = [browser.adds(products[0].variant_id, 2, op_id=op_id, htmx=True) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert browser.adds(products[0].variant_id, 3, op_id=op_id).status_code == 422
    assert browser.adds(products[1].variant_id, 2, op_id=op_id, htmx=True).status_code == 422
    assert "€20.00" in browser.get("/cart").text
