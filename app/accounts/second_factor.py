"""The second factor of staff: codes from an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone."""

import base64
import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import current_app
from sqlalchemy import text

from app import sealing, tokens
from app.accounts import codes
from app.accounts.errors import CodeRefused
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.ids import StaffId

SECRET_BYTES = 20  # as RFC 4226 recommends for SHA-1, which is what all apps know
STEP_SECONDS = 30
SKEW_STEPS = 1  # clocks of phones differ
RECOVERY_CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"

FIND = text("SELECT secret, last_step FROM staff_factors WHERE store_id = :store AND staff_id = :staff")
# Guarded, so that a code opens one door once, also when it is sent twice at the same moment (RFC 6238, 5.2).
USE = text("""
    UPDATE staff_factors SET last_step = :step WHERE store_id = :store AND staff_id = :staff AND last_step < :step
    RETURNING 1""")
KEEP = text("""
    INSERT INTO staff_factors (store_id, staff_id, secret, last_step, confirmed_at)
    VALUES (:store, :staff, :secret, :step, :now)
    ON CONFLICT (store_id, staff_id) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step,
        confirmed_at = excluded.confirmed_at""")
FORGET_CODES = text("DELETE FROM staff_recovery_codes WHERE store_id = :store AND staff_id = :staff")
KEEP_CODE = text("""
    INSERT INTO staff_recovery_codes (store_id, staff_id, code_hash) VALUES (:store, :staff, :hash)""")
USE_CODE = text("""
    UPDATE staff_recovery_codes SET used_at = :now
    WHERE store_id = :store AND staff_id = :staff AND code_hash = :hash AND used_at IS NULL RETURNING 1""")
LEFT = text("""
    SELECT f.confirmed_at, (SELECT count(*) FROM staff_recovery_codes c WHERE c.store_id = f.store_id
                            AND c.staff_id = f.staff_id AND c.used_at IS NULL) AS left
    FROM staff_factors f WHERE f.store_id = :store AND f.staff_id = :staff""")


@dataclass(frozen=True, slots=True)
class Factor:
    """That somebody has a second factor, since when, and how many recovery codes are left."""

    since: datetime
    codes_left: int


def find(staff_id: StaffId) -> Factor | None:
    """Their second factor, if they have one."""
    row = db.session.execute(LEFT, {"store": current_store_id(), "staff": staff_id}).first()
    return Factor(row.confirmed_at, row.left) if row else None


def new_secret() -> str:
    """A fresh secret, in base32 as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth address that the picture holds (Google Authenticator's key URI format)."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def picture(secret: str, account: str, issuer: str) -> str:
    """The QR code as a data address of an SVG picture."""
    out = io.BytesIO()
    segno.make(address(secret, account, issuer), micro=False).save(out, kind="svg", scale=5, border=4, light="#fff")
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


@unit_of_work
def confirm(staff_id: StaffId, secret: str, typed: str, now: datetime) -> list[str]:
    """They have typed a code of the new secret: it counts from now on. Their recovery codes, shown this once.

    Raises CodeRefused. An older secret and older recovery codes open nothing any more.
    """
    step = _matching_step(secret, typed, now)
    if step is None:
        raise CodeRefused()
    names = {"store": current_store_id(), "staff": staff_id}
    sealed = sealing.seal(_config().secret_key, secret, _about(staff_id))
    db.session.execute(KEEP, {**names, "secret": sealed, "step": step, "now": now})
    db.session.execute(FORGET_CODES, names)
    fresh = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]
    for code in fresh:
        db.session.execute(KEEP_CODE, {**names, "hash": _hashed(code)})
    return fresh


@unit_of_work
def check(staff_id: StaffId, typed: str, now: datetime) -> str:
    """Let a code of the app through once, or a recovery code for good: which of the two. Raises CodeRefused."""
    names = {"store": current_store_id(), "staff": staff_id}
    row = db.session.execute(FIND, names).first()
    if row is None:
        raise CodeRefused()
    secret = sealing.unseal(_config().secret_key, row.secret, _about(staff_id))
    step = _matching_step(secret, typed, now)
    if step is not None and db.session.execute(USE, {**names, "step": step}).first():
        return "totp"
    spelled = typed.strip().lower()[:32]
    if db.session.execute(USE_CODE, {**names, "hash": _hashed(spelled), "now": now}).first():
        return "recovery_code"
    raise CodeRefused()


def _matching_step(secret: str, typed: str, now: datetime) -> int | None:
    """The step whose code was typed, within the skew that is forgiven."""
    code, present = codes.typed_code(typed), int(now.timestamp()) // STEP_SECONDS
    for step in range(present - SKEW_STEPS, present + SKEW_STEPS + 1):
        if tokens.same(_totp(secret).generate(step * STEP_SECONDS).decode(), code):
            return step
    return None


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), codes.DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  what apps know


def _hashed(code: str) -> str:
    return tokens.keyed_hash(_config().secret_key, "staff-recovery-code", f"{current_store_id()}:{code}")


def _about(staff_id: StaffId) -> str:
    return f"{current_store_id()}|staff_factors|secret|{staff_id}"


def _config() -> Config:
    return cast(Config, current_app.config["DUALCART"])
