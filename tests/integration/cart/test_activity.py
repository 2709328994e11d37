"""A cart says when its shopper last did something, in five-minute slots, at no cost: no statement more, no index touched."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import text

from app.cart import history, repository, service
from app.cart.commands import AddItem, ChangeQuantity
from app.cart.domain import decide
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, LineId, new_id
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.sent import noted

SLOT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def does(customer_id: CustomerId, command: Any, now: datetime) -> Any:
    shopper = Shopper(customer_id)
    return service.change(shopper, command, op_id=new_id(), currency="EUR", policy=Policy(), days=30, now=now)


def activity(customer_id: CustomerId) -> tuple[datetime, datetime, bool]:
    statement = "SELECT updated_at, active_slot, examined FROM carts WHERE customer_id = :id"
    with transaction() as session:
        row = session.execute(text(statement), {"id": customer_id}).one()
    return row.updated_at, row.active_slot, row.examined


def examined(customer_id: CustomerId) -> None:
    with transaction() as session:
        session.execute(text("UPDATE carts SET examined = true WHERE customer_id = :id"), {"id": customer_id})


def test_each_change_notes_its_moment_and_its_five_minutes(in_store: Any) -> None:
    shopper, throw = make_customer(), make_product()
    line = does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), NOW + timedelta(minutes=4)).cart.lines[0]
    assert activity(shopper) == (NOW + timedelta(minutes=4), SLOT, False)
    examined(shopper)
    later = NOW + timedelta(minutes=13)
    does(shopper, ChangeQuantity(line.id, 2), later)
    assert activity(shopper) == (later, SLOT + timedelta(minutes=10), False)


def test_a_change_costs_two_statements_as_before(in_store: Any) -> None:
    shopper, throw = make_customer(), make_product()
    does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), NOW)
    finish_reading()
    with noted() as sent:
        does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), NOW)
    assert len(sent) == 3  # the lock, what is read behind it, the state with its log


def test_what_the_shop_does_by_itself_is_no_activity(in_store: Any) -> None:
    shopper, throw = make_customer(), make_product()
    does(shopper, AddItem(LineId(new_id()), throw.variant_id, 2), NOW)
    examined(shopper)
    later = NOW + timedelta(days=8)
    with transaction():
        before = repository.lock_open(shopper, new_id(), set(), later)
        events = decide(before.cart, ChangeQuantity(before.cart.lines[0].id, 1), before.facts, Policy(), later)
        repository.save(before, events, op_id=new_id(), fingerprint="", actor="recovery", now=later, active=False)
    assert activity(shopper) == (NOW, SLOT, True)
    assert history.cart_at(before.id).lines[0].quantity == 1
    history.rebuild(before.id, later)
    assert activity(shopper) == (NOW, SLOT, True)


def updates(url: str) -> tuple[int, int, int]:
    """Updates of carts as the server counts them: all; those that touched no index; those whose page was full."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        row = connection.execute(
            "SELECT n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables WHERE relname = 'carts'"
        ).fetchone()
    assert row
    return row[0], row[1], row[2]


def test_changes_within_a_slot_touch_no_index(in_store: Any, database_owner_url: str) -> None:
    shopper, throw = make_customer(), make_product()
    line = does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), NOW).cart.lines[0]
    flush = text("SELECT pg_stat_force_next_flush()")
    with transaction() as session:
        session.execute(flush)
    url = database_owner_url.replace("+psycopg", "")
    before = updates(url)
    for second in range(1, 11):
        does(shopper, ChangeQuantity(line.id, 1 + second), NOW + timedelta(seconds=second))
    with transaction() as session:
        session.execute(flush)
    after = updates(url)
    assert after[0] - before[0] == 10
    hot, elsewhere = after[1] - before[1], after[2] - before[2]
    assert hot > 0
    assert (
        hot + elsewhere == 10
    )  # pages fill up while somebody else's snapshot keeps old versions from being cleared away
    does(shopper, ChangeQuantity(line.id, 1), NOW + timedelta(minutes=5))
    with transaction() as session:
        session.execute(flush)
    assert updates(url)[1] == after[1]  # the control: the next slot is another entry in the index
