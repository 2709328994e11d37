"""Importing a whole file: product after product, each taken or refused, with a report that streams along."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import BinaryIO

from app.catalog.drafts import ProductDraft, RowRefusal
from app.catalog.importing import Taken, import_product
from app.catalog.shopify_csv import Refused, decoded_lines, read_products
from app.database.transaction import transaction


def import_file(
    file: BinaryIO, *, currency: str, locale: str, now: datetime, dry_run: bool = False
) -> Iterator[Taken | RowRefusal]:
    """Take every good product of `file` into the current store. Raises UnusableFile before anything is written.

    With `dry_run` each product is written and rolled back, so the report says what would happen.
    """
    for position, product in enumerate(read_file(file, currency=currency, locale=locale), start=1):
        if isinstance(product, ProductDraft):
            yield take(product, position=position, locale=locale, now=now, dry_run=dry_run)
        else:
            yield from product


def read_file(file: BinaryIO, *, currency: str, locale: str) -> Iterator[ProductDraft | Refused]:
    """Every product of `file`, or why it is none; also those that the file describes a second time. Raises UnusableFile."""
    with closing(_Handles()) as handles:
        for product in read_products(decoded_lines(file), currency=currency, locale=locale):
            if isinstance(product, ProductDraft):
                first = handles.note(product.handle, product.line)
                if first is not None:
                    yield (RowRefusal(product.line, product.handle, "duplicate_handle", _twice(first)),)
                    continue
            else:
                for refusal in product:
                    handles.note(refusal.handle, refusal.line)
            yield product


class _DryRun(Exception):
    """Rolls a product back; carries what would have been taken."""

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


def take(product: ProductDraft, *, position: int, locale: str, now: datetime, dry_run: bool) -> Taken:
    """Write one product; with `dry_run` roll it back and say what would have been."""
    if not dry_run:  # the outermost unit of work, so that it is tried again after a deadlock
        return import_product(product, position=position, locale=locale, now=now)
    try:
        with transaction(outermost=True):
            raise _DryRun(import_product(product, position=position, locale=locale, now=now))
    except _DryRun as rolled_back:
        return rolled_back.taken


def _twice(first: int) -> str:
    return f"Line {first} already describes this product. All rows of a product must stand together."


class _Handles:
    """Where each handle was first seen. On disk when they are many: a file has no limit, memory has."""

    def __init__(self) -> None:
        self.seen = sqlite3.connect("", isolation_level=None)
        self.seen.execute("PRAGMA journal_mode = OFF")
        self.seen.execute("CREATE TABLE seen (handle TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def note(self, handle: str, line: int) -> int | None:
        """Remember `handle`. Returns the line where it was seen before, if it was."""
        added = self.seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (handle, line))
        if added.rowcount:
            return None
        return int(self.seen.execute("SELECT line FROM seen WHERE handle = ?", (handle,)).fetchone()[0])

    def close(self) -> None:
        """Drop what was remembered."""
        self.seen.close()
