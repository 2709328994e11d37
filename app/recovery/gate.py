"""The gate: the last look at a message before it leaves, behind the lock that a purchase takes, too (docs/locking.md).

One transaction for each message: lock the person and the episode, read everything anew, decide, keep the decision with
what it was made by, and only then mark the message `sending`. A purchase comes wholly before or wholly after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import structs

from app.channels.outgoing import Sender
from app.database.statements import Asked, Row, fetch, fetch_all, fetch_at_commit, hot
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, in_transaction, took_lock, unit_of_work
from app.ids import new_id
from app.recovery import message_events
from app.recovery.content import Step
from app.recovery.decision import Defer, End, Send, Verdict, may_send
from app.recovery.facts_query import Reading, facts_of, find_addresses, inputs_of, lock_and_read, moment_of
from app.recovery.message_states import ATTEMPTS, LEASE_SECONDS
from app.recovery.parts import Address, Claimed, Parts
from app.recovery.values import MessageKind

LOOKS = 3  # how often it is tried anew when something moved in between
LOOK_AGAIN = timedelta(days=1)  # at the latest: what a message waits for may be settled earlier than the facts can know
REPEAT_WITHIN = timedelta(hours=12)  # providers remember keys for a day or so

DECIDED = hot("""
    WITH moved AS (
        UPDATE messages
        SET state = :state, reason = :message_reason, address_hash = :hash, attempts = attempts + :tries,
            due_at = coalesce(CAST(:due_at AS timestamptz), due_at), ended_at = :ended_at,
            sent_at = coalesce(sent_at, CAST(:sent_at AS timestamptz)),
            lease_token = CASE WHEN CAST(:lease AS float) IS NULL THEN NULL ELSE lease_token END,
            lease_until = now() + make_interval(secs => CAST(:lease AS float))
        WHERE store_id = :store AND id = :message AND lease_token = :token RETURNING id)
    INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, until, inputs)
    SELECT :store, :id, id, :now, :verdict, :reason, :until, CAST(:inputs AS jsonb) FROM moved RETURNING id""")

COUNT = hot("""
    SELECT count(*) AS sent FROM messages WHERE store_id = :store AND sent_at >= CAST(:month AS timestamp) AT TIME ZONE 'UTC'""")

COUNT_ONE = hot("""
    INSERT INTO message_months AS n (store_id, month, sent) VALUES (:store, :month, :so_far + 1)
    ON CONFLICT (store_id, month) DO UPDATE SET sent = n.sent + 1
    WHERE CAST(:at_most AS int) IS NULL OR n.sent < :at_most RETURNING sent""")


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that may be handed over now, and where to. It is `sending` under this worker's lease."""

    message: Claimed
    address: Address
    at: datetime


class _Moved(Exception):
    """Something changed between two looks: nothing is written, look again."""


class _Lost(Exception):
    """The lease is another worker's by now: nothing is written."""


def pass_gate(message: Claimed, parts: Parts, now: datetime | None, address: Address | None = None) -> Passed | None:
    """Decide about a claimed message of the current store, and mark it accordingly; None if it does not leave now.

    `now` is None to go by the database's clock alone, whatever the worker's says. `address` is where the message went
    when somebody looked before; behind the lock it is looked at again.
    """
    if in_transaction():
        raise RuntimeError("what passes the gate is sent: the gate is a transaction of its own")
    for _ in range(LOOKS):
        try:
            return _decide(message, parts, now, address or find_addresses([message])[message.id])
        except _Moved:
            address = None
        except _Lost:
            return None
    raise TimeoutError("it moved each time it was looked at")


@unit_of_work
def _decide(message: Claimed, parts: Parts, now: datetime | None, address: Address) -> Passed | None:
    address_hash = parts.address_hash(message.channel, address.address) if address.address else ""
    reading = lock_and_read(message, address_hash, now)
    if reading is None:
        raise _Lost
    if reading.address != address.address:
        raise _Moved
    moment, sender, row = moment_of(reading.row, now), parts.senders().get(message.channel), reading.row
    step = _step_of(message, row, parts)
    unmet = parts.unmet(step, message) if step is not None and step.conditions else ""
    reading = _with_count(reading, moment)
    facts = facts_of(reading, message, step, unmet, has_sender=sender is not None, now=moment)
    verdict = may_send(facts, moment)
    incentive = step.incentive if isinstance(verdict, Send) and not message.again and step is not None else None
    if incentive is not None:
        parts.code_for(message, incentive, moment)
    took_lock(Lock.MESSAGE)
    written = _Written(message, address_hash, inputs_of(facts, address_hash), moment)
    written.ends_it = not message.again and incentive is None and reading.row.counted is None
    if message.again:
        verdict = _about_repeating(written, reading, sender, verdict)
    elif isinstance(verdict, Send):
        written.along = parts.along(message, moment)
        written.sending(verdict)
        _count(reading, moment)
    elif isinstance(verdict, Defer):
        written.scheduled(verdict)
    else:
        written.over("cancelled", verdict)
    return Passed(message, address, moment) if isinstance(verdict, Send) else None


def _step_of(message: Claimed, row: Row, parts: Parts) -> Step | None:
    """The step of a campaign's message, with the conditions of entering the campaign before its own."""
    if row.campaign_id is None or message.kind is not MessageKind.STEP:
        return None
    content = parts.content(row.campaign_id, row.campaign_version)
    step = content.step(message.step)
    return structs.replace(step, conditions=content.conditions + step.conditions) if step is not None else None


def _about_repeating(written: "_Written", reading: Reading, sender: Sender[Any] | None, verdict: Verdict) -> Verdict:
    """It may have left already. So it is handed over again only where that is safe, and never called cancelled."""
    row = reading.row
    if row.heard_of:
        written.sent(row.first_handed_at)
        return End("left_before")
    until = verdict.until if isinstance(verdict, Defer) else written.now
    safe = sender is not None and sender.honours_keys and row.attempts < ATTEMPTS
    if not safe or until - row.first_handed_at > REPEAT_WITHIN:
        verdict = End("outcome_unknown")
    if isinstance(verdict, Send):
        written.sending(verdict)
    elif isinstance(verdict, Defer):
        written.still_sending(verdict)
    else:
        written.over("uncertain", verdict)
    return verdict


class _Written:
    """The ways in which a decision is written down, each by one statement that only the holder of the lease can win.

    It `ends_it`: nothing is written after it or because of it, so it goes with COMMIT, and what goes `along` with it.
    """

    ends_it = False
    along: Sequence[Asked] = ()

    def __init__(self, message: Claimed, address_hash: str, inputs: dict[str, object], now: datetime) -> None:
        self.message, self.hash, self.inputs, self.now = message, address_hash, inputs, now

    def sending(self, verdict: Send) -> None:
        self._write("sending", "send", verdict.reason, lease=LEASE_SECONDS, tries=1)

    def still_sending(self, verdict: Defer) -> None:
        lease = (verdict.until - self.now).total_seconds()
        self._write("sending", "defer", verdict.reason, until=verdict.until, lease=lease)

    def scheduled(self, verdict: Defer) -> None:
        due_at = min(verdict.until, self.now + LOOK_AGAIN)
        self._write("scheduled", "defer", verdict.reason, until=verdict.until, due_at=due_at)

    def over(self, state: str, verdict: End) -> None:
        self._write(state, "end", verdict.reason, ended_at=self.now)

    def sent(self, at: datetime) -> None:
        self._write("sent", "end", "left_before", sent_at=at)
        message_events.catch_up(self.message.id)

    def _write(
        self,
        state: str,
        verdict: str,
        reason: str,
        *,
        until: datetime | None = None,
        due_at: datetime | None = None,
        ended_at: datetime | None = None,
        sent_at: datetime | None = None,
        lease: float | None = None,
        tries: int = 0,
    ) -> None:
        message = {
            "store": current_store_id(),
            "message": self.message.id,
            "token": self.message.token,
            "hash": self.hash,
        }
        row = {"state": state, "message_reason": reason, "due_at": due_at, "ended_at": ended_at, "sent_at": sent_at}
        said = {"id": new_id(), "verdict": verdict, "reason": reason, "until": until, "now": self.now}
        inputs = msgspec.json.encode(self.inputs).decode()
        values = {**message, **row, **said, "inputs": inputs, "lease": lease, "tries": tries}
        if self.ends_it:
            fetch_at_commit(DECIDED, values, _ours, *self.along)
        else:
            _ours(fetch_all((DECIDED, values), *self.along)[0])


def _ours(rows: list[Row]) -> None:
    if not rows:
        raise _Lost


def _with_count(reading: Reading, now: datetime) -> Reading:
    """The month's count made anew, where the store has had a limit only since a moment ago."""
    if reading.settings.monthly_messages_at_most is None or reading.row.counted is not None:
        return reading
    counted = fetch(COUNT, {"store": current_store_id(), "month": _month(now)})[0].sent
    return Reading(reading.row._replace(counted=counted), reading.settings, reading.address)


def _count(reading: Reading, now: datetime) -> None:
    """One more of this month, where it is counted. Raises _Moved if others have used up the rest meanwhile."""
    so_far, at_most = reading.row.counted, reading.settings.monthly_messages_at_most
    if so_far is None:
        return
    took_lock(Lock.COUNTER)
    names = {"store": current_store_id(), "month": _month(now), "so_far": so_far, "at_most": at_most}
    if not fetch(COUNT_ONE, names):
        raise _Moved


def _month(now: datetime) -> date:
    return now.date().replace(day=1)
