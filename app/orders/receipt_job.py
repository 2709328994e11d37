"""The job that makes a receipt, and then lets the letter go that takes it along."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from flask import current_app

from app.database.transaction import transaction
from app.events import outbox
from app.ids import OrderId
from app.orders import receipts
from app.orders.letters import TOPIC
from app.orders.queries import get_order
from app.stores.letterhead import letterhead
from app.stores.request import at_current_store

log = structlog.get_logger(__name__)


def make_and_send(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """What the outbox calls for letters.RECEIPT_TOPIC. Called again it makes nothing twice."""
    now = current_app.config["CLOCK"].now()
    order_id, locale = OrderId(UUID(payload["order_id"])), payload["locale"]
    try:
        with at_current_store():
            order, head = get_order(order_id), letterhead(locale)
            receipts.keep(order, head, locale, now=now)
    except receipts.NoReceipts:
        pass  # the log has it; the letter goes without
    except Exception as error:  # a receipt that cannot be made must not keep the letter from its reader
        log.warning("receipt_failed", order=str(order_id), reason=type(error).__name__)
    with transaction():
        outbox.record(TOPIC, payload["letter"], now=now, once=UUID(payload["letter_id"]))
