"""May a message be sent: every reason, their order, and what holds whatever the facts are."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recovery.decision import DEFERS, END_REASONS, OPEN_ENDED, TOO_LATE, Defer, End, Send, may_send
from app.recovery.localtime import Place, hours_of, is_allowed, place_of
from app.recovery.values import CampaignState, Channel, EpisodeState, MessageKind, SuppressionReason
from tests.conftest import NOW
from tests.unit.recovery.facts_values import ABANDONED, CONSENT, facts

HOUR = timedelta(hours=1)
TEXAS = Place(("America/Chicago",), (("US", "TX"),))
CONFIRMED = dataclasses.replace(CONSENT, confirmed=True)
TEXAN: dict[str, Any] = {"channel": Channel.SMS, "place": TEXAS, "consent": CONFIRMED, "hours": (8, 21)}
SAVED = {"kind": MessageKind.SAVED_NOTICE, "episode": EpisodeState.SALVAGED}

ENDING: dict[str, dict[str, Any]] = {
    "episode_recovered": {"episode": EpisodeState.RECOVERED},
    "episode_emptied": {"episode": EpisodeState.EMPTIED},
    "episode_salvaged": {"episode": EpisodeState.SALVAGED},
    "episode_expired": {"episode": EpisodeState.EXPIRED},
    "episode_merged": {"episode": EpisodeState.MERGED},
    "episode_erased": {"episode": EpisodeState.ERASED},
    "episode_open": {"kind": MessageKind.SAVED_NOTICE},
    "bought_since": {"ordered": True},
    "staff": {"staff": True},
    "fraud_suspected": {"fraud": True},
    **{f"suppressed_{reason}": {"suppressed": reason} for reason in SuppressionReason},
    "no_address": {"has_address": False},
    "address_not_confirmed": {"address_confirmed": False},
    "no_consent": {"consent": None},
    "consent_withdrawn": {"consent": dataclasses.replace(CONSENT, granted=False)},
    "no_double_opt_in": TEXAN | {"consent": CONSENT},
    "campaign_archived": {"campaign": CampaignState.ARCHIVED},
    "recovery_off": {"recovery_on": False},
    "channel_off": {"channel_on": False},
    "channel_not_set_up": {"has_sender": False},
    "cart_empty": {"lines": 0},
    "nothing_to_offer": {"buyable": 0},
    "condition_not_met": {"unmet": "value_at_least"},
    "enough_messages": {"sent_in_episode": 3},
    "frequency_zero": {"frequency_at_most": 0},
    "one_sms_per_cart": TEXAN | {"sms_in_episode": 1},
    "overtaken": {"later_step_sent": True},
    "sms_too_late": TEXAN | {"abandoned_at": NOW - timedelta(hours=49)},
    "too_late": {"planned_at": NOW - TOO_LATE - HOUR},
    "no_common_hour": {"channel": Channel.SMS, "place": Place(("Asia/Tokyo", "Europe/Berlin")), "hours": (12, 15)},
}

DEFERRING: dict[str, tuple[dict[str, Any], datetime]] = {
    "campaign_paused": ({"campaign": CampaignState.PAUSED}, NOW + HOUR),
    "payment_under_way": ({"paying_until": NOW + HOUR}, NOW + HOUR),
    "active_again": ({"last_activity": NOW - timedelta(minutes=10)}, NOW + timedelta(minutes=20)),
    "too_soon": ({"sent_at": (NOW - HOUR,)}, NOW + 23 * HOUR),
    "too_often": (
        {"sent_at": tuple(NOW - at * timedelta(days=1) - HOUR for at in range(1, 7))},
        NOW + timedelta(days=1) - HOUR,
    ),
    "budget_spent": ({"budget": 10, "budget_used": 10}, datetime(2026, 12, 1, tzinfo=UTC)),
    "quiet_hours": ({"hours": (15, 18)}, datetime(2026, 11, 21, 14, tzinfo=UTC)),
}


def test_nothing_speaks_against_it() -> None:
    assert may_send(facts(), NOW) == Send()
    assert may_send(facts(**SAVED), NOW) == Send()
    assert may_send(facts(**TEXAN), NOW + 6 * HOUR) == Send()


@pytest.mark.parametrize("reason", ENDING)
def test_what_ends_it(reason: str) -> None:
    assert may_send(facts(**ENDING[reason]), NOW) == End(reason)


def test_every_reason_for_ending_is_tried() -> None:
    assert set(END_REASONS) == set(ENDING)


@pytest.mark.parametrize("reason", DEFERS)
def test_what_puts_it_off(reason: str) -> None:
    changes, until = DEFERRING[reason]
    assert may_send(facts(**changes), NOW) == Defer(until, reason)


@pytest.mark.parametrize("ending", [reason for reason in ENDING if reason != "episode_open"])
def test_what_ends_comes_before_what_defers(ending: str) -> None:
    deferring = {**DEFERRING["campaign_paused"][0], **DEFERRING["too_soon"][0]}
    assert may_send(facts(**{**deferring, **ENDING[ending]}), NOW) == End(ending)


def test_a_payment_that_should_be_over_is_looked_at_again_soon() -> None:
    assert may_send(facts(paying_until=NOW - HOUR), NOW) == Defer(NOW + timedelta(minutes=5), "payment_under_way")


def test_activity_before_the_abandonment_or_long_ago_does_not_count() -> None:
    assert may_send(facts(last_activity=ABANDONED - HOUR), NOW) == Send()
    assert may_send(facts(last_activity=ABANDONED + HOUR), NOW) == Send()
    assert may_send(facts(**SAVED, last_activity=NOW), NOW) == Send()


def test_what_staff_ask_for_has_fewer_limits() -> None:
    manual = {"kind": MessageKind.MANUAL, "recovery_on": False, "sent_in_episode": 5, "later_step_sent": True}
    assert may_send(facts(**manual, campaign=None), NOW) == Send()


def test_rules_for_sms_do_not_hold_for_email() -> None:
    old = {"place": TEXAS, "sms_in_episode": 1, "abandoned_at": NOW - timedelta(hours=49)}
    assert may_send(facts(**old), NOW) == Send()


def test_germany_wants_a_double_opt_in_but_no_48_hours() -> None:
    german = {"channel": Channel.SMS, "place": Place(("Europe/Berlin",), (("DE", ""),))}
    assert may_send(facts(**german), NOW) == End("no_double_opt_in")
    old = {"sms_in_episode": 2, "abandoned_at": NOW - timedelta(hours=72)}
    assert may_send(facts(**german, **old, consent=CONFIRMED), NOW) == Send()


moments = st.integers(-14 * 24 * 60, 14 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
past = st.integers(0, 14 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
places = st.builds(
    place_of,
    time_zone=st.sampled_from(["", "Asia/Tehran", "America/New_York", "Pacific/Auckland", "Europe/Lisbon", "No/Where"]),
    country=st.sampled_from(["", "US", "DE", "IR", "AU", "RU"]),
    region=st.sampled_from(["", "TX", "RI", "CA", "NSW"]),
    phone=st.sampled_from(["", "+18005550101", "+17135550101", "+989121234567", "+4930123456", "+1", "nonsense"]),
    store_zone=st.sampled_from(["UTC", "Asia/Tehran", "nonsense"]),
)
any_hours = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda hours: hours[0] < hours[1])
any_facts = st.builds(
    facts,
    kind=st.just(MessageKind.STEP) | st.sampled_from(MessageKind),
    channel=st.sampled_from(Channel),
    planned_at=past,
    episode=st.just(EpisodeState.OPEN) | st.sampled_from(EpisodeState),
    last_activity=past,
    paying_until=st.none() | moments,
    campaign=st.none() | st.sampled_from(CampaignState),
    buyable=st.just(1) | st.just(0),
    consent=st.none()
    | st.builds(dataclasses.replace, st.just(CONSENT), granted=st.booleans(), confirmed=st.booleans()),
    suppressed=st.none() | st.sampled_from(SuppressionReason),
    place=places,
    hours=any_hours,
    sent_in_episode=st.integers(0, 4),
    sms_in_episode=st.integers(0, 2),
    sent_at=st.lists(past, max_size=8).map(lambda times: tuple(sorted(times, reverse=True))),
    frequency_at_most=st.integers(0, 6),
    budget=st.none() | st.just(1),
    budget_used=st.integers(0, 2),
)


@given(any_facts, moments)
@settings(max_examples=200)
def test_whatever_the_facts_are(given_facts: Any, now: datetime) -> None:
    verdict = may_send(given_facts, now)
    assert verdict == may_send(given_facts, now)
    if isinstance(verdict, End):
        assert verdict.reason in END_REASONS
        return
    if isinstance(verdict, Defer):
        assert verdict.reason in DEFERS
        assert verdict.until > now
        again = may_send(given_facts, verdict.until)
        assert verdict.reason in OPEN_ENDED or not isinstance(again, Defer) or again.reason != verdict.reason
        return
    channel_hours = hours_of(given_facts.channel, given_facts.hours, given_facts.place)
    assert is_allowed(now, given_facts.place.zones, channel_hours)
    assert given_facts.consent.granted
    assert not given_facts.suppressed
    assert not given_facts.sent_at or now - given_facts.sent_at[0] >= given_facts.interval


@given(any_facts, moments, st.sampled_from(sorted(ENDING.keys() - {"no_common_hour"})))
@settings(max_examples=100)
def test_one_more_thing_against_it_never_makes_it_sendable(given_facts: Any, now: datetime, more: str) -> None:
    before = may_send(given_facts, now)
    worse = dataclasses.replace(given_facts, **ENDING[more])
    if not isinstance(before, Send) and worse.kind is given_facts.kind and worse.place is given_facts.place:
        assert not isinstance(may_send(worse, now), Send)


def test_asked_until_it_is_sent_or_ended_it_comes_to_an_end() -> None:
    waiting, now = facts(sent_at=(NOW - HOUR,), hours=(15, 18), paying_until=NOW - HOUR), NOW
    assert waiting.consent is not None
    assert waiting.consent.id == UUID(int=1)
    for _ in range(3_000):
        verdict = may_send(waiting, now)
        if not isinstance(verdict, Defer):
            break
        now = verdict.until
    assert verdict == End("too_late")
