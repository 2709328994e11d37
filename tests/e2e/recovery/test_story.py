"""From a cart that is left to the order and past it: pages, rounds, the gate, SMTP, links and figures, with the clock moved.

Everything is the real thing but for two: the clock is ahead, and the rounds are told of this test's store alone.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import text

from app.clock import Clock
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.demo.reminders import seed_campaigns
from app.embedded.mail import MailServer
from app.events import relay
from app.money import Money
from app.recovery import breaker, reports, rounds, wiring
from app.recovery.attribution import CreditKind
from app.recovery.reports import By, Period
from app.stores import directory
from app.stores.service import change_setting
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.recovering import path_of
from tests.shop import open_checkout
from tests.web.orders.conftest import Buyer
from tests.web.recovery.test_landing import PERSON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class MovedClock(Clock):
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        super().__init__(lambda: self.ahead)
        self.ahead = timedelta(0)


class Story:
    """A store with the campaigns that the demo begins with, nobody held out, in an application whose clock is moved."""

    def __init__(self, app: Flask, store: TestStore, mail: MailServer) -> None:
        self.app, self.store, self.mail = app, store, mail
        self.clock: MovedClock = app.config["CLOCK"]
        self.began = self.clock.now()
        with app.app_context(), use_store(store.id):
            open_checkout()
            change_setting(key="holdout_percent", value=0, actor="test", now=self.began)
            seed_campaigns(self.began)
            self.throw: MadeProduct = make_product("Wool throw", price=5900, available=5)
            self.kettle: MadeProduct = make_product("Kettle", price=6400, available=5, fa="کتری")
        self.minute()

    def minute(self) -> None:
        """What the worker does each minute."""
        with self.app.app_context():
            with transaction() as session:
                session.execute(text("DELETE FROM task_slots"))  # the database's clock stands where it stood
            assert rounds.find_abandoned(self.clock.now()) is not None
            assert rounds.salvage_abandoned(self.clock.now()) is not None
            assert rounds.expire_carts(self.clock.now()) is not None
            assert rounds.deliver_due(self.clock.now) is not None
            relay.drain(self.clock.now)

    def until(self, since: datetime, after: timedelta) -> None:
        """Move the clock to this long `after` a moment, and let a minute pass."""
        self.clock.ahead += since + after - self.clock.now()
        self.minute()

    def shopper(self) -> Buyer:
        """A person with a browser, not known yet."""
        buyer = Buyer(self.app, self.store)
        buyer.client.environ_base["HTTP_USER_AGENT"] = PERSON["User-Agent"]
        buyer.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = PERSON["Accept-Language"]
        return buyer

    def reminders(self, to: str) -> list[EmailMessage]:
        """What was written about a cart to this address, oldest first."""
        received = [message.parsed for message in self.mail.messages if message.recipients == (to,)]
        return [message for message in received if message["List-Unsubscribe"]]

    def rows(self, statement: str) -> list[Any]:
        """What the store's tables say."""
        with self.app.app_context(), use_store(self.store.id):
            found = list(db.session.execute(text(statement)).all())
            finish_reading()
            return found

    def period(self) -> Period:
        """From the beginning until now."""
        return Period(self.began - HOUR, self.clock.now() + HOUR)

    def assert_in_order(self) -> None:
        """What must hold of every row does."""
        result = self.app.test_cli_runner().invoke(args=["recovery", "check", "--store", self.store.slug])
        assert result.exit_code == 0, result.output


@pytest.fixture
def story(
    app: Flask, config: Config, store: TestStore, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Story]:
    monkeypatch.setitem(app.config, "DUALCART", msgspec.structs.replace(config, smtp_url=mail.url))
    monkeypatch.setattr(directory, "list_stores", lambda: [(store.id, store.slug)])
    with app.app_context():
        wiring.connect()
        breaker.worked("smtp")
    monkeypatch.setitem(app.config, "CLOCK", MovedClock())
    yield Story(app, store, mail)
    with app.app_context(), use_store(store.id), transaction() as session:
        session.execute(text("UPDATE messages SET state = 'cancelled', reason = 'test' WHERE state = 'scheduled'"))


def link_in(message: EmailMessage) -> str:
    """Where the message's button leads, as a browser at the store asks for it."""
    body = message.get_body(("plain",))
    assert body
    found = re.search(r"https?://\S+/r/[\w-]{22}", body.get_content())
    assert found, body.get_content()
    return path_of(found[0])


def leaves(story: Story, buyer: Buyer, email: str) -> datetime:
    """Fill a cart, agree to reminders on the delivery page, and leave; when that was."""
    buyer.adds(story.throw.variant_id)
    buyer.adds(story.kettle.variant_id)
    assert buyer.delivers(email=email, remind="on").location == "/checkout/payment"
    return story.clock.now()


def test_three_reminders_a_click_an_order_and_never_another_word(story: Story) -> None:
    address = f"shirin@{story.store.slug}.example"
    at_the_desk = story.shopper()
    left = leaves(story, at_the_desk, address)

    for after, expected in [
        (29 * HOUR / 60, 0), (31 * HOUR / 60, 0), (59 * HOUR / 60, 0), (61 * HOUR / 60, 1),
        (23 * HOUR, 1), (25 * HOUR + HOUR / 30, 2), (71 * HOUR, 2), (72 * HOUR + HOUR / 60, 3),
    ]:  # fmt: skip
        story.until(left, after)
        assert len(story.reminders(address)) == expected, after
    assert story.rows("SELECT DISTINCT channel FROM messages") == [("email",)]
    assert len({message["Subject"] for message in story.reminders(address)}) == 3

    story.until(left, 73 * HOUR)
    third = story.reminders(address)[2]
    path, on_the_phone = link_in(third), story.shopper()
    before = story.rows("SELECT state, clicked_at FROM messages ORDER BY step")
    page = on_the_phone.get(path)
    assert (page.status_code, page.headers.getlist("Set-Cookie")) == (200, [])
    assert story.rows("SELECT state, clicked_at FROM messages ORDER BY step") == before
    assert story.rows("SELECT 1 FROM adoptions") == []
    form = re.search(rf'<form[^>]*action="{re.escape(path)}".*?</form>', page.text, re.DOTALL)
    assert form
    pressed = on_the_phone.client.post(path, data=dict(re.findall(r'name="(op_id|key)" value="([^"]+)"', form[0])))
    assert (pressed.status_code, pressed.location) == (303, "/cart")
    assert on_the_phone.counts() == (2, 0)

    story.until(left, 73 * HOUR + HOUR / 60)
    on_the_phone.delivers(email=address)
    on_the_phone.pays()
    ordered = on_the_phone.orders()
    assert ordered.status_code == 303, ordered.text
    [(order_id, total, discount)] = story.rows("SELECT id, total, discount FROM orders WHERE number IS NOT NULL")
    assert discount == 1_230, "the tenth that the third message promised"
    story.minute()
    for days in (4, 7, 8, 15, 31):
        story.until(left, days * DAY)
    assert len(story.reminders(address)) == 3
    assert story.rows("SELECT state, order_id FROM episodes") == [("recovered", order_id)]

    with story.app.app_context(), use_store(story.store.id):
        [earned] = reports.list_earned(story.period())
        [entered] = reports.list_entered(story.period())
        sent = reports.list_sent(story.period(), By.STEP)
        by_step = reports.list_earned_by(story.period(), By.STEP)
        finish_reading()
    assert (earned.kind, earned.held_out, earned.campaign_id) == (CreditKind.LAST_CLICK, False, entered.campaign_id)
    assert (earned.credited.orders, earned.credited.net) == (1, Money(total, "EUR"))
    assert (entered.entered, entered.recovered, entered.held_out) == (1, 1, 0)
    assert [(row.key, row.sent, row.clicked) for row in sent] == [(("1",), 1, 0), (("2",), 1, 0), (("3",), 1, 1)]
    assert by_step == {("3",): {CreditKind.LAST_CLICK: (earned.credited,)}}
    story.assert_in_order()


def test_the_owners_own_browser_goes_straight_to_the_cart(story: Story) -> None:
    address = f"leon@{story.store.slug}.example"
    buyer = story.shopper()
    left = leaves(story, buyer, address)
    story.until(left, 31 * HOUR / 60)
    story.until(left, 61 * HOUR / 60)
    [first] = story.reminders(address)
    story.until(left, 2 * HOUR)
    answer = buyer.get(link_in(first))
    assert answer.status_code == 303
    assert answer.location.startswith("/cart?left=")
    assert buyer.counts() == (2, 0)
    buyer.delivers(email=address)
    buyer.pays()
    assert buyer.orders().status_code == 303
    story.minute()
    for days in (1, 3, 8):
        story.until(left, days * DAY)
    assert len(story.reminders(address)) == 1
    assert story.rows("SELECT state, reason FROM messages ORDER BY step") == [
        ("clicked", "all_clear"),
        ("cancelled", "episode_recovered"),
        ("cancelled", "episode_recovered"),
    ]
    [(total,)] = story.rows("SELECT total FROM orders WHERE number IS NOT NULL")
    assert story.rows("SELECT kind, amount FROM attributions") == [("last_click", total)]
    story.assert_in_order()


def test_ignored_saved_for_later_and_put_back_by_the_next_order(story: Story) -> None:
    address = f"parvaneh@{story.store.slug}.example"
    buyer = story.shopper()
    left = leaves(story, buyer, address)
    for after in (31 * HOUR / 60, 61 * HOUR / 60, 26 * HOUR, 73 * HOUR, 6.9 * DAY):
        story.until(left, after)
    assert len(story.reminders(address)) == 3
    assert buyer.counts() == (2, 0)

    story.until(left, 7 * DAY + HOUR / 60)
    assert story.rows("SELECT state FROM episodes") == [("salvaged",)]
    assert buyer.counts() == (0, 2)
    story.until(left, 7 * DAY + HOUR)
    notice = story.reminders(address)[3]
    assert "saved your items" in notice["Subject"].lower()

    story.until(left, 8 * DAY)
    page = story.shopper().get(link_in(notice))
    assert (page.status_code, buyer.counts()) == (200, (0, 2)), "looking changes nothing"
    with story.app.app_context(), use_store(story.store.id):
        lamp = make_product("Lamp", price=9900)
    buyer.adds(lamp.variant_id)
    assert buyer.counts() == (3, 0), "auto-activated"
    for days in (9, 10):
        story.until(left, days * DAY)
    buyer.delivers(email=address)
    buyer.pays()
    assert buyer.orders().status_code == 303
    story.minute()
    written = len(story.reminders(address))
    for days in (11, 14, 20):
        story.until(left, days * DAY)
    assert len(story.reminders(address)) == written
    [(total,)] = story.rows("SELECT total FROM orders WHERE number IS NOT NULL")
    assert story.rows("SELECT amount, returned FROM attributions") == [(total, 0)]
    story.assert_in_order()
