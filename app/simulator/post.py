"""The sender of the simulation: takes every message, sends none, and keeps what its reader needs to react."""

import re
from dataclasses import dataclass
from uuid import UUID

from app.channels.outgoing import Accepted, Outgoing, OutgoingEmail

NAME = "simulation"
LINK = re.compile(r"/r/([\w-]{22})")


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was handed over. `token` is its link's, "" for one without."""

    message_id: UUID
    token: str


class Post:
    """A provider on any channel (app/channels/outgoing.py)."""

    name = NAME
    honours_keys = True

    def __init__(self) -> None:
        self._kept: list[Kept] = []

    def send(self, message: Outgoing) -> Accepted:
        """Take it."""
        words = f"{message.text} {'' if isinstance(message, OutgoingEmail) else getattr(message, 'url', '')}"
        found = LINK.search(words)
        self._kept.append(Kept(message.id, found[1] if found else ""))
        return Accepted(f"simulated-{message.id}")

    def collect(self) -> list[Kept]:
        """What was taken since the last time."""
        kept, self._kept = self._kept, []
        return kept
