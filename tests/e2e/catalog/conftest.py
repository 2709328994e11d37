"""The small catalogue, with enough on top of it for a second page, in the store of each test."""

import pytest
from flask import Flask

from tests.conftest import TestStore
from tests.web.catalog.conftest import CATALOGUE, take


@pytest.fixture(autouse=True)
def catalogue(app: Flask, store: TestStore) -> None:
    """Three products and thirty more."""
    take(app, store, CATALOGUE)
    head = "Handle,Title,Variant Price,Type,Title fa (product.metafields.translation.title_fa)"
    rows = "".join(f"bowl-{n},Bowl {n},{n + 1},Tableware,کاسهٔ {n}\n" for n in range(30))
    take(app, store, f"{head}\n{rows}".encode())
