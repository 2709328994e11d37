"""The demonstration's mailbox in a browser: SMS and pushes beside mails, accessible, no wider than the phone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.channels.folder import Folder
from app.channels.outgoing import OutgoingPush, OutgoingSms
from app.config import Config
from app.ids import new_id
from tests.e2e.conftest import context_at, violations

LINK = "http://shop.example/r/" + "abcdefghijklmnopqrstuvwxyz" * 2


@pytest.mark.parametrize("language", ["en", "fa"])
def test_short_messages(browser: Browser, site: str, config: Config, language: str) -> None:
    folder = Folder(config.mailbox, lambda: datetime(2026, 11, 21, 8, 30, tzinfo=UTC))
    number = f"+98912{new_id().int % 10**7:07}"
    sms = OutgoingSms(id=new_id(), to=number, text=f"ترنج: پتوی پشمی هنوز در سبدتان است. {LINK}", locale="fa")
    push = OutgoingPush(
        id=new_id(), endpoint="https://fcm.googleapis.com/x", p256dh="", auth="", title="Your wool throw is waiting",
        text="It is still in your cart.", url=LINK, locale="en",
    )  # fmt: skip
    names = [folder.send(sms).reference, folder.send(push).reference]
    assert all((Path(config.mailbox) / name).exists() for name in names)
    with context_at(browser, site, color_scheme="dark" if language == "fa" else "light") as page:
        page.goto(f"/demo/mailbox?lang={language}")
        assert violations(page) == []
        page.locator(".letter-filter a").nth(2).click()
        expect(page.locator(".letter-filter [aria-current]")).to_contain_text("SMS" if language == "en" else "پیامک")
        page.locator(".letter", has_text=number).locator("a").click()
        expect(page.locator(".bubble")).to_contain_text("پتوی پشمی")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"/demo/mailbox/{push.id}.push")
        expect(page.locator(".notification")).to_contain_text("Your wool throw is waiting")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
