"""How PostgreSQL would carry out a statement of the application, behind row level security."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import TextClause, text

from app.database.tenancy import current_store_id
from app.database.transaction import transaction


def plan_of(statement: TextClause, values: Mapping[str, Any], *without: str) -> str:
    """Its plan in the current store, where the planner may not do `without` (what follows `enable_` in its settings)."""
    asked = {name: values[name] for name in statement._bindparams if name != "store"}
    with transaction() as session:
        for way in without:
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        found = session.execute(text(f"EXPLAIN {statement.text}"), {"store": current_store_id(), **asked})
        return "\n".join(found.scalars())
