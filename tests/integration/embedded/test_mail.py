"""The mail server: keeps what it takes, and fails when told to."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.embedded.mail import NO_SUCH_USER, MailServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with a mailbox."""
    with MailServer(tmp_path / "mailbox") as running:
        yield running


@contextmanager
def client(server: MailServer, timeout: float = 5) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(server.url)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0, timeout=timeout) as connection:
        yield connection


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "shop@example.com"
    message["To"] = "sara@example.com"
    message["Subject"] = subject
    message.set_content("سبد شما\n")
    return message


def test_messages_are_kept_in_order_with_their_envelope(server: MailServer) -> None:
    with client(server) as connection:
        for subject in ("سلام", "second"):
            connection.send_message(letter(subject), to_addrs=["sara@example.com", "hidden@example.com"])
    assert server.mailbox
    files = sorted(server.mailbox.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert [message.parsed["Subject"] for message in server.messages] == ["سلام", "second"]
    assert server.messages[0].recipients == ("sara@example.com", "hidden@example.com")
    assert files[0].read_bytes().startswith(b"Return-Path: <shop@example.com>\r\nDelivered-To: sara@example.com\r\n")
    assert server.messages[0].content in files[0].read_bytes()


def test_it_refuses_for_now_and_for_good_and_accepts_again(server: MailServer) -> None:
    server.refuse()
    with client(server) as connection, pytest.raises(smtplib.SMTPDataError) as later:
        connection.send_message(letter("x"))
    server.accept()
    server.refuse(NO_SUCH_USER, at="RCPT")
    with client(server) as connection, pytest.raises(smtplib.SMTPRecipientsRefused):
        connection.send_message(letter("x"))
    server.reset()
    with client(server) as connection:
        connection.send_message(letter("y"))
    assert later.value.smtp_code == 451
    assert [message.parsed["Subject"] for message in server.messages] == ["y"]


def test_a_hanging_server_has_the_message_but_never_says_so(server: MailServer) -> None:
    server.hang()
    with pytest.raises((TimeoutError, smtplib.SMTPException)), client(server, timeout=0.3) as connection:
        connection.send_message(letter("lost answer"))
    assert [message.parsed["Subject"] for message in server.messages] == ["lost answer"]


def test_stopping_closes_the_port_and_leaves_no_thread(server: MailServer) -> None:
    other = MailServer()
    before = threading.active_count()
    other.start()
    url = other.url
    other.stop()
    assert threading.active_count() == before
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP("127.0.0.1", urlsplit(url).port or 0)
