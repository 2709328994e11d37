"""Mails: headers cannot be smuggled in, whatever a store is called."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask_babel import Babel

from app.channels import composing, email
from app.config import Config

ROOT = Path(__file__).resolve().parents[3]
CONFIG = Config(database_url="-", redis_url="-", secret_key="k" * 32, mail_from="no-reply@shop.example")
LETTER = UUID("0198c0de-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def compose() -> Any:
    app = Flask("letters", root_path=str(ROOT))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app)

    def make(**changes: Any) -> Any:
        payload = {
            "template": "registration_code",
            "locale": "en",
            "to": "roya@example.com",
            "store": "Toranj",
            "origin": "https://shop.example",
            "params": {"code": "482 913"},
            **changes,
        }
        with app.app_context():
            return message_from_bytes(email.compose(payload, LETTER, CONFIG, NOW), policy=default)

    return make


def test_a_letter_says_who_sends_what_to_whom(compose: Any) -> None:
    message = compose()
    assert message["Subject"] == "482 913 is your code"
    assert message["From"] == "Toranj <no-reply@shop.example>"
    assert message["To"] == "roya@example.com"
    assert message["Message-ID"] == f"<{LETTER}@shop.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    text = message.get_body(("plain",)).get_content()
    assert "482 913" in text
    assert "https://shop.example" in text
    assert "Subject:" not in text
    html = message.get_body(("html",)).get_content()
    assert "482 913" in html
    assert 'lang="en"' in html
    assert "prefers-color-scheme: dark" in html


def test_a_store_with_a_hostile_name_adds_no_header_and_no_markup(compose: Any) -> None:
    message = compose(store="Evil\r\nBcc: all@example.com <script>alert(1)</script>")
    assert message["Bcc"] is None
    assert "Bcc" in message["From"].addresses[0].display_name
    assert "<script>" not in message.get_body(("html",)).get_content()


def test_a_recipient_with_a_line_break_is_no_recipient(compose: Any) -> None:
    with pytest.raises(ValueError, match="CR"):
        compose(to="roya@example.com\r\nBcc: all@example.com")


def test_the_second_sending_has_the_same_message_id(compose: Any) -> None:
    assert compose()["Message-ID"] == compose()["Message-ID"]


def test_the_mark_travels_inside_the_mail(compose: Any) -> None:
    message = compose(template="address_known", params={})
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert [part["Content-ID"] for part in pictures] == [f"<{composing.MARK}>"]
    assert f"cid:{composing.MARK}" in message.get_body(("html",)).get_content()
    assert "https://shop.example/account/sign-in" in message.get_body(("plain",)).get_content()
