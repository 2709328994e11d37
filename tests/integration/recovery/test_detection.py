"""Which carts count as abandoned, when, and what follows for each; which never do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.cart.commands import ChangeQuantity
from app.cart.state import Pane
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery import assignment, detection, episodes, people, starting
from app.recovery.detection import Detected
from app.stores.service import change_setting
from app.web.visitors import Visitor
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
from tests.conftest import NOW
from tests.factories import make_customer, make_product, sell_also_in
from tests.ordering import place, ready

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def left(email: str = "shopper@example.com", *, price: int = 2500, now: Any = NOW) -> CustomerId:
    """Somebody who filled a cart and left."""
    customer_id = make_customer(email)
    puts(customer_id, make_product(price=price).variant_id, now=now)
    return customer_id


@pytest.fixture
def looking(in_store: Any) -> None:
    """A store that has been looking for a month."""
    begin_looking()


def test_a_cart_left_for_the_threshold_opens_an_episode_with_its_messages(looking: None) -> None:
    campaign_id, shopper = make_campaign(), left()
    assert detect(NOW + 29 * MINUTE) == Detected(0, 0, 0)
    assert detect(NOW + 30 * MINUTE) == Detected(1, 1, 3)
    [episode] = episodes_of(shopper)
    assert (episode.state, episode.trigger, episode.number, episode.arm) == ("open", "cart_abandoned", 1, "campaign")
    assert (episode.value, episode.currency, episode.units, episode.cart_version) == (2500, "EUR", 1, 2)
    assert (episode.inactive_since, episode.opened_at) == (NOW, NOW + 30 * MINUTE)
    assert (episode.campaign_id, episode.campaign_version, episode.reason) == (campaign_id, 1, "")
    messages = messages_of(shopper)
    assert [message.due_at - NOW for message in messages] == [HOUR, DAY, 2 * DAY]
    assert {(message.state, message.kind, message.channel, message.subject_arm) for message in messages} == {
        ("scheduled", "step", "email", "")
    }
    assert [message.step for message in messages] == [1, 2, 3]


def test_it_is_looked_at_once_until_its_shopper_does_something(looking: None) -> None:
    make_campaign()
    shopper = left()
    detect()
    assert detect(ABANDONED + DAY) == Detected(0, 0, 0)
    puts(shopper, make_product().variant_id, now=ABANDONED + DAY)
    assert detect(ABANDONED + 2 * DAY) == Detected(1, 0, 0)  # its episode is still open
    assert [episode.inactive_since for episode in episodes_of(shopper)] == [NOW]


def test_a_second_episode_gets_the_next_number_once_the_first_is_over(looking: None) -> None:
    shopper = left()
    detect()
    with transaction():
        episodes.close(episodes.lock_of_person([shopper]), episodes.EpisodeState.EMPTIED, now=ABANDONED)
    puts(shopper, make_product().variant_id, now=ABANDONED + HOUR)
    detect(ABANDONED + 2 * HOUR)
    assert [(episode.number, episode.state) for episode in episodes_of(shopper)] == [(1, "emptied"), (2, "open")]


def test_without_a_live_campaign_the_episode_is_counted_and_nothing_is_sent(looking: None) -> None:
    make_campaign(state="paused")
    shopper = left()
    assert detect() == Detected(1, 1, 0)
    assert [(episode.arm, episode.campaign_id) for episode in episodes_of(shopper)] == [("none", None)]


def test_the_campaign_with_the_lowest_priority_goes_first(looking: None) -> None:
    make_campaign(priority=200)
    first, shopper = make_campaign(priority=5), left()
    detect()
    assert episodes_of(shopper)[0].campaign_id == first


def test_the_holdout_gets_an_episode_and_no_message(looking: None) -> None:
    make_campaign(holdout=50)
    shoppers = [left(f"s{at}@example.com") for at in range(40)]
    detect()
    arms = {episode.customer_id: episode.arm for episode in episodes_of(*shoppers)}
    written_to = {message.customer_id for message in messages_of(*shoppers)}
    assert set(arms.values()) == {"campaign", "holdout"}
    assert written_to == {shopper for shopper, arm in arms.items() if arm == "campaign"}


def test_the_arm_is_what_the_pure_function_says(looking: None) -> None:
    campaign_id = make_campaign(holdout=30, subject_b="Still thinking?")
    store_id = this_store().id
    older = make_customer("twice@example.com")
    shoppers = [left(f"s{at}@example.com") for at in range(30)] + [left("twice@example.com")]
    detect()
    for episode in episodes_of(*shoppers):
        root = min(people.ids_of(episode.customer_id))
        assert root == (older if episode.customer_id == shoppers[-1] else episode.customer_id)
        assert episode.bucket == assignment.bucket(store_id, campaign_id, root)
        assert episode.arm == assignment.arm(episode.bucket, campaign_id, 30)
        for message in messages_of(episode.customer_id):
            assert message.subject_arm == assignment.subject_arm(store_id, campaign_id, root, message.step, 50)


def test_messages_that_would_have_been_due_before_are_due_now_and_not_in_the_past(looking: None) -> None:
    make_campaign()
    shopper, late = left(), NOW + 30 * HOUR
    detect(late)
    assert [message.due_at for message in messages_of(shopper)] == [late, late, NOW + 48 * HOUR]


def test_starting_never_writes_about_what_was_left_before(in_store: Any) -> None:
    make_campaign()
    before = left("before@example.com", now=NOW - DAY)
    assert detect(NOW) == Detected(1, 0, 0)  # the first look is the start
    after = left("after@example.com", now=NOW + MINUTE)
    detect(NOW + 2 * HOUR)
    assert episodes_of(before) == []
    assert len(episodes_of(after)) == 1


def test_switched_off_and_on_it_begins_anew(looking: None) -> None:
    change_setting(key="recovery", value=False, actor="test", now=NOW)
    meanwhile = left()
    assert detect(NOW + HOUR) == Detected(0, 0, 0)
    assert rows("SELECT 1 FROM recovery_starts") == []
    change_setting(key="recovery", value=True, actor="test", now=NOW)
    assert detect(NOW + 2 * HOUR) == Detected(1, 0, 0)
    assert starting.looking_since(this_store().settings, NOW + DAY) == NOW + 2 * HOUR
    assert episodes_of(meanwhile) == []


def test_a_cart_worth_less_than_the_minimum_does_not_count(looking: None) -> None:
    sell_also_in("IRR")
    assert left("poor@example.com", price=999)
    counts = left("enough@example.com", price=1000)
    assert detect() == Detected(2, 1, 0)
    assert len(episodes_of(counts)) == 1
    change_setting(key="abandonment_minimums", value={"EUR": 0}, actor="test", now=NOW)
    only_saved = make_customer("saver@example.com")
    puts(only_saved, make_product().variant_id, pane=Pane.NEXT_PURCHASE)
    free = left("free@example.com", price=0)
    assert detect() == Detected(2, 1, 0)  # an empty active pane never counts
    assert len(episodes_of(free)) == 1


def test_what_was_left_is_worth_what_the_shopper_saw(looking: None) -> None:
    shopper, throw, board = make_customer(), make_product(price=700), make_product(price=400)
    puts(shopper, throw.variant_id, 3)
    puts(shopper, board.variant_id, 2, pane=Pane.NEXT_PURCHASE)
    rows("UPDATE variants SET price = 1 WHERE id = :id RETURNING 1", id=throw.variant_id)
    detect()
    assert [(episode.value, episode.units) for episode in episodes_of(shopper)] == [(2100, 3)]


@pytest.mark.parametrize("kind", [Visitor.SUSPECT, Visitor.DECLARED_BOT])
def test_a_robots_cart_does_not_count(looking: None, kind: Visitor) -> None:
    robot = make_customer()
    cart = puts(robot, make_product().variant_id, by=kind)
    assert detect() == Detected(1, 0, 0)
    does(robot, ChangeQuantity(cart.lines[0].id, 3), ABANDONED)  # a person was the last: it does
    assert detect(ABANDONED + HOUR) == Detected(1, 1, 0)


def test_staffs_own_carts_do_not_count_in_whatever_guise(looking: None) -> None:
    rows(
        """INSERT INTO staff_members (store_id, id, email, name, password_hash, role, created_at)
           VALUES (:store, :id, 'boss@example.com', 'Boss', 'x', 'owner', now()) RETURNING 1""",
        store=this_store().id, id=new_id(),
    )  # fmt: skip
    boss, private = left("boss@example.com"), left("private@example.com")
    rows("UPDATE customers SET merged_into = :to WHERE id = :id RETURNING 1", to=boss, id=private)
    assert detect() == Detected(2, 0, 0)


def order_row(customer_id: CustomerId, state: str, placed_at: Any) -> None:
    bank = ScriptedBank()
    order_id = place(customer_id, ready(customer_id), {bank.name: bank}).order_id
    statement = "UPDATE orders SET state = :state, placed_at = :placed WHERE id = :id RETURNING 1"
    rows(statement, state=state, placed=placed_at, id=order_id)


@pytest.mark.parametrize(
    ("state", "placed_at", "counts"),
    [
        ("in_review", NOW - DAY, False),
        ("placed", NOW + MINUTE, False),
        ("fulfilled", NOW + MINUTE, False),
        ("placed", NOW - MINUTE, True),
        ("cancelled", NOW + MINUTE, True),
    ],
    ids=["held for a look", "bought since", "bought and got it since", "bought before", "called off"],
)
def test_orders_of_the_same_person(looking: None, state: str, placed_at: Any, counts: bool) -> None:
    guise = make_customer("same@example.com")
    puts(guise, make_product().variant_id)
    order_row(guise, state, placed_at)
    shopper = left("same@example.com")
    detect()
    assert len(episodes_of(shopper)) == counts


def test_batches_are_taken_until_nothing_is_due(looking: None) -> None:
    make_campaign()
    shoppers = [left(f"s{at}@example.com") for at in range(7)]
    assert detect(batch=3) == Detected(7, 7, 21)
    assert len({episode.cart_id for episode in episodes_of(*shoppers)}) == 7


def test_a_cart_that_somebody_is_changing_is_passed_over(app: Any, looking: None) -> None:
    from app.database.base import db

    shopper = left()
    other = db.engine.connect()
    other.begin()
    names = {"store": this_store().id, "id": shopper}
    other.execute(text("SELECT set_config('app.store', :store, true)"), {"store": str(names["store"])})
    other.execute(text("SELECT 1 FROM carts WHERE customer_id = :id FOR NO KEY UPDATE"), names)
    assert detect() == Detected(0, 0, 0)
    other.rollback()
    other.close()
    assert detect() == Detected(1, 1, 0)


def test_the_due_are_found_by_an_index_and_nothing_else_is_read(looking: None) -> None:
    for at in range(30):
        left(f"s{at}@example.com")
    detect()
    left("due@example.com", now=NOW + HOUR)
    with transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            session.execute(
                text("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + detection.TAKE.text),
                {"store": this_store().id, "until": NOW + 2 * HOUR, "batch": 10},
            ).scalars()
        )
        session.rollback()
    assert "ix_carts_store_id_active_slot_unexamined" in plan
    read = next(line for line in plan.splitlines() if "Index" in line and "active_slot" in line)
    assert "rows=1.00 loops=1" in read, plan  # of 31 carts


def test_a_batch_that_takes_too_long_is_tried_in_smaller_ones(looking: None, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "due AS MATERIALIZED (SELECT id, (SELECT pg_sleep(CASE WHEN :batch > 300 THEN 9 ELSE 0 END)) "
    monkeypatch.setattr(
        detection, "TAKE", text(detection.TAKE.text.replace("due AS MATERIALIZED (\n        SELECT id", slow))
    )
    monkeypatch.setattr(detection, "BY_INDEX", text("SELECT set_config('statement_timeout', '300ms', true)"))
    left()
    assert detect(batch=1000) == Detected(1, 1, 0)
