"""The shop as production runs it, in a temporary instance: servers with fsync on, migrated and filled, granian before it."""

import contextlib
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from app.embedded import process, servers
from app.embedded.postgres import relocated_data
from app.embedded.process import Child, ServerError
from app.embedded.servers import Servers
from bench.crowd import HOST, Crowd

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 30


@dataclass
class Shop:
    """The running servers, the environment of the application's processes, and where the web answers."""

    instance: Path
    servers: Servers
    variables: dict[str, str]
    crowd: Crowd

    @property
    def watched(self) -> dict[str, list[int]]:
        """The roots of the two servers' process trees."""
        assert self.servers.postgres
        assert self.servers.valkey
        pairs = (("postgres", self.servers.postgres), ("valkey", self.servers.valkey))
        return {name: [server.child.popen.pid] for name, server in pairs if server.child}

    @property
    def versions(self) -> tuple[str, str]:
        """Of PostgreSQL and of Valkey, as they say themselves."""
        with psycopg.connect(self.libpq_url) as connection:
            major, minor = divmod(connection.info.server_version, 10_000)
        with redis.Redis.from_url(self.servers.redis_url) as client:
            said = dict(client.info("server"))
        return f"{major}.{minor}", str(said.get("valkey_version") or said["redis_version"])

    @property
    def libpq_url(self) -> str:
        """The application's database, as psycopg and pgbench take it."""
        return self.servers.database_url.replace(servers.SQLALCHEMY, "postgresql://", 1)


@contextlib.contextmanager
def opened(products: int, carts: int) -> Iterator[Shop]:
    """A filled shop without its web process; nothing of it is left behind."""
    instance = Path(tempfile.mkdtemp(prefix="dualcart-bench-"))
    instance.chmod(0o711)  # PostgreSQL, which refuses to be root, must pass through
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, instance, ignore_errors=True)
        if os.geteuid() == 0:
            cleanup.callback(shutil.rmtree, relocated_data(instance), ignore_errors=True)
        running = servers.start(instance)
        cleanup.callback(running.stop)
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE_"))}
        variables |= {
            "DATABASE_URL": running.database_url,
            "REDIS_URL": running.redis_url,
            "SECRET_KEY": "only for measuring, not a secret at all",
            "INSTANCE": str(instance),
            "PRODUCTION": "1",
            "SECURE_COOKIES": "1",
            "DEMO": "0",
            "LOG_LEVEL": "info",
            "PYTHONUNBUFFERED": "1",
        }
        as_owner = variables | {"DATABASE_OWNER_URL": running.database_owner_url}
        _run(instance, "migrations", ["flask", "--app", "wsgi", "db", "upgrade"], as_owner)
        crowd = instance / "crowd.pickle"
        _run(instance, "people", ["bench.people", str(products), str(carts), str(crowd)], as_owner)
        _settle(running)
        yield Shop(instance, running, variables, pickle.loads(crowd.read_bytes()))


@contextlib.contextmanager
def serving(
    shop: Shop, application: str, *, path: str, variables: dict[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """The Procfile's web command for `application`: its port and process id, once `path` answers."""
    port = _free_port()
    environment = shop.variables | {"PORT": str(port), "WEB_CONCURRENCY": "2"} | (variables or {})
    log = shop.instance / "logs" / f"{application.partition(':')[0]}.log"
    child = process.spawn(
        "web", [sys.executable, "-m", *web_command(application, environment)], log, env=environment, cwd=ROOT
    )
    try:
        _wait_for(child, port, path)
        yield port, child.popen.pid
    finally:
        child.end(signal.SIGTERM, patience=10)


def last_errors(shop: Shop) -> list[str]:
    """The last line of each server's log: why an answer was not 200."""
    return [f"{log.name}: {process.last_line(log)[-600:]}" for log in sorted((shop.instance / "logs").glob("*.log"))]


def web_command(application: str, environment: dict[str, str]) -> list[str]:
    """The line `web:` of the Procfile, with the variables filled in as a shell would, for another application."""
    line = re.search(r"^web: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert line, "the Procfile has no web process"
    filled = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: environment.get(found[1]) or found[2], line[1])
    extra = environment.get("BENCH_GRANIAN", "").split()
    return [word.replace("wsgi:app", application).replace("0.0.0.0", "127.0.0.1") for word in (*filled.split(), *extra)]


def _run(instance: Path, name: str, module: list[str], variables: dict[str, str]) -> None:
    log = process.fresh_log(instance / "logs" / f"{name}.log")
    with log.open("wb") as output:
        ended = subprocess.run(
            [sys.executable, "-m", *module], check=False, cwd=ROOT, env=variables, stdout=output, stderr=output
        )
    if ended.returncode:
        raise ServerError(f"{name} failed:\n{log.read_text(errors='replace')[-4000:]}")


def _settle(running: Servers) -> None:
    """What autovacuum and the checkpointer would do some time: done now, so that they do not fall into one scenario."""
    assert running.postgres
    with psycopg.connect(running.postgres.url("postgres", "dualcart"), autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def _wait_for(child: Child, port: int, path: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": HOST})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except urllib.error.HTTPError as error:
            raise ServerError(
                f"{path} answered {error.code}: {error.read()[:1000]!r}; {process.last_line(child.log)}"
            ) from None
        except OSError:
            if not child.running or time.monotonic() > deadline:
                raise ServerError(f"the web process does not answer: {process.last_line(child.log)}") from None
            time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
