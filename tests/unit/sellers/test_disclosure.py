"""What sellers may be told, held against every small world: whoever knows the program finds out nothing about few people."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sellers.disclosure import FEW, HIDDEN, LISTED, Cell, Figures, K, Product, Published, cover, partition, publish

Cells = Mapping[str, int]
NAMES = "abcdefgh"
FAR = 14  # people at most, where k is 3


def partitions(total: int, cells: int) -> Iterator[Cells]:
    for numbers in product(range(total + 1), repeat=cells):
        if sum(numbers) == total:
            yield dict(zip(NAMES, numbers, strict=False))


def covers(total: int, cells: int) -> Iterator[Cells]:
    for numbers in product(range(total + 1), repeat=cells):
        if sum(numbers) >= total:
            yield dict(zip(NAMES, numbers, strict=False))


def alike(total: int, worlds: Iterator[Cells], tell: Callable[..., dict[str, Cell] | None]) -> Iterator[tuple[dict[str, Cell], list[Cells]]]:  # fmt: skip
    """Each telling of a list with all worlds that lead to it."""
    found: dict[tuple[tuple[str, Cell], ...], list[Cells]] = defaultdict(list)
    for cells in worlds:
        told = tell(total, cells, 3)
        if told is not None:
            found[tuple(told.items())].append(cells)
    return ((dict(told), same) for told, same in found.items())


@pytest.mark.parametrize("cells", [2, 3, 4], ids=["2", "3", "4"])
def test_a_partition_tells_nothing_of_few_people(cells: int) -> None:
    for total in range(3, FAR - cells):
        for told, worlds in alike(total, partitions(total, cells), partition):
            for name, cell in told.items():
                values = {world[name] for world in worlds}
                if cell == FEW:
                    assert values == {0, 1, 2}, (total, told, name)
                elif cell == HIDDEN:
                    assert len(values) > 1, (total, told, name)
                    assert min(values) >= 3, (total, told, name)
                else:
                    assert values == {cell}
            few = [name for name, cell in told.items() if cell == FEW]
            assert not few or len({sum(world[name] for name in few) for world in worlds}) > 2


@pytest.mark.parametrize("cells", [2, 3, 4], ids=["2", "3", "4"])
def test_a_cover_tells_nothing_of_few_people_in_a_cell_or_outside_of_it(cells: int) -> None:
    for total in range(3, 15 if cells < 4 else 9):
        for told, worlds in alike(total, covers(total, cells), cover):
            for name, cell in told.items():
                values = {world[name] for world in worlds}
                if cell == FEW:
                    assert values == {0, 1, 2}, (total, told, name)
                elif cell == HIDDEN:
                    assert {total - value for value in values} == {0, 1, 2}, (total, told, name)
                else:
                    assert values == {cell}
                    assert total - int(cell) >= 3


def test_who_did_not_leave_it_is_a_group_as_well() -> None:
    worlds: dict[tuple[Cell, Cell], list[tuple[int, int]]] = defaultdict(list)
    for people in range(20):
        for leavers in range(min(people, 15) + 1):
            told = publish(Figures(people, leavers, {}, {}, {}), 3)
            worlds[told.had, told.left].append((people, leavers))
    for (had, left), same in worlds.items():
        if left == FEW:
            assert {leavers for _people, leavers in same} == {0, 1, 2}
        if had == FEW:
            assert {people for people, _leavers in same} == {0, 1, 2}
        if had == HIDDEN:
            assert {people - leavers for people, leavers in same} == {0, 1, 2}
        elif isinstance(had, int) and isinstance(left, int):
            assert had - left >= 3


def figures_of(persons: tuple[tuple[str, frozenset[str]], ...], reasons: str, products: str) -> Figures:
    """A week of people, each with a reason and what they left."""
    return Figures(
        had=len(persons) + 20,
        left=len(persons),
        outcomes={},
        reasons={name: sum(reason == name for reason, _ in persons) for name in reasons},
        products={
            name: Product(
                sum(name in left for _, left in persons), Counter(reason for reason, left in persons if name in left)
            )
            for name in products
        },
    )


def key(told: Published) -> str:
    return repr(told)


def test_lists_and_suggestions_together_tell_nothing_of_few_people() -> None:
    kinds = [(reason, frozenset(left)) for reason in "rst" for left in ("x", "y", "xy")]
    worlds: dict[str, list[Figures]] = defaultdict(list)
    tellings: dict[str, Published] = {}
    for size in range(2, 10):
        for persons in combinations_with_replacement(kinds, size):
            figures = figures_of(persons, "rst", "xy")
            told = publish(figures, 2)
            worlds[key(told)].append(figures)
            tellings[key(told)] = told
    assert any(told.suggestions for told in tellings.values())
    for name, told in tellings.items():
        same = worlds[name]
        for reason, cell in (told.reasons or {}).items():
            if cell == FEW:
                assert {one.reasons[reason] for one in same} == {0, 1}, told
        for item, cell in (told.products or {}).items():
            if cell == FEW:
                assert {one.products[item].people for one in same} == {0, 1}, told
            if cell == HIDDEN:
                assert {one.left - one.products[item].people for one in same} == {0, 1}, told


@given(
    st.lists(st.tuples(st.sampled_from("rst"), st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=2)), min_size=6, max_size=40),
    st.integers(0, 2),
)  # fmt: skip
def test_there_is_another_world_for_each_value(persons: list[tuple[str, frozenset[str]]], value: int) -> None:
    """Many products: people are told apart otherwise, and the telling is the same."""
    figures = figures_of(tuple(persons), "rst", NAMES)
    told = publish(figures, 3)
    pool = [name for name, cell in (told.reasons or {}).items() if cell in (FEW, HIDDEN)]
    for few in [name for name, cell in (told.reasons or {}).items() if cell == FEW]:
        absorbing = next(name for name in pool if (told.reasons or {})[name] == HIDDEN)
        among = [at for at, (reason, _) in enumerate(persons) if reason in pool]
        others = list(persons)
        for place, at in enumerate(among):
            others[at] = (few if place < value else absorbing, persons[at][1])
        again = figures_of(tuple(others), "rst", NAMES)
        assert again.reasons[few] == value
        assert key(publish(again, 3)) == key(told)


def test_what_harms_nobody_is_told() -> None:
    figures = Figures(
        had=80,
        left=60,
        outcomes={"bought": 12, "back": 18, "gone": 30},
        reasons={"price_rose": 25, "delivery_cost": 20, "changed_mind": 4, "just_left": 11},
        products={"kettle": Product(40, {"price_rose": 24, "just_left": 16}), "mug": Product(30, {"price_rose": 15}), "cup": Product(9), "jug": Product(0), **{str(n): Product(0) for n in range(8)}},
    )  # fmt: skip
    told = publish(figures)
    assert (told.had, told.left) == (80, 60)
    assert told.outcomes == {"bought": 12, "back": 18, "gone": 30}
    assert told.reasons is None, "11 and 4 are too few to hide each other"
    better = publish(Figures(80, 60, figures.outcomes, {**figures.reasons, "just_left": 15, "changed_mind": 0}, figures.products))  # fmt: skip
    assert better.reasons is None
    enough = publish(Figures(80, 60, {}, {"price_rose": 25, "delivery_cost": 12, "changed_mind": 4, "just_left": 19}, figures.products))  # fmt: skip
    assert enough.reasons == {"price_rose": 25, "delivery_cost": 12, "changed_mind": FEW, "just_left": HIDDEN}
    assert enough.products is not None
    assert (enough.products["kettle"], enough.products["mug"], enough.products["cup"]) == (40, 30, FEW)
    assert enough.suggestions == {"kettle": "price_rose"}, "half of the mug's is not over half"


def test_one_product_is_all_of_it_and_many_are_cut_short() -> None:
    alone = publish(Figures(50, 34, {}, {}, {"kettle": Product(34)}))
    assert alone.products == {"kettle": 34}
    many = publish(Figures(50, 34, {}, {}, {str(n): Product(20 if n == 99 else 3) for n in range(100)}))
    assert many.products is not None
    assert (many.products["99"], len(many.products), many.more) == (20, LISTED + 1, 99 - LISTED)


def test_below_ten_nothing_is_told() -> None:
    assert K == 10
    told = publish(Figures(9, 9, {"bought": 9}, {"just_left": 9}, {"kettle": Product(9)}))
    assert told == Published(FEW, FEW)
    assert publish(Figures(31, 9, {}, {}, {})) == Published(31, FEW)
