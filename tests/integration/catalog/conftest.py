"""Importing a small catalogue into the store of a test."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.catalog.drafts import RowRefusal
from app.catalog.file_import import import_file
from app.catalog.importing import Taken

SHOP = Path(__file__).parent / "data" / "shop.csv"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

Import = Callable[..., list[Taken | RowRefusal]]


@pytest.fixture
def take(in_store: object) -> Import:
    """A function that imports text, or the small catalogue, into the store."""

    def run(content: str | bytes | None = None, *, dry_run: bool = False) -> list[Taken | RowRefusal]:
        data = SHOP.read_bytes() if content is None else content.encode() if isinstance(content, str) else content
        return list(import_file(io.BytesIO(data), currency="EUR", locale="en", now=NOW, dry_run=dry_run))

    return run
