"""Receipts: an order as a PDF/UA-1 page in one language, made by a job, kept as it was made.

WeasyPrint is heavy and needs the system's pango: it is imported where it is used, and without it `page` is offered.
"""

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import structlog
from flask import current_app, render_template
from sqlalchemy import select, text

from app.channels.composing import Attachment
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.ids import OrderId
from app.orders.bill import bill
from app.orders.models import ReceiptRow
from app.orders.queries import get_order
from app.orders.values import Order, OrderState
from app.stores.letterhead import Letterhead, letterhead
from app.stores.request import at_current_store
from app.web.language import direction, speaking

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

OWN = "http://receipt.invalid"  # never asked: what starts with it is read from static/, everything else is refused

SOURCE = "orders.receipt"  # under which letters name receipts

log = structlog.get_logger(__name__)

KEEP = text("""
    INSERT INTO receipts (store_id, order_id, locale, body, made_at) VALUES (:store_id, :order_id, :locale, :body, :now)
    ON CONFLICT DO NOTHING""")


class NoReceipts(Exception):
    """This machine cannot make PDFs: a library of the system is missing (docs/operations.md)."""


def page(order: Order, head: Letterhead, locale: str) -> str:
    """The receipt as a page of its own, for printing from a browser. It names no address but below /static."""
    return _page(order, head, locale, paged=False)


def make(order: Order, head: Letterhead, locale: str) -> bytes:
    """The receipt as a PDF; the same order gives the same bytes. Raises NoReceipts."""
    return render_pdf(_page(order, head, locale, paged=True), order.id.bytes + locale.encode())


def render_pdf(html: str, identifier: bytes) -> bytes:
    """A page as PDF/UA-1; it reads files below static/ only. Raises NoReceipts."""
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, base_url=OWN, url_fetcher=_own_files(str(current_app.static_folder)))
    pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return pdf


def can_make() -> bool:
    """Whether this machine can make PDFs."""
    try:
        _weasyprint()
    except NoReceipts:
        return False
    return True


def keep(order: Order, head: Letterhead, locale: str, *, now: datetime) -> None:
    """Make the receipt and keep it for good, unless there is one. Raises NoReceipts."""
    if find_receipt(order.id, locale) is not None:
        return
    finish_reading()  # making takes a second: no transaction waits for it
    body = make(order, head, locale)
    names = {"store_id": current_store_id(), "order_id": order.id, "locale": locale, "body": body, "now": now}
    with transaction() as session:
        session.execute(KEEP, names)


def current(order: Order, head: Letterhead, locale: str) -> bytes | None:
    """The receipt as it is to be handed out: the one kept, or one made anew if the order was cancelled or refunded since.

    None if there is none yet. Raises NoReceipts.
    """
    if order.state is OrderState.CANCELLED or order.refunded:
        finish_reading()
        return make(order, head, locale)
    return find_receipt(order.id, locale)


def find_receipt(order_id: OrderId, locale: str) -> bytes | None:
    """The PDF that was made of an order in a language, None if there is none (yet)."""
    key = (ReceiptRow.store_id == current_store_id(), ReceiptRow.order_id == order_id, ReceiptRow.locale == locale)
    return db.session.execute(select(ReceiptRow.body).where(*key)).scalar_one_or_none()


def attachment(reference: Mapping[str, Any]) -> Attachment | None:
    """The receipt that a letter takes along: its `order_id`, `locale` and `name`. None if there is none."""
    order_id, locale = OrderId(UUID(reference["order_id"])), reference["locale"]
    try:
        with at_current_store():
            body = current(get_order(order_id), letterhead(locale), locale)
    except Exception as error:  # a receipt that cannot be made must not keep the letter from its reader
        log.warning("receipt_failed", order=str(order_id), reason=type(error).__name__)
        return None
    return Attachment(reference["name"], "application/pdf", body) if body else None


def file_name(order: Order) -> str:
    """What the file is called, the same in every language: some mail programs spoil other letters."""
    return f"receipt-{order.number}.pdf"


def _page(order: Order, head: Letterhead, locale: str, *, paged: bool) -> str:
    names = {"head": head, "locale": locale, "dir": direction(locale), "paged": paged}
    with speaking(locale):
        return render_template("receipts/receipt.html", bill=bill(order, head, locale), **names)


@cache
def _weasyprint() -> Any:
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # else fontTools writes the hour into each font
    try:
        import weasyprint
    except OSError as missing:  # cannot load library 'libpango-1.0-0'
        log.warning("no_receipts", reason=str(missing).partition("\n")[0])
        raise NoReceipts from missing
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of every property that only browsers know
    return weasyprint


@cache
def _own_files(static: str) -> "URLFetcher":
    """Reads files below static/ and nothing else: neither the net nor the disk."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    folder = Path(static).resolve()

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> "URLFetcherResponse":
            asked = urlsplit(url)
            path = (folder / unquote(asked.path).removeprefix("/static/")).resolve()
            if f"{asked.scheme}://{asked.netloc}" != OWN or not path.is_relative_to(folder) or not path.is_file():
                raise FatalURLFetchingError(f"not a file of ours: {url}")
            kind = guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, BytesIO(path.read_bytes()), {"Content-Type": kind})

    return OwnFiles()
