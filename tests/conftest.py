"""Fixtures for all tests: the application on real servers, and a store of its own for every test, so that none sees another's."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, pool, text
from sqlalchemy.orm import Session

from app.config import Config
from app.database import tenancy
from app.ids import StoreId

pytest_plugins = ["tests.servers"]

hypothesis.settings.register_profile("whatever the machine is doing", deadline=None)
hypothesis.settings.load_profile("whatever the machine is doing")

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class TestStore:
    """A fresh store: its id and the host name it answers under."""

    __test__ = False

    id: StoreId
    slug: str
    host: str
    currency: str = "EUR"


@pytest.fixture(scope="session")
def config(database_url: str, database_owner_url: str, redis_url: str, tmp_path_factory: Any) -> Config:
    """The configuration of the application under test: cheap password hashes, no rate limits."""
    return Config(
        database_url=database_url,
        database_owner_url=database_owner_url,
        redis_url=redis_url,
        secret_key="only for tests, not a secret at all",
        instance=str(tmp_path_factory.mktemp("instance")),
        mailbox=str(tmp_path_factory.mktemp("mailbox")),
        public_origin="http://shop.example",
        demo=True,
        rate_limits=False,
        password_time_cost=1,
        password_memory_kib=64,
        store_cache_seconds=3600,
        log_level="error",
    )


@pytest.fixture(scope="session")
def app(config: Config) -> Iterator[Flask]:
    """The application, as production builds it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in config.__struct_fields__:
            patch.setenv(name.upper(), _text(getattr(config, name)))
        patch.setenv("HUEY_IMMEDIATE", "1")
        from app.factory import create_app

        app = create_app(config)
        app.testing = False  # errors become pages, as they do for people
        yield app


@pytest.fixture(scope="session")
def owner_engine(database_owner_url: str) -> Iterator[Engine]:
    """The database as its owner sees it: makes stores, which the application may not."""
    engine = create_engine(database_owner_url, poolclass=pool.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def same_worker() -> Iterator[None]:
    """No test leaves the worker asleep, or working for another application: others would fail, far away and later."""
    before = _who_works()
    yield
    assert before in (_who_works(), NOBODY), "this test did not put the worker back (tests/applications.py)"


NOBODY: tuple[object, list[Flask]] = (None, [])


def _who_works() -> tuple[object, list[Flask]]:
    outbox, periodic = sys.modules.get("app.events.outbox"), sys.modules.get("app.tasks.periodic")
    return getattr(outbox, "_wake", None), list(getattr(periodic, "_applications", []))


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is woken: what is asked for waits until the test carries it out, or for ever."""
    monkeypatch.setattr("app.events.outbox._wake", None)


@pytest.fixture
def make_store(owner_engine: Engine, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that makes a store nobody else uses. What it left to be done is not left for the next test's worker.

    Jobs that go through all stores go through this test's: those of thousands of tests before it are nobody's any more.
    """
    from app.stores import directory, service

    made: list[StoreId] = []
    slugs: list[str] = []
    monkeypatch.setattr(directory, "list_stores", lambda: list(zip(made, slugs, strict=True)))

    def make(currency: str = "EUR", locales: tuple[str, ...] = ("en", "fa")) -> TestStore:
        slug = f"s{uuid4().hex[:12]}"
        host = f"{slug}.localhost"
        with Session(owner_engine) as session, session.begin():
            organization_id = service.create_organization(session, name=slug, now=NOW)
            store_id = service.create_store(
                session,
                organization_id=organization_id,
                slug=slug,
                name={"en": "Test store", "fa": "فروشگاه آزمایشی"},
                locales=list(locales),
                currency=currency,
                hosts=[host],
                now=NOW,
            )
        made.append(store_id)
        slugs.append(slug)
        return TestStore(store_id, slug, host, currency)

    yield make
    from app.database.transaction import transaction

    for store_id in made:
        with app.app_context(), tenancy.use_store(store_id), transaction() as session:
            session.execute(text("DELETE FROM outbox"))
            session.execute(
                text("""UPDATE messages SET state = 'cancelled', reason = 'test', lease_token = NULL, lease_until = NULL
                        WHERE state IN ('scheduled', 'claimed', 'sending')""")
            )


@pytest.fixture
def store(make_store: Any) -> TestStore:
    """A store of this test's own."""
    made: TestStore = make_store()
    return made


@pytest.fixture
def in_store(app: Flask, store: TestStore) -> Iterator[TestStore]:
    """The store of this test, entered: services and queries can be called directly."""
    with app.app_context(), tenancy.use_store(store.id):
        yield store


@pytest.fixture
def client(app: Flask, store: TestStore) -> FlaskClient:
    """A browser without JavaScript, at this test's store."""
    return browser_at(app, store)


class StoreClient(FlaskClient):
    """A test client that asks one store's host."""

    host = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request to the store."""
        kwargs.setdefault("base_url", f"http://{self.host}")
        return super().open(*args, **kwargs)


def browser_at(app: Flask, store: TestStore) -> StoreClient:
    """A fresh browser (no cookies) at a store."""
    client = StoreClient(app, app.response_class, use_cookies=True)
    client.host = store.host
    return client


def _text(value: object) -> str:
    return {True: "1", False: "0"}.get(value, str(value)) if isinstance(value, bool) else str(value)
