"""The store that writes: its letterhead for messages, and what the checks of publishing must know of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g

from app.database.tenancy import current_store_id
from app.recovery.publishing import Publisher
from app.recovery.story import Shop
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.letterhead import letterhead


def current_store() -> StoreView:
    """The store of the work at hand: as the request or the job has it already, else as the directory knows it."""
    known: StoreView | None = g.get("store")
    return known if known is not None and known.id == current_store_id() else directory.get(current_store_id())


@contextmanager
def entered() -> Iterator[StoreView]:
    """Inside, the store of the work at hand is where a request would have it: prices ask there how they are told."""
    before, store = g.get("store"), current_store()
    g.store = store
    try:
        yield store
    finally:
        g.store = before


def shop(locale: str) -> Shop:
    """The current store in the reader's language; asked for once in a job."""
    kept: dict[tuple[object, str], Shop] = g.setdefault("shops", {})
    key = (current_store_id(), locale)
    if key not in kept:
        head = letterhead(locale)
        kept[key] = Shop(head.name, head.origin, head.zone, head.seller, head.address, head.email)
    return kept[key]


def publisher() -> Publisher:
    """The current store for the checks."""
    store = current_store()
    return Publisher(
        locales=store.locales,
        currencies=store.currencies,
        shop=shop(store.locales[0]),
        messages_at_most=store.messages_at_most,
    )
