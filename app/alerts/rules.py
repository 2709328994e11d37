"""How many letters a return of stock is worth, how long an alert waits, how addresses are shown. Pure."""

from datetime import timedelta

WAITS = timedelta(days=90)
LETTERS_PER_UNIT = 10


def letters_for(available: int | None) -> int | None:
    """How many people to write to when so many units are back; None means everybody who waits.

    About one in ten who ask for such a mail buys. Who comes after waits for the next return: a mail about something
    that is gone again helps nobody.
    """
    return None if available is None else available * LETTERS_PER_UNIT


def masked(email: str) -> str:
    """An address as its owner recognises it and nobody else learns it: s…@example.com."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"
