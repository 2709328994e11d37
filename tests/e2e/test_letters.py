"""Letters about orders in a browser: accessible, no wider than a small phone, light enough not to be cut off."""

from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask

from app.channels import email
from app.money import Money
from app.orders import letters
from app.orders.values import OrderState, PaymentState
from tests.conftest import NOW
from tests.orders_values import BERLIN, HEAD, HEAD_FA, TEHRAN, make_order

LARGEST = 40_000
# A letter is an article inside a mail program's page, which has the landmarks.
NOT_OURS = {"rules": {rule: {"enabled": False} for rule in ("region", "landmark-one-main")}}
ID = UUID(int=1)


@pytest.fixture
def written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that gives every kind of letter, as composed, in a language."""
    recorded: list[Any] = []
    monkeypatch.setattr(letters.outbox, "record", lambda topic, payload, **_: recorded.append(payload))
    monkeypatch.setattr(letters, "letterhead", lambda locale: HEAD_FA if locale == "fa" else HEAD)
    monkeypatch.setitem(email._resolvers, letters.SOURCE, lambda _: None)

    def write(locale: str) -> dict[str, Any]:
        recorded.clear()
        order = make_order(discount=1000, locale=locale, address=TEHRAN if locale == "fa" else BERLIN)
        off = make_order(locale=locale, state=OrderState.CANCELLED, payment=PaymentState.REFUNDED)
        with app.app_context():
            letters.order_placed(order, page="/orders/1", saved=2, now=NOW)
            letters.order_in_review(order, page="/orders/1", now=NOW)
            letters.order_cancelled(off, page="/orders/1", refund=off.total, now=NOW)
            letters.order_refunded(off, page="/orders/1", refund_id=ID, refund=Money(3400, "EUR"), now=NOW)
            letters.payment_failed_later(order, checkout="/checkout", attempt_id=ID, now=NOW)
            letters.order_placed(make_order(lines=40, locale=locale), page="/orders/1", saved=0, now=NOW)
            composed = [
                message_from_bytes(
                    email.compose(payload.get("letter", payload), ID, app.config["DUALCART"], NOW), policy=default
                )
                for payload in recorded
            ]
        return {
            f"{at} {message['Subject']}": message.get_body(("html",)).get_content()
            for at, message in enumerate(composed)
        }

    return write


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_letters_can_be_read_by_everyone(written: Any, page: Any, locale: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.route("**/*", lambda route: route.abort())
    for subject, html in written(locale).items():
        assert len(html.encode()) < LARGEST, subject
        for scheme in ("light", "dark") if subject.startswith("0") else ("light",):
            page.emulate_media(color_scheme=scheme)
            page.set_content(html)
            found = Axe().run(page, options=NOT_OURS)
            assert found.violations_count == 0, f"{subject} ({scheme}): {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, subject
