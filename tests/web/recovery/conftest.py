"""Installations with providers."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from app.config import Config
from tests import sendgrid_stand_in, twilio_stand_in
from tests.sendgrid_stand_in import SendGrid, shown

ORIGIN = "https://shop.example"


@pytest.fixture
def sendgrid() -> SendGrid:
    """The other side as far as signing goes."""
    return SendGrid()


@pytest.fixture
def with_providers(app: Flask, config: Config, sendgrid: SendGrid, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The application configured for both, in the midst of changing their secrets."""
    older = shown(ec.generate_private_key(ec.SECP256R1()))
    configured = msgspec.structs.replace(
        config,
        callback_origin=ORIGIN,
        sendgrid_key=sendgrid_stand_in.KEY,
        sendgrid_webhook_keys=f"{older},{sendgrid.verification_key}",
        twilio_account_sid=twilio_stand_in.ACCOUNT,
        twilio_auth_token=f"new-token,{twilio_stand_in.TOKEN}",
        twilio_from=twilio_stand_in.NUMBER,
    )
    monkeypatch.setitem(app.config, "DUALCART", configured)
    return configured
