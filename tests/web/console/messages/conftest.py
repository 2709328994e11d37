"""The same staff as for the rest of the console, and a cart that was written about."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery.facts_query import inputs_of
from tests.abandoning import make_campaign
from tests.conftest import NOW, TestStore
from tests.recovering import consents, make_episode, make_message
from tests.unit.recovery.facts_values import facts
from tests.web.console.conftest import staffed, visitor
from tests.web.console.test_console_carts import filled

__all__ = ["staffed", "visitor"]


@dataclass(frozen=True)
class Written:
    """A cart with an episode, an email that was sent and an SMS that was not."""

    cart_id: UUID
    customer_id: CustomerId
    episode_id: UUID
    sent: UUID
    not_sent: UUID


def decide(message_id: UUID, verdict: str, reason: str, **known: Any) -> None:
    """A decision about a message, with the facts it was made by."""
    inputs = msgspec.json.encode(inputs_of(facts(**known), "hash")).decode()
    with transaction() as session:
        session.execute(
            text("""INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, inputs)
                    SELECT store_id, :id, id, :now, :verdict, :reason, CAST(:inputs AS jsonb) FROM messages
                    WHERE id = :message"""),
            {"id": new_id(), "message": message_id, "now": NOW, "verdict": verdict, "reason": reason, "inputs": inputs},
        )
        if verdict == "end":
            session.execute(
                text("UPDATE messages SET state = 'cancelled', reason = :reason, sent_at = NULL WHERE id = :id"),
                {"id": message_id, "reason": reason},
            )


@pytest.fixture
def written(app: Flask, staffed: TestStore) -> Written:
    """Made in the store with its staff."""
    with app.app_context(), use_store(staffed.id):
        customer_id, cart_id = filled()
        consents(customer_id, "email", now=NOW - timedelta(days=3))
        episode_id, campaign_id = make_episode(customer_id), make_campaign()
        with transaction() as session:
            session.execute(text("UPDATE episodes SET campaign_id = :id"), {"id": campaign_id})
        sent = make_message(episode_id, customer_id)
        not_sent = make_message(episode_id, customer_id, channel="sms", state="scheduled", step=2)
        decide(sent, "send", "all_clear")
        decide(not_sent, "end", "no_consent", channel="sms", consent=None)
        return Written(cart_id, customer_id, episode_id, sent, not_sent)
