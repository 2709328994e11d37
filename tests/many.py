"""Thousands of messages that are due in a store of the test's own, by the true clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from flask import Flask

from app.database.tenancy import current_store_id
from bench.due import fill
from tests.factories import make_customer, make_product
from tests.integration.recovery.delivering import Scripted
from tests.ordering import put

LEFT_FOR = timedelta(hours=2)


def many_due(superuser_url: str, database_name: str, scripted: Scripted, count: int) -> list[tuple[UUID, UUID, UUID]]:
    """So many messages, each with its episode and customer, of a campaign of the current store."""
    put(make_customer("pattern@example.com"), make_product().variant_id)
    campaign_id, now = scripted.campaign(), datetime.now(UTC)
    url = superuser_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, dbname=database_name) as connection:
        when = {"left_at": now - LEFT_FOR, "due_at": now - timedelta(minutes=1)}
        made = fill(connection, current_store_id(), campaign_id, count, **when)
        connection.execute("ANALYZE")  # as it would be by then
        return made


@contextmanager
def in_production(app: Flask) -> Iterator[None]:
    """The database's clock counts alone, as nowhere but in the demo it can be moved."""
    config: Any = app.config["DUALCART"]
    app.config["DUALCART"] = msgspec.structs.replace(config, demo=False)
    try:
        yield
    finally:
        app.config["DUALCART"] = config
