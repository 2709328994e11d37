"""Campaigns: drafts, conflicts, versions that never change, what is in force, pausing with and without what waits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.ids import new_id
from app.recovery import campaigns, presets
from app.recovery.campaign_errors import (
    BadCampaign,
    CampaignNotFound,
    CampaignState,
    DraftChanged,
    NotPublishable,
    TriggerFixed,
    UnknownPreset,
)
from app.recovery.conditions import BadCondition
from app.recovery.content import Condition, Content, Step
from app.recovery.values import Trigger
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.ordering import put
from tests.recovery_messages import make_message

pytestmark = pytest.mark.usefixtures("in_store")
BY = "nora@example.com"


def make(preset: str = "cart_reminder") -> UUID:
    return campaigns.create_from_preset(preset, actor=BY, now=NOW)


def published(preset: str = "cart_reminder") -> UUID:
    campaign_id = make(preset)
    campaigns.publish(campaign_id, 1, actor=BY, now=NOW)
    return campaign_id


def slower(content: Content, seconds: int = 7_200) -> Content:
    first = msgspec.structs.replace(content.steps[0], delay_seconds=seconds)
    return msgspec.structs.replace(content, steps=(first, *content.steps[1:]))


def waiting(campaign_id: UUID, *, state: str = "scheduled") -> UUID:
    customer_id = make_customer(f"{new_id()}@example.com")
    put(customer_id, make_product().variant_id)
    return make_message(customer_id, campaign=(campaign_id, 1), step=2, state=state)


def states(*message_ids: UUID) -> list[tuple[str, str]]:
    rows = db.session.execute(
        text("SELECT id, state, reason FROM messages WHERE id = ANY(:ids)"), {"ids": list(message_ids)}
    )
    known = {row.id: (row.state, row.reason) for row in rows}
    finish_reading()
    return [known[message_id] for message_id in message_ids]


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_every_preset_can_be_published_as_it_is(preset: str) -> None:
    result = campaigns.publish(make(preset), 1, actor=BY, now=NOW)
    assert result.version == 1
    assert not [problem for problem in result.warnings if problem.blocking]
    live = campaigns.live(presets.PRESETS[preset]().trigger)
    assert live is not None
    assert live.content == presets.PRESETS[preset]()


def test_nothing_is_live_before_it_is_published() -> None:
    make()
    assert campaigns.live(Trigger.CART_ABANDONED) is None


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(UnknownPreset):
        make("everything")


def test_a_draft_changes_nothing_until_it_is_published_and_then_makes_a_version() -> None:
    campaign_id = published()
    draft = slower(presets.cart_reminder())
    saved = campaigns.save_draft(campaign_id, draft, 1, actor=BY, now=NOW)
    assert saved.draft_version == 2
    assert saved.problems == tuple(problem for problem in saved.problems if not problem.blocking)
    before = campaigns.live(Trigger.CART_ABANDONED)
    assert before
    assert before.version == 1
    result = campaigns.publish(campaign_id, 2, actor=BY, now=NOW)
    assert result.version == 2
    assert [(change.code, change.step, change.before, change.after) for change in result.changes] == [
        ("delay", 1, "3600", "7200")
    ]
    live = campaigns.live(Trigger.CART_ABANDONED)
    assert live
    assert (live.version, live.content) == (2, draft)
    assert campaigns.content(campaign_id, 1) == presets.cart_reminder()  # episodes that began with it finish on it


def test_publishing_twice_makes_one_version() -> None:
    campaign_id = make()
    assert campaigns.publish(campaign_id, 1, actor=BY, now=NOW).version == 1
    again = campaigns.publish(campaign_id, 1, actor=BY, now=NOW)
    assert (again.version, again.changes) == (1, ())


def test_publishing_says_how_many_messages_wait_at_each_step() -> None:
    campaign_id = published()
    for _ in range(3):
        waiting(campaign_id)
    campaigns.save_draft(campaign_id, slower(presets.cart_reminder()), 1, actor=BY, now=NOW)
    assert campaigns.publish(campaign_id, 2, actor=BY, now=NOW).waiting == {2: 3}


def test_of_two_editors_the_second_is_told_and_nothing_is_lost() -> None:
    campaign_id = make()
    theirs = slower(presets.cart_reminder(), 5_400)
    campaigns.save_draft(campaign_id, theirs, 1, actor="theirs", now=NOW)
    with pytest.raises(DraftChanged) as refused:
        campaigns.save_draft(campaign_id, slower(presets.cart_reminder()), 1, actor=BY, now=NOW)
    assert refused.value.params["draft"] == theirs
    assert (refused.value.params["draft_version"], refused.value.params["by"]) == (2, "theirs")
    with pytest.raises(DraftChanged):
        campaigns.publish(campaign_id, 1, actor=BY, now=NOW)
    finish_reading()
    assert campaigns.get(campaign_id).draft == theirs


def test_a_draft_with_faults_is_kept_and_not_published() -> None:
    campaign_id = make()
    content = presets.cart_reminder()
    texts = {"en": msgspec.structs.replace(content.steps[0].texts["en"], lead="Hello\n{{ stor_name }}")}
    draft = msgspec.structs.replace(content, steps=(msgspec.structs.replace(content.steps[0], texts=texts),))
    found = campaigns.save_draft(campaign_id, draft, 1, actor=BY, now=NOW).problems
    assert [(p.code, p.step, p.locale, p.field, p.line, p.suggestion) for p in found if p.blocking] == [
        ("language_missing", 1, "fa", "subject", 0, ""),
        ("unknown_variable", 1, "en", "lead", 2, "store_name"),
    ]
    with pytest.raises(NotPublishable) as refused:
        campaigns.publish(campaign_id, 2, actor=BY, now=NOW)
    assert refused.value.params["problems"] == found
    assert campaigns.get(campaign_id).live_version is None


def test_a_condition_of_an_unknown_kind_is_not_even_kept() -> None:
    campaign_id = make()
    odd = msgspec.structs.replace(presets.cart_reminder(), conditions=(Condition(kind="moon_is_full"),))
    with pytest.raises(BadCondition):
        campaigns.save_draft(campaign_id, odd, 1, actor=BY, now=NOW)
    assert campaigns.get(campaign_id).draft_version == 1


def test_what_begins_a_campaign_stays() -> None:
    with pytest.raises(TriggerFixed):
        campaigns.save_draft(make(), presets.price_dropped(), 1, actor=BY, now=NOW)


def test_a_document_that_is_no_campaign_is_refused_with_the_field() -> None:
    document: dict[str, Any] = {"name": {"en": "x"}, "trigger": "cart_abandoned", "steps": [{"number": 0}]}
    with pytest.raises(BadCampaign) as refused:
        campaigns.read_document(document)
    assert "steps[0]" in refused.value.params["about"]


def test_a_version_cannot_be_changed_by_the_application() -> None:
    campaign_id = published()
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(
            text("UPDATE campaign_versions SET content = '{}' WHERE campaign_id = :id"), {"id": campaign_id}
        )


def test_pausing_stops_new_episodes_and_lets_the_others_finish() -> None:
    campaign_id = published()
    message_id = waiting(campaign_id)
    assert campaigns.pause(campaign_id, cancel_waiting=False, actor=BY, now=NOW) == 0
    assert campaigns.live(Trigger.CART_ABANDONED) is None
    assert states(message_id) == [("scheduled", "")]
    campaigns.resume(campaign_id, actor=BY, now=NOW)
    assert campaigns.live(Trigger.CART_ABANDONED) is not None


def test_pausing_can_call_off_what_waits_but_not_what_is_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.recovery.campaign_waiting.BATCH", 2)
    campaign_id = published()
    scheduled = [waiting(campaign_id) for _ in range(3)]
    claimed, sending = waiting(campaign_id, state="claimed"), waiting(campaign_id, state="sending")
    assert campaigns.pause(campaign_id, cancel_waiting=True, actor=BY, now=NOW) == 4
    assert states(*scheduled, claimed) == [("cancelled", "campaign_paused")] * 4
    assert states(sending) == [("sending", "")]


def test_what_is_put_away_stays_away() -> None:
    campaign_id = published()
    message_id = waiting(campaign_id)
    assert campaigns.archive(campaign_id, actor=BY, now=NOW) == 1
    assert states(message_id) == [("cancelled", "campaign_archived")]
    for act in (campaigns.archive, campaigns.resume):
        with pytest.raises(CampaignState):
            act(campaign_id, actor=BY, now=NOW)
    with pytest.raises(CampaignState):
        campaigns.publish(campaign_id, 1, actor=BY, now=NOW)


def test_only_what_is_active_can_be_paused() -> None:
    with pytest.raises(CampaignState):
        campaigns.pause(make(), cancel_waiting=False, actor=BY, now=NOW)


def test_of_several_the_first_by_priority_is_live() -> None:
    published()
    first = campaigns.create(slower(presets.cart_reminder()), actor=BY, now=NOW, priority=1)
    campaigns.publish(first, 1, actor=BY, now=NOW + timedelta(hours=1))
    live = campaigns.live(Trigger.CART_ABANDONED)
    assert live
    assert live.campaign_id == first
    assert len(campaigns.list_campaigns()) == 2


def test_another_store_sees_nothing_of_it(make_store: Any) -> None:
    campaign_id = published()
    finish_reading()
    with use_store(make_store().id):
        assert campaigns.live(Trigger.CART_ABANDONED) is None
        assert campaigns.list_campaigns() == ()
        with pytest.raises(CampaignNotFound):
            campaigns.content(campaign_id, 1)
        with pytest.raises(CampaignNotFound):
            campaigns.publish(campaign_id, 1, actor=BY, now=NOW)
        finish_reading()


def test_steps_are_found_by_number() -> None:
    content = presets.cart_reminder()
    step = content.step(3)
    assert isinstance(step, Step)
    assert content.step(4) is None
