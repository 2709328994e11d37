"""Passing on what providers tell by themselves, whichever way it came in, to whoever keeps the state of payments."""

from datetime import datetime
from typing import Protocol

from app.payments.provider import ProviderEvent


class OnEvent(Protocol):
    """Takes in an event of the named provider."""

    def __call__(self, provider: str, event: ProviderEvent, *, now: datetime) -> object:
        """Anything raised makes the event come again."""
        ...


_listeners: dict[OnEvent, None] = {}


def on_event(callback: OnEvent) -> None:
    """Call `callback` for each event, in the store it is about and in no transaction.

    The same event may come again, and events may come in any order.
    """
    _listeners[callback] = None


def tell(provider: str, event: ProviderEvent, now: datetime) -> None:
    """Pass an event on that `read_event` has verified."""
    for callback in _listeners:
        callback(provider, event, now=now)
