"""Real PostgreSQL, Valkey and SMTP; letters leave when a test says so."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask

from app.embedded.mail import MailServer
from app.events import relay
from tests.web.accounts.conftest import nobody_is_woken, visitor

__all__ = ["deliver", "nobody_is_woken", "visitor"]


@pytest.fixture
def deliver(app: Flask, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Sends what waits in the outbox to the test's mail server; returns how many letters left."""
    monkeypatch.setitem(app.config, "DUALCART", msgspec.structs.replace(app.config["DUALCART"], smtp_url=mail.url))

    def drain() -> int:
        with app.app_context():
            done: Any = relay.drain(app.config["CLOCK"].now)
            return int(done)

    return drain
