"""Freezing finished weeks against PostgreSQL: counted as the rows have it, protected, once and for good."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.cart.commands import MoveLine, RemoveLine
from app.cart.state import Pane
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, LineId, new_id
from app.sellers import freezing, queries, reading, weeks
from app.sellers.disclosure import FEW, HIDDEN, Published
from tests import measuring
from tests.abandoning import begin_looking, detect, does, puts, rows, this_store
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_customer, make_product
from tests.selling import MONDAY, give

LEFT = datetime.fromisoformat("2026-11-11T12:00:00+00:00")
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def here(app: Flask, store: TestStore) -> Iterator[TestStore]:
    """A store that is entered and has looked for carts for weeks."""
    with app.app_context(), use_store(store.id):
        begin_looking()
        yield store


def sold_by(vendor: str, title: str = "Kettle") -> MadeProduct:
    product = make_product(title)
    give(product, vendor)
    return product


def leave(people: int, *products: MadeProduct, at: datetime = LEFT, name: str = "p") -> list[CustomerId]:
    """So many put these into a cart and leave."""
    customers = [make_customer(f"{name}{number}@example.com") for number in range(people)]
    for customer in customers:
        for product in products:
            puts(customer, product.variant_id, now=at)
    detect(at + HOUR)
    return customers


def explain(reason: str, customers: list[CustomerId]) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE episodes SET reason = :reason WHERE customer_id = ANY(:ids)"),
            {"reason": reason, "ids": customers},
        )


def freeze(now: datetime = NOW) -> int:
    return freezing.freeze(this_store(), now)


def told(vendor: str = "hearth", monday: date = MONDAY) -> Published:
    found = queries.list_published([monday], [vendor])[monday, vendor]
    finish_reading()
    return found


def frozen() -> list[date]:
    found = [one.monday for one in queries.list_weeks()]
    finish_reading()
    return found


def test_a_week_is_counted_protected_and_kept(here: TestStore) -> None:
    kettle, mug, other = sold_by(" Hearth "), sold_by("HEARTH", "Mug"), sold_by("Loom", "Throw")
    explain("price_rose", leave(25, kettle, name="a"))
    leave(11, mug, name="b")
    leave(3, other, name="c")
    assert freeze() == 1
    week = told()
    assert (week.had, week.left) == (HIDDEN, 36), "everybody who had something left it, and that is a group, too"
    assert week.products == {str(kettle.id): 25, str(mug.id): 11}
    assert week.suggestions == {}, "the reasons are not told"
    assert week.outcomes is None or "gone" in week.outcomes
    assert told("loom") == Published(FEW, FEW)
    assert rows("SELECT vendor FROM seller_figures") == [("hearth",)], "of small groups nothing is kept"


def test_people_are_counted_once_whoever_they_were(here: TestStore) -> None:
    kettle = sold_by("Hearth")
    first = leave(12, kettle, name="a")
    again = leave(12, kettle, at=LEFT + timedelta(days=1), name="b")
    with transaction() as session:
        for one, other in zip(first, again, strict=True):
            session.execute(
                text("UPDATE customers SET merged_into = :one WHERE id = :other"), {"one": one, "other": other}
            )
    assert freeze() == 1
    assert told().left == 12


def test_outcomes_by_the_end_of_the_week(here: TestStore) -> None:
    kettle, mug = sold_by("Hearth"), sold_by("Loom", "Mug")
    back, bought = leave(10, kettle, name="back"), leave(10, kettle, name="bought")
    leave(20, kettle, name="gone")
    for customer in back:
        puts(customer, mug.variant_id, now=LEFT + 3 * HOUR)
    for customer in bought:
        episode = rows("SELECT id FROM episodes WHERE customer_id = :id", id=customer)[0].id
        order = measuring.make_order(customer, 1000, at=LEFT + 3 * HOUR)
        measuring.close_episode(episode, "recovered", LEFT + 3 * HOUR, order)
    later = leave(1, kettle, name="later")
    puts(later[0], mug.variant_id, now=LEFT + WEEK)
    assert freeze() == 1
    assert told().outcomes == {"bought": 10, "back": 10, "gone": 21}


def test_what_was_left_is_what_was_in_the_order_then(here: TestStore) -> None:
    kettle, mug = sold_by("Hearth"), sold_by("Hearth", "Mug")
    for customer in leave(22, kettle, mug):
        cart = rows("SELECT l.id FROM cart_lines l JOIN carts c ON c.id = l.cart_id WHERE c.customer_id = :id AND l.variant_id = :v", id=customer, v=mug.variant_id)  # fmt: skip
        does(customer, RemoveLine(cart[0].id), LEFT + 5 * HOUR)
    watchers = [make_customer(f"w{number}@example.com") for number in range(15)]
    for customer in watchers:  # saved only, then moved into the order and left the week after
        puts(customer, mug.variant_id, now=LEFT, pane=Pane.NEXT_PURCHASE)
    assert freeze() == 1
    assert told().left == 22
    assert told().products == {str(kettle.id): HIDDEN, str(mug.id): HIDDEN}
    assert told().had == HIDDEN, "what is only saved is in no order"


def test_who_put_it_into_the_order_had_it(here: TestStore) -> None:
    kettle = sold_by("Hearth")
    leave(12, kettle)
    for number in range(10):
        customer = make_customer(f"w{number}@example.com")
        cart = puts(customer, kettle.variant_id, now=LEFT, pane=Pane.NEXT_PURCHASE)
        moved = does(customer, MoveLine(cart.lines[0].id, Pane.ACTIVE, LineId(new_id())), LEFT + HOUR)
        does(customer, RemoveLine(moved.lines[0].id), LEFT + HOUR)
    assert freeze() == 1
    assert (told().had, told().left) == (22, 12)


def test_a_frozen_week_never_changes(here: TestStore) -> None:
    kettle = sold_by("Hearth")
    leave(12, kettle)
    assert freeze() == 1
    before = told()
    leave(15, kettle, name="late")
    give(kettle, "Loom")
    assert freeze(NOW + 3 * HOUR) == 0
    assert told() == before
    assert told("loom") == Published(FEW, FEW)
    with pytest.raises(Exception, match="permission denied"), transaction() as session:
        session.execute(text("UPDATE seller_figures SET published = '{}'"))


def test_missed_weeks_are_made_up_for_as_far_as_the_data_reach(here: TestStore) -> None:
    kettle = sold_by("Hearth")
    leave(12, kettle, at=LEFT - WEEK, name="a")
    leave(13, kettle, name="b")
    assert freeze() == 2
    assert frozen() == [MONDAY, MONDAY - WEEK]
    assert (told(monday=MONDAY - WEEK).left, told().left) == (12, 13)
    assert freeze(NOW + 40 * WEEK) == weeks.AT_MOST
    assert len(frozen()) == weeks.AT_MOST


def test_nothing_is_frozen_before_there_is_anything_nor_before_a_week_is_over(here: TestStore) -> None:
    assert freeze() == 0
    leave(12, sold_by("Hearth"), at=NOW - HOUR)
    assert freeze(NOW) == 0
    sunday = datetime.fromisoformat("2026-11-23T00:30:00+00:00")
    assert freeze(sunday) == 0, "the last reasons are still being looked for"
    assert freeze(sunday + HOUR) == 1


def test_two_workers_freeze_a_week_once(app: Flask, here: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(12, sold_by("Hearth"))
    both, counted, done = Barrier(2, timeout=20), reading.count, []

    def count(week: weeks.Week) -> Any:
        found = counted(week)
        both.wait()  # both have counted, neither has entered it
        return found

    monkeypatch.setattr(reading, "count", count)

    def work() -> None:
        with app.app_context(), use_store(here.id):
            done.append(freeze())
            db.session.remove()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    assert told().left == 12


def test_a_worker_that_dies_leaves_nothing_and_the_next_one_does_it(
    here: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(12, sold_by("Hearth"))
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(freezing, "publish", lambda figures: (_ for _ in ()).throw(RuntimeError("killed")))
        freeze()
    assert frozen() == []
    assert freeze() == 1


def test_another_stores_weeks_are_not_seen(app: Flask, here: TestStore, make_store: Any) -> None:
    leave(12, sold_by("Hearth"))
    assert freeze() == 1
    elsewhere = make_store()
    with use_store(elsewhere.id):
        assert frozen() == []
        assert told() == Published(FEW, FEW)
        assert freeze() == 0
