"""Conditions against the shop as it is: the cart's worth, the person's orders, what is in the cart."""

import pytest
from sqlalchemy import insert, text, update

from app.catalog.models import Category, Product
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import new_id
from app.payments.manual import Manual
from app.recovery.content import Condition
from app.recovery.judging import facts_of, unmet
from app.recovery.reading import NoSuchMessage
from tests.factories import make_customer, make_product, set_stock
from tests.ordering import place, put, ready
from tests.recovery_messages import make_message

pytestmark = pytest.mark.usefixtures("in_store")


def test_the_facts_are_those_of_now() -> None:
    lamp, mugs = make_product("Lamp", price=2_000), make_product("Mugs", price=1_500)
    category_id = new_id()
    with transaction() as session:
        session.execute(
            insert(Category).values(
                store_id=current_store_id(), id=category_id, slug="light", title={"en": "Light"}, position=1
            )
        )
        session.execute(update(Product).where(Product.id == lamp.id).values(category_id=category_id))
    customer_id = make_customer("buyer@example.com", password_hash="x")
    put(customer_id, lamp.variant_id)
    place(customer_id, ready(customer_id, Manual.name), {Manual.name: Manual()})
    put(customer_id, lamp.variant_id, 2)
    put(customer_id, mugs.variant_id)
    set_stock(mugs, 0)
    message_id = make_message(customer_id)
    with transaction() as session:
        session.execute(text("UPDATE episodes SET reason = 'delivery_cost', likelihood = 0.4"))
    facts = facts_of(message_id)
    assert (facts.value.amount, facts.units, facts.orders) == (4_000, 2, 1)
    assert (facts.has_account, facts.language, facts.reason) == (True, "en", "delivery_cost")
    assert (facts.products, facts.categories) == ({lamp.handle}, {"light"})
    assert facts.likelihood == pytest.approx(0.4)
    assert unmet((), new_id()) == ""
    assert unmet((Condition(kind="units_at_least", value=2),), message_id) == ""
    wanted = (Condition(kind="units_at_least", value=2), Condition(kind="first_purchase", value=True))
    assert unmet(wanted, message_id) == "first_purchase"


def test_an_account_and_the_guest_it_was_are_one_person() -> None:
    product = make_product()
    guest = make_customer("same@example.com")
    put(guest, product.variant_id)
    place(guest, ready(guest, Manual.name), {Manual.name: Manual()})
    account = make_customer("same@example.com", password_hash="x")
    put(account, product.variant_id)
    assert facts_of(make_message(account)).orders == 1


def test_a_message_that_is_not_there() -> None:
    with pytest.raises(NoSuchMessage):
        unmet((Condition(kind="has_account", value=True),), new_id())
