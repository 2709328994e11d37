"""Discount codes in the console: made, changed with conflicts told, stopped; batches given out once; orders made stay as they are."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.ids import new_id
from app.money import Money
from app.promotions import batches, service, staff
from app.promotions.domain import Kind, Terms
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
TEN = Terms(kind=Kind.PERCENT, basis_points=1000)


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def does(visitor: Visitor, path: str, page: str, **fields: str) -> Any:
    return visitor.post(path, {"op_id": str(uuid4()), **fields}, page=page)


@pytest.fixture
def coupon(app: Flask, staffed: TestStore) -> UUID:
    with app.app_context(), use_store(staffed.id):
        return service.create("SPRING", TEN, now=NOW)


def there(app: Flask, store: TestStore, coupon: UUID) -> staff.StaffCoupon:
    with app.app_context(), use_store(store.id):
        return staff.get_coupon(coupon)


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries()]


def test_made_from_the_form_in_either_calendar(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    form = {
        "code": "نوروز۱۴۰۶", "kind": "fixed", "amount_EUR": "۵٫۵۰", "minimum_EUR": "30", "starts": "۱۴۰۵/۱۲/۲۵", "ends": "2027-04-02",
        "max_uses": "۱۰۰", "per_customer": "1",
    }  # fmt: skip
    made = does(admin, "/console/coupons", "/console/coupons/new", **form)
    assert made.status_code == 303, made.text
    found = there(app, staffed, UUID(made.location.partition("?")[0].rpartition("/")[2]))
    assert found.terms.amounts == {"EUR": 550}
    assert found.terms.minimums == {"EUR": 3000}
    assert (found.terms.max_uses, found.terms.per_customer) == (100, 1)
    page = admin.get(made.location).text
    assert 'value="5.5"' in page
    assert 'value="2027-03-16"' in page  # 25 Esfand 1405
    assert 'value="2027-04-02"' in page
    assert "۱۴۰۶/۰۱/۱۳" in admin.get(f"{made.location}&lang=fa").text
    taken = does(admin, "/console/coupons", "/console/coupons/new", **form)
    assert taken.status_code == 409
    assert actions(app, staffed).count("coupon_created") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"code": ""},
        {"kind": "gift"},
        {"percent": "0"},
        {"percent": "101"},
        {"percent": "ten"},
        {"percent": "1e3"},
        {"kind": "fixed"},
        {"kind": "fixed", "amount_EUR": "x"},
        {"starts": "2026-12-24", "ends": "2026-12-23"},
        {"ends": "tomorrow"},
        {"ends": "2026-02-30"},
        {"max_uses": "0"},
        {"per_customer": "-1"},
    ],
    ids=lambda changed: "-".join(f"{name}={value}" for name, value in changed.items()),
)
def test_a_bad_code_is_not_made(app: Flask, staffed: TestStore, changed: dict[str, str]) -> None:
    admin = at_work(app, staffed, "admin")
    form = {"code": "SPRING", "kind": "percent", "percent": "10", **changed}
    answer = does(admin, "/console/coupons", "/console/coupons/new", **form)
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text
    with app.app_context(), use_store(staffed.id):
        assert staff.list_coupons(now=NOW) == []


def test_changed_with_conflicts_told_and_stopped(app: Flask, staffed: TestStore, coupon: UUID) -> None:
    admin, path = at_work(app, staffed, "admin"), f"/console/coupons/{coupon}"
    with app.app_context(), use_store(staffed.id):
        for _ in range(2):
            service.redeem("SPRING", new_id(), str(new_id()), Money(1000, "EUR"), NOW)
    fewer = does(admin, path, path, kind="percent", percent="10", max_uses="1", seen="1")
    assert fewer.status_code == 422
    assert "used more often than that" in fewer.text
    assert does(admin, path, path, kind="percent", percent="15", max_uses="5", seen="1").status_code == 303
    late = does(admin, path, path, kind="percent", percent="50", seen="1")
    assert late.status_code == 409
    assert "Somebody has changed this code" in late.text
    assert 'value="15"' in late.text
    found = there(app, staffed, coupon)
    assert (found.terms.basis_points, found.terms.max_uses, found.used) == (1500, 5, 2)
    for active in ("0", "0", "1"):
        assert does(admin, f"{path}/active", path, active=active).status_code == 303
    assert there(app, staffed, coupon).active
    done = [action for action in actions(app, staffed) if action.startswith("coupon_")]
    assert done == ["coupon_resumed", "coupon_stopped", "coupon_changed"]


def test_a_campaigns_code_is_a_secret_that_can_be_stopped(app: Flask, staffed: TestStore) -> None:
    with app.app_context(), use_store(staffed.id):
        code = service.create_personal(
            make_customer(), Terms(kind=Kind.PERCENT, basis_points=500, ends_at=NOW + timedelta(days=3)), now=NOW
        )
        found = staff.list_coupons(view="campaign", now=NOW)[0]
    admin, path = at_work(app, staffed, "admin"), f"/console/coupons/{found.id}"
    for address in ("/console/coupons?view=campaign", path):
        page = admin.get(address).text
        assert code not in page
        assert f"{code[:2]}•••{code[-2:]}" in page
    assert "A campaign made this code" in page
    assert does(admin, path, path, kind="percent", percent="90", seen="1").status_code == 409
    assert does(admin, f"{path}/active", path, active="0").status_code == 303
    assert not there(app, staffed, found.id).active
    assert code not in admin.get("/console/coupons").text


def test_listed_in_views_and_found_by_any_spelling(app: Flask, staffed: TestStore, coupon: UUID) -> None:
    with app.app_context(), use_store(staffed.id):
        over = service.create("WINTER", Terms(kind=Kind.FREE_SHIPPING, ends_at=NOW - timedelta(days=1)), now=NOW)
    owner = at_work(app, staffed, "owner")
    for asked, wanted in {
        "": {coupon, over},
        "?view=valid": {coupon},
        "?view=over": {over},
        "?view=campaign": set(),
        "?q=spring": {coupon},
        "?q=nothing": set(),
        "?view=nonsense": {coupon, over},
    }.items():
        page = owner.get(f"/console/coupons{asked}").text
        assert {one for one in (coupon, over) if f"/console/coupons/{one}" in page} == wanted, asked


def test_a_batch_is_given_out_once(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    form = {"name": "Fair", "size": "۱۲", "prefix": "FAIR-", "kind": "percent", "percent": "20", "ends": "2027-01-31"}
    made = does(admin, "/console/coupons/batches", "/console/coupons/batches/new", **form)
    assert made.status_code == 303, made.text
    path = made.location.partition("?")[0]
    file = does(admin, f"{path}/codes", path)
    assert file.mimetype == "text/csv"
    codes = file.text.splitlines()[1:]
    assert len(set(codes)) == 12
    assert all(code.startswith("FAIR-") for code in codes)
    second = does(admin, f"{path}/codes", path)
    assert second.status_code == 409
    assert codes[0] not in second.text
    with app.app_context(), use_store(staffed.id):
        assert staff.list_coupons(now=NOW) == []
        found = service.find(codes[0])
        assert found is not None
        assert (found.terms.max_uses, found.terms.per_customer) == (1, 1)
        batch = batches.list_batches()[0]
        assert (batch.size, batch.used, batch.active) == (12, 0, True)
    assert does(admin, f"{path}/active", path, active="0").status_code == 303
    with app.app_context(), use_store(staffed.id):
        found = service.find(codes[-1])
        assert found is not None
        assert not found.active
    done = [action for action in actions(app, staffed) if action.startswith("coupon")]
    assert done == ["coupon_stopped", "coupons_downloaded", "coupons_made"]
    for bad in ({"size": "0"}, {"size": "5001"}, {"size": "x"}, {"name": " "}, {"prefix": "x" * 13}, {"percent": "0"}):
        answer = does(admin, "/console/coupons/batches", "/console/coupons/batches/new", **{**form, **bad})
        assert answer.status_code == 422, bad


def test_an_analyst_looks_and_changes_nothing(app: Flask, staffed: TestStore, coupon: UUID) -> None:
    analyst, path = at_work(app, staffed, "analyst"), f"/console/coupons/{coupon}"
    for address in ("/console/coupons", path, "/console/coupons/batches"):
        page = analyst.get(address)
        assert page.status_code == 200
        assert 'method="post"' not in page.text.partition('id="main"')[2]
    for address in ("/console/coupons", path, f"{path}/active", "/console/coupons/batches"):
        assert does(analyst, address, "/console", active="0").status_code == 403
    assert there(app, staffed, coupon).active
    assert at_work(app, staffed, "seller").get("/console/coupons").status_code == 403


def test_in_persian(app: Flask, staffed: TestStore, coupon: UUID) -> None:
    owner = at_work(app, staffed, "owner")
    for path in (
        "/console/coupons",
        f"/console/coupons/{coupon}",
        "/console/coupons/new",
        "/console/coupons/batches/new",
    ):
        page = owner.get(f"{path}?lang=fa").text
        assert 'dir="rtl"' in page
        assert "کدهای تخفیف" in page
