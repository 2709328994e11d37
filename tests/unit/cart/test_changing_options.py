"""A line can become another variant of its product, where it stands; with its twin it becomes one line."""

from uuid import UUID

import pytest

from app.cart.commands import ChangeVariant, Undo
from app.cart.errors import LineChanged, OtherProduct, SoldOut, StockShort, VariantNotFound
from app.cart.state import Line, Pane
from app.ids import ProductId, VariantId
from app.money import Money
from tests.unit.cart.values import Actor, facts, quantities, variant

ACTIVE = Pane.ACTIVE
MUG = ProductId(UUID(int=1001))


@pytest.fixture
def actor() -> Actor:
    known = facts(
        variant(1),
        variant(2, product_id=MUG, unit_price=Money(1200, "EUR"), available=4),
        variant(3),
        variant(4, product_id=MUG, available=0),
        variant(5, product_id=MUG, sellable=False),
    )
    actor = Actor(known)
    actor.adds(1, 3)
    actor.adds(3, 1)
    return actor


def line_of(actor: Actor, number: int) -> Line:
    line = actor.line(number, ACTIVE)
    assert line
    return line


def changes(actor: Actor, to: int, seen: int | None = None) -> None:
    actor.does(ChangeVariant(line_of(actor, 1).id, VariantId(UUID(int=to)), seen))


def test_the_line_stays_where_it_is_with_todays_price(actor: Actor) -> None:
    before = line_of(actor, 1)
    changes(actor, 2)
    assert quantities(actor.cart.lines) == [(2, 3), (3, 1)]
    assert line_of(actor, 2).id == before.id
    assert line_of(actor, 2).snapshot.unit_price == Money(1200, "EUR")


def test_it_joins_its_twin_and_can_be_taken_back(actor: Actor) -> None:
    actor.adds(2, 1)
    before = actor.cart.lines
    changes(actor, 2)
    assert quantities(actor.cart.lines) == [(3, 1), (2, 4)]
    actor.does(Undo(actor.cart.version))
    assert actor.cart.lines == before


def test_the_same_variant_changes_nothing(actor: Actor) -> None:
    before = actor.cart
    changes(actor, 1)
    assert actor.cart == before


@pytest.mark.parametrize(
    ("to", "refusal"), [(3, OtherProduct), (4, SoldOut), (5, VariantNotFound), (9, VariantNotFound)]
)
def test_what_is_refused(actor: Actor, to: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        changes(actor, to)


def test_stock_is_counted_with_the_twin(actor: Actor) -> None:
    actor.adds(2, 2)
    with pytest.raises(StockShort):
        changes(actor, 2)


def test_a_line_changed_elsewhere(actor: Actor) -> None:
    with pytest.raises(LineChanged):
        changes(actor, 2, seen=1)
