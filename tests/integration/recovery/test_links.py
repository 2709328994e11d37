"""Tokens of links: the same for every rendering, one spelling each, bound to store and purpose; keys rotate."""

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask

from app.database.tenancy import use_store
from app.recovery import delivery, links
from app.recovery.linked import Standing, find, lines_of
from app.recovery.links import make_links, renew, revoke, ring_of, token_hash
from app.recovery.parts import Claimed
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import Scripted, clock, one_due, row_of
from tests.ordering import put
from tests.recovering import close_episode, links_of, make_episode, make_message

OLD, NEW = "k1:" + "old" * 12, "k2:" + "new" * 12


@pytest.fixture
def message_id(in_store: TestStore) -> UUID:
    customer_id = make_customer()
    put(customer_id, make_product().variant_id)
    return make_message(make_episode(customer_id), customer_id)


def keyed(app: Flask, monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    config = msgspec.structs.replace(app.config["DUALCART"], link_keys=keys)
    monkeypatch.setitem(app.config, "DUALCART", config)


def token_of(address: str) -> str:
    return address.rpartition("/")[2]


def test_a_message_has_the_same_links_every_time(message_id: UUID) -> None:
    first, again = make_links(message_id, NOW), make_links(message_id, NOW + timedelta(days=3))
    assert first == again
    assert first.recover.startswith("http://shop.example/r/")
    assert first.one_click == f"{first.preferences}/one-click"
    recover, preferences = token_of(first.recover), token_of(first.preferences)
    assert (len(recover), len(preferences)) == (22, 22)
    assert recover != preferences
    kept = links_of(message_id)
    assert kept["recover"].expires_at == NOW + timedelta(days=7)
    assert kept["preferences"].expires_at == NOW + timedelta(days=400)
    assert recover not in repr({name: dataclasses.asdict(Plain.of(row)) for name, row in kept.items()})


@dataclasses.dataclass
class Plain:
    """All that the database knows of a link."""

    values: list[str]

    @classmethod
    def of(cls, row: Any) -> "Plain":
        """Of a row."""
        return cls([str(getattr(row, column.name)) for column in row.__table__.columns])


def test_a_token_has_one_spelling_and_one_purpose(message_id: UUID) -> None:
    token = token_of(make_links(message_id, NOW).recover)
    found = find(token, "recover")
    assert found is not None
    assert found.message_id == message_id
    assert find(token, "preferences") is None
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelled = [token[:-1] + letter for letter in alphabet]
    assert [text for text in spelled if find(text, "recover")] == [token]


@pytest.mark.parametrize(
    "token",
    ["", "x", "A" * 21, "A" * 23, "A" * 22, "=" * 22, "A" * 20 + "==", "é" * 22, "\x00" * 22, "+" * 22, "A" * 10_000],
    ids=["empty", "short", "21", "23", "unknown", "padding", "padded", "accents", "nul", "plus", "long"],
)
def test_what_is_no_token_finds_nothing(message_id: UUID, token: str) -> None:
    make_links(message_id, NOW)
    assert find(token, "recover") is None


def test_another_store_knows_nothing_of_a_token(app: Flask, make_store: Any, message_id: UUID) -> None:
    token = token_of(make_links(message_id, NOW).recover)
    with use_store(make_store().id):
        assert find(token, "recover") is None


def test_keys_rotate(app: Flask, message_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    keyed(app, monkeypatch, OLD)
    before = make_links(message_id, NOW)
    assert links_of(message_id)["recover"].key_id == "k1"
    keyed(app, monkeypatch, f"{NEW},{OLD}")
    assert make_links(message_id, NOW) == before, "a message keeps its links while their key is known"
    keyed(app, monkeypatch, NEW)
    assert find(token_of(before.recover), "recover") is not None, "what was sent goes on working without its key"
    after = make_links(message_id, NOW)
    assert after != before, "what cannot be said again is said anew"
    assert find(token_of(after.recover), "recover") is not None
    assert find(token_of(before.recover), "recover") is None


def test_the_keys_of_a_configuration() -> None:
    assert ring_of("", "s" * 32).current == "0"
    assert ring_of("", "s" * 32).keys != ring_of("", "t" * 32).keys
    ring = ring_of(f"{NEW},{OLD}", "s" * 32)
    assert (ring.current, sorted(ring.keys)) == ("k2", ["k1", "k2"])


def test_a_link_sent_anew_is_another_one(message_id: UUID) -> None:
    before = token_of(make_links(message_id, NOW).recover)
    later = NOW + timedelta(days=8)
    after = token_of(renew(message_id, later))
    assert find(before, "recover") is None
    found = find(after, "recover")
    assert found is not None
    assert found.expires_at == later + timedelta(days=7)
    assert token_of(make_links(message_id, later).recover) == after


def test_a_link_dies_with_order_erasure_revocation_and_time(message_id: UUID) -> None:
    found = find(token_of(make_links(message_id, NOW).recover), "recover")
    assert found is not None
    lines = lines_of(found)
    assert found.standing(lines, NOW) is Standing.OPEN
    assert found.standing(lines, found.expires_at - timedelta(seconds=1)) is Standing.OPEN
    assert found.standing(lines, found.expires_at) is Standing.EXPIRED
    assert found.standing((), NOW) is Standing.EMPTY
    for state, standing in (("salvaged", "salvaged"), ("recovered", "used"), ("erased", "revoked")):
        close_episode(found.episode_id, state)
        again = find(token_of(make_links(message_id, NOW).recover), "recover")
        assert again is not None
        assert again.standing(lines, NOW) == standing
    revoke([message_id], NOW)
    revoked = find(token_of(make_links(message_id, NOW).recover), "recover")
    assert revoked is not None
    assert revoked.standing(lines, NOW) is Standing.REVOKED


def test_hashes_are_bound_to_their_purpose() -> None:
    token = links._spelled(bytes(16))
    assert token_hash(token, "recover") != token_hash(token, "preferences")


def test_links_are_there_before_the_message_is_handed_over(in_store: TestStore) -> None:
    scripted = Scripted()
    sent, ended = one_due(scripted), one_due(scripted, email="other@example.com")
    delivering.change("episodes", "state = 'emptied', closed_at = now()", id=row_of(ended).episode_id)
    along = []

    def write(message: Claimed, *given: Any) -> Any:
        along.append(set(links_of(message.id)))
        return scripted.write(message, *given)

    delivery.connect(scripted.parts(along=lambda message, now: (links.making(message.id, now),), write=write))
    assert delivery.deliver(clock) == 1
    assert along == [{"recover", "preferences"}]
    assert (set(links_of(sent)), set(links_of(ended))) == ({"recover", "preferences"}, set())


def test_links_that_are_missing_are_made(message_id: UUID) -> None:
    made = links.links_of(message_id, [], NOW)
    assert set(links_of(message_id)) == {"recover", "preferences"}
    assert made == make_links(message_id, NOW)
