"""Who is one person: over merges, addresses and confirmed numbers, in both directions, and never beyond the store."""

from typing import Any

import pytest
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId
from app.recovery import people
from tests.conftest import NOW
from tests.factories import make_customer
from tests.sent import noted


def change(customer_id: CustomerId, **values: Any) -> None:
    with transaction() as session:
        for column, value in values.items():
            session.execute(
                text(f"UPDATE customers SET {column} = :value WHERE id = :id"), {"value": value, "id": customer_id}
            )


@pytest.fixture
def shirin(in_store: Any) -> dict[str, CustomerId]:
    """One person in five guises, in a chain: each knows only the next."""
    made = {
        "account": make_customer("shirin@example.com", password_hash="x"),
        "guest": make_customer("shirin@example.com"),
        "elsewhere": make_customer("s.karimi@example.com"),
        "merged": make_customer("shirin.old@example.com"),
        "phone": make_customer("work@example.com"),
    }
    change(made["merged"], merged_into=made["account"])
    change(made["elsewhere"], merged_into=made["guest"], phone="+4930123456", phone_confirmed_at=NOW)
    change(made["phone"], phone="+4930123456", phone_confirmed_at=NOW)
    return made


@pytest.mark.parametrize("guise", ["account", "guest", "elsewhere", "merged", "phone"])
def test_whichever_guise_is_asked_about_it_is_the_same_person(shirin: dict[str, CustomerId], guise: str) -> None:
    make_customer("somebody.else@example.com")
    assert people.ids_of(shirin[guise]) == frozenset(shirin.values())


def test_one_statement_is_enough(shirin: dict[str, CustomerId]) -> None:
    finish_reading()
    with noted() as sent:
        people.ids_of(shirin["phone"])
    assert len(sent) == 1


def test_an_address_leads_to_the_whole_person(shirin: dict[str, CustomerId]) -> None:
    assert people.ids_of_address("work@example.com") == frozenset(shirin.values())
    assert people.ids_of_address("nobody@example.com") == frozenset()


def test_a_number_that_was_never_confirmed_links_nobody(in_store: Any) -> None:
    mine, theirs = make_customer("a@example.com"), make_customer("b@example.com")
    change(mine, phone="+4930123456", phone_confirmed_at=NOW)
    change(theirs, phone="+4930123456")
    assert people.ids_of(mine) == {mine}
    assert people.ids_of(theirs) == {theirs}


def test_an_erased_address_links_nobody(in_store: Any) -> None:
    one, other = make_customer(""), make_customer("")
    assert people.ids_of(one) == {one}
    assert people.ids_of_address("") == frozenset()
    assert other not in people.ids_of(one)


def test_the_same_address_in_another_store_is_somebody_else(in_store: Any, make_store: Any) -> None:
    here = make_customer("same@example.com")
    with use_store(make_store().id):
        there = make_customer("same@example.com")
        assert people.ids_of(there) == {there}
        finish_reading()  # what is read next belongs to a transaction in the other store
    assert people.ids_of(here) == {here}
