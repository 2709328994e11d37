"""Carts and events as JSON documents and back. The names of the kinds are stored: they never change."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from app.cart import events
from app.cart.commands import AddItem, AddItems, AnswerMerge, BringBack, Command, MoveLine, PutBack
from app.cart.events import Event
from app.cart.state import Line, Merge, Note, Options

KINDS: dict[str, type[Event]] = {
    "cart_opened": events.CartOpened,
    "item_added": events.ItemAdded,
    "items_added": events.ItemsAdded,
    "quantity_changed": events.QuantityChanged,
    "variant_changed": events.VariantChanged,
    "line_removed": events.LineRemoved,
    "lines_moved": events.LinesMoved,
    "pane_emptied": events.PaneEmptied,
    "lines_restored": events.LinesRestored,
    "next_purchase_activated": events.NextPurchaseActivated,
    "activation_undone": events.ActivationUndone,
    "activation_kept": events.ActivationKept,
    "prices_accepted": events.PricesAccepted,
    "currency_switched": events.CurrencySwitched,
    "auto_activation_switched": events.AutoActivationSwitched,
    "guest_cart_merged": events.GuestCartMerged,
    "merge_undone": events.MergeUndone,
    "merge_kept": events.MergeKept,
    "coupon_added": events.CouponAdded,
    "coupon_removed": events.CouponRemoved,
    "order_placed": events.OrderPlaced,
}
MADE_UP = {
    AddItem: {"line_id"},
    AddItems: {"items"},
    MoveLine: {"new_line_id"},
    AnswerMerge: {"guest_cart_id"},
    BringBack: {"lines", "currency", "coupon"},  # as they are when the button is pressed, and pressed again
    PutBack: {"moves", "coupon", "at"},  # it goes by its own operation id
}
_NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept."""

    kind: str
    payload: dict[str, Any]


def stored(event: Event) -> StoredEvent:
    """The document of an event."""
    return StoredEvent(_NAMES[type(event)], msgspec.to_builtins(event))


def event_of(kind: str, payload: Any) -> Event:
    """The event of a document. Raises KeyError or msgspec.ValidationError when it is none of ours."""
    return msgspec.convert(payload, KINDS[kind])


def chained(previous: str, version: int, event: StoredEvent, actor: str, op_id: UUID, occurred_at: datetime) -> str:
    """The hash of an event in its chain: SHA-256 over the hash before it and everything the log says about it."""
    said = [previous, version, event.kind, event.payload, actor, str(op_id), occurred_at.astimezone(UTC).isoformat()]
    return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def fingerprint(command: Command) -> str:
    """What tells two different wishes under one operation id apart. Ids made for the wish itself do not count."""
    asked = {
        key: value for key, value in msgspec.to_builtins(command).items() if key not in MADE_UP.get(type(command), ())
    }
    return sha256(msgspec.json.encode([type(command).__name__, asked], order="sorted")).hexdigest()[:32]


def last_document(event: Event | None) -> dict[str, Any] | None:
    """The last event as the cart's row keeps it."""
    return None if event is None else {"kind": _NAMES[type(event)], "payload": msgspec.to_builtins(event)}


def last_of(document: Any) -> Event | None:
    """The event in such a document."""
    return None if document is None else event_of(document["kind"], document["payload"])


def note_of(document: Any) -> Note | None:
    """The note in its document."""
    return None if document is None else msgspec.convert(document, Note)


def merge_of(document: Any) -> Merge | None:
    """The merge in its document."""
    return None if document is None else msgspec.convert(document, Merge)


def lines_of(documents: Any) -> tuple[Line, ...]:
    """Lines from their documents; fields that only the table has are passed over."""
    return msgspec.convert(documents, tuple[Line, ...])


def options_hash(options: Options) -> str:
    """What tells lines of one variant with different wishes apart; empty without wishes."""
    return sha256(msgspec.json.encode(options)).hexdigest()[:32] if options else ""
