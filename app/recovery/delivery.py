"""Delivering what is due: claim, gate, write, hand over, say what came of it. Any number of workers, in all stores at once.

A worker may die at any point. Before the gate its messages are claimed again by the next one; after it, they may have
left, one in each of its lanes, and what happens then depends on whether the provider knows a message by its id
(docs/locking.md).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

import structlog
from flask import current_app

from app.channels.outgoing import OutcomeUnknown, Refused, Sender, TryLater
from app.config import Config
from app.database.statements import fetch, hot
from app.database.tenancy import use_store
from app.ids import StoreId
from app.recovery import message_events, publisher
from app.recovery import message_states as states
from app.recovery.facts_query import find_addresses
from app.recovery.gate import Passed, pass_gate
from app.recovery.lanes import Budget, Lanes
from app.recovery.parts import Address, Claimed, NothingToSend, Parts, Written
from app.recovery.traffic import Traffic
from app.recovery.values import Channel, SuppressionReason

BATCH = 20
NOT_DECIDED_SECONDS = 300

GONE = hot("""
    UPDATE push_subscriptions SET gone_at = greatest(now(), CAST(:now AS timestamptz))
    WHERE store_id = :store AND endpoint = :endpoint AND gone_at IS NULL RETURNING id""")

Now = Callable[[], datetime | None]
Senders = Mapping[Channel, Sender[Any]]

log = structlog.get_logger(__name__)
_connected: list[Parts] = []


def connect(parts: Parts) -> None:
    """The other parts that this process delivers with."""
    _connected[:] = [parts]


def deliver(
    now: Callable[[], datetime], *, at_most: int = 1_000, paused: Collection[StoreId] = (), lanes: int = 1
) -> int:
    """Deliver what is due; returns how many messages providers have taken. At most `at_most` are looked at.

    Messages of `paused` stores stay as they are. Of several `lanes` the first goes alone until there is more than one
    batch and something was taken, or its first batch is done: so one lane alone tries a provider that has failed.
    Raises what a lane failed with once all have ended; the messages in its hands are claimed anew when their lease is over.
    """
    ahead, senders = _only_ahead(now), _connected[0].senders()
    budget, traffic = Budget(max(1, at_most // BATCH)), _connected[0].traffic(senders)
    others = Lanes(lanes - 1, lambda: _lane(traffic.beside(), senders, budget, ahead, paused, _nothing))
    try:
        taken = _lane(traffic, senders, budget, ahead, paused, others.begin)
    finally:
        taken_beside = others.end()
    return taken + sum(taken_beside)


def _lane(
    traffic: Traffic,
    senders: Senders,
    budget: Budget,
    now: Now,
    paused: Collection[StoreId],
    going: Callable[[], object],
) -> int:
    """Batch after batch until nothing more is due; says that it is `going` well as soon as there is more to do."""
    parts, taken = _connected[0], 0
    with ExitStack() as connections:
        for sender in {id(sender): sender for sender in senders.values()}.values():
            connections.enter_context(getattr(sender, "batch", nullcontext)())
        while budget.take():
            claimed = states.claim(now(), traffic.channels(), BATCH, paused)
            full = len(claimed) >= BATCH
            taken += _deliver_batch(claimed, parts, traffic, now, going if full else _nothing)
            if not full:
                break
            going()
    return taken


def _deliver_batch(
    claimed: list[Claimed], parts: Parts, traffic: Traffic, now: Now, going: Callable[[], object]
) -> int:
    taken = 0
    traffic.begin(claimed)
    for store_id, messages in groupby(claimed, key=attrgetter("store_id")):
        with use_store(store_id), publisher.entered():  # so that what is written need not ask for the store each time
            for message, address in _addressed(messages):
                seconds, reason = traffic.pause(message)
                if seconds:
                    states.put_back(message, reason, now(), seconds=seconds)
                elif _deliver(message, address, parts, traffic, now):
                    taken += 1
                    going()
    traffic.end()
    return taken


def _only_ahead(now: Callable[[], datetime]) -> Now:
    """The application's time where it may be moved on purpose, which is the demo; elsewhere the database's clock decides."""
    return now if cast(Config, cast(Any, current_app).config["DUALCART"]).demo else _nothing


def _nothing() -> None:
    return None


def _addressed(messages: Iterable[Claimed]) -> Iterator[tuple[Claimed, Address]]:
    """Each with where it goes, all looked up at once: behind its lock each is looked at again."""
    batch = list(messages)
    addresses = find_addresses(batch)
    for message in batch:
        yield message, addresses[message.id]


def _deliver(message: Claimed, address: Address, parts: Parts, traffic: Traffic, now: Now) -> int:
    passed = _pass_gate(message, address, parts, now)
    written = _write(passed, parts, now) if passed is not None else None
    if passed is None or written is None:
        traffic.unused(message)
        return 0
    failure = _hand_over(passed, written, parts.senders()[message.channel], parts, now)
    traffic.heard(message, failure)
    return int(failure is None)


def _pass_gate(message: Claimed, address: Address, parts: Parts, now: Now) -> Passed | None:
    try:
        return pass_gate(message, parts, now(), address)
    except Exception as error:  # one message that cannot be decided about must not hold up the others
        log.exception("message_not_decided", message_id=str(message.id), error=type(error).__name__)
        states.put_back(message, "not_decided", now(), seconds=NOT_DECIDED_SECONDS)
    return None


def _write(passed: Passed, parts: Parts, now: Now) -> Written | None:
    message = passed.message
    try:
        return parts.write(message, passed.address, passed.at)
    except NothingToSend:
        states.end(message, "uncertain" if message.again else "cancelled", "nothing_to_offer", now())
    except Exception as error:
        log.exception("message_not_written", message_id=str(message.id), error=type(error).__name__)
        if message.again:
            states.repeat_or_give_up(message, "not_written", now(), honours_keys=True)
        else:
            states.try_later(message, "not_written", now())
    return None


def _hand_over(passed: Passed, written: Written, sender: Sender[Any], parts: Parts, now: Now) -> Exception | None:
    """Hand it over and keep what came of it; the failure, if it was not taken."""
    message = passed.message
    try:
        accepted = sender.send(written.outgoing)
    except Refused as refused:
        if refused.address_bad:  # first, so that a crash in between leaves the message to be refused again
            _never_again(passed, parts, now)
        _note(message, states.end(message, "failed", refused.reason, now()), refused.reason)
        return refused
    except TryLater as later:
        _note(message, states.try_later(message, later.reason, now(), seconds=later.seconds), later.reason)
        return later
    except Exception as error:  # a sender that fails in its own way has told nothing about the message, either
        reason = error.reason if isinstance(error, OutcomeUnknown) else "outcome_unknown"
        if not isinstance(error, OutcomeUnknown):
            log.exception("sender_broke", message_id=str(message.id), error=type(error).__name__)
        state = states.repeat_or_give_up(message, reason, now(), honours_keys=sender.honours_keys)
        _note(message, state, reason)
        return error
    if states.mark_sent(message, written, sender.name, accepted.reference, now()):
        message_events.catch_up(message.id)
    return None


def _never_again(passed: Passed, parts: Parts, now: Now) -> None:
    """The address is at fault. A browser that went away is forgotten; it may subscribe anew, as another endpoint."""
    message, address = passed.message, passed.address.address
    if message.channel is Channel.PUSH:
        fetch(GONE, {"store": message.store_id, "endpoint": address, "now": now()})
        return
    bounced = SuppressionReason.BOUNCED
    parts.suppress(message.channel, address, bounced, message_id=message.id, now=now() or datetime.now(UTC))


def _note(message: Claimed, state: str, reason: str) -> None:
    log.warning("message_not_taken", message_id=str(message.id), channel=message.channel, state=state, reason=reason)
