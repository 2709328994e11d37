"""Coming into the console in a browser, as one of the demonstration's staff."""

from playwright.sync_api import Page, expect

from app.demo.accounts import PASSWORD


def come_in(page: Page, role: str = "owner", language: str = "en") -> None:
    """Sign in, and wait until the page that follows is there with its scripts: keys mean something only then."""
    page.goto(f"/console/sign-in?lang={language}")
    page.locator("#sign-in-email").fill(f"{role}@toranj.example")
    page.locator("#sign-in-password").fill(PASSWORD)
    page.locator("#sign-in-password").press("Enter")
    expect(page.locator(".account")).to_be_visible()
    page.wait_for_load_state()
