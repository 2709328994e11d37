"""The demonstration's way to phones and browsers: each message a file beside the mails, named by its id, whole or not at all."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingPush, OutgoingSms, Sender, TryLater
from app.channels.push_encryption import to_base64url


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the folder. `title` and `url` are a push message's."""

    channel: Literal["sms", "push"]
    to: str
    text: str
    locale: str
    sent_at: datetime
    title: str = ""
    url: str = ""


class Folder:
    """The folder that MAILBOX names. The same id twice is one file: the first one."""

    name = "mailbox"
    honours_keys = True

    def __init__(self, folder: str, clock: Callable[[], datetime]) -> None:
        self._folder = Path(folder)
        self._clock = clock

    def send(self, message: OutgoingSms | OutgoingPush) -> Accepted:
        """Keep it. Raises nothing but what the disk raises."""
        kept = _kept(message, self._clock())
        final = self._folder / f"{message.id}.{kept.channel}"
        unfinished = self._folder / f".{message.id}.{to_base64url(os.urandom(6))}"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with unfinished.open("xb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            final.hardlink_to(unfinished)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink(missing_ok=True)
        return Accepted(final.name)


class KeptAsWell:
    """Pushed for real, to the browser that asked for it, with a copy in the folder: a demonstration may have no internet."""

    name = "mailbox"
    honours_keys = True

    def __init__(self, folder: Folder, sender: Sender[OutgoingPush]) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, message: OutgoingPush) -> Accepted:
        """Keep it and hand it over. Raises Refused: the browser has gone."""
        kept = self._folder.send(message)
        try:
            return self._sender.send(message)
        except (TryLater, OutcomeUnknown):
            return kept


def _kept(message: OutgoingSms | OutgoingPush, now: datetime) -> Kept:
    if isinstance(message, OutgoingSms):
        return Kept(channel="sms", to=message.to, text=message.text, locale=message.locale, sent_at=now)
    return Kept(
        channel="push",
        to=message.endpoint,
        text=message.text,
        locale=message.locale,
        sent_at=now,
        title=message.title,
        url=message.url,
    )
