"""A store that sells, with campaigns since before the time that is simulated."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.database.tenancy import use_store
from app.demo.reminders import seed_campaigns
from app.promotions import service as promotions
from app.promotions.domain import Kind, Terms
from app.simulator.year import Options
from tests.conftest import TestStore
from tests.factories import make_product
from tests.shop import open_checkout

CARTS, DAYS = 45, 18


@pytest.fixture
def options() -> Options:
    """Forty-five baskets in eighteen days that end now."""
    until = datetime.now(UTC)
    since = until - timedelta(days=DAYS)
    return Options(carts=CARTS, since=since, until=until, seed="small", effect=0.5, codes=("TEN",))


@pytest.fixture
def selling(app: Flask, store: TestStore, options: Options) -> TestStore:
    """Twelve products, delivery, a code, campaigns."""
    with app.app_context(), use_store(store.id):
        open_checkout()
        seed_campaigns(options.since - timedelta(hours=1))
        for number in range(12):
            make_product(f"Thing {number}", price=1500 + 900 * number, available=40)
        promotions.create("TEN", Terms(Kind.PERCENT, basis_points=1000), now=options.since)
    return store
