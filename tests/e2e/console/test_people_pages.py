"""The pages of people and the frame in a real browser: the jump by keyboard, axe, a phone, no script."""

from playwright.sync_api import Browser, expect

from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.looks import in_each_look

PAGES = ("/console/people", "/console/you", "/console/notices", "/console/stores", "/console/jump?q=o")


@in_each_look
def test_axe_finds_nothing(browser: Browser, site: str, staffed: TestStore, language: str, scheme: str) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 800}) as page:
        come_in(page, language=language)
        for path in PAGES:
            page.goto(path)
            assert violations(page) == [], path
        page.goto("/console/people")
        page.locator(".tbl td a").nth(1).click()
        page.goto(f"{page.url}?role=seller")
        assert violations(page) == [], "a person"
        page.locator(".account summary").click()
        page.keyboard.press("Control+k")
        page.keyboard.type("o" if language == "en" else "ا")
        expect(page.locator("#jump-found a").first).to_be_visible()
        assert violations(page) == [], "the dialog"


def test_the_jump_by_keyboard(browser: Browser, site: str, staffed: TestStore) -> None:
    with context_at(browser, site, viewport={"width": 1280, "height": 800}) as page:
        come_in(page)
        page.keyboard.press("Control+k")
        expect(page.locator("#jump-q")).to_be_focused()
        page.keyboard.type("audit")
        expect(page.locator("#jump-found a")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        expect(page.locator("#jump-found a")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/audit")
        page.keyboard.press("Control+k")
        page.keyboard.press("Escape")
        expect(page.locator("#jump")).not_to_be_visible()


def test_a_phone_without_script(browser: Browser, site: str, staffed: TestStore) -> None:
    with context_at(browser, site, java_script_enabled=False) as page:
        come_in(page)
        page.locator(".account summary").click()
        page.get_by_role("button", name="Dark").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.locator("#jump-open").click()
        page.locator("#q").fill("people")
        page.locator("#q").press("Enter")
        page.locator(".found a").click()
        page.locator("#invite-email").fill("mina@example.com")
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
        page.get_by_role("button", name="Revoke").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("The invitation is valid again.")).to_be_visible()
        page.goto("/console/you")
        expect(page.get_by_text("Adding one needs JavaScript.")).to_be_visible()
    with context_at(browser, site, viewport={"width": 320, "height": 640}) as page:
        come_in(page)
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
