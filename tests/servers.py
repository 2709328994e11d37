"""The servers that tests run against: real ones, started once by the process that runs the others, gone with it.

Each worker has a database of its own, copied from a migrated template, and a Redis database of its own.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
import redis

from app.config import Config
from app.demo.supervisor import start_over
from app.embedded import servers
from app.embedded.mail import MailServer
from app.embedded.process import last_line
from app.embedded.provision import APPLICATION, DATABASE, OWNER, create_database
from app.embedded.servers import Servers

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_SERVERS = (ROOT / "tests" / "unit", ROOT / "tests" / "architecture")
TEMPLATE = "dualcart_template"
HANDED_DOWN = "DUALCART_TEST_SERVERS"  # how the workers learn the addresses
SECRET_KEY = "only for tests, not a secret at all"
WHOLE_BROWSERS = ("chromium", "google-chrome")
BROWSERS = ("chromium-headless-shell", *WHOLE_BROWSERS)  # the first draws no windows of its own: a third less work
NO_BROWSER = "no browser: sudo apt-get install -y chromium chromium-headless-shell libatomic1"


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the controlling process, if any test that needs them is asked for."""
    if _is_worker(config):
        return
    for name in (HANDED_DOWN, *map(str.upper, Config.__struct_fields__)):
        os.environ.pop(name, None)  # whatever the developer's shell has for the shop means nothing here
    if config.option.collectonly or not _wants_servers(config):
        return
    signal.signal(signal.SIGTERM, _as_if_interrupted)  # so that a terminated run cleans up, too
    instance = Path(tempfile.mkdtemp(prefix="dualcart-tests-"))
    config.add_cleanup(lambda: _remove(instance))
    instance.chmod(0o711)  # PostgreSQL, which refuses to be root, must pass through
    running = servers.start(instance, durable=False)
    config.add_cleanup(running.stop)
    os.environ[HANDED_DOWN] = json.dumps(_addresses(running))
    _make_template(instance, running)


@pytest.fixture(scope="session")
def superuser_url() -> str:
    """The administrator's address of the test server, for looking past row level security."""
    return _handed_down()["superuser"]


@pytest.fixture(scope="session")
def database_name(superuser_url: str) -> str:
    """This worker's database: migrated, otherwise empty."""
    name = f"{DATABASE}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(_libpq(superuser_url), autocommit=True) as admin:
        create_database(admin, name, TEMPLATE)
    return name


@pytest.fixture(scope="session")
def database_url(database_name: str) -> str:
    """This worker's database as the application sees it, behind row level security."""
    return _handed_down()["application"].format(database=database_name)


@pytest.fixture(scope="session")
def database_owner_url(database_name: str) -> str:
    """This worker's database as the migrations see it."""
    return _handed_down()["owner"].format(database=database_name)


@pytest.fixture(scope="session")
def redis_url() -> str:
    """This worker's Redis database, empty at first."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
    url = _handed_down()["redis"].format(number=number)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[MailServer]:
    """A mail server: `.url`, the `.messages` it took, and switches that make it fail."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(smtp_server: MailServer) -> MailServer:
    """The mail server with nothing in it and no fault, for one test."""
    smtp_server.reset()
    return smtp_server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; Playwright brings none."""
    found = find_browser(BROWSERS)
    switches = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": found, "args": switches}


def find_browser(names: tuple[str, ...]) -> str:
    """The first of them that is here, or whichever CHROMIUM names. Without any: skipped at home, failed in CI."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(NO_BROWSER)
    return str(found)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _wants_servers(config: pytest.Config) -> bool:
    asked = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    return not all(any(path.is_relative_to(folder) for folder in WITHOUT_SERVERS) for path in asked)


def _as_if_interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _addresses(running: Servers) -> dict[str, str]:
    assert running.postgres
    assert running.valkey
    return {
        "superuser": running.superuser_url,
        "application": servers.as_sqlalchemy(running.postgres.url(APPLICATION, "{database}")),
        "owner": servers.as_sqlalchemy(running.postgres.url(OWNER, "{database}")),
        "redis": f"unix://{running.valkey.socket}?db={{number}}",
    }


def _handed_down() -> dict[str, str]:
    if HANDED_DOWN not in os.environ:
        pytest.fail("tests in tests/unit and tests/architecture run without servers; this one needs them")
    addresses: dict[str, str] = json.loads(os.environ[HANDED_DOWN])
    return addresses


def _make_template(instance: Path, running: Servers) -> None:
    """The database that all workers copy: migrated as an operator would do it."""
    with psycopg.connect(_libpq(running.superuser_url), autocommit=True) as admin:
        create_database(admin, TEMPLATE)
    addresses = _addresses(running)
    variables = {
        "DATABASE_URL": addresses["application"].format(database=TEMPLATE),
        "DATABASE_OWNER_URL": addresses["owner"].format(database=TEMPLATE),
        "REDIS_URL": running.redis_url,
        "SECRET_KEY": SECRET_KEY,
        "INSTANCE": str(instance),
    }
    log = instance / "logs" / "migrations.log"
    with log.open("wb") as output:
        migrated = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
            check=False,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    if migrated.returncode != 0:
        raise pytest.UsageError(f"the migrations failed: {last_line(log)}\n{log.read_text(errors='replace')}")


def _libpq(url: str) -> str:
    return url.replace(servers.SQLALCHEMY, "postgresql://", 1)


def _remove(instance: Path) -> None:
    start_over(instance)
    shutil.rmtree(instance, ignore_errors=True)
