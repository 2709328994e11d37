"""Where a member of staff is signed in: each session with its device, and ending one or all others.

When one was last used is read from how long Redis still keeps it: each use starts that time anew (app/web/sessions.py),
so that knowing it costs no writing.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import redis

from app.accounts.identity import sessions_of, this_session
from app.cache.client import client
from app.errors import NotFound
from app.ids import StaffId
from app.web import sessions
from app.web.sessions import SessionsUnavailable


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One session. `mark` names it in forms (a hash: it opens nothing); times are real ones, not the demonstration's."""

    mark: str
    browser: str
    system: str
    address: str
    began: datetime
    last_used: datetime
    this: bool


def list_sessions(staff_id: StaffId) -> list[StaffSession]:
    """Their sessions that are alive, the last used first. Raises SessionsUnavailable."""
    try:
        return _list(staff_id)
    except redis.RedisError:
        raise SessionsUnavailable() from None


def last_used(staff_ids: Iterable[StaffId]) -> dict[StaffId, datetime]:
    """When each of them was here last, of those who are signed in; nothing is known while Redis is away."""
    found = {}
    try:
        for staff_id in staff_ids:
            alive = _list(staff_id)
            if alive:
                found[staff_id] = alive[0].last_used
    except redis.RedisError:
        return {}
    return found


def revoke(staff_id: StaffId, mark: str) -> None:
    """End one session of theirs, effective on its next request. Raises NotFound, SessionsUnavailable."""
    index = sessions_of(_person(staff_id))
    try:
        keys = {_mark(key.decode()): key for key in cast("set[bytes]", client().smembers(index))}
        if mark not in keys:
            raise NotFound()
        client().delete(keys[mark])
        client().srem(index, keys[mark])
    except redis.RedisError:
        raise SessionsUnavailable() from None


def revoke_others(staff_id: StaffId) -> int:
    """End all sessions of theirs but this request's; how many. Raises SessionsUnavailable."""
    index = sessions_of(_person(staff_id))
    try:
        others = [key for key in cast("set[bytes]", client().smembers(index)) if key.decode() != this_session()]
        if not others:
            return 0
        client().srem(index, *others)
        return client().delete(*others)
    except redis.RedisError:
        raise SessionsUnavailable() from None


def _list(staff_id: StaffId) -> list[StaffSession]:
    keys = sorted(cast("set[bytes]", client().smembers(sessions_of(_person(staff_id)))))
    with client().pipeline() as commands:
        for key in keys:
            commands.get(key)
            commands.ttl(key)
        answers: list[Any] = commands.execute()
    now = time.time()
    found = [
        _session(key.decode(), body, int(left), now)
        for key, body, left in zip(keys, answers[::2], answers[1::2], strict=True)
        if body
    ]
    return sorted((one for one in found if one), key=lambda one: one.last_used, reverse=True)


def _session(key: str, body: bytes, left: int, now: float) -> StaffSession | None:
    data = msgspec.json.decode(body, type=dict[str, Any])
    if data.get("until", 0) < now:
        return None
    browser, system = data.get("device", ("", ""))
    used = now - max(0, sessions.LIFETIME - left)
    return StaffSession(
        mark=_mark(key),
        browser=browser,
        system=system,
        address=data.get("address", ""),
        began=datetime.fromtimestamp(data.get("began", used), UTC),
        last_used=datetime.fromtimestamp(used, UTC),
        this=key == this_session(),
    )


def _person(staff_id: StaffId) -> str:
    return f"s:{staff_id}"


def _mark(key: str) -> str:
    return key.rpartition(":")[2]
