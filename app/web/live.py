"""Telling open pages what changed: after commit, at best effort, and without a request waiting for it.

A page that was not told looks by itself when it is looked at (static/js/live.js). Who listens: app/live.
"""

import atexit
import queue
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import redis
import structlog
from flask import Flask, current_app, g, request

from app.cache.client import client
from app.config import Config
from app.database.tenancy import current_store_id
from app.live import wire
from app.live.wire import TicketOffice
from app.web.security import CSP

WAITING_AT_MOST = 10_000
SENT_AT_ONCE = 200
FAREWELL_SECONDS = 1.0
HOST_NAME = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]")

log = structlog.get_logger(__name__)

Command = tuple[Any, ...]
Waiting = tuple["redis.Redis", tuple[Command, ...]]


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a page listens, and the ticket that lets it (none while there is nothing to listen to)."""

    url: str
    ticket: str


@dataclass(frozen=True, slots=True)
class CartNews:
    """What Redis is to be told of a changed cart, for a script that does it together with something else."""

    version_key: str
    channel: str
    message: str


class Messenger:
    """Sends commands to Redis from a thread of its own: what many requests have to say travels together."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(WAITING_AT_MOST)
        self._thread: Thread | None = None
        self._lock = Lock()

    def send(self, through: "redis.Redis", *commands: Command) -> None:
        """Have these commands sent soon. When Redis is away for long they are lost, and nobody waits."""
        with suppress(queue.Full):
            self._waiting.put_nowait((through, commands))
        if self._thread is None or not self._thread.is_alive():  # not: in a process that was forked off
            self._start()

    def finish(self) -> None:
        """Send what waits: for processes that end."""
        if self._thread is not None and self._thread.is_alive():
            with suppress(queue.Full):
                self._waiting.put_nowait(None)
            self._thread.join(FAREWELL_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="messenger", daemon=True)
                self._thread.start()
                atexit.register(self.finish)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            through, batch = first[0], list(first[1])
            more: Waiting | None = first
            with suppress(queue.Empty):
                while more is not None and len(batch) < SENT_AT_ONCE:
                    more = self._waiting.get_nowait()
                    batch += more[1] if more is not None else ()
            try:
                with through.pipeline(transaction=False) as pipeline:
                    for command in batch:
                        cast(Any, pipeline).execute_command(*command)
                    pipeline.execute(raise_on_error=False)
            except redis.RedisError:
                log.debug("pages_not_told", commands=len(batch))
            if more is None:
                return


def init_app(app: Flask, config: Config) -> None:
    """What this process needs to tell, and to let pages listen."""
    app.extensions["live"] = TicketOffice(config.secret_key), Messenger()


def publish_cart(who: str, version: int) -> None:
    """Tell the open pages of somebody's cart that it has this version now; 0 where it begins anew. Never raises."""
    news = cart_news(who, version)
    kept = version, wire.KEPT_SECONDS
    _messenger().send(client(), ("EVAL", wire.PUBLISH_CART, 1, news.version_key, *kept, news.channel, news.message))


def cart_news(who: str, version: int) -> CartNews:
    """The same for a cart that is in Redis itself: its script tells in the command that changes it."""
    store_id = current_store_id()
    topic = _office().topic(store_id, who)
    return CartNews(wire.version_key(store_id, topic), wire.channel(store_id), wire.cart_message(topic, version))


def publish_catalogue(variant_ids: Iterable[UUID]) -> None:
    """Tell the open pages that show one of these variants of the current store that price, stock or words changed. Never raises."""
    store_id, stamp = current_store_id(), int(time.time() * 1000)
    messages = list(wire.catalogue_messages(stamp, variant_ids))
    if messages:
        _messenger().send(
            client(),
            ("SET", wire.catalogue_key(store_id), stamp, "EX", wire.KEPT_SECONDS),
            *(("PUBLISH", wire.channel(store_id), message) for message in messages),
        )


def publish_staff() -> None:
    """Tell the open pages of the current store's staff that something happened that they follow. Never raises."""
    message = wire.staff_message(int(time.time() * 1000))
    _messenger().send(client(), ("PUBLISH", wire.channel(current_store_id()), message))


def stream_for(who: str | None) -> Stream | None:
    """Where a page about somebody's cart listens; has the page's policy allow it. None where nobody holds streams."""
    url = _url("cart")
    if url is None:
        return None
    return Stream(url, "" if who is None else _ticket(_office().topic(current_store_id(), who)))


def staff_stream() -> Stream | None:
    """The same for a page of the current store's staff."""
    url = _url("console")
    return None if url is None else Stream(url, _ticket(_office().staff_topic(current_store_id())))


def _url(name: str) -> str | None:
    config = cast(Config, current_app.config["DUALCART"])
    host = request.host.rpartition(":")[0] if re.search(r":\d+$", request.host) else request.host
    if not config.live_url or not HOST_NAME.fullmatch(host.lower()):
        return None
    url = config.live_url.replace("{host}", host.lower())
    parts = urlsplit(url)
    if parts.netloc:
        allowed = f"connect-src 'self' {parts.scheme}://{parts.netloc};"
        g.content_security_policy = CSP.replace("connect-src 'self';", allowed)
    return f"{url}/{name}"


def _ticket(topic: str) -> str:
    # The wall clock, not the application's: a ticket is about machines, and the live process has no other.
    return _office().issue(current_store_id(), topic, request.host_url.rstrip("/"), time.time())


def _office() -> TicketOffice:
    return cast(TicketOffice, current_app.extensions["live"][0])


def _messenger() -> Messenger:
    return cast(Messenger, current_app.extensions["live"][1])
