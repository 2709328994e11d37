"""The console's lists go by an index of what they ask for: one on too little is read to its end where few rows are asked for.

Behind row level security an index on an expression whose operator is not leakproof is there and never used.
"""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.console import cart_queries
from app.database.transaction import transaction
from app.orders import staff_queries
from app.recovery.models import LISTS
from tests.conftest import NOW
from tests.plans import plan_of

NAMES = {
    "before_at": NOW, "before_id": uuid4(), "limit": 51, "depth": 10_000, "before": 2**62, "state": "cancelled",
}  # fmt: skip
VIEWS = {"abandoned": "open", "campaign": "open", "recovered": "recovered", "salvaged": "salvaged", "ended": "ended"}


@pytest.mark.parametrize("view", VIEWS)
def test_each_list_of_carts_has_an_index_of_its_own(in_store: Any, view: str) -> None:
    plan = plan_of(cart_queries._statement(cart_queries.EPISODES, view, {}), NAMES, "seqscan", "sort")
    assert VIEWS[view] in LISTS
    assert f"ix_episodes_store_id_opened_at_{VIEWS[view]} on episodes e" in plan, plan


def test_orders_of_a_state_are_found_by_an_index(in_store: Any) -> None:
    statement = staff_queries._LIST.format(which=f"o.number < :before AND {staff_queries.ASKED['state']}")
    plan = plan_of(text(statement), NAMES, "seqscan", "sort")
    assert "ix_orders_store_id_state_number on orders o" in plan, plan


def test_no_index_is_on_an_expression(in_store: Any) -> None:
    with transaction() as session:
        found = session.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE indexprs IS NOT NULL"))
        assert [name for name in found.scalars() if not name.startswith("pg_")] == []
