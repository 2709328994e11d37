"""Opening episodes for carts that are locked: one statement for any number of them, with their arms and messages.

What an episode is about differs by trigger (`worth`); who may have one, its arm and its messages are the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import exponent
from app.recovery.assignment import BUCKET_SQL
from app.recovery.campaigns import LiveCampaign
from app.recovery.news import ABANDONED
from app.recovery.people import CLOSURE, LINKED, TRAITS
from app.recovery.values import Trigger
from app.stores.directory import StoreView
from app.web.visitors import Visitor
from app.webhooks.publishing import insertion

MINIMUM = 10  # major units of any currency, where the store has not said how much an abandoned cart must be worth
ELSEWHERE = MINIMUM * 100  # minor units of a currency that the store does not sell in any more
ROBOTS = [kind.value for kind in Visitor if kind is not Visitor.PERSON]


@dataclass(frozen=True, slots=True)
class Opened:
    """How many episodes were opened, and how many messages are to be sent for them."""

    episodes: int
    messages: int


_BUCKET = BUCKET_SQL.format(words="concat_ws(':', CAST(:store AS uuid), CAST(:campaign_word AS text), p.root)")
_SUBJECT = BUCKET_SQL.format(
    words="concat_ws(':', CAST(:store AS uuid), CAST(:campaign_word AS text), e.root, s.number)"
)
_PERSON = CLOSURE.format(
    traits=TRAITS,
    linked=LINKED,
    first="id = w.customer_id",
    then="""
    SELECT (array_agg(p.id ORDER BY p.id))[1] AS root, bool_or(
        EXISTS (SELECT 1 FROM staff_members m WHERE m.store_id = :store AND m.email = p.email AND m.removed_at IS NULL)
        OR EXISTS (SELECT 1 FROM orders o WHERE o.store_id = :store AND o.customer_id = p.id AND (o.state = 'in_review'
            OR (o.state IN ('placed', 'fulfilled') AND o.placed_at >= w.since)))) AS barred
    FROM people p""",
)

# What was left in carts that count: their last change came after the store began to look.
_LEFT = """
    SELECT c.id, c.customer_id, c.currency, c.version, c.activation, c.updated_at AS since, w.value, w.units,
           CAST(NULL AS jsonb) AS subject
    FROM carts c CROSS JOIN LATERAL (
        SELECT sum(l.quantity) AS units,
               sum(l.quantity * CAST(l.snapshot #>> '{unit_price,amount}' AS bigint)) AS value
        FROM cart_lines l WHERE l.store_id = :store AND l.cart_id = c.id AND l.pane = 'active' OFFSET 0) w
    WHERE c.store_id = :store AND c.id = ANY(CAST(:carts AS uuid[])) AND c.updated_at > :since
      AND w.value >= coalesce(CAST(CAST(:minimums AS jsonb) ->> c.currency AS bigint), :minimum)"""

# Each part asks for each cart of the one before by an index. Joins between parts are avoided: nobody can estimate how many
# rows those have, and a nested loop over two of them would cost the square of the batch.
# `worth`: id, customer, currency, version and activation of each cart, `since` when, its value and units, its subject.
# `barred`: staff; whoever has an order held for a look; who bought since, in whatever guise. And robots are left out.
_OPEN = f"""
    WITH worth AS MATERIALIZED ({{worth}}),
    eligible AS MATERIALIZED (
        SELECT uuidv7() AS episode_id, w.*, p.root, {_BUCKET} AS bucket, 1 + coalesce(before.number, 0) AS number
        FROM worth w CROSS JOIN LATERAL (
            SELECT max(x.number) AS number, bool_or(x.trigger = :trigger AND (x.state = 'open'
                OR (x.activation = w.activation AND x.inactive_since = w.since))) AS known
            FROM episodes x WHERE x.store_id = :store AND x.cart_id = w.id OFFSET 0) before
        CROSS JOIN LATERAL ({_PERSON} OFFSET 0) p
        WHERE before.known IS NOT TRUE AND NOT p.barred AND coalesce((
            SELECT split_part(v.actor, ' ', 2) FROM cart_events v
            WHERE v.store_id = :store AND v.cart_id = w.id AND v.version = w.version), '') <> ALL(:robots)),
    assigned AS MATERIALIZED (
        SELECT e.*, CASE WHEN CAST(:campaign AS uuid) IS NULL THEN 'none' WHEN e.bucket < :holdout THEN 'holdout'
                         ELSE 'campaign' END AS arm
        FROM eligible e),
    opened AS (
        INSERT INTO episodes (store_id, id, trigger, cart_id, customer_id, number, activation, cart_version,
            inactive_since, opened_at, value, currency, units, arm, bucket, campaign_id, campaign_version, subject)
        SELECT :store, e.episode_id, :trigger, e.id, e.customer_id, e.number, e.activation, e.version, e.since, :now,
               e.value, e.currency, e.units, e.arm, e.bucket, CAST(:campaign AS uuid), CAST(:campaign_version AS int),
               e.subject
        FROM assigned e),
    queued AS (
        INSERT INTO messages (store_id, id, episode_id, customer_id, kind, step, channel, subject_arm, due_at, created_at)
        SELECT :store, uuidv7(), e.episode_id, e.customer_id, 'step', s.number, s.channel,
               CASE WHEN NOT s.tested THEN '' WHEN {_SUBJECT} < :subject THEN 'b' ELSE 'a' END,
               greatest(:now, e.since + make_interval(secs => s.delay)), :now
        FROM assigned e
        CROSS JOIN jsonb_to_recordset(:steps) AS s(number int, delay int, channel text, tested bool)
        WHERE e.arm = 'campaign' RETURNING 1),
    news AS ({ABANDONED}),
    told AS ({insertion("news")})
    SELECT (SELECT count(*) FROM assigned) AS episodes, (SELECT count(*) FROM queued) AS messages"""  # noqa: S608


def statement(worth: str) -> TextClause:
    """The statement that opens episodes for what the subselect `worth` says of each cart (see there)."""
    return text(_OPEN.format(worth=worth))


OPEN = statement(_LEFT)


def minimums(store: StoreView) -> dict[str, int]:
    """What an abandoned cart must be worth, in minor units by currency."""
    return {code: MINIMUM * 10 ** exponent(code) for code in store.currencies} | store.settings.abandonment_minimums


def open_for(
    carts: str,
    store: StoreView,
    campaign: LiveCampaign | None,
    *,
    since: datetime,
    now: datetime,
    whatever_worth: bool = False,
) -> Opened:
    """Open episodes of abandonment for those of the locked carts that count. `carts` is an array of ids as PostgreSQL spells it."""
    values = {
        "carts": carts,
        "since": since,
        "minimums": "{}" if whatever_worth else msgspec.json.encode(minimums(store)).decode(),
        "minimum": 0 if whatever_worth else ELSEWHERE,
    }
    return open_by(OPEN, Trigger.CART_ABANDONED, store, campaign, now, values)


def open_by(
    opens: TextClause,
    trigger: Trigger,
    store: StoreView,
    campaign: LiveCampaign | None,
    now: datetime,
    values: Mapping[str, Any],
) -> Opened:
    """Open the episodes of a trigger by its statement; `values` are those that its own part asks for."""
    common = {"store": current_store_id(), "now": now, "trigger": trigger.value, "robots": ROBOTS}
    row = db.session.execute(opens, {**common, **values, **_answer(campaign, store)}).one()
    return Opened(row.episodes, row.messages)


def _answer(campaign: LiveCampaign | None, store: StoreView) -> Mapping[str, Any]:
    """What the statement needs to know of the campaign."""
    if campaign is None:
        nothing = {"campaign": None, "campaign_version": None, "campaign_word": ""}
        return {**nothing, "holdout": 0, "subject": 0, "steps": "[]"}
    content = campaign.content
    percent = store.settings.holdout_percent if content.holdout_percent is None else content.holdout_percent
    steps = [
        {
            "number": step.number,
            "delay": step.delay_seconds,
            "channel": step.channel,
            "tested": any(texts.subject_b for texts in step.texts.values()),
        }
        for step in content.steps
    ]
    return {
        "campaign": campaign.campaign_id,
        "campaign_version": campaign.version,
        "campaign_word": str(campaign.campaign_id),
        "holdout": percent * 100,
        "subject": content.subject_test_percent * 100,
        "steps": msgspec.json.encode(steps).decode(),
    }
