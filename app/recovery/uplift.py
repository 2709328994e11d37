"""What messages really add: campaign against holdout, with a range that stays valid however often it is looked at. Pure.

The estimate is the difference of the two arms' means per cart. Its range is an asymptotic confidence sequence: Waudby-Smith,
Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of
Statistics 52(6), 2024; arXiv:2103.06476), theorem 2.2 with Robbins' normal mixture, on the doubly robust estimate of their
section 3. With the arms' own means as regression and the observed shares as propensity, that estimate is the difference
of means, and its variance per cart is n (s1²/n1 + s0²/n0): sums are all it takes. Over strata k with weights w = n1k/n1 it is
the estimate for the treated, Σ w (m1 − m0), with n (Σ w² (s1²/n1 + s0²/n0) + Σ w (d − estimate)²/n1), the variance of its
influence function (Hahn, Econometrica 66(2), 1998). Decisions 0061 and 0081 say what was chosen and how it was tested.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

ALPHA = 0.05  # how often a range may ever leave out the truth, at any of its looks
PROBABLY = 0.20  # the same for the word "probably"
POWER_QUANTILE = 0.8416  # of the normal distribution: four of five true effects are found
TUNED_AT = 2_000  # carts at which the range is as narrow as it can be; chosen before any data
CARTS_AT_LEAST = 200
OUTCOMES_AT_LEAST = 10  # carts with an outcome other than zero, in each arm
BORROWED = 200  # carts of both arms by which a small arm's spread is steadied
DAYS_AT_MOST = 365


@dataclass(frozen=True, slots=True)
class Sums:
    """One arm: how many carts, the sum and the sum of squares of what each brought, and how many brought anything.

    In minor units for money; for rates each cart brings 0 or 1.
    """

    n: int
    total: int
    squares: int
    nonzero: int

    @property
    def mean(self) -> float:
        """Per cart."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Of one cart (divided by n; the sums are exact whole numbers)."""
        return (self.squares * self.n - self.total * self.total) / (self.n * self.n) if self.n else 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n, self.total + other.total, self.squares + other.squares, self.nonzero + other.nonzero
        )


Pair = tuple[Sums, Sums]
NOTHING = Sums(0, 0, 0, 0)


def count(n: int, of_them: int) -> Sums:
    """The sums of a rate: `of_them` among `n`."""
    return Sums(n, of_them, of_them, of_them)


class Verdict(StrEnum):
    """What may be said of a difference. Only the first two are settled."""

    BETTER = "better"
    WORSE = "worse"
    PROBABLY_BETTER = "probably_better"
    PROBABLY_WORSE = "probably_worse"
    UNDECIDED = "undecided"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Difference:
    """Treated minus control, per cart. `low` and `high` are None while there is too little for a range.

    `carts` of about `carts_wanted` are there then. `days_left`: about how many more until it is settled, should the
    difference stay as it is; None when settled, too little, or more than a year.
    """

    estimate: float
    low: float | None
    high: float | None
    verdict: Verdict
    carts: int
    carts_wanted: int
    days_left: int | None = None

    @property
    def settled(self) -> bool:
        """Whether it may be called better or worse."""
        return self.verdict in (Verdict.BETTER, Verdict.WORSE)


def compare(treated: Sums, control: Sums, *, carts_per_day: float = 0.0) -> Difference:
    """The difference between two arms that were assigned at random, as far as it is known by now."""
    return compare_strata([(treated, control)], carts_per_day=carts_per_day)


def compare_strata(strata: Sequence[Pair], *, carts_per_day: float = 0.0) -> Difference:
    """The difference where each stratum has arms of its own, treated and control: what a treated cart brought more.

    Strata are compared each by itself and weigh as many carts as were treated in them: thrown together, one that holds out
    more than the others would be compared with the others' carts. Those with an empty arm are not to be among them.
    """
    treated, control = (sum((pair[arm] for pair in strata), start=NOTHING) for arm in (0, 1))
    n, wanted = treated.n + control.n, _carts_wanted(treated, control)
    differences = [(one.n / treated.n, one.mean - other.mean) for one, other in strata] if treated.n else []
    estimate = sum(weight * difference for weight, difference in differences)
    if n < wanted:
        return Difference(estimate, None, None, Verdict.TOO_LITTLE, n, wanted)
    between = sum(weight * (difference - estimate) ** 2 for weight, difference in differences) / treated.n
    within = sum(
        weight**2 * _variance_per_cart(*pair) / (pair[0].n + pair[1].n)
        for (weight, _difference), pair in zip(differences, strata, strict=True)
    )
    spread = math.sqrt(n * (within + between))
    around = spread * unit_radius(n, ALPHA)
    verdict, days = _verdict(estimate, spread, n), None
    if verdict not in (Verdict.BETTER, Verdict.WORSE) and carts_per_day > 0:
        days = _days_left(abs(estimate), spread, n, carts_per_day)
    return Difference(estimate, estimate - around, estimate + around, verdict, n, wanted, days)


def unit_radius(n: int, alpha: float) -> float:
    """Half the range's width after `n` carts whose outcomes have variance 1 (theorem 2.2; ρ² from `mixture_variance`)."""
    grown = n * mixture_variance(alpha) + 1
    return math.sqrt(2 * grown / (n * (grown - 1)) * math.log(math.sqrt(grown) / alpha))


@lru_cache(maxsize=16)
def mixture_variance(alpha: float, tuned_at: int = TUNED_AT) -> float:
    """ρ² of the mixture: makes the range narrowest after `tuned_at` carts.

    With x = nρ² the squared width is proportional to (x + 1)/x · (log(x + 1) − 2 log α), least where
    x = log(x + 1) − 2 log α, which this iterates (the paper's appendix solves it by Lambert's W).
    """
    x = wanted = -2 * math.log(alpha)
    for _ in range(60):
        x = wanted + math.log(x + 1)
    return x / tuned_at


def cut(cap: int | None, amount: int) -> int:
    """An outcome as it is counted: no more than `cap`, which was fixed before the comparison began (None: as it is)."""
    return amount if cap is None else min(amount, cap)


@dataclass(frozen=True, slots=True)
class Plan:
    """What can be found before anything has begun: the smallest effect per cart found in `days`, four times out of five."""

    carts: int
    days: int
    smallest_effect: float


def smallest_effect(deviation: float, share_of_control: float, carts_per_day: float, days: int) -> Plan:
    """How small an effect `days` of carts can show. `deviation`: the standard deviation of one cart's outcome."""
    carts = int(carts_per_day * days)
    if carts < CARTS_AT_LEAST:
        return Plan(carts, days, math.inf)
    return Plan(carts, days, _found_at(carts, _planned_spread(deviation, share_of_control)))


def days_needed(effect: float, deviation: float, share_of_control: float, carts_per_day: float) -> int | None:
    """After how many days an effect of that size per cart is found, four times out of five; None: not within a year."""
    if effect <= 0 or carts_per_day <= 0:
        return None
    spread = _planned_spread(deviation, share_of_control)
    for days in range(1, DAYS_AT_MOST + 1):
        carts = int(days * carts_per_day)
        if carts >= CARTS_AT_LEAST and _found_at(carts, spread) <= effect:
            return days
    return None


def _variance_per_cart(treated: Sums, control: Sums) -> float:
    """n (s1²/n1 + s0²/n0), where each s² is reckoned as if BORROWED more carts of all together were among the arm's.

    A small holdout that happens to have few large orders has a low mean and a small spread at the same time, and would
    make the campaign look better and surer at once. With many carts in both arms the borrowed ones weigh nothing.
    """
    together = treated + control
    borrowed = BORROWED * together.variance
    return together.n * sum(
        (arm.n * arm.variance + borrowed) / (arm.n + BORROWED) / arm.n for arm in (treated, control)
    )


def _carts_wanted(treated: Sums, control: Sums) -> int:
    """About how many carts it takes until sums say something: enough, with enough outcomes in either arm."""
    n = treated.n + control.n
    fewest = min(treated.nonzero, control.nonzero)
    if fewest >= OUTCOMES_AT_LEAST:
        return CARTS_AT_LEAST
    if not fewest:
        return max(CARTS_AT_LEAST, 2 * n)
    return max(CARTS_AT_LEAST, n + 1, math.ceil(n * OUTCOMES_AT_LEAST / fewest))


def _verdict(estimate: float, spread: float, n: int) -> Verdict:
    if abs(estimate) > spread * unit_radius(n, ALPHA):
        return Verdict.BETTER if estimate > 0 else Verdict.WORSE
    if abs(estimate) > spread * unit_radius(n, PROBABLY):
        return Verdict.PROBABLY_BETTER if estimate > 0 else Verdict.PROBABLY_WORSE
    return Verdict.UNDECIDED


def _days_left(effect: float, spread: float, n: int, carts_per_day: float) -> int | None:
    for days in range(1, DAYS_AT_MOST + 1):
        if spread * unit_radius(n + int(days * carts_per_day), ALPHA) < effect:
            return days
    return None


def _planned_spread(deviation: float, share_of_control: float) -> float:
    return deviation * math.sqrt(1 / (1 - share_of_control) + 1 / share_of_control)


def _found_at(carts: int, spread: float) -> float:
    return spread * (unit_radius(carts, ALPHA) + POWER_QUANTILE / math.sqrt(carts))
