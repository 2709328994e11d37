"""People for the browser."""

import pytest
from flask import Flask

from app.database import tenancy
from app.demo.accounts import seed_accounts
from tests.conftest import NOW, TestStore


@pytest.fixture
def staffed(app: Flask, store: TestStore) -> None:
    """The demonstration's people at this test's store."""
    with app.app_context(), tenancy.use_store(store.id):
        seed_accounts(NOW)
