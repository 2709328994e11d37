"""A person with a phone registers through the mailbox, in both languages, with JavaScript and without; axe finds nothing."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.config import Config
from app.embedded.mail import MailServer, store
from app.tokens import random_token
from tests.e2e.conftest import context_at, violations
from tests.looks import in_each_look

PASSWORD = "walnut teapot on a saffron shelf"
WORDS = {
    "en": {
        "email": "Email address", "name": "Name (optional)", "new": "New password", "create": "Create an account", "code": "6-digit code",
        "finish": "Create the account", "account": "Your account", "out": "Sign out", "in": "Sign in", "password": "Password",
        "wrong": "That code is not right or no longer valid.",
    },
    "fa": {
        "email": "نشانی ایمیل", "name": "نام (اختیاری)", "new": "گذرواژهٔ تازه", "create": "ساختن حساب تازه", "code": "کد ۶ رقمی",
        "finish": "ساختن حساب", "account": "", "out": "خروج", "in": "ورود به حساب", "password": "گذرواژه",
        "wrong": "این کد درست نیست یا دیگر اعتبار ندارد.",
    },
}  # fmt: skip


def receive(smtp_server: MailServer, config: Config, email: str) -> None:
    """Wait for the mail and put it into the demonstration's mailbox, as the demonstration's own mail server does."""
    for _ in range(100):
        for message in smtp_server.messages:
            if email in message.recipients:
                store(Path(config.mailbox), message)
                return
        time.sleep(0.05)
    pytest.fail("no mail came")


def check(page: Page, javascript: bool) -> None:
    """axe finds nothing (it needs JavaScript to look), and nothing is wider than the phone."""
    if javascript:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_from_the_form_through_the_mailbox_to_the_account_and_back(
    shopper: Page, javascript: bool, language: str, smtp_server: MailServer, config: Config
) -> None:
    page, say, email = (
        shopper,
        WORDS[language],
        f"e2e{random_token().lower().replace('_', 'x').replace('-', 'x')}@example.com",
    )
    page.goto(f"/account/sign-in?lang={language}")
    check(page, javascript)
    form = page.locator("#register form")
    form.get_by_label(say["email"]).fill(email)
    form.get_by_label(say["new"], exact=True).fill("short")
    form.get_by_role("button", name=say["create"]).click()
    summary = page.locator(".problems")
    expect(summary).to_be_focused()
    expect(page.locator("#register-password-error")).to_contain_text(summary.locator("a").inner_text())
    expect(page.locator("#register-email")).to_have_value(email)
    check(page, javascript)
    summary.locator("a").click()
    page.locator("#register-password").fill(PASSWORD)
    form.get_by_label(say["name"]).fill("رؤیا")
    form.get_by_role("button", name=say["create"]).click()

    expect(page).to_have_url(re.compile("/account/register/code$"))
    check(page, javascript)
    page.get_by_label(say["code"]).fill("۰۰۰ ۰۰۰")
    page.get_by_role("button", name=say["finish"], exact=True).click()
    expect(page.locator(".problems")).to_contain_text(say["wrong"])
    check(page, javascript)

    receive(smtp_server, config, email)
    page.goto("/demo/mailbox")
    check(page, javascript)
    page.locator(".letter", has_text=email).first.locator("a").click()
    subject = page.locator("h1").inner_text()
    frame = page.frame_locator("iframe.in-light")
    digits = re.search(r"\d{3} ?\d{3}", subject)
    assert digits
    expect(frame.locator("body")).to_contain_text(digits[0])
    page.locator("label", has=page.locator("#theme-dark")).click()
    expect(page.locator("iframe.in-dark")).to_be_visible()
    expect(page.locator("iframe.in-light")).to_be_hidden()
    check(page, javascript)

    page.goto("/account/register/code")
    page.get_by_label(say["code"]).fill(digits[0])
    page.get_by_role("button", name=say["finish"], exact=True).click()
    expect(page).to_have_url(re.compile("/account$"))
    expect(page.locator(".facts")).to_contain_text(email)
    check(page, javascript)
    page.get_by_role("button", name=say["out"], exact=True).click()

    page.goto("/account")
    expect(page).to_have_url(re.compile("/account/sign-in"))
    door = page.locator("section", has=page.locator("#sign-in-email"))
    door.get_by_label(say["email"]).fill(email)
    door.get_by_label(say["password"], exact=True).fill(PASSWORD)
    door.get_by_role("button", name=say["in"]).click()
    expect(page.locator(".facts")).to_contain_text("رؤیا")


def test_a_password_can_be_looked_at_and_is_hidden_again_when_it_is_sent(browser: Browser, site: str) -> None:
    with context_at(browser, site) as page:
        page.goto("/account/sign-in")
        field = page.locator("#register-password")
        field.fill("short")
        page.locator("#register").get_by_role("button", name="Show").click()
        expect(field).to_have_attribute("type", "text")
        page.locator("#register").get_by_role("button", name="Hide").click()
        expect(field).to_have_attribute("type", "password")


def test_the_keyboard_alone_is_enough(browser: Browser, site: str) -> None:
    with context_at(browser, site) as page:
        page.goto("/account/sign-in")
        page.locator("#sign-in-email").focus()
        page.keyboard.type("nobody@example.com")
        page.keyboard.press("Tab")
        page.keyboard.type("walnut teapot")
        page.keyboard.press("Enter")
        expect(page.locator(".problems")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#sign-in-email")).to_be_focused()


@in_each_look
def test_the_console_in_both_languages_and_themes(
    browser: Browser, site: str, language: str, scheme: str, staffed: None
) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"/console/sign-in?lang={language}")
        assert violations(page) == []
        page.locator("#sign-in-email").fill("owner@toranj.example")
        page.locator("#sign-in-password").fill("walnut-teapot-saffron-42")
        page.locator("#sign-in-password").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.goto("/account/sign-in?next=/checkout")
        assert violations(page) == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_pages_fit_320_pixels(browser: Browser, site: str, language: str) -> None:
    with context_at(browser, site, viewport={"width": 320, "height": 640}) as page:
        for path in ("/account/sign-in?next=/checkout", "/console/sign-in", "/demo/mailbox"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
