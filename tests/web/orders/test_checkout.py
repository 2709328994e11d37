"""The way from a cart to an order, page by page, without JavaScript: what is asked, kept, refused, and what it costs."""

import re

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, set_price, set_stock
from tests.shop import open_checkout
from tests.web.cart.test_costs import counted
from tests.web.orders.conftest import DECLINED, ENTRIES, HANGING, Buyer, hidden


def rows(app: Flask, store: TestStore, statement: str) -> list[dict[str, object]]:
    with app.app_context(), use_store(store.id):
        found = [dict(row._mapping) for row in db.session.execute(text(statement))]
        db.session.rollback()
    return found


def test_a_guest_buys(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id, 2)
    page = buyer.get("/checkout", follow_redirects=True).text
    assert "Have an account?" in page
    assert 'value="standard" checked' in page, "the cheapest that brings it home"
    assert page.count('class="input"') <= 8
    assert buyer.delivers(remind="on").location == "/checkout/payment"
    page = buyer.get("/checkout/payment").text
    assert "4000 0000 0000 0002" in page
    assert buyer.pays().location == "/checkout/review"
    page = buyer.get("/checkout/review").text
    assert "Lindenstraße 5" in page
    assert "+49 30 1234567" in page
    assert "4242" in page
    assert "€118.00" in page
    assert "Pay <bdi>€118.00</bdi>" in page, "delivery is free from 100 euros"
    assert "Including VAT 19%" in page
    order = buyer.orders()
    assert order.status_code == 303
    page = buyer.get(order.location).text
    assert "Thank you, your order is placed" in page
    assert "1001" in page
    assert "Create an account with one password" in page
    assert buyer.counts() == (0, 0)
    consent = rows(app, store, "SELECT granted, wording, source FROM consents")
    assert consent == [{"granted": True, "wording": "Remind me by email if I don't finish", "source": "checkout"}]


def test_the_same_form_twice_is_one_order(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    review = buyer.get("/checkout/review")
    op = hidden(review.text, "op_id")
    first, second = buyer.orders(review, op_id=op), buyer.orders(review, op_id=op)
    assert first.location == second.location
    assert len(rows(app, store, "SELECT 1 FROM orders")) == 1


def test_a_guests_first_page_sent_twice_makes_one_contact(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct
) -> None:
    buyer.adds(throw.variant_id)
    before = buyer.client.get_cookie("cart", store.host)
    assert before
    buyer.delivers()
    buyer.client.set_cookie("cart", before.value, domain=store.host)  # the first answer never arrived
    assert buyer.delivers().location == "/checkout/payment"
    assert buyer.get("/checkout/payment").status_code == 200
    assert len(rows(app, store, "SELECT 1 FROM customers")) == 1


@pytest.mark.parametrize(
    ("entries", "field", "sentence"),
    [
        ({"email": "nobody"}, "email", "Enter an email address"),
        ({"name": ""}, "name", "Enter the name of whoever receives it."),
        ({"phone": "12"}, "phone", "Enter a phone number the courier can call"),
        ({"street": " "}, "street", "Enter a street and a house number."),
        ({"postcode": "1096"}, "postcode", "Enter a postcode, like 10115"),
        ({"postcode": ""}, "postcode", "Enter a postcode, like 10115"),
        ({"city": ""}, "city", "Enter a city or town."),
        ({"delivery": "post"}, "delivery", "Choose how it should reach you."),
        ({"country": "US", "postcode": "10001", "delivery": "post"}, "region", "Choose a region."),
    ],
    ids=["email", "name", "phone", "street", "postcode", "no-postcode", "city", "way", "region"],
)
def test_what_is_wrong_is_said_twice_and_nothing_is_lost(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct, entries: dict[str, str], field: str, sentence: str
) -> None:
    buyer.adds(throw.variant_id)
    answer = buyer.delivers(**entries)
    assert answer.status_code == 422
    page = answer.text
    assert f'<a href="#{field}">{sentence}' in page
    assert page.count(sentence) == 2
    assert "<title>Error:" in page
    for name in ("email", "name", "street"):
        typed = entries.get(name, ENTRIES[name])
        assert f'value="{typed}"' in page
    assert rows(app, store, "SELECT 1 FROM customers") == []


def test_digits_of_all_scripts(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    assert buyer.delivers(postcode="۱۰۹۶۹", phone="٠٣٠ ١٢٣٤٥٦٧").location == "/checkout/payment"
    buyer.pays(way="demo_bank", number="۴۲۴۲ ۴۲۴۲ ۴۲۴۲ ۴۲۴۲", expiry="۱۲/۳۰", code="١٢٣")
    page = buyer.get("/checkout/review").text
    assert "10969 Berlin" in page
    assert "+49 30 1234567" in page


def test_another_country(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    entries = {**ENTRIES, "country": "IR", "city": "تهران"}
    answer = buyer.post("/checkout/delivery/preview", htmx=True, **entries)
    assert "By post" in answer.text
    assert "Standard" not in answer.text
    assert 'id="region"' in answer.text
    assert 'id="summary" hx-swap-oob="true"' in answer.text
    assert "€68.90" in answer.text
    assert 'value="تهران"' in answer.text
    plain = buyer.delivers(country="IR")
    assert plain.status_code == 422
    assert "Enter the postcode, 10 digits." in plain.text
    assert "By post" in plain.text


def test_a_pickup_needs_no_address(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    assert buyer.delivers(street="", postcode="", city="", delivery="pickup").location == "/checkout/payment"
    assert buyer.pays(way="manual").location == "/checkout/review"
    page = buyer.get("/checkout/review").text
    assert "Place order, <bdi>€59.00</bdi>" in page
    assert "Ready to be picked up" in page


def test_back_keeps_everything_but_the_card(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    page = buyer.get("/checkout/delivery").text
    assert 'value="shirin@example.com"' in page
    assert 'value="Lindenstraße 5"' in page
    page = buyer.get("/checkout/payment").text
    assert "Card ending" in page
    assert 'value="4242' not in page
    assert buyer.pays(way="demo_bank").location == "/checkout/review", "the card entered before is kept"


def test_a_bad_card_is_not_shown_again(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    answer = buyer.pays(way="demo_bank", number="4242424242424241", expiry="12/30", code="987")
    assert answer.status_code == 422
    assert "This card number has a typing mistake." in answer.text
    assert "4242424242424241" not in answer.text
    assert 'value="987"' not in answer.text


def test_pages_in_their_order(buyer: Buyer, throw: MadeProduct) -> None:
    assert buyer.get("/checkout/delivery").location == "/cart?why=nothing_to_order"
    buyer.adds(throw.variant_id)
    assert buyer.get("/checkout/payment").location == "/checkout/delivery"
    assert buyer.get("/checkout/review").location == "/checkout/delivery"
    buyer.delivers()
    assert buyer.get("/checkout/review").location == "/checkout/payment"
    assert "There is nothing in this order yet" in buyer.get("/cart?why=nothing_to_order").text


def test_a_line_to_resolve_leads_back_to_the_cart(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct
) -> None:
    buyer.adds(throw.variant_id, 2)
    with app.app_context(), use_store(store.id):
        set_stock(throw, 1)
    assert buyer.get("/checkout/delivery").location == "/cart?why=lines_to_resolve"
    page = buyer.get("/cart").text
    assert 'aria-disabled="true"' in page
    assert "First put right what cannot be bought as it stands." in page


def test_a_price_to_nod_to_leads_back_to_the_cart(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct
) -> None:
    buyer.adds(throw.variant_id)
    with app.app_context(), use_store(store.id):
        set_price(throw, 6500)
    assert buyer.get("/checkout/delivery").location == "/cart?why=prices_to_accept"
    assert "A price has changed since you saw it." in buyer.get("/cart?why=prices_to_accept").text


def test_the_total_moved(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    review = buyer.get("/checkout/review")
    with app.app_context(), use_store(store.id):
        set_price(throw, 6500)
    answer = buyer.orders(review)
    assert answer.status_code == 409
    assert "The total went up by €6.00 while you were here." in answer.text
    assert "Wool throw is now €65.00." in answer.text
    assert "Nothing has been charged." in answer.text
    assert "Continue with <bdi>€69.90</bdi>" in answer.text
    assert rows(app, store, "SELECT 1 FROM orders") == []
    assert "Thank you" in buyer.get(buyer.orders(answer).location).text


def test_sold_out_at_the_last_moment(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct, kettle: MadeProduct
) -> None:
    buyer.adds(throw.variant_id, 3)
    buyer.adds(kettle.variant_id)
    buyer.delivers()
    buyer.pays()
    review = buyer.get("/checkout/review")
    with app.app_context(), use_store(store.id):
        set_stock(throw, 2)
        set_stock(kettle, 0)
    answer = buyer.orders(review)
    assert answer.status_code == 409
    assert "Only 2 left of Wool throw." in answer.text
    assert "Kettle is sold out." in answer.text
    assert "Go on without it, <bdi>€118.00</bdi>" in answer.text
    assert buyer.post("/checkout/resolution").location == "/checkout/review"
    assert buyer.counts() == (1, 2)
    assert "Thank you" in buyer.get(buyer.orders().location).text
    assert buyer.counts() == (0, 2)


def test_nothing_left_at_the_last_moment(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    review = buyer.get("/checkout/review")
    with app.app_context(), use_store(store.id):
        set_stock(throw, 0)
    answer = buyer.orders(review)
    assert answer.status_code == 409
    assert "Go on without it" not in answer.text
    assert "Back to cart" in answer.text


def test_a_declined_card(buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw, 1, **DECLINED)
    assert address == "/checkout/payment?problem=declined"
    page = buyer.get(address).text
    assert "Your bank declined the payment. You were not charged. Try another way to pay." in page
    buyer.pays()
    assert "Thank you" in buyer.get(buyer.orders().location).text


def test_a_bank_that_says_nothing(buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw, 1, **HANGING)
    page = buyer.get(address).text
    assert "Do not pay again." in page
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page
    assert buyer.get("/checkout/delivery").status_code == 200
    assert buyer.orders().location == address, "a second order leads to the first"


def test_a_store_for_customers_only(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    with app.app_context(), use_store(store.id):
        open_checkout(guest_checkout=False)
    buyer.adds(throw.variant_id)
    assert buyer.get("/checkout/delivery").location == "/account/sign-in?next=/checkout"


def test_forged_sums_buy_nothing(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    for total in ("1", "-1", "x" * 50, "۱"):
        assert buyer.orders(fingerprint="0" * 24, total=total).status_code == 409
    assert rows(app, store, "SELECT 1 FROM orders") == []


def test_nothing_of_it_is_kept_by_anybody(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    for path in ("/checkout/delivery", "/checkout/payment"):
        assert "no-store" in buyer.get(path).headers["Cache-Control"]


def test_in_persian(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.get("/?lang=fa")
    buyer.adds(throw.variant_id)
    page = buyer.delivers(country="IR", postcode="123").text
    assert "کد پستی ۱۰ رقمی را وارد کنید" in page
    assert "اگر خرید نیمه‌کاره ماند، با ایمیل یادآوری کنید" in page
    assert "ادامهٔ خرید" not in page
    buyer.delivers()
    buyer.pays()
    page = buyer.get("/checkout/review").text
    assert "پرداخت <bdi>" in page
    assert "آذر" in page, "days by the Jalali calendar"


@pytest.mark.parametrize(
    ("path", "sql"),
    [("delivery", 3), ("payment", 2), ("review", 2)],  # one is for what was said about reminders
    ids=["delivery", "payment", "review"],
)
def test_what_a_page_costs(app: Flask, buyer: Buyer, throw: MadeProduct, path: str, sql: int) -> None:
    buyer.adds(throw.variant_id)
    buyer.delivers()
    buyer.pays()
    with counted(app) as seen:
        assert buyer.get(f"/checkout/{path}").status_code == 200
    assert (len(seen["sql"]), len(seen["redis"])) == (sql, 0), seen


def test_a_new_guests_first_page_costs(app: Flask, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    with counted(app) as seen:
        buyer.get("/checkout/delivery")
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 1), seen


def test_steps_say_where_one_is(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    assert re.search(r'<li aria-current="step">.*?Delivery', buyer.get("/checkout/delivery").text)
