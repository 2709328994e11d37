"""Events reach a receiver signed, at least once, in a cart's order, whatever the receiver does; to real servers on this machine."""

import threading
import time
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.channels import email
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import seed_accounts
from app.ids import new_id
from app.webhooks import delivering, endpoints, publishing
from app.webhooks.outcomes import ATTEMPTS
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.hearing import deliver, deliveries, much_later, receiving, tell, verified


@pytest.fixture(autouse=True)
def by_turns(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken; a hanging receiver is given up soon."""
    monkeypatch.setattr(publishing, "_wake", None)
    monkeypatch.setattr(delivering, "SECONDS", 0.4)


def change(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


def words_of(letter: bytes) -> str:
    parsed = message_from_bytes(letter, policy=default)
    assert isinstance(parsed, EmailMessage)
    plain = parsed.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def test_told_once_and_signed() -> None:
    with receiving() as receiver:
        event_id = tell(order_id="x")
        assert deliver() == 1
        assert deliver(much_later()) == 0
        [asked] = receiver.server.requests
        assert verified(asked, receiver.secrets[0])
        assert not verified(asked, "whsec_" + "A" * 44)
        assert receiver.ids == [str(event_id)]
        assert receiver.heard[0]["data"] == {"order_id": "x"}
        assert abs(int(asked.headers["webhook-timestamp"]) - time.time()) < 60
        [row] = deliveries()
        assert (row.state, row.status, row.answer, row.attempts) == ("delivered", 200, "thanks", 1)


def test_only_what_an_endpoint_wants_to_hear() -> None:
    with receiving(("cart.abandoned",)) as receiver:
        tell("order.placed")
        tell("cart.abandoned")
        endpoints.switch(receiver.endpoint_id, on=False)
        tell("cart.abandoned")
        assert len(deliveries()) == 1
        endpoints.switch(receiver.endpoint_id, on=True)
        tell("cart.abandoned")
        assert deliver() == 1
        assert [row.error for row in deliveries()] == ["endpoint_off", ""]


def test_the_same_event_told_twice_is_one_delivery() -> None:
    from app.webhooks.catalogue import Event

    with receiving():
        event = Event(new_id(), "order.placed", new_id(), NOW, {})
        with transaction():
            assert publishing.publish([event]) == 1
            assert publishing.publish([event]) == 0
        assert len(deliveries()) == 1


def test_nothing_is_told_of_what_was_rolled_back() -> None:
    with receiving(), pytest.raises(RuntimeError), transaction():
        tell()
        raise RuntimeError
    assert deliveries() == []


FAULTS = {
    "500": "status_500",
    "503": "status_503",
    "hang": "no_answer",
    "drip headers": "no_answer",
    "reset": "no_answer",
    "redirect": "redirected",
    "gateway": "status_502",
    "unauthorised": "status_401",
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_tried_again(fault: str) -> None:
    with receiving() as receiver:
        receiver.server.fault = fault
        tell()
        assert deliver() == 0
        [row] = deliveries()
        assert (row.state, row.error, row.attempts) == ("waiting", FAULTS[fault], 1)
        assert deliver() == 0  # not at once
        assert deliver(much_later()) == 1
        assert len(receiver.server.requests) == 2
        assert {asked.path for asked in receiver.server.requests} == {"/hook"}  # a redirect is not followed
        assert len(set(receiver.ids)) == 1


@pytest.mark.parametrize("fault", ["huge", "garbage", "drip", "short"], ids=str)
def test_the_status_is_the_answer_whatever_follows(fault: str) -> None:
    with receiving() as receiver:
        receiver.server.fault = fault
        tell()
        assert deliver() == 1
        [row] = deliveries()
        assert row.state == "delivered"
        assert len(row.answer) <= 2_000


def test_asked_to_wait() -> None:
    with receiving() as receiver:
        receiver.server.fault = "busy"
        tell()
        deliver()
        [row] = deliveries()
        assert 10 < (row.due_at - row.tried_at).total_seconds() <= 17


def test_nobody_there() -> None:
    with receiving():
        tell()
    assert deliver() == 0
    assert deliveries()[0].error == "not_reached"


def test_given_up_after_all_attempts_and_the_next_one_has_its_turn() -> None:
    with receiving() as receiver:
        receiver.server.fault, receiver.server.for_ever = "500", True
        cart = new_id()
        first, second = tell(subject=cart), tell(subject=cart)
        for _ in range(ATTEMPTS - 1):
            assert deliver(much_later()) == 0
        assert set(receiver.ids) == {str(first)}
        change("UPDATE webhook_endpoints SET failing_since = NULL")
        deliver(much_later())
        receiver.server.fault = ""
        assert deliver(much_later()) == 1
        assert [row.state for row in deliveries()] == ["given_up", "delivered"]
        assert receiver.ids[-1] == str(second)


def test_a_carts_events_come_in_their_order_others_do_not_wait() -> None:
    with receiving() as receiver:
        cart, other = new_id(), new_id()
        told = [tell(subject=cart) for _ in range(3)]
        receiver.server.fault = "500"
        assert deliver() == 0
        elsewhere = tell(subject=other)
        assert deliver() == 1  # the first of the cart waits for its next try, and the two behind it for their turn
        for _ in range(3):
            deliver(much_later())
        assert receiver.ids == [str(one) for one in (told[0], elsewhere, *told)]


def test_a_hanging_receiver_keeps_nobody_waiting() -> None:
    with receiving() as slow, receiving() as quick:
        slow.server.fault, slow.server.for_ever = "hang", True
        for _ in range(10):
            tell()
        began = time.monotonic()
        assert deliver() == 10
        assert time.monotonic() - began < 4
        assert len(slow.server.requests) == 1
        assert len(quick.server.requests) == 10
        tried = [row.attempts for row in deliveries() if row.endpoint_id == slow.endpoint_id]
        assert sorted(tried) == [0] * 9 + [1]


def test_a_worker_that_died_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        tell()

        def die(*_: object) -> Any:
            raise SystemExit

        monkeypatch.setattr(delivering, "_settle", die)
        with pytest.raises(SystemExit):
            deliver()
        monkeypatch.undo()
        monkeypatch.setattr(publishing, "_wake", None)
        assert deliver(much_later()) == 0  # it is still in the other's hands
        change("UPDATE webhook_deliveries SET lease_until = now() - interval '1 second'")
        assert deliver() == 1
        assert len(receiver.ids) == 2
        assert len(set(receiver.ids)) == 1


def test_two_workers_at_once(app: Flask, store: TestStore) -> None:
    with receiving() as receiver:
        told = {str(tell()) for _ in range(30)}

        def work() -> None:
            with app.app_context(), use_store(store.id):
                deliver()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(receiver.ids) == sorted(told)


def test_private_addresses_are_out_of_bounds() -> None:
    with receiving() as receiver:
        tell()
        assert deliver(public_only=True) == 0
        assert deliveries()[0].error == "private_address"
        assert receiver.server.requests == []


def test_another_secret_with_an_overlap() -> None:
    with receiving() as receiver:
        before = receiver.secrets[0]
        after = endpoints.rotate(receiver.endpoint_id, key="only for tests, not a secret at all")
        tell()
        deliver()
        [asked] = receiver.server.requests
        assert verified(asked, before)
        assert verified(asked, after)
        assert len(asked.headers["webhook-signature"].split(" ")) == 2
        endpoints.end_overlap(receiver.endpoint_id)
        tell()
        deliver()
        assert not verified(receiver.server.requests[1], before)
        assert verified(receiver.server.requests[1], after)
        change("UPDATE webhook_secrets SET expires_at = now() - interval '1 second'")
        tell()
        deliver()
        assert len(receiver.server.requests) == 2  # never without a signature
        assert deliveries()[2].error == "not_made"


def test_secrets_are_not_readable_in_the_database() -> None:
    with receiving() as receiver:
        with transaction() as session:
            sealed = session.execute(text("SELECT sealed FROM webhook_secrets")).scalar_one()
        assert receiver.secrets[0] not in sealed
        assert sealed.startswith("v1.")


@pytest.mark.parametrize("days", [4, 6], ids=["four-days", "six-days"])
def test_switched_off_after_days_of_failing(days: int) -> None:
    with receiving() as receiver:
        receiver.server.fault, receiver.server.for_ever = "500", True
        tell(), tell()
        deliver()
        change(f"UPDATE webhook_endpoints SET failing_since = now() - interval '{days} days'")
        deliver(much_later())
        endpoint = endpoints.get(receiver.endpoint_id)
        assert (endpoint.on, endpoint.off_reason) == ((True, "") if days < 5 else (False, "failing"))
        assert {row.state for row in deliveries()} == ({"waiting"} if days < 5 else {"given_up"})
        actions = [entry.action for entry in log.list_entries()]
        assert actions == ([] if days < 5 else ["webhook_switched_off"])


@pytest.mark.parametrize("status", [410, 500], ids=["gone", "failing"])
def test_who_can_mend_it_gets_a_letter_once(app: Flask, status: int) -> None:
    seed_accounts(NOW)
    change("UPDATE staff_members SET locale = 'fa' WHERE role = 'owner'")
    with receiving(status=status) as receiver:
        tell(), tell()
        deliver()
        change("UPDATE webhook_endpoints SET failing_since = now() - interval '6 days' WHERE state = 'on'")
        deliver(much_later())
        deliver(much_later())
        assert not endpoints.get(receiver.endpoint_id).on
    rows = db.session.execute(text("SELECT id, payload FROM outbox WHERE topic = 'accounts.letter'")).all()
    said = {
        row.payload["to"]: words_of(email.compose(row.payload, row.id, app.config["DUALCART"], NOW)) for row in rows
    }
    assert sorted(said) == ["admin@toranj.example", "owner@toranj.example"]
    place = f"/console/integrations/webhooks/{receiver.endpoint_id}"
    assert all(place in letter and "/hook" not in letter.replace(place, "") for letter in said.values())
    english, persian = ("gone for good", "برای همیشه رفته") if status == 410 else ("answer was 500.", "پنج روز")
    assert english in said["admin@toranj.example"]
    assert persian in said["owner@toranj.example"]


def test_gone_is_believed_at_once() -> None:
    with receiving(status=410) as receiver:
        tell()
        deliver()
        assert endpoints.get(receiver.endpoint_id).off_reason == "gone"


def test_success_forgives() -> None:
    with receiving() as receiver:
        receiver.server.fault = "500"
        tell()
        deliver()
        assert endpoints.get(receiver.endpoint_id).failing_since
        deliver(much_later())
        assert endpoints.get(receiver.endpoint_id).failing_since is None


@pytest.mark.parametrize("personal", [True, False], ids=["with-the-person", "ids-only"])
def test_persons_only_where_they_are_asked_for(personal: bool) -> None:
    customer = make_customer("shirin@example.com")
    with receiving(personal=personal) as receiver:
        tell(customer_id=str(customer))
        deliver()
        data = receiver.heard[0]["data"]
        assert data.get("customer", {}).get("email") == ("shirin@example.com" if personal else None)
        assert "shirin" not in str(deliveries()[0].data)


def test_another_stores_endpoint_hears_nothing(app: Flask, make_store: Any) -> None:
    other = make_store()
    with receiving() as receiver:
        with use_store(other.id):
            tell()
        deliver()
        assert receiver.server.requests == []


def test_a_store_that_has_paused_it_waits(store: TestStore) -> None:
    with receiving() as receiver:
        tell()
        assert delivering.deliver(lambda: NOW, key="x" * 32, public_only=False, paused=[store.id]) == 0
        assert receiver.server.requests == []
        assert deliveries()[0].attempts == 0


def test_old_deliveries_are_forgotten(store: TestStore) -> None:
    with receiving():
        tell()
        deliver()
        tell()
        assert delivering.forget(store.id, deliveries()[0].ended_at + timedelta(seconds=1)) == 1
        assert [row.state for row in deliveries()] == ["waiting"]
