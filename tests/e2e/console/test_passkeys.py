"""Passkeys on the real pages, with Chromium's virtual authenticator: made, used alone and after a password, removed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import text

from app.audit import log
from app.database.base import db
from app.database.tenancy import use_store
from app.demo.accounts import PASSWORD
from tests.conftest import TestStore
from tests.e2e.conftest import context_at

EMAIL = "owner@toranj.example"


@dataclass
class Device:
    """A browser with an authenticator of its own."""

    page: Page
    wire: CDPSession
    authenticator: str

    def holder_is_verified(self, verified: bool) -> None:
        """Whether the finger is the right one."""
        self.wire.send("WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": verified})

    def credentials(self) -> list[dict[str, Any]]:
        """What the authenticator keeps."""
        found: list[dict[str, Any]] = self.wire.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.authenticator}
        )["credentials"]
        return found


@pytest.fixture
def device(browser: Browser, site: str, staffed: TestStore) -> Iterator[Device]:
    """A laptop with a finger sensor."""
    with context_at(browser, site, viewport={"width": 1280, "height": 900}) as page:
        wire = page.context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield Device(page, wire, made["authenticatorId"])


def give_password(page: Page) -> None:
    page.goto("/console/sign-in")
    page.locator("#sign-in-email").fill(EMAIL)
    page.locator("#sign-in-password").fill(PASSWORD)
    page.locator("#sign-in-password").press("Enter")


def make_passkey(page: Page, name: str) -> None:
    page.goto("/console/you")
    page.locator("#passkey-name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#sign-in-email")).to_be_visible()


def test_a_passkey_from_beginning_to_end(device: Device, app: Flask, staffed: TestStore) -> None:
    page = device.page
    give_password(page)
    expect(page.locator(".account")).to_be_visible()
    make_passkey(page, "Nora's laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey for here already.")).to_be_visible()

    sign_out(page)
    give_password(page)  # whoever has a passkey is asked for it from now on, in the demonstration, too
    expect(page.get_by_role("button", name="Use your passkey")).to_be_visible()
    page.goto("/console")
    expect(page.locator("#sign-in-email")).to_be_visible()
    give_password(page)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.locator(".account")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()  # nothing typed at all
    expect(page.locator(".account")).to_be_visible()

    page.goto("/console/you")
    expect(page.get_by_text("Nora's laptop", exact=True)).to_be_visible()
    page.locator(".sure summary").click()
    page.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".problems")).to_contain_text("That passkey was not accepted.")

    with app.app_context(), use_store(staffed.id):
        assert log.verify().broken_at is None
        done = [(entry.action, entry.details.get("how")) for entry in reversed(log.list_entries())]
    assert done == [
        ("signed_in", "password"),
        ("passkey_added", None),
        ("signed_in", "password_and_passkey"),
        ("signed_in", "passkey"),
        ("passkey_removed", None),
    ]


def test_alone_it_needs_the_right_finger(device: Device) -> None:
    page = device.page
    give_password(page)
    make_passkey(page, "Laptop")
    sign_out(page)
    device.holder_is_verified(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That was stopped. Nothing has changed.")).to_be_visible()
    give_password(page)  # beside a password its presence is enough
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.locator(".account")).to_be_visible()


def test_a_copied_authenticator_is_refused(device: Device, app: Flask, staffed: TestStore) -> None:
    page = device.page
    give_password(page)
    make_passkey(page, "Key")
    sign_out(page)
    with app.app_context(), use_store(staffed.id):  # as if the original had been used far more often than this copy
        db.session.execute(text("UPDATE staff_passkeys SET sign_count = 1000"))
        db.session.commit()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".problems")).to_contain_text("That passkey was not accepted.")
    assert len(device.credentials()) == 1
