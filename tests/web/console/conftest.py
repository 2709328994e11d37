"""A store with its demonstration staff."""

import pytest
from flask import Flask

from app.database import tenancy
from app.demo.accounts import seed_accounts
from tests.conftest import NOW, TestStore
from tests.web.accounts.visitor import Visitor


@pytest.fixture
def staffed(app: Flask, store: TestStore) -> TestStore:
    """The store with one person of each role and one shopper."""
    with app.app_context(), tenancy.use_store(store.id):
        seed_accounts(NOW)
    return store


@pytest.fixture
def visitor(app: Flask, staffed: TestStore) -> Visitor:
    """Somebody new at that store."""
    return Visitor(app, staffed)
