"""Letters to the people of the console, over real SMTP: the invitation with its link, unless it was revoked meanwhile."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts import invitations, letters, staff
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import seed_accounts
from app.embedded.mail import MailServer
from tests.conftest import NOW, TestStore
from tests.web.accounts.visitor import Visitor, fresh_address

Deliver = Callable[[], int]


@pytest.fixture
def owner(app: Flask, store: TestStore) -> staff.Colleague:
    """The owner of the demonstration's people."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        return staff.list_staff()[0]


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_the_link_of_the_letter_opens(
    app: Flask, visitor: Visitor, owner: staff.Colleague, mail: MailServer, deliver: Deliver, locale: str
) -> None:
    email = fresh_address()
    with app.app_context(), use_store(visitor.store.id):
        invitations.invite(email, "admin", by=owner.id, inviter="Nora", locale=locale, now=NOW)
    deliver()
    (message,) = [one for one in mail.messages if email in one.recipients]
    text = message.parsed.get_body(("plain",)).get_content()
    found = re.search(r"http://shop\.example(/console/invitations/[0-9a-f]{43})\b", text)
    assert found, text
    assert found[1] in message.parsed.get_body(("html",)).get_content()
    assert ("مدیر" if locale == "fa" else "admin") in text
    assert visitor.get(found[1]).status_code == 200


def test_a_revoked_invitation_is_not_sent(
    app: Flask, visitor: Visitor, owner: staff.Colleague, mail: MailServer, deliver: Deliver
) -> None:
    email = fresh_address()
    with app.app_context(), use_store(visitor.store.id):
        made = invitations.invite(email, "admin", by=owner.id, inviter="Nora", locale="en", now=NOW)
        invitations.revoke(made, actor="staff:x", now=NOW)
    deliver()
    assert not [one for one in mail.messages if email in one.recipients]


@pytest.mark.parametrize("template", ["staff_locked", "staff_factor_reset", "staff_passkey_added"])
@pytest.mark.parametrize("locale", ["en", "fa"])
def test_the_other_letters(
    app: Flask, visitor: Visitor, owner: staff.Colleague, mail: MailServer, deliver: Deliver, template: str, locale: str
) -> None:
    with app.app_context(), use_store(visitor.store.id), transaction() as session:
        session.execute(staff.SIGN_IN, {"store": visitor.store.id, "staff": owner.id, "now": NOW, "locale": locale})
        letters.send_to_staff(owner.id, template, {"name": "Laptop"}, NOW)
    before = len(mail.messages)
    deliver()
    parsed = mail.messages[before].parsed
    assert parsed["Content-Language"] == locale
    assert "/console/" in parsed.get_body(("plain",)).get_content()
