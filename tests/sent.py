"""What is sent to PostgreSQL, seen where all of it passes: the driver. SQLAlchemy's events do not see hot statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from app.database.tenancy import ENTER


@contextmanager
def noted() -> Iterator[list[str]]:
    """The statements sent meanwhile. Entering the store does not count: it travels with the first of them."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def note(self: Any, query: Any, *values: Any, **options: Any) -> Any:
        said = query.decode() if isinstance(query, bytes) else str(query)
        if said not in ("BEGIN", ENTER.decode()):
            sent.append(said)
        return execute(self, query, *values, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", note)
        yield sent
