"""Which sender serves which channel in this installation, each counted: by channel, provider and what came of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, cast

from flask import current_app

from app.channels.folder import Folder, KeptAsWell
from app.channels.outgoing import Accepted, OutcomeUnknown, Outgoing, Refused, Sender, SendFailure, TryLater
from app.channels.sendgrid import SendGrid
from app.channels.smtp import Smtp
from app.channels.twilio import Twilio
from app.channels.webpush import WebPush
from app.config import Config
from app.observability.metrics import MESSAGES

OUTCOMES: dict[type[SendFailure], str] = {Refused: "refused", TryLater: "later", OutcomeUnknown: "unknown"}


class Counted:
    """A sender whose outcomes are counted. The message goes through as it is."""

    def __init__(self, channel: str, sender: Any) -> None:
        self.name: str = sender.name
        self.honours_keys: bool = sender.honours_keys
        self._channel = channel
        self._sender = sender

    def __repr__(self) -> str:
        return f"Counted({self._sender!r})"

    def send(self, message: Outgoing) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        try:
            accepted: Accepted = self._sender.send(message)
        except SendFailure as failure:
            self._count(OUTCOMES[type(failure)])
            raise
        self._count("sent")
        return accepted

    def batch(self) -> AbstractContextManager[None]:
        """Messages sent inside, by one thread, may share a connection."""
        shared: Callable[[], AbstractContextManager[None]] = getattr(self._sender, "batch", nullcontext)
        return shared()

    def _count(self, outcome: str) -> None:
        MESSAGES.labels(self._channel, self.name, outcome).inc()


def sender_for(channel: str, config: Config) -> Counted | None:
    """The sender of `channel` (email, sms, push), the same one every time; None where nothing is configured."""
    kept: dict[tuple[str, Config], Counted | None] = cast(Any, current_app).extensions.setdefault("senders", {})
    key = (str(channel), config)
    if key not in kept:
        sender = _made(str(channel), config, cast(Any, current_app).config["CLOCK"].now)
        kept[key] = Counted(str(channel), sender) if sender else None
    return kept[key]


def _made(channel: str, config: Config, clock: Callable[[], datetime]) -> Sender[Any] | None:
    match channel:
        case "email":
            return SendGrid(config) if config.sendgrid_key else Smtp(config, clock)
        case "sms" if config.twilio_account_sid:
            return Twilio(config)
        case "push" if config.vapid_private_key_file:
            pushing = WebPush(config)
            demo = config.demo and config.mailbox
            return KeptAsWell(Folder(config.mailbox, clock), pushing) if demo else pushing
        case "sms" | "push" if config.demo and config.mailbox:
            return Folder(config.mailbox, clock)
    return None
