"""An order by whoever brought somebody's things back by a message's link counts for that message."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, VariantId, new_id
from app.recovery import checking, revenue
from app.recovery.adoption_models import AdoptionRow
from tests.bank import ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.measuring import attribution_of, evaluate, happen, make_campaign, make_episode, make_message
from tests.ordering import place, put, ready

HOUR = timedelta(hours=1)


class PassedOn:
    """A message about two things, and a friend it was passed on to."""

    def __init__(self) -> None:
        owner = make_customer("owner@example.com")
        self.friend: CustomerId = make_customer("friend@example.com")
        self.throw, self.kettle = (make_product(price=4_900).variant_id for _ in range(2))
        self.episode = make_episode(owner, campaign_id=make_campaign(), opened_at=NOW - 9 * HOUR)
        self.message = make_message(self.episode, owner, at=NOW - 8 * HOUR)
        evaluate(self.message, "send", "all_clear", NOW - 8 * HOUR)

    def adopts(self, adopter: UUID, things: Iterable[VariantId], *, customer: bool = True, hours: int = 1) -> None:
        """The button of the link's page was pressed so many hours ago."""
        with transaction() as session:
            session.execute(
                insert(AdoptionRow).values(
                    store_id=current_store_id(), episode_id=self.episode, adopter_id=adopter, message_id=self.message,
                    customer_id=adopter if customer else None, variant_ids=list(things), adopted_at=NOW - hours * HOUR,
                )
            )  # fmt: skip

    def orders(self, thing: VariantId) -> Any:
        """The friend orders something; the credit for it."""
        bank = ScriptedBank()
        put(self.friend, thing)
        order_id = place(self.friend, ready(self.friend), {bank.name: bank}).order_id
        revenue.credit(order_id)
        assert list(checking.check(NOW)) == []
        return attribution_of(order_id)


@pytest.fixture
def passed_on(in_store: Any) -> PassedOn:
    return PassedOn()


def test_it_counts_for_the_message_and_its_episode(passed_on: PassedOn) -> None:
    passed_on.adopts(passed_on.friend, [passed_on.throw, passed_on.kettle])
    happen(passed_on.message, "clicked", NOW - HOUR)
    row = passed_on.orders(passed_on.kettle)
    assert (row.kind, row.message_id, row.episode_id) == ("last_click", passed_on.message, passed_on.episode)
    assert (row.amount, row.returned) == (5_390, 0)


def test_a_guest_is_followed_into_the_cart_that_theirs_became(passed_on: PassedOn) -> None:
    guest = new_id()
    put(passed_on.friend, passed_on.kettle)
    with transaction() as session:
        session.execute(
            text("INSERT INTO guest_merges SELECT store_id, :guest, id, :now FROM carts WHERE customer_id = :friend"),
            {"guest": guest, "friend": passed_on.friend, "now": NOW - HOUR},
        )
    passed_on.adopts(guest, [passed_on.throw], customer=False)
    happen(passed_on.message, "clicked", NOW - HOUR)
    assert passed_on.orders(passed_on.throw).message_id == passed_on.message


@pytest.mark.parametrize("why", ["another_thing", "nobody_clicked", "long_ago", "somebody_else"])
def test_what_does_not_count(passed_on: PassedOn, why: str) -> None:
    things = [passed_on.throw] if why == "another_thing" else [passed_on.kettle]
    adopter = make_customer("third@example.com") if why == "somebody_else" else passed_on.friend
    hours = 24 * 8 if why == "long_ago" else 1
    passed_on.adopts(adopter, things, hours=hours)
    happen(passed_on.message, "clicked", NOW - hours * HOUR, "scanner" if why == "nobody_clicked" else "human")
    assert passed_on.orders(passed_on.kettle).kind == "direct"


def test_the_friends_own_later_click_goes_first(passed_on: PassedOn) -> None:
    own = make_message(make_episode(passed_on.friend, campaign_id=make_campaign()), passed_on.friend, at=NOW - 3 * HOUR)
    evaluate(own, "send", "all_clear", NOW - 3 * HOUR)
    passed_on.adopts(passed_on.friend, [passed_on.kettle], hours=2)
    happen(passed_on.message, "clicked", NOW - 2 * HOUR)
    happen(own, "clicked", NOW - HOUR)
    assert passed_on.orders(passed_on.kettle).message_id == own
    assert db.session.execute(text("SELECT count(*) FROM attributions")).scalar_one() == 1
    finish_reading()
