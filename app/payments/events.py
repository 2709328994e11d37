"""Passing on what providers tell by themselves, whichever way it came in, to whoever keeps the state of payments."""

from collections.abc import Callable
from datetime import datetime

from app.payments.provider import ProviderEvent

OnEvent = Callable[[str, ProviderEvent, datetime], object]

_listeners: dict[OnEvent, None] = {}


def on_event(callback: OnEvent) -> None:
    """Call `callback(provider's name, event, now)` for each event, in the store it is about and in no transaction.

    The same event may come again and events may come in any order; what the callback raises makes it come again.
    """
    _listeners[callback] = None


def tell(provider: str, event: ProviderEvent, now: datetime) -> None:
    """Pass an event on that `read_event` has verified."""
    for callback in _listeners:
        callback(provider, event, now)
