"""Reminders in a real browser: turned on and off, shown by the service worker, opened in the tab that is there.

What needs the internet is the browser's push service alone: the page's PushManager is a made-up one that gives keys as
Chromium does; what was pushed comes by the DevTools protocol instead.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect
from sqlalchemy import select

from app.accounts import passwords
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.demo.accounts import PASSWORD as STAFF_PASSWORD
from app.demo.accounts import seed_accounts
from app.recovery import campaigns
from app.recovery.message_models import PushSubscriptionRow
from app.recovery.values import Channel
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations, web_server
from tests.factories import MadeProduct, make_customer, make_product
from tests.push_service_stand_in import Browser as Subscriber
from tests.servers import WHOLE_BROWSERS, find_browser
from tests.vapid_key import write_vapid_key

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/e2e"
WORDS = {
    "en": ("Remind me in this browser", "Turn reminders off", "Reminders are on in this browser.", "Reminders are off."),
    "fa": ("در همین مرورگر یادآوری کن", "خاموش کردن یادآوری‌ها", "یادآوری در این مرورگر روشن است.", "یادآوری‌ها خاموش است."),
}  # fmt: skip

# A subscription outlives a page, so the made-up one is kept where the browser would keep it: beside the site.
MADE_UP = """({ endpoint, p256dh, auth }) => {
  const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0)).buffer;
  const made = key => ({
    endpoint, options: { applicationServerKey: bytes(key), userVisibleOnly: true },
    getKey: name => bytes(name === 'auth' ? auth : p256dh),
    unsubscribe: async () => { localStorage.removeItem('made-up'); return true; },
  });
  const base64url = bytes => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  PushManager.prototype.subscribe = async options => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new TypeError();
    localStorage.setItem('made-up', base64url(options.applicationServerKey));
    return made(localStorage.getItem('made-up'));
  };
  PushManager.prototype.getSubscription = async () => localStorage.getItem('made-up') ? made(localStorage.getItem('made-up')) : null;
}"""


@pytest.fixture(scope="module")
def browser(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """The whole of it: Chromium's headless shell shows no notices."""
    whole = {**browser_type_launch_args, "executable_path": find_browser(WHOLE_BROWSERS)}
    launched = browser_type.launch(**whole)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def pushing(app: Flask, config: Config, tmp_path_factory: Any) -> Iterator[int]:
    """The port of a server with a key."""
    folder = tmp_path_factory.mktemp("pushing")
    yield from web_server(folder / "log", VAPID_PRIVATE_KEY_FILE=str(write_vapid_key(folder)))


@pytest.fixture
def shop(pushing: int, store: TestStore) -> str:
    return f"http://{store.host}:{pushing}"


@pytest.fixture
def throw(app: Flask, store: TestStore, config: Config) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        return make_product("Wool throw")


def sign_in(page: Page, throw: MadeProduct) -> None:
    page.goto("/account/sign-in")
    page.locator("#sign-in-email").fill(EMAIL)
    page.locator("#sign-in-password").fill(PASSWORD)
    page.locator("#sign-in-password").press("Enter")
    page.wait_for_url("**/account")
    page.goto(f"/products/{throw.handle}")
    page.locator("form button[value=active]").first.click()
    page.locator("#added .flag-ok").first.wait_for()


def subscribed(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        found = list(db.session.execute(select(PushSubscriptionRow.p256dh)).scalars())
        db.session.rollback()
        return found


def make_up(context: BrowserContext) -> Subscriber:
    one = Subscriber("/e2e")
    told = json.dumps({"endpoint": ENDPOINT, "p256dh": one.p256dh, "auth": one.auth})
    context.add_init_script(f"({MADE_UP})({told})")
    return one


@pytest.mark.parametrize("language", ["en", "fa"])
def test_turned_on_and_off(
    browser: Browser, shop: str, app: Flask, store: TestStore, throw: MadeProduct, language: str
) -> None:
    on, off, done, ended = WORDS[language]
    dark = "dark" if language == "fa" else "light"
    with context_at(browser, shop, color_scheme=dark) as page:
        page.context.grant_permissions(["notifications"], origin=shop)
        one = make_up(page.context)
        sign_in(page, throw)
        page.goto(f"/cart?lang={language}")
        button = page.locator("#push button")
        expect(button).to_have_text(on)
        assert violations(page) == []
        button.click()
        expect(page.locator("#push [role=status]")).to_have_text(done)
        expect(button).to_have_text(off)
        expect(button).not_to_have_attribute("aria-busy", "true")
        assert subscribed(app, store) == [one.p256dh]
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.goto(f"/account?lang={language}")  # kept, and shown there, too
        expect(button).to_have_text(off)
        assert violations(page) == []
        button.press("Enter")
        expect(page.locator("#push [role=status]")).to_have_text(ended)
        expect(button).to_have_text(on)
        assert subscribed(app, store) == []
        page.goto("/cart")
        expect(button).to_have_text(on)


def test_a_trial_of_a_template_hands_the_browser_over(
    browser: Browser, shop: str, app: Flask, store: TestStore
) -> None:
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        draft = campaigns.create_from_preset("cart_reminder_channels", actor="test", now=NOW)
        step = next(one.number for one in campaigns.get(draft).draft.steps if one.channel is Channel.PUSH)
    with context_at(browser, shop) as page:
        page.context.grant_permissions(["notifications"], origin=shop)
        one = make_up(page.context)
        page.goto("/console/sign-in")
        page.locator("#sign-in-email").fill("admin@toranj.example")
        page.locator("#sign-in-password").fill(STAFF_PASSWORD)
        page.locator("#sign-in-password").press("Enter")
        page.wait_for_url("**/console")
        page.goto(f"/console/templates/{draft}/steps/{step}?lang=en")
        with page.expect_request("**/trial") as asked:
            page.get_by_role("button", name="Show it in this browser").click()
        expect(page.locator(".flag-ok")).to_contain_text("A trial is on its way to you.")
        sent = parse_qs(asked.value.post_data or "")
    assert {name: sent[name] for name in ("endpoint", "p256dh", "auth")} == {
        "endpoint": [ENDPOINT],
        "p256dh": [one.p256dh],
        "auth": [one.auth],
    }
    assert subscribed(app, store) == [], "it is not kept"


def test_whoever_signs_out_is_offered_nothing_and_shown_nothing(
    browser: Browser, shop: str, app: Flask, store: TestStore, throw: MadeProduct
) -> None:
    with context_at(browser, shop) as page:
        page.context.grant_permissions(["notifications"], origin=shop)
        make_up(page.context)
        sign_in(page, throw)
        page.goto("/cart")
        page.locator("#push button").click()
        expect(page.locator("#push button")).to_have_text("Turn reminders off")
        page.goto("/account")
        assert page.evaluate("localStorage.getItem('made-up')")
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.wait_for_url(lambda address: "/account" not in address)
        assert not page.evaluate("localStorage.getItem('made-up')"), "the browser's end is given up"
        page.goto("/cart")
        expect(page.locator("#push")).to_have_count(0)


def test_what_fails_is_said_and_nothing_is_saved(
    browser: Browser, shop: str, app: Flask, store: TestStore, throw: MadeProduct
) -> None:
    with context_at(browser, shop) as page:
        page.context.grant_permissions(["notifications"], origin=shop)
        page.context.add_init_script(
            "PushManager.prototype.subscribe = async () => { throw new DOMException('no service', 'AbortError'); }"
        )
        sign_in(page, throw)
        page.goto("/cart")
        page.locator("#push button").click()
        expect(page.locator("#push [role=status]")).to_have_text(
            "That did not work. Nothing has changed; try again later."
        )
        expect(page.locator("#push button")).to_have_text("Remind me in this browser")
        assert subscribed(app, store) == []


@pytest.mark.parametrize("why", ["denied", "no support", "script lost"])
def test_where_it_cannot_be_nothing_is_shown(browser: Browser, shop: str, throw: MadeProduct, why: str) -> None:
    with context_at(browser, shop) as page:
        if why == "denied":
            page.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
        if why == "no support":
            page.context.add_init_script("delete window.PushManager")
        if why == "script lost":
            page.context.route("**/push.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page, throw)
        page.goto("/cart")
        expect(page.locator(".line")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        expect(page.locator("#push")).to_be_hidden()


def test_what_is_pushed_is_shown_and_opens_where_it_leads(browser: Browser, shop: str, throw: MadeProduct) -> None:
    with context_at(browser, shop) as page:
        page.context.grant_permissions(["notifications"], origin=shop)
        devtools = page.context.new_cdp_session(page)
        registrations: list[dict[str, Any]] = []
        devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"]))
        devtools.send("ServiceWorker.enable")
        page.goto("/cart")
        with page.context.expect_event("serviceworker") as started:
            page.evaluate("navigator.serviceWorker.register('/push-worker.js', { scope: '/' })")
        worker = started.value
        assert page.evaluate("navigator.serviceWorker.ready.then(one => one.scope)") == f"{shop}/"

        def push(data: str, there: int) -> list[dict[str, Any]]:
            (known, *_) = [one["registrationId"] for one in registrations if one["scopeURL"] == f"{shop}/"]
            devtools.send(
                "ServiceWorker.deliverPushMessage", {"origin": f"{shop}/", "registrationId": known, "data": data}
            )
            shown: list[dict[str, Any]] = page.evaluate(
                """async there => {
                  const one = await navigator.serviceWorker.ready;
                  for (let tries = 0; tries < 100; tries++) {
                    const all = await one.getNotifications();
                    if (all.length >= there) return all.map(({ title, body, tag, dir, lang, data }) => ({ title, body, tag, dir, lang, data }));
                    await new Promise(done => setTimeout(done, 50));
                  }
                  return [];
                }""",
                there,
            )
            return shown

        url = f"{shop}/products/{throw.handle}"
        message = {"title": "سبدتان", "text": "پتوی پشمی هنوز هست.", "url": url, "tag": "m1", "locale": "fa"}
        expected = {"title": "سبدتان", "body": "پتوی پشمی هنوز هست.", "tag": "m1", "dir": "rtl", "lang": "fa"}
        for _twice in range(2):
            assert push(json.dumps(message), 1) == [{**expected, "data": {"url": url}}]
        assert len(push("no JSON at all", 2)) == 2  # something must be shown for every push

        click = """async wanted => {
          const all = await registration.getNotifications();
          dispatchEvent(new NotificationEvent('notificationclick', { notification: all.find(one => one.tag === wanted) }));
        }"""
        worker.evaluate(click, "m1")
        page.wait_for_url(url)
        assert len(page.context.pages) == 1
        remaining = page.evaluate("navigator.serviceWorker.ready.then(one => one.getNotifications())")
        assert len(remaining) == 1
