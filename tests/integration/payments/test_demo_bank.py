"""The demo's bank: each card behaves as its table says, nothing is collected or given back twice, events arrive when due."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, g
from sqlalchemy import text

from app.clock import Clock
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.events import outbox, relay
from app.ids import new_id
from app.money import Money
from app.payments import events
from app.payments.demo_bank import SIGNATURE, DemoBank
from app.payments.demo_cards import CARDS, Behaviour
from app.payments.provider import BadPaymentDetails, Charge, ForgedEvent, Outcome, ProviderEvent, Refund, Status
from app.payments.registry import describe, offers
from app.web.refusals import describe as sentence_of
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore

OWED = Money(24790, "EUR")
HOUR = timedelta(hours=1)
START = NOW.replace(year=2046)  # the relay goes by the later of two clocks: past the true one, only ours counts


@pytest.fixture
def bank(config: Config, in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> DemoBank:
    """The bank, and an outbox with nothing in it."""
    monkeypatch.setattr(outbox, "_wake", None)
    with transaction() as session:
        session.execute(text("SET LOCAL app.relay = 'on'"))
        session.execute(text("DELETE FROM outbox"))
    return DemoBank(config.secret_key)


@pytest.fixture
def told() -> Iterator[list[ProviderEvent]]:
    """What orders would hear."""
    heard: list[ProviderEvent] = []

    def listen(provider: str, event: ProviderEvent, *, now: datetime) -> None:
        assert provider == "demo_bank"
        heard.append(event)

    events.on_event(listen)
    yield heard
    events._listeners.pop(listen)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def charge_of(store: TestStore, behaviour: str) -> Charge:
    return Charge(
        store_id=store.id,
        attempt_id=new_id(),
        amount=OWED,
        token=behaviour,
        description="Order",
        email="shirin@example.com",
        locale="en",
        return_url="",
        cancel_url="",
    )


def drain(moment: datetime) -> int:
    return relay.drain(lambda: moment)


SUCCESS = (Status.SUCCEEDED, "")
OPEN = (Status.UNKNOWN, "")
ANSWERS: Mapping[Behaviour, list[tuple[float, tuple[Status, str]]]] = {
    Behaviour.SUCCEEDS: [(0, SUCCESS)],
    Behaviour.DECLINED: [(0, (Status.FAILED, "declined"))],
    Behaviour.INSUFFICIENT_FUNDS: [(0, (Status.FAILED, "insufficient_funds"))],
    Behaviour.EXPIRED_CARD: [(0, (Status.FAILED, "expired_card"))],
    Behaviour.HANGS_THEN_SUCCEEDS: [(0, OPEN), (19, OPEN), (20, SUCCESS)],
    Behaviour.HANGS_THEN_FAILS: [(0, OPEN), (20, (Status.FAILED, "declined"))],
    Behaviour.BY_EVENT: [(0, OPEN), (800, OPEN), (900, SUCCESS)],
    Behaviour.EVENT_TWICE: [(0, OPEN), (20, SUCCESS)],
    Behaviour.OUT_OF_ORDER: [(0, OPEN), (20, SUCCESS)],
    Behaviour.OTHER_AMOUNT: [(0, OPEN), (20, SUCCESS)],
    Behaviour.DOWN: [(0, OPEN), (59, OPEN), (60, (Status.FAILED, "not_found"))],
}


@pytest.mark.parametrize("behaviour", list(Behaviour))
def test_answers(bank: DemoBank, in_store: TestStore, behaviour: Behaviour) -> None:
    charge = charge_of(in_store, behaviour)
    first = bank.collect(charge, now=START)
    assert (first.status, first.reason) == ANSWERS[behaviour][0][1]
    for seconds, expected in ANSWERS[behaviour]:
        asked = bank.ask(charge.attempt_id, "", now=at(seconds))
        assert (asked.status, asked.reason) == expected
        assert bank.collect(charge, now=at(seconds)) == asked  # repeated, it is the same charge
    rows = db.session.execute(text("SELECT count(*) FROM demo_bank_charges")).scalar_one()
    db.session.commit()
    assert rows == 1


EVENTS: Mapping[Behaviour, list[tuple[float, Status]]] = {
    Behaviour.SUCCEEDS: [(2, Status.SUCCEEDED)],
    Behaviour.BY_EVENT: [(10, Status.SUCCEEDED)],
    Behaviour.EVENT_TWICE: [(5, Status.SUCCEEDED), (6, Status.SUCCEEDED)],
    Behaviour.OUT_OF_ORDER: [(5, Status.SUCCEEDED), (10, Status.UNKNOWN)],
    Behaviour.OTHER_AMOUNT: [(5, Status.SUCCEEDED)],
}


@pytest.mark.parametrize("behaviour", list(Behaviour))
def test_events(bank: DemoBank, in_store: TestStore, told: list[ProviderEvent], behaviour: Behaviour) -> None:
    charge = charge_of(in_store, behaviour)
    for _ in range(2):  # repeated, it tells no more than once
        bank.collect(charge, now=START)
    expected = EVENTS.get(behaviour, [])
    for number, (seconds, status) in enumerate(expected):
        drain(at(seconds - 0.5))
        assert len(told) == number
        drain(at(seconds))
        event = told[-1]
        assert (event.kind, event.subject, event.store_id) == ("charge", charge.attempt_id, in_store.id)
        assert (event.outcome.status, event.amount is not None) == (status, status == Status.SUCCEEDED)
    drain(at(3600))
    assert len(told) == len(expected)


def test_an_event_sent_twice_is_the_same_event(bank: DemoBank, in_store: TestStore, told: list[ProviderEvent]) -> None:
    bank.collect(charge_of(in_store, Behaviour.EVENT_TWICE), now=START)
    drain(at(60))
    assert len(told) == 2
    assert told[0] == told[1]


def test_the_late_event_is_about_an_earlier_moment(
    bank: DemoBank, in_store: TestStore, told: list[ProviderEvent]
) -> None:
    bank.collect(charge_of(in_store, Behaviour.OUT_OF_ORDER), now=START)
    drain(at(5))
    drain(at(10))
    assert told[1].occurred_at < told[0].occurred_at
    assert told[1].id != told[0].id


def test_another_amount_is_told_by_both_ways(bank: DemoBank, in_store: TestStore, told: list[ProviderEvent]) -> None:
    charge = charge_of(in_store, Behaviour.OTHER_AMOUNT)
    bank.collect(charge, now=START)
    drain(at(5))
    other = Money(24789, "EUR")
    assert told[0].amount == told[0].outcome.amount == other
    assert bank.ask(charge.attempt_id, "", now=at(20)).amount == other


def test_an_event_that_was_not_taken_comes_again(
    bank: DemoBank, in_store: TestStore, told: list[ProviderEvent]
) -> None:
    def refuse(*_: object, now: datetime) -> None:
        raise RuntimeError

    events.on_event(refuse)
    bank.collect(charge_of(in_store, Behaviour.SUCCEEDS), now=START)
    drain(at(60))
    events._listeners.pop(refuse)
    drain(at(3600))
    assert len(told) == 2
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "behaviour", [one for one, answers in ANSWERS.items() if answers[0][1] == OPEN and one != Behaviour.DOWN]
)
def test_cancelled_in_time_nothing_is_collected(
    bank: DemoBank, in_store: TestStore, told: list[ProviderEvent], behaviour: Behaviour
) -> None:
    charge = charge_of(in_store, behaviour)
    bank.collect(charge, now=START)
    cancelled = bank.cancel(charge.attempt_id, "", now=at(1))
    assert (cancelled.status, cancelled.reason) == (Status.FAILED, "cancelled")
    assert bank.ask(charge.attempt_id, "", now=at(3600)) == bank.collect(charge, now=at(3600)) == cancelled
    assert bank.cancel(charge.attempt_id, "", now=at(3600)) == cancelled
    drain(at(3600))
    assert told == []
    assert bank.refund(part(charge), now=at(3600)).status == Status.FAILED


def test_cancelled_too_late(bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.BY_EVENT)
    bank.collect(charge, now=START)
    assert bank.cancel(charge.attempt_id, "", now=at(10)).status == Status.SUCCEEDED


def test_cancelled_before_it_came(bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.SUCCEEDS)
    assert bank.cancel(charge.attempt_id, "", now=START).status == Status.FAILED
    assert bank.collect(charge, now=at(1)).reason == "cancelled"


def test_a_bank_that_is_down_cannot_cancel(bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.DOWN)
    bank.collect(charge, now=START)
    assert bank.cancel(charge.attempt_id, "", now=at(30)).status == Status.UNKNOWN
    assert bank.cancel(charge.attempt_id, "", now=at(60)).reason == "not_found"


def test_never_heard_of(bank: DemoBank) -> None:
    assert bank.ask(new_id(), "", now=START) == Outcome(Status.FAILED, reason="not_found")


def test_a_key_with_another_amount_is_not_charged(bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.SUCCEEDS)
    bank.collect(charge, now=START)
    assert bank.collect(replace(charge, amount=Money(1, "EUR")), now=START) == Outcome(
        Status.UNKNOWN, reason="key_reused"
    )
    assert bank.collect(replace(charge, attempt_id=new_id(), token="?"), now=START).reason == "bad_token"


def part(charge: Charge, amount: int = 10000) -> Refund:
    return Refund(charge.store_id, new_id(), charge.attempt_id, "", Money(amount, "EUR"))


def test_refunds(bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.SUCCEEDS)
    bank.collect(charge, now=START)
    first, second = part(charge), part(charge)
    given = bank.refund(first, now=START)
    assert (given.status, given.amount) == (Status.SUCCEEDED, Money(10000, "EUR"))
    assert bank.refund(first, now=START + HOUR) == given
    assert bank.refund(second, now=START).status == Status.SUCCEEDED
    assert bank.refund(part(charge), now=START) == Outcome(Status.FAILED, reason="too_much")
    assert bank.refund(part(charge, 4790), now=START).status == Status.SUCCEEDED
    assert bank.refund(replace(first, amount=Money(1, "EUR")), now=START).reason == "key_reused"
    assert bank.refund(replace(part(charge, 1), attempt_id=new_id()), now=START).reason == "not_found"


@pytest.mark.parametrize("behaviour", [Behaviour.DECLINED, Behaviour.HANGS_THEN_SUCCEEDS])
def test_nothing_collected_nothing_back(bank: DemoBank, in_store: TestStore, behaviour: Behaviour) -> None:
    charge = charge_of(in_store, behaviour)
    bank.collect(charge, now=START)
    assert bank.refund(part(charge), now=START).reason == "not_found"


def test_at_once_from_many_sides(app: Flask, bank: DemoBank, in_store: TestStore) -> None:
    charge = charge_of(in_store, Behaviour.SUCCEEDS)
    outcomes = race(app, in_store.id, [lambda: bank.collect(charge, now=START)] * 6)
    assert len(set(outcomes)) == 1
    wish = part(charge)
    assert len(set(race(app, in_store.id, [lambda: bank.refund(wish, now=START)] * 6))) == 1
    more = race(app, in_store.id, [lambda: bank.refund(part(charge, 3000), now=START)] * 6)
    assert sum(one.status == Status.SUCCEEDED for one in more) == 4  # of the 14790 left
    rows = db.session.execute(text("SELECT count(*), sum(amount) FROM demo_bank_refunds")).one()
    db.session.commit()
    assert tuple(rows) == (5, 22000)


def test_collecting_or_cancelling_at_once(app: Flask, bank: DemoBank, in_store: TestStore) -> None:
    for _ in range(5):
        charge = charge_of(in_store, Behaviour.SUCCEEDS)
        calls = [
            lambda charge=charge: bank.collect(charge, now=START),
            lambda charge=charge: bank.cancel(charge.attempt_id, "", now=START),
        ]
        assert len({one.status for one in race(app, in_store.id, calls)}) == 1


def test_another_store_knows_nothing_of_it(app: Flask, bank: DemoBank, in_store: TestStore, make_store: Any) -> None:
    charge = charge_of(in_store, Behaviour.SUCCEEDS)
    bank.collect(charge, now=START)
    with use_store(make_store().id):
        assert bank.ask(charge.attempt_id, "", now=START).reason == "not_found"


def test_no_call_is_made_inside_a_transaction(bank: DemoBank, in_store: TestStore) -> None:
    with pytest.raises(RuntimeError), transaction():
        bank.collect(charge_of(in_store, Behaviour.SUCCEEDS), now=START)


def test_only_what_the_bank_signed_is_an_event(bank: DemoBank) -> None:
    body = json.dumps(
        {
            "id": "x",
            "store": str(new_id()),
            "attempt": str(new_id()),
            "status": "succeeded",
            "reference": "r",
            "amount": 1,
            "currency": "EUR",
            "occurred_at": NOW.isoformat(),
        }
    ).encode()
    event = bank.read_event(body, {SIGNATURE.upper(): bank.sign(body)})
    assert event
    assert isinstance(event.subject, UUID)
    for headers in ({}, {SIGNATURE: "x"}, {SIGNATURE: bank.sign(body + b" ")}):
        with pytest.raises(ForgedEvent):
            bank.read_event(body, headers)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en", "Card ending \u20684242\u2069"), ("fa", "کارتی که به \u2068۴۲۴۲\u2069 ختم می‌شود")],
)
def test_only_the_last_digits_are_kept(
    app: Flask, bank: DemoBank, store: TestStore, locale: str, expected: str
) -> None:
    with app.test_request_context("/", base_url=f"http://{store.host}"):
        prepared = prepare(app, bank, locale)
    assert prepared.label == expected
    assert prepared.token == "succeeds"


def prepare(app: Flask, bank: DemoBank, locale: str) -> Any:
    from app.web.language import speaking

    g.locale = locale
    with speaking(locale):
        return bank.prepare({"number": "۴۲۴۲ 4242 ٤٢٤٢ 4242", "expiry": "۱۲/۴۰", "code": "123"}, now=NOW)


def test_what_people_read(app: Flask, config: Config) -> None:
    from app.web.language import speaking

    with app.test_request_context("/"):
        with speaking("en"):
            assert [offer.title for offer in offers(config, "EUR")] == ["Test card", "Pay on delivery"]
            assert len(describe("demo_bank").cards) == len(CARDS)
            problem = BadPaymentDetails(field="number", problem="number_real")
            assert sentence_of(problem).startswith("Only the test cards")
        with speaking("fa"):
            assert describe("manual").title == "پرداخت هنگام تحویل"
        with_stripe = Config(
            database_url="",
            redis_url="",
            secret_key="x" * 32,
            stripe_secret_key="sk_x",
            stripe_webhook_secrets="whsec_x",
        )
        assert [offer.name for offer in offers(with_stripe, "EUR")] == ["stripe", "manual"]
        assert [offer.name for offer in offers(with_stripe, "IRR")] == ["manual"]


def test_the_clock_can_be_moved(app: Flask, bank: DemoBank, in_store: TestStore, told: list[ProviderEvent]) -> None:
    clock = Clock(lambda: timedelta(0))
    bank.collect(charge_of(in_store, Behaviour.BY_EVENT), now=clock.now())
    relay.drain(clock.now)
    assert told == []
    relay.drain(Clock(lambda: HOUR).now)
    assert len(told) == 1
