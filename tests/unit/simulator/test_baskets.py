"""What is put into simulated carts: popular things often, nothing twice, within what may be bought."""

from collections import Counter
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from app.simulator.baskets import RARE, Good, Shelf


def shelf(goods: int = 100, seed: str = "shelf") -> Shelf:
    """Goods in pairs: two variants of each product."""
    return Shelf(
        [Good(UUID(int=number), UUID(int=number // 2), least=1 + number % 2, most=2) for number in range(goods)],
        Random(seed),
    )


@given(goods=some.integers(1, 60), least=some.integers(1, 3), rare=some.booleans(), seed=some.text(max_size=5))
def test_a_basket_is_what_can_be_bought(goods: int, least: int, rare: bool, seed: str) -> None:
    made = shelf(goods)
    basket = made.basket(Random(seed), least=least, rare=rare)
    assert basket
    assert basket == made.basket(Random(seed), least=least, rare=rare)
    places = [wanted.good for wanted in basket]
    assert len(set(places)) == len(places)
    for wanted in basket:
        good = made.goods[wanted.good]
        assert good.least <= wanted.quantity <= (good.most or 999)


def test_the_same_seed_gives_the_same_shelf() -> None:
    assert shelf().goods == shelf().goods != shelf(seed="another").goods


def test_few_things_are_popular() -> None:
    made, random = shelf(), Random("zipf")
    counts = Counter(made.popular(random) for _ in range(20_000))
    assert [place for place, _count in counts.most_common(3)] == [0, 1, 2]
    assert 1.7 < counts[0] / counts[1] < 2.1
    assert 0.4 < sum(counts[place] for place in range(20)) / 20_000 < 0.8


def test_what_makes_somebody_leave_is_seldom_taken() -> None:
    made, random = shelf(), Random("rare")
    for _ in range(200):
        assert made.basket(random, rare=True)[-1].good >= len(made.goods) * (1 - RARE) - 1


def test_some_things_go_together() -> None:
    made, random = shelf(), Random("together")
    beside = Counter[int]()
    alone = Counter(made.popular(random) for _ in range(5_000))
    for _ in range(5_000):
        places = [wanted.good for wanted in made.basket(random, least=2)]
        if places[0] == 0:
            beside.update(places[1:2])
    often = beside.most_common(1)[0]
    assert often[1] / beside.total() > 1.5 * alone[often[0]] / alone.total()
