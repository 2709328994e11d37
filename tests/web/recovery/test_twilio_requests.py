"""Twilio's doors: how messages fared, and what people answer; signed, once, in any order."""

from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import contacts
from app.accounts.models import ConsentRow
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery import suppression
from app.recovery.values import SuppressionReason
from tests.conftest import NOW, StoreClient, TestStore, browser_at
from tests.messages import PHONE, events_of, make_recipient, make_sent, state_of, suppressed
from tests.twilio_stand_in import NUMBER, signature
from tests.web.recovery.conftest import ORIGIN

STATUS, INCOMING = "/channels/twilio/status", "/channels/twilio/incoming"
SID = "SM" + "0" * 32
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

pytestmark = pytest.mark.usefixtures("with_providers")


@pytest.fixture
def customer(in_store: TestStore) -> CustomerId:
    return make_recipient()


@pytest.fixture
def message(customer: CustomerId) -> UUID:
    return make_sent(customer, "sms", PHONE)


@pytest.fixture
def caller(app: Flask, store: TestStore) -> StoreClient:
    return browser_at(app, store)


def call(caller: StoreClient, path: str, form: dict[str, str], **changed: str) -> TestResponse:
    headers = signature(ORIGIN + path, form)
    return caller.post(path, data={**form, **changed}, headers=headers)


def status(caller: StoreClient, store: TestStore, message: object, state: str, code: str = "", sid: str = SID) -> int:
    path = f"{STATUS}?{urlencode({'store': store.id, 'message': message})}"
    form = {"MessageSid": sid, "MessageStatus": state, "To": PHONE, **({"ErrorCode": code} if code else {})}
    return call(caller, path, form).status_code


def write(caller: StoreClient, text: str, sid: str = SID, **more: str) -> TestResponse:
    return call(caller, INCOMING, {"MessageSid": sid, "From": PHONE, "To": NUMBER, "Body": text, **more})


def words(customer: CustomerId) -> list[tuple[bool, str, str]]:
    said = select(ConsentRow.granted, ConsentRow.wording, ConsentRow.source).where(ConsentRow.customer_id == customer)
    with transaction() as session:
        return [tuple(row) for row in session.execute(said.order_by(ConsentRow.id))]


def consents(customer: CustomerId) -> None:
    contacts.record_consent(
        customer,
        channel="sms",
        purpose="reminders",
        granted=True,
        wording="Text me",
        locale="en",
        source="page",
        now=NOW,
    )


EFFECTS = [
    ("queued", "", [], "sent", ""),
    ("sent", "", [], "sent", ""),
    ("delivered", "", ["delivered"], "delivered", ""),
    ("read", "", ["delivered"], "delivered", ""),
    ("undelivered", "30003", ["bounced"], "bounced", ""),
    ("undelivered", "30005", ["bounced"], "bounced", "bounced"),
    ("undelivered", "30006", ["bounced"], "bounced", "bounced"),
    ("undelivered", "30007", ["bounced"], "bounced", ""),
    ("failed", "21610", ["failed"], None, "stop"),
    ("failed", "30001", ["failed"], None, ""),
    ("invented", "", [], "sent", ""),
]


@pytest.mark.parametrize(("state", "code", "events", "ends", "why"), EFFECTS, ids=[f"{s}-{c}" for s, c, *_ in EFFECTS])
def test_what_each_status_does_once(
    state: str,
    code: str,
    events: list[str],
    ends: str | None,
    why: str,
    caller: StoreClient,
    message: UUID,
    in_store: TestStore,
) -> None:
    for _ in range(2):
        assert status(caller, in_store, message, state, code) == 204
    with use_store(in_store.id):
        assert [kind for kind, _ in events_of(message)] == events
        assert ends is None or state_of(message) == ends
        assert suppressed("sms", PHONE) == why


def test_a_late_status_does_not_move_it_back(caller: StoreClient, message: UUID, in_store: TestStore) -> None:
    for state in ("delivered", "sent", "queued"):
        assert status(caller, in_store, message, state) == 204
    with use_store(in_store.id):
        assert state_of(message) == "delivered"


def test_forged_requests_change_nothing(caller: StoreClient, message: UUID, in_store: TestStore) -> None:
    path = f"{STATUS}?store={in_store.id}&message={message}"
    form = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    good = signature(ORIGIN + path, form)
    other = f"{STATUS}?store={in_store.id}&message={new_id()}"
    assert caller.post(other, data=form, headers=good).status_code == 403
    assert call(caller, path, form, ErrorCode="30006").status_code == 403
    for headers in ({}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "é"}, signature(ORIGIN + path, form, "x")):
        assert caller.post(path, data=form, headers=headers).status_code == 403
    assert caller.post(path, data=b"a=%ff", headers=good).status_code == 403
    assert caller.post(path, data="&".join(f"a{n}=1" for n in range(300)), headers=good).status_code == 403
    assert caller.post(path, data=b"x" * 40_000, headers=good).status_code == 413
    with use_store(in_store.id):
        assert (events_of(message), suppressed("sms", PHONE)) == ([], "")
    assert caller.post(path, data=form, headers=signature(f"https://shop.example:443{path}", form)).status_code == 204


def test_what_is_about_nothing_of_ours_is_taken(caller: StoreClient, message: UUID, in_store: TestStore) -> None:
    assert status(caller, in_store, new_id(), "delivered") == 204
    assert status(caller, in_store, "x", "delivered") == 204
    assert status(caller, in_store, message, "delivered", sid="x") == 204
    with use_store(in_store.id):
        assert events_of(message) == []


@pytest.mark.parametrize("text", ["STOP", "stop.", "لغو", "لغو۱۱", "۱۱", "Cancel"])
def test_stop_ends_messages_and_is_kept_as_it_was_said(
    text: str, caller: StoreClient, customer: CustomerId, message: UUID, in_store: TestStore
) -> None:
    with use_store(in_store.id):
        other = make_recipient()
    for _ in range(2):
        answer = write(caller, text)
        assert (answer.status_code, answer.text) == (200, EMPTY)
        assert answer.content_type.startswith("text/xml")
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == "stop"
        assert words(customer) == words(other) == [(False, text, "sms")]
        assert events_of(message) == [("unsubscribed", "human")]


def test_stop_counts_in_every_store_that_knows_the_number_and_in_no_other(
    app: Flask, make_store: object, caller: StoreClient, customer: CustomerId, in_store: TestStore
) -> None:
    knows, does_not = make_store(), make_store()  # type: ignore[operator]
    with use_store(knows.id):
        make_recipient()
    write(caller, "STOP")
    for store, why in ((in_store, "stop"), (knows, "stop"), (does_not, "")):
        with use_store(store.id):
            assert suppressed("sms", PHONE) == why


def test_stop_from_a_number_nobody_gave_counts_at_the_store_that_was_called(
    caller: StoreClient, in_store: TestStore
) -> None:
    write(caller, "STOP")
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == "stop"


def test_start_takes_back_a_stop_and_gives_no_consent_that_was_not_given_before(
    caller: StoreClient, customer: CustomerId, in_store: TestStore
) -> None:
    with use_store(in_store.id):
        consents(customer)
        never = make_recipient()
    write(caller, "STOP", sid="SM" + "1" * 32)
    assert write(caller, "Unstop", sid="SM" + "2" * 32).text == EMPTY
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == ""
        assert words(customer) == [(True, "Text me", "page"), (False, "STOP", "sms"), (True, "Unstop", "sms")]
        assert words(never) == [(False, "STOP", "sms")]
    write(caller, "STOP", sid="SM" + "1" * 32)  # told again, late
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == ""


@pytest.mark.parametrize("reason", ["bounced", "do_not_call", "erased"])
def test_start_takes_back_nothing_else(
    reason: str, caller: StoreClient, customer: CustomerId, in_store: TestStore
) -> None:
    with use_store(in_store.id):
        consents(customer)
        suppression.suppress("sms", PHONE, SuppressionReason(reason), source="staff", now=NOW)
    write(caller, "YES")
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == reason
        assert words(customer) == [(True, "Text me", "page")]


def test_help_is_answered_in_their_language_every_time(app: Flask, store: TestStore) -> None:
    known, unknown = "+14155552699", "+14155552698"
    with app.app_context(), use_store(store.id):
        make_sent(make_recipient(known, locale="fa"), "sms", known)
    caller = browser_at(app, store)

    def asked_by(number: str) -> str:
        return call(caller, INCOMING, {"MessageSid": SID, "From": number, "To": NUMBER, "Body": "INFO"}).text

    for _ in range(2):
        assert "<Message>فروشگاه آزمایشی: یادآوری سبدی" in asked_by(known)
    assert "Test store: reminders about the cart you left. Help: http://shop.example." in asked_by(unknown)


def test_what_twilio_handled_by_itself_is_not_answered_again(
    caller: StoreClient, customer: CustomerId, in_store: TestStore
) -> None:
    assert write(caller, "AIDE", OptOutType="HELP").text == EMPTY
    assert write(caller, "ARRET", sid="SM" + "3" * 32, OptOutType="STOP").text == EMPTY
    with use_store(in_store.id):
        assert suppressed("sms", PHONE) == "stop"


def test_other_words_are_noted_and_nothing_is_said(caller: StoreClient, message: UUID, in_store: TestStore) -> None:
    for _ in range(2):
        assert write(caller, "Who is this? <b>&\0").text == EMPTY
    with use_store(in_store.id):
        assert events_of(message) == [("replied", "human")]
        assert suppressed("sms", PHONE) == ""


def test_what_is_no_sms_is_taken_and_does_nothing(caller: StoreClient, in_store: TestStore) -> None:
    for form in (
        {},
        {"MessageSid": SID, "From": "whatsapp:+14155552671", "Body": "STOP"},
        {"MessageSid": "x", "From": PHONE},
    ):
        answer = call(caller, INCOMING, form)
        assert (answer.status_code, answer.text) == (200, EMPTY)


def test_where_it_is_not_configured_there_is_no_door(
    app: Flask, caller: StoreClient, config: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DUALCART", config)
    assert write(caller, "STOP").status_code == 404
