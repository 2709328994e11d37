"""Mails about orders, recorded in the transaction that causes them: one of each kind for each order (or refund, or attempt).

The first letter waits for its receipt: it is recorded as the receipt's job (receipt_job.py), and leaves when that is done.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from app.accounts.addresses import mailable
from app.events import outbox
from app.money import Money
from app.orders.bill import Bill, amount, bill
from app.orders.receipts import SOURCE, file_name
from app.orders.values import Order
from app.stores.letterhead import Letterhead, letterhead
from app.web.dates import day
from app.web.formats import number

TOPIC = "orders.letter"
RECEIPT_TOPIC = "orders.receipt"


def order_placed(order: Order, *, page: str, saved: int, now: datetime) -> None:
    """The order is placed. `page` is the path of the order's page; `saved` how many items wait for the next purchase."""
    params = {"saved": saved, "saved_text": number(saved, order.locale)}
    _record("order_placed", order, page, params, now, receipt=True, new=True)


def order_in_review(order: Order, *, page: str, now: datetime) -> None:
    """Somebody of the store looks at the order first."""
    _record("order_in_review", order, page, {}, now)


def order_cancelled(order: Order, *, page: str, refund: Money | None, now: datetime) -> None:
    """The order is off; `refund` goes back, None where nothing was paid."""
    params = {"refund": amount(refund, order.locale) if refund else ""}
    _record("order_cancelled", order, page, params, now, receipt=bool(order.paid))


def order_refunded(order: Order, *, page: str, refund_id: UUID, refund: Money, now: datetime) -> None:
    """Money went back; one letter for each refund."""
    params = {"refund": amount(refund, order.locale)}
    _record("order_refunded", order, page, params, now, about=refund_id, receipt=True)


def payment_failed_later(order: Order, *, checkout: str, attempt_id: UUID, now: datetime) -> None:
    """A payment nobody could tell about turned out to have failed; the cart is as it was. One letter for each attempt."""
    params = {"on": day(order.created_at.date(), order.locale)}
    _record("payment_failed_later", order, checkout, params, now, about=attempt_id)


def _record(
    template: str,
    order: Order,
    path: str,
    params: Mapping[str, Any],
    now: datetime,
    *,
    about: UUID | None = None,
    receipt: bool = False,
    new: bool = False,
) -> None:
    head = letterhead(order.locale)
    shown = _with_origin(bill(order, head, order.locale), head)
    letter: dict[str, Any] = {
        "template": template,
        "locale": order.locale,
        "to": mailable(order.contact.email),
        "store": head.name,
        "origin": head.origin,
        "params": {
            "bill": msgspec.to_builtins(shown),
            "page": f"{head.origin}{path}",
            "seller": ("، " if order.locale == "fa" else ", ").join(
                part for part in (head.seller, *head.address) if part
            ),
            "email": head.email,
            **params,
        },
    }
    letter_id = uuid5(about or order.id, template)
    reference = {"order_id": str(order.id), "locale": order.locale}
    if receipt:
        letter["attachments"] = [{"source": SOURCE, "name": file_name(order), **reference}]
    if new:
        job = {**reference, "letter": letter, "letter_id": str(letter_id)}
        outbox.record(RECEIPT_TOPIC, job, now=now, once=uuid5(letter_id, RECEIPT_TOPIC))
    else:
        outbox.record(TOPIC, letter, now=now, once=letter_id)


def _with_origin(shown: Bill, head: Letterhead) -> Bill:
    """Mail programs need whole addresses of pictures."""
    lines = tuple(
        replace(line, picture=f"{head.origin}{line.picture}") if line.picture.startswith("/") else line
        for line in shown.lines
    )
    return replace(shown, lines=lines)
