"""Why somebody got no message, answered on the cart's page: with what was decided by, in both languages."""

from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.recovery.links import make_links
from app.recovery.message_events import record_event
from app.recovery.values import Agent
from app.stores.service import change_setting
from tests.abandoning import make_campaign
from tests.conftest import NOW, TestStore
from tests.recovering import links_of
from tests.web.console.messages.conftest import Written
from tests.web.console.test_console_carts import abandoned, at_work, filled


def test_each_message_says_why_it_did_not_leave(app: Flask, staffed: TestStore, written: Written) -> None:
    page = unescape(at_work(app, staffed, "admin").get(f"/console/carts/{written.cart_id}").text)
    assert "Step 2 (SMS) was not sent. The person has not agreed to be reminded this way." in page
    assert "Step 1 (Email) was sent" in page
    assert "What it was decided by" in page
    assert "never said anything" in page
    assert '<div class="is-why"><dt>Consent' in page
    assert "said yes" in page
    assert "Remind me" in page
    assert "In \u2068Reminder\u2069, version 1" in page


def test_the_same_in_persian(app: Flask, staffed: TestStore, written: Written) -> None:
    page = unescape(at_work(app, staffed, "admin").get(f"/console/carts/{written.cart_id}?lang=fa").text)
    assert "مرحلهٔ ۲ (پیامک) فرستاده نشد." in page
    assert "تصمیم بر چه پایه‌ای بود" in page
    assert "در \u2068یادآوری\u2069، نسخهٔ ۱" in page


@pytest.mark.parametrize(
    ("prepared", "said"),
    [
        ("nothing", "Nothing is planned yet."),
        ("off", "Reminders are switched off in this store."),
        ("holdout", "Nothing is sent: this cart shows what happens without messages."),
        ("none", "No campaign was live then."),
        ("cheap", "It is worth less than the store asks of an abandoned cart."),
    ],
    ids=["nothing", "off", "holdout", "none", "cheap"],
)
def test_a_cart_without_messages_says_why(app: Flask, staffed: TestStore, prepared: str, said: str) -> None:
    with app.app_context(), use_store(staffed.id):
        customer_id, cart_id = filled()
        if prepared == "off":
            change_setting(key="recovery", value=False, actor="test", now=NOW)
        if prepared == "cheap":
            change_setting(key="abandonment_minimums", value={"EUR": 99_900}, actor="test", now=NOW)
        if prepared in ("holdout", "none"):
            abandoned(customer_id, cart_id)
            campaign_id = make_campaign()
            with transaction() as session:
                session.execute(
                    text("""UPDATE episodes SET arm = :arm, campaign_id = CASE WHEN :arm = 'none' THEN NULL ELSE CAST(:id AS uuid) END,
                            campaign_version = CASE WHEN :arm = 'none' THEN NULL ELSE 1 END"""),
                    {"arm": prepared, "id": campaign_id},
                )
    assert said in unescape(at_work(app, staffed, "admin").get(f"/console/carts/{cart_id}").text)


def test_links_are_shown_handed_out_and_revoked(app: Flask, staffed: TestStore, written: Written) -> None:
    with app.app_context(), use_store(staffed.id):
        address = make_links(written.sent, NOW).recover
        for agent, dedupe in ((Agent.HUMAN, "1"), (Agent.SCANNER, "2")):
            record_event(
                written.sent,
                "clicked",
                agent,
                occurred_at=NOW,
                dedupe=dedupe,
                evidence={},
                now=NOW + timedelta(hours=1),
            )
    admin, page = at_work(app, staffed, "admin"), f"/console/carts/{written.cart_id}"
    text_ = unescape(admin.get(page).text)
    assert "Opened by a person" in text_
    assert "Opened by a scanner, not a person" in text_
    assert address not in text_
    link = f"{page}/links/{written.sent}"
    answer = admin.post(f"{link}/copy", {}, page=page)
    assert address in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert admin.post(f"{link}/revocation", {}, page=page).status_code == 303
    assert admin.post(f"{link}/copy", {}, page=page).status_code == 409
    assert admin.post(f"{page}/links/{written.not_sent}/copy", {}, page=page).status_code == 404
    with app.app_context(), use_store(staffed.id):
        assert links_of(written.sent)["recover"].revoked_at
        entries = [entry for entry in log.list_entries(kind="cart") if entry.action.startswith("link")]
        assert [entry.action for entry in entries] == ["link_revoked", "link_copied"]
        assert address not in str(entries)


def test_an_analyst_hands_nothing_out(app: Flask, staffed: TestStore, written: Written) -> None:
    with app.app_context(), use_store(staffed.id):
        make_links(written.sent, NOW)
    analyst, page = at_work(app, staffed, "analyst"), f"/console/carts/{written.cart_id}"
    assert "Personal links back to the cart" in analyst.get(page).text
    assert "/copy" not in analyst.get(page).text
    assert analyst.post(f"{page}/links/{written.sent}/copy", {}, page="/console/you").status_code == 403
