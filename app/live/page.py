"""One open page: what it has heard, and what it is to hear as soon as it takes it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import IntFlag
from typing import Any
from uuid import UUID

from app.live.wire import STAFF

Send = Callable[[dict[str, Any]], Awaitable[None]]

RETRY_MILLISECONDS = (1_000, 5_000)  # each page its own: when this process restarts they do not come back all at once
BEATS = 25  # seconds between two signs of life, spread over the pages
FAREWELL_SECONDS = 0.5


class News(IntFlag):
    """What a page can be told. Kept as flags: what has not been sent yet is not said twice."""

    BEAT = 1
    CHANGED = 2
    LOOK = 4
    DEAF = 8
    RENEW = 16


class Page:
    """A page and its stream. Memory counts here: there are ten thousand of them."""

    __slots__ = (
        "_begun",
        "_news",
        "_send",
        "_sender",
        "address",
        "beat_at",
        "dropped",
        "stamp",
        "store_id",
        "tails",
        "task",
        "topic",
        "version",
        "waiting_since",
    )

    def __init__(self, store_id: UUID, topic: str, tails: frozenset[str], address: str, send: Send) -> None:
        self.store_id, self.topic, self.tails, self.address = store_id, topic, tails, address
        self.version: int | None = None  # of the cart, as last told; for staff the time of what was
        self.stamp: int | None = None  # of the catalogue, as last told
        self.task: asyncio.Task[Any] | None = None
        self.dropped = False
        self.waiting_since = 0.0  # when the sending that is under way began
        self.beat_at = random.randrange(BEATS)
        self._send = send
        self._news = News(0)
        self._sender: asyncio.Task[None] | None = None
        self._begun = False

    @property
    def is_staff(self) -> bool:
        """Whether it follows a store, not a cart: the topic is the ticket's, so nobody can say so of themselves."""
        return self.topic.startswith(STAFF)

    @property
    def last_event_id(self) -> str:
        """What the browser says when it comes back: what it had been told."""
        return f"{_text(self.version)}.{_text(self.stamp)}"

    async def begin(self) -> None:
        """Say when to come back and from where on; then whatever has happened meanwhile."""
        retry = random.randint(*RETRY_MILLISECONDS)
        await self._write(f"retry: {retry}\nid: {self.last_event_id}\n\n".encode())
        self._begun = True
        self._tell(News(0))

    def cart_changed(self, version: int) -> None:
        """The cart has this version now."""
        self.version = version
        self._tell(News.CHANGED)

    def look(self, stamp: int | None) -> None:
        """Something that the page shows may have changed."""
        self.stamp = self.stamp if stamp is None else stamp
        self._tell(News.LOOK)

    def deaf(self) -> None:
        """This process hears nothing: the page must look by itself from time to time, until it is told to look."""
        self._tell(News.DEAF)

    def beat(self) -> None:
        """A sign of life, which also shows whether anybody is still there."""
        self._tell(News.BEAT)

    def retire(self) -> None:
        """The ticket is old: the page is to fetch another one and come back."""
        self._tell(News.RENEW)
        asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self.leave)

    def leave(self) -> None:
        """End the stream: wakes whoever holds it open."""
        self.dropped = True
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """The stream has ended: nothing more is sent."""
        self._begun = False
        if self._sender is not None:
            self._sender.cancel()

    def _tell(self, news: News) -> None:
        self._news |= news
        if self._begun and self._news and self._sender is None:
            loop = asyncio.get_running_loop()
            self.waiting_since = loop.time()
            self._sender = loop.create_task(self._send_news())

    async def _send_news(self) -> None:
        try:
            while self._news:
                news, self._news = self._news, News(0)
                await self._write(self._frames(news))
                self.waiting_since = asyncio.get_running_loop().time()
        finally:
            self._sender, self.waiting_since = None, 0.0

    def _frames(self, news: News) -> bytes:
        text = "" if news & ~News.BEAT else ":\n\n"
        if news & News.DEAF:
            text += "event: deaf\ndata:\n\n"
        if news & News.CHANGED:
            text += f"id: {self.last_event_id}\nevent: changed\ndata: {self.version}\n\n"
        if news & News.LOOK:
            text += f"id: {self.last_event_id}\nevent: look\ndata:\n\n"
        if news & News.RENEW:
            text += "event: renew\ndata:\n\n"
        return text.encode()

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


def _text(number: int | None) -> str:
    return "-" if number is None else str(number)
