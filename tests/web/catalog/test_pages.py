"""The shop's pages as a browser without JavaScript gets them."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog.queries import get_product
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.sent import noted
from tests.web.catalog.conftest import take

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is sent to PostgreSQL."""
    with noted() as sent:
        yield sent


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def test_home_shows_categories_and_what_is_featured(client: FlaskClient) -> None:
    html = page(client, "/")
    assert "Pour-over kettle, 1 l" in html
    assert 'href="/categories/kitchen"' in html
    assert "Hidden lamp" not in html


def test_names_and_words_are_persian_for_persians(client: FlaskClient) -> None:
    html = page(client, "/products?lang=fa")
    assert 'dir="rtl"' in html
    assert "شال مبل پشمی" in html
    assert "۳ کالا" in html
    assert "افزودن به سبد" in html


def test_a_name_without_translation_says_its_language(app: Flask, store: TestStore, client: FlaskClient) -> None:
    take(app, store, b"Handle,Title,Variant Price\nmug,Mug <b>,12\n")
    assert '<bdi lang="en">Mug &lt;b&gt;</bdi>' in page(client, "/products/mug?lang=fa")


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/", 2),
        ("/products", 2),
        ("/products?q=kettle&in_stock=1&sort=price", 2),
        ("/products?q=ketle", 3),
        ("/categories/kitchen", 2),
        ("/products/kettle", 2),
        ("/products/nothing", 1),
    ],
)
def test_few_statements_a_page(client: FlaskClient, statements: list[str], address: str, most: int) -> None:
    client.get(address)  # the store itself and the shelves of the header are kept in the process from now on
    statements.clear()
    client.get(address)
    assert len(statements) <= most, statements


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=-1",
        "page=1000000000",
        "page=" + "9" * 500,
        "sort=x",
        "price_min=abc",
        "price_max=1e999999",
        "price_min=-1",
        "q=" + "a" * 5000,
        "q=%00",
        "q=%ED%A0%80",
        "q=%F0%9F%92%A9",
        "category=%00",
        "category=nope",
        "q='%22%3E%3Cscript%3E",
        "q=%25%5F%27%3B--",
        "in_stock=maybe",
        "price_min=9&price_max=1",
        "lang=%00",
        "q=&category=&price_min=&price_max=&sort=",
        "variant_id=x&quantity=x&option1=%00",
    ],
)
@pytest.mark.parametrize("path", ["/", "/products", "/categories/kitchen", "/products/kettle"])
def test_nonsense_in_the_address_is_no_failure(client: FlaskClient, path: str, query: str) -> None:
    html = page(client, f"{path}?{query}")
    assert "<script>" not in html.replace("<script src", "")


@pytest.mark.parametrize("name", ["nothing", "secret", "%00", "%ED%A0%80", "a" * 3000, "..", "%2e%2e%2f", "x%20y"])
def test_a_product_that_is_not_shown_leads_back(client: FlaskClient, name: str) -> None:
    html = page(client, f"/products/{name}", 404)
    assert 'href="/"' in html


def test_the_words_for_what_is_gone(client: FlaskClient) -> None:
    assert "This product is not sold here, or no longer." in page(client, "/products/secret", 404)
    assert "There is no such category here, or no longer." in page(client, "/categories/nope", 404)


def test_no_results_suggest_what_was_meant(client: FlaskClient) -> None:
    html = page(client, "/products?q=ketle")
    assert "Nothing matches “ketle”." in html
    assert re.search(r'Did you mean <a href="/products\?q=kettle"><bdi>kettle</bdi></a>\?', html)
    assert "منظورتان «<a" in page(client, "/products?q=ketle&lang=fa")


def test_filters_that_leave_nothing_offer_their_removal(client: FlaskClient) -> None:
    html = page(client, "/products?category=kitchen&price_max=20")
    assert "Nothing matches all of these filters." in html
    assert "Remove “Up to €20.00”" in html
    assert 'href="/products?category=kitchen"' in html


def test_an_empty_store_says_so(app: Flask, make_store: object, client: FlaskClient) -> None:
    other = make_store()  # type: ignore[operator]
    html = app.test_client().get("/", headers={"Host": other.host}).text
    assert "Nothing here yet." in html


def test_a_product_of_one_variant_can_be_added_from_the_list(client: FlaskClient) -> None:
    html = page(client, "/categories/living")
    assert 'action="/cart/items"' in html
    assert 'name="quantity" value="2"' in html  # its minimum
    assert "Choose options" in page(client, "/categories/kitchen")


def test_a_product_page_holds_a_complete_form(app: Flask, store: TestStore, client: FlaskClient) -> None:
    html = page(client, "/products/kettle")
    with app.app_context(), use_store(store.id):
        graphite, _copper = get_product("kettle").variants
    for field in ("csrf_token", "op_id", "quantity"):
        assert f'name="{field}"' in html
    assert html.count('type="radio"') == 2
    assert f'value="{graphite.id}"' in html
    assert re.search(r"Copper</span><small>sold out</small>", html)
    assert 'name="pane" value="active"' in html
    assert 'name="pane" value="next_purchase"' in html
    assert "alert(1)" not in html


def test_choosing_by_address(app: Flask, store: TestStore, client: FlaskClient) -> None:
    html = page(client, "/products/throw?option1=Indigo")
    assert re.search(r'aria-current="true"[^>]*>Indigo', html)
    assert re.search(r"Large</span><small>not made</small>", html)
    with app.app_context(), use_store(store.id):
        graphite = get_product("kettle").variants[0]
    chosen = page(client, f"/products/kettle?variant_id={graphite.id}&quantity=9")
    assert "Only 2 left." in chosen
    assert "€70.00" in chosen
    assert 'value="2" autocomplete="off"' in chosen  # no more than there are


def test_what_is_sold_out_can_still_be_saved(app: Flask, store: TestStore, client: FlaskClient) -> None:
    take(
        app,
        store,
        b"Handle,Title,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\nmug,Mug,12,shopify,0\n",
    )
    html = page(client, "/products/mug")
    assert "Sold out" in html
    assert 'value="active"' not in html
    assert 'value="next_purchase"' in html


def test_limits_are_said(client: FlaskClient) -> None:
    html = page(client, "/products/candle?quantity=%DB%B9%DB%B9")
    assert "Between 2 and 6 per order" in html
    assert 'value="6" autocomplete="off"' in html


def test_adding_without_javascript(client: FlaskClient) -> None:
    html = page(client, "/products/candle")
    fields = dict(re.findall(r'<input type="hidden" name="(csrf_token|op_id|variant_id)" value="([^"]+)"', html))
    answer = client.post("/cart/items", data={**fields, "quantity": "2", "pane": "active"})
    assert answer.status_code == 303, answer.text
    assert "Beeswax candle" in client.get(answer.location).text


class TestFragments:
    """What HTMX gets."""

    def test_results_and_their_address(self, client: FlaskClient) -> None:
        answer = client.get("/products?q=kettle&price_min=&sort=featured", headers=HTMX)
        assert answer.headers["HX-Push-Url"] == "/products?q=kettle"
        assert answer.text.lstrip().startswith("<section")
        assert 'id="announce" hx-swap-oob="true">1 product<' in answer.text
        assert "HX-Request" in answer.headers["Vary"]

    def test_more(self, app: Flask, store: TestStore, client: FlaskClient) -> None:
        rows = "".join(f"p{n},Product {n},{n + 1}\n" for n in range(30))
        take(app, store, f"Handle,Title,Variant Price\n{rows}".encode())
        first = page(client, "/products")
        assert first.count('<li class="product">') == 24
        assert 'hx-get="/products?page=2"' in first
        more = client.get("/products?page=2", headers={**HTMX, "HX-Target": "li#more"}).text
        assert more.count('<li class="product">') == 9
        assert 'id="more"' not in more
        assert "Show previous" in page(client, "/products?page=2")

    def test_a_chosen_variant(self, app: Flask, store: TestStore, client: FlaskClient) -> None:
        with app.app_context(), use_store(store.id):
            graphite = get_product("kettle").variants[0]
        answer = client.get(f"/products/kettle?variant_id={graphite.id}", headers=HTMX)
        assert answer.text.lstrip().startswith("<article")
        assert "Graphite: €64.00. Only 2 left." in answer.text
        assert answer.headers["HX-Replace-Url"] == f"/products/kettle?variant_id={graphite.id}"
