"""E-mail addresses and names as people type them, brought to one spelling: the one that is stored and compared."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from app.accounts.errors import BadAddress, BadName
from app.web.formats import latin_digits

LONGEST_NAME = 80
# Marks that keyboards and messengers add around text of mixed direction; nobody sees them.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def normalize_email(text: str) -> str:
    """The one spelling of an address: folded, Latin digits, domain in Unicode. Raises BadAddress."""
    if len(text) > 400:
        raise BadAddress()
    plain = latin_digits(INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()
    try:
        address = validate_email(plain, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise BadAddress() from None
    return address.normalized.lower()


def mailable(address: str) -> str:
    """A normalized address as every mail server takes it: the domain in ASCII (RFC 5891)."""
    return validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email or address


def normalize_name(text: str) -> str:
    """A person's name without control characters and doubled spaces; empty if none was given. Raises BadName."""
    # ZWNJ (U+200C) stays: Persian names are spelled with it.
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFC", text).replace("\t", " ").replace("\n", " ")
        if letter == "\u200c" or unicodedata.category(letter)[0] != "C"
    )
    name = " ".join(kept.split())
    if len(name) > LONGEST_NAME:
        raise BadName()
    return name


def shown_name(name: str, email: str) -> str:
    """What to call a person: by name, or by the first part of the address."""
    return name or email.partition("@")[0]
