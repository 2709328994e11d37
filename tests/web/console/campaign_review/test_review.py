"""Before a campaign is published: what changes, for whom, what speaks against it; versions to go back to; conflicts told."""

import re
from html import unescape

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.recovery.presets import PRESETS
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_campaigns import STEP, begun, now, sends
from tests.web.console.test_console_carts import at_work


@pytest.fixture
def admin(app: Flask, staffed: TestStore) -> Visitor:
    return at_work(app, staffed, "admin")


@pytest.fixture
def editor(admin: Visitor) -> str:
    """The editor of a campaign whose first version is in force."""
    address = begun(admin)
    assert sends(admin, address, "/publication").status_code == 200
    return address


def test_what_is_in_force_is_looked_at_before_it_is_replaced(
    app: Flask, staffed: TestStore, admin: Visitor, editor: str
) -> None:
    assert "Nothing: the draft is what is in force." in admin.get(f"{editor}/review").text
    answer = sends(admin, editor, "/steps/1", **STEP, then="review")
    assert answer.headers["Location"].endswith("/review")
    shown = unescape(admin.get(answer.headers["Location"]).text)
    assert "Step 1: after 2 h, was 1 h" in shown
    assert "Step 1: other words in en" in shown
    assert "No message waits." in shown
    assert "messages a day at most" in shown
    assert now(app, staffed).live_version == 1
    assert sends(admin, editor, "/publication").status_code == 200
    assert now(app, staffed).live_version == 2


def test_a_version_comes_back(app: Flask, staffed: TestStore, admin: Visitor, editor: str) -> None:
    assert sends(admin, editor, "/steps/1", **STEP).status_code == 303
    shown = unescape(admin.get(f"{editor}/versions").text)
    assert "The draft differs: Step 1: after 2 h, was 1 h" in shown
    assert sends(admin, editor, "/versions", version="1").status_code == 303
    assert now(app, staffed).draft == PRESETS["cart_reminder"]()
    assert sends(admin, editor, "/versions", version="7").status_code == 404
    assert admin.post(f"{editor}/versions", {"version": "1", "seen": "1"}, page=editor).status_code == 409
    with app.app_context(), use_store(staffed.id):
        assert log.list_entries(kind="campaign")[0].action == "campaign_restored"
    analyst = at_work(app, staffed, "analyst")
    assert analyst.get(f"{editor}/versions").status_code == 200
    assert analyst.post(f"{editor}/versions", {"version": "1"}, page="/console/you").status_code == 403


def test_a_conflict_says_who_and_what_one_would_change(
    app: Flask, staffed: TestStore, admin: Visitor, editor: str
) -> None:
    late = {"seen": str(now(app, staffed).draft_version), "language": "en", **STEP, "lead": "Mine"}
    assert sends(at_work(app, staffed, "owner"), editor, "/steps/1", **STEP).status_code == 303
    answer = admin.post(f"{editor}/steps/1", late, page=editor)
    assert answer.status_code == 409
    told = unescape(answer.text)
    assert "Last saved by" in told
    assert "Yours would change: Step 1: other words in en." in told


def test_offers_of_a_fixed_amount(app: Flask, staffed: TestStore, admin: Visitor, editor: str) -> None:
    fields = {**STEP, "offer": "fixed", "fixed": "7.50", "days": "۹"}
    assert sends(admin, editor, "/steps/2", **fields).status_code == 303
    step = now(app, staffed).draft.step(2)
    assert step
    assert step.incentive
    assert (step.incentive.amounts, step.incentive.days) == ({"EUR": 750}, 9)
    assert 'value="7.5"' in admin.get(f"{editor}?step=2").text
    for wrong in ({"fixed": "much"}, {"fixed": "0"}, {"days": "0"}, {"days": "366"}):
        assert sends(admin, editor, "/steps/2", **{**fields, **wrong}).status_code == 422, wrong


def test_checks_lead_to_their_fields(app: Flask, staffed: TestStore, admin: Visitor, editor: str) -> None:
    assert sends(admin, editor, "/steps/1", **{**STEP, "lead": "{{ first_itme }}"}).status_code == 303
    shown = unescape(admin.get(f"{editor}?lang=fa&language=fa").text)
    assert re.search(r'language=en[^"]*#lead"', shown)
