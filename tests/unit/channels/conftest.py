"""A store that was entered, a configuration, and messages to send; no servers of ours are needed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.channels.outgoing import OutgoingEmail, OutgoingSms
from app.config import Config
from app.database.tenancy import use_store
from app.ids import StoreId, new_id

SHORT = 0.6  # seconds a sender may take where it is to end without an answer


@pytest.fixture
def store_id() -> Iterator[StoreId]:
    """The store of the work at hand."""
    made = StoreId(new_id())
    with use_store(made):
        yield made


@pytest.fixture
def settings() -> Config:
    """A configuration without any provider."""
    return Config(
        database_url="-",
        redis_url="-",
        secret_key="k" * 32,
        mail_from="no-reply@shop.example",
        public_origin="https://shop.example",
    )


@pytest.fixture
def letter() -> OutgoingEmail:
    """A mail with everything that can be in one."""
    return OutgoingEmail(
        id=new_id(),
        to="roya@example.com",
        sender_name="ترنج\r\nBcc: mina@example.com",
        subject="سبد شما\r\nX-Evil: 1",
        html='<p>سبد شما</p><img src="cid:mark@dualcart">',
        text=".\nYour cart\n..\n",
        locale="fa",
        reply_to="hello@shop.example",
        headers={
            "List-Unsubscribe": "<https://shop.example/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


@pytest.fixture
def sms() -> OutgoingSms:
    """An SMS."""
    return OutgoingSms(id=new_id(), to="+14155552671", text="سبد شما هنوز اینجاست", locale="fa")


def noon() -> datetime:
    """A clock that stands."""
    return datetime(2026, 11, 21, 12, tzinfo=UTC)
