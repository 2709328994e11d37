"""Stopping reminders and choosing them: from a message, by a mail program's button, in the account. At once, with evidence."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.accounts import passwords
from app.accounts.models import ConsentRow, Customer
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.recovery import consent, people, suppression
from app.recovery.links import make_links
from app.recovery.values import Channel, SuppressionReason
from tests.conftest import NOW, TestStore, browser_at
from tests.factories import make_customer, make_product
from tests.ordering import put
from tests.recovering import consents, make_episode, make_message, message_of, path_of
from tests.web.browser import Browser
from tests.web.recovery.test_landing import EMAIL, PASSWORD, Visitor, today

__all__ = ["today"]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Reader:
    """Somebody who was written to, and is about to be again."""

    def __init__(self, app: Flask, store: TestStore, config: Config) -> None:
        self.app, self.store = app, store
        with app.app_context(), use_store(store.id):
            self.id = make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
            self.contact_id = make_customer(EMAIL)
            put(self.id, make_product().variant_id)
            consents(self.id, "email", now=NOW - timedelta(days=2))
            consents(self.id, "sms", now=NOW - timedelta(days=2))
            episode_id = make_episode(self.id)
            self.message_id = make_message(episode_id, self.id)
            self.next_id = make_message(episode_id, self.id, step=2, state="scheduled")
            self.claimed_id = make_message(episode_id, self.id, step=4, state="claimed")
            self.sms_id = make_message(episode_id, self.id, step=3, channel="sms", state="scheduled")
            links = make_links(self.message_id, NOW)
            self.path, self.one_click = path_of(links.preferences), path_of(links.one_click)

    def inside(self, do: Any, *args: Any, **kwargs: Any) -> Any:
        """Do something in the store."""
        with self.app.app_context(), use_store(self.store.id):
            return do(*args, **kwargs)

    def word(self, channel: Channel = Channel.EMAIL) -> Any:
        """The newest word on record."""
        return self.inside(lambda: consent.granted(people.ids_of(self.id), channel))

    def suppressed(self) -> Any:
        """What stands against their address."""
        return self.inside(lambda: suppression.find("email", suppression.address_hash("email", EMAIL)))

    def states(self) -> list[str]:
        """The states of the two emails and the SMS that wait."""
        return [self.inside(message_of, each).state for each in (self.next_id, self.claimed_id, self.sms_id)]

    def log(self) -> list[Any]:
        """All that was ever said."""
        with self.app.app_context(), use_store(self.store.id):
            rows = list(db.session.execute(select(ConsentRow.__table__).order_by(ConsentRow.id)))
            finish_reading()
            return rows


@pytest.fixture
def reader(app: Flask, store: TestStore, config: Config) -> Reader:
    return Reader(app, store, config)


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Visitor:
    return Visitor(app, store)


def test_the_page_asks_first(reader: Reader, visitor: Visitor) -> None:
    before = reader.log()
    response = visitor.get(reader.path)
    assert "Stop cart reminders?" in response.text
    assert "For <bdi>s•••@example.com</bdi>." in response.text
    assert "Order updates still reach you." in response.text
    assert EMAIL not in response.text
    assert "Set-Cookie" not in response.headers
    assert reader.log() == before
    assert reader.states() == ["scheduled", "claimed", "scheduled"]


def test_one_press_stops_at_once_and_another_goes_on(reader: Reader, visitor: Visitor) -> None:
    answer = visitor.presses(visitor.get(reader.path).text, reader.path)
    assert (answer.status_code, answer.location) == (303, reader.path)
    page = visitor.get(reader.path).text
    assert "Done. No more cart reminders." in page
    word = reader.word()
    assert (word.granted, word.wording, word.source) == (False, "Stop cart reminders", "page")
    assert reader.suppressed().reason is SuppressionReason.UNSUBSCRIBED
    assert reader.states() == ["cancelled", "cancelled", "scheduled"], "other channels go on"
    cancelled = reader.inside(message_of, reader.next_id)
    assert (cancelled.reason, cancelled.ended_at) == ("unsubscribed", NOW)
    with reader.app.app_context(), use_store(reader.store.id):
        said = db.session.execute(text("SELECT verdict, reason FROM message_evaluations")).all()
        finish_reading()
    assert [tuple(row) for row in said] == [("end", "unsubscribed")] * 2
    visitor.presses(page, f"{reader.path}/undo")
    assert reader.suppressed() is None
    assert (reader.word().granted, reader.word().wording) == (True, "Cart reminders by email")
    assert "Stop cart reminders?" in visitor.get(reader.path).text
    assert reader.states()[0] == "cancelled", "what was cancelled stays so"


def test_pressing_twice_says_it_once(reader: Reader, visitor: Visitor) -> None:
    page = visitor.get(reader.path).text
    for _ in range(3):
        visitor.presses(page, reader.path)
    assert [row.granted for row in reader.log() if row.channel == "email"] == [True, False]


@pytest.mark.parametrize("body", ["form", "multipart"])
def test_a_mail_programs_button(reader: Reader, app: Flask, store: TestStore, body: str) -> None:
    program = browser_at(app, store)
    kind = {"content_type": "multipart/form-data"} if body == "multipart" else {}
    answer = program.post(reader.one_click, data=ONE_CLICK, **kind)
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Set-Cookie" not in answer.headers
    word = reader.word()
    assert (word.granted, word.source, word.wording) == (False, "one-click", "List-Unsubscribe=One-Click")
    assert reader.states() == ["cancelled", "cancelled", "scheduled"]


@pytest.mark.parametrize(
    ("token", "data"),
    [("x", ONE_CLICK), ("A" * 22, ONE_CLICK), ("A" * 500, ONE_CLICK), (None, {}), (None, {"List-Unsubscribe": "x"})],
    ids=["short", "unknown", "long", "nothing said", "something else"],
)
def test_a_button_that_means_nothing(
    reader: Reader, app: Flask, store: TestStore, token: str | None, data: dict[str, str]
) -> None:
    before = reader.log()
    path = f"/u/{token}/one-click" if token else reader.one_click
    assert browser_at(app, store).post(path, data=data).status_code == 200
    assert reader.log() == before
    assert reader.suppressed() is None


def test_the_headers_address_opened_by_hand_asks_first(reader: Reader, visitor: Visitor) -> None:
    answer = visitor.get(reader.one_click)
    assert (answer.status_code, answer.location) == (303, reader.path)
    assert reader.suppressed() is None


def test_another_store_knows_nothing_of_it(reader: Reader, app: Flask, make_store: Any) -> None:
    elsewhere = Visitor(app, make_store())
    assert elsewhere.get(reader.path).status_code == 404
    assert elsewhere.client.post(reader.one_click, data=ONE_CLICK).status_code == 200
    assert reader.suppressed() is None


@pytest.mark.parametrize("path", ["", "/undo", "/choices"], ids=["stop", "undo", "choices"])
def test_forms_of_no_page_of_ours_are_refused(reader: Reader, visitor: Visitor, path: str) -> None:
    before = reader.log()
    assert visitor.client.post(reader.path + path, data={"op_id": str(uuid4()), "key": "0" * 32}).status_code == 403
    assert reader.log() == before


def test_a_recovery_link_is_no_stop_link(reader: Reader, visitor: Visitor) -> None:
    recover = path_of(reader.inside(make_links, reader.message_id, NOW).recover)
    assert visitor.get(recover.replace("/r/", "/u/")).status_code == 404
    assert visitor.get(reader.path.replace("/u/", "/r/")).status_code == 404


def test_scanners_of_the_stop_link_change_nothing(reader: Reader, app: Flask, store: TestStore) -> None:
    before = reader.log(), reader.states()
    for path in (reader.path, reader.one_click, f"{reader.path}/choices"):
        for method in ("get", "head"):
            assert getattr(browser_at(app, store), method)(path).status_code in (200, 303)
    assert (reader.log(), reader.states()) == before


def test_an_old_link_still_stops(
    reader: Reader, app: Flask, store: TestStore, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visitor.get(reader.path).text
    monkeypatch.setattr(type(app.config["CLOCK"]), "now", lambda self: NOW + timedelta(days=500))
    assert visitor.get(reader.path).status_code == 404
    visitor.presses(page, reader.path)
    assert reader.suppressed() is not None
    assert visitor.presses(page.replace(f'action="{reader.path}"', f'action="{reader.path}/undo"'),
                           f"{reader.path}/undo").status_code == 404  # fmt: skip


def test_choosing_by_channel(reader: Reader, visitor: Visitor) -> None:
    page = visitor.get(f"{reader.path}/choices").text
    assert "You said yes on 19 November 2026, at checkout." in page
    assert "There is no confirmed phone number." in page
    assert EMAIL not in page


def press(visitor: Browser, path: str, channel: str) -> Any:
    """Press the switch of a channel's row."""
    page = visitor.get(path).text
    row = re.search(rf'<li class="choice" id="{channel}".*?</li>', page, re.DOTALL)
    assert row
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', row[0]))
    return visitor.client.post(path, data=fields)


def test_switching_a_channel_off_and_on(reader: Reader, visitor: Visitor) -> None:
    assert press(visitor, f"{reader.path}/choices", "email").status_code == 303
    assert reader.suppressed().reason is SuppressionReason.UNSUBSCRIBED
    assert "You said no on 21 November 2026, on the page of a message." in visitor.get(f"{reader.path}/choices").text
    press(visitor, f"{reader.path}/choices", "email")
    assert reader.suppressed() is None
    assert reader.word().granted


def test_a_confirmed_phone_is_shown_by_its_end(reader: Reader, visitor: Visitor) -> None:
    def confirm() -> None:
        with transaction() as session:
            session.execute(
                update(Customer).where(Customer.id == reader.id).values(phone="+491701234567", phone_confirmed_at=NOW)
            )

    reader.inside(confirm)
    page = visitor.get(f"{reader.path}/choices").text
    assert "•••4567" in page
    assert "170123" not in page
    press(visitor, f"{reader.path}/choices", "sms")
    assert reader.states() == ["scheduled", "claimed", "cancelled"]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_what_is_not_theirs_to_lift(reader: Reader, visitor: Visitor, reason: str) -> None:
    reader.inside(suppression.suppress, "email", EMAIL, SuppressionReason(reason), now=NOW)
    page = visitor.get(f"{reader.path}/choices").text
    assert "We do not write to this address" in page
    press(visitor, f"{reader.path}/choices", "email")
    assert reader.suppressed().reason == reason
    assert "Undo" not in visitor.get(reader.path).text


def test_a_weightier_reason_is_not_forgotten(reader: Reader, app: Flask, store: TestStore) -> None:
    reader.inside(suppression.suppress, "email", EMAIL, SuppressionReason.COMPLAINED, now=NOW)
    browser_at(app, store).post(reader.one_click, data=ONE_CLICK)
    assert reader.suppressed().reason is SuppressionReason.COMPLAINED
    reader.inside(suppression.suppress, "email", EMAIL, SuppressionReason.ERASED, now=NOW)
    assert reader.suppressed().reason is SuppressionReason.ERASED


def test_the_account_has_the_same_switches(reader: Reader, visitor: Visitor) -> None:
    assert visitor.get("/account/messages").status_code == 303, "only for whoever is signed in"
    visitor.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    visitor._token = ""
    assert 'href="/account/messages"' in visitor.get("/account").text
    page = visitor.get("/account/messages").text
    assert "Messages I get" in page
    assert "s•••@example.com" in page
    press(visitor, "/account/messages", "email")
    word = reader.word()
    assert (word.granted, word.source) == (False, "account")
    assert reader.states() == ["cancelled", "cancelled", "scheduled"]
    press(visitor, "/account/messages", "email")
    assert reader.word().granted
    token = visitor.token
    answer = visitor.client.post("/account/messages", data={"csrf_token": token, "channel": "pigeon", "on": "1"})
    assert answer.status_code == 404


def test_a_contact_with_the_same_address_is_the_same_person(reader: Reader, app: Flask, store: TestStore) -> None:
    browser_at(app, store).post(reader.one_click, data=ONE_CLICK)
    word = reader.inside(lambda: consent.granted(people.ids_of(reader.contact_id), "email"))
    assert not word.granted


def test_the_page_in_persian(reader: Reader, visitor: Visitor) -> None:
    page = visitor.get(f"{reader.path}?lang=fa").text
    assert "یادآوری سبد را متوقف کنیم؟" in page
    assert "برای <bdi>s•••@example.com</bdi>." in page
    assert "پیام‌های مربوط به سفارش همچنان می‌رسد." in page
