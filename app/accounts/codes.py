"""The 6-digit codes that prove an address: how they are typed, shown and kept."""

import re
import secrets

from app import tokens
from app.web.formats import latin_digits

DIGITS = 6
NOT_DIGITS = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff.\-\u2013_]")


def new_code() -> str:
    """A fresh code from the operating system's randomness."""
    return tokens.random_digits(DIGITS)


def typed_code(text: str) -> str:
    """What a person typed or pasted as bare Latin digits ("۴۸۲ ۹۱۳" → "482913"); empty if it is no code at all."""
    digits = NOT_DIGITS.sub("", latin_digits(text[:64]))
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


def spaced(code: str) -> str:
    """The code in two groups, easier to read and to keep in mind."""
    return f"{code[:3]} {code[3:]}"


def sealed(code: str, *, key: str, about: str) -> str:
    """What is kept instead of the code: bound to one registration, useless without the installation's key."""
    return tokens.keyed_hash(key, "registration-code", f"{about}:{code}")


def never_sent() -> str:
    """A seal that no code opens, for registrations whose answer must only look alike."""
    return secrets.token_hex(32)
