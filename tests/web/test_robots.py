"""What robots get: every page, and nothing of ours: no key in Redis, no row in PostgreSQL, no cart."""

import os
from itertools import cycle, islice

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.cache.client import client
from app.cart import history, repository
from app.config import Config
from app.database.tenancy import use_store
from app.web.visitors import Visitor, current_visitor
from tests.conftest import TestStore, browser_at
from tests.factories import MadeProduct, make_customer, make_product
from tests.web.browser import Browser

VISITS = int(os.environ.get("ROBOT_VISITS", "1000"))
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
HEADLESS = CHROME.replace("Chrome", "HeadlessChrome")
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GPT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
UNKNOWN = "Somebody/1.0 (+https://somebody.example/robot)"
GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product()


def visiting(app: Flask, store: TestStore, user_agent: str, **headers: str) -> Browser:
    """A browser that sends these headers with everything."""
    browser = Browser(app, store)
    browser.client.environ_base["HTTP_USER_AGENT"] = user_agent
    for name, value in headers.items():
        browser.client.environ_base[f"HTTP_{name}"] = value
    return browser


@pytest.mark.parametrize(
    ("user_agent", "headers", "kind"),
    [
        (CHROME, GERMAN, Visitor.PERSON),
        (PHONE, GERMAN, Visitor.PERSON),
        (CHROME, {}, Visitor.SUSPECT),
        ("", GERMAN, Visitor.SUSPECT),
        ("curl/8.5.0", GERMAN, Visitor.SUSPECT),
        (HEADLESS, GERMAN, Visitor.SUSPECT),
        (UNKNOWN, GERMAN, Visitor.SUSPECT),
        (GOOGLE, GERMAN, Visitor.DECLARED_BOT),
        (GPT, {}, Visitor.DECLARED_BOT),
        ("x" * 100_000 + "Googlebot/", GERMAN, Visitor.PERSON),
    ],
    ids=[
        "browser",
        "phone called bot",
        "no language",
        "no name",
        "curl",
        "headless",
        "address",
        "google",
        "gpt",
        "long",
    ],
)
def test_what_a_visitor_is(app: Flask, user_agent: str, headers: dict[str, str], kind: Visitor) -> None:
    with app.test_request_context("/", headers={"User-Agent": user_agent, **headers}):
        assert current_visitor() is kind


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_declared_robot_gets_no_cart(app: Flask, store: TestStore, throw: MadeProduct, htmx: bool) -> None:
    robot = visiting(app, store, GOOGLE)
    response = robot.adds(throw.variant_id, htmx=htmx)
    assert response.status_code == 403
    assert "Robots may read here, but change nothing." in response.text
    assert robot.client.get_cookie("cart", domain=store.host) is None
    assert robot.get("/cart").status_code == 200
    for path in ("/account/sign-in", "/account/register"):
        assert robot.post(path, email="a@example.com", password="walnut teapot on a shelf").status_code == 403


def test_what_only_looks_like_a_robot_is_served_and_remembered(
    app: Flask, store: TestStore, throw: MadeProduct, config: Config
) -> None:
    with app.app_context(), use_store(store.id):
        customer_id = make_customer("a@example.com", password_hash=passwords.hash_password("walnut teapot", config))
    browser = visiting(app, store, HEADLESS, ACCEPT_LANGUAGE="en")
    browser.adds(throw.variant_id)
    with app.app_context(), use_store(store.id):
        key = next(key for key in map(bytes.decode, keys_of(store)) if "guest-cart" in key and "history" not in key)
        assert b'"by":"suspect"' in (client().hget(key, "doc") or b"")  # type: ignore[operator]
    browser.post("/account/sign-in", email="a@example.com", password="walnut teapot")
    browser._token = ""
    browser.client.environ_base["HTTP_USER_AGENT"] = CHROME
    browser.adds(throw.variant_id)
    with app.app_context(), use_store(store.id):
        stored = repository.find_open(customer_id)
        assert stored
        said = [logged.actor for logged in history.list_events(stored.id)]
    assert said == [f"customer:{customer_id} suspect"] * 2 + [f"customer:{customer_id}"]


def test_a_flood_of_visits_leaves_nothing(
    app: Flask, store: TestStore, throw: MadeProduct, owner_engine: Engine
) -> None:
    """Robots, declared or not, that look at everything, each without the cookies of its last visit."""
    paths = ("/", "/products", f"/products/{throw.handle}", "/cart", "/cart/items", "/account/sign-in", "/nowhere")
    names = (GOOGLE, GPT, UNKNOWN, HEADLESS, CHROME, "")
    browser_at(app, store).get("/")
    with app.app_context():
        before = keys_of(store), rows(owner_engine)
    statuses = set()
    for number, (path, name) in enumerate(islice(zip(cycle(paths), cycle(names)), VISITS)):
        robot = browser_at(app, store)
        method = robot.head if number % 10 == 0 else robot.get
        statuses.add(method(path, headers={"User-Agent": name}).status_code)
    assert statuses == {200, 404, 405}
    with app.app_context():
        assert (keys_of(store), rows(owner_engine)) == before


def keys_of(store: TestStore) -> set[bytes]:
    """Every key of a store, and those of no store that visits might make."""
    return {key for key in client().scan_iter(count=1000) if str(store.id).encode() in key or b"limit" in key}


def rows(owner_engine: Engine) -> dict[str, int]:
    """How many rows each table has: nobody else uses this worker's database."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with Session(owner_engine) as session:
        names = session.execute(text(tables)).scalars().all()
        counted = {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}
    assert counted["products"]
    return counted
