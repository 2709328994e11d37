"""Who sends what in which installation; and the demonstration's folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from prometheus_client import REGISTRY

from app.channels import vapid
from app.channels.folder import Folder, KeptAsWell
from app.channels.outgoing import OutgoingPush, OutgoingSms, Refused, TryLater
from app.channels.senders import sender_for
from app.channels.webpush import WebPush
from app.clock import Clock
from app.config import Config
from app.ids import new_id
from tests import push_service_stand_in
from tests.unit.channels.conftest import noon
from tests.vapid_key import write_vapid_key

SENDGRID = {"sendgrid_key": "SG.x"}
TWILIO = {"twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": "x", "twilio_from": "+14155550100"}
NOBODY = "http://127.0.0.1:1"
VAPID = {"vapid_private_key_file": "/somewhere/vapid.pem"}


@pytest.fixture
def in_app() -> Iterator[None]:
    app = Flask("senders")
    app.config["CLOCK"] = Clock()
    with app.app_context():
        yield


WHO = [
    ("email", {}, "smtp"),
    ("email", SENDGRID, "sendgrid"),
    ("sms", {}, None),
    ("sms", TWILIO, "twilio"),
    ("push", {}, None),
    ("push", VAPID, "webpush"),
    ("sms", {"demo": True, "mailbox": "/m"}, "mailbox"),
    ("push", {"demo": True, "mailbox": "/m"}, "mailbox"),
    ("sms", {"demo": True, "mailbox": "/m", **TWILIO}, "twilio"),
    ("push", {"demo": True, "mailbox": "/m", **VAPID}, "mailbox"),
    ("fax", {}, None),
]


@pytest.mark.usefixtures("in_app")
@pytest.mark.parametrize(("channel", "given", "name"), WHO, ids=[f"{c}-{n}-{len(g)}" for c, g, n in WHO])
def test_who_sends(channel: str, given: dict[str, object], name: str | None, settings: Config) -> None:
    config = msgspec.structs.replace(settings, **given)
    sender = sender_for(channel, config)
    assert (sender.name if sender else None) == name
    assert sender_for(channel, config) is sender


@pytest.mark.usefixtures("in_app")
def test_outcomes_are_counted_and_secrets_not_shown(settings: Config, sms: OutgoingSms, tmp_path: Path) -> None:
    def counted(outcome: str) -> float:
        labels = {"channel": "sms", "provider": "mailbox", "outcome": outcome}
        return REGISTRY.get_sample_value("dualcart_messages_handed_over_total", labels) or 0

    config = msgspec.structs.replace(settings, demo=True, mailbox=str(tmp_path / "box"))
    sender = sender_for("sms", config)
    assert sender
    before = counted("sent")
    with sender.batch():
        sender.send(sms)
    assert counted("sent") == before + 1
    assert config.secret_key not in repr(config)


@pytest.mark.usefixtures("in_app", "store_id")
def test_failures_are_counted_and_passed_on(settings: Config, letter: object) -> None:
    sender = sender_for("email", msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:1"))
    assert sender
    labels = {"channel": "email", "provider": "smtp", "outcome": "later"}
    before = REGISTRY.get_sample_value("dualcart_messages_handed_over_total", labels) or 0
    with pytest.raises(TryLater):
        sender.send(letter)  # type: ignore[arg-type]
    assert REGISTRY.get_sample_value("dualcart_messages_handed_over_total", labels) == before + 1


def test_the_folder_keeps_the_first_of_the_same_id(sms: OutgoingSms, tmp_path: Path) -> None:
    folder = Folder(str(tmp_path), noon)
    again = OutgoingSms(id=sms.id, to=sms.to, text="other", locale="en")
    push = OutgoingPush(
        id=new_id(), endpoint="https://x", p256dh="", auth="", title="t", text="x", url="/c", locale="en"
    )
    assert folder.send(sms) == folder.send(again)
    folder.send(push)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{sms.id}.sms", f"{push.id}.push"])
    kept = json.loads((tmp_path / f"{sms.id}.sms").read_text())
    assert (kept["text"], kept["to"], kept["sent_at"]) == (sms.text, sms.to, "2026-11-21T12:00:00Z")


def test_a_demonstration_pushes_for_real_and_keeps_a_copy(settings: Config, tmp_path: Path) -> None:
    with push_service_stand_in.running() as service:
        given = {"vapid_private_key_file": str(write_vapid_key(tmp_path)), "push_services": f"{service.url},{NOBODY}"}
        config = msgspec.structs.replace(settings, **given)
        service.public_key = vapid.public_key(config)
        there = service.subscribe()
        sender = KeptAsWell(Folder(str(tmp_path / "box"), noon), WebPush(config))

        def push(endpoint: str) -> OutgoingPush:
            return OutgoingPush(
                id=new_id(), endpoint=endpoint, p256dh=there.p256dh, auth=there.auth, title="t", text="x", url="/",
                locale="en",
            )  # fmt: skip

        assert sender.send(push(service.url + there.path)).reference.startswith(service.url)
        assert [message["text"] for message in service.waiting.values()] == ["x"]
        unreachable = push(f"{NOBODY}/x")
        assert sender.send(unreachable).reference == f"{unreachable.id}.push"
        with pytest.raises(Refused):
            sender.send(push("https://attacker.example/x"))
    assert len(list((tmp_path / "box").iterdir())) == 3
