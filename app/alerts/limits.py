"""How often one caller may ask for mails, and how often anybody may for one address: each is a letter to somebody."""

from collections.abc import Callable
from typing import Any

from flask import request

from app.accounts.limits import typed_address
from app.web.rate_limit import ALERTS, limiter

Door = Callable[..., Any]

TO_ADDRESS = "10 per hour;20 per day"


def asking_limits(door: Door) -> Door:
    """For the door where a mail is asked for; an address is counted where one is typed."""
    per_address = limiter.limit(
        TO_ADDRESS, key_func=typed_address, methods=["POST"], exempt_when=lambda: not request.form.get("email")
    )
    return limiter.limit(ALERTS, methods=["POST"])(per_address(door))


def stop_limits(door: Door) -> Door:
    """For the link in the letter: nobody tries out tokens."""
    return limiter.shared_limit(ALERTS, scope="alert-stop")(door)
