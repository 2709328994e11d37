"""What messages add is reckoned from the store's rows as it would be by hand: persons once, windows that are over, caps fixed before."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery import experiments, holdout, revenue
from app.recovery.reports import Period
from app.recovery.uplift import Sums, Verdict, compare, count
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.measuring import close_episode, happen, make_campaign, make_episode, make_message, make_order

DAY = timedelta(days=1)
PERIOD = Period(NOW, NOW + 60 * DAY)
LATER = NOW + 60 * DAY


def left(
    campaign: UUID, arm: str, bucket: int, orders: list[tuple[int, float]], *, at: datetime = NOW, who: CustomerId | None = None,
    currency: str = "EUR",
) -> CustomerId:  # fmt: skip
    """Somebody who left a cart and then ordered: amounts, and how many days later."""
    customer = who or make_customer(f"{new_id()}@example.com")
    episode = make_episode(customer, arm=arm, campaign_id=campaign, bucket=bucket, opened_at=at, currency=currency)
    for total, days in orders:
        order = make_order(customer, total, at=at + days * DAY)
        close_episode(episode, "recovered", at + days * DAY, order)
        revenue.credit(order)
    return customer


def measured(**options: Any) -> holdout.Uplift:
    return holdout.measure(PERIOD, "EUR", window_days=7, now=LATER, **options)


def test_persons_count_once_with_all_they_ordered_in_the_window(in_store: Any) -> None:
    campaign = make_campaign()
    left(campaign, "campaign", 5_000, [(1_000, 1), (500, 6.9)])
    left(campaign, "campaign", 6_000, [(9_999, 7.5)])
    twice = left(campaign, "campaign", 7_000, [])
    left(campaign, "campaign", 7_000, [(300, 1)], at=NOW + 3 * DAY, who=twice)
    left(campaign, "holdout", 10, [(200, 2)])
    left(campaign, "holdout", 20, [])
    left(campaign, "campaign", 8_000, [(77_777, 1)], at=LATER - 6 * DAY)  # has had its time not yet
    left(campaign, "campaign", 8_000, [(1, 1)], currency="IRR")
    left(make_campaign(), "holdout", 1, [])
    found = measured(campaign_id=campaign)
    assert found.campaign == Sums(3, 1_800, 1_500**2 + 300**2, 2)
    assert found.holdout == Sums(2, 200, 40_000, 1)
    assert found.until == LATER - 7 * DAY
    assert (found.cap, found.capped) == (None, 0)
    assert (found.revenue.verdict, found.revenue.carts, found.revenue.carts_wanted) == (Verdict.TOO_LITTLE, 5, 200)
    assert found.orders.estimate == pytest.approx(2 / 3 - 1 / 2)
    assert (measured().holdout.n, measured().alone) == (2, 0)


def test_campaigns_that_hold_nobody_out_are_compared_with_nobody(in_store: Any) -> None:
    """Thrown together, those of the second campaign, who order more, would count as the first one's success."""
    held, unheld = make_campaign(), make_campaign()
    for number in range(3):
        left(held, "campaign", 5_000 + number, [(1_000, 1)])
        left(held, "holdout", 10 + number, [(1_000, 1)])
        left(unheld, "campaign", 5_000 + number, [(9_000, 1)])
    found = measured()
    assert (found.campaign.total, found.holdout.total, found.alone) == (3_000, 3_000, 3)
    assert found.revenue.estimate == found.orders.estimate == 0
    alone = measured(campaign_id=unheld)
    assert (alone.strata, alone.alone, alone.revenue.carts) == ((), 3, 0)


def test_each_campaign_is_compared_within_itself(in_store: Any) -> None:
    """The one that sells more holds out more: together its holdout would be most of what the others are compared with."""
    for share, total in ((1, 1_000), (4, 9_000)):
        campaign = make_campaign()
        for number in range(5):
            arm = "holdout" if number < share else "campaign"
            left(campaign, arm, number + (0 if arm == "holdout" else 5_000), [(total, 1)])
    found = measured()
    assert (found.campaign.mean, found.holdout.mean) == (2_600, 7_400)
    assert found.revenue.estimate == 0


def test_what_went_back_is_not_revenue(in_store: Any) -> None:
    campaign = make_campaign()
    customer = left(campaign, "campaign", 5_000, [(1_000, 1)])
    with transaction() as session:
        session.execute(text("UPDATE orders SET refunded = 400 WHERE customer_id = :id"), {"id": customer})
    left(campaign, "holdout", 10, [])
    [order] = revenue.list_uncredited()
    revenue.credit(order)
    assert measured().campaign == Sums(1, 600, 360_000, 1)


def test_a_share_that_was_changed_leaves_out_those_it_moved(in_store: Any) -> None:
    campaign = make_campaign()
    left(campaign, "holdout", 100, [(100, 1)])
    left(campaign, "campaign", 1_500, [(5_000, 1)])  # before the share went from 10 to 20 %
    left(campaign, "holdout", 1_800, [(7_000, 1)], at=NOW + DAY)
    left(campaign, "campaign", 2_500, [(300, 1)], at=NOW + DAY)
    found = measured()
    assert (found.campaign, found.holdout) == (count_money(300), count_money(100))


def count_money(amount: int) -> Sums:
    return Sums(1, amount, amount * amount, 1)


def test_the_cap_is_fixed_by_orders_from_before(in_store: TestStore) -> None:
    campaign, customer = make_campaign(), make_customer()
    for number in range(200):
        make_order(customer, 100 * (number + 1), at=NOW - DAY)
    left(campaign, "campaign", 5_000, [(5_000_000, 1)])
    left(campaign, "campaign", 5_001, [(19_800, 1)])
    left(campaign, "holdout", 10, [])
    found = measured()
    assert (found.cap, found.capped) == (19_800, 1)
    assert found.campaign == Sums(2, 39_600, 2 * 19_800**2, 2)


def test_a_large_store_agrees_with_reckoning_by_hand(in_store: TestStore) -> None:
    """3,000 episodes written by one statement: SQL's sums are those of the outcomes, and the verdict follows."""
    campaign, chance = make_campaign(), random.Random(4)
    outcomes: dict[str, list[int]] = {"campaign": [], "holdout": []}
    for number in range(240):
        arm = "holdout" if number % 2 else "campaign"
        buys = chance.random() < (0.2 if arm == "holdout" else 0.5)
        total = chance.randrange(1_000, 9_000) if buys else 0
        left(campaign, arm, number + (0 if arm == "holdout" else 5_000), [(total, 2)] if total else [])
        outcomes[arm].append(total)
    found = measured()
    by_hand = [
        Sums(len(ys), sum(ys), sum(y * y for y in ys), sum(y > 0 for y in ys))
        for ys in (outcomes["campaign"], outcomes["holdout"])
    ]
    assert [found.campaign, found.holdout] == by_hand
    assert found.revenue == compare(*by_hand, carts_per_day=240 / 53)
    assert found.orders.verdict is Verdict.BETTER


def test_subjects_are_compared_by_clicks_and_orders_once_per_person(in_store: Any) -> None:
    campaign = make_campaign()
    for number in range(6):
        customer = make_customer(f"{new_id()}@example.com")
        episode = make_episode(customer, campaign_id=campaign)
        message = make_message(episode, customer, subject_arm="ab"[number % 2], at=NOW + DAY)
        make_message(episode, customer, step=2, at=NOW + 2 * DAY)
        if number in (1, 3):
            happen(message, "clicked", NOW + 2 * DAY)
        if number == 3:
            revenue.credit(make_order(customer, 100, at=NOW + 3 * DAY))
        if number == 0:
            happen(message, "clicked", NOW + 2 * DAY, "scanner")
            happen(message, "unsubscribed", NOW + 2 * DAY)
            again = make_episode(customer, campaign_id=campaign, opened_at=NOW + 20 * DAY)
            make_message(again, customer, subject_arm="a", at=NOW + 21 * DAY)
    [test] = experiments.list_subject_tests(PERIOD, window_days=7, now=LATER)
    assert (test.campaign_id, test.version, test.step, test.channel) == (campaign, 1, 1, "email")
    assert test.a == experiments.Arm(sent=3, clicked=0, ordered=0, unsubscribed=1, complained=0)
    assert test.b == experiments.Arm(sent=3, clicked=2, ordered=1, unsubscribed=0, complained=0)
    assert test.clicks == compare(count(3, 2), count(3, 0), carts_per_day=6 / 53)
    assert test.clicks.verdict is Verdict.TOO_LITTLE
    assert experiments.list_subject_tests(PERIOD, window_days=7, now=NOW) == []
    db.session.commit()
