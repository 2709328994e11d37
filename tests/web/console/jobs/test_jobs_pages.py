"""Jobs and outbox in the console: who sees it, who acts, and what comes of it; without JavaScript."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.events import dead, outbox
from app.ids import new_id
from app.jobs import ticks
from app.jobs.table import DETECT
from tests.conftest import NOW, TestStore
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_orders import at_work

pytestmark = pytest.mark.usefixtures("asleep")  # the tests carry out what is asked for
JOBS = "/console/jobs"


@pytest.fixture
def letters(app: Flask, staffed: TestStore) -> list[UUID]:
    """Three letters that failed for good, two of them alike."""
    ids = [new_id() for _ in range(3)]
    with app.app_context(), use_store(staffed.id), transaction() as session:
        for row_id, reason in zip(ids, ("smtp_550", "smtp_550", "ConnectionRefusedError"), strict=True):
            outbox.record("orders.letter", {"to": "shirin@example.com"}, now=NOW, once=row_id)
            session.execute(
                text("UPDATE outbox SET failed_at = now(), attempts = 8, last_error = :reason WHERE id = :id"),
                {"id": row_id, "reason": reason},
            )
    return ids


def send(visitor: Visitor, path: str, **form: Any) -> Any:
    answer = visitor.post(path, form, page=JOBS)
    if answer.status_code == 303:
        return visitor.get(answer.headers["Location"].partition("#")[0])
    return answer


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries() if entry.action != "signed_in"]


def test_each_task_with_its_state(app: Flask, staffed: TestStore) -> None:
    with app.app_context():
        with transaction() as session:
            session.execute(text("DELETE FROM task_slots"))
        ticks.once(DETECT.key, DETECT.each, lambda: 7)
    page = unescape(at_work(app, staffed, "analyst").get(JOBS).text)
    found = re.search(r'<a href="/console/jobs/recovery.detect">.*?</tr>', page, re.S)
    assert found
    assert "fine" in found[0]
    assert 'class="spark"' in found[0]
    assert "All quiet" in page
    assert "Asking what became of payments" in page
    assert 'hx-trigger="every 15s"' in page
    assert 'hx-trigger="every' not in at_work(app, staffed, "analyst").get(f"{JOBS}?live=off").text
    assert "<form" not in page.partition('id="main"')[2]


def test_the_part_that_changes_comes_alone(app: Flask, staffed: TestStore, letters: list[UUID]) -> None:
    part = at_work(app, staffed, "owner").get(JOBS, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="work"')
    assert "<form" not in part
    assert "Letters about orders" in part


def test_paused_and_let_go_on(app: Flask, staffed: TestStore) -> None:
    admin, there = at_work(app, staffed, "admin"), f"{JOBS}/recovery.salvage"
    page = unescape(admin.get(there).text)
    assert "What was left for days stays in the order." in page
    page = unescape(send(admin, f"{there}/pause").text)
    assert "Paused for this store." in page
    again = send(admin, f"{there}/pause")
    assert again.status_code == 409
    assert "Somebody has paused this task already." in again.text
    assert "paused" in admin.get(JOBS).text
    assert "It goes on with its next turn." in unescape(send(admin, f"{there}/resumption").text)
    assert send(admin, f"{JOBS}/orders.settle/pause").status_code == 409
    assert send(admin, f"{JOBS}/dance/pause").status_code == 404
    assert admin.get(f"{JOBS}/dance").status_code == 404
    assert actions(app, staffed) == ["job_resumed", "job_paused"]


def test_asked_for_by_hand(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    assert "Asked for." in send(admin, f"{JOBS}/recovery.salvage/run").text
    with app.app_context(), use_store(staffed.id), transaction() as session:
        assert session.execute(text("SELECT topic FROM outbox")).scalar_one() == "jobs.run_now"
    assert actions(app, staffed) == ["job_run_by_hand"]


def test_failed_letters_grouped_by_reason(app: Flask, staffed: TestStore, letters: list[UUID]) -> None:
    page = unescape(at_work(app, staffed, "analyst").get(JOBS).text)
    assert page.count('<section class="group"') == 2
    assert "The other side refused it (550)." in page
    assert "shirin" not in page
    assert 'type="checkbox"' not in page


def test_tried_again_one_and_a_group(app: Flask, staffed: TestStore, letters: list[UUID]) -> None:
    admin = at_work(app, staffed, "admin")
    assert "1 row is tried again." in send(admin, f"{JOBS}/outbox", do="retry", row=str(letters[2])).text
    page = send(admin, f"{JOBS}/outbox", do="retry", group="orders.letter|smtp_550").text
    assert "2 rows are tried again." in page
    assert "nothing has failed for good" in page
    assert "None of it has failed any more" in send(admin, f"{JOBS}/outbox", do="retry", row=str(letters[0])).text
    assert "Choose at least one row." in send(admin, f"{JOBS}/outbox", do="drop").text
    assert "Choose at least one row." in send(admin, f"{JOBS}/outbox", do="dance", row=str(letters[0])).text
    assert actions(app, staffed) == ["outbox_tried_again"] * 2


def test_dropped_and_brought_back(app: Flask, staffed: TestStore, letters: list[UUID]) -> None:
    admin = at_work(app, staffed, "admin")
    page = send(admin, f"{JOBS}/outbox", do="drop", row=[str(letters[0]), str(letters[1])]).text
    assert "2 rows were dropped." in page
    undo = re.search(r'<div class="flag flag-ok reminded".*?</form>', page, re.S)
    assert undo
    rows = re.findall(r'name="row" value="([^"]+)"', undo[0])
    assert sorted(rows) == sorted(map(str, letters[:2]))
    assert "2 rows are back." in send(admin, f"{JOBS}/outbox", do="undo", row=rows).text
    assert "It is too late to undo this." in send(admin, f"{JOBS}/outbox", do="undo", row=rows).text
    with app.app_context(), use_store(staffed.id):
        assert len(dead.list_dead()) == 3
    assert actions(app, staffed) == ["outbox_brought_back", "outbox_dropped"]


@pytest.mark.parametrize("role", ["seller", "analyst"])
def test_only_for_whoever_may(app: Flask, staffed: TestStore, letters: list[UUID], role: str) -> None:
    visitor = at_work(app, staffed, role)
    assert visitor.get(JOBS).status_code == (200 if role == "analyst" else 403)
    for path in (f"{JOBS}/recovery.salvage/pause", f"{JOBS}/recovery.salvage/run", f"{JOBS}/outbox"):
        form = {"do": "drop", "row": str(letters[0])}
        assert visitor.post(path, form, page="/console/you").status_code == 403
    assert actions(app, staffed) == []


def test_in_persian(app: Flask, staffed: TestStore, letters: list[UUID]) -> None:
    owner = at_work(app, staffed, "owner")
    assert "کارهای خودکار" in owner.get(f"{JOBS}?lang=fa").text
    assert "جست‌وجوی سبدهای رهاشده" in owner.get(f"{JOBS}/recovery.detect?lang=fa").text
