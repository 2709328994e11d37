"""Letters about orders over real PostgreSQL and SMTP: one of each, the receipt with it, in the order's language."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from app.cart.state import Pane
from app.database.base import db
from app.database.transaction import transaction
from app.embedded.mail import MailServer
from app.events import outbox, relay
from app.money import Money
from app.orders import accepting, handling, letters, queries, receipts, settlement, sweeping
from app.payments.provider import Outcome, Status
from app.stores.letterhead import letterhead
from tests.bank import DECLINED, UNKNOWN, ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready

pytestmark = pytest.mark.usefixtures("only_own_mail")

Deliver = Callable[[], int]


def ordered(bank: ScriptedBank, saved: int = 0) -> Any:
    """An order of two throws; `saved` other things wait for the next purchase."""
    customer = make_customer()
    put(customer, make_product(price=4900).variant_id, 2)
    for _ in range(saved):
        put(customer, make_product("Board", price=2500).variant_id, 1, Pane.NEXT_PURCHASE)
    return place(customer, ready(customer), {bank.name: bank})


def carry_out(deliver: Deliver) -> None:
    """The news, the receipt's job, the letter: each is recorded by the one before. Orders are of NOW, whatever day it is."""
    while deliver() or relay.drain(lambda: NOW + timedelta(hours=1)):
        pass


def parts(message: Any) -> dict[str, Any]:
    return {part.get_content_type(): part for part in message.parsed.walk()}


def test_a_placed_order_is_confirmed_with_its_receipt(in_store: Any, mail: MailServer, deliver: Deliver) -> None:
    placed = ordered(ScriptedBank(), saved=2)
    carry_out(deliver)
    (message,) = mail.messages
    assert message.recipients == ("shirin@example.com",)
    assert message.parsed["Subject"].startswith("Order 1001: arriving ")
    body = parts(message)
    html, plain = body["text/html"].get_content(), body["text/plain"].get_content()
    for said in ("Thank you, your order is placed", "1001", "2 items are still saved", "€102.90", "Lindenstraße 5"):
        assert said in html.replace("<bdi>", "").replace("</bdi>", ""), said
        assert said in plain, said
    assert f"http://shop.example/orders/{placed.order_id}" in html
    assert "Your receipt is attached." in plain
    receipt = body["application/pdf"]
    assert receipt.get_filename() == "receipt-1001.pdf"
    pdf = receipt.get_content()
    assert "Wool throw" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert receipts.find_receipt(placed.order_id, "en") == pdf
    assert receipts.find_receipt(placed.order_id, "fa") is None


def test_whatever_is_handled_twice_is_sent_once(in_store: Any, mail: MailServer, deliver: Deliver) -> None:
    placed = ordered(ScriptedBank())
    with transaction():
        outbox.record(accepting.PLACED, {"order_id": str(placed.order_id), "in_review": False}, now=NOW)
    carry_out(deliver)
    db.session.execute(text("UPDATE outbox SET done_at = NULL WHERE topic = :t"), {"t": accepting.PLACED})
    db.session.commit()
    assert len(mail.messages) == 1


def test_a_machine_without_pango_sends_the_letter_without_the_receipt(
    in_store: Any, mail: MailServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Any:
        raise receipts.NoReceipts

    monkeypatch.setattr(receipts, "_weasyprint", missing)
    placed = ordered(ScriptedBank())
    carry_out(deliver)
    (message,) = mail.messages
    assert "application/pdf" not in parts(message)
    assert "You find your receipt on the page of your order." in parts(message)["text/plain"].get_content()
    assert receipts.find_receipt(placed.order_id, "en") is None


def test_a_cancelled_order_says_what_goes_back_and_the_receipt_says_so_too(
    in_store: Any, mail: MailServer, deliver: Deliver
) -> None:
    bank = ScriptedBank()
    placed = ordered(bank)
    carry_out(deliver)
    handling.cancel(placed.order_id, actor="staff:1", cause="out of stock", now=NOW)
    carry_out(deliver)
    message = mail.messages[-1]
    assert message.parsed["Subject"] == "Order 1001 is cancelled"
    assert "€102.90 goes back the way you paid." in parts(message)["text/plain"].get_content()
    pdf = parts(message)["application/pdf"].get_content()
    assert "Cancelled" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert receipts.find_receipt(placed.order_id, "en") != pdf  # what was handed out stays as it was
    assert len(mail.messages) == 2


def test_each_refund_has_its_letter(in_store: Any, mail: MailServer, deliver: Deliver) -> None:
    bank = ScriptedBank()
    placed = ordered(bank)
    carry_out(deliver)
    for cents in (1000, 500):
        handling.refund(placed.order_id, Money(cents, "EUR"), actor="staff:1", cause="chipped", now=NOW)
        refund_id = db.session.execute(
            text("SELECT id FROM refunds WHERE order_id = :o AND amount = :a"), {"o": placed.order_id, "a": cents}
        ).scalar_one()
        db.session.commit()
        settlement.apply_refund(refund_id, Outcome(Status.SUCCEEDED), now=NOW, actor="sweeper")
        carry_out(deliver)
    subjects = [message.parsed["Subject"] for message in mail.messages[1:]]
    assert subjects == ["Order 1001: €10.00 refunded", "Order 1001: €5.00 refunded"]
    last = parts(mail.messages[-1])
    assert "Paid after refund: €87.90" in last["text/plain"].get_content()
    assert "-€15.00" in PdfReader(io.BytesIO(last["application/pdf"].get_content())).pages[0].extract_text()


def test_a_payment_that_failed_after_all_is_said_once(in_store: Any, mail: MailServer, deliver: Deliver) -> None:
    bank = ScriptedBank(UNKNOWN, DECLINED)
    assert ordered(bank).status is Status.UNKNOWN
    for minutes in (5, 6):
        sweeping.sweep({bank.name: bank}, NOW + timedelta(minutes=minutes))
    carry_out(deliver)
    (message,) = mail.messages
    assert message.parsed["Subject"] == "Your payment did not go through"
    plain = parts(message)["text/plain"].get_content()
    assert "Nothing was charged." in plain
    assert "http://shop.example/checkout" in plain


def test_a_receipt_is_kept_once_and_current_while_nothing_happened(in_store: Any) -> None:
    placed = ordered(ScriptedBank())
    order, head = queries.get_order(placed.order_id), letterhead("en")
    assert receipts.current(order, head, "en") is None
    receipts.keep(order, head, "en", now=NOW)
    first = receipts.find_receipt(order.id, "en")
    receipts.keep(replace(order, payment_label="Other"), head, "en", now=NOW)
    assert receipts.find_receipt(order.id, "en") == first == receipts.current(order, head, "en")


def test_every_topic_about_orders_is_heard(app: Any) -> None:
    topics = {accepting.PLACED, handling.RELEASED, handling.CANCELLED, settlement.REFUNDED, settlement.FAILED_LATER}
    assert topics | {letters.TOPIC, letters.RECEIPT_TOPIC} <= set(relay._handlers)
