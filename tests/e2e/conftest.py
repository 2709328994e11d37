"""A real server for a real browser: granian on a port of its own, the worker's database, a store for every test."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from app.config import Config
from app.embedded.mail import MailServer
from tests.conftest import TestStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def port(app: Flask, config: Config, smtp_server: MailServer, tmp_path_factory: Any) -> Iterator[int]:
    """The port of a running server; mail goes to `smtp_server` at once."""
    yield from web_server(tmp_path_factory.mktemp("server") / "log", SMTP_URL=smtp_server.url)


def web_server(log: Path, **variables: str) -> Iterator[int]:
    """Run a web process, and give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    environment = {**os.environ, "STORE_CACHE_SECONDS": "0", "HUEY_IMMEDIATE": "1", **variables}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(number)),
                *("--workers", "1", "--blocking-threads", "4", "wsgi:app"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{number}/healthz", timeout=1).close()
            break
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
    yield number
    server.terminate()
    server.wait(10)


@pytest.fixture
def site(port: int, store: TestStore) -> str:
    """The address of this test's store. Chromium takes every name below localhost to this machine."""
    return f"http://{store.host}:{port}"


@pytest.fixture(params=["js", "nojs"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Every test that asks for a shopper runs with JavaScript and without."""
    return bool(request.param == "js")


@pytest.fixture
def shopper(browser: Browser, site: str, javascript: bool) -> Iterator[Page]:
    """A phone-sized window at the store. The console must stay silent."""
    with context_at(browser, site, java_script_enabled=javascript) as page:
        yield page


class context_at:  # noqa: N801  reads like a function at its use
    """A browser context of its own; on leaving it, nothing may have been written to the console."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        viewport = {"width": 390, "height": 844}
        self.context: BrowserContext = browser.new_context(**{"base_url": site, "viewport": viewport, **options})
        self.context.set_default_timeout(8_000)
        self.messages: list[str] = []

    def __enter__(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda m: self.messages.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        return page

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.context.close()
        # Refusals; axe knocking at a sandboxed frame; pictures of a mail in its preview, at the store's address without our port.
        expected = ("status of 4", "origin ('null')", "img-src")
        unexpected = [message for message in self.messages if not any(part in message for part in expected)]
        if kind is None:
            assert unexpected == []


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is. The window is made as tall as the page: sticky bars must not hide targets."""
    height = page.evaluate("document.documentElement.scrollHeight")
    before = page.viewport_size
    assert before
    page.set_viewport_size({"width": before["width"], "height": min(int(height) + 50, 8_000)})
    found = Axe().run(page).response["violations"]
    page.set_viewport_size(before)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
