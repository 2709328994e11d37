"""Circuits and rates: shared over processes, kept by each alone while Redis is gone, and what delivery makes of them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import redis
from flask import Flask

from app.cache.client import client, installation_key, store_key
from app.channels.outgoing import OutcomeUnknown, Refused, TryLater
from app.database.tenancy import use_store
from app.recovery import breaker, delivery, provider_state, rates
from app.recovery.traffic import BUSY, FAILING
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import Scripted, clock, evaluations, one_due, row_of


@pytest.fixture
def provider(in_store: TestStore) -> str:
    """A provider that no other test knows."""
    return "p" + "".join(letter for letter in uuid4().hex if letter.isalpha())


@pytest.fixture
def scripted(provider: str, in_store: TestStore) -> Iterator[Scripted]:
    made = Scripted()
    made.provider.name = provider
    delivery.connect(made.parts())
    yield made
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


@pytest.fixture(params=["shared", "alone"])
def known_by(request: Any, app: Flask) -> Iterator[str]:
    """With Redis, and without."""
    if request.param == "shared":
        yield "shared"
        return
    here = app.extensions["redis"]
    app.extensions["redis"] = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    yield "alone"
    app.extensions["redis"] = here
    provider_state.ask_again()


def pass_time(provider: str, seconds: float) -> None:
    """As if a circuit's times had been so much earlier."""
    key = installation_key("circuit", provider)
    if seen := breaker._seen.get(provider):
        seen.until -= seconds
        seen.probe -= seconds
    if provider_state.ask("return {1}", []) is None:
        return
    for name in ("until", "probe"):
        if held := client().hget(key, name):
            client().hset(key, name, str(int(float(held) - seconds * 1000)))


def open_it(provider: str) -> None:
    for _ in range(breaker.FAILURES):
        breaker.failed(provider)


def test_it_opens_after_so_many_failures_in_a_row(known_by: str, provider: str) -> None:
    for _ in range(breaker.FAILURES - 1):
        assert breaker.failed(provider) == 0
    breaker.worked(provider)
    for _ in range(breaker.FAILURES - 1):
        assert breaker.failed(provider) == 0
        assert breaker.look(provider).wait == 0
        assert not breaker.look(provider).clean
    assert breaker.failed(provider) == breaker.FIRST_SECONDS
    assert breaker.look(provider).wait == pytest.approx(breaker.FIRST_SECONDS, abs=2)


def test_half_open_lets_one_through_and_its_outcome_decides(known_by: str, provider: str) -> None:
    open_it(provider)
    waits = []
    for _ in range(6):
        pass_time(provider, breaker.LONGEST_SECONDS)
        assert breaker.look(provider).probe
        assert breaker.look(provider, take=True).probe
        assert breaker.look(provider, take=True).wait > 0
        waits.append(breaker.failed(provider))
    assert waits == [60, 120, 240, 480, 600, 600]
    pass_time(provider, breaker.LONGEST_SECONDS)
    assert breaker.look(provider, take=True).probe
    breaker.worked(provider)
    assert breaker.look(provider) == breaker.Circuit()


def test_a_place_not_used_is_free_again_and_one_that_never_came_back_after_a_while(
    known_by: str, provider: str
) -> None:
    open_it(provider)
    pass_time(provider, breaker.FIRST_SECONDS + 1)
    assert breaker.look(provider, take=True).probe
    breaker.leave(provider)
    assert breaker.look(provider, take=True).probe
    assert breaker.look(provider, take=True).wait == pytest.approx(breaker.PROBE_SECONDS, abs=2)
    pass_time(provider, breaker.PROBE_SECONDS + 1)
    assert breaker.look(provider, take=True).probe


def test_it_is_left_alone_for_as_long_as_it_asks(known_by: str, provider: str) -> None:
    for _ in range(breaker.FAILURES - 1):
        breaker.failed(provider, seconds=200)
    assert breaker.failed(provider, seconds=200) == 200
    assert breaker.failed(provider, seconds=10_000) == pytest.approx(200, abs=2)  # it was already open


def test_a_second_holds_so_many_and_the_rest_hears_when(provider: str, app: Flask) -> None:
    with Limited(app, f"{provider}=10"):
        assert rates.take(provider, 7) == (7, 0.0)
        granted, wait = rates.take(provider, 7)
        assert granted == 3
        assert 0 < wait <= 0.1
        rates.give_back(provider, 2)
        assert rates.take(provider, 5)[0] == 2


def test_a_store_has_its_own_share(provider: str, app: Flask, make_store: Any) -> None:
    other = make_store()
    with Limited(app, f"{provider}=10", f"{provider}=6"):
        assert rates.take(provider, 9)[0] == 6
        with use_store(other.id):
            assert rates.take(provider, 9)[0] == 4


def test_a_bucket_fills_with_time(provider: str, app: Flask) -> None:
    with Limited(app, f"{provider}=10"):
        rates.take(provider, 10)
        for key in (installation_key("rate", provider), store_key("rate", provider)):
            client().hincrby(key, "at", -300)
        assert rates.take(provider, 10)[0] == 3


def test_without_redis_each_process_keeps_to_less(known_by: str, provider: str, app: Flask) -> None:
    with Limited(app, f"{provider}=8"):
        granted, wait = rates.take(provider, 20)
        assert granted == (8 if known_by == "shared" else 8 / rates.ASSUMED_PROCESSES)
        assert 0 < wait <= 0.5
        rates.give_back(provider, 1)
        assert rates.take(provider, 3)[0] == 1


class Limited:
    """Rates as an operator sets them."""

    def __init__(self, app: Flask, rates: str, of_a_store: str = "") -> None:
        self.app, self.config = app, app.config["DUALCART"]
        self.changed = msgspec.structs.replace(self.config, message_rates=rates, message_rates_of_a_store=of_a_store)

    def __enter__(self) -> None:
        self.app.config["DUALCART"] = self.changed

    def __exit__(self, *_: object) -> None:
        self.app.config["DUALCART"] = self.config


def several(scripted: Scripted, count: int) -> list[Any]:
    return [one_due(scripted, email=f"{at}@example.com") for at in range(count)]


def test_an_open_circuit_leaves_messages_as_they_are(scripted: Scripted) -> None:
    scripted.provider.outcome = OutcomeUnknown("no_answer")
    ids = several(scripted, breaker.FAILURES + 3)
    assert delivery.deliver(clock) == 0
    assert len(scripted.provider.handed) == breaker.FAILURES
    waiting = [row_of(message_id) for message_id in ids[breaker.FAILURES :]]
    assert {(row.state, row.reason, row.attempts) for row in waiting} == {("scheduled", FAILING, 0)}
    assert all((row.due_at - clock()).total_seconds() > 25 for row in waiting)
    late = several(scripted, 1)[0]
    scripted.provider.outcome = None
    assert delivery.deliver(clock) == 0
    assert (row_of(late).state, row_of(late).reason) == ("scheduled", "")  # not even claimed
    assert evaluations(late) == []


def test_half_open_hands_one_over(scripted: Scripted) -> None:
    open_it(scripted.provider.name)
    pass_time(scripted.provider.name, breaker.FIRST_SECONDS + 1)
    scripted.provider.outcome = TryLater("not_reached")
    ids = several(scripted, 4)
    assert delivery.deliver(clock) == 0
    assert len(scripted.provider.handed) == 1
    assert sorted(row_of(message_id).attempts for message_id in ids) == [0, 0, 0, 1]
    pass_time(scripted.provider.name, 2 * breaker.FIRST_SECONDS + 1)
    scripted.provider.outcome = None
    delivering.change("messages", "due_at = '2031-03-04'", state="scheduled")
    assert delivery.deliver(clock) == 1
    delivering.change("messages", "due_at = '2031-03-04'", state="scheduled")
    assert delivery.deliver(clock) == 3
    assert breaker.look(scripted.provider.name) == breaker.Circuit()


def test_what_the_gate_stops_does_not_use_up_the_one_place(scripted: Scripted) -> None:
    open_it(scripted.provider.name)
    pass_time(scripted.provider.name, breaker.FIRST_SECONDS + 1)
    ended, fine = several(scripted, 2)
    delivering.change("episodes", "state = 'emptied', closed_at = now()", id=row_of(ended).episode_id)
    assert delivery.deliver(clock) == 1
    assert (row_of(ended).state, row_of(fine).state) == ("cancelled", "sent")


@pytest.mark.parametrize("answer", [Refused("smtp_550"), TryLater("smtp_450")], ids=["refused", "greylisted"])
def test_a_server_that_answers_works(scripted: Scripted, answer: Exception) -> None:
    scripted.provider.outcome = answer
    several(scripted, breaker.FAILURES + 2)
    delivery.deliver(clock)
    assert len(scripted.provider.handed) == breaker.FAILURES + 2
    assert breaker.look(scripted.provider.name).clean


def test_what_is_too_much_for_a_second_comes_back_one_after_the_other(scripted: Scripted, app: Flask) -> None:
    with Limited(app, f"{scripted.provider.name}=2"):
        ids = several(scripted, 5)
        assert delivery.deliver(clock) == 2
        rows = [row_of(message_id) for message_id in ids]
        assert [row.state for row in rows] == ["sent", "sent", "scheduled", "scheduled", "scheduled"]
        assert {(row.reason, row.attempts) for row in rows[2:]} == {(BUSY, 0)}
        gaps = [(row.due_at - clock()).total_seconds() for row in rows[2:]]
        assert gaps == pytest.approx([1, 1.5, 2], abs=0.5)
        assert gaps == sorted(gaps)


def test_what_may_have_left_keeps_its_lease_while_it_waits(scripted: Scripted) -> None:
    scripted.provider.outcome, ids = OutcomeUnknown("no_answer"), []
    for _ in range(2):
        ids += [one_due(scripted, email=f"{uuid4().hex}@example.com") for _ in range(breaker.FAILURES - 1)]
        delivery.deliver(clock)
        breaker.worked(scripted.provider.name)
    delivering.change("messages", "lease_until = now() - interval '1 second'", state="sending")
    assert delivery.deliver(clock) == 0
    rows = [row_of(message_id) for message_id in ids]
    assert {row.state for row in rows} == {"sending"}
    assert sorted(row.attempts for row in rows) == [1] * (breaker.FAILURES - 2) + [2] * breaker.FAILURES


def test_delivery_goes_on_without_redis(known_by: str, scripted: Scripted) -> None:
    several(scripted, 2)
    assert delivery.deliver(clock) == 2
