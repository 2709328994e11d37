"""A shop whose pages listen: its web process says where, and the live process is there."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.config import Config
from app.embedded.mail import MailServer
from tests.conftest import TestStore
from tests.e2e.conftest import web_server
from tests.live import LiveServer, live_server


@pytest.fixture(scope="session")
def live(config: Config, tmp_path_factory: Any, app: Flask) -> Iterator[LiveServer]:
    """The live process of these tests."""
    with live_server(tmp_path_factory.mktemp("live") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def listening_port(live: LiveServer, smtp_server: MailServer, tmp_path_factory: Any) -> Iterator[int]:
    """The port of a web process whose pages listen to it."""
    log = tmp_path_factory.mktemp("server") / "log"
    yield from web_server(log, SMTP_URL=smtp_server.url, LIVE_URL=f"http://{{host}}:{live.port}/live")


@pytest.fixture
def site(listening_port: int, store: TestStore) -> str:
    """The address of this test's store at that web process."""
    return f"http://{store.host}:{listening_port}"
