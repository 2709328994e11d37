"""Email by SMTP, signed with DKIM. Inside of `batch()` one conversation carries many messages.

A message is the server's once it has answered the final dot. Lost before that dot, it was certainly not taken (RFC 5321,
4.1.1.4); lost while waiting for the answer, nobody can know. SMTP has no keys: the same Message-ID twice is two mails.
"""

import re
import smtplib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from app.channels import dkim, mail_server
from app.channels.composing import compose
from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingEmail, Refused, SendFailure, TryLater
from app.config import Config
from app.database.tenancy import current_store_id
from app.outbound import cut_after

TIMEOUT_SECONDS = 10.0  # a third of a message's lease at most
MESSAGES_PER_CONNECTION = 100  # many servers close the connection after some hundreds
OK = range(200, 300)
REFUSALS = range(400, 600)
GO_ON = 354
GOODBYE = 421

# RFC 3463, 3.2 and 3.3: no such mailbox or domain, no longer there, moved, not able to receive (RFC 7505), disabled.
ADDRESS_BAD = re.compile(r"5\.(1\.[12369]|1\.10|2\.1)\b")
NO_SUCH_NAME = (551, 553)  # without an enhanced code; 550 may be anything (RFC 5321, 4.2.2)

BROKEN = (OSError, smtplib.SMTPServerDisconnected)


class Smtp:
    """The mail server that SMTP_URL names."""

    name = "smtp"
    honours_keys = False

    def __init__(self, config: Config, clock: Callable[[], datetime], *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._config = config
        self._clock = clock
        self._seconds = seconds
        self._kept = threading.local()  # a conversation belongs to the thread that leads it

    def __repr__(self) -> str:
        return "Smtp()"

    @contextmanager
    def batch(self) -> Iterator[None]:
        """The messages that this thread sends inside share a conversation."""
        self._kept.open = True
        try:
            yield
        finally:
            self._kept.open = False
            self._hang_up()

    def send(self, message: OutgoingEmail) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        signed = dkim.sign(self._written(message), self._config)
        try:
            server = self._conversation(message.to)
            self._hand_over(server, _dotted(signed))
        except SendFailure:
            self._after_failure()
            raise
        self._kept.count = getattr(self._kept, "count", 0) + 1
        if not getattr(self._kept, "open", False) or self._kept.count >= MESSAGES_PER_CONNECTION:
            self._hang_up()
        return Accepted(reference_of(message, self._config))

    def _written(self, message: OutgoingEmail) -> bytes:
        try:
            return compose(
                name=name_of(message),
                sender_name=message.sender_name,
                to=message.to,
                subject=message.subject,
                text=message.text,
                html=message.html,
                locale=message.locale,
                reply_to=message.reply_to,
                headers=message.headers,
                config=self._config,
                now=self._clock(),
            )
        except ValueError:
            raise Refused("bad_address", address_bad=True) from None

    def _conversation(self, to: str) -> smtplib.SMTP:
        """A server that waits for the message's text: the kept one, or a new one where that has gone away meanwhile."""
        kept = self._server
        if kept is not None:
            try:
                self._envelope(kept, to)
                return kept
            except BROKEN:
                self._hang_up()
        try:
            server = mail_server.connect(self._config, seconds=self._seconds)
            self._kept.server, self._kept.count = server, 0
            self._envelope(server, to)
        except smtplib.SMTPAuthenticationError:
            raise TryLater("not_authorised") from None
        except smtplib.SMTPResponseException as error:
            raise TryLater(f"smtp_{error.smtp_code}") from None
        except (*BROKEN, smtplib.SMTPException, ValueError):
            raise TryLater("not_reached") from None
        return server

    def _envelope(self, server: smtplib.SMTP, to: str) -> None:
        """Sender, recipient, and the word that the text follows. Raises BROKEN, Refused, TryLater."""
        with cut_after(self._seconds, lambda: server.sock):
            code, _said = server.mail(self._config.mail_from)
            if code == GOODBYE:
                raise smtplib.SMTPServerDisconnected("421")
            if code not in OK:
                raise TryLater(f"smtp_{code}")  # about us, not about the message: all would fail alike
            code, said = server.rcpt(to)
            if code not in OK:
                raise _refusal(code, said, at_recipient=True)
            code, said = server.docmd("DATA")
            if code != GO_ON:
                raise _refusal(code, said)

    def _hand_over(self, server: smtplib.SMTP, text: bytes) -> None:
        with cut_after(self._seconds, lambda: server.sock):
            try:
                server.send(text)
            except BROKEN:  # raised before the last bytes, the final dot, were on their way
                raise TryLater("connection_lost") from None
            try:
                code, said = server.getreply()
            except (*BROKEN, smtplib.SMTPException):
                raise OutcomeUnknown("no_answer") from None
        if code in OK:
            return
        if code not in REFUSALS:  # no answer that SMTP knows
            raise OutcomeUnknown("no_answer")
        raise _refusal(code, said)

    @property
    def _server(self) -> smtplib.SMTP | None:
        server: smtplib.SMTP | None = getattr(self._kept, "server", None)
        return server if server is not None and server.sock is not None else None

    def _after_failure(self) -> None:
        """Make the conversation fit for the next message, or end it."""
        server = self._server
        if server is None or not getattr(self._kept, "open", False):
            self._hang_up()
            return
        try:
            with cut_after(self._seconds, lambda: server.sock):
                fit = server.rset()[0] in OK
        except (*BROKEN, smtplib.SMTPException):
            fit = False
        if not fit:
            self._hang_up()

    def _hang_up(self) -> None:
        server, self._kept.server = self._server, None
        if server is None:
            return
        with suppress(*BROKEN, smtplib.SMTPException), cut_after(1, lambda: server.sock):
            server.quit()
        server.close()


def name_of(message: OutgoingEmail) -> str:
    """The first part of the Message-ID: message and store, so that a report of its bounce says where it belongs."""
    return f"{message.id}.{current_store_id()}"


def reference_of(message: OutgoingEmail, config: Config) -> str:
    """The Message-ID."""
    return f"<{name_of(message)}@{config.mail_from.rpartition('@')[2]}>"


def address_bad(status: str) -> bool:
    """Whether an enhanced status code says that nothing will ever arrive at the address."""
    return ADDRESS_BAD.match(status) is not None


def _refusal(code: int, said: bytes, *, at_recipient: bool = False) -> SendFailure:
    if 500 <= code < 600:
        enhanced = re.match(r"\d\.\d{1,3}\.\d{1,3}\b", said.decode("ascii", "replace"))
        bad = address_bad(enhanced[0]) if enhanced else code in NO_SUCH_NAME
        return Refused(f"smtp_{code}", address_bad=at_recipient and bad)
    return TryLater(f"smtp_{code}")


def _dotted(text: bytes) -> bytes:
    """As it goes over the wire: a dot at the beginning of a line doubled, the final dot (RFC 5321, 4.5.2)."""
    ended = text if text.endswith(b"\r\n") else text + b"\r\n"
    if ended.startswith(b".") or b"\n." in ended:
        ended = re.sub(rb"(?m)^\.", b"..", ended)
    return ended + b".\r\n"
