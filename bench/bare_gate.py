"""The least that one decision can cost if it is a transaction of its own: a lock, a read, an update, a commit, by psycopg.

The same rows, the same two round trips and the same wait for the disk as the gate's (app/recovery/gate.py), and nothing of
what it reads and decides.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from app.recovery.parts import Claimed

LOCK = b"SELECT id FROM episodes WHERE store_id = %s AND id = %s FOR NO KEY UPDATE"
READ = b"SELECT state, lease_token, attempts, created_at FROM messages WHERE store_id = %s AND id = %s"
UPDATE = b"""
    UPDATE messages SET state = 'sending', attempts = attempts + 1, lease_until = now() + interval '90 seconds'
    WHERE store_id = %s AND id = %s AND lease_token = %s RETURNING id"""
ENTER = b"SELECT set_config('role', %s, true) AS role, set_config('app.store', %s, true) AS store"


def decide(url: str, role: str, messages: Sequence[Claimed], connections: int) -> None:
    """One such transaction for each of the messages, over so many connections, each in a thread."""
    waiting = iter(messages)
    with ThreadPoolExecutor(connections) as threads:
        for ended in [threads.submit(_decide, url, role, waiting) for _ in range(connections)]:
            ended.result()


def _decide(url: str, role: str, waiting: Iterator[Claimed]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for message in waiting:
            here = (message.store_id, message.id)
            locked = (message.store_id, message.episode_id)
            entered = (role, str(message.store_id))
            _locked, read = _send(connection, (b"BEGIN", ()), (ENTER, entered), (LOCK, locked), (READ, here), wanted=2)
            assert read[0][1] == message.token
            changed, _committed = _send(connection, (UPDATE, (*here, message.token)), (b"COMMIT", ()), wanted=2)
            assert changed


def _send(
    connection: "psycopg.Connection[Any]", *statements: tuple[bytes, tuple[Any, ...]], wanted: int
) -> list[list[Any]]:
    """In one round trip; what the last `wanted` of them answer."""
    with connection.pipeline():
        cursors = [connection.execute(statement, values, prepare=True) for statement, values in statements]
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors[-wanted:]]
