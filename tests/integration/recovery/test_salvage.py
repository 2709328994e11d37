"""Salvage: what, when, what is said of it, what it leaves alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from app.cart import history
from app.cart.commands import EmptyPane, SwitchAutoActivation
from app.cart.state import Pane
from app.database.transaction import transaction
from app.ids import CartId, CustomerId
from app.recovery import salvage
from app.stores.directory import StoreView
from app.stores.levels import InForce
from tests.abandoning import (
    ABANDONED,
    HOUR,
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
from tests.conftest import NOW
from tests.factories import hide, make_customer, make_product, set_stock
from tests.ordering import cart_of, place, ready

DAYS = timedelta(days=7)
LATER = NOW + DAYS + HOUR


@pytest.fixture
def looking(in_store: Any) -> None:
    begin_looking()
    make_campaign()


@pytest.fixture
def shopper(looking: None) -> CustomerId:
    """Two things left in the cart, one saved; an open episode."""
    customer_id = make_customer("shirin@example.com", password_hash="x")
    puts(customer_id, make_product("Throw", price=2500).variant_id, 2)
    puts(customer_id, make_product("Lamp", price=900).variant_id)
    puts(customer_id, make_product("Rug", price=900).variant_id, pane=Pane.NEXT_PURCHASE)
    detect()
    return customer_id


def salvages(now: datetime = LATER, store: StoreView | None = None, **how: Any) -> int:
    return salvage.salvage(store or this_store(), now, **how)


def set_to(**settings: Any) -> StoreView:
    view = this_store()
    return replace(view, in_force=InForce(msgspec.structs.replace(view.settings, **settings)))


def count(customer_id: CustomerId, pane: Pane) -> int:
    return sum(line.quantity for line in cart_of(customer_id).pane(pane))


def ended(customer_id: CustomerId) -> list[str]:
    return [episode.state for episode in episodes_of(customer_id)]


def notices(customer_id: CustomerId) -> list[tuple[str, int, str, datetime]]:
    return [(m.state, m.step, m.channel, m.due_at) for m in messages_of(customer_id) if m.kind == "saved_notice"]


def test_everything_is_saved_once_and_the_shopper_is_told(shopper: CustomerId) -> None:
    assert salvages(NOW + DAYS - timedelta(seconds=1)) == 0
    assert salvages(NOW + DAYS) == 1
    assert salvages() == 0
    assert (count(shopper, Pane.ACTIVE), count(shopper, Pane.NEXT_PURCHASE)) == (0, 4)
    assert ended(shopper) == ["salvaged"]
    steps = [(m.state, m.reason) for m in messages_of(shopper) if m.kind == "step"]
    assert steps == [("cancelled", "episode_salvaged")] * 3
    assert notices(shopper) == [("scheduled", 0, "email", NOW + DAYS)]


def test_it_is_no_activity_and_the_log_says_who_did_it(shopper: CustomerId) -> None:
    [before] = rows("SELECT id, updated_at, active_slot, examined FROM carts")
    salvages()
    assert rows("SELECT id, updated_at, active_slot, examined FROM carts") == [before]
    *_, last = history.list_events(CartId(before.id))
    [episode] = episodes_of(shopper)
    assert (last.actor, last.op_id) == ("recovery:salvage", episode.id)
    assert list(history.verify()) == [before.id]
    assert detect(LATER + HOUR).episodes == 0


def test_who_came_back_is_left_in_peace(shopper: CustomerId) -> None:
    back = NOW + timedelta(days=5)
    puts(shopper, make_product("Bowl").variant_id, now=back)
    assert salvages() == 0
    assert salvages(back + DAYS) == 1
    assert count(shopper, Pane.NEXT_PURCHASE) == 5


def test_a_switch_of_the_shopper_is_activity_too(shopper: CustomerId) -> None:
    does(shopper, SwitchAutoActivation(enabled=False), NOW + timedelta(days=5))
    assert salvages() == 0


def test_what_is_sold_out_or_withdrawn_is_saved_too(looking: None) -> None:
    customer_id = make_customer("s@example.com")
    sold_out, gone = make_product("Throw", price=2500), make_product("Lamp")
    for product in (sold_out, gone):
        puts(customer_id, product.variant_id)
    detect()
    set_stock(sold_out, 0)
    hide(gone)
    assert salvages() == 1
    assert (count(customer_id, Pane.ACTIVE), count(customer_id, Pane.NEXT_PURCHASE)) == (0, 2)


def test_nothing_is_said_to_the_holdout(in_store: Any) -> None:
    begin_looking()
    make_campaign(holdout=50)
    shoppers = []
    for at in range(20):
        shoppers.append(make_customer(f"s{at}@example.com"))
        puts(shoppers[-1], make_product(price=2500).variant_id)
    detect()
    assert salvages() == 20
    for customer_id in shoppers:
        [episode] = episodes_of(customer_id)
        assert episode.state == "salvaged"
        assert bool(notices(customer_id)) is (episode.arm == "campaign")
    assert {episode.arm for episode in episodes_of(*shoppers)} == {"campaign", "holdout"}


def test_a_store_without_letters_says_nothing(shopper: CustomerId) -> None:
    assert salvages(store=set_to(email_reminders=False)) == 1
    assert notices(shopper) == []


def test_a_store_without_recovery_salvages_nothing(shopper: CustomerId) -> None:
    assert salvages(store=set_to(recovery=False)) == 0


def test_the_store_says_after_how_many_days(shopper: CustomerId) -> None:
    assert salvages(NOW + timedelta(days=1), set_to(salvage_days=1)) == 1


def test_nothing_is_taken_from_under_a_payment(shopper: CustomerId) -> None:
    bank = ScriptedBank(UNKNOWN)
    place(shopper, ready(shopper), {bank.name: bank}, now=ABANDONED)
    assert salvages() == 0
    with transaction() as session:
        session.execute(text("UPDATE orders SET state = 'abandoned'"))
    assert salvages() == 1


def test_an_ended_episode_salvages_nothing(shopper: CustomerId) -> None:
    does(shopper, EmptyPane(Pane.ACTIVE), ABANDONED)
    assert salvages() == 0
    assert ended(shopper) == ["emptied"]


def test_small_batches_find_all_of_them_and_pass_over_what_cannot_be(
    looking: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shoppers = [make_customer(f"s{at}@example.com") for at in range(7)]
    for customer_id in shoppers:
        puts(customer_id, make_product(price=2500).variant_id)
    detect()
    broken = episodes_of(shoppers[0])[0].cart_id
    whole = salvage.repository.list_stored

    def failing(cart_ids: list[CartId]) -> Any:
        if broken in cart_ids:
            raise ValueError("unreadable")
        return whole(cart_ids)

    monkeypatch.setattr(salvage.repository, "list_stored", failing)
    assert salvages(batch=2) == 6
    assert ended(shoppers[0]) == ["open"], "rolled back"


def test_the_due_are_found_by_an_index(shopper: CustomerId) -> None:
    for at in range(30):
        puts(make_customer(f"s{at}@example.com"), make_product(price=2500).variant_id, now=NOW + DAYS)
    detect(NOW + DAYS + HOUR)
    names = {"store": this_store().id, "until": NOW, "since": salvage.START[0], "after": salvage.START[1], "batch": 10}
    with transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            session.execute(
                text("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + salvage.DUE.text), names
            ).scalars()
        )
    read = next(line for line in plan.splitlines() if "ix_episodes_store_id_inactive_since_open" in line)
    assert "rows=1.00 loops=1" in read, plan  # of 31 open ones
