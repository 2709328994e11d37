"""What messages added is kept as it was reckoned, and reckoned anew when it is old."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.recovery import revenue
from app.recovery.reports import Period, last_days
from app.recovery.rollups import measured
from app.stores import directory
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.measuring import make_campaign, make_episode, make_order

DAY = timedelta(days=1)


def test_what_is_kept_is_what_was_measured(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store, campaign = directory.get(current_store_id()), make_campaign()
    for number in range(6):
        customer = make_customer(f"k{number}@example.com")
        make_episode(
            customer,
            arm="holdout" if number % 3 == 0 else "campaign",
            campaign_id=campaign,
            opened_at=NOW - 20 * DAY,
            bucket=10 if number % 3 == 0 else 5_000,
        )
        if number % 2:
            revenue.credit(make_order(customer, 10**12 + number, at=NOW - 19 * DAY))
    assert measured.renew(store, NOW) == 4
    period = last_days(28, ZoneInfo(store.time_zone), NOW)
    kept = measured.list_kept(28, "EUR")
    assert set(kept) == {None, campaign}
    assert kept[campaign].uplift == measured.measure(store, period, NOW, campaign)
    assert kept[None].uplift.campaign.squares > 2**63
    assert kept[None].measured_at == NOW
    assert measured.renew(store, NOW + timedelta(minutes=9)) == 0
    assert measured.renew(store, NOW + timedelta(minutes=11)) == 4, "few carts cost next to nothing"
    monkeypatch.setattr(measured, "FEW", 3)
    assert measured.renew(store, NOW + timedelta(minutes=70)) == 0
    assert measured.renew(store, NOW + timedelta(minutes=72)) == 2, "the longer period waits for longer"
    assert measured.renew(store, NOW - DAY) == 4, "a clock that was put back"
    finish_reading()


def test_days_are_those_of_the_stores_calendar() -> None:
    tehran = ZoneInfo("Asia/Tehran")
    assert last_days(1, tehran, NOW) == Period(NOW.replace(hour=20, minute=30) - DAY, NOW)
    assert last_days(28, tehran, NOW).since == NOW.replace(hour=20, minute=30) - 28 * DAY
