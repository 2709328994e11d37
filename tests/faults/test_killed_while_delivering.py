"""kill -9 of workers at any moment of delivering: nothing is lost, nothing is handed over twice where keys mean nothing.

What a kill leaves in doubt is one message for each lane of the worker.

MESSENGER_KILLS=200 MESSENGER_MESSAGES=10000 for many.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import text

from app.database.transaction import transaction
from app.recovery import breaker, delivery, gate, message_states
from tests.conftest import TestStore
from tests.faults.messenger import LEASE_SECONDS, Post, parts_with
from tests.faults.test_killed_while_paying import ROOT
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import Scripted
from tests.many import many_due

KILLS = int(os.environ.get("MESSENGER_KILLS", "2"))
MESSAGES = int(os.environ.get("MESSENGER_MESSAGES", "60"))
AT_ONCE = 2
LONGEST_LIFE = float(os.environ.get("MESSENGER_SECONDS", "0.25"))
RATES = "post=90000"
STILL_ON_ITS_WAY = text("SELECT count(*) FROM messages WHERE state IN ('scheduled', 'claimed', 'sending')")


class Postbox(ThreadingHTTPServer):
    """A provider that takes what it is given, and says so a moment later."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), Slot)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was killed hears no answer."""


class Slot(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken[self.headers["Idempotency-Key"]] += 1  # type: ignore[attr-defined]
        time.sleep(random.uniform(0, 0.003))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with Postbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def long_leases_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gate, message_states):
        monkeypatch.setattr(module, "LEASE_SECONDS", module.LEASE_SECONDS)


@pytest.mark.parametrize(
    ("keys", "lanes"),
    [(True, 1), (False, 1), (False, 3)],
    ids=["keys_honoured", "keys_unknown", "keys_unknown_in_three_lanes"],
)
@pytest.mark.usefixtures("long_leases_again")
def test_after_kills_every_message_left_once_or_is_uncertain(
    app: Flask,
    in_store: TestStore,
    postbox: Postbox,
    superuser_url: str,
    database_name: str,
    keys: bool,
    lanes: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    breaker.worked("post")
    made = {str(message) for message, *_ in many_due(superuser_url, database_name, Scripted(), MESSAGES)}
    kill_many(postbox.url, keys, lanes)
    before = Counter(postbox.taken)
    deliver_the_rest(app, postbox.url, keys)
    with transaction() as session:
        rows = session.execute(text("SELECT id, state, attempts FROM messages")).all()
    states = {str(row.id): row.state for row in rows if str(row.id) in made}
    found = Counter(states.values())
    handed_twice = sum(1 for count in postbox.taken.values() if count > 1)
    if KILLS > 20:
        with capsys.disabled():
            sys.stdout.write(f"{dict(found)}, {handed_twice} handed over twice, {len(before)} before the last worker\n")
    assert before
    assert len(states) == MESSAGES
    sent = {message for message, state in states.items() if state == "sent"}
    assert sent <= set(postbox.taken)
    assert handed_twice <= KILLS * lanes
    if keys:  # handing the same key over twice is one message there
        assert set(postbox.taken) == made == sent
    else:
        assert found["uncertain"] <= KILLS * lanes
        assert found["uncertain"] + found["sent"] == MESSAGES
        assert handed_twice == 0
        assert len(made - set(postbox.taken)) <= found["uncertain"]


def kill_many(url: str, keys: bool, lanes: int) -> None:
    """Workers begun, and killed some time after the first message of each."""
    environment = {**os.environ, "DEMO": "0", "MESSAGE_RATES": RATES}
    command = [sys.executable, "-m", "tests.faults.messenger", url, str(int(keys)), str(lanes)]
    dice, pipe, killers = random.Random(3), subprocess.PIPE, []
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(60 + KILLS, process.kill)  # a worker forked at a bad moment may never say a word
        watch.start()
        for begun in range(KILLS + AT_ONCE):
            if begun < KILLS:
                process.stdin.write("\n")
                process.stdin.flush()
            if begun >= AT_ONCE:
                said = process.stdout.readline()
                if not said:
                    pytest.skip("a worker of this run never began, so nothing can be said about it")
                worker = int(said)
                killers.append(threading.Timer(dice.uniform(0, LONGEST_LIFE), os.kill, (worker, signal.SIGKILL)))
                killers[-1].start()
                if begun >= KILLS or begun % AT_ONCE:
                    killers[-1].join()
        watch.cancel()
        process.stdin.close()
    for killer in killers:
        killer.join()


def deliver_the_rest(app: Flask, url: str, keys: bool) -> None:
    """A worker that nobody kills, until nothing is on its way."""
    config = app.config["DUALCART"]
    app.config["DUALCART"] = msgspec.structs.replace(config, demo=False, message_rates=RATES)
    delivery.connect(parts_with(Post(url, honours_keys=keys)))
    deadline = time.monotonic() + 60 + MESSAGES / 5
    try:
        while time.monotonic() < deadline:
            delivery.deliver(app.config["CLOCK"].now)
            with transaction() as session:
                if not session.execute(STILL_ON_ITS_WAY).scalar_one():
                    return
            time.sleep(LEASE_SECONDS / 5)
        pytest.fail("some are still on their way")
    finally:
        app.config["DUALCART"] = config
        delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", state="scheduled")
