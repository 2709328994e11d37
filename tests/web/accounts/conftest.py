"""Letters stay in the outbox: these tests read them there."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.events import outbox
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
