"""Where people live, from what their browser and their address say, up to the hour at which an SMS may leave."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.accounts.whereabouts import known_zone
from app.database.tenancy import use_store
from app.orders.addresses import iso_region
from app.recovery import breaker, delivery, suppression
from app.recovery.phones import code_of
from app.recovery.values import Channel
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import LEFT, Scripted, episode, evaluations, leave, message, row_of
from tests.web.orders.conftest import ENTRIES, Buyer
from tests.web.recovery.test_phones import Shop, configured, guest, member, shop, twilio

__all__ = ["configured", "guest", "member", "shop", "twilio"]

EIGHT = datetime(2031, 3, 4, 16, 0, tzinfo=UTC)  # a Tuesday, 8:00 in Los Angeles
LOS_ANGELES = {
    **ENTRIES,
    "phone": "(213) 373-4253",
    "country": "US",
    "street": "742 Evergreen Terrace",
    "postcode": "90012",
    "city": "Los Angeles",
    "region": "CA",
    "delivery": "post",
    "time_zone": "America/Los_Angeles",
}


@pytest.fixture
def at_night(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop is visited on the night before."""
    monkeypatch.setattr(type(app.config["CLOCK"]), "now", lambda self: LEFT)


@pytest.fixture
def scripted(app: Flask, store: TestStore) -> Iterator[Scripted]:
    made = Scripted(channels=(Channel.SMS,))
    with app.app_context(), use_store(store.id):
        breaker.worked(made.provider.name)
        delivery.connect(made.parts(address_hash=suppression.address_hash))
    yield made
    with app.app_context(), use_store(store.id):
        delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=store.id)


@pytest.mark.parametrize("known_by", ["all", "address", "zone"])
def test_nobody_in_los_angeles_is_woken(
    at_night: None, shop: Shop, guest: Buyer, scripted: Scripted, known_by: str
) -> None:
    entries = {
        "all": LOS_ANGELES,
        "address": {**LOS_ANGELES, "phone": "+49 1512 3456789", "time_zone": ""},
        "zone": {**ENTRIES, "phone": "(213) 373-4253", "country": "US", "delivery": "post", "postcode": "90012",
                 "region": "CA", "time_zone": "America/Los_Angeles"},
    }[known_by]  # fmt: skip
    assert guest.delivers(**entries, remind_sms="on").location == "/checkout/payment?sms=code"
    code = shop.inside(lambda: code_of(shop.confirmations()[0].id))
    assert guest.post("/account/messages/phone/code", code=code).status_code == 303
    customer = shop.customers()[-1]
    assert (customer.country, customer.region) == ("US", "CA")
    assert customer.phone_confirmed_at == LEFT
    message_id = shop.inside(due_to, scripted, customer.id)
    before = EIGHT - timedelta(minutes=1)
    shop.inside(delivery.deliver, lambda: before)
    deferred = shop.inside(evaluations, message_id)[-1]
    assert (deferred.verdict, deferred.reason, deferred.until) == ("defer", "quiet_hours", EIGHT)
    assert scripted.provider.taken == []
    shop.inside(delivery.deliver, lambda: EIGHT)
    assert shop.inside(row_of, message_id).state == "sent"
    assert scripted.provider.taken == [message_id]


def due_to(scripted: Scripted, customer_id: UUID) -> UUID:
    """An SMS about the cart that this customer has left."""
    leave(customer_id)
    return message(episode(scripted.campaign(), customer_id), customer_id, channel="sms")


def test_an_order_says_where_it_goes(shop: Shop, guest: Buyer) -> None:
    guest.delivers(time_zone="Europe/Berlin")
    with_address = shop.customers()[-1]
    assert (with_address.country, with_address.region, with_address.time_zone) == ("DE", "", "Europe/Berlin")
    shop.inside(lambda: delivering.change("customers", "country = ''", id=with_address.id))
    guest.pays()
    assert guest.orders().status_code == 303
    assert shop.customers()[-1].country == "DE", "said again when the order is placed"


def test_the_account_tells_the_zone(shop: Shop, member: Buyer) -> None:
    page = member.get("/account/messages").text
    assert 'name="time_zone"' in page
    assert "js/zone.js" in page
    member.post("/account/messages", channel="email", on="0", time_zone="Asia/Tehran")
    assert shop.customers()[0].time_zone == "Asia/Tehran"
    member.post("/account/messages", channel="email", on="0", time_zone="Mars/Olympus")
    assert shop.customers()[0].time_zone == "Asia/Tehran", "nonsense changes nothing"


@pytest.mark.parametrize("typed", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "x" * 5000, "Europe/Berlin\0"],
                         ids=["empty", "unknown", "dots", "absolute", "long", "nul"])  # fmt: skip
def test_what_is_no_zone(typed: str) -> None:
    assert known_zone(typed) == ""


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [
        ("US", "California", "CA"),
        ("US", "CA", "CA"),
        ("US", "Armed Forces (AE)", ""),
        ("MX", "Jal.", "JAL"),
        ("CA", "Québec", "QC"),
        ("DE", "Berlin", ""),
        ("US", "Atlantis", ""),
        ("US", "", ""),
    ],
)
def test_regions_by_their_names(country: str, region: str, code: str) -> None:
    assert iso_region(country, region) == code
