"""Shopify's product CSV as a stream of products: one at a time in memory, however long the file. Pure but for reading."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.catalog import drafts
from app.catalog.drafts import ProductDraft, RowRefusal
from app.catalog.shopify_columns import Header, UnusableFile, read_header
from app.catalog.shopify_product import ProductReader, Row

LONGEST_LINE = 4_000_000
MOST_ROWS = drafts.MOST_VARIANTS + drafts.MOST_IMAGES + 2

Refused = tuple[RowRefusal, ...]


def decoded_lines(file: BinaryIO) -> Iterator[str]:
    """The lines of `file`; bytes that are no UTF-8 become lone surrogates, which the rows they stand in are refused for."""
    first = True
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise UnusableFile("A line is longer than 4 MB. Is this a text file?")
        yield line.decode("utf-8-sig" if first else "utf-8", "surrogateescape")
        first = False


def read_products(lines: Iterable[str], *, currency: str, locale: str) -> Iterator[ProductDraft | Refused]:
    """Each product of the file, or why it is refused. Raises UnusableFile before the first if the header is wrong."""
    rows = _rows(lines)
    header = _header(rows)
    group: _Group | None = None
    for line, cells, refusal in rows:
        if not cells and refusal is None:
            continue
        handle, refusal = _examine(header, line, cells, refusal)
        if group and handle not in (group.handle, ""):
            yield group.close(currency, locale)
            group = None
        group = group or _Group(handle)
        group.add(None if refusal or not handle else Row(line, header.row(cells)), refusal)
    if group:
        yield group.close(currency, locale)


@dataclass(slots=True)
class _Group:
    """The consecutive rows of one handle. A row nobody can assign spoils the product it stands in."""

    handle: str
    rows: list[Row] = field(default_factory=list)
    refusals: list[RowRefusal] = field(default_factory=list)
    overfull: bool = False

    def add(self, row: Row | None, refusal: RowRefusal | None) -> None:
        if refusal and len(self.refusals) < MOST_ROWS:
            self.refusals.append(RowRefusal(refusal.line, self.handle, refusal.code, refusal.sentence))
        if row and len(self.rows) < MOST_ROWS:
            self.rows.append(row)
        elif row and not self.overfull:
            self.overfull = True
            self.refusals.append(RowRefusal(row.line, self.handle, "too_many_rows", f"More than {MOST_ROWS} rows."))

    def close(self, currency: str, locale: str) -> ProductDraft | Refused:
        if not self.rows:
            return tuple(self.refusals)
        reader = ProductReader(self.handle, self.rows, currency=currency, locale=locale)
        draft = reader.read()
        refusals = sorted((*self.refusals, *reader.refusals), key=lambda refusal: refusal.line)
        return tuple(refusals) if refusals or draft is None else draft


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str], RowRefusal | None]]:
    """Line number, cells and, where the CSV itself is broken, the refusal. An unclosed quote ends at the field limit."""
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            yield line, [], RowRefusal(line, "", "unreadable_row", _csv_sentence(str(error)))


def _csv_sentence(message: str) -> str:
    if "field larger" in message:
        return "A cell is longer than 131,072 characters. Is a closing quotation mark missing?"
    if "unexpected end of data" in message:
        return "The file ends inside quotation marks. It may have been cut off."
    return "The quotation marks are wrong: a mark inside a cell must be written twice."


def _header(rows: Iterator[tuple[int, list[str], RowRefusal | None]]) -> Header:
    for _line, cells, refusal in rows:
        if refusal or any("\x00" in cell or _undecodable(cell) for cell in cells):
            raise UnusableFile("The first line cannot be read. The file must be CSV in UTF-8.")
        if cells:
            return read_header(cells)
    raise UnusableFile("The file is empty.")


def _examine(header: Header, line: int, cells: list[str], refusal: RowRefusal | None) -> tuple[str, RowRefusal | None]:
    """The handle that a row speaks of ("" if nobody can know) and what is wrong with it as a row."""
    if refusal:
        return "", refusal
    position = header.positions["handle"]
    handle = cells[position].strip() if position < len(cells) else ""
    if any("\x00" in cell for cell in cells):
        code, sentence = "nul_byte", "A cell holds a NUL byte."
    elif any(map(_undecodable, cells)):
        code, sentence = "not_utf8", "A cell is not encoded in UTF-8."
    elif len(cells) != header.width:
        code, sentence = "wrong_cell_count", f"The row has {len(cells)} cells, the header {header.width}."
    elif not handle:
        code, sentence = "handle_missing", "The handle is empty, so nobody knows which product this row belongs to."
    else:
        return handle, None
    clean = handle.isprintable() and len(handle) <= drafts.LONGEST_NAME
    return handle if clean else "", RowRefusal(line, handle if clean else "", code, sentence)


def _undecodable(cell: str) -> bool:
    return not cell.isascii() and any("\ud800" <= character <= "\udfff" for character in cell)
