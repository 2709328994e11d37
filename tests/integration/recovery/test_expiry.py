"""Carts that nobody touches are archived with their history; a later visit begins afresh."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from app.cart import history
from app.cart.service import Shopper
from app.cart.state import Pane
from app.database.transaction import transaction
from app.ids import CustomerId
from app.recovery import expiry
from app.stores.levels import InForce
from app.web import live
from tests.abandoning import begin_looking, detect, episodes_of, make_campaign, messages_of, puts, rows, this_store
from tests.bank import UNKNOWN, ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.ordering import cart_of, place, ready

DAYS = timedelta(days=30)


@pytest.fixture
def shopper(in_store: Any) -> CustomerId:
    """Somebody with one thing in the cart and one saved, and an open episode."""
    begin_looking()
    make_campaign()
    customer_id = make_customer("shirin@example.com")
    puts(customer_id, make_product("Throw", price=2500).variant_id)
    puts(customer_id, make_product("Lamp").variant_id, pane=Pane.NEXT_PURCHASE)
    detect()
    return customer_id


def expires(now: datetime = NOW + DAYS, **how: Any) -> int:
    return expiry.expire(this_store(), now, **how)


def test_an_idle_cart_is_archived_whole(shopper: CustomerId) -> None:
    before = cart_of(shopper)
    assert expires(NOW + DAYS - timedelta(seconds=1)) == 0
    assert expires() == 1
    assert expires() == 0
    [cart] = rows("SELECT * FROM carts")
    assert (cart.status, cart.updated_at) == ("archived", NOW)
    assert [episode.state for episode in episodes_of(shopper)] == ["expired"]
    assert {(message.state, message.reason) for message in messages_of(shopper)} == {("cancelled", "episode_expired")}
    assert history.cart_at(cart.id) == before
    assert list(history.verify()) == [cart.id]


def test_a_later_visit_begins_afresh(shopper: CustomerId) -> None:
    expires()
    assert cart_of(shopper).lines == ()
    after = puts(shopper, make_product("Bowl").variant_id, now=NOW + DAYS)
    assert [line.pane for line in after.lines] == [Pane.ACTIVE]
    assert sorted(cart.status for cart in rows("SELECT status FROM carts")) == ["archived", "open"]
    assert expires(NOW + DAYS) == 0


def test_also_carts_that_detection_never_saw(in_store: Any) -> None:
    for at in range(5):
        puts(make_customer(f"s{at}@example.com"), make_product().variant_id)
    puts(make_customer("later@example.com"), make_product().variant_id, now=NOW + timedelta(days=1))
    assert expires(batch=2) == 5
    assert [cart.status for cart in rows("SELECT status FROM carts WHERE status = 'open'")] == ["open"]


def test_the_store_says_after_how_many_days(shopper: CustomerId) -> None:
    view = this_store()
    store = replace(view, in_force=InForce(msgspec.structs.replace(view.settings, cart_expiry_days=60)))
    assert expiry.expire(store, NOW + DAYS) == 0
    assert expiry.expire(store, NOW + 2 * DAYS) == 1


def test_open_pages_are_told(shopper: CustomerId, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []
    publish: Callable[[str, int], None] = lambda shopper, version: told.append((shopper, version))  # noqa: E731
    monkeypatch.setattr(live, "publish_cart", publish)
    expires()
    assert told == [(Shopper(shopper).actor, 0)]


def test_a_payment_under_way_keeps_the_cart_open(shopper: CustomerId) -> None:
    bank = ScriptedBank(UNKNOWN)
    place(shopper, ready(shopper), {bank.name: bank})
    assert expires() == 0
    with transaction() as session:
        session.execute(text("UPDATE orders SET state = 'abandoned'"))
    assert expires() == 1


@pytest.mark.parametrize("which", [0, 1], ids=["examined", "unexamined"])
def test_the_due_are_found_by_an_index(in_store: Any, which: int) -> None:
    for at in range(31):
        puts(
            make_customer(f"s{at}@example.com"),
            make_product().variant_id,
            now=NOW + (timedelta(days=9) if at else -DAYS),
        )
    with transaction() as session:
        session.execute(text("UPDATE carts SET examined = :examined"), {"examined": which == 0})
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            session.execute(
                text("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + expiry.TAKE[which].text),
                {"store": this_store().id, "until": NOW, "batch": 10},
            ).scalars()
        )
        session.rollback()
    read = next(line for line in plan.splitlines() if "Index" in line and "active_slot_" in line)
    assert "rows=1.00 loops=1" in read, plan
    assert ("_examined" in read) is (which == 0)
