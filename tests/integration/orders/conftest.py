"""Real PostgreSQL and SMTP; the news of orders is carried out when a test says so, and none is left for the next test."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.tenancy import across_stores
from app.database.transaction import transaction
from app.embedded.mail import MailServer
from tests.integration.accounts.conftest import deliver
from tests.web.accounts.conftest import nobody_is_woken

__all__ = ["deliver", "nobody_is_woken"]


@pytest.fixture
def only_own_mail(app: Flask, mail: MailServer) -> None:
    """What other tests left in the outbox counts as done: making their receipts would take minutes."""
    with app.app_context(), across_stores(), transaction() as session:
        session.execute(text("UPDATE outbox SET done_at = now() WHERE done_at IS NULL"))
    mail.reset()
