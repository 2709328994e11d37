"""Everything that speaks for or against a message, read behind its episode's lock in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.contacts import REMINDERS
from app.database.statements import Row, fetch, fetch_all, hot, tight
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock
from app.recovery import people
from app.recovery.content import Step
from app.recovery.decision import ConsentFact, MessageFacts
from app.recovery.localtime import place_of
from app.recovery.parts import Address, Claimed
from app.recovery.values import CampaignState, Channel, EpisodeState, MessageKind, SuppressionReason
from app.stores.levels import in_force
from app.stores.segments import Shopper
from app.stores.settings import StoreSettings

# A person's messages of the last months are few, and every one of them may count.
WRITTEN_AT_MOST = 100
CONFIRMED_BY_SMS = "sms"  # the source of a word that came from the number itself

# A contact that turned out to be an account's is written to where the account says.
_TARGET = """
    SELECT coalesce(k.merged_into, k.id) FROM customers k WHERE k.store_id = :store AND k.id = :customer"""

# Their own browsers and those they were a contact in: whoever merely typed the same address must not see what is pushed.
_PUSH = """
    SELECT s.endpoint, s.p256dh, s.auth FROM push_subscriptions s
    WHERE s.store_id = :store AND s.gone_at IS NULL AND s.customer_id IN (
        SELECT h.id FROM customers h WHERE h.store_id = :store AND (h.id = k.id OR h.merged_into = k.id))
    ORDER BY s.created_at DESC, s.id LIMIT 1"""

ADDRESSES = hot(f"""
    SELECT a.message, k.email, k.phone, k.locale, p.endpoint, p.p256dh, p.auth
    FROM unnest(CAST(:messages AS uuid[]), CAST(:customers AS uuid[]), CAST(:channels AS text[]))
        AS a(message, customer, channel)
    JOIN customers k ON k.store_id = :store AND k.id = ({_TARGET.replace(":customer", "a.customer")})
    LEFT JOIN LATERAL ({_PUSH}) p ON a.channel = 'push'""")  # noqa: S608  constants of this file

# All customers who are this person, kept for the statements that follow in the same round trip. And plans are kept: made
# anew each time they would cost more than they save, and one made while a table was all but empty would read all of it,
# for ever more rows, until that is analyzed.
PEOPLE = hot(
    people.closure(
        "id = :customer",
        """SELECT set_config('app.ids', CAST(array_agg(id) AS text), true) AS people,
               set_config('enable_seqscan', 'off', true) AS by_index,
               set_config('plan_cache_mode', 'force_generic_plan', true) AS kept FROM people""",
    )
)
_IDS = "current_setting('app.ids')::uuid[]"

LOCK_PERSON = hot(f"""
    SELECT id FROM customers WHERE store_id = :store AND id = ANY({_IDS}) ORDER BY id FOR NO KEY UPDATE""")  # noqa: S608  constants of this file

LOCK_EPISODE = hot("SELECT id FROM episodes WHERE store_id = :store AND id = :episode FOR NO KEY UPDATE")

_LINES = """
    SELECT count(*) AS lines,
           count(*) FILTER (WHERE p.status = 'published' AND v.withdrawn_at IS NULL
                                  AND (v.currency = c.currency OR o.price IS NOT NULL)
                                  AND NOT coalesce(s.tracked AND NOT s.oversell AND s.available < p.minimum_quantity, false)
           ) AS buyable
    FROM cart_lines l
    JOIN variants v ON v.store_id = l.store_id AND v.id = l.variant_id
    JOIN products p ON p.store_id = v.store_id AND p.id = v.product_id
    LEFT JOIN variant_prices o ON o.store_id = v.store_id AND o.variant_id = v.id AND o.currency = c.currency
    LEFT JOIN stock s ON s.store_id = v.store_id AND s.variant_id = v.id
    WHERE l.store_id = :store AND l.cart_id = c.id
      AND l.pane = CASE WHEN e.trigger = 'cart_abandoned' AND m.kind <> 'saved_notice' THEN 'active' ELSE 'next_purchase' END"""

_ORDERS = """
    SELECT coalesce(bool_or(o.state IN ('placed', 'fulfilled', 'in_review')
                            AND coalesce(o.placed_at, o.created_at) > e.inactive_since), false)
               AS ordered,
           coalesce(bool_or(o.state IN ('placed', 'fulfilled')), false) AS buyer,
           coalesce(bool_or(o.state = 'in_review'), false) AS held,
           max(o.expires_at) FILTER (WHERE o.state = 'pending') AS paying_until
    FROM orders o WHERE o.store_id = :store AND o.customer_id = ANY(i.ids)"""

_CONSENT = """
    SELECT w.id, w.granted, w.source, w.said_at FROM consents w
    WHERE w.store_id = :store AND w.customer_id = ANY(i.ids) AND w.channel = m.channel AND w.purpose = :purpose
    ORDER BY w.said_at DESC, w.id DESC LIMIT 1"""

_WRITTEN = f"""
    SELECT coalesce(o.sent_at, o.ended_at, greatest(now(), CAST(:now AS timestamptz))) AS at FROM messages o
    WHERE o.store_id = :store AND o.customer_id = ANY(i.ids) AND o.id <> m.id
      AND o.state NOT IN ('scheduled', 'claimed', 'cancelled', 'failed')
    ORDER BY at DESC LIMIT {WRITTEN_AT_MOST}"""  # noqa: S608  a constant

_SIBLINGS = """
    SELECT count(*) AS sent, count(*) FILTER (WHERE o.channel = 'sms') AS sms,
           coalesce(bool_or(o.kind = 'step' AND o.step > m.step), false) AS later
    FROM messages o
    WHERE o.store_id = :store AND o.episode_id = m.episode_id AND o.id <> m.id
      AND o.state NOT IN ('scheduled', 'claimed', 'cancelled', 'failed')"""

FACTS = hot(
    tight(
        f"""
    SELECT clock_timestamp() AS read_at, m.state, m.lease_token, m.created_at, m.attempts,
           (SELECT min(v.evaluated_at) FROM message_evaluations v
            WHERE v.store_id = m.store_id AND v.message_id = m.id AND v.verdict = 'send') AS first_handed_at,
           EXISTS (SELECT FROM message_events h WHERE h.store_id = m.store_id AND h.message_id = m.id) AS heard_of,
           e.state AS episode, e.inactive_since, e.campaign_id, e.campaign_version, a.state AS campaign,
           c.updated_at AS last_activity, l.lines, l.buyable, o.buyer, o.ordered, o.held, o.paying_until,
           k.email, k.phone, k.phone_confirmed_at, k.time_zone, k.country, k.region, p.endpoint,
           u.time_zone AS store_zone, u.document AS settings, k.locale, k.password_hash IS NOT NULL AS member, c.currency,
           EXISTS (SELECT FROM staff_members s JOIN customers y ON y.store_id = s.store_id AND y.email = s.email
                   AND s.removed_at IS NULL
                   WHERE s.store_id = :store AND y.id = ANY(i.ids)) AS staff,
           (SELECT reason FROM suppressions s WHERE s.store_id = :store AND s.channel = m.channel
                AND s.address_hash = :hash) AS suppressed,
           w.id AS consent_id, w.granted, w.source, w.said_at,
           b.sent AS sent_in_episode, b.sms AS sms_in_episode, b.later,
           ARRAY({_WRITTEN}) AS written,
           (SELECT n.sent FROM message_months n WHERE n.store_id = :store
                AND n.month = date_trunc('month', greatest(now(), CAST(:now AS timestamptz)) AT TIME ZONE 'UTC')::date)
                AS counted
    FROM (SELECT {_IDS} AS ids) i CROSS JOIN messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id
    JOIN setting_levels u ON u.store_id = m.store_id
    JOIN customers k ON k.store_id = m.store_id AND k.id = ({_TARGET})
    LEFT JOIN campaigns a ON a.store_id = e.store_id AND a.id = e.campaign_id
    LEFT JOIN LATERAL ({_PUSH}) p ON m.channel = 'push'
    LEFT JOIN LATERAL ({_CONSENT}) w ON true
    CROSS JOIN LATERAL ({_LINES}) l
    CROSS JOIN LATERAL ({_ORDERS}) o
    CROSS JOIN LATERAL ({_SIBLINGS}) b
    WHERE m.store_id = :store AND m.id = :id""",  # noqa: S608  constants of this file
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the row, the settings in force, and where the message would go now."""

    row: Row
    settings: StoreSettings
    address: str


def find_addresses(messages: Sequence[Claimed]) -> dict[UUID, Address]:
    """Where messages of the current store go, by their ids, as known before anything is locked; empty if it is not known."""
    names = {
        "store": current_store_id(),
        "messages": [message.id for message in messages],
        "customers": [message.customer_id for message in messages],
        "channels": [str(message.channel) for message in messages],
    }
    found = {row.message: row for row in fetch(ADDRESSES, names)}
    return {message.id: _address_of(message.channel, found[message.id]) for message in messages}


def lock_and_read(message: Claimed, address_hash: str, now: datetime | None) -> Reading | None:
    """Lock the person, then the episode; read afterwards. None if another worker has the message by now.

    The person's row is what makes messages of several episodes take turns, so that each sees what the other did.
    """
    took_lock(Lock.CUSTOMER)
    took_lock(Lock.EPISODE)
    store, customer = {"store": current_store_id()}, {"customer": message.customer_id}
    rules = {"id": message.id, "hash": address_hash, "purpose": REMINDERS, "now": now}
    *_locked, rows = fetch_all(
        (PEOPLE, {**store, **customer}),
        (LOCK_PERSON, store),
        (LOCK_EPISODE, {**store, "episode": message.episode_id}),
        (FACTS, {**store, **customer, **rules}),
    )
    row = rows[0]
    if row.lease_token != message.token:
        return None
    return Reading(row, in_force(row.settings).of(_shopper(row)), _address(message.channel, row))


def facts_of(
    reading: Reading, message: Claimed, step: Step | None, unmet: str, *, has_sender: bool, now: datetime
) -> MessageFacts:
    """The facts as the decision at `now` takes them."""
    row, settings, channel = reading.row, reading.settings, message.channel
    planned_at = row.created_at
    if step is not None and message.kind is MessageKind.STEP:
        planned_at = max(planned_at, row.inactive_since + timedelta(seconds=step.delay_seconds))
    hours, channel_on = _of_channel(settings)[channel]
    return MessageFacts(
        kind=message.kind,
        channel=channel,
        planned_at=planned_at,
        episode=EpisodeState(row.episode),
        abandoned_at=row.inactive_since,
        last_activity=row.last_activity,
        ordered=row.ordered,
        paying_until=row.paying_until,
        campaign=CampaignState(row.campaign) if row.campaign else None,
        unmet=unmet,
        lines=row.lines,
        buyable=row.buyable,
        staff=row.staff,
        fraud=row.held,
        has_address=bool(reading.address),
        address_confirmed=channel is not Channel.SMS or row.phone_confirmed_at is not None,
        consent=_consent(row),
        suppressed=SuppressionReason(row.suppressed) if row.suppressed else None,
        place=place_of(
            time_zone=row.time_zone,
            country=row.country,
            region=row.region,
            phone=row.phone,
            store_zone=row.store_zone,
        ),
        has_sender=has_sender,
        recovery_on=settings.recovery,
        channel_on=channel_on,
        hours=hours,
        threshold=timedelta(minutes=settings.abandonment_minutes),
        sent_in_episode=row.sent_in_episode,
        sms_in_episode=row.sms_in_episode,
        later_step_sent=row.later,
        sent_at=tuple(row.written),
        messages_at_most=settings.messages_at_most,
        interval=timedelta(hours=settings.message_interval_hours),
        frequency_at_most=settings.frequency_at_most,
        frequency_within=timedelta(days=settings.frequency_days),
        budget=settings.monthly_messages_at_most,
        budget_used=row.counted or 0,
        month=(now.year, now.month),
    )


def inputs_of(facts: MessageFacts, address_hash: str) -> dict[str, Any]:
    """What is kept of the facts: ids, hashes, counts, times and zones, no address and no name."""
    document: dict[str, Any] = msgspec.to_builtins(facts)
    return {**document, "address_hash": address_hash}


def _address_of(channel: Channel, row: Row) -> Address:
    if channel is Channel.PUSH:
        return Address(row.endpoint or "", row.locale, row.p256dh or "", row.auth or "")
    return Address(_address(channel, row), row.locale)


def _address(channel: Channel, row: Row) -> str:
    return {Channel.EMAIL: row.email, Channel.SMS: row.phone, Channel.PUSH: row.endpoint}[channel] or ""


def _consent(row: Row) -> ConsentFact | None:
    if row.consent_id is None:
        return None
    confirmed = row.source == CONFIRMED_BY_SMS or (
        row.phone_confirmed_at is not None and row.phone_confirmed_at >= row.said_at
    )
    return ConsentFact(UUID(str(row.consent_id)), row.granted, row.source, row.said_at, confirmed)


def _of_channel(settings: StoreSettings) -> dict[Channel, tuple[tuple[int, int], bool]]:
    return {
        Channel.EMAIL: (settings.email_hours, settings.email_reminders),
        Channel.SMS: (settings.sms_hours, settings.sms_reminders),
        Channel.PUSH: (settings.push_hours, settings.push_reminders),
    }


def _shopper(row: Row) -> Shopper:
    return Shopper(row.member, row.locale, row.currency, row.buyer)


def moment_of(row: Row, now: datetime | None) -> datetime:
    """When the decision is made: by the database's clock, or by the application's where that was moved ahead on purpose."""
    read_at: datetime = row.read_at.astimezone(UTC)
    return max(read_at, now) if now else read_at
