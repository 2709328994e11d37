"""Letters over real SMTP: what arrives, what is tried again, what is given up."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels import email as channel
from app.channels import mail_server
from app.database import tenancy
from app.database.base import db
from app.embedded.mail import NO_SUCH_USER, MailServer
from app.events.failures import PermanentFailure
from app.events.models import OutboxRow
from app.ids import new_id
from tests.web.accounts.visitor import Visitor, fresh_address

Deliver = Callable[[], int]


def letter_to(mail: MailServer, email: str) -> Any:
    (message,) = [message for message in mail.messages if email in message.recipients]
    return message


def test_the_code_arrives_and_opens_the_account(visitor: Visitor, mail: MailServer, deliver: Deliver) -> None:
    email = fresh_address()
    visitor.register(email)
    deliver()
    message = letter_to(mail, email)
    assert message.sender == "no-reply@dualcart.example"
    parsed = message.parsed
    assert parsed["From"] == "Test store <no-reply@dualcart.example>"
    code = re.fullmatch(r"(\d{3} \d{3}) is your code", parsed["Subject"])
    assert code
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert visitor.enter_code(code[1]).status_code == 303
    assert visitor.is_signed_in()


def test_a_persian_letter_is_right_to_left(visitor: Visitor, mail: MailServer, deliver: Deliver) -> None:
    email = fresh_address()
    visitor.get("/account/sign-in?lang=fa")
    visitor.register(email)
    deliver()
    parsed = letter_to(mail, email).parsed
    html = parsed.get_body(("html",)).get_content()
    assert 'dir="rtl"' in html
    assert 'lang="fa"' in html
    assert parsed["Content-Language"] == "fa"
    assert parsed["From"].addresses[0].display_name == "فروشگاه آزمایشی"
    digits = re.search("[۰-۹]{6}", parsed.get_body(("plain",)).get_content())
    assert digits
    assert visitor.enter_code(digits[0]).status_code == 303


def test_links_start_with_the_configured_origin_whatever_host_was_claimed(
    visitor: Visitor, mail: MailServer, deliver: Deliver
) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    visitor.send("/account/register", {}, headers={"X-Forwarded-Host": "evil.example"})
    visitor.register(email)
    deliver()
    bodies = "".join(
        part.get_content()
        for message in mail.messages
        if email in message.recipients
        for part in message.parsed.walk()
        if part.get_content_maintype() == "text"
    )
    assert "http://shop.example/account/sign-in" in bodies
    assert visitor.store.host not in bodies
    assert "evil.example" not in bodies


def test_without_a_configured_origin_the_stores_own_host_is_used(
    visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    from app.stores.letterhead import letterhead

    config = msgspec.structs.replace(app.config["DUALCART"], public_origin="", secure_cookies=True)
    monkeypatch.setitem(app.config, "DUALCART", config)
    with app.app_context(), tenancy.use_store(visitor.store.id):
        assert letterhead("fa").origin == f"https://{visitor.store.host}"
        assert letterhead("fa").name == "فروشگاه آزمایشی"


def test_try_later_is_tried_later_with_the_same_message_id(
    visitor: Visitor, app: Flask, mail: MailServer, deliver: Deliver
) -> None:
    email = fresh_address()
    visitor.register(email)
    mail.refuse()
    deliver()
    with app.app_context(), tenancy.use_store(visitor.store.id):
        row = db.session.execute(select(OutboxRow)).scalar_one()
        assert (row.done_at, row.failed_at, row.attempts) == (None, None, 1)
        payload, row_id = row.payload, row.id
    mail.accept()
    with app.app_context():
        channel.deliver_letter(payload, row_id)
    assert letter_to(mail, email).parsed["Message-ID"] == f"<{row_id}@dualcart.example>"


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_definite_refusal_is_given_up_and_logged_without_the_address(
    app: Flask, mail: MailServer, deliver: Deliver, step: str, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    email = fresh_address()
    mail.refuse(NO_SUCH_USER, at=step)
    payload = {
        "template": "registration_code", "locale": "en", "to": email, "store": "Toranj",
        "origin": "http://shop.example", "params": {"code": "482 913"},
    }  # fmt: skip
    caplog.set_level(logging.DEBUG)
    with app.app_context(), pytest.raises(PermanentFailure) as refused:
        channel.deliver_letter(payload, new_id())
    assert refused.value.reason == "smtp_550"
    written = capfd.readouterr()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]  # not the server's
    assert email not in "".join(ours) + written.out + written.err + str(refused.value)


def test_a_server_that_stumbles_over_the_goodbye_has_still_taken_the_letter(
    app: Flask, mail: MailServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    import smtplib

    def quit_badly(self: Any) -> None:
        raise smtplib.SMTPResponseException(421, b"gone")

    monkeypatch.setattr(smtplib.SMTP, "quit", quit_badly)
    email = fresh_address()
    payload = {
        "template": "address_known", "locale": "fa", "to": email, "store": "ترنج",
        "origin": "http://shop.example", "params": {},
    }  # fmt: skip
    with app.app_context():
        channel.deliver_letter(payload, new_id())
    assert letter_to(mail, email)


def test_credentials_and_tls_are_taken_from_the_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    import smtplib

    import msgspec

    calls: list[Any] = []

    class Server:
        sock = None

        def __init__(self, **options: Any) -> None:
            self.timeout = options["timeout"]

        def connect(self, host: str, port: int) -> tuple[int, bytes]:
            assert vars(self)["_host"] == host, "TLS would check no name"
            calls.append((type(self).__name__, host, port, self.timeout))
            return 220, b"ready"

        def ehlo_or_helo_if_needed(self) -> None:
            pass

        def starttls(self, context: Any) -> None:
            calls.append("starttls")

        def login(self, user: str, password: str) -> None:
            calls.append((user, password))

        def close(self) -> None:
            calls.append("close")

    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr(smtplib, "SMTP_SSL", type("Secure", (Server,), {}))
    for url in ("smtp://user%40shop:p%2Fw@mail.example:587?starttls=1", "smtps://mail.example"):
        mail_server.connect(msgspec.structs.replace(app.config["DUALCART"], smtp_url=url))
    assert calls == [
        ("Server", "mail.example", 587, 10), "starttls", ("user@shop", "p/w"), ("Secure", "mail.example", 465, 10),
    ]  # fmt: skip
