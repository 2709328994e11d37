"""Mail by SMTP: what leaves, in one conversation or many, and what each way of failing means."""

import time
from collections.abc import Iterator
from email import message_from_bytes, policy

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingEmail, Refused, SendFailure, TryLater
from app.channels.smtp import Smtp
from app.config import Config
from app.ids import StoreId
from tests import smtp_stand_in
from tests.smtp_stand_in import MailServer
from tests.unit.channels.conftest import SHORT, noon
from tests.unit.channels.test_dkim import verify, written

UNKNOWN, LATER = OutcomeUnknown, TryLater
MEANING: dict[str, tuple[type[SendFailure], str]] = {
    "drip greeting": (LATER, "not_reached"),
    "busy greeting": (LATER, "smtp_421"),
    "close after greeting": (LATER, "not_reached"),
    "drip reply": (LATER, "not_reached"),
    "hang up at data": (LATER, "not_reached"),
    "hang": (UNKNOWN, "no_answer"),
    "hang up after": (UNKNOWN, "no_answer"),
    "garbage after": (UNKNOWN, "no_answer"),
    "drip after": (UNKNOWN, "no_answer"),
}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with smtp_stand_in.running() as state:
        yield state


def sender_at(server: MailServer, settings: Config, seconds: float = 5) -> Smtp:
    return Smtp(msgspec.structs.replace(settings, smtp_url=server.url), noon, seconds=seconds)


def test_what_leaves_is_signed_and_says_who_it_is(
    server: MailServer, settings: Config, letter: OutgoingEmail, store_id: StoreId, tmp_path: object
) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signing = msgspec.structs.replace(settings, dkim_private_key_file=written(key, tmp_path))  # type: ignore[arg-type]
    accepted = sender_at(server, signing).send(letter)
    (raw,) = server.taken
    tags = verify(raw, key.public_key())
    assert {"list-unsubscribe", "list-unsubscribe-post", "message-id"} <= set(tags["h"].split(":"))
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Message-ID"] == accepted.reference == f"<{letter.id}.{store_id}@shop.example>"
    assert message["Subject"] == "سبد شما X-Evil: 1"
    assert (message["X-Evil"], message["Bcc"]) == (None, None)
    assert (message["Reply-To"], message["Content-Language"]) == ("hello@shop.example", "fa")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = message.get_body(("plain",))
    assert text
    assert text.get_content().splitlines() == [".", "Your cart", ".."]  # dots at the beginning of lines survive
    assert [part.get_content_type() for part in message.walk()].count("image/png") == 1


@pytest.mark.usefixtures("store_id")
def test_a_batch_is_one_conversation_and_the_servers_goodbye_no_trouble(
    server: MailServer, settings: Config, letter: OutgoingEmail
) -> None:
    sender = sender_at(server, settings)
    with sender.batch():
        for _ in range(5):
            sender.send(letter)
    assert (len(server.taken), server.calls) == (5, 1)
    sender.send(letter)
    sender.send(letter)
    assert server.calls == 3
    server.goodbye_after = 2
    with sender.batch():
        for _ in range(5):
            sender.send(letter)
    assert (len(server.taken), server.calls) == (12, 6)


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize("fault", sorted(MEANING))
def test_what_each_way_of_breaking_means(
    fault: str, server: MailServer, settings: Config, letter: OutgoingEmail
) -> None:
    kind, reason = MEANING[fault]
    hasty, patient = sender_at(server, settings, SHORT), sender_at(server, settings)
    server.fault = fault
    began = time.monotonic()
    with hasty.batch(), pytest.raises(SendFailure) as failed:
        hasty.send(letter)
    assert (failed.type, failed.value.reason) == (kind, reason)
    assert time.monotonic() - began < 4 * SHORT
    assert bool(server.taken) == (kind is UNKNOWN)
    server.fault = ""
    assert isinstance(patient.send(letter), Accepted)


@pytest.mark.usefixtures("store_id")
def test_lost_before_the_final_dot_it_was_certainly_not_taken(
    server: MailServer, settings: Config, letter: OutgoingEmail
) -> None:
    server.fault = "hang up within"
    large = OutgoingEmail(
        id=letter.id, to=letter.to, sender_name="x", subject="x", html="x" * 8_000_000, text="x", locale="en"
    )
    with pytest.raises(TryLater):
        sender_at(server, settings).send(large)
    assert not server.taken


@pytest.mark.usefixtures("store_id")
def test_nobody_there_is_no_message_lost(settings: Config, letter: OutgoingEmail) -> None:
    nowhere = msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:1")
    with pytest.raises(TryLater, match="not_reached"):
        Smtp(nowhere, noon).send(letter)


REPLIES = [
    ("RCPT", "550 5.1.1 no such user", Refused, "smtp_550", True),
    ("RCPT", "550 5.1.10 null MX", Refused, "smtp_550", True),
    ("RCPT", "553 mailbox name not allowed", Refused, "smtp_553", True),
    ("RCPT", "550 5.7.1 looks like spam", Refused, "smtp_550", False),
    ("RCPT", "550 go away", Refused, "smtp_550", False),
    ("RCPT", "552 5.2.2 mailbox full", Refused, "smtp_552", False),
    ("RCPT", "450 4.2.0 greylisted", TryLater, "smtp_450", False),
    ("RCPT", "421 4.3.2 going down", TryLater, "smtp_421", False),
    ("MAIL", "550 5.7.1 sender not allowed", TryLater, "smtp_550", False),
    ("MAIL", "421 4.7.0 not now", TryLater, "not_reached", False),
    ("DATA", "554 5.5.1 no", Refused, "smtp_554", False),
    ("DATA", "hello", TryLater, "smtp_-1", False),
    ("TEXT", "554 5.7.1 refused as spam", Refused, "smtp_554", False),
    ("TEXT", "554 5.1.1 refused late", Refused, "smtp_554", False),
    ("TEXT", "451 4.3.0 try again", TryLater, "smtp_451", False),
]


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize(
    ("at", "reply", "kind", "reason", "bad"), REPLIES, ids=[f"{at} {r[:9]}" for at, r, *_ in REPLIES]
)
def test_what_each_refusal_means_and_the_next_message_goes(
    at: str,
    reply: str,
    kind: type[SendFailure],
    reason: str,
    bad: bool,
    server: MailServer,
    settings: Config,
    letter: OutgoingEmail,
) -> None:
    sender = sender_at(server, settings)
    server.replies[at] = reply
    with sender.batch():
        with pytest.raises(SendFailure) as failed:
            sender.send(letter)
        assert (failed.type, failed.value.reason) == (kind, reason)
        assert getattr(failed.value, "address_bad", False) is bad
        server.replies.clear()
        sender.send(letter)
    assert len(server.taken) == 1
