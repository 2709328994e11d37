"""Who hears what, how often, and who is let go."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from app.live import pages as pages_module
from app.live.page import Page
from app.live.pages import Pages, Refused

STORE = uuid4()


def told(story: Coroutine[Any, Any, None]) -> None:
    """Run a story in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


class Reader:
    """A page's other end: keeps what it was sent; takes nothing while it sleeps."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.awake = asyncio.Event()
        self.awake.set()

    async def __call__(self, message: dict[str, Any]) -> None:
        await self.awake.wait()
        self.frames.append(message["body"].decode())

    def heard(self) -> str:
        return "".join(self.frames[1:])


async def opened(pages: Pages, topic: str = "t", tails: str = "", address: str = "a") -> tuple[Page, Reader]:
    reader = Reader()
    page = Page(STORE, topic, frozenset(tails.split()), address, reader)
    pages.add(page)
    await page.begin()
    return page, reader


async def settled() -> None:
    await asyncio.sleep(0.02)


def test_only_the_pages_of_the_cart_hear_of_it() -> None:
    async def story() -> None:
        pages = Pages(10, 10)
        (_, mine), (_, twin), (_, other) = [await opened(pages, topic) for topic in ("t", "t", "u")]
        pages.cart_changed(STORE, "t", 4)
        pages.cart_changed(uuid4(), "t", 9)
        await settled()
        assert mine.heard() == twin.heard() == "id: 4.-\nevent: changed\ndata: 4\n\n"
        assert other.heard() == ""

    told(story())


def test_only_the_pages_that_show_a_variant_hear_of_it_and_once() -> None:
    async def story() -> None:
        pages = Pages(10, 10)
        (_, shows), (_, other) = [await opened(pages, tails=tails) for tails in ("x y", "z")]
        for stamp in (5, 6):
            pages.catalogue_changed(STORE, ["x", "y", "q"], stamp)
        await settled()
        assert shows.heard() == "id: -.5\nevent: look\ndata:\n\n"
        assert other.heard() == ""

    told(story())


def test_what_happens_before_the_stream_begins_is_said_then() -> None:
    async def story() -> None:
        pages, reader = Pages(10, 10), Reader()
        page = Page(STORE, "t", frozenset(), "a", reader)
        pages.add(page)
        pages.cart_changed(STORE, "t", 4)
        await settled()
        assert reader.frames == []
        await page.begin()
        await settled()
        assert reader.frames[0].startswith("retry: ")
        assert "data: 4" in reader.heard()

    told(story())


def test_a_slow_reader_gets_the_latest_only_and_a_stuck_one_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        pages = Pages(10, 10)
        page, reader = await opened(pages)
        reader.awake.clear()
        page.task = asyncio.create_task(asyncio.sleep(60))
        for version in range(100):
            pages.cart_changed(STORE, "t", version)
            await asyncio.sleep(0)
        pages.drop_stuck(asyncio.get_running_loop().time() + 1)
        assert not page.dropped
        reader.awake.set()
        await settled()
        assert reader.heard().count("event: changed") <= 2
        assert "data: 99" in reader.heard()
        reader.awake.clear()
        page.beat()
        await settled()
        pages.drop_stuck(asyncio.get_running_loop().time() + pages_module.STUCK_SECONDS + 1)
        assert page.dropped
        await settled()
        assert page.task.cancelled()
        page.close()

    told(story())


def test_there_are_limits_and_room_is_given_back() -> None:
    async def story() -> None:
        pages = Pages(at_most=3, per_address=2)
        page, _ = await opened(pages, "t", "x", "a")
        await opened(pages, "u", "x", "a")
        for address, limit in (("a", "address"), ("b", None), ("c", "full")):
            if limit is None:
                await opened(pages, "v", "", address)
                continue
            with pytest.raises(Refused) as refused:
                await opened(pages, "w", "", address)
            assert refused.value.limit == limit
        pages.remove(page)
        await opened(pages, "w", "", "a")
        assert len(pages) == 3

    told(story())


def test_a_shopper_has_so_many_pages_and_no_more() -> None:
    async def story() -> None:
        pages = Pages(100, 100)
        for _ in range(pages_module.LARGEST_TOPIC):
            await opened(pages)
        with pytest.raises(Refused, match="topic"):
            await opened(pages)

    told(story())
