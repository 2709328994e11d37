"""The live process for tests: a real one on a port of its own, and somebody who listens to a stream."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 20.0


class LiveServer:
    """One live process; `log` is what it wrote."""

    def __init__(self, log: Path, **variables: str) -> None:
        self.log, self.variables, self.port = log, variables, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LiveServer":
        """Start it (again, on the same port), and wait until it hears."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--host", "127.0.0.1"),
                    *("--port", str(self.port), "--workers", "1", "--no-ws", "app.live.asgi:application"),
                ],
                cwd=ROOT,
                env={**os.environ, **self.variables},
                stdout=output,
                stderr=output,
            )
        self.wait(hearing=True)
        return self

    def wait(self, *, hearing: bool) -> None:
        """Until it says that it hears, or does not."""
        until(lambda: self.health().get("hearing") is hearing, lambda: self.log.read_text())

    def health(self) -> dict[str, Any]:
        """What /live/healthz says; nothing while it is away."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/live/healthz")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        finally:
            connection.close()

    @property
    def opened(self) -> int:
        """How many streams it has opened so far; as a counter, so that none is missed."""
        return int(self.health().get("opened", 0))

    def stop(self, signum: signal.Signals = signal.SIGTERM) -> float:
        """End it; how long that took."""
        assert self.process
        began = time.monotonic()
        if self.process.poll() is None:
            if signum is signal.SIGKILL:  # the server's own child must not outlive it
                for child in children(self.process.pid):
                    os.kill(child, signum)
            self.process.send_signal(signum)
        self.process.wait(PATIENCE)
        return time.monotonic() - began


class Listener:
    """Somebody who listens: reads event by event."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.last_event_id = ""
        while self.status == http.client.OK and (line := self.answer.readline().decode().strip()):
            if line.startswith("id: "):  # the first lines say when to come back and from where on
                self.last_event_id = line[4:]

    def next(self) -> tuple[str, str]:
        """The next event and its data; ("end", "") when the stream has ended."""
        kind, data = "", ""
        while True:
            try:
                line = self.answer.readline().decode().rstrip("\n")
            except http.client.IncompleteRead:
                return "end", ""
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_event_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                data = value
            elif not line and kind:
                return kind, data
            elif not line and self.answer.isclosed():
                return "end", ""

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self.connection.close()


@contextmanager
def live_server(log: Path, **variables: str) -> Iterator[LiveServer]:
    """A live process that is gone afterwards."""
    server = LiveServer(log, **variables)
    try:
        yield server.start()
    finally:
        server.stop()


def until(come: Any, explain: Any = lambda: "") -> None:
    """Return as soon as `come()`."""
    deadline = time.monotonic() + PATIENCE
    while not come():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
