"""Templates in the console: both languages beside each other, seen as typed, kept, compared, restored, tried on oneself."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from app.audit import log
from app.channels import vapid
from app.channels.folder import Kept
from app.config import Config
from app.database.tenancy import use_store
from app.recovery.presets import PRESETS
from app.recovery.suppression import suppress
from app.recovery.values import Channel, SuppressionReason
from tests import push_service_stand_in
from tests.conftest import NOW, TestStore
from tests.vapid_key import write_vapid_key
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_campaigns import begun, now, sends
from tests.web.console.test_console_carts import EMAILS, at_work


@pytest.fixture
def admin(app: Flask, staffed: TestStore) -> Visitor:
    """An admin with a campaign that was begun from the preset with all channels."""
    visitor = at_work(app, staffed, "admin")
    begun(visitor, "cart_reminder_channels")
    return visitor


def page_of(app: Flask, store: TestStore, step: int = 1) -> str:
    return f"/console/templates/{now(app, store).id}/steps/{step}"


def step_of(channel: Channel) -> int:
    return next(one.number for one in PRESETS["cart_reminder_channels"]().steps if one.channel is channel)


def sms_to(number: str, config: Config) -> list[Kept]:
    files = Path(config.mailbox).glob("*.sms")
    return [kept for kept in (msgspec.json.decode(one.read_bytes(), type=Kept) for one in files) if kept.to == number]


def typed(visitor: Visitor, page: str, path: str = "", **fields: str) -> Any:
    seen = re.search(r'name="seen" value="(\d+)"', visitor.get(page).text)
    assert seen
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return visitor.post(f"{page}{path}", {"seen": seen[1], **named}, page=page)


def test_every_step_stands_there_in_both_languages(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    index = admin.get("/console/templates").text
    for step in PRESETS["cart_reminder_channels"]().steps:
        assert f"/{step.number}" in index
        page = page_of(app, staffed, step.number)
        for language in ("en", "fa"):
            shown = admin.get(f"{page}?lang={language}").text
            assert f'id="text-{language}"' in shown
            assert admin.get(f"{page}/{language}/frame?sample=long_names").status_code == 200


def test_what_is_typed_is_seen_and_not_kept(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    page, before = page_of(app, staffed), now(app, staffed)
    seen = typed(admin, page, "/en/frame", lead__en="A brand new beginning", sample="fourteen", look="dark")
    assert "A brand new beginning" in seen.text
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    plain = typed(admin, page, "/en/frame", subject__en="Hello there", look="plain")
    assert "Hello there" in plain.text
    wrong = typed(admin, page, "/en/frame", lead__en="One\nTwo {{ first_itme }}")
    assert wrong.status_code == 422
    assert "Line 2" in wrong.text
    assert "first_item" in wrong.text
    assert now(app, staffed) == before


def test_words_are_kept_and_faults_are_shown_on_their_line(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    page = page_of(app, staffed)
    kept = typed(admin, page, lead__en="One\nTwo {{ first_itme }}", lead__fa="سلام")
    assert kept.status_code == 303
    shown = unescape(admin.get(kept.headers["Location"]).text)
    assert 'href="#lead-en"' in shown
    assert "Line 2" in shown
    assert "Did you mean first_item?" in shown
    step = now(app, staffed).draft.step(1)
    assert step
    assert step.texts["fa"].lead == "سلام"
    assert step.texts["en"].subject == PRESETS["cart_reminder_channels"]().steps[0].texts["en"].subject
    with app.app_context(), use_store(staffed.id):
        assert log.list_entries(kind="campaign")[0].action == "template_changed"
    late = admin.post(page, {"seen": "1", "lead.en": "Mine"}, page=page)
    assert late.status_code == 409
    assert "Mine" in late.text
    assert typed(admin, page, subject__en="x" * 201).status_code == 422


def test_a_version_is_compared_and_restored(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    page = page_of(app, staffed)
    assert "Not published yet." in admin.get(page).text
    assert sends(admin, f"/console/campaigns/{now(app, staffed).id}", "/publication").status_code == 200
    assert typed(admin, page, lead__en="Something else").status_code == 303
    shown = admin.get(page).text
    assert "1 difference" in shown
    assert '<ins dir="auto">Something else</ins>' in shown
    assert typed(admin, page, "/restoration", version="1").status_code == 303
    assert "as the draft" in admin.get(page).text
    assert typed(admin, page, "/restoration", version="9").status_code == 404


def test_a_trial_goes_to_whoever_asks_and_nobody_else(
    app: Flask, staffed: TestStore, admin: Visitor, mail: Any, deliver: Callable[[], int]
) -> None:
    page = page_of(app, staffed)
    assert typed(admin, page, "/trial", language="fa", sample="two_scripts").status_code == 303
    assert typed(admin, page, "/trial", language="de").status_code == 404
    deliver()
    (letter,) = (message.parsed for message in mail.messages)
    assert EMAILS["admin"] in str(letter["To"])
    assert "[آزمایشی]" in str(letter["Subject"])
    assert letter["List-Unsubscribe"] is None
    with app.app_context(), use_store(staffed.id):
        assert log.list_entries(kind="campaign")[0].action == "template_tried"


def test_a_trial_by_sms_goes_to_the_number_that_was_typed(
    app: Flask, staffed: TestStore, admin: Visitor, config: Config, deliver: Callable[[], int]
) -> None:
    page = page_of(app, staffed, step_of(Channel.SMS))
    asked = {"language": "fa", "sample": "usual"}
    for wrong in ("", "12", "+49 30 12345678"):
        answer = typed(admin, page, "/trial", **asked, phone=wrong)
        assert (answer.status_code, "Enter a mobile number" in answer.text) == (422, True)
    assert typed(admin, page, "/trial", **asked, phone="+۴۹ ۱۵۱۲ ۳۴۵۶۷۸۹").status_code == 303
    deliver()
    (kept,) = sms_to("+4915123456789", config)
    assert kept.text.startswith("[آزمایشی] ")
    with app.app_context(), use_store(staffed.id):
        newest = log.list_entries(kind="campaign")[0]
    assert newest.details == {"step": step_of(Channel.SMS), "channel": "sms", "language": "fa"}
    with app.app_context(), use_store(staffed.id):
        suppress(Channel.SMS, "+4915123456789", SuppressionReason.UNSUBSCRIBED, now=NOW)
    assert typed(admin, page, "/trial", **asked, phone="+4915123456789").status_code == 303
    deliver()
    assert len(sms_to("+4915123456789", config)) == 1


def test_a_trial_by_push_is_shown_in_the_browser_that_asks(
    app: Flask, staffed: TestStore, admin: Visitor, config: Config, deliver: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    page = page_of(app, staffed, step_of(Channel.PUSH))
    assert "cannot send push messages yet" in admin.get(page).text
    assert typed(admin, page, "/trial", language="en").status_code == 404
    with push_service_stand_in.running() as service:
        able = msgspec.structs.replace(
            app.config["DUALCART"], vapid_private_key_file=str(write_vapid_key(tmp_path)), push_services=service.url
        )
        monkeypatch.setitem(app.config, "DUALCART", able)
        service.public_key, browser = vapid.public_key(able), service.subscribe()
        keys = {"p256dh": browser.p256dh, "auth": browser.auth}
        assert f'data-key="{service.public_key}"' in admin.get(page).text
        foreign = typed(admin, page, "/trial", language="en", endpoint="https://elsewhere.example/1", **keys)
        assert foreign.status_code == 422
        there = f"{service.url}{browser.path}"
        assert typed(admin, page, "/trial", language="en", endpoint=there, **keys).status_code == 303
        deliver()
        (shown,) = service.waiting.values()
    assert shown["title"].startswith("[Test] ")


def test_an_analyst_looks_and_changes_nothing(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    page, analyst = page_of(app, staffed), at_work(app, staffed, "analyst")
    shown = analyst.get(page).text
    assert "readonly" in shown
    assert ">Save<" not in shown
    assert analyst.post(page, {"seen": "1", "lead.en": "x"}, page="/console/you").status_code == 403
    assert analyst.post(f"{page}/trial", {"language": "en"}, page="/console/you").status_code == 403
    assert analyst.get(f"/console/templates/{now(app, staffed).id}/steps/99").status_code == 404
