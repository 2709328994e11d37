"""Where a message's link leads: for its owner, for a stranger, for scanners; whatever has become of the cart."""

import os
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from app.accounts import passwords
from app.cart.state import Pane
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.events import relay
from app.ids import CustomerId, new_id
from app.promotions.models import CouponRow
from app.recovery import adoption
from app.recovery.links import make_links, revoke
from app.recovery.message_models import LinkRow, MessageEventRow, MessageRow
from tests.applications import another_application
from tests.conftest import NOW, TestStore, browser_at
from tests.factories import hide, make_customer, make_product, sell_also_in, set_price, set_stock
from tests.ordering import cart_of, put
from tests.recovering import close_episode, make_episode, make_message, message_of, path_of
from tests.shop import open_checkout
from tests.web.browser import Browser
from tests.web.orders.conftest import CARD, ENTRIES, hidden

FETCHES = int(os.environ.get("SCANNER_FETCHES", "200"))
EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/133.0", "Accept-Language": "en"}


class Visitor(Browser):
    """A browser as people have one, that reads the key of a link's page."""

    def __init__(self, app: Flask, store: TestStore) -> None:
        super().__init__(app, store)
        self.client.environ_base["HTTP_USER_AGENT"] = PERSON["User-Agent"]
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    def presses(self, page: str, action: str) -> Any:
        """Send the form of a link's page that goes to `action`."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
        assert form, action
        fields = dict(re.findall(r'name="(op_id|key)" value="([^"]+)"', form[0]))
        return self.client.post(action, data=fields)

    @property
    def cookies(self) -> list[str]:
        """What the store has set in this browser."""
        return [cookie.key for cookie in self.client._cookies.values()] if self.client._cookies else []


class Left:
    """A cart that was left, and the link to it."""

    def __init__(self, app: Flask, store: TestStore, config: Config, *, coupon: str = "", **product: Any) -> None:
        self.app, self.store = app, store
        with app.app_context(), use_store(store.id):
            self.customer_id = make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
            self.throw = make_product("Wool throw", price=5900, **product)
            self.kettle = make_product("Kettle", price=6400, fa="کتری")
            self.lamp = make_product("Lamp", price=9900, fa="چراغ")
            put(self.customer_id, self.throw.variant_id, 2)
            put(self.customer_id, self.lamp.variant_id, 1, Pane.NEXT_PURCHASE)
            self.episode_id = make_episode(self.customer_id)
            self.message_id = make_message(self.episode_id, self.customer_id, coupon_code=coupon)
            self.path = path_of(make_links(self.message_id, NOW).recover)

    def inside(self, do: Any, *args: Any, **kwargs: Any) -> Any:
        """Do something in the store."""
        with self.app.app_context(), use_store(self.store.id):
            return do(*args, **kwargs)

    def state(self) -> tuple[Any, ...]:
        """Everything that a fetch must not change."""
        with self.app.app_context(), use_store(self.store.id):
            links = [tuple(row) for row in db.session.execute(select(LinkRow.__table__).order_by(LinkRow.purpose))]
            messages = [tuple(row) for row in db.session.execute(select(MessageRow.__table__))]
            carts = db.session.execute(text("SELECT id, version, updated_at FROM carts ORDER BY id")).all()
            adopted = db.session.execute(text("SELECT count(*) FROM adoptions")).scalar_one()
            finish_reading()
            return links, messages, carts, adopted

    def events(self) -> list[tuple[str, str]]:
        """(kind, agent) of what is on record."""
        with self.app.app_context(), use_store(self.store.id):
            rows = db.session.execute(select(MessageEventRow.kind, MessageEventRow.agent).order_by(MessageEventRow.id))
            found = [(row.kind, row.agent) for row in rows]
            finish_reading()
            return found


@pytest.fixture(autouse=True)
def today(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day on which the tests' carts were left."""
    clock = app.config["CLOCK"]
    monkeypatch.setattr(type(clock), "now", lambda self: NOW)


@pytest.fixture
def left(app: Flask, store: TestStore, config: Config) -> Left:
    return Left(app, store, config)


@pytest.fixture
def stranger(app: Flask, store: TestStore) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def owner(app: Flask, store: TestStore, left: Left) -> Visitor:
    browser = Visitor(app, store)
    assert browser.post("/account/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
    browser._token = ""
    return browser


def test_looking_shows_the_cart_and_changes_nothing(left: Left, stranger: Visitor) -> None:
    before = left.state()
    response = stranger.get(left.path)
    assert response.status_code == 200
    page = response.text
    assert "Welcome back. This is the cart you left on Saturday." in page
    assert "Wool throw" in page
    assert "€118.00" in page
    assert "Not you? Start fresh" in page
    assert "Lamp" not in page, "what waits in next purchase is nobody else's business"
    assert EMAIL not in page
    assert "Shirin" not in page
    assert "Set-Cookie" not in response.headers
    assert response.headers["Referrer-Policy"] == "origin"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert left.state() == before
    assert left.events() == [("visited", "human")]


def test_a_stranger_gets_copies_and_is_nobody(left: Left, stranger: Visitor) -> None:
    page = stranger.get(left.path).text
    answer = stranger.presses(page, left.path)
    assert answer.status_code == 303
    assert stranger.counts() == (1, 0)
    cart = stranger.get("/cart").text
    assert "Welcome back. Your cart is here again, at the prices of today." in cart
    assert "€118.00" in cart
    assert stranger.get("/account").status_code == 303, "nobody is signed in"
    checkout = stranger.get("/checkout/delivery")
    assert EMAIL not in checkout.text
    assert left.events() == [("visited", "human"), ("clicked", "human")]
    message = left.inside(message_of, left.message_id)
    assert (message.state, message.clicked_at) == ("clicked", NOW)
    assert len(left.inside(cart_of, left.customer_id).lines) == 2, "the owner's cart is as it was"


def test_what_was_there_stays_and_the_merge_can_be_undone(left: Left, stranger: Visitor) -> None:
    stranger.adds(left.kettle.variant_id)
    page = stranger.get(left.path).text
    assert "You have 1 item in your cart here already." in page
    stranger.presses(page, left.path)
    cart = stranger.get("/cart").text
    assert "You already had 1 item here, so we kept both. Prices are today&#39;s." in cart
    assert "Undo, only show what I had here" in cart
    assert stranger.counts() == (2, 0)
    undone = stranger.post("/cart/merge/undo")
    assert undone.status_code == 303
    assert stranger.counts() == (1, 0)
    assert "Your cart is as it was before." in stranger.get(undone.location).text


def test_a_double_click_is_one(left: Left, stranger: Visitor, app: Flask, store: TestStore) -> None:
    page = stranger.get(left.path).text
    stranger.presses(page, left.path)
    stranger.presses(page, left.path)
    assert stranger.counts() == (1, 0)
    twin = Visitor(app, store)  # the second of two requests that left before the first answer came
    twin.presses(page, left.path)
    assert twin.counts() == (1, 0)
    with app.app_context(), use_store(store.id):
        assert db.session.execute(text("SELECT count(*) FROM adoptions")).scalar_one() == 1
        finish_reading()
    assert left.events().count(("clicked", "human")) == 1


def test_two_visits_double_nothing(left: Left, stranger: Visitor) -> None:
    for _visit in range(2):
        stranger.presses(stranger.get(left.path).text, left.path)
    assert "€118.00" in stranger.get("/cart").text


def test_whoever_is_signed_in_keeps_their_own_account(left: Left, app: Flask, store: TestStore, config: Config) -> None:
    friend_id = left.inside(
        make_customer, "friend@example.com", password_hash=passwords.hash_password(PASSWORD, config)
    )
    friend = Visitor(app, store)
    friend.post("/account/sign-in", email="friend@example.com", password=PASSWORD)
    friend._token = ""
    friend.adds(left.kettle.variant_id)
    friend.presses(friend.get(left.path).text, left.path)
    assert friend.counts() == (2, 0)
    assert "friend@example.com" in friend.get("/account").text
    assert left.inside(adoption.adopted_by, friend_id) == [left.episode_id]
    friend._token = ""
    friend.post("/cart/merge/undo")
    assert friend.counts() == (1, 0)
    assert left.inside(adoption.adopted_by, friend_id) == [], "what was undone is in no order"


def test_a_guest_who_adopts_is_followed_to_the_checkout(left: Left, app: Flask, store: TestStore) -> None:
    guest = Visitor(app, store)
    guest.presses(guest.get(left.path).text, left.path)
    with app.app_context(), use_store(store.id):
        open_checkout()
    assert guest.post("/checkout/delivery", **{**ENTRIES, "email": "guest@example.com"}).status_code == 303
    with app.app_context(), use_store(store.id):
        contact_id = db.session.execute(text("SELECT id FROM customers WHERE email = 'guest@example.com'")).scalar_one()
        finish_reading()
        assert adoption.adopted_by(contact_id) == [left.episode_id]
        assert adoption.adopted_by(left.customer_id) == []
        finish_reading()
    answer = guest.get(left.path)
    assert answer.status_code == 200, "a contact's cookie is no other contact's"
    contact_message = left.inside(lambda: make_message(make_episode(contact_id), contact_id))
    own = left.inside(lambda: path_of(make_links(contact_message, NOW).recover))
    assert guest.get(own).status_code == 303, "their own cart is theirs by the cookie"


def test_the_owner_goes_straight_to_the_cart(left: Left, owner: Visitor) -> None:
    answer = owner.get(left.path)
    assert (answer.status_code, answer.location) == (303, "/cart?left=2026-11-21")
    page = owner.get(answer.location).text
    assert "Welcome back. This is the cart you left on Saturday." in page
    assert left.events() == [("visited", "human"), ("clicked", "human")]
    ahead = owner.get(left.path, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status_code == 200, "a browser that loads ahead is shown the page"
    assert left.events()[2:] == [("visited", "prefetch")]


@pytest.mark.parametrize("today_is", ["2026-13-40", "x", "0001-01-01", "2030-01-01", ""])
def test_a_day_that_is_none_is_not_said(owner: Visitor, today_is: str) -> None:
    assert "Welcome back" not in owner.get(f"/cart?left={today_is}").text


def test_scanners_change_nothing(left: Left, app: Flask, store: TestStore) -> None:
    before = left.state()
    agents: list[dict[str, str]] = [
        {"User-Agent": "Mozilla/5.0 BingPreview/1.0b"},
        {"User-Agent": "Barracuda Sentinel (EE)"},
        {"User-Agent": "python-requests/2.32"},
        {"User-Agent": PERSON["User-Agent"]},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {**PERSON, "Sec-Purpose": "prefetch;prerender"},
        {"User-Agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"},
        {},
    ]
    for number in range(FETCHES):
        robot = browser_at(app, store)
        fetch = robot.head if number % 3 == 0 else robot.get
        response = fetch(left.path, headers=agents[number % len(agents)])
        assert response.status_code == 200
        assert "Set-Cookie" not in response.headers
    assert left.state() == before
    assert sorted(left.events()) == [("visited", "prefetch"), ("visited", "proxy"), ("visited", "scanner")]


def test_a_scanner_that_presses_the_button_is_not_counted(left: Left, app: Flask, store: TestStore) -> None:
    robot = Visitor(app, store)
    robot.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 Mimecast"
    robot.presses(robot.get(left.path).text, left.path)
    assert left.inside(message_of, left.message_id).state == "sent"
    assert ("clicked", "scanner") in left.events()


def test_the_page_confirms_a_person(left: Left, stranger: Visitor) -> None:
    page = stranger.get(left.path).text
    assert stranger.presses(page, f"{left.path}/seen").status_code == 204
    assert left.inside(message_of, left.message_id).state == "clicked"
    stranger.presses(page, left.path)
    assert left.events().count(("clicked", "human")) == 1, "one visit is one click"


@pytest.mark.parametrize("path", ["", "/seen", "/anew"], ids=["bring back", "seen", "anew"])
def test_a_form_that_this_page_did_not_make_is_refused(left: Left, stranger: Visitor, path: str) -> None:
    before = left.state()
    stranger.get(left.path)
    for fields in ({}, {"op_id": str(uuid4()), "key": "0" * 32}, {"op_id": "x", "key": ""}):
        assert stranger.client.post(left.path + path, data=fields).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert stranger.client.post(left.path + path, data={}, headers=foreign).status_code == 403
    assert left.state() == before


@pytest.mark.parametrize(
    "token", ["x", "A" * 22, "A" * 300, "..%2f..", "%00"], ids=["short", "unknown", "long", "dots", "nul"]
)
def test_a_token_that_is_none(left: Left, stranger: Visitor, token: str) -> None:
    response = stranger.get(f"/r/{token}")
    assert response.status_code == 404
    assert response.text.count("<h1") == 1


def test_a_token_of_another_store_is_none(left: Left, app: Flask, make_store: Any) -> None:
    elsewhere = Visitor(app, make_store())
    assert elsewhere.get(left.path).status_code == 404
    assert "This link does not work, or no longer." in elsewhere.get(left.path).text


def test_an_order_uses_the_link_up(left: Left, stranger: Visitor) -> None:
    page = stranger.get(left.path).text
    left.inside(close_episode, left.episode_id, "recovered")
    for response in (stranger.get(left.path), stranger.presses(page, left.path)):
        assert "You already placed this order on Saturday." in response.text
        assert "See order" in response.text
        assert "Wool throw" not in response.text
    assert stranger.counts() == (0, 0)


def test_an_expired_link_explains_itself_and_sends_another(
    left: Left, stranger: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch, letters: list[Any]
) -> None:
    late = NOW + timedelta(days=7)
    monkeypatch.setattr(type(app.config["CLOCK"]), "now", lambda self: late)
    response = stranger.get(left.path)
    assert response.status_code == 410
    assert "This link has expired." in response.text
    assert "Links in reminders work for 7 days." in response.text
    assert "Wool throw" not in response.text
    answer = stranger.presses(response.text, f"{left.path}/anew")
    assert answer.status_code == 303
    said = stranger.get(answer.location).text
    assert "If this cart is still there, a new link is on its way to the address we wrote to." in said
    assert EMAIL not in said
    with app.app_context():
        relay.drain(lambda: late)
    (letter,) = letters
    assert letter["to"] == EMAIL
    fresh = path_of(letter["params"]["address"])
    assert fresh != left.path
    assert "Wool throw" in stranger.get(fresh).text
    assert stranger.get(left.path).status_code == 404, "the old one stays dead"


def test_letters_with_links_are_few_and_not_for_everything(
    left: Left, stranger: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch, letters: list[Any]
) -> None:
    page = stranger.get(left.path).text
    monkeypatch.setattr(type(app.config["CLOCK"]), "now", lambda self: NOW + timedelta(days=8))
    expired = stranger.get(left.path).text
    for _ in range(5):
        stranger.presses(expired, f"{left.path}/anew")
    with app.app_context():
        relay.drain(lambda: NOW + timedelta(days=8))
    assert len(letters) == 3
    left.inside(close_episode, left.episode_id, "recovered")
    stranger.presses(expired, f"{left.path}/anew")
    with app.app_context():
        relay.drain(lambda: NOW + timedelta(days=8))
    assert len(letters) == 3
    assert page


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have been sent; nobody is woken to send it meanwhile."""
    from app.channels import email
    from app.events import outbox

    sent: list[Any] = []
    monkeypatch.setattr(email, "deliver_letter", lambda payload, _row: sent.append(payload))
    monkeypatch.setattr(outbox, "_wake", lambda: None, raising=False)
    return sent


def test_nobody_tries_tokens_without_end(app: Flask, store: TestStore, config: Config) -> None:
    with another_application(config, rate_limits=True) as limited:
        guesser = browser_at(limited, store)
        statuses = [guesser.get(f"/r/{number:022d}").status_code for number in range(301)]
    assert set(statuses[:300]) == {404}
    assert statuses[300] == 429


def test_a_revoked_link(left: Left, stranger: Visitor) -> None:
    left.inside(revoke, [left.message_id], NOW)
    response = stranger.get(left.path)
    assert response.status_code == 404
    assert "This link does not work, or no longer." in response.text


def test_a_cart_that_is_empty_now(left: Left, stranger: Visitor, owner: Visitor) -> None:
    owner.post("/cart/panes/active/emptying")
    assert "This cart is empty now." in stranger.get(left.path).text


def test_what_came_later_is_nobody_elses_business(left: Left, stranger: Visitor) -> None:
    left.inside(put, left.customer_id, left.kettle.variant_id)
    page = stranger.get(left.path).text
    assert "Wool throw" in page
    assert "Kettle" not in page


def test_prices_and_stock_are_those_of_now(left: Left, stranger: Visitor) -> None:
    left.inside(set_price, left.throw, 7000)
    page = stranger.get(left.path).text
    assert "€140.00" in page
    assert "€118.00" not in page, "what it cost before is nobody else's business"
    left.inside(set_stock, left.throw, 0)
    page = stranger.get(left.path).text
    assert "Sold out" in page
    assert "Nothing of it can be bought right now" in page
    left.inside(hide, left.throw)
    page = stranger.get(left.path).text
    assert "Wool throw is no longer sold." in page
    assert "Nothing of it can be bought any more" in page


def test_a_cart_of_another_currency(left: Left, stranger: Visitor) -> None:
    left.inside(sell_also_in, "USD")
    dollars = left.inside(make_product, "Rug", price=9000, further={"USD": 9900})
    left.inside(__import__("app.stores.directory", fromlist=["forget"]).forget)
    stranger.post("/currency", currency="USD")
    stranger.adds(dollars.variant_id)
    page = stranger.get(left.path).text
    assert "Your cart here is in" in page
    stranger.presses(page, left.path)
    assert stranger.counts() == (1, 1), "what is not sold in dollars waits"
    assert "waits in your next purchase" in stranger.get("/cart").text


def make_coupon(customer_id: CustomerId | None, *, ends_in: int = 5) -> str:
    with transaction() as session:
        session.execute(
            insert(CouponRow).values(
                store_id=session.execute(text("SELECT current_setting('app.store')::uuid")).scalar_one(), id=new_id(),
                code="BACK10", code_key="back10", kind="percent", basis_points=1000, amounts={}, minimums={},
                ends_at=NOW + timedelta(days=ends_in), max_uses=1, used=0, customer_id=customer_id, source="campaign",
                active=True, created_at=NOW - timedelta(days=9),
            )
        )  # fmt: skip
    return "BACK10"


def test_the_discount_is_shown_and_put_on(app: Flask, store: TestStore, config: Config) -> None:
    left = Left(app, store, config, coupon="BACK10")
    left.inside(make_coupon, left.customer_id)
    stranger = Visitor(app, store)
    page = stranger.get(left.path).text
    assert "Code BACK10" in page
    assert "€106.20" in page
    assert "it counts when you order with that" in page
    stranger.presses(page, left.path)
    assert "Code BACK10" in stranger.get("/cart").text


def test_the_owner_gets_the_discount_by_the_button(app: Flask, store: TestStore, config: Config) -> None:
    left = Left(app, store, config, coupon="BACK10")
    left.inside(make_coupon, left.customer_id)
    owner = Visitor(app, store)
    owner.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    owner._token = ""
    before = left.inside(cart_of, left.customer_id)
    page = owner.get(left.path).text
    assert "Open my cart with this discount" in page
    assert "it counts when you order with that" not in page
    assert left.inside(cart_of, left.customer_id) == before, "looking changes nothing"
    answer = owner.presses(page, left.path)
    assert (answer.status_code, answer.location) == (303, "/cart?left=2026-11-21")
    assert "Code BACK10" in owner.get("/cart").text
    assert owner.counts() == (1, 1), "nothing is doubled"
    assert owner.get(left.path).status_code == 303, "it is on: straight to the cart"
    with app.app_context(), use_store(store.id), transaction() as session:
        session.execute(text("UPDATE coupons SET code = 'SMALL', code_key = 'small', basis_points = 500"))
        session.execute(text("UPDATE carts SET coupon = 'SMALL' WHERE coupon IS NOT NULL"))
    left.inside(make_coupon, left.customer_id)
    page = owner.get(left.path).text
    assert "Open my cart with this discount" in page, "a smaller one is on"
    owner.presses(page, left.path)
    assert "Code BACK10" in owner.get("/cart").text


def test_the_discount_of_somebody_else_is_not_put_on(app: Flask, store: TestStore, config: Config) -> None:
    left = Left(app, store, config, coupon="BACK10")
    left.inside(make_coupon, left.customer_id)
    left.inside(make_customer, "friend@example.com", password_hash=passwords.hash_password(PASSWORD, config))
    friend = Visitor(app, store)
    friend.post("/account/sign-in", email="friend@example.com", password=PASSWORD)
    friend._token = ""
    page = friend.get(left.path).text
    assert "The discount in this message is for whoever it was sent to." in page
    assert "BACK10" not in page
    friend.presses(page, left.path)
    assert "BACK10" not in friend.get("/cart").text


def test_a_discount_that_ended_says_so(app: Flask, store: TestStore, config: Config) -> None:
    left = Left(app, store, config, coupon="BACK10")
    left.inside(make_coupon, left.customer_id, ends_in=-1)
    page = Visitor(app, store).get(left.path).text
    assert "BACK10 ended on" in page
    assert page.index("BACK10 ended on") < page.index("Total")


def test_the_page_in_persian(left: Left, stranger: Visitor) -> None:
    page = stranger.get(f"{left.path}?lang=fa").text
    assert "خوش برگشتید. این همان سبدی است که شنبه نیمه‌کاره ماند." in page
    assert "شما نیستید؟ از نو شروع کنید" in page


def test_an_order_by_whoever_it_was_passed_on_to_recovers_the_episode(
    app: Flask, store: TestStore, config: Config
) -> None:
    left = Left(app, store, config)
    left.inside(open_checkout)
    stranger = Visitor(app, store)
    page = stranger.get(left.path).text
    assert stranger.presses(page, left.path).status_code == 303
    entries = {**ENTRIES, "email": "friend@example.com"}
    assert stranger.post("/checkout/delivery", **entries).location == "/checkout/payment"
    assert stranger.post("/checkout/payment", **CARD).location == "/checkout/review"
    review = stranger.get("/checkout/review").text
    agreed = {name: hidden(review, name) for name in ("fingerprint", "total")}
    assert stranger.post("/checkout/order", **agreed).status_code == 303
    states = left.inside(lambda: db.session.execute(text("SELECT state, order_id IS NOT NULL FROM episodes")).all())
    assert states == [("recovered", True)]
