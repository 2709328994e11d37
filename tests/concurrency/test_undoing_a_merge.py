"""Undoing a merge while another device signs in: the merge that is undone is the one whose lines go back to the guest."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.cart import guest_repository, queries, repository, service
from app.cart.commands import AddItem
from app.cart.errors import NothingToUndo
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.ids import CustomerId, LineId, new_id
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product

SETTINGS: Any = {"currency": "EUR", "policy": Policy(), "now": NOW}


def device_with(units: int) -> UUID:
    guest = Shopper(guest_cart_id=uuid4())
    add = AddItem(LineId(new_id()), make_product(f"{units} pieces").variant_id, units)
    service.change(guest, add, op_id=new_id(), days=30, **SETTINGS)
    assert guest.guest_cart_id
    return guest.guest_cart_id


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen between the look at the cart and the change: where another device's sign-in may fall."""
    look = repository.find_open

    def looking(customer_id: CustomerId) -> Any:
        seen = look(customer_id)
        monkeypatch.setattr(repository, "find_open", look)
        happens()
        return seen

    monkeypatch.setattr(repository, "find_open", looking)


@pytest.mark.parametrize("merged_before", [False, True], ids=["first sign-in", "second sign-in"])
def test_a_merge_that_came_in_meanwhile_stays(
    in_store: TestStore, monkeypatch: pytest.MonkeyPatch, merged_before: bool
) -> None:
    customer_id, phone, laptop = make_customer(), device_with(2), device_with(5)
    if merged_before:
        service.merge_guest_cart(phone, customer_id, **SETTINGS)
    meanwhile(monkeypatch, lambda: service.merge_guest_cart(laptop, customer_id, **SETTINGS))
    given: list[UUID] = []
    monkeypatch.setattr(guest_repository, "delete", _noting(given, guest_repository.delete))
    with pytest.raises(NothingToUndo):
        service.undo_merge(customer_id, op_id=new_id(), days=30, **SETTINGS)
    assert queries.get_cart(Shopper(customer_id), days=30).cart.units() == (7 if merged_before else 5)
    assert not any(guest_repository.load(guest, 30).cart.lines for guest in given)


def _noting(given: list[UUID], delete: Callable[[UUID], None]) -> Callable[[UUID], None]:
    def deleting(guest_cart_id: UUID) -> None:
        given.append(guest_cart_id)
        delete(guest_cart_id)

    return deleting
