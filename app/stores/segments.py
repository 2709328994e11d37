"""Segments of shoppers and what may be set for them. Pure: whom a segment is about is told from plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

# Read where only the request is known: whether somebody is signed in, and the language they read.
CART_KEYS = frozenset({"auto_activation", "price_rise_limit_percent", "lines_at_most"})
# Read where the person and their cart are known from the database.
RECOVERY_KEYS = frozenset(
    {
        "abandonment_minutes",
        "messages_at_most",
        "message_interval_hours",
        "frequency_at_most",
        "frequency_days",
        "email_hours",
        "sms_hours",
        "push_hours",
    }
)
SEGMENT_KEYS = CART_KEYS | RECOVERY_KEYS


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Shoppers to whom all of this applies; what is empty applies to everybody. `title` by locale.

    `kind`: with an account or without; `orders`: has never bought here, or has.
    """

    key: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$")]
    title: dict[str, Annotated[str, msgspec.Meta(max_length=80)]]
    kind: Literal["", "member", "guest"] = ""
    languages: tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}$")], ...] = ()
    currencies: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")], ...] = ()
    orders: Literal["", "new", "returning"] = ""

    @property
    def keys(self) -> frozenset[str]:
        """What may be set for it: keys of the cart only where the cart knows all that the segment asks for."""
        return RECOVERY_KEYS if self.currencies or self.orders else SEGMENT_KEYS


@dataclass(frozen=True, slots=True)
class Shopper:
    """What is known of somebody. None where it is not known."""

    member: bool
    language: str
    currency: str | None = None
    returning: bool | None = None


def fits(segment: Segment, shopper: Shopper) -> bool:
    """Whether a segment is about somebody. What is asked for and not known does not fit."""
    return (
        (not segment.kind or (segment.kind == "member") is shopper.member)
        and (not segment.languages or shopper.language in segment.languages)
        and (not segment.currencies or shopper.currency in segment.currencies)
        and (not segment.orders or (segment.orders == "returning") is shopper.returning)
    )


def rules(segments: Sequence[tuple[Segment, Any]]) -> list[dict[str, Any]]:
    """Segments as SQL tries them (app/recovery/detection.py), in order, each with the value that holds for it."""
    return [
        {
            "place": place,
            "member": segment.kind == "member" if segment.kind else None,
            "languages": list(segment.languages) or None,
            "currencies": list(segment.currencies) or None,
            "buyer": segment.orders == "returning" if segment.orders else None,
            "value": value,
        }
        for place, (segment, value) in enumerate(segments)
    ]
