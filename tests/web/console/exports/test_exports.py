"""Exports: for a reason that is kept, masked as the pages are, safe in spreadsheets, made in steps of bounded memory."""

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from app.audit import log
from app.console.exports import making, service, sources, writing
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.ids import StaffId
from app.money import Money
from tests import measuring
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.web.accounts.visitor import Visitor

EMAILS: dict[str, str] = {account.role: account.email for account in DEMO_ACCOUNTS}
WHY = "For the accountant"


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def asks(visitor: Visitor, of: str, format_: str, why: str = WHY, **filters: str) -> Any:
    path = "/console/exports/new"
    return visitor.post("/console/exports", page=path, data={"of": of, "format": format_, "why": why, **filters})


@pytest.fixture
def left(app: Flask, staffed: TestStore) -> TestStore:
    """Sixty carts that were left: more than a page."""
    with app.app_context(), use_store(staffed.id):
        now = current_app.config["CLOCK"].now()
        for at in range(60):
            customer = make_customer(f"shopper{at}@example.com")
            measuring.make_episode(customer, opened_at=now - timedelta(hours=at), value=5_000 + at)
    return staffed


def test_carts_for_a_reason(app: Flask, left: TestStore) -> None:
    admin = at_work(app, left, "admin")
    assert asks(admin, "carts", "csv", " ").status_code == 422
    assert asks(admin, "nonsense", "csv").status_code == 422
    made = asks(admin, "carts", "csv", view="abandoned", reason="just_left", nonsense="x")
    assert made.status_code == 303
    page = admin.get(f"{made.location}?lang=en").text
    assert "60 rows" in page
    assert WHY in page
    file = admin.get(f"{made.location}/file")
    assert file.headers["Cache-Control"] == "no-store, private"
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert len(rows) == 61
    assert rows[1][2] == "shopper0@example.com"
    assert {row[8] for row in rows[1:]} == {f"{(5_000 + at) / 100:.2f}" for at in range(60)}
    with app.app_context(), use_store(left.id):
        kept = {entry.action: entry for entry in log.list_entries(kind="export")}
    assert set(kept) == {"export_asked", "export_made", "export_downloaded"}
    assert kept["export_asked"].details["why"] == WHY
    assert kept["export_made"].details == {
        "of": "carts",
        "filter": {"view": "abandoned", "reason": "just_left"},
        "rows": 60,
        "why": WHY,
    }
    assert "Downloaded a file" in admin.get("/console/audit?lang=en").text


def test_analysts_get_it_masked_and_nobody_gets_anothers(app: Flask, left: TestStore) -> None:
    analyst = at_work(app, left, "analyst")
    made = asks(analyst, "carts", "json")
    rows = json.loads(analyst.get(f"{made.location}/file").data)
    assert len(rows) == 60
    assert rows[0]["email"] == "s•••@example.com"
    owner = at_work(app, left, "owner")
    assert owner.get(made.location).status_code == 404
    assert owner.get(f"{made.location}/file").status_code == 404
    assert made.location not in owner.get("/console/exports").text
    assert made.location in analyst.get("/console/exports").text
    assert at_work(app, left, "seller").get("/console/exports").status_code == 403


@pytest.mark.parametrize("kind", ["report", "orders", "audit", "carts"])
def test_every_kind_in_every_shape_and_language(app: Flask, staffed: TestStore, kind: str) -> None:
    with app.app_context(), use_store(staffed.id):
        order = measuring.make_order(make_customer("one@example.com"), 7_700)
        measuring.set_order(order, contact={"email": "one@example.com", "name": "=One", "phone": "+4930123456"})
    owner = at_work(app, staffed, "owner")
    for language in ("en", "fa"):
        assert owner.get(f"/console/exports/new?of={kind}&lang={language}").status_code == 200
        for format_ in ("csv", "json", *(("pdf",) if kind in ("report", "audit") else ())):
            made = asks(owner, kind, format_, days="28")
            file = owner.get(f"{made.location}/file")
            assert file.status_code == 200, (kind, format_)
            if format_ == "json":
                assert isinstance(json.loads(file.data), list)
            if format_ == "pdf":
                assert file.data.startswith(b"%PDF")
            if format_ == "csv":
                assert ("شماره" in file.data.decode()) == (language == "fa" and kind == "audit")


def test_cells_that_begin_like_formulas_are_quoted() -> None:
    columns = [("a", "=A"), ("b", "B"), ("c", "C")]
    rows: list[tuple[sources.Cell, ...]] = [
        (said, -5, Money(-501, "EUR")) for said in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1")
    ]
    found = list(csv.reader(io.StringIO(writing.csv_rows(columns, rows, first=True).decode("utf-8-sig"), newline="")))
    assert found[0][0] == "'=A"
    assert [row[0] for row in found[1:]] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "''=1"]
    assert found[1][1:] == ["-5", "-5.01"]


def staff_id(role: str = "owner") -> StaffId:
    found = db.session.execute(text("SELECT id FROM staff_members WHERE email = :email"), {"email": EMAILS[role]})
    return StaffId(found.scalar_one())


def entries(count: int) -> None:
    with transaction() as session:
        session.execute(
            text("""INSERT INTO audit_entries (store_id, number, recorded_at, actor, action, subject_kind, subject_id, details, hash)
                    SELECT :store, 1000000 + n, :now, 'staff:x', 'cart_viewed', 'cart', n::text, '{"a": "b"}', repeat('x', 64)
                    FROM generate_series(1, :count) AS n"""),
            {"store": current_store_id(), "now": NOW, "count": count},
        )


def asked(format_: str = "csv") -> UUID:
    return service.ask(
        "audit", format_, {"action": "cart_viewed"}, WHY, staff=staff_id(), clear=True, locale="en", now=NOW
    )


def test_memory_does_not_grow_with_the_rows(app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.events.outbox._wake", None)
    with app.app_context(), use_store(staffed.id):
        peaks = []
        entries(12_000)
        for limit in (1_001_000, 1_012_000):
            export_id = asked()
            with transaction() as session:  # the first goes over the last thousand alone
                session.execute(
                    text("UPDATE exports SET cursor = :at WHERE id = :id"), {"at": str(limit + 1), "id": export_id}
                )
            tracemalloc.start()
            assert making.carry_on(export_id, now=NOW, seconds=600)
            one = service.get(export_id, staff_id(), clear=True)
            assert one.rows == limit - 1_000_000
            size = sum(len(part) for part in service.body(one))
            peaks.append((size, tracemalloc.get_traced_memory()[1]))
            tracemalloc.stop()
        (small, before), (large, after) = peaks
        assert large > 10 * small
        assert after < 1.5 * before, "a batch at a time, however many there are"


def test_a_killed_worker_is_followed_by_another(
    app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.events.outbox._wake", None)
    monkeypatch.setattr(sources, "ENTRIES_AT_ONCE", 10)
    with app.app_context(), use_store(staffed.id):
        entries(45)
        export_id = asked()
        real, calls = making._keep, []

        def dies(*arguments: Any) -> None:
            real(*arguments)
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr(making, "_keep", dies)
        with pytest.raises(KeyboardInterrupt):
            making.carry_on(export_id, now=NOW, seconds=60)
        monkeypatch.setattr(making, "_keep", real)
        halfway = service.get(export_id, staff_id(), clear=True)
        assert (halfway.state, halfway.rows, halfway.parts) == ("working", 20, 2)
        db.session.rollback()
        assert making.carry_on_all(NOW, seconds=60) == 1
        one = service.get(export_id, staff_id(), clear=True)
        rows = list(csv.reader(io.StringIO(b"".join(service.body(one)).decode("utf-8-sig"))))
        assert (one.state, one.rows) == ("ready", 45)
        assert [row[5] for row in rows[1:]] == [str(n) for n in range(45, 0, -1)]


def test_too_long_for_a_pdf_and_forgotten_after_days(
    app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PDF_ROWS_AT_MOST", 40)
    owner = at_work(app, staffed, "owner")
    with app.app_context(), use_store(staffed.id):
        entries(45)
    made = asks(owner, "audit", "pdf", action="cart_viewed")
    page = owner.get(f"{made.location}?lang=fa").text
    assert "برای PDF زیاد است" in page
    assert owner.get(f"{made.location}/file").status_code == 404
    with app.app_context(), use_store(staffed.id):
        now = current_app.config["CLOCK"].now()
        assert service.forget(now + timedelta(days=2)) == 0
        assert service.forget(now + timedelta(days=4)) == 1
    assert owner.get(made.location).status_code == 404


def test_a_pdf_of_as_many_rows_as_there_may_be(app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.events.outbox._wake", None)
    monkeypatch.setattr(making, "PDF_ROWS_AT_MOST", 40)
    with app.app_context(), use_store(staffed.id):
        entries(40)
        export_id = asked("pdf")
        assert making.carry_on(export_id, now=NOW, seconds=60)
        one = service.get(export_id, staff_id(), clear=True)
        assert (one.state, one.rows, one.parts) == ("ready", 40, 1)
        assert b"".join(service.body(one)).startswith(b"%PDF")


def test_what_was_in_clear_is_for_who_may_see_it(app: Flask, left: TestStore) -> None:
    admin = at_work(app, left, "admin")
    made = asks(admin, "carts", "csv")
    export_id = UUID(made.location.rpartition("/")[2])
    with app.app_context(), use_store(left.id):
        service.get(export_id, staff_id("admin"), clear=True)
        with pytest.raises(service.ExportNotFound):
            service.get(export_id, staff_id("admin"), clear=False)
