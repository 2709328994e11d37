"""The live process: `granian --interface asgi app.live.asgi:application` holds the streams of open cart pages.

GET /live/cart and /live/console are the streams; /live/healthz and /live/metrics are for the operator and not to be routed to from outside.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any
from urllib.parse import parse_qs

import structlog

from app.config import BadConfiguration, Config, from_environment
from app.live.ear import Deaf, Ear
from app.live.page import BEATS, Page, Send
from app.live.pages import Pages, Refused
from app.live.wire import Ticket, TicketOffice

Receive = Callable[[], Awaitable[dict[str, Any]]]
Scope = dict[str, Any]

LIFE_SECONDS = (480, 720)  # of a stream; shorter than a ticket's, so that a page that comes back early is let in
DOUBT_MILLISECONDS = 5_000  # a change this long before the ticket may still have been missed: clocks differ
TAILS_AT_MOST = 400
LONGEST_QUERY = 8_192
TAIL = re.compile(r"[0-9a-f]{12}")
EVENT_ID = re.compile(r"(-|[0-9]{1,18})\.(-|[0-9]{1,18})")
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Origin"),
]
STATUS = {"full": 503, "address": 429, "topic": 429}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door of the streams. `shown` is the version that the page shows, `site` what the browser says of it."""

    ticket: Ticket
    shown: str
    tails: frozenset[str]
    last_event_id: str
    origin: str
    site: str
    address: str


class Live:
    """The application. Made at import, put to work by the server's lifespan events."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.office = TicketOffice(config.secret_key)
        self.pages = Pages(config.live_pages, config.live_pages_per_address)
        self.ear = Ear(config.redis_url, self.pages)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to hear."""
        self._tasks = [asyncio.create_task(self.ear.listen()), asyncio.create_task(self._keep())]

    def end_streams(self) -> None:
        """Let no page in any more, and send all away: they come back to whoever listens then."""
        self.pages.at_most = 0
        for page in self.pages:
            page.leave()

    async def stop(self) -> None:
        """Hear no more."""
        for task in self._tasks:
            task.cancel()
        await self.ear.close()

    async def cart(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A stream, for as long as the page reads it."""
        knock = self._knock(scope)
        scope.clear()  # it would be kept as long as the stream, ten thousand times
        if knock is None or not self._same_origin(knock):
            await self._refuse(send, 403, "ticket")
            return
        page = Page(knock.ticket.store_id, knock.ticket.topic, knock.tails, knock.address, send)
        page.task = asyncio.current_task()
        try:
            self.pages.add(page)
        except Refused as refused:
            await self._refuse(send, STATUS[refused.limit], refused.limit)
            return
        old_age = asyncio.get_running_loop().call_later(random.uniform(*LIFE_SECONDS), page.retire)
        try:
            allowed = [(b"access-control-allow-origin", knock.origin.encode("latin-1"))] if knock.origin else []
            await send({"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *allowed]})
            await self._greet(page, knock)
            await page.begin()
            del knock, allowed
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not page.dropped:
                raise
        finally:
            old_age.cancel()
            self.pages.remove(page)
            page.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _knock(self, scope: Scope) -> Knock | None:
        """Who asks for what; None without a good ticket."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode("latin-1")) if len(scope["query_string"]) < LONGEST_QUERY else {}
        ticket = self.office.read(_first(query, "ticket"), time.time())
        if ticket is None:
            return None
        return Knock(
            ticket,
            shown=_first(query, "v"),
            tails=_tails(_first(query, "shows")),
            last_event_id=headers.get(b"last-event-id", ""),
            origin=headers.get(b"origin", ""),
            site=headers.get(b"sec-fetch-site", "none"),
            address=self._address(scope, headers),
        )

    async def _greet(self, page: Page, knock: Knock) -> None:
        """Find out whether the page has missed anything: it may be of a moment ago, or of last night."""
        try:
            await self.ear.follow(page.store_id)
            version, stamp = await self.ear.known(page.store_id, page.topic)
        except Deaf:
            return page.deaf()
        if page.version is None:  # else it has changed while we asked
            page.version = version
        page.stamp = stamp if page.stamp is None else page.stamp
        if EVENT_ID.fullmatch(knock.last_event_id):
            if knock.last_event_id != f"{'-' if version is None else version}.{'-' if stamp is None else stamp}":
                self.pages.look_soon([page])
        elif (version is not None and str(version) != knock.shown) or (
            stamp is not None and stamp > knock.ticket.issued - DOUBT_MILLISECONDS
        ):
            self.pages.look_soon([page])
        return None

    def _same_origin(self, knock: Knock) -> bool:
        """Whether the page is of the shop that gave the ticket. Browsers name the origin of pages from elsewhere."""
        if knock.origin:
            return self.office.is_from(knock.ticket, knock.origin)
        return knock.site in ("same-origin", "none")

    def _address(self, scope: Scope, headers: dict[bytes, str]) -> str:
        hops = self.config.trusted_proxies
        told = [part.strip() for part in headers.get(b"x-forwarded-for", "").split(",") if part.strip()]
        if hops and len(told) >= hops:
            return told[-hops]
        return str((scope.get("client") or ("",))[0])

    async def _refuse(self, send: Send, status: int, why: str) -> None:
        self.pages.counted[f"refused_{why}"] += 1
        await answer(send, status, f"refused: {why}\n")

    async def _keep(self) -> None:
        """Every second: signs of life to some of the pages; now and then, what nobody needs any more is let go."""
        tick = 0
        while True:
            await asyncio.sleep(1)
            tick += 1
            for page in self.pages:
                if page.beat_at == tick % BEATS:
                    page.beat()
            self.pages.drop_stuck(asyncio.get_running_loop().time())
            if tick % 60 == 0:
                await self.ear.forget_stores()


async def answer(send: Send, status: int, text: str, kind: bytes = b"text/plain; charset=utf-8") -> None:
    """A short answer."""
    headers = [(b"content-type", kind), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The doors."""
    if scope["type"] == "lifespan":
        return await _lifespan(receive, send)
    live = _running.live
    if scope["type"] != "http" or live is None:
        return None
    if scope["method"] != "GET":
        return await answer(send, 405, "GET only\n")
    match scope["path"]:
        case "/live/cart" | "/live/console":  # what may be followed is said by the ticket
            await live.cart(scope, receive, send)
        case "/live/healthz":
            opened = live.pages.counted["opened"]
            state = {"ok": True, "hearing": live.ear.hearing, "pages": len(live.pages), "opened": opened}
            await answer(send, 200, json.dumps(state), b"application/json")
        case "/live/metrics":
            await answer(send, 200, _metrics(live))
        case _:
            await answer(send, 404, "not found\n")
    return None


def _first(query: dict[str, list[str]], name: str) -> str:
    return query.get(name, [""])[0]


def _tails(text: str) -> frozenset[str]:
    """The variants that a page says it shows. Many pages show the same: their names are kept once."""
    return frozenset(sys.intern(part) for part in text.split(".")[:TAILS_AT_MOST] if TAIL.fullmatch(part))


def _metrics(live: Live) -> str:
    lines = [
        f"dualcart_live_pages {len(live.pages)}",
        f"dualcart_live_hearing {int(live.ear.hearing)}",
        *(f'dualcart_live_total{{what="{what}"}} {count}' for what, count in sorted(live.pages.counted.items())),
    ]
    return "\n".join(lines) + "\n"


class _Process:
    """What lives as long as the process."""

    live: Live | None = None


_running = _Process()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            logs()
            try:
                # The checks of the whole configuration serve here, too; but this process has no database.
                _running.live = Live(from_environment({"DATABASE_URL": "postgresql:///", **os.environ}))
            except BadConfiguration as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            _running.live.start()
            _end_streams_at_sigterm(_running.live)
            await send({"type": "lifespan.startup.complete"})
        else:
            if _running.live is not None:
                await _running.live.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _end_streams_at_sigterm(live: Live) -> None:
    """The server waits for open answers before it ends us, and ours would never end; so we end them when it is told to stop."""
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(signum)

        def handle(signum: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(live.end_streams)
            if callable(before):
                before(signum, frame)

        signal.signal(signum, handle)
        signal.siginterrupt(signum, False)


def logs() -> None:
    """JSON on standard error, as the other processes write it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
