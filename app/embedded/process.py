"""What the embedded servers share: a child that dies with us, a lock that lives as long as it, a short private path."""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LONGEST_SOCKET_FOLDER = 85  # sun_path holds 107 bytes, and the server appends the socket's name
SHORT_PATHS = Path("/tmp")  # noqa: S108  not TMPDIR, which may itself be too long
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
PR_SET_PDEATHSIG = 1
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_libc = ctypes.CDLL(None)  # loaded here: nothing may be imported between fork and exec


class ServerError(Exception):
    """A server could not be started: one sentence for the person who started it."""


class BadAddress(ServerError):
    """An address that we were given leads nowhere usable."""


@dataclass(frozen=True)
class Account:
    """The user that a server runs as when we are root."""

    uid: int
    gid: int

    @property
    def popen_arguments(self) -> dict[str, Any]:
        """What subprocess needs to become this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass
class Child:
    """A process of our own, in a process group of its own."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def end(self, polite: signal.Signals, patience: float) -> None:
        """Ask it to end; kill it after `patience` seconds, and whatever it left behind in its group."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            self.popen.send_signal(polite)
            self.popen.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


def spawn(
    name: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    dies_by: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    keeps: Sequence[IO[Any]] = (),
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
) -> Child:
    """Start `command` with its output in `log`; it gets `dies_by` when we are gone, even by kill -9.

    Call it from the main thread only: Linux sends that signal when the *thread* that forked has ended.
    """
    with fresh_log(log).open("ab") as output, _signals_blocked() as before:
        popen = subprocess.Popen(  # noqa: S603  our own programs
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_beginning(dies_by, before),  # system calls only, so other threads do no harm
            pass_fds=[file.fileno() for file in keeps],
            **(account.popen_arguments if account else {}),
        )
    return Child(name, popen, log)


@contextlib.contextmanager
def _signals_blocked() -> Iterator[set[signal.Signals]]:
    """Between fork and exec our handlers must not run: in the child they are wrong, and what they raise there is lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield {signal.Signals(number) for number in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _beginning(dies_by: int, unblocked: set[signal.Signals]) -> Callable[[], None]:
    parent = os.getpid()

    def begin() -> None:
        if hasattr(_libc, "prctl"):
            _libc.prctl(PR_SET_PDEATHSIG, int(dies_by))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
        for signum in STOPPING:
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)

    return begin


def hold(path: Path, refusal: str, patience: float = 0) -> IO[str]:
    """The lock `path`, held until the file is closed here and in every child that it was passed on to.

    A server that keeps it makes the lock tell the truth: it is free only when the last process of that server is gone,
    however it ended. Raises ServerError(refusal) when somebody else still has it after `patience` seconds.
    """
    file = path.open("a+")  # the caller closes it
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise ServerError(refusal) from None
            time.sleep(0.05)


def wait_until(ready: Callable[[], bool], child: Child | None, patience: float) -> None:
    """Return as soon as `ready()`. Raises ServerError with the log's reason when the child ends before, or hangs."""
    if child is None:
        raise ServerError("launch() comes before wait()")
    deadline = time.monotonic() + patience
    while not ready():
        if not child.running:
            raise ServerError(f"{child.name} did not start ({last_line(child.log)}); its log: {child.log}")
        if time.monotonic() > deadline:
            raise ServerError(f"{child.name} did not answer within {patience:.0f} seconds; its log: {child.log}")
        time.sleep(0.02)


def fresh_log(path: Path) -> Path:
    """`path`, ready to be written from its beginning; the previous run's log is kept beside it as `….1`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        path.replace(path.with_name(path.name + ".1"))
    return path


def last_line(log: Path) -> str:
    """The last thing a process wrote, which as a rule says why it ended."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return "it left no log"
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:300] if said else "it said nothing"


def short_name(path: Path) -> str:
    """A short name for a path, the same on every run."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def socket_folder(preferred: Path, account: Account | None) -> Path:
    """`preferred`, or a private folder below /tmp when its path is too long for a socket or needs quoting in a URL."""
    if len(str(preferred)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(preferred)):
        return preferred
    folder = SHORT_PATHS / f"dualcart-{os.geteuid()}-{short_name(preferred)}"
    owner = account.uid if account else os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in (os.geteuid(), owner):
        raise ServerError(f"{folder} belongs to somebody else; remove it, or choose an INSTANCE with a shorter path.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def drop_socket_folder(folder: Path) -> None:
    """Remove a folder that `socket_folder` made, once its server is gone."""
    if folder.parent == SHORT_PATHS:
        with contextlib.suppress(OSError):
            folder.rmdir()
