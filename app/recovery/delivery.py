"""Delivering what is due: claim, gate, write, hand over, say what came of it. Any number of workers, in all stores at once.

A worker may die at any point. Before the gate its messages are claimed again by the next one; after it, they may have
left, and what happens then depends on whether the provider knows a message by its id (docs/locking.md).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from flask import current_app

from app.channels.outgoing import OutcomeUnknown, Refused, Sender, TryLater
from app.config import Config
from app.database.tenancy import use_store
from app.recovery import message_events
from app.recovery import message_states as states
from app.recovery.gate import Passed, pass_gate
from app.recovery.parts import Claimed, NothingToSend, Parts, Written
from app.recovery.values import Channel, SuppressionReason

BATCH = 20
NOT_DECIDED_SECONDS = 300

Now = Callable[[], datetime | None]

log = structlog.get_logger(__name__)
_connected: list[Parts] = []


def connect(parts: Parts) -> None:
    """The other parts that this process delivers with."""
    _connected[:] = [parts]


def deliver(now: Callable[[], datetime], *, at_most: int = 1_000) -> int:
    """Deliver what is due; returns how many messages providers have taken. At most `at_most` are looked at."""
    parts, taken = _connected[0], 0
    ahead = _only_ahead(now)
    for _ in range(max(1, at_most // BATCH)):
        claimed = states.claim(ahead(), tuple(Channel), BATCH)
        for message in claimed:
            with use_store(message.store_id):
                taken += _deliver(message, parts, ahead)
        if len(claimed) < BATCH:
            break
    return taken


def _only_ahead(now: Callable[[], datetime]) -> Now:
    """The application's time where it may be moved on purpose, which is the demo; elsewhere the database's clock decides."""
    return now if cast(Config, cast(Any, current_app).config["DUALCART"]).demo else _nothing


def _nothing() -> None:
    return None


def _deliver(message: Claimed, parts: Parts, now: Now) -> int:
    try:
        passed = pass_gate(message, parts, now())
    except Exception as error:  # one message that cannot be decided about must not hold up the others
        log.exception("message_not_decided", message_id=str(message.id), error=type(error).__name__)
        if not message.again:
            states.put_back(message, "not_decided", now(), seconds=NOT_DECIDED_SECONDS)
        return 0
    if passed is None:
        return 0
    sender = parts.senders()[message.channel]
    written = _write(passed, parts, now)
    return 0 if written is None else _hand_over(passed, written, sender, parts, now)


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


def _hand_over(passed: Passed, written: Written, sender: Sender[Any], parts: Parts, now: Now) -> int:
    message = passed.message
    try:
        accepted = sender.send(written.outgoing)
    except Refused as refused:
        if refused.address_bad:  # first, so that a crash in between leaves the message to be refused again
            address, bounced = passed.address.address, SuppressionReason.BOUNCED
            parts.suppress(message.channel, address, bounced, message_id=message.id, now=now() or datetime.now(UTC))
        _note(message, states.end(message, "failed", refused.reason, now()), refused.reason)
    except TryLater as later:
        _note(message, states.try_later(message, later.reason, now(), seconds=later.seconds), later.reason)
    except Exception as error:  # a sender that fails in its own way has told nothing about the message, either
        reason = error.reason if isinstance(error, OutcomeUnknown) else "outcome_unknown"
        if not isinstance(error, OutcomeUnknown):
            log.exception("sender_broke", message_id=str(message.id), error=type(error).__name__)
        state = states.repeat_or_give_up(message, reason, now(), honours_keys=sender.honours_keys)
        _note(message, state, reason)
    else:
        heard_of = states.mark_sent(message, written, sender.name, accepted.reference, now())
        if heard_of:
            message_events.catch_up(message.id)
        return 1
    return 0


def _note(message: Claimed, state: str, reason: str) -> None:
    log.warning("message_not_taken", message_id=str(message.id), channel=message.channel, state=state, reason=reason)
