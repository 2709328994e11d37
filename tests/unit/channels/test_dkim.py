"""DKIM: the example of RFC 8463 to check the checker by, and our own mails through a real mail server checked with it."""

import re
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from flask_babel import Babel

from app.channels import dkim, email
from app.config import BadConfiguration, Config
from app.embedded.mail import MailServer
from app.ids import new_id

ROOT = Path(__file__).resolve().parents[3]

# RFC 8463, appendix A: the message, the public key, and the Ed25519 signature.
EXAMPLE = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    b" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    b"From: Joe SixPack <joe@football.example.com>\r\n"
    b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    b"\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
EXAMPLE_KEY = ed25519.Ed25519PublicKey.from_public_bytes(b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))


def verify(message: bytes, key: Any) -> dict[str, str]:
    """The tags of the first signature. Raises AssertionError or InvalidSignature if it is not right."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = dkim._fields(head + b"\r\n")
    at = next(at for at, (name, _) in enumerate(fields) if name == "dkim-signature")
    _, field = fields.pop(at)
    tags = {
        name.strip(): re.sub(r"\s", "", value)
        for name, _, value in (part.partition("=") for part in field.partition(b":")[2].decode().split(";"))
    }
    assert b64decode(tags["bh"]) == sha256(dkim.relaxed_body(body)).digest(), "the body is another"
    empty = re.sub(rb"(\bb=)[^;]*$", rb"\1", field.rstrip(b"\r\n"), flags=re.DOTALL)
    said = dkim.signed_headers(fields, tags["h"].split(":")) + dkim.relaxed_field(empty).removesuffix(b"\r\n")
    if tags["a"] == "rsa-sha256":
        key.verify(b64decode(tags["b"]), said, PKCS1v15(), SHA256())
    else:
        key.verify(b64decode(tags["b"]), sha256(said).digest())
    return tags


def test_the_checker_agrees_with_the_standards_example() -> None:
    assert verify(EXAMPLE, EXAMPLE_KEY)["d"] == "football.example.com"
    with pytest.raises(AssertionError):
        verify(EXAMPLE.replace(b"hungry", b"angry"), EXAMPLE_KEY)
    with pytest.raises(InvalidSignature):
        verify(EXAMPLE.replace(b"dinner", b"lunch"), EXAMPLE_KEY)


@pytest.fixture(params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> Any:
    if request.param == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ed25519.Ed25519PrivateKey.generate()


def written(key: Any, folder: Path) -> str:
    path = folder / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


LETTER = {
    "template": "registration_code", "locale": "fa", "to": "roya@example.com", "store": "ترنج",
    "origin": "https://shop.example", "params": {"code": "۴۸۲۹۱۳"},
}  # fmt: skip


def delivered(config: Config, server: MailServer) -> bytes:
    """A letter as it came out of a real SMTP server."""
    from datetime import UTC, datetime

    app = Flask("letters", root_path=str(ROOT))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app)
    app.config["DUALCART"] = config
    app.config["CLOCK"] = type("Clock", (), {"now": staticmethod(lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))})
    with app.app_context():
        email.deliver_letter(LETTER, new_id())
    return server.messages[-1].content


@pytest.fixture
def config(server: MailServer) -> Config:
    return Config(
        database_url="-", redis_url="-", secret_key="k" * 32, mail_from="no-reply@shop.example", smtp_url=server.url
    )


def test_a_mail_through_a_real_server_is_signed_and_cannot_be_changed(
    key: Any, config: Config, server: MailServer, tmp_path: Path
) -> None:
    signing = msgspec.structs.replace(config, dkim_private_key_file=written(key, tmp_path), dkim_selector="mail2026")
    message = delivered(signing, server)
    tags = verify(message, key.public_key())
    assert (tags["d"], tags["s"], tags["c"]) == ("shop.example", "mail2026", "relaxed/relaxed")
    assert {"from", "to", "subject", "date", "message-id"} <= set(tags["h"].split(":"))
    assert all(len(line) <= 998 for line in message.split(b"\r\n"))
    with pytest.raises(InvalidSignature):
        verify(message.replace(b"To: roya@", b"To: mina@"), key.public_key())
    with pytest.raises(InvalidSignature):  # a second Subject cannot be slipped in
        verify(b"Subject: another\r\n" + message, key.public_key())


def test_relays_that_refold_and_pad_do_no_harm(key: Any, config: Config, server: MailServer, tmp_path: Path) -> None:
    signing = msgspec.structs.replace(config, dkim_private_key_file=written(key, tmp_path))
    message = delivered(signing, server)
    changed = message.replace(b"To: roya@", b"to:\r\n\t roya@") + b"\r\n\r\n"
    verify(changed, key.public_key())


def test_another_domain_can_be_named(key: Any, config: Config, server: MailServer, tmp_path: Path) -> None:
    signing = msgspec.structs.replace(
        config, dkim_private_key_file=written(key, tmp_path), dkim_domain="mail.shop.example"
    )
    assert verify(delivered(signing, server), key.public_key())["d"] == "mail.shop.example"


def test_without_a_key_nothing_is_signed(config: Config, server: MailServer) -> None:
    assert b"DKIM-Signature" not in delivered(config, server)


@pytest.mark.parametrize("what", ["missing", "nonsense", "no key", "other"])
def test_a_bad_key_is_said_in_one_sentence(what: str, config: Config, tmp_path: Path) -> None:
    path = tmp_path / f"{what}.pem"
    if what == "nonsense":
        path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    elif what == "other":
        written(ec.generate_private_key(ec.SECP256R1()), tmp_path)
        (tmp_path / "dkim.pem").rename(path)
    elif what == "no key":
        path = ROOT / "pyproject.toml"
    with pytest.raises(BadConfiguration, match="DKIM_PRIVATE_KEY_FILE"):
        dkim.check(msgspec.structs.replace(config, dkim_private_key_file=str(path)))
