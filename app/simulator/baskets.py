"""What shoppers put into their carts: few things are popular (Zipf), and some are bought together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from uuid import UUID

EXPONENT = 0.9  # of Zipf's law: the second is bought about half as often as the first
SIZES = (1, 2, 3, 4, 5, 6)
OF_SIZES = (34, 27, 18, 11, 6, 4)
QUANTITIES = (1, 2, 3)
OF_QUANTITIES = (80, 15, 5)
TOGETHER = 0.45  # how often the next thing goes with the first one
COMPANIONS = 4  # of each product
RARE = 0.4  # the last part of the shelf: what is bought so seldom that it may run out or become dearer for one shopper


@dataclass(frozen=True, slots=True)
class Good:
    """Something on the shelf. `least` and `most`: how many may be bought at once."""

    variant_id: UUID
    product_id: UUID
    least: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of a good, by its place on the shelf."""

    good: int
    quantity: int


class Shelf:
    """The catalogue in order of popularity, which the seed decides."""

    def __init__(self, goods: Sequence[Good], random: Random) -> None:
        self.goods = sorted(goods, key=lambda good: str(good.variant_id))
        random.shuffle(self.goods)
        self._shares = list(accumulate(1 / (rank**EXPONENT) for rank in range(1, len(self.goods) + 1)))
        self._companions = [
            [random.randrange(len(self.goods)) for _ in range(COMPANIONS)] for _ in range(len(self.goods))
        ]

    def popular(self, random: Random) -> int:
        """The place of something that somebody takes."""
        return random.choices(range(len(self.goods)), cum_weights=self._shares)[0]

    def rare(self, random: Random) -> int:
        """The place of something that hardly anybody takes."""
        first = int(len(self.goods) * (1 - RARE))
        return random.randrange(min(first, len(self.goods) - 1), len(self.goods))

    def basket(self, random: Random, *, least: int = 1, rare: bool = False) -> tuple[Wanted, ...]:
        """What somebody takes: at least `least` products (as far as there are so many); with `rare` the last one is seldom taken."""
        size = max(least, random.choices(SIZES, OF_SIZES)[0])
        places: list[int] = []
        products: set[UUID] = set()
        for _ in range(size * 4):
            if len(places) == size:
                break
            place = self._next(places, random)
            if self.goods[place].product_id not in products:
                products.add(self.goods[place].product_id)
                places.append(place)
        if rare:
            last = self.rare(random)
            places = [*[place for place in places if place != last][: size - 1], last]
        return tuple(self._wanted(place, random) for place in places)

    def _next(self, places: list[int], random: Random) -> int:
        if places and random.random() < TOGETHER:
            return random.choice(self._companions[places[0]])
        return self.popular(random)

    def _wanted(self, place: int, random: Random) -> Wanted:
        good = self.goods[place]
        quantity = max(good.least, random.choices(QUANTITIES, OF_QUANTITIES)[0])
        return Wanted(place, min(quantity, good.most) if good.most is not None else quantity)
