"""Bad input gets a clear message in the shopper's language, changes nothing, and never fails on our side."""

import pytest
from flask import Flask

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.web.browser import Browser

NOBODYS = "01a1fc41-fc94-7007-8b2b-2fd99e48bfc1"


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Browser:
    return Browser(app, store)


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product(available=5)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    ("quantity", "sentence", "status"),
    [
        ("0", "Enter a quantity of at least 1.", 422),
        ("-1", "Enter a whole number, like 2.", 422),
        ("1000000000", "You can have at most 999 of this item.", 422),
        ("1" * 40, "Enter a whole number, like 2.", 422),
        ("abc", "Enter a whole number, like 2.", 422),
        ("۱.۵", "Enter a whole number, like 2.", 422),
        ("²", "Enter a whole number, like 2.", 422),
        ("", "Enter a whole number, like 2.", 422),
        ("1\x00", "Enter a whole number, like 2.", 422),
        ("6", "Only 5 left.", 409),
    ],
)
def test_quantities(
    visitor: Browser, throw: MadeProduct, quantity: str, sentence: str, status: int, htmx: bool
) -> None:
    response = visitor.adds(throw.variant_id, quantity, htmx=htmx)
    assert response.status_code == status
    assert sentence in response.text
    assert visitor.counts() == (0, 0)


def test_the_field_keeps_what_was_typed(visitor: Browser, throw: MadeProduct) -> None:
    visitor.adds(throw.variant_id)
    line = visitor.line_ids()[0]
    response = visitor.post(f"/cart/items/{line}/quantity", typed="seven")
    assert response.status_code == 422
    assert 'value="seven"' in response.text
    assert "Error" in response.text.split("</title>")[0]


@pytest.mark.parametrize("variant_id", [NOBODYS, "", "abc", "0" * 36, "'; DROP TABLE carts; --", "نه"])
def test_unknown_variants(visitor: Browser, variant_id: str) -> None:
    response = visitor.post("/cart/items", variant_id=variant_id)
    assert response.status_code == 404
    assert "This item is no longer sold." in response.text


@pytest.mark.parametrize("path", ["quantity", "removal", "pane"])
@pytest.mark.parametrize("line_id", [NOBODYS, "abc", "%00", "9" * 400])
def test_lines_that_are_not_there(visitor: Browser, path: str, line_id: str) -> None:
    response = visitor.post(f"/cart/items/{line_id}/{path}", quantity=1, pane="active")
    assert response.status_code == 404
    assert "not in your cart any more" in response.text


def test_lines_of_somebody_else(app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct) -> None:
    other = Browser(app, store)
    other.adds(throw.variant_id)
    line = other.line_ids()[0]
    for path in ("quantity", "removal", "pane"):
        assert visitor.post(f"/cart/items/{line}/{path}", quantity=0, pane="next_purchase").status_code == 404
    assert other.counts() == (1, 0)


@pytest.mark.parametrize("pane", ["", "wishlist", "ACTIVE"])
def test_unknown_panes(visitor: Browser, throw: MadeProduct, pane: str) -> None:
    assert visitor.adds(throw.variant_id, 1, pane).status_code == 422
    assert visitor.post(f"/cart/panes/{pane or 'x'}/lines").status_code == 422


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 30, "0", "1"])
def test_undo_of_what_is_not_the_last_change(visitor: Browser, throw: MadeProduct, version: str) -> None:
    visitor.adds(throw.variant_id)
    response = visitor.post("/cart/undo", version=version)
    assert response.status_code == 409
    assert "can no longer be undone" in response.text
    assert visitor.counts() == (1, 0)


@pytest.mark.parametrize("token", [None, "", "forged", "a.b.c"])
def test_a_missing_or_forged_token(visitor: Browser, throw: MadeProduct, token: str | None) -> None:
    data = {"variant_id": str(throw.variant_id), "quantity": "1"}
    if token is not None:
        data["csrf_token"] = token
    response = visitor.client.post("/cart/items", data=data)
    assert response.status_code == 403
    assert "open for too long" in response.text
    assert visitor.counts() == (0, 0)


def test_a_token_of_another_session(app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct) -> None:
    other = Browser(app, store)
    response = visitor.client.post("/cart/items", data={"variant_id": str(throw.variant_id), "csrf_token": other.token})
    assert response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_forms_of_other_sites(visitor: Browser, throw: MadeProduct, headers: dict[str, str]) -> None:
    data = {"variant_id": str(throw.variant_id), "csrf_token": visitor.token}
    response = visitor.client.post("/cart/items", data=data, headers=headers)
    assert response.status_code == 403
    assert visitor.counts() == (0, 0)


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "é", "9" * 4000, "3f1c.sig", "../../etc"])
@pytest.mark.parametrize("name", ["cart", "dualcart", "locale"])
def test_broken_cookies(visitor: Browser, name: str, cookie: str) -> None:
    response = visitor.client.get("/cart", headers={"Cookie": f"{name}={cookie}".encode().decode("latin-1")})
    assert response.status_code == 200
    assert "Your cart is empty." in response.text


def test_somebody_elses_cookie_of_another_store(
    app: Flask,
    make_store,
    visitor: Browser,
    throw: MadeProduct,  # type: ignore[no-untyped-def]
) -> None:
    visitor.adds(throw.variant_id)
    elsewhere = Browser(app, make_store())
    cookie = visitor.client.get_cookie("cart", domain=visitor.client.host)
    assert cookie
    page = elsewhere.client.get("/cart", headers={"Cookie": f"cart={cookie.value}"})
    assert "Your cart is empty." in page.text


@pytest.mark.parametrize("size", [70_000, 5_000_000])
def test_forms_that_are_too_large(visitor: Browser, size: int) -> None:
    response = visitor.client.post("/cart/items", data={"csrf_token": visitor.token, "variant_id": "x" * size})
    assert response.status_code == 413


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_methods_that_are_not_there(visitor: Browser, method: str) -> None:
    assert getattr(visitor.client, method)("/cart").status_code in (403, 405)


def test_an_unknown_store(app: Flask) -> None:
    response = app.test_client().get("/cart", headers={"Host": "nobody.example"})
    assert response.status_code == 404
    assert "No store answers" in response.text
