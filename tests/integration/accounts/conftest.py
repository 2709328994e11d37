"""Real PostgreSQL, Valkey and SMTP; letters leave when a test says so."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask

from app.embedded.mail import MailServer
from app.events import outbox, relay
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor


@pytest.fixture(autouse=True)
def nobody_is_woken(app: Flask) -> Iterator[None]:
    """No worker drains the outbox while a test looks at it."""
    woken = outbox._wake
    outbox.wake_with(lambda: None)
    yield
    if woken:
        outbox.wake_with(woken)


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Visitor:
    """Somebody new."""
    return Visitor(app, store)


@pytest.fixture
def deliver(app: Flask, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Sends what waits in the outbox to the test's mail server; returns how many letters left."""
    monkeypatch.setitem(app.config, "DUALCART", msgspec.structs.replace(app.config["DUALCART"], smtp_url=mail.url))

    def drain() -> int:
        with app.app_context():
            done: Any = relay.drain(app.config["CLOCK"].now)
            return int(done)

    return drain
