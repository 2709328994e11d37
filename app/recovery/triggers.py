"""Reminders of saved things: nobody came by for long, something became cheaper, something came back.

Only where a campaign of that trigger is live. Whoever gets one is found by what happened, not by what exists: carts that
became quiet lately, products that were changed lately, variants that came back just now. What was so before a campaign was
published is not written about, as with abandonment.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import VariantId
from app.recovery import campaigns, episodes, opening, starting
from app.recovery.campaigns import LiveCampaign
from app.recovery.detection import BY_INDEX
from app.recovery.values import EpisodeState, Trigger
from app.stores.directory import StoreView

BATCH = 1_000
LOOK_BACK = timedelta(days=2)  # turns come each hour; a worker that was away for longer passes them over
NOWHERE = UUID(int=0)

_SAVED = "SELECT 1 FROM cart_lines l WHERE l.store_id = :store AND l.cart_id = c.id AND l.pane = 'next_purchase'"
_TAKE = """
    SELECT c.id FROM carts c WHERE c.store_id = :store AND c.status = 'open' AND c.id > :after AND {which}
    ORDER BY c.id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED"""

TAKE_QUIET = text(
    _TAKE.format(
        which=f"""c.examined AND c.active_slot > :earliest AND c.active_slot <= :latest
            AND c.updated_at <= :latest AND c.updated_at > :since AND EXISTS ({_SAVED})"""
    )
)
TAKE_WITH = text(
    _TAKE.format(
        which="""c.id IN (SELECT l.cart_id FROM cart_lines l
            WHERE l.store_id = :store AND l.variant_id = ANY(:variants) AND l.pane = 'next_purchase')"""
    )
)

# Prices are compared in the cart's currency, against what the shopper saw; and against what they were told before.
_PRICE = "coalesce(o.price, CASE WHEN v.currency = c.currency THEN v.price END)"
_ABOUT = """
    SELECT c.id, c.customer_id, c.currency, c.version, c.activation, CAST(:now AS timestamptz) AS since,
           w.value, w.units, w.subject
    FROM carts c CROSS JOIN LATERAL (
        SELECT sum(l.quantity) AS units, coalesce(sum(l.quantity * {price}), 0) AS value,
               jsonb_build_object('variant_ids', jsonb_agg(DISTINCT l.variant_id),
                                  'prices', jsonb_object_agg(l.variant_id, {price})) AS subject
        FROM cart_lines l
        JOIN variants v ON v.store_id = l.store_id AND v.id = l.variant_id AND v.withdrawn_at IS NULL
        LEFT JOIN variant_prices o ON o.store_id = v.store_id AND o.variant_id = v.id AND o.currency = c.currency
        WHERE l.store_id = :store AND l.cart_id = c.id AND l.pane = 'next_purchase' AND {line} OFFSET 0) w
    WHERE c.store_id = :store AND c.id = ANY(CAST(:carts AS uuid[])) AND w.units > 0 AND {cart}"""

_TOLD = """SELECT 1 FROM episodes x WHERE x.store_id = :store AND x.cart_id = c.id AND x.trigger = :trigger"""
OPEN_QUIET = opening.statement(
    _ABOUT.format(
        price=_PRICE,
        line="true",
        # Once in each quiet time; and not while it is being asked about what is in the order.
        cart=f"""NOT EXISTS ({_TOLD} AND x.inactive_since >= c.updated_at) AND NOT EXISTS (
            SELECT 1 FROM episodes y WHERE y.store_id = :store AND y.cart_id = c.id AND y.state = 'open'
              AND y.trigger = 'cart_abandoned')""",
    )
)
OPEN_DROPPED = opening.statement(
    _ABOUT.format(
        price=_PRICE,
        line=f"""l.variant_id = ANY(:variants) AND l.snapshot #>> '{{unit_price,currency}}' = c.currency
            AND {_PRICE} * 100 <= CAST(l.snapshot #>> '{{unit_price,amount}}' AS bigint) * 95
            AND NOT EXISTS ({_TOLD} AND x.currency = c.currency
                AND CAST(x.subject #>> ARRAY['prices', CAST(l.variant_id AS text)] AS bigint) * 95 < {_PRICE} * 100)""",
        cart="true",
    )
)
OPEN_RETURNED = opening.statement(_ABOUT.format(price=_PRICE, line="l.variant_id = ANY(:variants)", cart="true"))

CHANGED = text("""
    SELECT v.id FROM products p JOIN variants v ON v.store_id = p.store_id AND v.product_id = p.id
    WHERE p.store_id = :store AND p.updated_at > :since AND p.status = 'published' AND v.withdrawn_at IS NULL
      AND EXISTS (SELECT 1 FROM cart_lines l
                  WHERE l.store_id = :store AND l.variant_id = v.id AND l.pane = 'next_purchase')""")

# What they were about is no longer saved; or all was said, and what it could bring has been waited for.
OVER = text("""
    SELECT e.id, NOT EXISTS (
               SELECT 1 FROM cart_lines l WHERE l.store_id = :store AND l.cart_id = e.cart_id AND l.pane = 'next_purchase'
               AND e.subject -> 'variant_ids' @> to_jsonb(l.variant_id)) AS gone,
           NOT EXISTS (
               SELECT 1 FROM messages m WHERE m.store_id = :store AND m.episode_id = e.id
               AND (m.state IN ('scheduled', 'claimed', 'sending') OR coalesce(m.sent_at, m.ended_at) > :waited_for))
           AND e.opened_at <= :waited_for AS done
    FROM episodes e WHERE e.store_id = :store AND e.state = 'open' AND e.trigger <> 'cart_abandoned' ORDER BY e.id""")


def nudge(store: StoreView, now: datetime) -> int:
    """Episodes for what has been saved since the campaign's days without anybody coming by; how many."""
    campaign, since = _live(store, Trigger.NEXT_PURCHASE, now)
    if campaign is None or since is None:
        return 0
    latest = now - timedelta(days=campaign.content.quiet_days)
    names = {"earliest": latest - LOOK_BACK, "latest": latest, "since": latest - LOOK_BACK}
    return _open_all(TAKE_QUIET, OPEN_QUIET, Trigger.NEXT_PURCHASE, store, campaign, names, now)


def tell_dropped(store: StoreView, now: datetime) -> int:
    """Episodes for saved things that cost at least 5 % less than their shopper saw, and less than they were told since."""
    campaign, since = _live(store, Trigger.PRICE_DROPPED, now)
    if campaign is None or since is None:
        return 0
    changed = _changed(max(since, now - LOOK_BACK))
    names = {"variants": changed}
    return _open_all(TAKE_WITH, OPEN_DROPPED, Trigger.PRICE_DROPPED, store, campaign, names, now) if changed else 0


def tell_returned(store: StoreView, variants: Collection[VariantId], now: datetime) -> int:
    """Episodes for saved things that were sold out and came back just now."""
    campaign, since = _live(store, Trigger.BACK_IN_STOCK, now)
    if campaign is None or since is None:
        return 0
    names = {"variants": list(variants)}
    return _open_all(TAKE_WITH, OPEN_RETURNED, Trigger.BACK_IN_STOCK, store, campaign, names, now)


@unit_of_work
def close_over(store: StoreView, now: datetime) -> int:
    """Close what is over of these triggers: emptied, or expired once attribution has been waited for; how many."""
    names = {"store": current_store_id(), "waited_for": now - timedelta(days=store.settings.attribution_days)}
    rows = [row for row in db.session.execute(OVER, names) if row.gone or row.done]
    if not rows:
        return 0
    took_lock(Lock.EPISODE)
    db.session.execute(LOCK, {"store": names["store"], "ids": [row.id for row in rows]})
    gone = episodes.close([row.id for row in rows if row.gone], EpisodeState.EMPTIED, now=now)
    done = episodes.close([row.id for row in rows if not row.gone], EpisodeState.EXPIRED, now=now)
    return len(gone) + len(done)


LOCK = text("SELECT id FROM episodes WHERE store_id = :store AND id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


@unit_of_work
def _live(store: StoreView, trigger: Trigger, now: datetime) -> tuple[LiveCampaign | None, datetime | None]:
    """The trigger's campaign and since when the store looks, None for what there is not."""
    return campaigns.live(trigger), starting.looking_since(store.settings, now)


@unit_of_work
def _changed(since: datetime) -> list[UUID]:
    return list(db.session.execute(CHANGED, {"store": current_store_id(), "since": since}).scalars())


def _open_all(
    take: TextClause,
    opens: TextClause,
    trigger: Trigger,
    store: StoreView,
    campaign: LiveCampaign,
    names: Mapping[str, Any],
    now: datetime,
) -> int:
    open_some = partial(_open_batch, take, opens, trigger, store, campaign, names, now)
    opened, after = 0, NOWHERE
    while True:
        taken, some, after = open_some(after)
        opened += some
        if taken < BATCH:
            return opened


@unit_of_work
def _open_batch(
    take: TextClause,
    opens: TextClause,
    trigger: Trigger,
    store: StoreView,
    campaign: LiveCampaign,
    names: Mapping[str, Any],
    now: datetime,
    after: UUID,
) -> tuple[int, int, UUID]:
    took_lock(Lock.CART)
    db.session.execute(BY_INDEX)
    found = {"store": current_store_id(), "batch": BATCH, "after": after}
    carts = list(db.session.execute(take, {**names, **found}).scalars())
    if not carts:
        return 0, 0, after
    took_lock(Lock.EPISODE)
    literal = "{" + ",".join(map(str, carts)) + "}"
    opened = opening.open_by(opens, trigger, store, campaign, now, {**names, "carts": literal})
    return len(carts), opened.episodes, carts[-1]
