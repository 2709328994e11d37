"""A store with its demonstration staff, for browsers."""

import pytest
from flask import Flask

from app.database import tenancy
from app.demo.accounts import seed_accounts
from tests.conftest import NOW, TestStore


@pytest.fixture
def staffed(app: Flask, store: TestStore) -> TestStore:
    """The store with one person of each role."""
    with app.app_context(), tenancy.use_store(store.id):
        seed_accounts(NOW)
    return store
