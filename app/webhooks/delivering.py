"""Delivering what is due: claimed under a lease, sent signed, tried again with growing pauses. At least once, in the order of a
cart's events for each endpoint; an event that was given up holds nobody up.

It has a queue of its own: a receiver that hangs must not keep letters waiting. Requests go out side by side, those to one
endpoint one after the other, and one that fails leaves the rest of its endpoint for later.
"""

import random
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import text

from app import outbound
from app.accounts import letters
from app.accounts.repository import find_customer
from app.audit import log as audit
from app.channels.handing_over import wait_asked_for
from app.database.base import db
from app.database.tenancy import across_stores, use_store
from app.database.transaction import Lock, finish_reading, took_lock, transaction, unit_of_work
from app.ids import CustomerId, StoreId
from app.outbound import NoAnswer, NotReached, PrivateAddress
from app.sealing import Unreadable
from app.webhooks import catalogue, endpoints, signing
from app.webhooks.outcomes import LONGEST_ANSWER, Outcome, error_of, next_wait

BATCH, SIDE_BY_SIDE = 40, 8
SECONDS = 5.0
LEASE_SECONDS = 300  # more than a batch of one endpoint may take
LEFT_FOR_LATER_SECONDS = 30
FAILING_DAYS = 5  # in a row, then an endpoint is switched off
LARGEST_READ = 16 * 1024

_CLAIMABLE = "state = 'waiting' AND (lease_until IS NULL OR lease_until < now())"

# Of each cart's events the first that waits: the next one's turn comes when it has ended.
CLAIM = text(f"""
    WITH due AS MATERIALIZED (
        SELECT d.store_id, d.id FROM webhook_deliveries d
        WHERE {_CLAIMABLE} AND d.due_at <= greatest(now(), :now) AND d.store_id <> ALL(CAST(:paused AS uuid[]))
          AND d.endpoint_id <> ALL(CAST(:resting AS uuid[])) AND NOT EXISTS (
            SELECT 1 FROM webhook_deliveries e WHERE e.store_id = d.store_id AND e.endpoint_id = d.endpoint_id
            AND e.subject = d.subject AND e.state = 'waiting' AND e.number < d.number)
        ORDER BY d.due_at, d.number LIMIT :batch FOR NO KEY UPDATE OF d SKIP LOCKED)
    UPDATE webhook_deliveries d SET lease_token = :token, lease_until = now() + make_interval(secs => :lease), attempts = attempts + 1
    FROM due WHERE d.store_id = due.store_id AND d.id = due.id
    RETURNING d.store_id, d.id, d.endpoint_id, d.event_id, d.type, d.number, d.occurred_at, d.data, d.attempts, now() AS moment""")  # noqa: S608

CLAIM_ONE = text(f"""
    UPDATE webhook_deliveries SET lease_token = :token, lease_until = now() + make_interval(secs => :lease), attempts = attempts + 1
    WHERE store_id = :store AND id = :id AND {_CLAIMABLE}
    RETURNING store_id, id, endpoint_id, event_id, type, number, occurred_at, data, attempts, now() AS moment""")  # noqa: S608

_MINE = "store_id = :store AND id = :id AND lease_token = :token"

END = text(f"""
    UPDATE webhook_deliveries SET state = :state, error = :error, status = :status, answer = :answer, took_ms = :took_ms,
        tried_at = now(), lease_token = NULL, lease_until = NULL, due_at = now() + make_interval(secs => :wait),
        ended_at = CASE WHEN :state <> 'waiting' THEN now() END
    WHERE {_MINE} RETURNING id""")  # noqa: S608

PUT_BACK = text(f"""
    UPDATE webhook_deliveries SET lease_token = NULL, lease_until = NULL, attempts = attempts - 1,
        due_at = now() + make_interval(secs => :wait)
    WHERE {_MINE}""")  # noqa: S608

WORKS = text("""
    UPDATE webhook_endpoints SET failing_since = NULL WHERE store_id = :store AND id = :endpoint AND failing_since IS NOT NULL""")

FAILS = text("""
    UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, now())
    WHERE store_id = :store AND id = :endpoint AND state = 'on'
    RETURNING failing_since < now() - make_interval(days => :days) AS for_days""")

FORGET = text("DELETE FROM webhook_deliveries WHERE store_id = :store AND ended_at < :before")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in this worker's hands. `moment` is the database's time, which its signature names."""

    store_id: StoreId
    id: uuid.UUID
    token: uuid.UUID
    endpoint_id: uuid.UUID
    event_id: uuid.UUID
    type: str
    number: int
    occurred_at: datetime
    data: Mapping[str, Any]
    attempts: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out for it."""

    claimed: Claimed
    url: str
    headers: Mapping[str, str]
    body: bytes


def deliver(
    now: Callable[[], datetime], *, key: str, public_only: bool, paused: Collection[StoreId] = (), at_most: int = 2_000
) -> int:
    """Deliver what is due in every store but `paused`; how many were taken. `key` opens the secrets."""
    taken, resting = 0, set[uuid.UUID]()
    for _ in range(max(1, at_most // BATCH)):
        claimed = _claim(now(), paused, resting)
        requests = [request for one in claimed if (request := _prepare(one, key))]
        by_endpoint: dict[uuid.UUID, list[Request]] = {}
        for request in requests:
            by_endpoint.setdefault(request.claimed.endpoint_id, []).append(request)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for endpoint_id, outcomes in zip(
                by_endpoint, pool.map(lambda found: _send_all(found, public_only), by_endpoint.values()), strict=True
            ):
                taken += _settle(by_endpoint[endpoint_id], outcomes)
                if outcomes[-1].error:
                    resting.add(endpoint_id)
        if len(claimed) < BATCH:
            break
    return taken


def deliver_one(store_id: StoreId, delivery_id: uuid.UUID, *, key: str, public_only: bool) -> Outcome | None:
    """Deliver one of the current store now; what came of it, None if it is in somebody else's hands or has ended."""
    token = uuid.uuid4()
    names = {"store": store_id, "id": delivery_id, "token": token, "lease": LEASE_SECONDS}
    with transaction(outermost=True) as session:
        row = session.execute(CLAIM_ONE, names).first()
    request = _prepare(_claimed(row, token), key) if row else None
    if request is None:
        return None
    outcome = _send(request, public_only)
    _settle([request], [outcome])
    return outcome


def forget(store_id: StoreId, before: datetime) -> int:
    """Deliveries of the current store that ended before then; how many."""
    with transaction() as session:
        return int(getattr(session.execute(FORGET, {"store": store_id, "before": before}), "rowcount", 0))


def _claim(now: datetime, paused: Collection[StoreId], resting: Collection[uuid.UUID]) -> list[Claimed]:
    token = uuid.uuid4()
    names = {"now": now, "paused": list(paused), "resting": list(resting), "batch": BATCH, "token": token}
    with across_stores(), transaction(outermost=True) as session:
        rows = session.execute(CLAIM, {**names, "lease": LEASE_SECONDS}).all()
    return [_claimed(row, token) for row in sorted(rows, key=lambda row: row.number)]


def _claimed(row: Any, token: uuid.UUID) -> Claimed:
    return Claimed(
        StoreId(row.store_id), row.id, token, row.endpoint_id, row.event_id, row.type, row.number, row.occurred_at, row.data,
        row.attempts, row.moment,
    )  # fmt: skip


def _prepare(claimed: Claimed, key: str) -> Request | None:
    """What to send; None, and given up, where the endpoint is not there any more."""
    with use_store(claimed.store_id):
        try:
            target = endpoints.find_target(claimed.endpoint_id)
            customer = _customer(claimed.data) if target and target.personal else None
            secrets = endpoints.secrets(claimed.endpoint_id, key)
            finish_reading()
            if not secrets:
                raise Unreadable
        except Exception as error:  # one that cannot be made must not hold up the others
            finish_reading()
            log.exception("webhook_not_made", delivery=str(claimed.id), error=type(error).__name__)
            _settle_one(claimed, Outcome("not_made"))
            return None
        if target is None or not (target.on or claimed.type == catalogue.TEST):
            _end(claimed, "given_up", Outcome("endpoint_off"), 0)
            return None
    body = catalogue.body(claimed.type, claimed.occurred_at, claimed.data, customer)
    headers = signing.headers(str(claimed.event_id), claimed.moment, body, secrets)
    return Request(claimed, target.url, {"Content-Type": "application/json", "User-Agent": "Dualcart", **headers}, body)


def _customer(data: Mapping[str, Any]) -> Mapping[str, str] | None:
    found = find_customer(CustomerId(uuid.UUID(data["customer_id"]))) if data.get("customer_id") else None
    return {"email": found.email, "name": found.name} if found else None


def _send_all(requests: list[Request], public_only: bool) -> list[Outcome]:
    """One after the other until one fails. Runs beside others: nothing but the network is touched here."""
    outcomes: list[Outcome] = []
    for request in requests:
        outcomes.append(_send(request, public_only))
        if outcomes[-1].error:
            break
    return outcomes


def _send(request: Request, public_only: bool) -> Outcome:
    began = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - began) * 1_000)

    try:
        answer = outbound.ask(
            "POST", request.url, headers=request.headers, body=request.body, seconds=SECONDS, largest=LARGEST_READ,
            public_only=public_only, cut=True,
        )  # fmt: skip
    except PrivateAddress:
        return Outcome("private_address", took_ms=took())
    except NotReached:
        return Outcome("not_reached", took_ms=took())
    except NoAnswer:
        return Outcome("no_answer", took_ms=took())
    said = answer.body.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST_ANSWER]
    return Outcome(error_of(answer.status), answer.status, said, took(), wait_asked_for(answer.headers))


def _settle(requests: list[Request], outcomes: list[Outcome]) -> int:
    """Keep what came of the requests of one endpoint; those that were not sent any more wait. How many were taken."""
    for request, outcome in zip(requests, outcomes, strict=False):
        with use_store(request.claimed.store_id):
            _settle_one(request.claimed, outcome)
    for request in requests[len(outcomes) :]:
        with use_store(request.claimed.store_id), transaction(outermost=True) as session:
            session.execute(PUT_BACK, {**_mine(request.claimed), "wait": LEFT_FOR_LATER_SECONDS})
    return sum(not outcome.error for outcome in outcomes)


@unit_of_work
def _settle_one(claimed: Claimed, outcome: Outcome) -> None:
    """The endpoint's row comes before those of its deliveries, here and wherever both are changed."""
    took_lock(Lock.MESSAGE)
    names = {"store": claimed.store_id, "endpoint": claimed.endpoint_id, "days": FAILING_DAYS}
    if not outcome.error:
        db.session.execute(WORKS, names)
        _end(claimed, "delivered", outcome, 0)
        return
    failing = db.session.execute(FAILS, names).first()
    wait = next_wait(claimed.attempts, outcome.asked, random.random())
    tested = claimed.type == catalogue.TEST
    _end(claimed, "given_up" if wait is None or outcome.gone or tested else "waiting", outcome, wait or 0)
    log.warning("webhook_not_taken", delivery=str(claimed.id), attempts=claimed.attempts, error=outcome.error)
    if failing is not None and (failing.for_days or outcome.gone) and not tested:
        _switch_off(claimed, "gone" if outcome.gone else "failing", outcome)


def _switch_off(claimed: Claimed, reason: str, outcome: Outcome) -> None:
    """Once for each time it goes off: only an endpoint that is on fails. Those who can mend it get a letter."""
    target = endpoints.find_target(claimed.endpoint_id)
    endpoints.switch(claimed.endpoint_id, on=False, reason=reason)
    subject = ("endpoint", claimed.endpoint_id)
    audit.record(
        "webhook_switched_off", actor="worker", subject=subject, now=claimed.moment, details={"reason": reason}
    )
    host = urlsplit(target.url).netloc if target else ""  # a path may hold a secret
    status = str(outcome.status or "")
    params = {"endpoint": str(claimed.endpoint_id), "host": host, "reason": reason, "status": status}
    letters.send_to_roles(("admin", "owner"), "webhook_switched_off", params, claimed.moment)


@unit_of_work
def _end(claimed: Claimed, state: str, outcome: Outcome, wait: int) -> None:
    said = {"error": outcome.error, "status": outcome.status, "answer": outcome.answer, "took_ms": outcome.took_ms}
    db.session.execute(END, {**_mine(claimed), "state": state, **said, "wait": wait})


def _mine(claimed: Claimed) -> dict[str, object]:
    return {"store": claimed.store_id, "id": claimed.id, "token": claimed.token}
