"""What the application sends to PostgreSQL, written down as it passes the driver, for the limits to send the same."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import psycopg

from app.database.base import db
from app.database.tenancy import ENTER
from bench.crowd import Statement

Sent = tuple[str, dict[str, Any] | None, Any]  # with the cursor, which knows the columns once the answer is there


def record(work: Callable[[], object]) -> list[Statement]:
    """What `work` sends, from BEGIN to COMMIT. A read in one pipeline is written down as what it is to the server: the same."""
    db.session.rollback()
    sent: list[Sent] = []
    execute, ends = psycopg.Cursor.execute, {name: getattr(psycopg.Connection, name) for name in ("commit", "rollback")}

    def noted(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        said = query.decode() if isinstance(query, bytes) else str(query)
        if said == ENTER.decode():
            role, store, _relay = params
            sent.append((f"BEGIN; SET LOCAL ROLE \"{role}\"; SET LOCAL app.store='{store}'", None, None))
        elif said != "BEGIN":  # it is the one above
            sent.append((said, dict(params) if params else None, self))
        return execute(self, query, params, **options)

    def ending(name: str) -> Callable[[Any], None]:
        def end(self: Any) -> None:
            if self.info.transaction_status:
                sent.append((name.upper(), None, None))
            ends[name](self)

        return end

    with (
        patch.object(psycopg.Cursor, "execute", noted),
        patch.object(psycopg.Connection, "commit", ending("commit")),
        patch.object(psycopg.Connection, "rollback", ending("rollback")),
    ):
        work()
        db.session.remove()
    if sent[-1][0] != "COMMIT":  # the pipeline's Sync was it
        sent.append(("COMMIT", None, None))
    return [Statement(said, params, tuple(column.name for column in _columns(cursor))) for said, params, cursor in sent]


def _columns(cursor: Any) -> Any:
    return (cursor.description if cursor is not None else None) or ()
