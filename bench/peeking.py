"""`python -m bench.peeking`: how often somebody who looks after every cart is told of a difference that is not there.

Two arms that are treated alike (A/A), as shops are: few carts bring anything, few orders bring much. Beside the range of
recovery/uplift.py stands what a t-test looked at as often would have said, and the range without its guard. With an
effect: how often the range ever left out the truth, and how often it found the effect.
"""

import argparse
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import Pool

from app.recovery import uplift
from app.recovery.uplift import NOTHING, Pair, Sums

MEDIAN_ORDER = 6_000  # minor units
BOOTSTRAP = 200  # carts before the t-test may speak, too


@dataclass(frozen=True)
class Shop:
    """Where carts come from: how many are held out, how many buy, how much orders differ, and what messages add.

    Every second cart enters the campaign `beside` it, which has shares and buyers of its own, if there is one.
    """

    name: str
    holdout: float
    buys: float
    orders: str
    cap: int | None = None
    more_buy: float = 0.0
    beside: "Shop | None" = None

    def outcome(self, chance: random.Random, held: bool) -> int:
        """What one cart brings."""
        if chance.random() >= self.buys + (0.0 if held else self.more_buy):
            return 0
        return uplift.cut(self.cap, ORDERS[self.orders](chance))

    def truth(self) -> float:
        """What messages add to the mean, found by drawing many orders."""
        if not self.more_buy:
            return 0.0
        chance = random.Random(0)
        drawn = [uplift.cut(self.cap, ORDERS[self.orders](chance)) for _ in range(400_000)]
        return self.more_buy * sum(drawn) / len(drawn)


ORDERS: dict[str, Callable[[random.Random], int]] = {
    "usual": lambda chance: int(chance.lognormvariate(math.log(MEDIAN_ORDER), 1.0)),
    "heavy": lambda chance: int(2_000 * chance.paretovariate(1.5)),  # no variance at all
    "rate": lambda _chance: 1,
}
ALIKE = (
    Shop("revenue, 10 % held out", 0.1, 0.08, "usual"),
    Shop("revenue, halves", 0.5, 0.08, "usual"),
    Shop("revenue without variance, capped", 0.1, 0.08, "heavy", 40_000),
    Shop("revenue without variance, not capped", 0.1, 0.08, "heavy"),
    Shop("orders, 10 % held out", 0.1, 0.08, "rate"),
    Shop("clicks, halves", 0.5, 0.03, "rate"),
    Shop("orders, two campaigns", 0.1, 0.05, "rate", beside=Shop("that holds out more", 0.4, 0.2, "rate")),
)
HELPED = (
    Shop("revenue, +4 points buy", 0.1, 0.08, "usual", None, 0.04),
    Shop("orders, +4 points, halves", 0.5, 0.08, "rate", None, 0.04),
)


@dataclass(frozen=True)
class Seen:
    """What one run's onlooker was told at any look: by the t-test, by the range; whether it left out the truth."""

    naive: bool
    anytime: bool
    missed: bool


def looks(shop: Shop, seed: int, carts: int) -> Iterator[list[Pair]]:
    """Each campaign's arms' sums after every cart, once there is a cart in both."""
    chance = random.Random(seed)
    campaigns = [(one, ([0, 0, 0, 0], [0, 0, 0, 0])) for one in (shop, shop.beside) if one]
    for number in range(carts):
        campaign, arms = campaigns[number % len(campaigns)]
        held = chance.random() < campaign.holdout
        brought = campaign.outcome(chance, held)
        arm = arms[held]
        arm[0] += 1
        arm[1] += brought
        arm[2] += brought * brought
        arm[3] += brought > 0
        yield [(Sums(*sent), Sums(*held_out)) for _, (sent, held_out) in campaigns if sent[0] and held_out[0]]


def watch(shop: Shop, seed: int, carts: int, truth: float) -> Seen:
    """Look after every cart of one run. The t-test throws campaigns together."""
    naive = anytime = missed = False
    for strata in looks(shop, seed, carts):
        naive = naive or t_test(*(sum((pair[arm] for pair in strata), start=NOTHING) for arm in (0, 1)))
        found = uplift.compare_strata(strata)
        if found.low is not None and found.high is not None:
            anytime = anytime or found.settled
            missed = missed or not found.low <= truth <= found.high
    return Seen(naive, anytime, missed)


def t_test(treated: Sums, control: Sums) -> bool:
    """Welch's test at 5 %, as if it were looked at once."""
    if treated.n + control.n < BOOTSTRAP or not treated.n or not control.n:
        return False
    error = math.sqrt(treated.variance / treated.n + control.variance / control.n)
    return abs(treated.mean - control.mean) > 1.96 * error > 0


def rates(shop: Shop, runs: int, carts: int) -> tuple[float, float, float]:
    """How many of the runs were told of a difference by the t-test, by the range; how many saw the truth left out."""
    truth = shop.truth()
    seen = [watch(shop, seed, carts, truth) for seed in range(runs)]
    return (
        sum(run.naive for run in seen) / runs,
        sum(run.anytime for run in seen) / runs,
        sum(run.missed for run in seen) / runs,
    )


def main() -> int:
    """Run, print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.peeking", description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--carts", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    print(f"{given.runs} runs of {given.carts} carts, looked at after each\n")
    print("| arms alike | t-test says a difference | range says one |\n| - | -: | -: |")
    shops = (*ALIKE, *HELPED)
    with Pool(given.processes) as pool:
        found = pool.starmap(rates, [(shop, given.runs, given.carts) for shop in shops], chunksize=1)
    for shop, (naive, anytime, missed) in zip(shops, found, strict=True):
        if shop.more_buy:
            print(f"{shop.name}: found in {anytime:.1%}; the range ever left out the truth in {missed:.2%}")
        else:
            print(f"| {shop.name} | {naive:.1%} | {anytime:.2%} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
