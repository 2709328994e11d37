"""Facts of messages for tests: everything speaks for sending, but for what a test says."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.recovery.decision import ConsentFact, MessageFacts
from app.recovery.localtime import Place
from app.recovery.values import CampaignState, Channel, EpisodeState, MessageKind
from tests.conftest import NOW

ABANDONED = NOW - timedelta(hours=2)
CONSENT = ConsentFact(id=UUID(int=1), granted=True, source="checkout", said_at=NOW - timedelta(days=1), confirmed=False)


def facts(**changes: Any) -> MessageFacts:
    """An email of a campaign's step to somebody in Berlin."""
    values: dict[str, Any] = {
        "kind": MessageKind.STEP,
        "channel": Channel.EMAIL,
        "planned_at": NOW - timedelta(hours=1),
        "episode": EpisodeState.OPEN,
        "abandoned_at": ABANDONED,
        "last_activity": ABANDONED,
        "ordered": False,
        "paying_until": None,
        "campaign": CampaignState.ACTIVE,
        "unmet": "",
        "lines": 2,
        "buyable": 1,
        "staff": False,
        "fraud": False,
        "has_address": True,
        "address_confirmed": True,
        "consent": CONSENT,
        "suppressed": None,
        "place": Place(("Europe/Berlin",), (("FR", ""),)),
        "has_sender": True,
        "recovery_on": True,
        "channel_on": True,
        "hours": (0, 24),
        "threshold": timedelta(minutes=30),
        "sent_in_episode": 0,
        "sms_in_episode": 0,
        "later_step_sent": False,
        "sent_at": (),
        "messages_at_most": 3,
        "interval": timedelta(hours=24),
        "frequency_at_most": 6,
        "frequency_within": timedelta(days=7),
        "budget": None,
        "budget_used": 0,
        "month": (NOW.year, NOW.month),
    }
    return MessageFacts(**{**values, **changes})
