"""Rows as CSV, JSON or the rows of a PDF. Programs for tables take cells that begin like a formula for one: those are quoted."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import render_template

from app.catalog.shopify_export import FORMULA
from app.console.exports.sources import Cell, Column
from app.money import Money
from app.orders.receipts import render_pdf
from app.stores.directory import StoreView
from app.web.dates import day_and_time
from app.web.formats import number, plain_money
from app.web.language import direction

BOM = "\ufeff"  # without it spreadsheets read Persian as something else
MIME = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


def csv_rows(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, first: bool) -> bytes:
    """Lines of a CSV file (RFC 4180), the first part with the titles. Times are UTC, amounts in whole units with their decimals."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    if first:
        lines.write(BOM)
        writer.writerow([_safe(title) for _code, title in columns])
    for row in rows:
        writer.writerow([_safe(_plain(cell)) if isinstance(cell, str) else _plain(cell) for cell in row])
    return lines.getvalue().encode()


def json_rows(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, first: bool, last: bool) -> bytes:
    """Objects of one JSON array, a line each; codes name their fields."""
    objects = [
        msgspec.json.encode(
            {code: cell if isinstance(cell, int) else _plain(cell) or None for (code, _title), cell in zip(columns, row, strict=True)}
        ).decode()
        for row in rows
    ]  # fmt: skip
    body = ("," if not first and objects else "") + ",\n".join(objects)
    return (("[\n" if first else "") + body + ("\n]\n" if last else "")).encode()


def words_rows(rows: Iterable[Sequence[Cell]], store: StoreView, locale: str) -> bytes:
    """Rows as a reader of the language has them, kept until the PDF is made of them."""
    zone = ZoneInfo(store.time_zone)
    return msgspec.json.encode([[_words(cell, locale, zone) for cell in row] for row in rows])


def pdf(title: str, columns: Sequence[Column], parts: Iterable[bytes], store: StoreView, locale: str, *, made: datetime, identifier: bytes) -> bytes:  # fmt: skip
    """All rows as one PDF. Raises NoReceipts where this machine can make none."""
    rows = [row for part in parts for row in msgspec.json.decode(part, type=list[list[str]])]
    html = render_template(
        "console/exports/sheet.html",
        title=title,
        columns=[words for _code, words in columns],
        rows=rows,
        shop=store.name(locale),
        made=day_and_time(made, locale, ZoneInfo(store.time_zone)),
        locale=locale,
        dir=direction(locale),
    )
    return render_pdf(html, identifier)


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return f"{cell.decimal:f}"
        case datetime():
            return cell.astimezone(UTC).isoformat()
        case _:
            return str(cell)


def _safe(said: str) -> str:
    return "'" + said if FORMULA.match(said) else said


def _words(cell: Cell, locale: str, zone: ZoneInfo) -> str:
    match cell:
        case Money():
            return plain_money(cell, locale)
        case datetime():
            return day_and_time(cell, locale, zone)
        case int():
            return number(cell, locale)
        case _:
            return cell or ""
