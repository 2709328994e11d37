"""Reminders by SMS: asked for at checkout or in the account, said yes to by the number itself, and by nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import passwords
from app.accounts.models import ConsentRow, Customer
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.events import outbox, relay
from app.events.models import OutboxRow
from app.recovery import people, preferences, suppression
from app.recovery.phone_models import PhoneConfirmationRow
from app.recovery.values import Channel, SuppressionReason
from app.stores.service import change_setting
from tests import twilio_stand_in
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.shop import open_checkout
from tests.twilio_stand_in import Twilio
from tests.web.orders.conftest import Buyer
from tests.web.recovery.test_landing import today

__all__ = ["today"]

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"
MOBILE, NUMBER = "0151 23456789", "+4915123456789"
WORDING = "Remind me by SMS if I don't finish"


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with twilio_stand_in.running() as state:
        yield state


@pytest.fixture(autouse=True)
def configured(app: Flask, config: Config, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SMS are sent, by this test and not by a worker."""
    changed = msgspec.structs.replace(
        config,
        callback_origin="https://shop.example",
        twilio_api_url=twilio.url,
        twilio_account_sid=twilio_stand_in.ACCOUNT,
        twilio_auth_token=twilio_stand_in.TOKEN,
        twilio_from=twilio_stand_in.NUMBER,
    )
    monkeypatch.setitem(app.config, "DUALCART", changed)
    woken = outbox._wake
    outbox.wake_with(lambda: None)
    yield
    if woken:
        outbox.wake_with(woken)


class Shop:
    """The store from inside."""

    def __init__(self, app: Flask, store: TestStore, config: Config, twilio: Twilio) -> None:
        self.app, self.store, self.twilio = app, store, twilio
        with app.app_context(), use_store(store.id):
            open_checkout()
            self.thing = make_product("Wool throw", price=5900)
            self.customer_id = make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))

    def inside(self, do: Any, *args: Any, **kwargs: Any) -> Any:
        with self.app.app_context(), use_store(self.store.id):
            answer = do(*args, **kwargs)
            finish_reading()
            return answer

    def sent(self) -> list[dict[str, str]]:
        """What the provider has after the outbox was carried out."""
        with self.app.app_context():
            relay.drain(lambda: datetime.now(UTC) + timedelta(days=1))
        return list(self.twilio.taken.values())

    def code(self) -> str:
        """The code of the newest SMS."""
        found = re.search(r"\b(\d{6})\b", self.sent()[-1]["Body"])
        assert found
        return found[1]

    def consents(self) -> list[Any]:
        return self.rows(select(ConsentRow.__table__).where(ConsentRow.channel == "sms").order_by(ConsentRow.id))

    def customers(self) -> list[Any]:
        return self.rows(select(Customer.__table__).order_by(Customer.id))

    def confirmations(self) -> list[Any]:
        return self.rows(select(PhoneConfirmationRow.__table__).order_by(PhoneConfirmationRow.id))

    def rows(self, query: Any) -> list[Any]:
        return list(self.inside(lambda: db.session.execute(query).all()))


@pytest.fixture
def shop(app: Flask, store: TestStore, config: Config, twilio: Twilio) -> Shop:
    return Shop(app, store, config, twilio)


@pytest.fixture
def guest(app: Flask, store: TestStore, shop: Shop) -> Buyer:
    buyer = Buyer(app, store)
    buyer.adds(shop.thing.variant_id)
    return buyer


@pytest.fixture
def member(app: Flask, store: TestStore, shop: Shop) -> Buyer:
    buyer = Buyer(app, store)
    buyer.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    buyer._token = ""
    return buyer


def test_a_guest_asks_at_checkout_and_the_number_says_yes(shop: Shop, guest: Buyer) -> None:
    page = guest.get("/checkout/delivery").text
    assert re.search(r'name="remind_sms"(?! checked)', page)
    assert guest.delivers(phone=MOBILE, remind_sms="on").location == "/checkout/payment?sms=code"
    assert shop.consents() == [], "ticking is no consent yet"
    page = guest.get("/checkout/payment?sms=code").text
    assert "We sent a code to <bdi>•••6789</bdi>" in page
    [sms] = shop.sent()
    assert (sms["To"], sms["From"]) == (NUMBER, twilio_stand_in.NUMBER)
    assert "Reply STOP" in sms["Body"]
    answer = guest.post("/account/messages/phone/code?next=/checkout/payment", code=shop.code())
    assert answer.location == "/checkout/payment"
    [word] = shop.consents()
    assert (word.granted, word.source, word.locale, word.said_at) == (True, "checkout", "en", NOW)
    assert word.wording.startswith(WORDING)
    contact = shop.customers()[-1]
    assert (contact.phone, contact.phone_confirmed_at) == (NUMBER, NOW)
    assert contact.phone_confirmed_at >= word.said_at, "what decision.py takes for a double opt-in"
    [evidence] = shop.confirmations()
    assert (evidence.confirmed_at, evidence.source, bool(evidence.reference)) == (NOW, "checkout", True)
    page = guest.get("/checkout/delivery").text
    assert "remind_sms" not in page
    assert "We remind you by SMS to <bdi>•••6789</bdi>" in page
    assert "We sent a code" not in guest.get("/checkout/payment?sms=code").text


def test_the_code_is_kept_nowhere(shop: Shop, guest: Buyer) -> None:
    guest.delivers(phone=MOBILE, remind_sms="on")
    payloads = [row.payload for row in shop.rows(select(OutboxRow.__table__))]
    rows = shop.confirmations()
    code = shop.code()
    assert code not in str(payloads)
    assert code not in str(rows).replace(str(rows[0].id), "")


@pytest.mark.parametrize(
    "spelling", ["{0}", " {1} {2} ", "{1}-{2}", "persian"], ids=["bare", "spaced", "dash", "persian"]
)
def test_however_the_code_is_typed(shop: Shop, member: Buyer, spelling: str) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    code = shop.code()
    typed = spelling.format(code, code[:3], code[3:])
    if spelling == "persian":
        typed = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert member.post("/account/messages/phone/code", code=typed).location == "/account/messages?done=1"
    page = member.get("/account/messages?done=1").text
    assert "Your number is confirmed." in page
    assert "•••6789" in page
    [word] = shop.consents()
    assert (word.source, word.granted) == ("account", True)
    assert word.wording.startswith("By typing the code you agree")


def test_wrong_codes_confirm_nothing_and_are_few(shop: Shop, member: Buyer) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    code = shop.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        answer = member.post("/account/messages/phone/code", code=wrong)
        assert answer.status_code == 422
        assert "That code is not right or no longer valid." in answer.text
    assert member.post("/account/messages/phone/code", code=code).status_code == 422
    assert shop.consents() == []
    assert shop.customers()[0].phone == ""


def test_a_code_is_good_for_half_an_hour(
    shop: Shop, member: Buyer, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    code = shop.code()
    monkeypatch.setattr(type(app.config["CLOCK"]), "now", lambda self: NOW + timedelta(minutes=30))
    assert member.post("/account/messages/phone/code", code=code).status_code == 422
    assert shop.consents() == []


def test_another_number_asks_again_and_only_the_newest_code_counts(shop: Shop, member: Buyer) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    first = shop.code()
    member.post("/account/messages/phone/code", code=first)
    member.post("/account/messages/phone", phone="+4915112345678")
    second = shop.code()
    assert shop.customers()[0].phone == NUMBER, "the old one until the new one has said yes"
    assert member.post("/account/messages/phone/code", code=first).status_code == 422
    member.post("/account/messages/phone/code", code=second)
    assert shop.customers()[0].phone == "+4915112345678"
    assert [word.granted for word in shop.consents()] == [True, True]


def test_nobody_confirms_with_anothers_code(shop: Shop, member: Buyer, guest: Buyer) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    code = shop.code()
    guest.delivers()
    assert guest.post("/account/messages/phone/code", code=code).status_code == 422
    assert shop.consents() == []


def test_codes_to_one_number_are_few_whoever_asks(app: Flask, store: TestStore, shop: Shop, member: Buyer) -> None:
    for _ in range(5):
        assert member.post("/account/messages/phone", phone=NUMBER).status_code == 303
    answer = member.post("/account/messages/phone", phone=NUMBER)
    assert answer.status_code == 422
    assert "Codes were asked for too often. Try again tomorrow." in answer.text
    other = Buyer(app, store)
    other.adds(shop.thing.variant_id)
    assert other.delivers(phone=MOBILE, remind_sms="on").location == "/checkout/payment?sms=later"
    assert "No code can be sent" in other.get("/checkout/payment?sms=later").text
    assert len(shop.confirmations()) == 5


def test_from_one_place_not_to_everybody(app: Flask, store: TestStore, shop: Shop) -> None:
    answers = []
    for each in range(21):
        guest = Buyer(app, store)
        guest.adds(shop.thing.variant_id)
        answers.append(guest.delivers(phone=f"+49151234567{each:02}", remind_sms="on").location)
    assert answers == ["/checkout/payment?sms=code"] * 20 + ["/checkout/payment?sms=later"]


@pytest.mark.parametrize("typed", ["", "12", "030 1234567", "+49 30 123456", "hello"])
def test_what_is_no_mobile_number(shop: Shop, member: Buyer, typed: str) -> None:
    answer = member.post("/account/messages/phone", phone=typed)
    assert answer.status_code == 422
    assert "Enter a mobile number" in answer.text
    assert shop.confirmations() == []


def test_at_checkout_a_fixed_line_only_matters_with_the_box(shop: Shop, guest: Buyer) -> None:
    answer = guest.delivers(remind_sms="on")
    assert answer.status_code == 422
    assert "This number gets no SMS." in answer.text
    assert 'name="remind_sms" checked' in answer.text, "what was typed stays"
    assert guest.delivers().location == "/checkout/payment"


@pytest.mark.parametrize("reason", ["stop", "complained", "do_not_call"])
def test_numbers_that_said_no_get_no_code_and_the_page_does_not_tell(shop: Shop, member: Buyer, reason: str) -> None:
    shop.inside(suppression.suppress, "sms", NUMBER, SuppressionReason(reason), now=NOW)
    assert member.post("/account/messages/phone", phone=NUMBER).status_code == 303
    assert shop.sent() == []
    page = member.get("/account/messages/phone").text
    assert "We sent a code to <bdi>•••6789</bdi> by SMS." in page
    assert "send START" in page


def test_withdrawn_and_said_again_by_a_code(shop: Shop, member: Buyer) -> None:
    member.post("/account/messages/phone", phone=NUMBER)
    member.post("/account/messages/phone/code", code=shop.code())
    member.post("/account/messages", channel="sms", on="0")
    assert [word.granted for word in shop.consents()] == [True, False]
    assert not shop.inside(lambda: preferences.choices(shop.customer_id)[Channel.SMS].on)
    answer = member.post("/account/messages", channel="sms", on="1")
    assert answer.location == "/account/messages/phone", "a click alone does not switch them on"
    member.post("/account/messages/phone", phone=NUMBER)
    member.post("/account/messages/phone/code", code=shop.code())
    assert shop.inside(lambda: preferences.choices(shop.customer_id)[Channel.SMS].on)


@pytest.mark.parametrize(
    ("number", "state"),
    [("+14155550001", "failed"), ("+14155550005", "waiting")],
    ids=["refused", "later"],
)
def test_a_provider_that_does_not_take_it(shop: Shop, member: Buyer, number: str, state: str) -> None:
    member.post("/account/messages/phone", phone=number)
    assert shop.sent() == []
    [row] = shop.rows(select(OutboxRow.__table__).where(OutboxRow.topic == "recovery.phone_code"))
    assert row.done_at is None
    assert bool(row.failed_at) is (state == "failed")


def test_only_where_there_is_somebody_to_send(
    app: Flask, config: Config, shop: Shop, guest: Buyer, member: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.inside(change_setting, key="sms_reminders", value=False, actor="test", now=NOW)
    assert "remind_sms" not in guest.get("/checkout/delivery").text
    assert member.get("/account/messages/phone").status_code == 404
    shop.inside(change_setting, key="sms_reminders", value=True, actor="test", now=NOW)
    assert "remind_sms" in guest.get("/checkout/delivery").text
    without = msgspec.structs.replace(config, demo=False, mailbox="")
    monkeypatch.setitem(app.config, "DUALCART", without)
    assert "remind_sms" not in guest.get("/checkout/delivery").text
    guest.delivers(phone=MOBILE, remind_sms="on")
    assert shop.confirmations() == []


def test_what_a_contact_confirmed_comes_along_to_the_account(shop: Shop, guest: Buyer) -> None:
    guest.delivers(phone=MOBILE, remind_sms="on", time_zone="Europe/Berlin")
    guest.post("/account/messages/phone/code", code=shop.code())
    guest.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    account = next(row for row in shop.customers() if row.id == shop.customer_id)
    assert (account.phone, account.time_zone, account.country) == (NUMBER, "Europe/Berlin", "DE")
    assert shop.inside(lambda: preferences.choices(shop.customer_id)[Channel.SMS].on)
    assert len(shop.inside(people.ids_of, shop.customer_id)) == 2


def test_a_guest_sees_their_own_words_alone(shop: Shop, guest: Buyer, member: Buyer) -> None:
    """Whoever types somebody's address at checkout learns nothing of what its owner gets, and cannot undo their no."""
    member.post("/account/messages/phone", phone=NUMBER)
    member.post("/account/messages/phone/code", code=shop.code())
    guest.delivers(email=EMAIL)
    page = guest.get("/account/messages").text
    assert "6789" not in page
    assert "You have said nothing about it yet." in page
    assert "You can say yes at checkout." in page
    assert guest.get("/checkout/delivery").text.count("We remind you") == 0
    shop.inside(suppression.suppress, "email", EMAIL, SuppressionReason.UNSUBSCRIBED, now=NOW)
    guest.post("/account/messages", channel="email", on="1")
    guest.delivers(email=EMAIL, remind="on")
    found = shop.inside(lambda: suppression.find("email", suppression.address_hash("email", EMAIL)))
    assert found is not None


def test_pages_in_persian(shop: Shop, member: Buyer) -> None:
    page = member.get("/account/messages/phone?lang=fa").text
    assert "شمارهٔ موبایل" in page
    member.post("/account/messages/phone", phone=NUMBER)
    assert "لغو" in shop.sent()[-1]["Body"] or "STOP" in shop.sent()[-1]["Body"]
    assert re.search(r"\d{6}", shop.sent()[-1]["Body"]), "Latin digits: phones offer them by themselves"
