"""Mail by SendGrid's API, against a server that keeps its contract."""

import base64
import time
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingEmail, Refused, SendFailure, TryLater
from app.channels.sendgrid import SendGrid
from app.config import Config
from app.ids import StoreId
from tests import faulty_server, sendgrid_stand_in
from tests.unit.channels.conftest import SHORT

MEANING: dict[str, tuple[type[SendFailure], str]] = {
    "500": (TryLater, "http_500"),
    "503": (TryLater, "http_503"),
    "busy": (TryLater, "http_429"),
    "busy until": (TryLater, "http_429"),
    "unauthorised": (TryLater, "not_authorised"),
    "redirect": (TryLater, "wrong_address"),
    "gateway": (OutcomeUnknown, "http_502"),
    "gateway slow": (OutcomeUnknown, "http_504"),
    "garbage": (OutcomeUnknown, "answer_not_understood"),
    **dict.fromkeys(
        ("hang", "hang after", "drip", "drip headers", "short", "huge", "reset", "reset after"),
        (OutcomeUnknown, "no_answer"),
    ),
}


@pytest.fixture
def server() -> Iterator[sendgrid_stand_in.SendGrid]:
    with sendgrid_stand_in.running() as state:
        yield state


def configured(settings: Config, url: str) -> Config:
    return msgspec.structs.replace(settings, sendgrid_api_url=url, sendgrid_key=sendgrid_stand_in.KEY)


@pytest.fixture
def sender(server: sendgrid_stand_in.SendGrid, settings: Config) -> SendGrid:
    return SendGrid(configured(settings, server.url))


def test_what_leaves_names_message_and_store_and_nothing_personal(
    server: sendgrid_stand_in.SendGrid, sender: SendGrid, letter: OutgoingEmail, store_id: StoreId
) -> None:
    assert sender.send(letter) == Accepted("sg-1")
    (taken,) = server.taken
    (to,) = taken["personalizations"]
    assert to["to"] == [{"email": "roya@example.com"}]
    assert to["custom_args"] == {"dualcart_message": str(letter.id), "dualcart_store": str(store_id)}
    assert taken["from"] == {"email": "no-reply@shop.example", "name": "ترنج Bcc: mina@example.com"}
    assert taken["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert taken["subject"] == "سبد شما X-Evil: 1"
    assert taken["tracking_settings"]["click_tracking"]["enable"] is False
    (picture,) = taken["attachments"]
    assert base64.b64decode(picture["content"]).startswith(b"\x89PNG")
    assert sendgrid_stand_in.KEY not in repr(sender)


@pytest.mark.usefixtures("store_id")
def test_a_plain_letter_has_nothing_more_than_it_needs(
    server: sendgrid_stand_in.SendGrid, sender: SendGrid, letter: OutgoingEmail
) -> None:
    sender.send(replace(letter, html="<p>x</p>", reply_to="", headers={}))
    assert not {"attachments", "reply_to"} & set(server.taken[0])


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize("fault", faulty_server.FAULTS)
def test_what_each_way_of_failing_means(
    fault: str, server: sendgrid_stand_in.SendGrid, settings: Config, letter: OutgoingEmail
) -> None:
    kind, reason = MEANING[fault]
    server.fault = fault
    began = time.monotonic()
    with pytest.raises(SendFailure) as failed:
        SendGrid(configured(settings, server.url), seconds=SHORT).send(letter)
    assert (failed.type, failed.value.reason) == (kind, reason)
    assert time.monotonic() - began < 4 * SHORT
    assert getattr(failed.value, "seconds", None) == {"busy": 17, "busy until": 86_400}.get(fault)
    assert len(server.requests) == 1  # it tries once, and follows nobody elsewhere
    assert SendGrid(configured(settings, server.url)).send(letter)


@pytest.mark.usefixtures("store_id")
def test_a_bad_address_is_the_addresss_fault_and_other_refusals_are_not(
    sender: SendGrid, letter: OutgoingEmail
) -> None:
    with pytest.raises(Refused) as bad:
        sender.send(replace(letter, to="bounce-me@example.com"))
    with pytest.raises(Refused) as other:
        sender.send(replace(letter, headers={"Subject": "x"}))
    assert (bad.value.reason, bad.value.address_bad, other.value.address_bad) == ("http_400", True, False)


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid"], ids=["refused", "no name"])
def test_nobody_there_is_no_message_lost(url: str, settings: Config, letter: OutgoingEmail) -> None:
    with pytest.raises(TryLater, match="not_reached"):
        SendGrid(configured(settings, url)).send(letter)


@pytest.mark.usefixtures("store_id")
def test_a_wrong_key_is_not_the_messages_fault(
    server: sendgrid_stand_in.SendGrid, settings: Config, letter: OutgoingEmail
) -> None:
    other = msgspec.structs.replace(configured(settings, server.url), sendgrid_key="SG.other")
    with pytest.raises(TryLater, match="not_authorised"):
        SendGrid(other).send(letter)
