"""Providers' own published examples of signatures, by which our checks are checked."""

import msgspec
import pytest

from app.channels import sendgrid_events, twilio_requests
from app.channels.told import ForgedCallback
from app.config import BadConfiguration, Config

# The example in the tests of SendGrid's own libraries.
KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
SIGNATURE = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
TIMESTAMP = "1600112502"
BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
HEADERS = {
    "X-Twilio-Email-Event-Webhook-Signature": SIGNATURE,
    "X-Twilio-Email-Event-Webhook-Timestamp": TIMESTAMP,
}


def test_sendgrids_example(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config = msgspec.structs.replace(settings, sendgrid_webhook_keys=KEY)
    monkeypatch.setattr(sendgrid_events.time, "time", lambda: int(TIMESTAMP) + 60.0)
    assert sendgrid_events.read(BODY, HEADERS, config) == []  # verified, and about no message of ours
    with pytest.raises(ForgedCallback):
        sendgrid_events.read(BODY.replace(b"dropped", b"bounced"), HEADERS, config)


def test_twilios_example(settings: Config) -> None:
    config = msgspec.structs.replace(
        settings, public_origin="https://mycompany.com", twilio_account_sid="x", twilio_auth_token="12345"
    )
    body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    given = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    form = twilio_requests.parameters(body, "foo=1&bar=2", "/myapp.php", given, config)
    assert form["To"] == "+18005551212"
    with pytest.raises(ForgedCallback):
        twilio_requests.parameters(body, "foo=1&bar=3", "/myapp.php", given, config)


@pytest.mark.parametrize("key", ["AAAA", "A", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"])
def test_a_bad_verification_key_is_said_in_one_sentence(key: str, settings: Config) -> None:
    with pytest.raises(BadConfiguration, match="SENDGRID_WEBHOOK_KEYS"):
        sendgrid_events.check(msgspec.structs.replace(settings, sendgrid_webhook_keys=key))
