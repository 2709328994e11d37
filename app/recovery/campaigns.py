"""Campaigns: edited as a draft, published as versions that never change, paused, resumed, put away.

A campaign is changed by compare-and-set on its draft's version, behind its row's lock; nothing else is locked after it but
waiting messages, which are put off one small batch after the other.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import insert, select, update

from app.database.base import db
from app.database.statements import fetch, hot
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.ids import new_id
from app.recovery import campaign_waiting, presets, publishing
from app.recovery.campaign_errors import (
    BadCampaign,
    CampaignNotFound,
    CampaignState,
    DraftChanged,
    NotPublishable,
    TriggerFixed,
    UnknownPreset,
)
from app.recovery.content import Content, content_of, document_of
from app.recovery.content_changes import Change, changes
from app.recovery.models import CampaignRow, CampaignVersionRow
from app.recovery.problems import Problem
from app.recovery.publisher import publisher
from app.recovery.values import CampaignState as State
from app.recovery.values import Trigger

log = structlog.get_logger(__name__)

_LIVE = hot("""
    SELECT c.id, v.version FROM campaigns c
    JOIN campaign_versions v ON v.store_id = c.store_id AND v.campaign_id = c.id AND v.version = c.live_version
    WHERE c.store_id = :store AND c.trigger = :trigger AND c.state = 'active' ORDER BY c.priority, c.id LIMIT 1""")

_CONTENT = hot("""
    SELECT content FROM campaign_versions WHERE store_id = :store AND campaign_id = :campaign AND version = :version""")


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """What new episodes begin with."""

    campaign_id: UUID
    version: int
    content: Content


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as its editor sees it. `live_version` None: never published."""

    id: UUID
    trigger: Trigger
    state: State
    priority: int
    draft: Content
    draft_version: int
    live_version: int | None
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft that was kept, and what is wrong with it."""

    draft_version: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The version in force now; what it changed; how many messages wait at each step, and keep the version they began with."""

    version: int
    changes: tuple[Change, ...]
    waiting: dict[int, int]
    warnings: tuple[Problem, ...]


def live(trigger: Trigger) -> LiveCampaign | None:
    """The campaign that new episodes of this trigger begin with: of the active ones the first by priority, then by age."""
    rows = fetch(_LIVE, {"store": current_store_id(), "trigger": trigger.value})
    if not rows:
        return None
    return LiveCampaign(rows[0].id, rows[0].version, content(rows[0].id, rows[0].version))


def content(campaign_id: UUID, version: int) -> Content:
    """What a campaign's version says: read once in the life of a process. Raises CampaignNotFound."""
    return _content(current_store_id(), campaign_id, version)


@lru_cache(maxsize=512)
def _content(store_id: UUID, campaign_id: UUID, version: int) -> Content:
    rows = fetch(_CONTENT, {"store": store_id, "campaign": campaign_id, "version": version})
    if not rows:
        raise CampaignNotFound()
    return content_of(rows[0].content)


def read_document(document: object) -> Content:
    """A campaign as an editor or the API sent it. Raises BadCampaign."""
    try:
        return content_of(document)
    except msgspec.ValidationError as error:
        raise BadCampaign(about=str(error)[:300]) from None


def list_campaigns() -> tuple[Campaign, ...]:
    """All of the current store, in the order in which they are asked for episodes.

    A draft that cannot be read (an older or a damaged document) has no name and no steps here: the others are listed all the same.
    """
    ordered = select(CampaignRow).where(CampaignRow.store_id == current_store_id())
    rows = db.session.execute(ordered.order_by(CampaignRow.trigger, CampaignRow.priority, CampaignRow.id)).scalars()
    return tuple(map(_legible, rows))


def get(campaign_id: UUID) -> Campaign:
    """One of the current store. Raises CampaignNotFound, BadCampaign if its draft cannot be read."""
    return _campaign(_row(campaign_id))


@unit_of_work
def create(draft: Content, *, actor: str, now: datetime, priority: int = 100) -> UUID:
    """A campaign that is a draft so far."""
    campaign_id = new_id()
    db.session.execute(
        insert(CampaignRow).values(
            store_id=current_store_id(),
            id=campaign_id,
            trigger=draft.trigger.value,
            state=State.DRAFT.value,
            priority=priority,
            draft=document_of(draft),
            created_at=now,
            updated_at=now,
            updated_by=actor,
        )
    )
    return campaign_id


def create_from_preset(preset: str, *, actor: str, now: datetime) -> UUID:
    """A preset as a draft: complete, and publishable in English and Persian. Raises UnknownPreset."""
    make = presets.PRESETS.get(preset)
    if make is None:
        raise UnknownPreset(preset=preset)
    return create(make(), actor=actor, now=now)


@unit_of_work
def save_draft(campaign_id: UUID, draft: Content, seen: int, *, actor: str, now: datetime) -> Saved:
    """Keep a draft that began with the draft version `seen`. What is wrong with it is answered, and keeps it from nothing
    but being published.

    Raises CampaignNotFound, CampaignState, TriggerFixed, DraftChanged, BadCondition.
    """
    publishing.require_conditions(draft)
    row = _behind_lock(campaign_id, seen, {State.DRAFT, State.ACTIVE, State.PAUSED})
    if row.trigger != draft.trigger:
        raise TriggerFixed()
    _change(campaign_id, draft=document_of(draft), draft_version=seen + 1, updated_at=now, updated_by=actor)
    return Saved(seen + 1, publishing.problems(draft, publisher()))


@unit_of_work
def publish(campaign_id: UUID, seen: int, *, actor: str, now: datetime) -> Published:
    """Put the draft `seen` in force for new episodes. Publishing what is in force already makes no new version.

    Raises CampaignNotFound, CampaignState, DraftChanged, NotPublishable.
    """
    row = _behind_lock(campaign_id, seen, {State.DRAFT, State.ACTIVE, State.PAUSED})
    draft = content_of(row.draft)
    found = publishing.problems(draft, publisher())
    if any(problem.blocking for problem in found):
        raise NotPublishable(problems=found)
    before = content(campaign_id, row.live_version) if row.live_version is not None else None
    version = row.live_version or 0
    if before != draft:
        version += 1
        db.session.execute(
            insert(CampaignVersionRow).values(
                store_id=current_store_id(),
                campaign_id=campaign_id,
                version=version,
                content=document_of(draft),
                published_at=now,
                published_by=actor,
            )
        )
    _change(campaign_id, state=State.ACTIVE.value, live_version=version, updated_at=now, updated_by=actor)
    return Published(version, changes(before, draft), campaign_waiting.count(campaign_id), found)


def pause(campaign_id: UUID, *, cancel_waiting: bool, actor: str, now: datetime) -> int:
    """No new episodes. Those under way go on, or with `cancel_waiting` are sent nothing more: how many messages that was.

    Raises CampaignNotFound, CampaignState.
    """
    _turn(campaign_id, {State.ACTIVE}, State.PAUSED, actor=actor, now=now)
    return campaign_waiting.cancel(campaign_id, "campaign_paused", now) if cancel_waiting else 0


def resume(campaign_id: UUID, *, actor: str, now: datetime) -> None:
    """New episodes begin with it again. Raises CampaignNotFound, CampaignState."""
    _turn(campaign_id, {State.PAUSED}, State.ACTIVE, actor=actor, now=now)


def archive(campaign_id: UUID, *, actor: str, now: datetime) -> int:
    """Put it away for good, with what waits: how many messages that was. Raises CampaignNotFound, CampaignState."""
    _turn(campaign_id, {State.DRAFT, State.ACTIVE, State.PAUSED}, State.ARCHIVED, actor=actor, now=now)
    return campaign_waiting.cancel(campaign_id, "campaign_archived", now)


@unit_of_work
def _turn(campaign_id: UUID, before: set[State], after: State, *, actor: str, now: datetime) -> None:
    _behind_lock(campaign_id, None, before)
    _change(campaign_id, state=after.value, updated_at=now, updated_by=actor)


def _behind_lock(campaign_id: UUID, seen: int | None, states: set[State]) -> CampaignRow:
    row = _row(campaign_id, lock=True)
    if row.state not in states:
        raise CampaignState(state=row.state)
    if seen is not None and row.draft_version != seen:
        raise DraftChanged(
            draft=content_of(row.draft), draft_version=row.draft_version, by=row.updated_by, at=row.updated_at
        )
    return row


def _row(campaign_id: UUID, *, lock: bool = False) -> CampaignRow:
    wanted = select(CampaignRow).where(CampaignRow.store_id == current_store_id(), CampaignRow.id == campaign_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    row = db.session.execute(wanted.execution_options(populate_existing=True)).scalar()
    if row is None:
        raise CampaignNotFound()
    return row


def _change(campaign_id: UUID, **values: Any) -> None:
    of_it = (CampaignRow.store_id == current_store_id(), CampaignRow.id == campaign_id)
    db.session.execute(update(CampaignRow).where(*of_it).values(**values))


def _legible(row: CampaignRow) -> Campaign:
    try:
        return _campaign(row)
    except BadCampaign:
        log.warning("campaign_unreadable", campaign=str(row.id))
        return _campaign(row, Content(name={}, trigger=Trigger(row.trigger)))


def _campaign(row: CampaignRow, draft: Content | None = None) -> Campaign:
    return Campaign(
        id=row.id,
        trigger=Trigger(row.trigger),
        state=State(row.state),
        priority=row.priority,
        draft=draft or read_document(row.draft),
        draft_version=row.draft_version,
        live_version=row.live_version,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
