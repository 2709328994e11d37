"""Reminders of saved things: waiting for long, cheaper, back; once each, only where a campaign wants it; when they are over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.cart import repository
from app.cart.state import Pane
from app.database.transaction import transaction
from app.events import relay
from app.ids import CustomerId
from app.inventory import service as inventory
from app.inventory.service import StockLevel
from app.recovery import rounds, triggers
from app.recovery.values import Trigger
from app.stores.service import change_setting
from tests.abandoning import begin_looking, detect, episodes_of, make_campaign, messages_of, puts, this_store
from tests.conftest import NOW
from tests.factories import MadeProduct, make_customer, make_product, set_stock

DAY = timedelta(days=1)
QUIET = NOW + 30 * DAY + timedelta(hours=1)


@pytest.fixture
def kettle(in_store: Any) -> MadeProduct:
    """In a store that has been looking for two months."""
    begin_looking(NOW - 60 * DAY)
    return make_product("Kettle", price=2000)


def saver(kettle: MadeProduct, email: str = "shopper@example.com") -> CustomerId:
    """Somebody who saved the kettle, and was looked at since."""
    customer_id = make_customer(email)
    puts(customer_id, kettle.variant_id, pane=Pane.NEXT_PURCHASE)
    detect()
    return customer_id


def change(statement: str, **names: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), names)


def priced(kettle: MadeProduct, price: int, at: Any = NOW) -> None:
    """The catalogue says another price from a moment on."""
    change("UPDATE variants SET price = :price WHERE product_id = :id", price=price, id=kettle.id)
    change("UPDATE products SET updated_at = :at WHERE id = :id", at=at, id=kettle.id)


def end_all() -> None:
    change("UPDATE episodes SET state = 'expired', closed_at = now()")


def test_what_has_been_saved_for_long_is_told_once(kettle: MadeProduct) -> None:
    campaign_id, shopper = make_campaign(trigger=Trigger.NEXT_PURCHASE, hours=(0, 24)), saver(kettle)
    assert triggers.nudge(this_store(), QUIET - 2 * timedelta(hours=1)) == 0
    assert triggers.nudge(this_store(), QUIET) == 1
    [episode] = episodes_of(shopper)
    assert (episode.trigger, episode.arm, episode.campaign_id) == ("next_purchase", "campaign", campaign_id)
    assert episode.subject["variant_ids"] == [str(kettle.variant_id)]
    assert (episode.value, episode.units, episode.inactive_since) == (2000, 1, QUIET)
    assert [message.due_at - QUIET for message in messages_of(shopper)] == [timedelta(0), DAY]
    end_all()
    assert triggers.nudge(this_store(), QUIET + timedelta(hours=1)) == 0


def test_a_campaign_may_say_how_long(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.NEXT_PURCHASE, quiet_days=7)
    saver(kettle)
    assert triggers.nudge(this_store(), NOW + 7 * DAY + timedelta(hours=1)) == 1


def test_what_was_quiet_long_before_is_passed_over(kettle: MadeProduct) -> None:
    saver(kettle)
    make_campaign(trigger=Trigger.NEXT_PURCHASE)
    assert triggers.nudge(this_store(), NOW + 40 * DAY) == 0


def test_whoever_is_asked_about_the_order_is_not_asked_about_saved_things(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.NEXT_PURCHASE)
    shopper = make_customer("both@example.com")
    puts(shopper, kettle.variant_id, pane=Pane.NEXT_PURCHASE)
    puts(shopper, make_product("Throw", price=5000).variant_id)
    detect()
    assert triggers.nudge(this_store(), QUIET) == 0


def test_without_a_campaign_or_switched_off_nothing_begins(kettle: MadeProduct) -> None:
    saver(kettle)
    priced(kettle, 1000)
    for _ in range(2):
        assert triggers.nudge(this_store(), QUIET) == 0
        assert triggers.tell_dropped(this_store(), NOW + DAY) == 0
        assert triggers.tell_returned(this_store(), [kettle.variant_id], NOW) == 0
        for trigger in (Trigger.NEXT_PURCHASE, Trigger.PRICE_DROPPED, Trigger.BACK_IN_STOCK):
            make_campaign(trigger=trigger)
        change_setting(key="recovery", value=False, actor="test", now=NOW)


@pytest.mark.parametrize(("price", "told"), [(1901, 0), (1900, 1), (2100, 0)], ids=["4.95", "5", "dearer"])
def test_a_price_that_fell_by_a_twentieth(kettle: MadeProduct, price: int, told: int) -> None:
    make_campaign(trigger=Trigger.PRICE_DROPPED)
    shopper = saver(kettle)
    priced(kettle, price)
    assert triggers.tell_dropped(this_store(), NOW + timedelta(hours=1)) == told
    assert [episode.subject["prices"] for episode in episodes_of(shopper)] == [{str(kettle.variant_id): price}] * told


def test_only_again_after_another_drop(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.PRICE_DROPPED)
    shopper, hour = saver(kettle), timedelta(hours=1)
    priced(kettle, 1800)
    assert triggers.tell_dropped(this_store(), NOW + hour) == 1
    assert triggers.tell_dropped(this_store(), NOW + 2 * hour) == 0  # it is open
    end_all()
    for price, told in ((1800, 0), (1850, 0), (1750, 0), (1700, 1)):
        priced(kettle, price, NOW + hour)
        assert triggers.tell_dropped(this_store(), NOW + 3 * hour) == told, price
    assert [episode.number for episode in episodes_of(shopper)] == [1, 2]


def test_what_came_back_is_told_by_the_stock(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.BACK_IN_STOCK)
    shopper, other = saver(kettle), make_product("Throw")
    set_stock(kettle, 0)
    with transaction():
        level = {"available": 5, "tracked": True, "oversell": False}
        inventory.set_levels([StockLevel(p.variant_id, **level) for p in (kettle, other)], now=NOW)  # type: ignore[arg-type]
    relay.drain(lambda: NOW)
    [episode] = episodes_of(shopper)
    assert (episode.trigger, episode.subject["variant_ids"]) == ("back_in_stock", [str(kettle.variant_id)])
    assert triggers.tell_returned(this_store(), [kettle.variant_id], NOW) == 0


def test_over_when_it_is_no_longer_saved_or_all_was_said(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.BACK_IN_STOCK, hours=(0,))
    gone, waits = saver(kettle, "gone@example.com"), saver(kettle, "waits@example.com")
    assert triggers.tell_returned(this_store(), [kettle.variant_id], NOW) == 2
    stored = repository.find_open(gone)
    assert stored
    change("UPDATE cart_lines SET pane = 'active' WHERE cart_id = :id", id=stored.id)
    assert triggers.close_over(this_store(), NOW) == 1
    assert triggers.close_over(this_store(), NOW + 30 * DAY) == 0  # its message still waits
    change("UPDATE messages SET state = 'sent', sent_at = :at WHERE state = 'scheduled'", at=NOW + DAY)
    assert triggers.close_over(this_store(), NOW + 8 * DAY - timedelta(minutes=1)) == 0
    assert triggers.close_over(this_store(), NOW + 8 * DAY) == 1
    assert [episode.state for episode in (*episodes_of(gone), *episodes_of(waits))] == ["emptied", "expired"]


def test_each_hour(kettle: MadeProduct) -> None:
    make_campaign(trigger=Trigger.PRICE_DROPPED)
    saver(kettle)
    priced(kettle, 1000)
    change("DELETE FROM task_slots WHERE task = 'recovery.saved'")
    assert rounds.remind_of_saved(NOW + timedelta(hours=1)) == 1
    assert rounds.remind_of_saved(NOW + timedelta(hours=1)) is None
