"""The columns of Shopify's product CSV that are read, and where a file has them. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.money import is_currency

# Spelling in the file (any case) → our name. Exports since 2025 name many columns anew; both spellings are read.
COLUMNS = {
    "handle": "handle",
    "url handle": "handle",
    "title": "title",
    "body (html)": "body",
    "description": "body",
    "vendor": "vendor",
    "type": "type",
    "tags": "tags",
    "published": "published",
    "published on online store": "published",
    "status": "status",
    "option1 name": "option1_name",
    "option1 value": "option1_value",
    "option2 name": "option2_name",
    "option2 value": "option2_value",
    "option3 name": "option3_name",
    "option3 value": "option3_value",
    "variant sku": "sku",
    "sku": "sku",
    "variant inventory tracker": "tracker",
    "inventory tracker": "tracker",
    "variant inventory qty": "quantity",
    "inventory quantity": "quantity",
    "variant inventory policy": "policy",
    "continue selling when out of stock": "policy",
    "variant price": "price",
    "price": "price",
    "variant compare at price": "compare_at",
    "compare-at price": "compare_at",
    "image src": "image",
    "product image url": "image",
    "image position": "image_position",
    "image alt text": "image_alt",
    "variant image": "variant_image",
    "variant image url": "variant_image",
}
# Metafield columns carry a free name in front; what counts stands in the last parentheses.
LANGUAGES = ("en", "fa")  # in which texts may be given besides the plain columns
TRANSLATED = {
    "product": ("title", "body", "type", "image_alt", *(f"option{n}_name" for n in (1, 2, 3))),
    "variant": tuple(f"option{n}_value" for n in (1, 2, 3)),
}
METAFIELDS = {
    **{
        f"{what}.metafields.translation.{name}_{language}": f"{name}_{language}"
        for what, names in TRANSLATED.items()
        for name in names
        for language in LANGUAGES
    },
    "product.metafields.order.minimum": "minimum",
    "product.metafields.order.maximum": "maximum",
    "product.metafields.order.position": "position",
}
# What a spreadsheet would take for a formula is written with an apostrophe before it (shopify_export.py), read without.
_QUOTED = re.compile(r"'+[=+\-@\t\r]")
# Shopify writes "Price / <market>". A market called like a currency (ISO 4217) is a price in it.
_IN_CURRENCY = re.compile(r"(variant price|price|variant compare at price|compare-at price) / ([a-z]{3})")
REQUIRED = {"handle": "Handle", "title": "Title", "price": "Variant Price"}


class UnusableFile(Exception):
    """Nothing of the file can be taken; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Header:
    """Which cell of a row holds what."""

    width: int
    positions: dict[str, int]

    def row(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells that are read, by our name, without the space around them; a missing column is empty."""
        return {name: _bare(cells[position]) for name, position in self.positions.items()}


def _bare(cell: str) -> str:
    text = cell.strip()
    return text[1:] if _QUOTED.match(text) else text


def read_header(cells: Sequence[str]) -> Header:
    """Where the columns are. Raises UnusableFile when the first line is no header of this format."""
    _check_separator(cells)
    positions: dict[str, int] = {}
    for position, name in _known(cells):
        if name in positions:
            raise UnusableFile(f"The header names the column {cells[position]!r} twice.")
        positions[name] = position
    missing = [spelling for name, spelling in REQUIRED.items() if name not in positions]
    if missing:
        raise UnusableFile(f"The header lacks the column {', '.join(missing)}. Is this a product file of Shopify?")
    return Header(len(cells), positions)


def _known(cells: Sequence[str]) -> Iterator[tuple[int, str]]:
    for position, cell in enumerate(cells):
        spelling = cell.strip().lower()
        metafield = spelling.rpartition("(")[2].rstrip(")").strip() if spelling.endswith(")") else ""
        name = COLUMNS.get(spelling) or METAFIELDS.get(metafield) or _further(spelling)
        if name:
            yield position, name


def _further(spelling: str) -> str | None:
    found = _IN_CURRENCY.fullmatch(spelling)
    currency = found[2].upper() if found else ""
    return f"{COLUMNS[found[1]]} {currency}" if found and is_currency(currency) else None


def _check_separator(cells: Sequence[str]) -> None:
    line = ",".join(cells)
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if line.count(mark) > max(line.count(","), 1) and "handle" in line.lower():
            raise UnusableFile(f"The columns are separated by {name}. Save the file with commas between the columns.")
