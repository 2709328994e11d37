"""What channels' providers tell us by themselves, in one shape whoever says it. Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.errors import Forbidden

LONGEST_WORDS = 300
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+|\+?\d{8,15}")


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a message. `dedupe` names it among its provider's, the same however often it comes.

    `kind` is one of message_events'. `suppress` is why its address must not be written to any more, if that follows.
    """

    provider: str
    dedupe: str
    store_id: UUID
    message_id: UUID
    kind: str
    occurred_at: datetime
    agent: str = "provider"
    suppress: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


class ForgedCallback(Forbidden):
    """A request whose signature is not the provider's, or that is too old to be taken for a new one."""

    code = "forged_callback"


def words(text: object) -> str:
    """What a provider says in words, as it may be kept: short, printable, without addresses and numbers of people."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text or "")[: 4 * LONGEST_WORDS])
    return ADDRESS.sub("…", " ".join(printable.split()))[:LONGEST_WORDS]


def moment(seconds: float) -> datetime:
    """A Unix time as ours; the beginning of time for one that is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
