"""Salvage, its undo and expiry beside everything else: no unit is lost or doubled, and the log gives the state."""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.cart import contacts, history, repository, service
from app.cart.commands import EmptyPane, MoveAll, Undo
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Cart, Pane
from app.database.tenancy import use_store
from app.errors import Refusal
from app.ids import CartId, CustomerId
from app.recovery import expiry, salvage, salvaged
from tests.abandoning import (
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
from tests.bank import UNKNOWN, ScriptedBank
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import cart_of, place, ready

ROUNDS = int(os.environ.get("SALVAGE_ROUNDS", "10"))
HISTORIES = int(os.environ.get("SALVAGE_HISTORIES", "10"))
LATER = NOW + timedelta(days=8)


@pytest.fixture
def looking(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        begin_looking()
        make_campaign()


def left(email: str) -> CustomerId:
    """Somebody who left two of one thing in the cart a week ago, with one more of it saved; their episode is open."""
    customer_id, product = make_customer(email), make_product(price=2500)
    puts(customer_id, product.variant_id, 2)
    puts(customer_id, product.variant_id, pane=Pane.NEXT_PURCHASE)
    return customer_id


def units(cart: Cart) -> Counter[Any]:
    counted: Counter[Any] = Counter()
    for line in cart.lines:
        counted[line.variant_id] += line.quantity
    return counted


def check() -> None:
    """Replaying every cart's log gives its state; a notice is there once, and only after a salvage."""
    assert [found for found in history.verify() if isinstance(found, history.Fault)] == []
    assert rows("SELECT 1 FROM messages m JOIN episodes e ON e.id = m.episode_id WHERE m.kind = 'saved_notice' AND e.state <> 'salvaged'") == []  # fmt: skip
    assert rows("""SELECT 1 FROM messages m JOIN episodes e ON e.id = m.episode_id
                   WHERE m.kind = 'step' AND m.state IN ('scheduled', 'claimed') AND e.state <> 'open'""") == []  # fmt: skip
    assert rows("SELECT op_id FROM cart_events WHERE actor = 'recovery:salvage' GROUP BY op_id HAVING count(*) FILTER (WHERE kind = 'lines_moved') <> 1") == []  # fmt: skip


def test_many_workers_salvage_each_cart_once(app: Flask, store: TestStore, looking: None) -> None:
    with app.app_context(), use_store(store.id):
        shoppers = [left(f"s{at}@example.com") for at in range(20)]
        detect()
        view = this_store()
    done = race(app, store.id, [partial(salvage.salvage, view, LATER, batch=3) for _ in range(6)])
    with app.app_context(), use_store(store.id):
        assert sum(done) + salvage.salvage(view, LATER) == 20
        assert {episode.state for episode in episodes_of(*shoppers)} == {"salvaged"}
        assert sum(message.kind == "saved_notice" for message in messages_of(*shoppers)) == 20
        check()


def racing(shopper: CustomerId, what: str) -> Callable[[], Any]:
    """Something that happens when salvage is due."""
    if what == "adds":
        return partial(puts, shopper, make_product().variant_id, now=LATER)
    if what == "orders":
        bank = ScriptedBank()
        return partial(place, shopper, ready(shopper), {bank.name: bank}, now=LATER)
    if what == "expires":
        return partial(expiry.expire, this_store(), LATER + timedelta(days=30))
    account = make_customer(f"account of {shopper}", password_hash="x")
    return partial(contacts.merge_contact_cart, shopper, account, currency="EUR", policy=Policy(), now=LATER)


@pytest.mark.parametrize("what", ["adds", "orders", "merges", "expires"])
def test_salvage_racing(app: Flask, store: TestStore, looking: None, what: str) -> None:
    ends = set()
    for number in range(ROUNDS):
        with app.app_context(), use_store(store.id):
            shopper, view = left(f"{what}{number}@example.com"), this_store()
            detect()
            before = units(cart_of(shopper))
            wishes = [partial(salvage.salvage, view, LATER), racing(shopper, what)]
        random.Random(number).shuffle(wishes)
        answers = race(app, store.id, wishes)
        assert not [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refusal)]
        with app.app_context(), use_store(store.id):
            [episode] = episodes_of(shopper)
            ends.add(episode.state)
            check()
            now = cart_of(shopper)
            if what == "adds":  # before it, and the salvage waits; or after it, and everything comes back
                assert sum(units(now).values()) == 4
                assert len(now.pane(Pane.ACTIVE)) == 2
                assert (now.activation, episode.state) in ((0, "open"), (1, "salvaged"))
            elif what == "orders":
                assert sum(units(now).values()) == {"recovered": 1, "salvaged": 3}[episode.state]
            elif what == "merges":
                account = rows("SELECT merged_into FROM customers WHERE id = :id", id=shopper)[0].merged_into
                assert units(cart_of(account)) == before
                assert episode.state in ("merged", "salvaged")
            else:
                cart_id = CartId(episode.cart_id)
                assert units(repository.list_stored([cart_id])[cart_id].cart) == before
                assert episode.state in ("expired", "salvaged")
    assert ends


def test_expiry_racing_an_add(app: Flask, store: TestStore, looking: None) -> None:
    """Before it, and the cart stays; or after it, and there is a fresh one beside the archived."""
    much_later = NOW + timedelta(days=40)
    for number in range(ROUNDS):
        with app.app_context(), use_store(store.id):
            shopper, view = left(f"s{number}@example.com"), this_store()
            wishes = [partial(expiry.expire, view, much_later), partial(puts, shopper, make_product().variant_id, now=much_later)]  # fmt: skip
        random.Random(number).shuffle(wishes)
        answers = race(app, store.id, wishes)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        with app.app_context(), use_store(store.id):
            assert sum(units(cart_of(shopper)).values()) == (1 if 1 in answers else 4)
            check()


def meanwhile(app: Flask, store: TestStore, wish: Callable[[], Any], seconds: float = 0.4) -> tuple[Thread, list[Any]]:
    """Have `wish` begun by somebody else, and wait a moment for it; what it answered, once it has."""
    answers: list[Any] = []
    thread = Thread(target=lambda: answers.extend(race(app, store.id, [wish])))
    thread.start()
    thread.join(seconds)
    return thread, answers


def interrupt(monkeypatch: pytest.MonkeyPatch, room: Any, name: str, wish: Callable[[], Any]) -> list[Any]:
    """Do `wish` once, just before `name` of `room` is called; what it returned."""
    whole, answers = getattr(room, name), []

    def interrupted(*given: Any, **named: Any) -> Any:
        if not answers:
            answers.append(None)
            answers[0] = wish()
        return whole(*given, **named)

    monkeypatch.setattr(room, name, interrupted)
    return answers


def test_a_cart_that_is_being_changed_is_passed_over(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), use_store(store.id):
        shopper, product, view = left("s@example.com"), make_product(), this_store()
        detect()
        wish = partial(race, app, store.id, [partial(salvage.salvage, view, LATER), partial(expiry.expire, view, LATER + timedelta(days=30))])  # fmt: skip
        answers = interrupt(monkeypatch, service, "decide", wish)
        puts(shopper, product.variant_id, now=LATER)
        assert answers == [[0, 0]]
        assert [episode.state for episode in episodes_of(shopper)] == ["open"]
        assert salvage.salvage(view, LATER) == 0, "its shopper is back"
        check()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_shopper_waits_for_the_salvage_of_their_cart(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Without the lock the log's key still lets only one of the two happen."""
    if not guarded:
        monkeypatch.setattr(salvage, "LOCK", text(salvage.LOCK.text.replace("FOR NO KEY UPDATE SKIP LOCKED", "")))
    with app.app_context(), use_store(store.id):
        shopper, product, view = left("s@example.com"), make_product(), this_store()
        detect()
        adding = partial(puts, shopper, product.variant_id, now=LATER)
        answers = interrupt(monkeypatch, salvage, "decide", lambda: meanwhile(app, store, adding))
        assert salvage.salvage(view, LATER) == (1 if guarded else 0)
        thread, added = answers[0]
        thread.join(10)
        assert [isinstance(answer, Cart) for answer in added] == [True]
        assert cart_of(shopper).activation == (1 if guarded else 0), "after the salvage, or instead of it"
        assert sum(units(cart_of(shopper)).values()) == 4
        check()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_who_comes_back_between_finding_and_locking_is_left_in_peace(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(salvage, "LOCK", text(salvage.LOCK.text.replace("updated_at <= :until", ":until IS NOT NULL").replace(":until IS", "CAST(:until AS timestamptz) IS")))  # fmt: skip
    with app.app_context(), use_store(store.id):
        shopper, product, view = left("s@example.com"), make_product(), this_store()
        detect()
        interrupt(monkeypatch, salvage, "salvage_cart", partial(puts, shopper, product.variant_id, now=LATER))
        assert salvage.salvage(view, LATER) == (0 if guarded else 1)
        assert bool(cart_of(shopper).pane(Pane.ACTIVE)) is guarded
        check()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_payment_that_begins_between_finding_and_locking_keeps_the_order_together(
    app: Flask, store: TestStore, looking: None, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(salvage, "PAYING", text("SELECT false WHERE CAST(:store AS uuid) <> CAST(:cart AS uuid)"))
    with app.app_context(), use_store(store.id):
        shopper, view, bank = left("s@example.com"), this_store(), ScriptedBank(UNKNOWN)
        detect()
        buying = partial(place, shopper, ready(shopper), {bank.name: bank}, now=LATER)
        interrupt(monkeypatch, salvage, "salvage_cart", buying)
        assert salvage.salvage(view, LATER) == (0 if guarded else 1)
        assert bool(cart_of(shopper).pane(Pane.ACTIVE)) is guarded
        check()


def take_back(episode: Any) -> None:
    """Press the notice's button."""
    done = salvaged.read(episode.id, CartId(episode.cart_id), CustomerId(episode.customer_id))
    shopper = Shopper(CustomerId(episode.customer_id))
    salvaged.put_back(done, episode.id, shopper, currency="EUR", policy=Policy(), days=30, now=LATER)


def test_a_salvage_is_taken_back_once_however_often_it_is_pressed(app: Flask, store: TestStore, looking: None) -> None:
    for number in range(ROUNDS):
        with app.app_context(), use_store(store.id):
            shopper, view = left(f"s{number}@example.com"), this_store()
            detect()
            before = cart_of(shopper)
            assert salvage.salvage(view, LATER) == 1
            [episode] = episodes_of(shopper)
            undo = partial(does, shopper, Undo(cart_of(shopper).version), LATER)
        answers = race(app, store.id, [partial(take_back, episode), partial(take_back, episode), undo])
        assert not [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refusal)]
        with app.app_context(), use_store(store.id):
            assert cart_of(shopper).lines == before.lines, "the units that were saved before stay saved"
            check()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_whatever_happens_to_a_cart_that_is_left_again_and_again(
    app: Flask, store: TestStore, looking: None, seed: int
) -> None:
    dice, now = random.Random(seed), NOW
    with app.app_context(), use_store(store.id):
        view, shopper = this_store(), make_customer("s@example.com")
        products = [make_product(price=price).variant_id for price in (400, 1000, 2500)]
        for _ in range(30):
            now += timedelta(days=dice.choice([0, 0, 0, 1, 8, 8, 31]))
            held = units(cart_of(shopper))
            try:
                match dice.randrange(9):
                    case 0 | 1:
                        puts(
                            shopper, dice.choice(products), dice.randint(1, 400), now=now, pane=dice.choice(list(Pane))
                        )
                    case 2:
                        does(shopper, dice.choice([EmptyPane(Pane.ACTIVE), MoveAll(Pane.ACTIVE)]), now)
                    case 3:
                        does(shopper, Undo(cart_of(shopper).version), now)
                    case 4 | 5:
                        detect(now)
                        salvage.salvage(view, now)
                        assert units(cart_of(shopper)) == held
                    case 6 | 7:
                        for episode in episodes_of(shopper):
                            take_back(episode)
                            again = cart_of(shopper)
                            take_back(episode)
                            assert cart_of(shopper) == again
                        assert units(cart_of(shopper)) == held
                    case _:
                        archived = expiry.expire(view, now)
                        assert units(cart_of(shopper)) == (Counter() if archived else held)
            except Refusal:
                continue
            check()
