"""The small catalogue in the store of each test, taken from outside any request."""

import io

import pytest
from flask import Flask

from app.catalog.file_import import import_file
from app.database.tenancy import use_store
from tests.integration.catalog.conftest import NOW, SHOP

CATALOGUE = SHOP.read_bytes()


@pytest.fixture(autouse=True)
def catalogue(app: Flask, store: object) -> None:
    """Four products, of which one is hidden."""
    take(app, store, CATALOGUE)


def take(app: Flask, store: object, content: bytes) -> None:
    """Import into a store."""
    with app.app_context(), use_store(store.id):  # type: ignore[attr-defined]
        assert list(import_file(io.BytesIO(content), currency="EUR", locale="en", now=NOW))
