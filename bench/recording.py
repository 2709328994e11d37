"""What the application sends to PostgreSQL, written down as it passes the driver, for the limits to send the same."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import psycopg

from app.database.base import db
from bench.crowd import Statement


def record(work: Callable[[], object]) -> list[Statement]:
    """What `work` sends, from BEGIN to COMMIT or to the ROLLBACK that ends a request which only read."""
    db.session.rollback()
    statements: list[Statement] = []
    execute, ends = psycopg.Cursor.execute, {name: getattr(psycopg.Connection, name) for name in ("commit", "rollback")}

    def noted(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        answer = execute(self, query, params, **options)
        columns = tuple(column.name for column in self.description or ())
        statements.append(Statement(str(query), dict(params) if params else None, columns))
        return answer

    def ending(name: str) -> Callable[[Any], None]:
        def end(self: Any) -> None:
            if self.info.transaction_status:
                statements.append(Statement(name.upper()))
            ends[name](self)

        return end

    with (
        patch.object(psycopg.Cursor, "execute", noted),
        patch.object(psycopg.Connection, "commit", ending("commit")),
        patch.object(psycopg.Connection, "rollback", ending("rollback")),
    ):
        work()
        db.session.remove()
    return statements
