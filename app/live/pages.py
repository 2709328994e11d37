"""The pages that are open: who listens to what, how many there may be, and letting go of those that do not read."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from app.live.page import Page

LOOKS_A_SECOND = 1_000  # how many of the pages that show a changed variant ask the shop again in a second
LONGEST_SPREAD = 10.0
STUCK_SECONDS = 20.0
LARGEST_TOPIC = 20  # tabs and devices of one shopper
LARGEST_STAFF = 500  # pages of all who work for one store
STAFF_SECONDS = 1.0  # at most so often are staff told: carts of a busy store change all the time


class Refused(Exception):
    """No room for this page; `limit` says why: full, address or topic."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Pages:
    """All open pages, found by what they listen to."""

    def __init__(self, at_most: int, per_address: int) -> None:
        self.at_most, self.per_address = at_most, per_address
        self.counted: Counter[str] = Counter()
        self._by_store: dict[UUID, set[Page]] = {}
        self._by_topic: dict[tuple[UUID, str], set[Page]] = {}
        self._by_variant: dict[tuple[UUID, str], set[Page]] = {}
        self._by_address: Counter[str] = Counter()
        self._staff: dict[UUID, set[Page]] = {}
        self._telling_staff: set[UUID] = set()
        self._looking_soon: set[Page] = set()

    def __len__(self) -> int:
        return self._by_address.total()

    def __iter__(self) -> Iterator[Page]:
        for pages in list(self._by_store.values()):
            yield from list(pages)

    def add(self, page: Page) -> None:
        """Let a page in. Raises Refused."""
        topic = page.store_id, page.topic
        if len(self) >= self.at_most:
            raise Refused("full")
        if self._by_address[page.address] >= self.per_address:
            raise Refused("address")
        largest = LARGEST_STAFF if page.is_staff else LARGEST_TOPIC
        if len(self._by_topic.get(topic, ())) >= largest:
            raise Refused("topic")
        self._by_store.setdefault(page.store_id, set()).add(page)
        self._by_topic.setdefault(topic, set()).add(page)
        if page.is_staff:
            self._staff.setdefault(page.store_id, set()).add(page)
        for tail in page.tails:
            self._by_variant.setdefault((page.store_id, tail), set()).add(page)
        self._by_address[page.address] += 1
        self.counted["opened"] += 1

    def remove(self, page: Page) -> None:
        """Forget a page that is gone."""
        _discard(self._by_store, page.store_id, page)
        _discard(self._by_topic, (page.store_id, page.topic), page)
        _discard(self._staff, page.store_id, page)
        for tail in page.tails:
            _discard(self._by_variant, (page.store_id, tail), page)
        self._looking_soon.discard(page)
        self._by_address[page.address] -= 1
        if not self._by_address[page.address]:
            del self._by_address[page.address]

    def stores(self) -> set[UUID]:
        """The stores that pages are open of."""
        return set(self._by_store)

    def cart_changed(self, store_id: UUID, topic: str, version: int) -> None:
        """The cart's pages hear of it at once."""
        for page in self._by_topic.get((store_id, topic), ()):
            page.cart_changed(version)
            self.counted["changed"] += 1
        self.staff_soon(store_id)

    def staff_soon(self, store_id: UUID) -> None:
        """The store's staff hear within a second that something happened; once, however much it was."""
        if store_id in self._staff and store_id not in self._telling_staff:
            self._telling_staff.add(store_id)
            asyncio.get_running_loop().call_later(STAFF_SECONDS, self._tell_staff, store_id)

    def _tell_staff(self, store_id: UUID) -> None:
        self._telling_staff.discard(store_id)
        for page in self._staff.get(store_id, ()):
            page.cart_changed(int(time.time() * 1000))
            self.counted["staff"] += 1

    def catalogue_changed(self, store_id: UUID, tails: Iterable[str], stamp: int) -> None:
        """The pages that show one of these variants hear of it."""
        showing: set[Page] = set()
        for tail in tails:
            showing |= self._by_variant.get((store_id, tail), set())
        self.look_soon(showing, stamp)

    def look_soon(self, pages: Iterable[Page], stamp: int | None = None) -> None:
        """Have pages ask the shop again, each at a moment of its own: the shop must not be asked by all of them at once."""
        loop = asyncio.get_running_loop()
        pages = [page for page in pages if page not in self._looking_soon]
        spread = min(LONGEST_SPREAD, len(pages) / LOOKS_A_SECOND)
        for page in pages:
            self._looking_soon.add(page)
            loop.call_later(random.uniform(0, spread), self._look, page, stamp)

    def drop_stuck(self, now: float) -> None:
        """Let go of pages that do not read."""
        for page in self:
            if page.waiting_since and now - page.waiting_since > STUCK_SECONDS:
                self.counted["dropped"] += 1
                page.leave()

    def _look(self, page: Page, stamp: int | None) -> None:
        if page in self._looking_soon:  # else it has gone meanwhile
            self._looking_soon.discard(page)
            page.look(stamp)
            self.counted["look"] += 1


def _discard(index: dict[Any, set[Page]], key: Any, page: Page) -> None:
    pages = index.get(key)
    if pages is not None:
        pages.discard(page)
        if not pages:
            del index[key]
