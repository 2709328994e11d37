"""Abandoned carts in tests, in one line each: a campaign that is live, a cart left at a moment, what was opened for it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from app.cart import service
from app.cart.commands import AddItem, Command
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Cart, Pane
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, LineId, VariantId, new_id
from app.recovery import detection, starting
from app.recovery.content import Content, Step, Texts, document_of
from app.recovery.detection import Detected
from app.recovery.models import CampaignRow, CampaignVersionRow
from app.recovery.values import Channel, Trigger
from app.stores import directory
from app.stores.directory import StoreView
from app.web.visitors import Visitor
from tests.conftest import NOW

HOUR = timedelta(hours=1)
ABANDONED = NOW + timedelta(minutes=31)  # when a cart left at NOW is due


def this_store() -> StoreView:
    """The store that was entered, with its settings as they are now."""
    return directory.get(current_store_id())


def begin_looking(since: datetime = NOW - timedelta(days=30)) -> None:
    """Have the store look for abandoned carts since then."""
    starting.looking_since(this_store().settings, since)


def make_campaign(
    *, holdout: int | None = 0, subject_b: str = "", priority: int = 100, trigger: Trigger = Trigger.CART_ABANDONED,
    hours: tuple[int, ...] = (1, 24, 48), state: str = "active", quiet_days: int = 30,
) -> UUID:  # fmt: skip
    """A published campaign with a mail after each of these hours."""
    words = {"en": Texts(subject="You left something", subject_b=subject_b)}
    steps = tuple(
        Step(number=at, delay_seconds=hour * 3600, channel=Channel.EMAIL, texts=words)
        for at, hour in enumerate(hours, 1)
    )
    content = document_of(
        Content(
            name={"en": "Reminder", "fa": "یادآوری"},
            trigger=trigger,
            steps=steps,
            holdout_percent=holdout,
            quiet_days=quiet_days,
        ),
    )
    campaign_id, store_id = new_id(), current_store_id()
    with transaction() as session:
        session.execute(
            insert(CampaignRow).values(
                store_id=store_id, id=campaign_id, trigger=trigger, state=state, priority=priority, draft=content,
                live_version=1, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.execute(
            insert(CampaignVersionRow).values(
                store_id=store_id, campaign_id=campaign_id, version=1, content=content, published_at=NOW
            )
        )
    return campaign_id


def does(customer_id: CustomerId, command: Command, now: datetime = NOW, by: Visitor = Visitor.PERSON) -> Cart:
    """The customer's cart after a change."""
    shopper = Shopper(customer_id, by=by)
    changed = service.change(shopper, command, op_id=new_id(), currency="EUR", policy=Policy(), days=30, now=now)
    return changed.cart


def puts(
    customer_id: CustomerId, variant_id: VariantId, quantity: int = 1, *, now: datetime = NOW,
    pane: Pane = Pane.ACTIVE, by: Visitor = Visitor.PERSON,
) -> Cart:  # fmt: skip
    """The customer puts something into the cart and leaves."""
    return does(customer_id, AddItem(LineId(new_id()), variant_id, quantity, pane), now, by)


def detect(now: datetime = ABANDONED, **how: Any) -> Detected:
    """Look for abandoned carts in the store that was entered."""
    return detection.detect(this_store(), now, **how)


def rows(statement: str, **names: Any) -> list[Any]:
    """What the store's tables say."""
    with transaction() as session:
        return list(session.execute(text(statement), names))


def episodes_of(*customers: CustomerId) -> list[Any]:
    """All their episodes, oldest first."""
    return rows("SELECT * FROM episodes WHERE customer_id = ANY(:ids) ORDER BY number", ids=list(customers))


def messages_of(*customers: CustomerId) -> list[Any]:
    """All messages meant for them, by step."""
    return rows("SELECT * FROM messages WHERE customer_id = ANY(:ids) ORDER BY episode_id, step", ids=list(customers))
