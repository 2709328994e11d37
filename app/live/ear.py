"""Listening to Valkey: one connection for what is told, one for what was told before; both come back by themselves."""

import asyncio
import contextlib
import random
from typing import Any, cast
from uuid import UUID

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.live import wire
from app.live.pages import Pages
from app.live.wire import CartMessage, StaffMessage

HOME = "dc:live"  # a channel that nobody speaks on: there is always one
PATIENCE = 2.0
LOOKED_UP_AT_ONCE = 200
LISTENED_AT_ONCE = 5.0  # seconds; after as many without a word we ask whether somebody is there
SILENCES = 3

log = structlog.get_logger(__name__)


class Deaf(Exception):
    """Valkey is away."""


class Ear:
    """Hears for all pages. While Valkey is away it tells them so, and has them look again afterwards."""

    def __init__(self, url: str, pages: Pages) -> None:
        self.hearing = False
        self._pages = pages
        # No retries of redis-py's own: we must know of each interruption, because messages are lost in it.
        self._client = redis.asyncio.Redis.from_url(
            url, socket_connect_timeout=1, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._pubsub: Any = None
        self._followed: dict[UUID, asyncio.Future[None]] = {}
        self._asked: list[tuple[tuple[str, str], asyncio.Future[tuple[int | None, int | None]]]] = []
        self._answering: asyncio.Task[None] | None = None
        self._refollowing: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Hear until cancelled."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("interrupted", reason=str(error))
            except Exception:
                log.exception("interrupted")  # whatever it was, we must go on hearing
            self._lost()
            await asyncio.sleep(random.uniform(0.2, 0.8))

    async def follow(self, store_id: UUID) -> None:
        """Return when this store's changes are heard. Raises Deaf."""
        followed = self._followed.get(store_id)
        if followed is None:
            if not self.hearing:
                raise Deaf
            followed = self._followed[store_id] = asyncio.get_running_loop().create_future()
            await self._subscribe(store_id)
        try:
            await asyncio.wait_for(asyncio.shield(followed), PATIENCE)
        except TimeoutError:
            raise Deaf from None
        except asyncio.CancelledError:
            if followed.cancelled():
                raise Deaf from None
            raise  # it is the page that has been let go

    async def known(self, store_id: UUID, topic: str) -> tuple[int | None, int | None]:
        """The cart's version and the time of the catalogue's last change, as last told. Raises Deaf.

        Pages that come at the same time (after a restart, all of them) share a command.
        """
        answer = asyncio.get_running_loop().create_future()
        self._asked.append(((wire.version_key(store_id, topic), wire.catalogue_key(store_id)), answer))
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer())
        return cast(tuple[int | None, int | None], await answer)

    async def forget_stores(self) -> None:
        """Stop following stores that no page is open of."""
        idle = self._followed.keys() - self._pages.stores()
        for store_id in idle:
            del self._followed[store_id]
        if idle and self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(*map(wire.channel, idle))
                for store_id in idle & self._followed.keys():  # somebody came meanwhile
                    await self._pubsub.subscribe(wire.channel(store_id))

    async def close(self) -> None:
        """Let the connections go."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await asyncio.wait_for(self._client.aclose(), 0.5)

    async def _hear(self) -> None:
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(HOME)
            self._pubsub = pubsub
            silent = 0
            while silent < SILENCES:
                message = await pubsub.get_message(timeout=LISTENED_AT_ONCE)
                if message is None:
                    silent += 1
                    await pubsub.ping()
                    continue
                silent = 0
                if message["channel"] is not None:
                    self._take(message["type"], message["channel"].decode(), message["data"])

    def _take(self, kind: str, channel: str, data: Any) -> None:
        if channel == HOME:
            if kind == "subscribe":
                self._found()
            return
        store_id = UUID(channel.split(":")[1])
        if kind == "subscribe" and (followed := self._followed.get(store_id)) and not followed.done():
            followed.set_result(None)
        elif kind == "message":
            message = wire.read_message(data)
            if isinstance(message, CartMessage):
                self._pages.cart_changed(store_id, message.topic, message.version)
            elif isinstance(message, StaffMessage):
                self._pages.staff_soon(store_id)
            elif message is not None:
                self._pages.catalogue_changed(store_id, message.tails, message.stamp)

    def _found(self) -> None:
        """Valkey answers (again): what was missed meanwhile is found by looking."""
        self.hearing = True
        log.info("hearing", pages=len(self._pages))
        self._refollowing = asyncio.create_task(self._refollow())

    async def _refollow(self) -> None:
        for store_id in self._pages.stores():
            with contextlib.suppress(Deaf):
                await self.follow(store_id)
        self._pages.look_soon(self._pages)

    def _lost(self) -> None:
        self._pubsub = None
        for followed in self._followed.values():
            followed.cancel()
        self._followed.clear()
        if self.hearing:
            self.hearing = False
            log.warning("deaf", pages=len(self._pages))
            for page in self._pages:
                page.deaf()

    async def _subscribe(self, store_id: UUID) -> None:
        try:
            await self._pubsub.subscribe(wire.channel(store_id))
        except (RedisError, OSError):
            raise Deaf from None

    async def _answer(self) -> None:
        try:
            while self._asked:
                batch, self._asked = self._asked[:LOOKED_UP_AT_ONCE], self._asked[LOOKED_UP_AT_ONCE:]
                try:
                    values = await self._client.mget([key for keys, _ in batch for key in keys])
                except (RedisError, OSError, TimeoutError):
                    for _, answer in batch:
                        if not answer.done():
                            answer.set_exception(Deaf())
                    continue
                numbers = [None if value is None else int(value) for value in values]
                for at, (_, answer) in enumerate(batch):
                    if not answer.done():
                        answer.set_result((numbers[2 * at], numbers[2 * at + 1]))
        finally:
            self._answering = None
