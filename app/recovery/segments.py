"""How many segments an SMS is billed as, and in which alphabet it travels (3GPP TS 23.038, 23.040). Pure."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

# 3GPP TS 23.038 §6.2.1: the default alphabet, and what costs two septets because an escape goes before it.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
# One segment, or each of several (a header of 6 octets takes its share): septets, then UTF-16 units.
GSM_ALONE, GSM_EACH = 160, 153
UCS2_ALONE, UCS2_EACH = 70, 67

_PLAINER = {
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{THIN SPACE}": " ",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{FIRST STRONG ISOLATE}": "",
    "\N{LEFT-TO-RIGHT ISOLATE}": "",
    "\N{RIGHT-TO-LEFT ISOLATE}": "",
    "\N{POP DIRECTIONAL ISOLATE}": "",
    "\N{LEFT-TO-RIGHT MARK}": "",
}


Alphabet = Literal["gsm", "ucs2"]


@dataclass(frozen=True, slots=True)
class Segments:
    """`used` units (septets or UTF-16 units) in `count` segments; `left` more fit before another one begins."""

    alphabet: Alphabet
    used: int
    count: int
    left: int


def measure(text: str) -> Segments:
    """What sending `text` costs. No character is torn: an escape stays with its letter, a surrogate with its other half."""
    gsm = all(letter in BASIC or letter in EXTENDED for letter in text)
    if gsm:
        sizes = [2 if letter in EXTENDED else 1 for letter in text]
        alone, each = GSM_ALONE, GSM_EACH
    else:
        sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        alone, each = UCS2_ALONE, UCS2_EACH
    alphabet: Alphabet = "gsm" if gsm else "ucs2"
    used = sum(sizes)
    if used <= alone:
        return Segments(alphabet, used, 1, alone - used)
    count, filled = 1, 0
    for size in sizes:
        if filled + size > each:
            count, filled = count + 1, 0
        filled += size
    return Segments(alphabet, used, count, each - filled)


def economical(text: str) -> str:
    """`text` with typographic signs in plain ones where that alone lets it travel in the default alphabet; else as it is."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(_PLAINER.get(letter, letter) for letter in composed)
    return plain if measure(plain).alphabet == "gsm" else composed
