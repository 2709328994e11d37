"""Discount codes on the cart page: added, refused beside their box, replaced, removed, undone; guessing is slowed down."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from flask import Flask
from prometheus_client import REGISTRY

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from app.promotions import guessing, service
from app.promotions.domain import Kind, Terms
from app.stores import service as stores
from app.stores.delivery import DeliveryMethod
from app.stores.taxes import Taxes, TaxRate
from tests.applications import another_application
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.web.browser import Browser
from tests.web.cart.test_costs import counted
from tests.web.cart.test_sign_in import EMAIL, PASSWORD, signs_in

TEN = Terms(Kind.PERCENT, basis_points=1000)
METHOD = DeliveryMethod(key="standard", title={"en": "Standard delivery", "fa": "ارسال عادی"}, cost={"EUR": 490})


@pytest.fixture
def shop(app: Flask, store: TestStore) -> TestStore:
    with app.app_context(), use_store(store.id):
        stores.change_setting(key="delivery_methods", value=(METHOD,), actor="test", now=NOW)
        taxes = Taxes(rates=(TaxRate(country="DE", basis_points=1900),))
        stores.change_setting(key="taxes", value=taxes, actor="test", now=NOW)
        service.create("AUTUMN10", TEN, now=NOW)
        service.create("POST0", Terms(Kind.FREE_SHIPPING, minimums={"EUR": 3000}), now=NOW)
        ended = NOW.replace(year=2024, month=8, day=31, hour=22)
        service.create("SUMMER24", replace(TEN, ends_at=ended), now=NOW)
    return store


@pytest.fixture
def shopper(app: Flask, shop: TestStore) -> Browser:
    with app.app_context(), use_store(shop.id):
        throw = make_product("Wool throw", price=2700)
        lamp = make_product("Lamp", price=1000)
    shopper = Browser(app, shop)
    shopper.adds(throw.variant_id)
    shopper.adds(lamp.variant_id)
    return shopper


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_code_is_added_said_and_shown(shopper: Browser) -> None:
    answer = shopper.post("/cart/coupon", code=" autumn ۱۰ ", htmx=True)
    assert answer.status_code == 200
    assert "AUTUMN10 added. You save €3.70. Total €38.20." in answer.text
    shown = text_of(answer.text)
    assert "Items (2) €37.00 Code AUTUMN10 10% off everything in this order Remove : AUTUMN10 -€3.70" in shown
    assert "Delivery to Germany Standard delivery, estimated €4.90" in shown
    assert "Includes €6.10 VAT" in shown
    assert "Have another discount code?" in shown
    assert text_of(shopper.get("/cart").text).count("AUTUMN10") >= 1


def test_without_javascript_it_is_a_form_like_any_other(shopper: Browser) -> None:
    answer = shopper.post("/cart/coupon", code="AUTUMN10")
    assert answer.status_code == 303
    page = shopper.get(answer.headers["Location"])
    assert "AUTUMN10 added. You save €3.70." in page.text


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("SUMMER24", "SUMMER24 ended on 31 August 2024. Your total has not changed."),
        ("NOPE", "This code is not valid. Your total has not changed."),
        ("<b>x</b>", "This code is not valid. Your total has not changed."),
        ("x" * 5000, "Enter the code. Your total has not changed."),
        ("  ", "Enter the code. Your total has not changed."),
        ("\x00", "Enter the code. Your total has not changed."),
    ],
    ids=["ended", "unknown", "markup", "endless", "nothing", "control"],
)
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_a_refused_code_is_answered_beside_its_box(shopper: Browser, code: str, sentence: str, htmx: bool) -> None:
    answer = shopper.post("/cart/coupon", code=code, htmx=htmx)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert '<details class="code" open>' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "note saf" not in answer.text
    assert "Total €41.90" in text_of(shopper.get("/cart").text)


def test_what_was_typed_stays_in_the_box(shopper: Browser) -> None:
    answer = shopper.post("/cart/coupon", code="summer ۲۴", htmx=True)
    assert 'value="summer ۲۴"' in answer.text


def test_the_reason_in_persian(shopper: Browser) -> None:
    answer = shopper.post("/cart/coupon?lang=fa", code="SUMMER24", htmx=True)
    assert "مهلت کد SUMMER24 در ۱۰ شهریور ۱۴۰۳ تمام شده است. مبلغ سفارش تغییری نکرد." in answer.text


def test_one_code_at_a_time_removed_and_undone(shopper: Browser) -> None:
    shopper.post("/cart/coupon", code="AUTUMN10", htmx=True)
    replaced = shopper.post("/cart/coupon", code="POST0", htmx=True)
    assert "POST0 added in place of AUTUMN10. You save €4.90. Total €37.00." in replaced.text
    again = shopper.post("/cart/coupon", code="post0", htmx=True)
    assert again.status_code == 409
    assert "POST0 is in this order already. Your total has not changed." in again.text
    version = re.search(r'data-version="(\d+)"', shopper.get("/cart").text)[1]  # type: ignore[index]
    undone = shopper.post("/cart/undo", version=version, htmx=True)
    assert "10% off everything in this order" in undone.text
    removed = shopper.post("/cart/coupon/removal", htmx=True)
    assert "AUTUMN10 removed. Total €41.90." in removed.text
    assert "Have a discount code?" in removed.text


def test_a_code_that_no_longer_holds_stays_uncounted_with_the_reason(shopper: Browser) -> None:
    shopper.post("/cart/coupon", code="POST0")
    lamp = shopper.line_ids()[1]
    page = text_of(shopper.post(f"/cart/items/{lamp}/removal", htmx=True).text)
    assert "Code POST0 POST0 is for orders from €30.00. Yours is €3.00 short." in page
    assert "Not counted" in page
    assert "Total €31.90" in page


def test_a_code_comes_along_at_sign_in_and_costs_no_further_statement(
    app: Flask, shop: TestStore, shopper: Browser, config: Config
) -> None:
    with app.app_context(), use_store(shop.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        throw = make_product()
    shopper.post("/cart/coupon", code="AUTUMN10")
    with counted(app) as seen:
        shopper.get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 1), seen
    with counted(app) as seen:
        shopper.adds(throw.variant_id, htmx=True)
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 2), seen

    signs_in(shopper)
    assert "10% off everything in this order" in shopper.get("/cart").text
    with counted(app) as seen:
        shopper.get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 1), seen
    with counted(app) as seen:
        shopper.adds(throw.variant_id, htmx=True)
    assert len(seen["sql"]) == 3, seen


def test_somebody_elses_code_reads_like_an_unknown_one(app: Flask, shop: TestStore, config: Config) -> None:
    with app.app_context(), use_store(shop.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        terms = replace(TEN, ends_at=NOW + timedelta(days=4000))
        theirs = service.create_personal(make_customer("other@example.com"), terms, now=NOW)
        throw = make_product()
    shopper = Browser(app, shop)
    shopper.adds(throw.variant_id)
    signs_in(shopper)
    answers = [shopper.post("/cart/coupon", code=code, htmx=True) for code in (theirs, "NOPE")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("This code is not valid. Your total has not changed." in answer.text for answer in answers)


@pytest.fixture
def limited(app: Flask, config: Config) -> Iterator[Flask]:
    """The application with its limits on."""
    with another_application(config, rate_limits=True) as limited:
        yield limited


@pytest.fixture
def guesser(limited: Flask, shop: TestStore) -> Browser:
    with limited.app_context(), use_store(shop.id):
        throw = make_product("Wool throw", price=2700)
    guesser = Browser(limited, shop)
    guesser.adds(throw.variant_id)
    return guesser


def tried(outcome: str) -> float:
    return REGISTRY.get_sample_value("dualcart_coupon_tries_total", {"outcome": outcome}) or 0


def test_after_ten_tries_every_code_is_not_valid_and_it_is_seen(guesser: Browser) -> None:
    before = tried("limited")
    for number in range(10):
        assert guesser.post("/cart/coupon", code=f"GUESS{number}", htmx=True).status_code == 422
    answer = guesser.post("/cart/coupon", code="AUTUMN10", htmx=True)
    assert answer.status_code == 422
    assert "This code is not valid. Your total has not changed." in answer.text
    assert tried("limited") == before + 1
    ended = guesser.post("/cart/coupon", code="SUMMER24", htmx=True)
    assert "This code is not valid." in ended.text


def test_a_new_session_at_the_same_address_does_not_help_for_long(
    limited: Flask, shop: TestStore, guesser: Browser
) -> None:
    for session in range(5):
        fresh = Browser(limited, shop)
        for number in range(10):
            fresh.post("/cart/coupon", code=f"GUESS{session}{number}", htmx=True)
    assert "This code is not valid." in guesser.post("/cart/coupon", code="AUTUMN10", htmx=True).text


def test_without_counters_no_code_is_taken_and_the_order_stays_possible(
    limited: Flask, guesser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def eval(self, *_: object) -> None:
            raise redis.ConnectionError()

    monkeypatch.setattr(guessing, "client", Away)
    answer = guesser.post("/cart/coupon", code="AUTUMN10", htmx=True)
    assert answer.status_code == 503
    assert "Discount codes cannot be checked right now. You can order without one." in answer.text
    assert guesser.get("/cart").status_code == 200


def test_no_code_is_logged(guesser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    guesser.post("/cart/coupon", code="SECRETCODE", htmx=True)
    assert "SECRETCODE" not in capsys.readouterr().err
