"""Files in the console: sent, checked, applied, the report and the export as files; large ones only from who may."""

import io
import re
from typing import Any

import pytest
from flask import Flask

from app.audit import log
from app.catalog import staff_queries
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from tests.conftest import TestStore
from tests.factories import make_product
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
FILE = b"Handle,Title,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\np1,One,1.50,shopify,3\np2,Two,2,,\nbad,,x,,\n"


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def sends(visitor: Visitor, body: bytes, name: str = "shop.csv") -> Any:
    data = {"csrf_token": visitor.token("/console"), "file": (io.BytesIO(body), name)}
    return visitor.http.post("/console/catalogue/imports", data=data, content_type="multipart/form-data")


def titles(app: Flask, store: TestStore) -> set[str]:
    with app.app_context(), use_store(store.id):
        return {one.title["en"] for one in staff_queries.list_for_staff()}


def test_sent_checked_and_applied(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    sent = sends(admin, FILE)
    assert sent.status_code == 303, sent.text
    path = sent.location
    page = admin.get(path).text
    assert "Nothing has changed yet" in page
    assert "Bring 2 products in" in page
    assert "“x” is no price in EUR" in page
    assert titles(app, staffed) == set()
    assert "bad" in admin.get(f"{path}?outcome=refused").text
    assert admin.post(f"{path}/application", page=path).status_code == 303
    assert titles(app, staffed) == {"One", "Two"}
    page = admin.get(path).text
    assert "Brought in" in page
    assert 'id="progress"' not in page
    fragment = admin.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert fragment.headers.get("HX-Refresh") == "true"
    report = admin.get(f"{path}/report.csv")
    assert report.mimetype == "text/csv"
    assert re.search(r"^2,p1,created,0,,", report.text, re.MULTILINE)
    assert "bad_price" in report.text
    assert admin.post(f"{path}/application", page="/console").status_code == 409
    with app.app_context(), use_store(staffed.id):
        assert [entry.action for entry in log.list_entries(kind="import")] == ["import_applied", "import_begun"]
    out = admin.get("/console/catalogue/export.csv")
    assert out.mimetype == "text/csv"
    again = admin.get(sends(admin, out.data).location).text
    assert "Bring" not in again
    assert re.search(r"unchanged <span class=\"n\">2<", again)


def test_progress_is_a_fragment_while_it_works(app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.events.outbox._wake", None)
    admin = at_work(app, staffed, "admin")
    path = sends(admin, FILE).location
    page = admin.get(path).text
    assert 'hx-trigger="every 2s"' in page
    assert "Refresh" in page
    fragment = admin.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert fragment.text.startswith('<div id="progress"')
    assert admin.post(f"{path}/removal", page="/console").status_code == 303
    assert admin.get("/console/catalogue/imports").text.count(path) == 0


def test_put_away_without_a_change(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    path = sends(admin, FILE).location
    assert admin.post(f"{path}/removal", page=path).status_code == 303
    assert titles(app, staffed) == set()
    assert admin.post(f"{path}/application", page="/console").status_code == 409


def test_large_files_are_taken_from_admins_alone(app: Flask, staffed: TestStore) -> None:
    head = b"Handle,Title,Body (HTML),Variant Price\n"
    large = head + b"".join(b"p%d,One,%s,1\n" % (n, b"word " * 2_000) for n in range(20))
    assert len(large) > 150_000
    admin = at_work(app, staffed, "admin")
    assert sends(admin, large).status_code == 303
    assert sends(admin, b"x" * 10_200_000).status_code == 413
    assert sends(admin, b"x" * 10_010_000).status_code == 422
    assert sends(admin, b" ").status_code == 422
    analyst = at_work(app, staffed, "analyst")
    assert sends(analyst, large).status_code == 413
    assert sends(analyst, FILE).status_code == 403


def test_nonsense_is_told_in_the_readers_language(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    path = sends(admin, b"not a product file", "<b>.csv").location
    page = admin.get(f"{path}?lang=fa").text
    assert "هیچ بخشی از این فایل قابل استفاده نیست" in page
    assert "&lt;b&gt;.csv" in page
    path = sends(admin, FILE).location
    assert "قیمت عددی مثل 12.50 نیست." in admin.get(f"{path}?lang=fa").text


def test_the_export_is_of_this_store_alone(app: Flask, staffed: TestStore, make_store: Any) -> None:
    other = make_store()
    with app.app_context(), use_store(other.id):
        make_product("Somebody else's")
    with app.app_context(), use_store(staffed.id):
        make_product("Ours")
    file = at_work(app, staffed, "analyst").get("/console/catalogue/export.csv").text
    assert "Ours" in file
    assert "Somebody else" not in file
