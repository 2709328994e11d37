"""The demo's process tree: starts everybody in order, waits until the shop answers, watches, and stops all of it."""

import contextlib
import http.client
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from app.demo.environment import ROOT, Environment, with_usable_port
from app.embedded import process, servers
from app.embedded.mail import MailServer
from app.embedded.postgres import relocated_data
from app.embedded.process import Child, ServerError
from app.embedded.servers import Servers

STARTING_PATIENCE = 60
PREPARING_PATIENCE = 300
HTTP_OK = 200
FOR_THE_OWNER_ONLY = "DATABASE_OWNER_URL"
MADE_BY_THE_DEMO = ("postgres", "postgres.new", "valkey", "mailbox", "logs")
WEB = "granian --interface wsgi --workers 1 --blocking-threads 8 --workers-kill-timeout 2 --no-ws --log-level warning"
LIVE = (
    "granian --interface asgi --http 1 --workers 1 --backlog 4096 --backpressure 20000 --workers-kill-timeout 2 --no-ws "
    "--log-level warning"
)
WORKER = "huey.bin.huey_consumer app.worker.huey -w 2 -g TERM -t 10 -q"


class Stopped(BaseException):
    """Somebody asked us to stop. A BaseException, so that no handler of errors takes it for one."""


class Demo:
    """One run of the demo. `run()` returns when somebody stops it, and raises ServerError when something fails."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._children: list[Child] = []
        self._cleanup = contextlib.ExitStack()
        self._stopping = False
        self._year: Child | None = None
        self._as_owner: dict[str, str] = {}
        self._lock: IO[str] | None = None  # the children keep it, too: a new demo waits until the old one is all gone

    def run(self, announce: Callable[[Environment], None], *, fresh: bool = False) -> None:
        """Start everybody, `announce`, watch until the end; nothing is left behind."""
        with self._stopped_by_signals():
            try:
                self._start(fresh)
                announce(self.environment)
                self._make_up_a_year()
                self._watch()
            except Stopped:
                say("Stopping…")
            finally:
                self._stopping = True
                self._cleanup.close()

    def _start(self, fresh: bool) -> None:
        here = self.environment.instance
        refusal = (
            f"Another demo runs on {here}; stop it first, or choose another folder: INSTANCE=/some/folder bin/demo"
        )
        self._lock = self._cleanup.enter_context(process.hold(here / "demo.lock", refusal, patience=4))
        self.environment = with_usable_port(self.environment)
        if fresh:
            start_over(here)
        say("Starting the servers…")
        smtp_url = self.environment.smtp_url or self._start_mail()
        data = self._start_servers()
        say("Preparing the database…")
        live_port = with_usable_port(replace(self.environment, port=self.environment.live_port)).port
        variables = self._variables(data, smtp_url, live_port)
        self._as_owner = variables | {FOR_THE_OWNER_ONLY: data.database_owner_url}
        self._prepare(self._as_owner)
        say("Starting the shop…")
        listening = ["--host", self.environment.host, "--port", str(self.environment.port)]
        self._spawn("worker", WORKER.split(), variables, patience=12)
        without_database = {name: value for name, value in variables.items() if name != "DATABASE_URL"}
        live_address = ["--host", self.environment.host, "--port", str(live_port)]
        self._spawn("live", [*LIVE.split(), *live_address, "app.live.asgi:application"], without_database, patience=4)
        self._spawn("web", [*WEB.split(), *listening, "wsgi:app"], variables, patience=6)  # begun last, so ended first
        self._wait_until_it_answers()

    def _start_mail(self) -> str:
        mail = MailServer(self.environment.mailbox)
        mail.start()
        self._cleanup.callback(mail.stop)
        return mail.url

    def _start_servers(self) -> Servers:
        data = servers.start(
            self.environment.instance,
            database_url=self.environment.database_url,
            database_owner_url=self.environment.database_owner_url,
            redis_url=self.environment.redis_url,
            role=self.environment.database_role,
        )
        self._cleanup.callback(data.stop)
        self._children += data.children
        return data

    def _variables(self, data: Servers, smtp_url: str, live_port: int) -> dict[str, str]:
        """The environment of web and worker: ours, without the owner's way into the database."""
        inherited = {name: value for name, value in os.environ.items() if name != FOR_THE_OWNER_ONLY}
        return (
            inherited
            | {
                "DATABASE_URL": data.database_url,
                "REDIS_URL": data.redis_url,
                "SMTP_URL": smtp_url,
                "SECRET_KEY": self.environment.secret_key,
                "VAPID_PRIVATE_KEY_FILE": self.environment.vapid_private_key_file,
                "INSTANCE": str(self.environment.instance),
                "MAILBOX": str(self.environment.mailbox),
                "PORT": str(self.environment.port),
                "LIVE_URL": f"http://{{host}}:{live_port}/live",  # no proxy here: pages listen at another port of the same host
                "PUBLIC_ORIGIN": os.environ.get("PUBLIC_ORIGIN")
                or self.environment.origin,  # where links in mails lead
                "DEMO": "1",
                "PYTHONUNBUFFERED": "1",
            }
        )

    def _prepare(self, variables: dict[str, str]) -> None:
        child = self._spawn("preparation", ["app.demo.prepare"], variables, patience=5)
        self._children.remove(child)  # it is meant to end
        deadline = time.monotonic() + PREPARING_PATIENCE
        while child.running:
            self._check_children()
            if time.monotonic() > deadline:
                raise ServerError(f"Preparing the database took too long; its log: {child.log}")
            time.sleep(0.02)
        if child.popen.returncode != 0:
            raise ServerError(
                f"The database could not be prepared ({process.last_line(child.log)}); its log: {child.log}"
            )

    def _make_up_a_year(self) -> None:
        """Beside the shop, which is open already. It changes nothing when it was done before."""
        if self.environment.year:
            self._year = self._spawn("year", ["app.demo.year", str(self.environment.year)], self._as_owner, patience=8)
            self._children.remove(self._year)  # it is meant to end

    def _spawn(self, name: str, module: list[str], variables: dict[str, str], patience: float) -> Child:
        """Run a Python module as a child. By module, not by script: scripts name the folder they were installed in."""
        command = [sys.executable, "-m", *module]
        log = self.environment.logs / f"{name}.log"
        child = process.spawn(name, command, log, keeps=[self._lock] if self._lock else [], env=variables, cwd=ROOT)
        self._children.append(child)
        self._cleanup.callback(child.end, signal.SIGTERM, patience)
        return child

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTING_PATIENCE
        while (answer := self._health()) != HTTP_OK:
            self._check_children()
            if time.monotonic() > deadline:
                said = f"answered {answer}" if answer else "did not answer"
                raise ServerError(
                    f"The shop {said} for {STARTING_PATIENCE} seconds; its log: {self.environment.logs}/web.log"
                )
            time.sleep(0.05)

    def _health(self) -> int:
        """The status of /healthz, or 0 while nobody listens."""
        address = self.environment.reachable_host
        connection = http.client.HTTPConnection(address, self.environment.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _watch(self) -> NoReturn:
        while True:
            self._check_children()
            self._check_year()
            time.sleep(0.25)

    def _check_year(self) -> None:
        """Without it the demo is all there but for figures: no reason to end."""
        year = self._year
        if year is not None and not year.running:
            self._year = None
            if year.popen.returncode:
                say(f"The demo's year could not be made up ({process.last_line(year.log)}); its log: {year.log}")

    def _check_children(self) -> None:
        if self._stopping:  # what a signal handler raises inside of a finalizer is lost
            raise Stopped
        for child in self._children:
            if not child.running:
                how, why = ending(child.popen.returncode), process.last_line(child.log)
                raise ServerError(f"The {child.name} process {how} ({why}); its log: {child.log}")

    @contextlib.contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        def handle(signum: int, frame: FrameType | None) -> None:
            if not self._stopping:  # an impatient second Ctrl-C must not interrupt the stopping
                self._stopping = True
                raise Stopped

        asking = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup bin/demo
            asking.append(signal.SIGHUP)
        before = {signum: signal.signal(signum, handle) for signum in asking}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def start_over(instance: Path) -> None:
    """Remove what earlier runs made, except for the keys. The caller holds the demo's lock."""
    made = [instance / name for name in MADE_BY_THE_DEMO]
    if os.geteuid() == 0:
        made.append(relocated_data(instance))
    for folder in made:
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise ServerError(
                f"{folder} cannot be removed ({error.strerror}); remove it as the user who made it."
            ) from None


def say(line: str) -> None:
    """A line for the person at the terminal, at once. Nobody reading (`bin/demo | head`) is no reason to stop."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
