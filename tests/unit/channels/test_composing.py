"""Mails as bytes, read back by the standard library: nothing lost, nothing smuggled in, lines as short as they must be."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.channels import dkim
from app.channels.composing import Attachment, compose
from app.config import Config
from tests.unit.channels.conftest import noon

CONFIG = Config(database_url="-", redis_url="-", secret_key="k" * 32, mail_from="no-reply@shop.example")
LETTER: dict[str, Any] = {
    "name": "one", "sender_name": "Toranj", "to": "roya@example.com", "subject": "Your cart", "text": "Hello\n",
    "html": "<p>Hello</p>", "locale": "en", "config": CONFIG, "now": noon(),
}  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


def read(**changes: Any) -> EmailMessage:
    raw = compose(**{**LETTER, **changes})
    assert not [line for line in raw.split(b"\r\n") if b"\r" in line or b"\n" in line], "CRLF and nothing else"
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    raw.decode("ascii")
    return cast(EmailMessage, message_from_bytes(raw, policy=default))


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return str(part.get_content())


def test_everything_arrives() -> None:
    files = [
        Attachment("receipt.pdf", "application/pdf", b"%PDF\r\n\xff"),
        Attachment("رسید «۱».pdf", "application/pdf", b"x"),
    ]
    message = read(
        sender_name="ترنج، خانه و آشپزخانه و هر آنچه در یک خانهٔ ایرانی لازم می‌شود",
        subject="سبد شما " * 20,
        text="سلام\n.\n\n",
        html='<p>سلام</p><img src="cid:mark@dualcart">' + "<b>x=1</b>" * 500,
        locale="fa",
        reply_to="hello@shop.example",
        headers={"List-Unsubscribe": f"<https://shop.example/u/{'x' * 300}>"},
        attachments=files,
    )
    assert message["Subject"] == ("سبد شما " * 20).strip()
    assert message["From"].addresses[0].display_name.startswith("ترنج، خانه و آشپزخانه")
    assert message["List-Unsubscribe"] == f"<https://shop.example/u/{'x' * 300}>"
    assert (message["Content-Language"], message["Reply-To"]) == ("fa", "hello@shop.example")
    assert body(message, "plain").splitlines() == ["سلام", "."]
    assert body(message, "html").rstrip().endswith("<b>x=1</b>")
    assert [part.get_filename() for part in message.iter_attachments()] == ["receipt.pdf", "رسید «۱».pdf"]
    assert [part.get_content() for part in message.iter_attachments()] == [files[0].body, b"x"]
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf", "application/pdf",
    ]  # fmt: skip


@given(WORDS, WORDS)
def test_any_words_come_back_and_no_header_comes_with_them(subject: str, text: str) -> None:
    message = read(subject=f"x {subject} x", sender_name=f"y {subject} y", text=f"x\n{text}\nx", html=f"x\n{text}\nx")
    assert [name.lower() for name in message] == [
        "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-language",
        "content-type",
    ]  # fmt: skip
    said = "".join(letter for letter in " ".join(f"x {subject} x".split()) if letter >= " " and letter != "\x7f")
    assert str(message["Subject"]).split() == said.split()
    for kind in ("plain", "html"):
        assert body(message, kind).splitlines() == f"x\n{text}\nx".splitlines()
    assert len(list(message.walk())) == 3


@pytest.mark.parametrize("text", ["--=_alternative_", "--=_alternative_--", "x" * 5_000, "From me\n.\n..\n=20"])
def test_words_that_look_like_mail(text: str) -> None:
    message = read(text=f"x\n{text}\nx", html=f"x\n{text}\nx")
    assert body(message, "plain").splitlines() == body(message, "html").splitlines() == f"x\n{text}\nx".splitlines()
    assert len(list(message.walk())) == 3


BAD = (
    "",
    "roya",
    "roya@example.com\r\nBcc: x@example.com",
    "a b@example.com",
    "رویا@example.com",
    "<a@b.c>",
    "a@b.c,d@e.f",
)


@pytest.mark.parametrize("address", BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="an address"):
        read(to=address)
    with pytest.raises(ValueError, match="no name of a header"):
        read(headers={"X\r\nBcc": "x"})


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\n", b"\r", b"  "]), max_size=40))
def test_relaxed_bodies_as_the_standard_puts_it(pieces: list[bytes]) -> None:
    """RFC 6376, 3.4.4, line by line: what dkim.relaxed_body does in one go."""
    lines = [b" ".join(_pieces(line)).rstrip(b" ") for line in b"".join(pieces).split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert dkim.relaxed_body(b"".join(pieces)) == b"".join(line + b"\r\n" for line in lines)


def _pieces(line: bytes) -> list[bytes]:
    import re

    return re.split(rb"[ \t]+", line)
