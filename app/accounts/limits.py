"""How often one caller, or anybody for one address, may try; and the page that says how long to wait."""

import math
import time
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, request, session
from flask_limiter import RateLimitExceeded

from app import tokens
from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.accounts.registration import Pending
from app.database.tenancy import current_store_id
from app.web.formats import number
from app.web.language import ngettext
from app.web.rate_limit import CODES, REGISTRATION, SIGN_IN, limiter
from app.web.refusals import error_page

Door = Callable[..., Any]

SIGN_IN_OF_ADDRESS = "10 per 10 minutes"
REGISTRATION_OF_ADDRESS = "5 per 10 minutes;20 per day"  # each is a letter to somebody who may not want it
CODES_TO_ADDRESS = "3 per 10 minutes;10 per day"


def sign_in_limits(kind: str) -> Callable[[Door], Door]:
    """For a door where passwords are tried: per caller over all doors, and per address at this kind of door."""

    def limit(door: Door) -> Door:
        per_address = limiter.shared_limit(
            SIGN_IN_OF_ADDRESS, scope=f"sign-in-{kind}", key_func=typed_address, methods=["POST"]
        )
        return limiter.shared_limit(SIGN_IN, scope="sign-in", methods=["POST"])(per_address(door))

    return limit


def caller_limits(door: Door) -> Door:
    """For staff's door: per caller over all doors. An address there is locked by its failures alone (lockout.py)."""
    return limiter.shared_limit(SIGN_IN, scope="sign-in", methods=["POST"])(door)


def registration_limits(door: Door) -> Door:
    """For the door where addresses are registered: each costs a hash and a letter."""
    per_address = limiter.limit(REGISTRATION_OF_ADDRESS, key_func=typed_address, methods=["POST"])
    return limiter.limit(REGISTRATION, methods=["POST"])(per_address(door))


def code_limits(door: Door) -> Door:
    """For the door where codes are tried (each code allows few tries anyway)."""
    return limiter.limit(CODES, methods=["POST"])(door)


def code_again_limits(door: Door) -> Door:
    """For the button that has another letter sent."""
    per_address = limiter.limit(CODES_TO_ADDRESS, key_func=_pending_address, methods=["POST"])
    return limiter.limit(CODES, methods=["POST"])(per_address(door))


def too_many(error: RateLimitExceeded) -> Response:
    """The page for those who are too fast: says how long to wait, in minutes and in Retry-After."""
    seconds = _seconds()
    answer = error_page(wait_sentence(), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def wait_sentence() -> str:
    """How long whoever was too fast has to wait."""
    seconds = _seconds()
    minutes = max(1, math.ceil((seconds - 1) / 60))  # the window ends on a whole second after ours
    if minutes <= 90:
        sentence = ngettext(
            "Too many tries. You can try again in %(minutes)s minute.",
            "Too many tries. You can try again in %(minutes)s minutes.",
            minutes,
            minutes=number(minutes, g.locale),
        )
    else:
        hours = math.ceil(minutes / 60)
        sentence = ngettext(
            "Too many tries. You can try again in %(hours)s hour.",
            "Too many tries. You can try again in %(hours)s hours.",
            hours,
            hours=number(hours, g.locale),
        )
    return str(sentence)


def _seconds() -> int:
    breached = limiter.current_limit
    return max(1, math.ceil(breached.reset_at - time.time())) if breached else 600


def typed_address() -> str:
    """The key that tries for the address in the form are counted under."""
    try:
        return _key(normalize_email(request.form.get("email", "")))
    except BadAddress:
        return _key(f"caller {request.remote_addr}")  # no address to protect: the limit per caller is enough


def _pending_address() -> str:
    pending = Pending.from_session(session.get("registration"))
    return _key(pending.email if pending else f"caller {request.remote_addr}")


def _key(about: str) -> str:
    """Keyed, so that Redis holds nobody's address."""
    return f"{current_store_id()}:{tokens.keyed_hash(current_app.config['SECRET_KEY'], 'limit', about)[:32]}"
