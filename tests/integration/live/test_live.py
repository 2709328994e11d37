"""A real live process at a real Valkey: who is let in, what is heard, and what happens when either goes away."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from flask import Flask

from app.cache.client import client
from app.config import Config
from app.database.tenancy import use_store
from app.embedded.valkey import Valkey
from app.live import wire
from app.live.wire import TicketOffice
from app.web import live as told
from tests.conftest import TestStore
from tests.live import Listener, LiveServer, live_server, until

ORIGIN = "http://shop.example"
VARIANT = UUID("01a1fc83-6026-75bc-aff5-f5085be4924e")


@pytest.fixture(scope="session")
def live(app: Flask, config: Config, tmp_path_factory: Any) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("live") / "log", LIVE_PAGES_PER_ADDRESS="15") as server:
        yield server


@pytest.fixture
def office(config: Config) -> TicketOffice:
    return TicketOffice(config.secret_key)


def path(office: TicketOffice, store: TestStore, who: str, version: object = 1, shows: str = "", at: float = 0) -> str:
    ticket = office.issue(store.id, office.topic(store.id, who), ORIGIN, time.time() + at)
    return f"/live/cart?ticket={ticket}&v={version}&shows={shows}"


def test_a_change_is_heard_by_its_pages_only(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    mine = Listener(live.port, path(office, in_store, "customer:1"), Origin=ORIGIN)
    other = Listener(live.port, path(office, in_store, "customer:2"))
    assert mine.answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert mine.answer.headers["Content-Type"] == "text/event-stream"
    assert mine.answer.headers["Cache-Control"] == "no-store"
    assert other.answer.headers["Access-Control-Allow-Origin"] is None
    until(lambda: live.health()["pages"] == 2)
    told.publish_cart("customer:1", 2)
    told.publish_cart("customer:2", 7)
    assert mine.next() == ("changed", "2")
    assert other.next() == ("changed", "7")
    mine.close()
    other.close()
    until(lambda: live.health()["pages"] == 0)


def staff_path(office: TicketOffice, store: TestStore) -> str:
    return f"/live/console?ticket={office.issue(store.id, office.staff_topic(store.id), ORIGIN, time.time() + 30)}"


def test_staff_follow_their_own_store_and_no_other(
    app: Flask, live: LiveServer, office: TicketOffice, make_store: Any, in_store: TestStore
) -> None:
    """Their carts and what is told to staff; of a neighbour's store nothing, though the same process holds both."""
    elsewhere = make_store()
    mine, other = (Listener(live.port, staff_path(office, store)) for store in (in_store, elsewhere))
    shopper = Listener(live.port, path(office, in_store, "customer:9", at=30))
    until(lambda: live.health()["pages"] == 3)
    told.publish_staff()
    assert mine.next()[0] == "changed"
    with use_store(elsewhere.id):
        told.publish_cart("customer:1", 3)
    assert other.next()[0] == "changed"
    for version in range(2, 12):
        told.publish_cart("customer:9", version)
    assert mine.next()[0] == "changed", "within a second, once for all of them"
    told.publish_staff()
    assert mine.next()[0] == "changed"
    with use_store(elsewhere.id):
        told.publish_staff()
    assert other.next()[0] == "changed", "and nothing of its neighbour's in between"
    kind, version = shopper.next()
    assert (kind, int(version) > 1000) == ("changed", False), "shoppers hear versions, not what is told to staff"
    for listener in (mine, other, shopper):
        listener.close()
    until(lambda: live.health()["pages"] == 0)


def test_a_shoppers_ticket_opens_no_staff_stream(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    """What may be followed stands in the ticket, not in the address."""
    shopper = Listener(live.port, path(office, in_store, "customer:1", at=30).replace("/live/cart", "/live/console"))
    staff = Listener(live.port, staff_path(office, in_store))
    until(lambda: live.health()["pages"] == 2)
    told.publish_staff()
    assert staff.next()[0] == "changed"
    told.publish_cart("customer:1", 5)
    assert shopper.next() == ("changed", "5"), "its own cart, and nothing before"
    shopper.close()
    staff.close()
    until(lambda: live.health()["pages"] == 0)


def test_the_catalogue_is_heard_by_who_shows_it(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    shows = Listener(live.port, path(office, in_store, "guest:1", shows=f"0123456789ab.{wire.tail(VARIANT)}", at=30))
    other = Listener(live.port, path(office, in_store, "guest:2", shows="0123456789ab", at=30))
    told.publish_catalogue([VARIANT])
    assert shows.next() == ("look", "")
    told.publish_cart("guest:2", 2)
    assert other.next() == ("changed", "2"), "and nothing before"
    shows.close()
    other.close()


def test_who_comes_back_is_told_what_was_missed(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    told.publish_cart("guest:3", 5)
    key = wire.version_key(in_store.id, office.topic(in_store.id, "guest:3"))
    until(lambda: client().get(key) == b"5")
    witness = Listener(live.port, path(office, in_store, "guest:3", 5))
    told.publish_cart("guest:3", 4)  # overtaken on the way: the later version stands
    assert witness.next() == ("changed", "4")
    witness.close()
    asleep = Listener(live.port, path(office, in_store, "guest:3", 3))
    assert asleep.next() == ("look", "")
    asleep.close()
    current = Listener(live.port, path(office, in_store, "guest:3", 5))
    told.publish_cart("guest:3", 6)
    assert current.next() == ("changed", "6")
    current.close()
    told.publish_cart("guest:3", 7)
    until(lambda: client().get(key) == b"7")
    back = Listener(live.port, path(office, in_store, "guest:3", 5), Last_Event_ID=current.last_event_id)
    assert back.next() == ("look", "")
    told.publish_cart("guest:3", 8)
    assert back.next() == ("changed", "8")
    back.close()
    told.publish_cart("guest:3", 0)  # begun anew
    until(lambda: client().get(key) == b"0")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": ORIGIN, "Sec_Fetch_Site": "same-site"}, 200),
    ],
)
def test_only_the_shops_own_pages_are_let_in(
    live: LiveServer, office: TicketOffice, in_store: TestStore, headers: dict[str, str], status: int
) -> None:
    listener = Listener(live.port, path(office, in_store, "guest:4"), **headers)
    assert listener.status == status
    listener.close()


def test_without_a_good_ticket_nobody_listens(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    good = path(office, in_store, "guest:5")
    foreign = path(TicketOffice("another secret of thirty-two letters"), in_store, "guest:5")
    old = path(office, in_store, "guest:5", at=-wire.TICKET_SECONDS - 5)
    for bad in (
        "/live/cart",
        "/live/cart?ticket=x",
        good[:-40],
        foreign,
        old,
        good + "&shows=" + "0123456789ab." * 999,
    ):
        listener = Listener(live.port, bad)
        assert listener.status == 403, bad
        listener.close()
    for elsewhere in ("/", "/live", "/live/cart/", "/cart"):
        listener = Listener(live.port, elsewhere)
        assert listener.status == 404
        listener.close()


def test_an_address_has_so_many_pages(live: LiveServer, office: TicketOffice, in_store: TestStore) -> None:
    until(lambda: live.health()["pages"] == 0)
    listeners = [Listener(live.port, path(office, in_store, f"guest:{number}")) for number in range(16)]
    assert [listener.status for listener in listeners] == [200] * 15 + [429]
    for listener in listeners:
        listener.close()
    until(lambda: live.health()["pages"] == 0)


def test_it_stops_at_once_and_says_goodbye(
    config: Config, office: TicketOffice, in_store: TestStore, tmp_path: Path
) -> None:
    with live_server(tmp_path / "log") as server:
        listeners = [Listener(server.port, path(office, in_store, f"guest:{number}")) for number in range(20)]
        until(lambda: server.health()["pages"] == 20)
        server.stop()
        assert [listener.next() for listener in listeners] == [("end", "")] * 20
        assert "Killing" not in (tmp_path / "log").read_text()


def test_valkey_goes_and_comes_back(config: Config, office: TicketOffice, store: TestStore, tmp_path: Path) -> None:
    valkey = Valkey(tmp_path, durable=False)
    valkey.start()
    try:
        with live_server(tmp_path / "log", REDIS_URL=valkey.url()) as server:
            page = Listener(server.port, path(office, store, "guest:1"))
            until(lambda: server.health()["pages"] == 1)
            assert valkey.child
            valkey.child.end(signal.SIGKILL, patience=5)
            assert page.next() == ("deaf", ""), "it looks by itself from now on"
            newcomer = Listener(server.port, path(office, store, "guest:2"))
            assert newcomer.next() == ("deaf", "")
            server.wait(hearing=False)
            valkey.start()
            assert page.next() == newcomer.next() == ("look", ""), "for what was missed"
            with redis.Redis.from_url(valkey.url()) as again:
                topic = office.topic(store.id, "guest:2")
                until(lambda: again.publish(wire.channel(store.id), wire.cart_message(topic, 3)))
            assert newcomer.next() == ("changed", "3")
            assert isinstance(server.process, subprocess.Popen)
            assert server.process.poll() is None
    finally:
        valkey.stop()
