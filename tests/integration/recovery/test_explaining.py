"""Why carts were left, found from what really happened in the store; once for each episode."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from app.cart import repository
from app.database.transaction import transaction
from app.ids import CustomerId
from app.orders import checkout
from app.recovery import explaining, rounds
from app.stores.service import change_setting
from tests.abandoning import ABANDONED, begin_looking, detect, episodes_of, puts, this_store
from tests.bank import DECLINED, ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product, set_stock
from tests.ordering import STANDARD, details, place, ready

MINUTE = timedelta(minutes=1)


@pytest.fixture
def looking(in_store: Any) -> None:
    """A store that looks for abandoned carts, and delivers for 4.90."""
    begin_looking()
    change_setting(key="delivery_methods", value=[msgspec.to_builtins(STANDARD)], actor="test", now=NOW)


def left(email: str = "shopper@example.com") -> CustomerId:
    """Somebody with a kettle in the cart."""
    customer_id = make_customer(email)
    puts(customer_id, make_product("Kettle", price=2500).variant_id)
    return customer_id


def change(statement: str) -> None:
    """Change the store's rows as something else would."""
    with transaction() as session:
        session.execute(text(statement))


def explained(customer_id: CustomerId) -> Any:
    """The episode of the cart, found and explained."""
    detect()
    explaining.explain(this_store())
    [episode] = episodes_of(customer_id)
    return episode


def enter(customer_id: CustomerId, **changes: Any) -> None:
    """Something typed in at checkout."""
    stored = repository.find_open(customer_id)
    assert stored
    entered = msgspec.structs.replace(details(), **changes)
    with transaction():
        checkout.keep_details(stored.id, entered, NOW + MINUTE)


def test_whoever_just_left(looking: None) -> None:
    episode = explained(left())
    assert (episode.reason, episode.evidence, episode.likelihood) == ("just_left", {}, 0.15)


@pytest.mark.parametrize(
    ("entered", "page"),
    [({"delivery_key": "", "provider": ""}, "delivery"), ({"provider": ""}, "payment"), ({}, "review")],
    ids=["delivery", "payment", "review"],
)
def test_the_delivery_cost_that_was_seen(looking: None, entered: dict[str, str], page: str) -> None:
    shopper = left()
    enter(shopper, **entered)
    episode = explained(shopper)
    assert episode.reason == "delivery_cost"
    assert episode.evidence == {"cost": {"amount": 490, "currency": "EUR"}, "page": page}


def test_a_payment_that_failed(looking: None) -> None:
    shopper = left()
    place(shopper, ready(shopper), {"scripted": ScriptedBank(answer=DECLINED)})
    assert explained(shopper).reason == "payment_failed"


def test_what_is_sold_out_by_then(looking: None) -> None:
    shopper, throw = left(), make_product("Throw")
    puts(shopper, throw.variant_id)
    set_stock(throw, 0)
    episode = explained(shopper)
    assert episode.reason == "out_of_stock"
    assert episode.evidence["title"]["en"] == "Throw"


def test_a_price_that_rose(looking: None) -> None:
    shopper = left()
    change("UPDATE variants SET price = 2600")
    episode = explained(shopper)
    assert episode.reason == "price_rose"
    assert (episode.evidence["before"]["amount"], episode.evidence["after"]["amount"]) == (2500, 2600)


def test_a_cart_that_went_on_meanwhile_is_explained_as_it_was_left(looking: None) -> None:
    shopper, throw = left(), make_product("Throw")
    detect()
    puts(shopper, throw.variant_id, now=ABANDONED)
    set_stock(throw, 0)
    explaining.explain(this_store())
    [episode] = episodes_of(shopper)
    assert episode.reason == "just_left"


def test_every_episode_is_explained_once_in_batches(looking: None) -> None:
    shoppers = [left(f"shopper{at}@example.com") for at in range(5)]
    detect()
    assert explaining.explain(this_store(), batch=2, at_most=3) == 4
    assert explaining.explain(this_store(), batch=2) == 1
    assert explaining.explain(this_store()) == 0
    assert {episode.reason for episode in episodes_of(*shoppers)} == {"just_left"}


def test_other_triggers_are_their_own_reason(looking: None) -> None:
    shopper = left()
    detect()
    change("UPDATE episodes SET trigger = 'price_dropped'")
    explaining.explain(this_store())
    assert [episode.reason for episode in episodes_of(shopper)] == ["price_dropped"]


def test_each_minute(looking: None) -> None:
    shopper = left()
    detect()
    change("DELETE FROM task_slots WHERE task = 'recovery.explain'")
    assert rounds.explain_abandoned() == 1
    assert rounds.explain_abandoned() is None
    assert [episode.reason for episode in episodes_of(shopper)] == ["just_left"]
