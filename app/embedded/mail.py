"""A mail server that keeps every message as a file, for the demo's mailbox and for tests; it can be told to fail."""

import asyncio
import contextlib
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.embedded.process import ServerError

TRY_LATER = "451 4.3.0 Try again later"
NO_SUCH_USER = "550 5.1.1 No such user here"


@dataclass(frozen=True)
class ReceivedMessage:
    """One message as it came over the wire, with the envelope that carried it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def parsed(self) -> EmailMessage:
        """Headers and parts."""
        return message_from_bytes(self.content, policy=policy.default)


class MailServer:
    """SMTP on a free port of the loopback interface. Use as a context manager, or `start()` and `stop()`.

    The methods named `handle_…` are called by aiosmtpd.
    """

    def __init__(self, mailbox: Path | None = None) -> None:
        self.mailbox = mailbox
        self.messages: list[ReceivedMessage] = []
        self._refusals: dict[str, str] = {}
        self._hanging = False
        self._socket: socket.socket | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-server", daemon=True)

    @property
    def url(self) -> str:
        """The value for SMTP_URL."""
        if self._socket is None:
            raise ServerError("The mail server has not been started.")
        return f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"

    def refuse(self, reply: str = TRY_LATER, *, at: str = "DATA") -> None:
        """From now on answer `reply` (4xx: come back, 5xx: never) at a step of the conversation: MAIL, RCPT or DATA."""
        self._refusals[at] = reply

    def hang(self) -> None:
        """From now on take every message and never say whether it arrived."""
        self._hanging = True

    def accept(self) -> None:
        """End `refuse` and `hang`."""
        self._refusals.clear()
        self._hanging = False

    def reset(self) -> None:
        """Forget what came, and accept again."""
        self.messages.clear()
        self.accept()

    def start(self) -> None:
        """Listen; the port is known from here on."""
        if self.mailbox:
            self.mailbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(self._socket), self._loop).result(10)

    def stop(self) -> None:
        """Close the port and every conversation."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end_conversations(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        if self._socket:
            self._socket.close()
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self, listening: socket.socket) -> None:
        # A name is given because looking up the machine's own can take seconds without DNS.
        await self._loop.create_server(lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True), sock=listening)

    async def _end_conversations(self) -> None:
        others = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 5)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        """The sender."""
        if "MAIL" in self._refusals:
            return self._refusals["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """One recipient."""
        if "RCPT" in self._refusals:
            return self._refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The message itself."""
        if "DATA" in self._refusals:
            return self._refusals["DATA"]
        message = ReceivedMessage(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content or b"")
        if self.mailbox:
            await asyncio.to_thread(store, self.mailbox, message)
        self.messages.append(message)
        if self._hanging:
            await asyncio.Event().wait()
        return "250 OK"


def store(mailbox: Path, message: ReceivedMessage) -> Path:
    """Write `message` as an .eml file whose name sorts by time: whole or not at all, and safe from a crash."""
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
    envelope = [f"Return-Path: <{message.sender}>", *(f"Delivered-To: {address}" for address in message.recipients)]
    unfinished = mailbox / f".{name}"
    with unfinished.open("xb") as file:
        file.write("".join(f"{line}\r\n" for line in envelope).encode() + message.content)
        file.flush()
        os.fsync(file.fileno())
    final = mailbox / name
    unfinished.rename(final)
    return final
