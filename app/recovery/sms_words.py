"""What a word sent back by SMS means. Pure.

The English ones are the carriers' (CTIA Messaging Principles, 5.1.3) and those that 47 CFR 64.1200(a)(10) names.
"""

import re
import unicodedata
from enum import StrEnum

DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩يك", "01234567890123456789یک")
NO_WORD = re.compile(r"[^\w]+|_")


class Word(StrEnum):
    """What the sender wants."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


STOP = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "opt out",
        "لغو",
        "لغو11",
        "لغو 11",
        "11",
    }
)
STOP_FIRST = frozenset({"stop", "stopall", "unsubscribe", "لغو"})  # whatever follows: in doubt nobody is written to
START = frozenset({"start", "yes", "unstop"})
HELP = frozenset({"help", "info", "راهنما"})


def meaning(text: str) -> Word:
    """Whatever the capitals, digits, punctuation and invisible marks are."""
    plain = unicodedata.normalize("NFKC", text).translate(DIGITS).casefold()
    visible = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    said = NO_WORD.sub(" ", visible).strip()
    if said in STOP or said.partition(" ")[0] in STOP_FIRST:
        return Word.STOP
    if said in START:
        return Word.START
    return Word.HELP if said in HELP else Word.OTHER
