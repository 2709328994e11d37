"""Reports go by indexes: no table of recovery or orders is read as a whole, whatever its size."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import TextClause

from app.recovery import breakdowns, experiments, explain, funnels, holdout, reports, revenue, trends
from app.recovery.breakdowns import Cut
from app.recovery.funnels import Whose
from app.recovery.reports import By
from tests.conftest import NOW
from tests.plans import plan_of

NAMES = {
    "since": NOW, "until": NOW, "campaign": None, "zone": "UTC", "window": timedelta(days=7), "cap": None,
    "currency": "EUR", "orders": 200, "quantile": 0.99, "earliest": NOW, "people": [uuid4()], "order": uuid4(),
    "episodes": [uuid4()], "messages": [uuid4()], "cart": uuid4(), "message": uuid4(), "limit": 50, "episode": None,
    "kind": "direct", "language": "en", "account": True, "at_most": 9, "sample": 9,
}  # fmt: skip
SOME = Whose(language="en", account=True, currency="EUR")
STATEMENTS: dict[str, TextClause] = {
    "sent": reports._sent((By.CAMPAIGN, By.STEP)),
    "earned by": reports._earned_by((By.CHANNEL, By.SUBJECT)),
    "entered": reports.ENTERED,
    "earned": reports.EARNED,
    "endings": reports.ENDINGS_OF,
    "abandoned": trends._ABANDONED,
    "straight": trends._STRAIGHT,
    "days": trends.DAYS,
    "days of orders": trends.ORDER_DAYS,
    "days of messages": trends.SENT_DAYS,
    "reasons": trends.REASONS_OF,
    "reached": trends.REACHED,
    "arms": holdout.ARMS,
    "cap": holdout.CAP,
    "subjects": experiments.ARMS,
    "order": revenue.ORDER,
    "touches": revenue.TOUCHES,
    "episodes": revenue.EPISODES,
    "credit": revenue.CREDIT,
    "explain person": explain.OF_PEOPLE,
    "explain cart": explain.OF_CART,
    "explain message": explain.OF_MESSAGE,
    "explain messages": explain.MESSAGES,
    "explain evaluations": explain.EVALUATIONS,
    "explain happenings": explain.HAPPENINGS,
    "explain credits": explain.CREDITS,
    "explain consents": explain.CONSENTS,
    "funnel's bound": funnels.BOUND,
    "funnel of some": funnels._statement(funnels.REACHED, "e", SOME),
    "funnel's straight orders": funnels._statement(funnels.STRAIGHT, "a", SOME),
    "funnel's times": funnels._statement(funnels.TIMES, "a", SOME),
    **{
        f"{kind} by {cut}": found[0][0]
        for cut in (Cut.REASON, Cut.PRODUCT)
        for kind, found in zip(("sent", "earned", "entered"), breakdowns._statements(cut), strict=True)
        if found
    },
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_has_an_index_for_every_table(in_store: Any, name: str) -> None:
    plan = plan_of(STATEMENTS[name], NAMES, "seqscan")
    scans = [line.strip() for line in plan.splitlines() if "Seq Scan" in line]
    assert scans == []
    reads = [line for line in plan.splitlines() if "Index Cond" in line]
    assert reads
    assert all("store_id" in line for line in reads), plan


@pytest.mark.parametrize("name", ["sent", "earned by", "endings", "days of messages", "days of orders"])
def test_what_belongs_to_the_few_rows_at_a_periods_ends_is_looked_up(in_store: Any, name: str) -> None:
    """Not joined: the planner takes them for many, and would read all episodes of the store."""
    plan = plan_of(STATEMENTS[name], NAMES, "nestloop")
    assert "Hash Join" not in plan
    assert "Merge Join" not in plan
