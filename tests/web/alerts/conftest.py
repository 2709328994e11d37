"""Letters stay in the outbox; a customer who can sign in; something sold out."""

import pytest
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_product
from tests.web.accounts.conftest import nobody_is_woken
from tests.web.browser import Browser

__all__ = ["nobody_is_woken"]

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"


@pytest.fixture
def kettle(app: Flask, store: TestStore, config: Config) -> MadeProduct:
    """Sold out, at a store with a customer."""
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        return make_product("Kettle", fa="کتری", available=0)


@pytest.fixture
def guest(app: Flask, store: TestStore) -> Browser:
    """Somebody without an account."""
    return Browser(app, store)


@pytest.fixture
def customer(app: Flask, store: TestStore, kettle: MadeProduct) -> Browser:
    """Somebody signed in."""
    browser = Browser(app, store)
    assert browser.post("/account/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
    browser._token = ""
    return browser
