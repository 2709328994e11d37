"""The last message of a month's budget is wanted by several workers at once: one has it, the others' messages wait."""

from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask

from app.database.tenancy import use_store
from app.recovery import gate, message_states
from app.recovery.content import Step
from app.recovery.parts import Claimed
from app.recovery.values import Channel
from app.stores.service import change_setting
from tests.concurrency.racing import race
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import LEFT, THEN, Scripted, evaluations, one_due, row_of

HANDS = 4
STEP = Step(number=1, delay_seconds=0, channel=Channel.EMAIL, texts={}, conditions=(delivering.CONDITION,))


@pytest.mark.parametrize("budget", [1, 3])
def test_no_more_pass_than_the_month_allows(app: Flask, store: TestStore, budget: int) -> None:
    scripted, met, looks = Scripted(), Barrier(HANDS), set[UUID]()
    with app.app_context(), use_store(store.id):
        change_setting(key="monthly_messages_at_most", value=budget, actor="test", now=LEFT)
        ids = [one_due(scripted, STEP, email=f"{at}@example.com") for at in range(HANDS)]
        claimed = message_states.claim(THEN, tuple(Channel), HANDS)

    def unmet(step: Step, message: Claimed) -> str:
        if message.id not in looks:  # all have read the count before any of them counts
            looks.add(message.id)
            met.wait(20)
        return ""

    parts = scripted.parts(unmet=unmet)
    passed = race(app, store.id, [lambda message=message: gate.pass_gate(message, parts, THEN) for message in claimed])
    assert sum(isinstance(one, gate.Passed) for one in passed) == budget
    with app.app_context(), use_store(store.id):
        rows = [row_of(message_id) for message_id in ids]
        said = [[(e.verdict, e.reason) for e in evaluations(message_id)] for message_id in ids]
        delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=store.id)
    assert sorted(row.state for row in rows) == ["scheduled"] * (HANDS - budget) + ["sending"] * budget
    assert {row.reason for row in rows if row.state == "scheduled"} == {"budget_spent"}
    assert all(len(each) == 1 for each in said)  # what moved was not written down
