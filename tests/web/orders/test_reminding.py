"""The box for reminders by email at checkout: never ticked in advance, and a sentence where it has been answered."""

from typing import Any

import pytest
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from app.recovery import consent, people
from app.recovery.values import Channel
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer
from tests.recovering import consents
from tests.web.orders.conftest import Buyer
from tests.web.orders.test_checkout import rows

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"
SENTENCE = "We remind you by email if you don't finish."
BOX = 'name="remind"'


def test_a_guests_box_becomes_a_sentence_and_leaving_it_alone_withdraws_nothing(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct
) -> None:
    buyer.adds(throw.variant_id)
    page = buyer.get("/checkout/delivery").text
    assert BOX in page
    assert f"{BOX} checked" not in page
    buyer.delivers(remind="on")
    page = buyer.get("/checkout/delivery").text
    assert SENTENCE in page
    assert BOX not in page
    assert 'href="/account/messages"' in page
    buyer.delivers()
    said = rows(app, store, "SELECT granted FROM consents")
    assert said == [{"granted": True}]
    page = buyer.get("/account/messages").text
    assert "You said yes on" in page
    buyer.post("/account/messages", channel="email", on="0")
    page = buyer.get("/checkout/delivery").text
    assert BOX in page
    assert f"{BOX} checked" not in page


def test_what_was_typed_stays_when_something_else_is_wrong(buyer: Buyer, throw: MadeProduct) -> None:
    buyer.adds(throw.variant_id)
    answer = buyer.delivers(email="nobody", remind="on")
    assert answer.status_code == 422
    assert f"{BOX} checked" in answer.text


@pytest.mark.parametrize("said", [True, False, None], ids=["yes", "no", "nothing"])
def test_somebody_signed_in_sees_what_is_on_record(
    app: Flask, store: TestStore, config: Config, buyer: Buyer, throw: MadeProduct, said: bool | None
) -> None:
    def inside(do: Any, *args: Any, **kwargs: Any) -> Any:
        with app.app_context(), use_store(store.id):
            return do(*args, **kwargs)

    customer_id = inside(make_customer, EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
    contact_id = inside(make_customer, EMAIL)  # the same person once ordered as a guest
    if said is not None:
        inside(consents, contact_id, "email", granted=said)
    buyer.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    buyer._token = ""
    buyer.adds(throw.variant_id)
    page = buyer.get("/checkout/delivery").text
    assert (SENTENCE in page) is bool(said)
    assert (BOX in page) is not bool(said)
    buyer.delivers(email=EMAIL)
    word = inside(lambda: consent.granted(people.ids_of(customer_id), Channel.EMAIL))
    assert (word.granted if word else None) is said, "a box left alone says nothing"
    buyer.delivers(email=EMAIL, remind="on")
    assert inside(lambda: consent.granted(people.ids_of(customer_id), Channel.EMAIL)).granted
    assert SENTENCE in buyer.get("/checkout/delivery").text
