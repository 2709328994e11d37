"""Filling in why carts were left: in small batches, by any number of workers, once for each episode."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.cart import codec, history, repository
from app.cart.events import Event, OrderPlaced
from app.cart.policy import Policy
from app.cart.pricing import ReviewedLine, goods, review
from app.cart.settings import policy_of
from app.cart.state import Cart, Pane
from app.catalog.facts_query import get_facts
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Refusal
from app.ids import CartId, VariantId
from app.money import Money
from app.orders.values import CheckoutDetails
from app.promotions.domain import Coupon, Reduction, check, reduction
from app.promotions.facts_query import coupon_of, coupon_sql
from app.recovery.reasons import Checkout, Finding, Known, find
from app.recovery.values import Trigger
from app.stores.delivery import available, estimate
from app.stores.directory import StoreView

BATCH = 50  # their rows are locked meanwhile, and a gate may wait for one
AT_MOST = 5_000  # in one turn: the next is a minute away
LOOKED_AT = 200  # events of a cart, the newest

# Those that somebody has locked are about to be decided about; they are found at the next turn.
TAKE = text("""
    SELECT id FROM episodes WHERE store_id = :store AND reason = ''
    ORDER BY id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED""")

# An order of the same round of the cart whose last payment failed, and what was placed before by whoever left this cart.
READ = text(f"""
    SELECT e.id, e.trigger, e.cart_id, e.cart_version, e.inactive_since, e.opened_at, c.version, u.password_hash,
           k.details, k.updated_at AS entered_at, a.state AS paid, a.reason AS word,
           {coupon_sql("code = c.coupon", "e.customer_id")} AS coupon,
           (SELECT count(*) FROM orders o WHERE o.store_id = :store AND o.customer_id = e.customer_id
                AND o.placed_at < e.opened_at AND o.state <> 'cancelled') AS orders,
           (SELECT coalesce(json_agg(json_build_object('kind', v.kind, 'payload', v.payload, 'at', v.occurred_at)
                                     ORDER BY v.version), '[]')
            FROM (SELECT * FROM cart_events x WHERE x.store_id = :store AND x.cart_id = e.cart_id
                  AND x.version <= e.cart_version ORDER BY x.version DESC LIMIT :looked_at) v) AS events
    FROM episodes e
    JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id
    JOIN customers u ON u.store_id = e.store_id AND u.id = e.customer_id
    LEFT JOIN checkouts k ON k.store_id = e.store_id AND k.cart_id = e.cart_id AND k.updated_at <= e.opened_at
    LEFT JOIN LATERAL (
        SELECT t.state, t.reason FROM orders o
        JOIN payment_attempts t ON t.store_id = o.store_id AND t.order_id = o.id
        WHERE o.store_id = :store AND o.cart_id = e.cart_id AND o.activation = e.activation AND t.started_at <= e.opened_at
        ORDER BY t.started_at DESC, t.id DESC LIMIT 1) a ON true
    WHERE e.store_id = :store AND e.id = ANY(:ids) ORDER BY e.id""")  # noqa: S608  constants of this application

KEEP = text("""
    UPDATE episodes SET reason = :reason, reached = :reached, evidence = CAST(:evidence AS jsonb), likelihood = :likelihood
    WHERE store_id = :store AND id = :id""")


def explain(store: StoreView, *, batch: int = BATCH, at_most: int = AT_MOST) -> int:
    """Fill in reason, evidence and likelihood of the current store's episodes that have none yet; how many."""
    done = 0
    while done < at_most:
        some = _explain_batch(policy_of(store.settings), batch)
        done += some
        if some < batch:
            break
    return done


@unit_of_work
def _explain_batch(policy: Policy, batch: int) -> int:
    took_lock(Lock.EPISODE)
    names = {"store": current_store_id()}
    ids = list(db.session.execute(TAKE, {**names, "batch": batch}).scalars())
    if not ids:
        return 0
    rows = db.session.execute(READ, {**names, "ids": ids, "looked_at": LOOKED_AT}).all()
    carts = {row.id: _cart(row) for row in rows if row.trigger == Trigger.CART_ABANDONED}
    facts = _facts(carts.values())
    kept = []
    for row in rows:
        values: dict[str, Any] = {"reason": row.trigger, "reached": "", "evidence": None, "likelihood": None}
        if row.id in carts:
            cart = carts[row.id]
            known = _known(row, cart, review(cart, Pane.ACTIVE, facts[cart.currency], policy), policy)
            values = {**_stored(find(known)), "reached": _reached(known, row.paid)}
        kept.append({**names, "id": row.id, **values})
    db.session.execute(KEEP, kept)
    return len(rows)


def _stored(finding: Finding) -> dict[str, Any]:
    evidence = msgspec.json.encode(finding.evidence).decode()
    return {"reason": finding.reason.value, "evidence": evidence, "likelihood": finding.likelihood}


def _reached(known: Known, paid: str | None) -> str:
    """How far they had come when they left."""
    if paid:
        return "payment"
    return "checkout" if known.checkout else "cart"


def _cart(row: Any) -> Cart:
    """The cart as it was when it was left."""
    if row.version == row.cart_version:
        return repository.list_stored([CartId(row.cart_id)])[CartId(row.cart_id)].cart
    return history.cart_at(CartId(row.cart_id), version=row.cart_version)


def _facts(carts: Any) -> dict[str, Mapping[VariantId, Any]]:
    """The catalogue about all of them, one statement for each currency."""
    wanted: dict[str, set[UUID]] = {}
    for cart in carts:
        wanted.setdefault(cart.currency, set()).update(cart.variant_ids())
    return {currency: get_facts(variant_ids, currency) for currency, variant_ids in wanted.items()}


def _known(row: Any, cart: Cart, lines: tuple[ReviewedLine, ...], policy: Policy) -> Known:
    worth = goods(lines, cart.currency)
    relief = _relief(coupon_of(row.coupon), worth, row.opened_at) if cart.coupon else None
    details = msgspec.convert(row.details, CheckoutDetails) if row.details else None
    checkout = _checkout(details, row.entered_at)
    return Known(
        left_at=row.inactive_since,
        events=_round(row.events),
        lines=lines,
        delivery=_delivery(details, worth, relief if isinstance(relief, Reduction) else None, policy),
        coupon=cart.coupon,
        coupon_problem=relief.code if isinstance(relief, Refusal) else "",
        checkout=checkout,
        failed=(row.word or "failed") if row.paid == "failed" else "",
        has_account=row.password_hash is not None,
        orders=row.orders,
    )


def _round(stored: list[dict[str, Any]]) -> tuple[tuple[datetime, Event], ...]:
    """What happened since the last order."""
    events = [(datetime.fromisoformat(one["at"]), codec.event_of(one["kind"], one["payload"])) for one in stored]
    last = max((at for at, (_time, event) in enumerate(events) if isinstance(event, OrderPlaced)), default=-1)
    return tuple(events[last + 1 :])


def _checkout(details: CheckoutDetails | None, at: datetime | None) -> Checkout | None:
    if details is None or at is None or details.contact is None:
        return None
    if details.provider:
        return Checkout(at, "review")
    return Checkout(at, "payment" if details.delivery_key else "delivery")


def _relief(coupon: Coupon | None, worth: Money, now: datetime) -> Reduction | Refusal:
    try:
        check(coupon, worth, now)
    except Refusal as refusal:
        return refusal
    assert coupon is not None  # noqa: S101  check() refuses none
    return reduction(coupon, worth)


def _delivery(details: CheckoutDetails | None, worth: Money, relief: Reduction | None, policy: Policy) -> Money | None:
    """What checkout showed: the chosen way's cost, else the cheapest's to where they are."""
    if details is None:
        return None
    if relief is not None and relief.free_delivery:
        return Money(0, worth.currency)
    after = worth - relief.amount if relief is not None else worth
    country = details.address.country if details.address else policy.country
    offered = available(policy.delivery_methods, country, worth.currency)
    chosen = next((method for method in offered if method.key == details.delivery_key), None)
    if chosen is not None:
        return chosen.price(after)
    cheapest = estimate(policy.delivery_methods, country, after)
    return cheapest[1] if cheapest else None
