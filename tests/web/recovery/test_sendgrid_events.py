"""SendGrid's door: signed events count once, in any order; forged, old and foreign ones change nothing."""

import itertools
import time
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.test import TestResponse

from app.database.tenancy import use_store
from app.ids import new_id
from tests.conftest import StoreClient, TestStore, browser_at
from tests.factories import make_customer
from tests.messages import events_of, make_sent, state_of, suppressed
from tests.sendgrid_stand_in import SendGrid, body_of, event

DOOR = "/channels/sendgrid/events"
ADDRESS = "roya@example.com"

pytestmark = pytest.mark.usefixtures("with_providers")


@pytest.fixture
def message(in_store: TestStore) -> UUID:
    return make_sent(make_customer(), address=ADDRESS)


@pytest.fixture
def caller(app: Flask, store: TestStore) -> StoreClient:
    return browser_at(app, store)


def tell(caller: StoreClient, sendgrid: SendGrid, *events: object) -> TestResponse:
    body = body_of(*events)
    return caller.post(DOOR, data=body, headers=sendgrid.sign(body))


EFFECTS = [
    ("processed", {}, [], "sent", ""),
    ("delivered", {}, [("delivered", "provider")], "delivered", ""),
    ("deferred", {"response": "400 later"}, [("deferred", "provider")], "sent", ""),
    ("open", {}, [("opened", "human")], "opened", ""),
    ("open", {"sg_machine_open": True}, [("opened", "proxy")], "opened", ""),
    ("open", {"useragent": "Mozilla (via ggpht.com GoogleImageProxy)"}, [("opened", "proxy")], "opened", ""),
    ("click", {"url": "https://x"}, [], "sent", ""),
    ("bounce", {"type": "bounce", "status": "5.1.1"}, [("bounced", "provider")], "bounced", "bounced"),
    ("bounce", {"type": "blocked", "status": "5.7.1"}, [("bounced", "provider")], "bounced", ""),
    ("dropped", {"reason": "Bounced Address"}, [("failed", "provider")], None, "bounced"),
    ("dropped", {"reason": "Spam Reporting Address"}, [("failed", "provider")], None, "complained"),
    ("dropped", {"reason": "Unsubscribed Address"}, [("failed", "provider")], None, "unsubscribed"),
    ("dropped", {"reason": "Recipient List over Package Quota"}, [("failed", "provider")], None, ""),
    ("spamreport", {}, [("complained", "provider")], "complained", "complained"),
    ("unsubscribe", {}, [("unsubscribed", "provider")], None, "unsubscribed"),
    ("group_unsubscribe", {}, [("unsubscribed", "provider")], None, "unsubscribed"),
    ("account_status_change", {}, [], "sent", ""),
]


@pytest.mark.parametrize(
    ("kind", "fields", "events", "state", "why"), EFFECTS, ids=[f"{n}-{e[0]}" for n, e in enumerate(EFFECTS)]
)
def test_what_each_event_does_once(
    kind: str,
    fields: dict[str, object],
    events: list[tuple[str, str]],
    state: str | None,
    why: str,
    caller: StoreClient,
    sendgrid: SendGrid,
    message: UUID,
    in_store: TestStore,
) -> None:
    one = event(kind, message, in_store.id, **fields)
    for _ in range(2):
        assert tell(caller, sendgrid, one, one).status_code == 200
    with use_store(in_store.id):
        assert events_of(message) == events
        assert state is None or state_of(message) == state
        assert suppressed("email", ADDRESS) == why


@pytest.mark.parametrize("order", list(itertools.permutations(("delivered", "open", "bounce", "spamreport")))[::5])
def test_any_order_ends_alike(
    order: tuple[str, ...], caller: StoreClient, sendgrid: SendGrid, message: UUID, in_store: TestStore
) -> None:
    for number, kind in enumerate(order):
        tell(caller, sendgrid, event(kind, message, in_store.id, event_id=f"ev-{number}", type="bounce"))
    with use_store(in_store.id):
        assert state_of(message) == "complained"
        assert len(events_of(message)) == 4


def test_one_request_tells_of_many_stores(app: Flask, make_store: object, sendgrid: SendGrid) -> None:
    stores: list[TestStore] = [make_store() for _ in range(3)]  # type: ignore[operator]
    sent = []
    for store in stores:
        with app.app_context(), use_store(store.id):
            sent.append(make_sent(make_customer()))
    told = [event("delivered", m, s.id, event_id=f"e{n}") for n, (m, s) in enumerate(zip(sent, stores, strict=True))]
    crossed = event("spamreport", sent[0], stores[1].id, event_id="crossed")  # a message of one store, another's name
    assert tell(browser_at(app, stores[0]), sendgrid, *told, crossed).status_code == 200
    for store, message in zip(stores, sent, strict=True):
        with app.app_context(), use_store(store.id):
            assert events_of(message) == [("delivered", "provider")]


def test_forged_replayed_and_changed_requests_change_nothing(
    caller: StoreClient, sendgrid: SendGrid, message: UUID, in_store: TestStore
) -> None:
    body = body_of(event("spamreport", message, in_store.id))
    good = sendgrid.sign(body)
    signature, timestamp = good
    now = int(time.time())
    stranger = SendGrid(signing_key=ec.generate_private_key(ec.SECP256R1()))
    forged = [
        {},
        {**good, signature: ""},
        {**good, signature: "AAAA"},
        {**good, signature: "not base64"},
        {**good, timestamp: str(now + 1)},
        {**good, timestamp: "soon"},
        {**good, timestamp: "1" * 40},
        {**good, timestamp: "²"},
        {timestamp: good[timestamp]},
        stranger.sign(body),
        sendgrid.sign(body, moment=now - 26 * 3600),
        sendgrid.sign(body, moment=now + 3600),
    ]
    for headers in forged:
        assert caller.post(DOOR, data=body, headers=headers).status_code == 403
    assert caller.post(DOOR, data=body + b" ", headers=good).status_code == 403
    with use_store(in_store.id):
        assert (events_of(message), suppressed("email", ADDRESS)) == ([], "")
    assert caller.post(DOOR, data=body, headers=good).status_code == 200


def test_what_makes_no_sense_is_taken_and_does_nothing(
    caller: StoreClient, sendgrid: SendGrid, message: UUID, in_store: TestStore
) -> None:
    good = event("delivered", message, in_store.id, event_id="good")
    senseless = [
        {**good, "sg_event_id": ""},
        {**good, "sg_event_id": "x" * 201},
        {**good, "sg_event_id": "a\0b"},
        {**good, "dualcart_message": "x"},
        {**good, "dualcart_message": str(new_id())},
        {**good, "dualcart_store": str(new_id())},
        {**good, "event": None},
        {**good, "timestamp": "yesterday"},
        None,
        [[[]]],
        "x",
    ]
    assert (
        tell(
            caller, sendgrid, *senseless, {**good, "timestamp": 1e300, "reason": "a\0b <roya@example.com>"}
        ).status_code
        == 200
    )
    with use_store(in_store.id):
        assert events_of(message) == [("delivered", "provider")]
    for body in (b"", b"{}", b"nonsense", b"[" * 5000, b'[{"a": NaN}]', b"\xff\xfe"):
        assert caller.post(DOOR, data=body, headers=sendgrid.sign(body)).status_code == 200


def test_too_much_is_refused_unread(caller: StoreClient, sendgrid: SendGrid) -> None:
    body = b"[" + b" " * 1_000_000 + b"]"
    assert caller.post(DOOR, data=body, headers=sendgrid.sign(body)).status_code == 413
    large = body_of(*[event("processed", new_id(), new_id()) for _ in range(1_000)])
    assert len(large) > 300_000
    assert caller.post(DOOR, data=large, headers=sendgrid.sign(large)).status_code == 200


def test_where_it_is_not_configured_there_is_no_door(
    app: Flask, caller: StoreClient, sendgrid: SendGrid, config: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DUALCART", config)
    assert tell(caller, sendgrid).status_code == 404
