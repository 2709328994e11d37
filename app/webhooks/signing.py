"""Signatures as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over id, time and body. Pure but for the making of secrets."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
BYTES = 32  # 24 at least by the specification


def new_secret() -> str:
    """A fresh one, as receivers are given it."""
    return PREFIX + base64.b64encode(os.urandom(BYTES)).decode()


def headers(message_id: str, moment: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """What tells the receiver that it came from here: one signature for each secret that is valid now."""
    seconds = str(int(moment.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
