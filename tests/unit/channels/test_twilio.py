"""SMS by Twilio's API, against a server that keeps its contract."""

import time
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingSms, Refused, SendFailure, TryLater
from app.channels.twilio import Twilio
from app.config import Config
from app.ids import StoreId
from tests import faulty_server, twilio_stand_in
from tests.unit.channels.conftest import SHORT
from tests.unit.channels.test_sendgrid import MEANING


@pytest.fixture
def server() -> Iterator[twilio_stand_in.Twilio]:
    with twilio_stand_in.running() as state:
        yield state


def configured(settings: Config, url: str) -> Config:
    return msgspec.structs.replace(
        settings,
        twilio_api_url=url,
        twilio_account_sid=twilio_stand_in.ACCOUNT,
        twilio_auth_token=f"{twilio_stand_in.TOKEN},old-token",
        twilio_from=twilio_stand_in.NUMBER,
    )


@pytest.fixture
def sender(server: twilio_stand_in.Twilio, settings: Config) -> Twilio:
    return Twilio(configured(settings, server.url))


def test_what_leaves_says_where_its_status_is_to_be_told(
    server: twilio_stand_in.Twilio, sender: Twilio, sms: OutgoingSms, store_id: StoreId
) -> None:
    (reference,) = (sender.send(sms).reference,)
    taken = server.taken[reference]
    assert (taken["To"], taken["Body"], taken["From"]) == (sms.to, sms.text, twilio_stand_in.NUMBER)
    assert taken["StatusCallback"] == f"https://shop.example/channels/twilio/status?store={store_id}&message={sms.id}"
    assert twilio_stand_in.TOKEN not in repr(sender)


@pytest.mark.usefixtures("store_id")
def test_by_a_messaging_service(server: twilio_stand_in.Twilio, settings: Config, sms: OutgoingSms) -> None:
    service = msgspec.structs.replace(
        configured(settings, server.url),
        twilio_messaging_service_sid="MG" + "0" * 32,
        callback_origin="https://api.x.example",
    )
    taken = server.taken[Twilio(service).send(sms).reference]
    assert taken["MessagingServiceSid"].startswith("MG")
    assert "From" not in taken
    assert taken["StatusCallback"].startswith("https://api.x.example/channels/")


ERRORS = {
    "+14155550001": (Refused, "twilio_21211", True),
    "+14155550002": (Refused, "twilio_21614", True),
    "+14155550003": (Refused, "twilio_21610", True),
    "+14155550004": (Refused, "twilio_21408", False),
    "+14155550005": (TryLater, "twilio_20429", False),
    "+14155550006": (TryLater, "twilio_21611", False),
    "+14155550007": (Refused, "twilio_21612", False),
}


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize("number", sorted(ERRORS))
def test_what_each_error_means(number: str, sender: Twilio, sms: OutgoingSms) -> None:
    with pytest.raises(SendFailure) as failed:
        sender.send(replace(sms, to=number))
    bad = getattr(failed.value, "address_bad", False)
    assert (failed.type, failed.value.reason, bad) == ERRORS[number]


@pytest.mark.usefixtures("store_id")
def test_too_long_is_not_the_addresss_fault(sender: Twilio, sms: OutgoingSms) -> None:
    with pytest.raises(Refused) as failed:
        sender.send(replace(sms, text="x" * 1601))
    assert (failed.value.reason, failed.value.address_bad) == ("twilio_21617", False)


@pytest.mark.usefixtures("store_id")
@pytest.mark.parametrize("fault", faulty_server.FAULTS)
def test_what_each_way_of_failing_means(
    fault: str, server: twilio_stand_in.Twilio, settings: Config, sms: OutgoingSms
) -> None:
    kind, reason = MEANING[fault]
    server.fault = fault
    began = time.monotonic()
    with pytest.raises(SendFailure) as failed:
        Twilio(configured(settings, server.url), seconds=SHORT).send(sms)
    assert (failed.type, failed.value.reason) == (kind, reason)
    assert time.monotonic() - began < 4 * SHORT
    assert isinstance(Twilio(configured(settings, server.url)).send(sms), Accepted)


@pytest.mark.usefixtures("store_id")
def test_made_and_no_name_for_it_is_unknown(
    server: twilio_stand_in.Twilio, sender: Twilio, sms: OutgoingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_stand_in, "_answer", lambda state, asked: (201, {}, b'["?"]'))
    with pytest.raises(OutcomeUnknown, match="answer_not_understood"):
        sender.send(sms)
