"""Reports say what happened, no more: a small story with known figures, a neighbour's store that must not show, money per currency."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.database.tenancy import use_store
from app.money import Money
from app.recovery import reports, revenue, trends
from app.recovery.attribution import CreditKind
from app.recovery.reports import By, Period
from tests.conftest import NOW
from tests.factories import make_customer
from tests.measuring import close_episode, happen, make_campaign, make_episode, make_message, make_order, set_order

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = Period(NOW, NOW + 7 * DAY)


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


@pytest.fixture
def story(app: Flask, make_store: Any, in_store: Any) -> UUID:
    """One campaign; four carts written to, one held out, orders with and without; and the same once more next door."""
    with use_store(make_store().id):
        _story()
    return _story()


def _story() -> UUID:
    campaign = make_campaign()
    people = [make_customer(f"p{number}@example.com") for number in range(7)]
    clicks = make_episode(people[0], campaign_id=campaign, reason="delivery_cost")
    first = make_message(clicks, people[0], subject_arm="a", delivered_at=NOW + HOUR)
    second = make_message(clicks, people[0], step=2, at=NOW + DAY, subject_arm="b", opened_at=NOW + DAY)
    make_message(clicks, people[0], step=3, state="cancelled", at=NOW + 2 * DAY, reason="episode_recovered")
    happen(first, "clicked", NOW + HOUR, "scanner")
    happen(second, "opened", NOW + DAY, "proxy")
    happen(second, "clicked", NOW + DAY + HOUR)
    one = make_order(people[0], 10_000, at=NOW + DAY + 2 * HOUR)
    close_episode(clicks, "recovered", NOW + DAY + 2 * HOUR, one)

    comes_alone = make_episode(people[1], campaign_id=campaign, reason="delivery_cost")
    make_message(comes_alone, people[1], subject_arm="b")
    two = make_order(people[1], 3_000, at=NOW + 5 * HOUR)
    close_episode(comes_alone, "recovered", NOW + 5 * HOUR, two)

    gone = make_episode(people[2], campaign_id=campaign, reason="just_left", opened_at=NOW + DAY)
    text = make_message(gone, people[2], channel="sms", segments=2, at=NOW + DAY)
    happen(text, "unsubscribed", NOW + DAY + HOUR)
    close_episode(gone, "salvaged", NOW + 6 * DAY)

    bounced = make_episode(people[3], campaign_id=campaign, reason="just_left", opened_at=NOW + DAY)
    make_message(bounced, people[3], state="bounced", at=NOW + DAY)

    held = make_episode(people[4], arm="holdout", campaign_id=campaign, reason="just_left")
    three = make_order(people[4], 2_000, at=NOW + 9 * HOUR)
    close_episode(held, "recovered", NOW + 9 * HOUR, three)

    four = make_order(people[5], 500, at=NOW + HOUR)
    five = make_order(people[6], 90_000, at=NOW + HOUR, currency="IRR")
    make_order(people[6], 1_000, at=NOW - HOUR)
    for order in (one, two, three, four, five):
        revenue.credit(order)
    set_order(one, refunded=1_500)
    revenue.credit(one)
    return campaign


def test_messages_by_campaign_step_channel_and_subject(story: UUID) -> None:
    [whole] = reports.list_sent(PERIOD, By.CAMPAIGN)
    assert whole == reports.Sent((str(story),), 5, 1, 1, 1, 1, 0, 1, 2)
    steps = {row.key: (row.sent, row.clicked) for row in reports.list_sent(PERIOD, By.STEP, campaign_id=story)}
    assert steps == {("1",): (4, 0), ("2",): (1, 1)}
    channels = {row.key: (row.sent, row.unsubscribed, row.segments) for row in reports.list_sent(PERIOD, By.CHANNEL)}
    assert channels == {("email",): (4, 0, 0), ("sms",): (1, 1, 2)}
    arms = {row.key: row.sent for row in reports.list_sent(PERIOD, By.STEP, By.SUBJECT)}
    assert arms == {("1", ""): 2, ("1", "a"): 1, ("1", "b"): 1, ("2", "b"): 1}
    assert reports.list_sent(PERIOD.before, By.CAMPAIGN) == []


def test_money_by_what_it_is_credited_to(story: UUID) -> None:
    earned = reports.list_earned(PERIOD)
    assert {(row.campaign_id, row.held_out, row.kind, row.credited.net) for row in earned} == {
        (story, False, CreditKind.LAST_CLICK, eur(8_500)),
        (story, False, CreditKind.ASSISTED, eur(3_000)),
        (story, True, CreditKind.DIRECT, eur(2_000)),
        (None, False, CreditKind.DIRECT, eur(500)),
        (None, False, CreditKind.DIRECT, Money(90_000, "IRR")),
    }
    assert [(one.orders, one.amount, one.returned) for one in reports.totals(earned, CreditKind.LAST_CLICK)] == [
        (1, eur(10_000), eur(1_500))
    ]
    assert [one.amount for one in reports.totals(earned, CreditKind.DIRECT)] == [eur(2_500), Money(90_000, "IRR")]
    by_step = reports.list_earned_by(PERIOD, By.STEP, By.CHANNEL)
    assert by_step[("2", "email")][CreditKind.LAST_CLICK][0].net == eur(8_500)
    assert by_step[("1", "email")][CreditKind.ASSISTED][0].net == eur(3_000)
    assert set(by_step) == {("1", "email"), ("2", "email")}


def test_episodes_entered_and_why_messages_were_not_sent(story: UUID) -> None:
    assert reports.list_entered(PERIOD) == [reports.Entered(story, 4, 2, 1, 1)]
    assert reports.list_endings(PERIOD) == [reports.Ending("cancelled", "episode_recovered", 1)]


def test_rates_days_and_reasons(story: UUID) -> None:
    rates = trends.rates(PERIOD)
    assert rates == trends.Rates(abandoned=5, recovered=3, straight=2)
    assert rates.abandonment == pytest.approx(5 / 7)
    assert rates.recovery == pytest.approx(3 / 5)
    before = trends.rates(PERIOD.before)
    assert (before.abandonment, before.recovery) == (None, None)
    days = trends.list_days(PERIOD, "Europe/Berlin")
    assert [(day.day.day, day.carts, day.won, day.recovered, day.in_campaign, day.lost) for day in days] == [
        (21, 3, 3, eur(15_000), eur(0), eur(0)),
        (22, 2, 0, eur(0), eur(5_000), eur(5_000)),
    ]
    assert {day.day: both for day, both in trends.list_orders(PERIOD, "Europe/Berlin").items()} == {
        21: (4, 2),
        22: (1, 0),
    }
    assert {day.day: sent for day, sent in trends.list_sent(PERIOD, "Europe/Berlin").items()} == {21: 2, 22: 3}
    assert [(row.reason, row.carts, row.recovered, row.value) for row in trends.list_reasons(PERIOD)] == [
        ("just_left", 3, 1, eur(15_000)),
        ("delivery_cost", 2, 2, eur(10_000)),
    ]
