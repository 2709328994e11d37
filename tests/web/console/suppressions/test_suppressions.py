"""The list of addresses that are not written to: found by who may, entered with a reason, lifted where nobody's word stands."""

from datetime import timedelta

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.recovery import suppression, suppression_list
from app.recovery.values import Channel, SuppressionReason
from tests.conftest import NOW, TestStore
from tests.messages import suppressed
from tests.web.console.test_console_carts import at_work

LIST = "/console/suppressions"
REASONS = list(SuppressionReason)


@pytest.fixture
def entries(app: Flask, staffed: TestStore) -> list[str]:
    """An address for each reason there is, by the provider's word; a day apart."""
    addresses = [f"{reason}@example.com" for reason in REASONS]
    with app.app_context(), use_store(staffed.id), transaction():
        for days, (address, reason) in enumerate(zip(addresses, REASONS, strict=True)):
            suppression.suppress(Channel.EMAIL, address, reason, now=NOW - timedelta(days=days))
    return addresses


def test_it_is_looked_through(app: Flask, staffed: TestStore, entries: list[str]) -> None:
    analyst = at_work(app, staffed, "analyst")
    page = analyst.get(LIST).text
    assert page.count("<code") == len(entries)
    assert "@example.com" not in page
    assert "Lift" not in page
    assert analyst.get(f"{LIST}?reason=complained").text.count("<code") == 1
    assert analyst.get(f"{LIST}?since={NOW.date() - timedelta(days=1)}").text.count("<code") == 2
    assert analyst.get(f"{LIST}?reason=nonsense&since=x&before=y~z").text.count("<code") == len(entries)
    assert "Nothing on the list is like that." in analyst.get(f"{LIST}?channel=sms").text
    assert analyst.post(f"{LIST}/search", {"address": entries[0]}, page="/console/you").status_code == 403


def test_pages_meet(app: Flask, staffed: TestStore, entries: list[str]) -> None:
    with app.app_context(), use_store(staffed.id):
        first = suppression_list.list_entries(limit=4)
        last = first[-1]
        rest = suppression_list.list_entries((last.since, last.address_hash, str(last.channel)))
        assert [one.reason for one in first + rest] == REASONS


def test_an_address_is_asked_for(app: Flask, staffed: TestStore, entries: list[str]) -> None:
    admin = at_work(app, staffed, "admin")

    def says(address: str, channel: str = "email") -> str:
        return str(admin.post(f"{LIST}/search", {"address": address, "channel": channel}, page=LIST).text)

    assert "They reported a message as spam" in says(" Complained@Example.com ").split("f-reason")[0]
    assert "This address is not on the list." in says("nobody@example.com")
    assert "This address is not on the list." in says("+49 1512 3456789", "sms")
    assert admin.post(f"{LIST}/search", {"address": "nonsense"}, page=LIST).status_code == 422


@pytest.mark.parametrize("reason", REASONS, ids=[str(reason) for reason in REASONS])
def test_only_what_nobody_said_is_lifted(
    app: Flask, staffed: TestStore, entries: list[str], reason: SuppressionReason
) -> None:
    address = entries[REASONS.index(reason)]
    with app.app_context(), use_store(staffed.id):
        hashed = suppression.address_hash(Channel.EMAIL, address)
    answer = at_work(app, staffed, "owner").post(f"{LIST}/email/{hashed}/removal", {}, page=LIST)
    liftable = reason is SuppressionReason.BOUNCED
    assert answer.status_code == (303 if liftable else 409)
    with app.app_context(), use_store(staffed.id):
        assert suppressed("email", address) == ("" if liftable else reason)
        assert [entry.action for entry in log.list_entries(kind="suppression")] == ["suppression_lifted"] * liftable


def test_one_is_entered_by_hand(app: Flask, staffed: TestStore, entries: list[str]) -> None:
    admin = at_work(app, staffed, "admin")
    form = {"channel": "email", "address": "Roya@Example.com", "reason": "unsubscribed", "note": "By phone"}
    assert admin.post(LIST, form, page=LIST).status_code == 303
    for wrong, status in (
        (form, 409),
        ({**form, "address": entries[REASONS.index(SuppressionReason.COMPLAINED)]}, 409),
        ({**form, "reason": "complained"}, 422),
        ({**form, "reason": "do_not_call"}, 422),
        ({**form, "reason": "mood"}, 422),
        ({**form, "address": "nonsense"}, 422),
    ):
        assert admin.post(LIST, wrong, page=LIST).status_code == status, wrong
    number = {"channel": "sms", "address": "+49 1512 3456789", "reason": "do_not_call"}
    assert admin.post(LIST, number, page=LIST).status_code == 303
    with app.app_context(), use_store(staffed.id):
        assert suppressed("email", "roya@example.com") == "unsubscribed"
        entry = log.list_entries(kind="suppression")[-1]
        assert entry.details["note"] == "By phone"
        assert "roya" not in str(entry)
        hashed = suppression.address_hash(Channel.SMS, "+4915123456789")
    assert admin.post(f"{LIST}/sms/{hashed}/removal", {}, page=LIST).status_code == 303
    assert admin.post(f"{LIST}/sms/{hashed}/removal", {}, page=LIST).status_code == 404
    assert at_work(app, staffed, "analyst").post(LIST, form, page="/console/you").status_code == 403
