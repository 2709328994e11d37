"""While the demo's year is being made up, the console says how far it is."""

import pytest
from flask import Flask

from app.cache import made_up
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from tests.web.accounts.visitor import Visitor

OWNER = next(account.email for account in DEMO_ACCOUNTS if account.role == "owner")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "year is being made up: 63%."), ("fa", "سال نمایشی در حال ساخته شدن است: ۶۳٪.")],
    ids=["en", "fa"],
)
def test_it_is_said_while_it_lasts(app: Flask, visitor: Visitor, language: str, words: str) -> None:
    visitor.sign_in_to_console(OWNER, PASSWORD)
    with app.app_context():
        made_up.tell(63)
    try:
        assert words in visitor.get(f"/console/orders?lang={language}").text
    finally:
        with app.app_context():
            made_up.finish()
    assert words not in visitor.get(f"/console/orders?lang={language}").text
