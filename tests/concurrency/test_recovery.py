"""Detection beside everything else: each episode is opened once, by what was really left, and never outlives a purchase."""

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.cart import contacts, history
from app.cart.commands import EmptyPane
from app.cart.policy import Policy
from app.cart.state import Pane
from app.database.tenancy import use_store
from app.errors import Refusal
from app.ids import CustomerId
from app.recovery import catching_up, detection
from tests.abandoning import (
    ABANDONED,
    begin_looking,
    detect,
    does,
    episodes_of,
    make_campaign,
    messages_of,
    puts,
    rows,
    this_store,
)
from tests.bank import ScriptedBank
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, ready

ROUNDS = int(os.environ.get("RECOVERY_ROUNDS", "12"))
HISTORIES = int(os.environ.get("RECOVERY_HISTORIES", "12"))


@pytest.fixture
def looking(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        begin_looking()
        make_campaign()


def left(email: str, now: datetime = NOW) -> CustomerId:
    customer_id = make_customer(email)
    puts(customer_id, make_product(price=2500).variant_id, now=now)
    return customer_id


def check() -> None:
    """What must hold of every episode of the store, at any time."""
    assert (
        rows("""SELECT 1 FROM messages m JOIN episodes e ON e.id = m.episode_id
                   WHERE m.state IN ('scheduled', 'claimed') AND (e.state <> 'open' OR e.arm <> 'campaign')""")
        == []
    )
    assert (
        rows("""SELECT e.id FROM episodes e WHERE e.arm = 'campaign' AND 3 <>
                   (SELECT count(*) FROM messages m WHERE m.episode_id = e.id)""")
        == []
    )
    assert rows("""SELECT cart_id FROM episodes GROUP BY cart_id HAVING max(number) <> count(*)""") == []
    assert (
        rows("""SELECT 1 FROM episodes e JOIN carts c ON c.id = e.cart_id WHERE e.state = 'open' AND (
                   c.status <> 'open' OR NOT EXISTS (
                       SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id AND l.pane = 'active'))""")
        == []
    )
    assert rows("SELECT 1 FROM episodes WHERE opened_at < inactive_since + interval '30 minutes'") == []
    for episode in rows("SELECT * FROM episodes"):
        then = history.cart_at(episode.cart_id, version=episode.cart_version).pane(Pane.ACTIVE)
        worth = sum(line.quantity * line.snapshot.unit_price.amount for line in then)
        assert (episode.value, episode.units) == (worth, sum(line.quantity for line in then))


def test_many_detectors_at_once_open_each_episode_once(app: Flask, store: TestStore, looking: None) -> None:
    with app.app_context(), use_store(store.id):
        shoppers = [left(f"s{at}@example.com") for at in range(60)]
        view = this_store()
    found = race(app, store.id, [partial(detection.detect, view, ABANDONED, batch=7) for _ in range(8)])
    with app.app_context(), use_store(store.id):
        detect()  # whoever met only locked rows stopped early
        assert not [answer for answer in found if isinstance(answer, Exception)]
        assert len(episodes_of(*shoppers)) == 60
        assert len(messages_of(*shoppers)) == 180
        check()


def test_lanes_of_one_detection_open_each_episode_once(app: Flask, store: TestStore, looking: None) -> None:
    with app.app_context(), use_store(store.id):
        shoppers = [left(f"s{at}@example.com") for at in range(60)]
        found = detect(batch=7, lanes=3)
        assert (found.examined, found.episodes, found.messages) == (60, 60, 180)
        assert len(episodes_of(*shoppers)) == 60
        check()


def test_without_the_mark_each_detector_would_look_at_all_of_them_again(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), use_store(store.id):
        left("s@example.com")
        monkeypatch.setattr(detection, "TAKE", text(detection.TAKE.text.replace("examined = true", "examined = false")))
        assert detect().examined == 1
        assert detect().examined == 1
        assert detect().episodes == 0  # and still the constraint lets no second episode be opened


def wish_of(shopper: CustomerId, what: str) -> Callable[[], Any]:
    """Something the shopper does when detection is due."""
    if what == "adds":
        return partial(puts, shopper, make_product().variant_id, now=ABANDONED)
    if what == "empties":
        return partial(does, shopper, EmptyPane(Pane.ACTIVE), ABANDONED)
    if what == "orders":
        bank = ScriptedBank()
        return partial(place, shopper, ready(shopper), {bank.name: bank}, now=ABANDONED)
    account = make_customer(f"account of {shopper}", password_hash="x")
    return partial(contacts.merge_contact_cart, shopper, account, currency="EUR", policy=Policy(), now=ABANDONED)


@pytest.mark.parametrize("what", ["adds", "empties", "orders", "merges"])
def test_detection_racing_the_shopper(app: Flask, store: TestStore, looking: None, what: str) -> None:
    for number in range(ROUNDS):
        with app.app_context(), use_store(store.id):
            shopper, view = left(f"{what}{number}@example.com"), this_store()
            wishes = [partial(detection.detect, view, ABANDONED), wish_of(shopper, what)]
        random.Random(number).shuffle(wishes)
        answers = race(app, store.id, wishes)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        with app.app_context(), use_store(store.id):
            open_ones = [episode for episode in episodes_of(shopper) if episode.state == "open"]
            assert what == "adds" or not open_ones
            check()


def test_an_order_from_another_cart_that_detection_could_not_see_ends_the_episode_all_the_same(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one gap: the order locks what is open, then detection opens, and only then the order commits."""
    with app.app_context(), use_store(store.id):
        shopper, guest = left("same@example.com"), left("same@example.com", ABANDONED)
        agreed, bank, view = ready(guest), ScriptedBank(), this_store()
        from app.orders import accepting

        accept = accepting.accept

        def after_detection(*given: Any, **how: Any) -> None:
            assert [found.episodes for found in race(app, store.id, [partial(detection.detect, view, ABANDONED)])] == [
                1
            ]
            accept(*given, **how)

        monkeypatch.setattr(accepting, "accept", after_detection)
        placed = place(guest, agreed, {bank.name: bank}, now=ABANDONED)
        assert [episode.state for episode in episodes_of(shopper)] == ["open"]
        assert catching_up.close_bought(view, ABANDONED + timedelta(minutes=1)) == 1
        assert [(e.state, e.order_id) for e in episodes_of(shopper)] == [("recovered", placed.order_id)]
        assert {message.state for message in messages_of(shopper)} == {"cancelled"}
        assert catching_up.close_bought(view, ABANDONED + timedelta(minutes=1)) == 0


def test_orders_of_one_person_in_all_guises_at_once_deadlock_nobody(
    app: Flask, store: TestStore, looking: None
) -> None:
    with app.app_context(), use_store(store.id):
        guises = [left("same@example.com") for _ in range(6)]
        detect()
        agreed, bank = [ready(guise) for guise in guises], ScriptedBank()
        wishes = [partial(place, g, a, {bank.name: bank}, now=ABANDONED) for g, a in zip(guises, agreed, strict=True)]
    answers = race(app, store.id, wishes)
    with app.app_context(), use_store(store.id):
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert {episode.state for episode in episodes_of(*guises)} == {"recovered"}
        check()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_whatever_one_person_does_in_two_guises(app: Flask, store: TestStore, looking: None, seed: int) -> None:
    """No episode outlives what it is about, and none stands against a purchase made since."""
    dice, now = random.Random(seed), NOW
    with app.app_context(), use_store(store.id):
        guises = [make_customer("same@example.com", password_hash="x"), make_customer("same@example.com")]
        products = [make_product(price=price).variant_id for price in (400, 1000, 2500)]
        bank, bought = ScriptedBank(), []
        for _ in range(25):
            now += timedelta(minutes=dice.choice([0, 1, 10, 31, 600]))
            who = dice.choice(guises)
            try:
                match dice.randrange(8):
                    case 0 | 1 | 2:
                        puts(who, dice.choice(products), dice.randint(1, 3), now=now, pane=dice.choice([Pane.ACTIVE, Pane.ACTIVE, Pane.NEXT_PURCHASE]))  # fmt: skip
                    case 3:
                        does(who, EmptyPane(Pane.ACTIVE), now)
                    case 4:
                        place(who, ready(who), {bank.name: bank}, now=now)
                        bought.append(now)
                    case _:
                        detect(now)
            except Refusal:
                continue
            check()
            for episode in episodes_of(*guises):
                assert episode.state != "open" or all(episode.inactive_since > moment for moment in bought)
