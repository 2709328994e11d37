"""Folders that PostgreSQL can reach also when the tests run as root (pytest's own are closed)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.supervisor import start_over
from app.embedded.postgres import Postgres


@pytest.fixture
def instance() -> Iterator[Path]:
    """An empty instance folder."""
    yield from _instance()


@pytest.fixture(scope="module")
def running() -> Iterator[Postgres]:
    """A PostgreSQL server that the tests of one module share."""
    for folder in _instance():
        server = Postgres(folder, durable=False)
        server.start()
        yield server
        server.stop()


def _instance() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dualcart-instance-"))
    folder.chmod(0o711)
    yield folder
    start_over(folder)
    shutil.rmtree(folder)
