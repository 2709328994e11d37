"""Web push: encryption by the standard's own example, and a push service that lets its browsers read what came."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.channels import push_services, vapid
from app.channels.outgoing import Accepted, OutgoingPush, Refused, SendFailure, TryLater
from app.channels.push_encryption import LONGEST, encrypt, from_base64url, to_base64url
from app.channels.webpush import WebPush
from app.config import BadConfiguration, Config
from app.ids import new_id
from tests import faulty_server, push_service_stand_in
from tests.push_service_stand_in import Browser, PushService
from tests.unit.channels.conftest import SHORT
from tests.unit.channels.test_sendgrid import MEANING


def test_the_example_of_rfc_8291() -> None:
    key = ec.derive_private_key(
        int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        key=key,
    )
    assert to_base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def written(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, folder: Path) -> str:
    path = folder / f"{new_id()}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture
def server() -> Iterator[PushService]:
    with push_service_stand_in.running() as state:
        yield state


@pytest.fixture
def config(server: PushService, settings: Config, tmp_path: Path) -> Config:
    key_file = written(ec.generate_private_key(ec.SECP256R1()), tmp_path)
    config = msgspec.structs.replace(
        settings, vapid_private_key_file=key_file, push_services=f"fcm.googleapis.com,{server.url}"
    )
    server.public_key = vapid.public_key(config)
    return config


@pytest.fixture
def browser_behind(server: PushService) -> Browser:
    return server.subscribe()


@pytest.fixture
def push(server: PushService, browser_behind: Browser) -> OutgoingPush:
    return OutgoingPush(
        id=new_id(),
        endpoint=server.url + browser_behind.path,
        p256dh=browser_behind.p256dh,
        auth=browser_behind.auth,
        title="سبد شما",
        text="شال مبل هنوز اینجاست.",
        url="https://shop.example/r/abc",
        locale="fa",
    )


def test_the_browser_reads_it_and_a_second_one_replaces_the_first(
    server: PushService, config: Config, browser_behind: Browser, push: OutgoingPush
) -> None:
    sender = WebPush(config)
    first, second = sender.send(push), sender.send(push)
    assert first == second == Accepted(f"{server.url}/message/{push.id.hex}")
    assert sender.honours_keys
    assert server.waiting == {
        (browser_behind.path, push.id.hex): {
            "title": push.title,
            "text": push.text,
            "url": push.url,
            "tag": str(push.id),
            "locale": "fa",
        }
    }
    one, two = (asked.headers["authorization"] for asked in server.requests)
    assert one == two
    assert "سبد".encode() not in server.requests[0].body


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_ended(
    status: int, server: PushService, config: Config, browser_behind: Browser, push: OutgoingPush
) -> None:
    browser_behind.gone = status
    with pytest.raises(Refused) as failed:
        WebPush(config).send(push)
    assert (failed.value.reason, failed.value.address_bad) == (f"http_{status}", True)


def test_another_key_than_the_browser_subscribed_with(
    server: PushService, config: Config, push: OutgoingPush, tmp_path: Path
) -> None:
    other = written(ec.generate_private_key(ec.SECP256R1()), tmp_path)
    with pytest.raises(TryLater, match="not_authorised"):
        WebPush(msgspec.structs.replace(config, vapid_private_key_file=other)).send(push)


@pytest.mark.parametrize("fault", faulty_server.FAULTS)
def test_what_each_way_of_failing_means(fault: str, server: PushService, config: Config, push: OutgoingPush) -> None:
    kind, reason = MEANING[fault]
    server.fault = fault
    began = time.monotonic()
    with pytest.raises(SendFailure) as failed:
        WebPush(config, seconds=SHORT).send(push)
    assert (failed.type, failed.value.reason) == (kind, reason)
    assert time.monotonic() - began < 4 * SHORT
    assert isinstance(WebPush(config).send(push), Accepted)
    assert len(server.waiting) == 1


BAD = {
    "keys": ({"p256dh": "AAAA"}, "bad_keys", True),
    "no base64": ({"p256dh": "é"}, "bad_keys", True),
    "point off the curve": ({"p256dh": to_base64url(b"\x04" + b"\x01" * 64)}, "bad_keys", True),
    "short secret": ({"auth": "AAAA"}, "bad_keys", True),
    "too long": ({"text": "x" * LONGEST}, "too_long", False),
    "private address": ({"endpoint": "http://127.0.0.1:1/x"}, "endpoint_not_allowed", True),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_what_cannot_be_pushed_is_refused_without_asking_anybody(
    what: str, server: PushService, config: Config, push: OutgoingPush
) -> None:
    change, reason, bad = BAD[what]
    with pytest.raises(Refused) as failed:
        WebPush(config).send(replace(push, **change))  # type: ignore[arg-type]
    assert (failed.value.reason, failed.value.address_bad, server.requests) == (reason, bad, [])


GOOD_ENDPOINTS = ("https://fcm.googleapis.com/fcm/send/abc", "https://db5.notify.windows.com/w/?token=x")
BAD_ENDPOINTS = (
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com@10.0.0.1/x",
    "https://user@fcm.googleapis.com/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil-notify.windows.com/x",
    "https://notify.windows.com.evil.example/x",
    "https://10.0.0.1/x",
    "https://[::1]/x",
    "https://[::1/x",
    "https://fcm.googleapis.com:x/x",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/ü",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com/" + "x" * 1000,
    "file:///etc/passwd",
    "",
)


@pytest.mark.parametrize("endpoint", GOOD_ENDPOINTS)
def test_known_push_services(endpoint: str, settings: Config) -> None:
    assert push_services.known(endpoint, settings)
    assert push_services.public_only(endpoint, settings)


@pytest.mark.parametrize("endpoint", BAD_ENDPOINTS, ids=[f"{n}" for n in range(len(BAD_ENDPOINTS))])
def test_addresses_that_are_no_push_service(endpoint: str, settings: Config) -> None:
    assert not push_services.known(endpoint, settings)


def test_a_name_that_leads_into_a_private_network_is_not_connected_to(config: Config, push: OutgoingPush) -> None:
    inside = msgspec.structs.replace(config, push_services="localhost")
    with pytest.raises(TryLater, match="not_reached"):
        WebPush(inside).send(replace(push, endpoint="https://localhost/x"))


@pytest.mark.parametrize("what", ["missing", "rsa", "other curve"])
def test_a_bad_key_is_said_in_one_sentence(what: str, settings: Config, tmp_path: Path) -> None:
    keys = {
        "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "other curve": lambda: ec.generate_private_key(ec.SECP384R1()),
    }
    path = written(keys[what](), tmp_path) if what in keys else str(tmp_path / "none.pem")  # type: ignore[no-untyped-call]
    with pytest.raises(BadConfiguration, match="VAPID_PRIVATE_KEY_FILE"):
        vapid.check(msgspec.structs.replace(settings, vapid_private_key_file=path))
