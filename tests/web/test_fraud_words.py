"""Every reason has a sentence for staff in both languages, with its evidence in it."""

import pytest
from flask import Flask

from app.orders.fraud import STEPS, Reason
from app.orders.fraud_words import shopper_sentence, staff_sentence
from app.web.language import speaking

EVIDENCE: dict[str, str | int] = {
    "count": 12, "trait": "ip", "times": 6, "seconds": 20, "kind": "suspect", "country": "FR",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(STEPS))
def test_every_reason_is_said_to_staff(app: Flask, code: str) -> None:
    reason = Reason(code, 1, EVIDENCE)
    with app.test_request_context():
        with speaking("en"):
            english = staff_sentence(reason, "en")
        with speaking("fa"):
            persian = staff_sentence(reason, "fa")
    assert english.endswith(".")
    assert english != persian
    assert "%(" not in english + persian
    assert ("12" in english) == ("۱۲" in persian)


def test_the_shopper_of_a_held_order_is_told(app: Flask) -> None:
    with app.test_request_context():
        with speaking("en"):
            assert shopper_sentence() == "We need to check this order. It takes up to 2 hours."
        with speaking("fa"):
            assert shopper_sentence() == "باید این سفارش را بررسی کنیم. تا ۲ ساعت طول می‌کشد."
