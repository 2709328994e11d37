"""A circuit breaker for each provider, shared by all processes: whoever only fails is left alone for a while.

Closed, messages go. After FAILURES in a row it opens and nobody goes for some time, longer each time anew. Then it is
half-open: one goes, and what comes of it decides. Without Redis each process knows its own failures only.
"""

import threading
import time
from dataclasses import dataclass

import structlog

from app.cache.client import installation_key
from app.recovery.provider_state import ask

FAILURES = 5
FIRST_SECONDS, LONGEST_SECONDS = 30, 600
PROBE_SECONDS = 60  # for the one to come back; a sender takes 10 at most, and the gate a few
FORGOTTEN_SECONDS = 3_600

# KEYS: circuit. ARGV: 1 to take the one place of a half-open circuit, its milliseconds.
LOOK = """
local held = redis.call('HMGET', KEYS[1], 'failures', 'until', 'probe')
if not held[2] then return {0, 0, tonumber(held[1] or 0)} end
local wait = math.max(tonumber(held[2]), tonumber(held[3] or 0)) - now
if wait > 0 then return {wait, 0, 1} end
if ARGV[1] == '1' then redis.call('HSET', KEYS[1], 'probe', string.format('%.0f', now + ARGV[2])) end
return {0, 1, 1}
"""

LEAVE = "return {redis.call('HDEL', KEYS[1], 'probe')}"

# ARGV: failures that open it, first and longest milliseconds, those the provider asked for, seconds to forget it in.
FAILED = """
local held = redis.call('HMGET', KEYS[1], 'until', 'opened')
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('EXPIRE', KEYS[1], ARGV[5])
local over = tonumber(held[1] or 0)
if over > now then return {over - now} end
if over == 0 and failures < tonumber(ARGV[1]) then return {0} end
local opened = tonumber(held[2] or 0)
local wait = math.min(tonumber(ARGV[3]), math.max(tonumber(ARGV[4]), ARGV[2] * 2 ^ opened))
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + wait), 'opened', opened + 1)
redis.call('HDEL', KEYS[1], 'probe')
return {wait}
"""

WORKED = "return {redis.call('DEL', KEYS[1])}"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Circuit:
    """Whether messages may go. `wait`: seconds until one may, 0 for now; `probe`: one only; `clean`: nothing failed lately."""

    wait: float = 0.0
    probe: bool = False
    clean: bool = True


@dataclass(slots=True)
class _Seen:
    """What this process has seen itself, in its own seconds."""

    failures: int = 0
    until: float = 0.0
    opened: int = 0
    probe: float = 0.0


_seen: dict[str, _Seen] = {}
_lock = threading.Lock()


def look(provider: str, *, take: bool = False) -> Circuit:
    """How the circuit stands. With `take`, a half-open one lets nobody else go until this one has come back."""
    answer = ask(LOOK, _keys(provider), int(take), PROBE_SECONDS * 1_000)
    if answer is None:
        return _look_here(provider, take=take)
    wait, probe, failures = answer
    return Circuit(wait / 1_000, bool(probe), failures == 0)


def leave(provider: str) -> None:
    """The place of a half-open circuit was taken and not used."""
    with _lock:
        _seen.setdefault(provider, _Seen()).probe = 0.0
    ask(LEAVE, _keys(provider))


def failed(provider: str, *, seconds: int | None = None) -> float:
    """It did not do its work, and may have asked to be left alone for `seconds`; how long it is left alone now, 0: not yet."""
    here = _failed_here(provider, seconds or 0)
    pauses = (FIRST_SECONDS * 1_000, LONGEST_SECONDS * 1_000, (seconds or 0) * 1_000)
    answer = ask(FAILED, _keys(provider), FAILURES, *pauses, FORGOTTEN_SECONDS)
    wait = here if answer is None else answer[0] / 1_000
    if wait:
        log.warning("circuit_open", provider=provider, seconds=round(wait))
    return wait


def worked(provider: str) -> None:
    """It did its work: closed, and nothing is held against it."""
    with _lock:
        _seen.pop(provider, None)
    ask(WORKED, _keys(provider))


def _keys(provider: str) -> list[str]:
    return [installation_key("circuit", provider)]


def _look_here(provider: str, *, take: bool) -> Circuit:
    with _lock:
        seen, now = _seen.get(provider), time.monotonic()
        if seen is None or not seen.opened:
            return Circuit(clean=seen is None)
        wait = max(seen.until, seen.probe) - now
        if wait > 0:
            return Circuit(wait, clean=False)
        if take:
            seen.probe = now + PROBE_SECONDS
        return Circuit(probe=True, clean=False)


def _failed_here(provider: str, seconds: int) -> float:
    with _lock:
        seen, now = _seen.setdefault(provider, _Seen()), time.monotonic()
        seen.failures += 1
        if seen.until > now:
            return seen.until - now
        if not seen.opened and seen.failures < FAILURES:
            return 0.0
        wait = min(LONGEST_SECONDS, max(seconds, FIRST_SECONDS * 2.0**seen.opened))
        seen.until, seen.opened, seen.probe = now + wait, seen.opened + 1, 0.0
        return wait
