"""The demonstration's mailbox: shows what was sent, shuts it in, and reads nothing else."""

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import msgspec
import pytest
from flask import Flask

from app.cache import clock_offset
from app.config import Config
from tests.applications import another_application
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor

BOX = "/demo/mailbox"


@pytest.fixture
def folder(app: Flask, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mailbox of this test's own."""
    box = tmp_path / "box"
    box.mkdir()
    (tmp_path / "secret.eml").write_text("From: a@example.com\nSubject: top-hush\n\ntop-hush")
    monkeypatch.setitem(app.config, "DUALCART", msgspec.structs.replace(config, mailbox=str(box)))
    return box


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Visitor:
    """Somebody who looks."""
    return Visitor(app, store)


def put(folder: Path, name: str, subject: str, html: str | None = "<p>hello</p>", text: str = "hello") -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Toranj <shop@example.com>", "roya@example.com"
    message["Date"] = "Sat, 21 Nov 2026 12:00:00 +0330"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        part = message.get_payload()[1]  # type: ignore[index]
        part.add_related(b"\x89PNG", "image", "png", cid="<mark@dualcart>")  # type: ignore[union-attr]
    (folder / name).write_bytes(bytes(message))
    os.utime(folder / name, ns=(int(name[:3]) * 10**9, int(name[:3]) * 10**9))


def test_an_empty_box_says_how_to_fill_it(visitor: Visitor, folder: Path) -> None:
    assert "No mail yet. Register an account and the code arrives here." in visitor.get(BOX).text
    folder.rmdir()
    assert "No mail yet." in visitor.get(BOX).text


def test_the_newest_message_is_first(visitor: Visitor, folder: Path) -> None:
    for name, subject in (("100-a.eml", "oldest"), ("300-c.eml", "newest"), ("200-b.eml", "between")):
        put(folder, name, subject)
    page = visitor.get(BOX).text
    assert page.index("newest") < page.index("between") < page.index("oldest")
    assert "roya@example.com" in page


def test_a_message_is_shown_with_headers_page_and_text(visitor: Visitor, folder: Path) -> None:
    put(folder, "100-a.eml", "<script>alert(1)</script>", text="plain <b>words</b>")
    page = visitor.get(f"{BOX}/100-a.eml")
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "plain &lt;b&gt;words" in page.text
    assert page.text.count("<iframe") == page.text.count(" sandbox title=") == 2


def test_the_page_inside_is_shut_in(visitor: Visitor, folder: Path) -> None:
    put(
        folder,
        "100-a.eml",
        "s",
        html='<img src="cid:mark@dualcart"><style>@media (prefers-color-scheme: dark) {}</style>',
    )
    answer = visitor.get(f"{BOX}/100-a.eml/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert 'src="data:image/png;base64,iVBORw==' in answer.text
    assert "@media not all" in answer.text
    assert "@media all" in visitor.get(f"{BOX}/100-a.eml/html?theme=dark").text


@pytest.mark.parametrize(
    "name",
    ["../secret.eml", "..%2Fsecret.eml", "%2e%2e%2fsecret.eml", "....//secret.eml", "nothing.eml", "100-a.txt", ".hidden.eml",
     "%00.eml", "a" * 300 + ".eml", "CON", "100-a.eml%00", "100-a.eml%0a"],
)  # fmt: skip
def test_nothing_but_messages_of_the_box_is_read(visitor: Visitor, folder: Path, name: str) -> None:
    (folder / "100-a.txt").write_text("no message")
    (folder / ".hidden.eml").write_text("Subject: half written\n\n")
    for path in (f"{BOX}/{name}", f"{BOX}/{name}/html"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert "top-hush" not in answer.text
    assert "No mail yet." in visitor.get(BOX).text


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 500, b"just words without a header", b"From: \xff\xfe\n\n", b"Subject: x\n\ny"]
)
def test_a_broken_file_is_listed_as_unreadable(visitor: Visitor, folder: Path, content: bytes) -> None:
    (folder / "100-a.eml").write_bytes(content)
    put(folder, "200-b.eml", "a good one")
    page = visitor.get(BOX)
    assert page.status_code == 200
    assert "a good one" in page.text
    assert "100-a.eml" in page.text
    assert visitor.get(f"{BOX}/100-a.eml").status_code == 200
    assert visitor.get(f"{BOX}/100-a.eml/html").status_code == 404


@pytest.mark.parametrize(
    "header",
    [b"Date: not a date", b"Subject: =?utf-8?b?%%%?=", b"Content-Type: text/plain; charset=klingon", b"From: <<<>>>",
     b"Content-Type: multipart/mixed; boundary=x", b"Content-Transfer-Encoding: base64"],
)  # fmt: skip
def test_a_strange_message_never_breaks_the_page(visitor: Visitor, folder: Path, header: bytes) -> None:
    (folder / "100-a.eml").write_bytes(b"To: a@example.com\n" + header + b"\n\n\xff\xfe body")
    for path in (BOX, f"{BOX}/100-a.eml"):
        assert visitor.get(path).status_code == 200
    assert visitor.get(f"{BOX}/100-a.eml/html").status_code == 404


def test_a_message_without_a_page_shows_its_text(visitor: Visitor, folder: Path) -> None:
    put(folder, "100-a.eml", "text only", html=None, text="only words")
    page = visitor.get(f"{BOX}/100-a.eml").text
    assert "only words" in page
    assert "<iframe" not in page


def put_short(folder: Path, name: str, text: str, **more: str) -> None:
    channel = name.rpartition(".")[2]
    kept = {
        "channel": channel,
        "to": "+14155552671",
        "text": text,
        "locale": "en",
        "sent_at": "2026-11-21T08:30:00Z",
        **more,
    }
    (folder / name).write_text(json.dumps(kept))
    os.utime(folder / name, ns=(int(name[:3]) * 10**9, int(name[:3]) * 10**9))


PUSH = {
    "to": "https://fcm.googleapis.com/fcm/send/secret-part",
    "title": "Come back",
    "url": "http://shop.example/r/abc",
}


def test_all_channels_stand_in_one_list_newest_first(visitor: Visitor, folder: Path) -> None:
    put(folder, "100-a.eml", "a mail")
    put_short(folder, "300-c.sms", "an SMS")
    put_short(folder, "200-b.push", "a push", **PUSH)
    page = visitor.get(BOX).text
    assert page.index("an SMS") < page.index("Come back") < page.index("a mail")
    assert "to a browser at <bdi>fcm.googleapis.com</bdi>" in page
    assert "secret-part" not in page
    for channel, there, away in (
        ("email", ["a mail"], ["an SMS", "Come back<"]),
        ("sms", ["an SMS"], ["a mail", "Come back<"]),
        ("push", ["Come back<"], ["a mail", "an SMS"]),
        ("fax", ["a mail", "an SMS", "Come back<"], []),
    ):
        listed = visitor.get(f"{BOX}?channel={channel}").text.partition('<ul class="letters"')[2]
        assert all(word in listed for word in there), channel
        assert not any(word in listed for word in away), channel
    (folder / "300-c.sms").unlink()
    assert "Nothing has been sent on this channel yet." in visitor.get(f"{BOX}?channel=sms").text


def test_an_sms_shows_its_text_and_what_it_costs(visitor: Visitor, folder: Path) -> None:
    put_short(folder, "100-a.sms", "<b>Toranj</b>: http://shop.example/r/abc " + "x" * 160)
    page = visitor.get(f"{BOX}/100-a.sms").text
    assert "&lt;b&gt;Toranj" in page
    assert "<bdi>+14155552671</bdi>" in page
    assert "201 characters · 2 segments" in page
    assert visitor.get(f"{BOX}/100-a.sms/html").status_code == 404
    put_short(folder, "200-b.sms", "سبدتان", locale="fa")
    assert "۶ نویسه · ۱ بخش" in visitor.get(f"{BOX}/200-b.sms?lang=fa").text


def test_a_push_shows_title_text_and_link(visitor: Visitor, folder: Path) -> None:
    put_short(folder, "100-a.push", "a push <script>", **PUSH)
    page = visitor.get(f"{BOX}/100-a.push").text
    assert '<p class="notification-title">Come back</p><p>a push &lt;script&gt;</p>' in page
    assert 'href="http://shop.example/r/abc"' in page
    assert "secret-part" not in page


@pytest.mark.parametrize(
    "content",
    ["", "no JSON", "[]", "{}", '{"channel": "push"}', '{"channel": "push", "to": "x", "text": "x", "locale": "en", '
     '"sent_at": "2026-11-21T08:30:00Z"}', '{"channel": "sms", "to": "x", "text": 1, "locale": "en", "sent_at": "x"}'],
    ids=range(7),
)  # fmt: skip
def test_a_broken_sms_is_listed_as_unreadable(visitor: Visitor, folder: Path, content: str) -> None:
    (folder / "100-a.sms").write_text(content)
    put_short(folder, "200-b.sms", "a good one")
    page = visitor.get(BOX)
    assert page.status_code == 200
    assert "a good one" in page.text
    assert "This file cannot be read as a message:" in page.text
    assert "This file cannot be read as a message:" in visitor.get(f"{BOX}/100-a.sms").text


@pytest.fixture
def production(config: Config) -> Iterator[Flask]:
    """The application as it is outside the demonstration."""
    with another_application(config, demo=False) as production:
        yield production


def test_outside_the_demonstration_there_is_no_mailbox(production: Flask, store: TestStore) -> None:
    assert Visitor(production, store).get(BOX).status_code == 404


def test_the_clock_is_moved_on_and_back(
    app: Flask, visitor: Visitor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_offset, "KEY", "the clock of this test alone")

    def shown() -> datetime:
        return cast(datetime, app.config["CLOCK"].now())

    before = shown()
    try:
        for step, least in (("hour", timedelta(hours=1)), ("week", timedelta(days=7, hours=1)), ("year", timedelta())):
            assert visitor.post(f"{BOX}/clock", {"by": step}, page=BOX).status_code == 303
            time.sleep(0.3)  # the offset is read again after a quarter second
            assert shown() - before >= least
        assert "Back to the true time" in visitor.get(BOX).text
    finally:
        visitor.post(f"{BOX}/clock", {"by": "back"}, page=BOX)
        time.sleep(0.3)
    assert shown() - before < timedelta(minutes=1)
    assert "Back to the true time" not in visitor.get(BOX).text
