"""Campaigns in the console: four clicks from a preset, edited without losing anything, published by who may."""

import re
from typing import Any

import pytest
from flask import Flask

from app.audit import log
from app.console.campaign_words import step_title
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.recovery import campaigns
from app.recovery.campaigns import Campaign
from app.recovery.content import Step, Texts
from app.recovery.presets import PRESETS
from app.recovery.values import CampaignState, Channel, Trigger
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
STEP = {"delay": "2", "unit": "hours", "subject": "Still there", "lead": "Your cart waits.", "offer": ""}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def begun(visitor: Visitor, preset: str = "cart_reminder") -> str:
    answer = visitor.post("/console/campaigns", {"preset": preset}, page="/console/campaigns/new")
    assert answer.status_code == 303
    return str(answer.location)


def now(app: Flask, store: TestStore, at: int = 0) -> Campaign:
    with app.app_context(), use_store(store.id):
        return campaigns.list_campaigns()[at]


def sends(visitor: Visitor, page: str, path: str, **fields: str) -> Any:
    seen = re.search(r'name="seen" value="(\d+)"', visitor.get(page).text)
    assert seen
    return visitor.post(f"{page}{path}", {"seen": seen[1], "language": "en", **fields}, page=page)


def test_from_a_preset_to_live_in_four_clicks(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    assert "No campaign yet" in admin.get("/console/campaigns").text  # 1
    assert "Cart reminder" in admin.get("/console/campaigns/new").text  # 2
    page = begun(admin)  # 3
    shown = admin.get(page).text
    fields = dict(re.findall(r'<input class="input[^"]*" id="(\w+)"[^>]*value="([^"]*)"', shown))
    lead = re.search(r'<textarea[^>]*name="lead"[^>]*>(.*?)</textarea>', shown, re.DOTALL)
    assert lead
    from html import unescape

    typed = {name: unescape(value) for name, value in fields.items() if name not in ("percent", "condition_value")}
    answer = sends(
        admin, page, "/steps/1", **typed, lead=unescape(lead[1]), unit="hours", offer="", then="publish"
    )  # 4
    assert answer.status_code == 200, answer.text
    assert "Version 1 is in force" in answer.text
    with app.app_context(), use_store(staffed.id):
        live = campaigns.live(Trigger.CART_ABANDONED)
        assert live
        assert live.content == PRESETS["cart_reminder"](), "pressing Publish changed nothing of the words"
        assert [entry.action for entry in log.list_entries(kind="campaign")] == [
            "campaign_published",
            "campaign_created",
        ]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_preset_opens_in_both_languages(app: Flask, staffed: TestStore, preset: str, language: str) -> None:
    admin = at_work(app, staffed, "admin")
    page = begun(admin, preset)
    assert "Everything needed is there" in admin.get(page).text or "postal address" in admin.get(page).text
    for step in now(app, staffed).draft.steps:
        assert admin.get(f"{page}?step={step.number}&lang={language}&language={language}").status_code == 200
        shown = admin.get(f"{page}/steps/{step.number}/preview?language={language}&sample=two_scripts")
        assert shown.status_code == 200
        assert "sandbox" in shown.headers["Content-Security-Policy"]


def test_a_step_is_edited(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    page = begun(admin)
    more = {"offer": "percent", "percent": "۱۵", "condition": "value_at_least", "condition_value": "50"}
    assert sends(admin, page, "/steps/2", **{**STEP, **more}).status_code == 303
    step = now(app, staffed).draft.step(2)
    assert step
    assert (step.delay_seconds, step.texts["en"].subject) == (7_200, "Still there")
    assert step.texts["fa"].subject == PRESETS["cart_reminder"]().steps[1].texts["fa"].subject
    assert step.incentive
    assert step.incentive.basis_points == 1_500
    assert step.conditions[0].value == {"EUR": 5_000}
    assert "The cart is worth €50.00 or more" in admin.get(f"{page}?step=2").text
    assert sends(admin, page, "/steps/2", **{**STEP, "without_0": "on"}).status_code == 303
    step = now(app, staffed).draft.step(2)
    assert step
    assert step.conditions == ()
    assert step.incentive is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay": "soon"}, {"delay": "31", "unit": "days"}, {"unit": "years"}, {"subject": "x" * 201},
        {"offer": "percent", "percent": "0"}, {"offer": "percent", "percent": "half"},
        {"condition": "mood", "condition_value": "good"}, {"condition": "value_at_least", "condition_value": "much"},
    ],
    ids=["delay", "too-late", "unit", "long", "nothing-off", "percent-words", "kind", "amount"],
)  # fmt: skip
def test_what_is_wrong_is_said_and_changes_nothing(app: Flask, staffed: TestStore, wrong: dict[str, str]) -> None:
    admin = at_work(app, staffed, "admin")
    page = begun(admin)
    before = now(app, staffed)
    answer = sends(admin, page, "/steps/1", **{**STEP, "lead": "What I had typed", **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "What I had typed" in answer.text
    assert now(app, staffed) == before


def test_somebody_saved_meanwhile(app: Flask, staffed: TestStore) -> None:
    admin, owner = at_work(app, staffed, "admin"), at_work(app, staffed, "owner")
    page = begun(admin)
    late = {"seen": "1", "language": "en", **STEP, "lead": "Mine"}
    assert sends(owner, page, "/steps/1", **{**STEP, "lead": "Theirs"}).status_code == 303
    answer = admin.post(f"{page}/steps/1", late, page=page)
    assert answer.status_code == 409
    assert "Somebody saved another draft meanwhile" in answer.text
    assert "Mine" in answer.text
    step = now(app, staffed).draft.step(1)
    assert step
    assert step.texts["en"].lead == "Theirs"


def test_messages_come_and_go(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    page = begun(admin)
    assert sends(admin, page, "/steps", channel="sms").status_code == 303
    assert [step.channel for step in now(app, staffed).draft.steps] == ["email", "email", "email", "sms"]
    shown = admin.get(f"{page}?step=4").text
    assert "segment" in shown
    assert sends(admin, page, "/steps/2/removal").status_code == 303
    assert [step.number for step in now(app, staffed).draft.steps] == [1, 3, 4]


def test_paused_resumed_put_away(app: Flask, staffed: TestStore) -> None:
    admin = at_work(app, staffed, "admin")
    page = begun(admin)
    assert sends(admin, page, "/publication").status_code == 200
    for path, fields, state in (
        ("/pause", {"waiting": "keep"}, CampaignState.PAUSED),
        ("/resumption", {}, CampaignState.ACTIVE),
        ("/removal", {}, CampaignState.ARCHIVED),
    ):
        assert admin.post(f"{page}{path}", fields, page="/console/campaigns/new").status_code == 303
        assert now(app, staffed).state is state
    again = admin.post(f"{page}/resumption", page="/console/campaigns/new")
    assert again.status_code == 409


def test_an_analyst_reads_and_a_seller_does_not(app: Flask, staffed: TestStore) -> None:
    page = begun(at_work(app, staffed, "admin"))
    analyst, seller = at_work(app, staffed, "analyst"), at_work(app, staffed, "seller")
    assert analyst.get(page).status_code == 200
    assert "<button" not in analyst.get(page).text.partition('id="main"')[2].replace(
        '<button class="btn btn-primary" form', ""
    )
    for path in ("/steps/1", "/steps", "/steps/1/removal", "/publication", "/pause", "/resumption", "/removal"):
        assert analyst.post(f"{page}{path}", {"seen": "1", **STEP}, page="/console/you").status_code == 403
    for path in ("/console/campaigns", "/console/campaigns/new", page, f"{page}/steps/1/preview"):
        assert seller.get(path).status_code == 403
    assert now(app, staffed).live_version is None


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("{% if offer %}{{ offer }} off your cart until {{ date }}{% else %}Your cart is here{% endif %}", "… off your cart until …"),
        ("{{ first_item }} is waiting", "… is waiting"),
        ("Plain", "Plain"),
    ],
    ids=["two ways", "filled in", "plain"],
)  # fmt: skip
def test_a_step_is_called_by_its_subject(subject: str, title: str) -> None:
    step = Step(number=1, delay_seconds=0, channel=Channel.EMAIL, texts={"en": Texts(subject=subject)})
    assert step_title(step, "en") == title
