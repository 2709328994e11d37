"""The range of the uplift: valid however often it is looked at, silent while there is too little, narrow enough to be of use.

AA_RUNS=2000 AA_CARTS=2000 makes the simulations as large as the claim (`python -m bench.peeking` prints the table).
"""

import math
import os
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recovery import uplift
from app.recovery.uplift import NOTHING, Sums, Verdict, compare, compare_strata, count
from bench.peeking import ALIKE, HELPED, Shop, rates

RUNS = int(os.environ.get("AA_RUNS", "40"))
CARTS = int(os.environ.get("AA_CARTS", "1000"))


def sums_of(outcomes: list[int]) -> Sums:
    return Sums(len(outcomes), sum(outcomes), sum(y * y for y in outcomes), sum(y != 0 for y in outcomes))


@pytest.mark.parametrize("shop", ALIKE, ids=lambda shop: shop.name)
def test_looking_after_every_cart_finds_no_difference_where_there_is_none(shop: Shop) -> None:
    naive, anytime, missed = rates(shop, RUNS, CARTS)
    assert anytime <= 0.05
    assert missed == anytime
    assert naive > 0.10  # the control: this is what peeking does to a t-test


@pytest.mark.parametrize("shop", HELPED, ids=lambda shop: shop.name)
def test_with_an_effect_the_range_holds_the_truth_at_every_look(shop: Shop) -> None:
    assert rates(shop, RUNS, CARTS)[2] <= 0.05


def test_an_effect_is_found_when_there_is_enough() -> None:
    found = compare(count(18_000, 2_160), count(2_000, 160))
    assert (found.verdict, found.settled, found.days_left) == (Verdict.BETTER, True, None)
    assert found.low is not None
    assert 0 < found.low < found.estimate == pytest.approx(0.04)
    worse = compare(count(18_000, 1_440), count(2_000, 240))
    assert (worse.verdict, worse.estimate) == (Verdict.WORSE, pytest.approx(-0.04))


def test_without_the_guard_a_small_holdout_deceives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of `_variance_per_cart`: with each arm's own variance alone, more than one in twenty is told."""
    monkeypatch.setattr(uplift, "_variance_per_cart", lambda t, c: (t.n + c.n) * (t.variance / t.n + c.variance / c.n))
    monkeypatch.setattr(uplift, "OUTCOMES_AT_LEAST", 3)
    assert rates(ALIKE[0], max(RUNS, 80), 1_000)[1] > 0.05


def drawn(chance: random.Random, carts: int, held: float, buys: float) -> tuple[Sums, Sums]:
    """One campaign without any effect: campaign and holdout."""
    arms: tuple[list[int], list[int]] = ([], [])
    for _ in range(carts):
        arms[chance.random() < held].append(int(chance.random() < buys))
    return sums_of(arms[0]), sums_of(arms[1])


def test_campaigns_with_shares_of_their_own_are_compared_each_by_itself() -> None:
    """Two without an effect; who is in the second buys more and is held out more. The control: thrown together, they deceive."""
    told = thrown_together = 0
    for seed in range(100):
        chance = random.Random(seed)
        first, second = drawn(chance, 1_500, 0.1, 0.05), drawn(chance, 1_500, 0.4, 0.2)
        told += compare_strata([first, second]).settled
        thrown_together += compare(first[0] + second[0], first[1] + second[1]).settled
    assert told <= 5
    assert thrown_together > 50


def test_a_stratum_weighs_as_many_as_were_treated_in_it() -> None:
    found = compare_strata([(count(900, 180), count(100, 10)), (count(100, 30), count(400, 40))])
    assert found.estimate == pytest.approx(0.9 * 0.1 + 0.1 * 0.2)
    assert found.carts == 1_500
    alone = count(900, 180), count(100, 10)
    assert compare_strata([alone]) == compare(*alone)
    assert compare_strata([]) == compare(NOTHING, NOTHING)


@given(st.lists(st.integers(30, 300), min_size=2, max_size=5), st.integers(1, 29))
def test_strata_that_are_alike_are_as_good_as_one(sizes: list[int], tenth: int) -> None:
    """The same rates and shares everywhere: the estimate is that of all together, its range hardly wider."""
    strata = [(count(10 * n, tenth * n // 3), count(10 * n, tenth * n // 6)) for n in sizes]
    parts, whole = compare_strata(strata), compare(*(sum((pair[arm] for pair in strata), NOTHING) for arm in (0, 1)))
    assert parts.estimate == pytest.approx(whole.estimate, abs=0.01)
    if parts.high is not None and whole.high is not None:
        assert parts.high - parts.estimate == pytest.approx(whole.high - whole.estimate, rel=0.1)


@pytest.mark.parametrize(
    ("treated", "control", "wanted"),
    [
        (NOTHING, NOTHING, 200),
        (count(37, 3), count(4, 0), 200),
        (count(300, 30), count(30, 0), 660),
        (count(300, 30), count(30, 2), 1650),
        (count(180, 30), count(10, 10), 200),
    ],
    ids=["nothing", "few", "no-order-held-out", "two-orders-held-out", "too-few-carts"],
)
def test_too_little_is_said_with_how_much_it_takes(treated: Sums, control: Sums, wanted: int) -> None:
    found = compare(treated, control)
    assert (found.verdict, found.low, found.high) == (Verdict.TOO_LITTLE, None, None)
    assert (found.carts, found.carts_wanted) == (treated.n + control.n, wanted)


def test_not_settled_says_how_many_more_days_if_it_goes_on_like_this() -> None:
    treated, control = count(1_000, 130), count(1_000, 92)
    found = compare(treated, control, carts_per_day=100)
    assert found.verdict is Verdict.UNDECIDED or found.verdict is Verdict.PROBABLY_BETTER
    assert found.days_left is not None
    later = 1 + found.days_left / 20
    grown = compare(count(round(1_000 * later), round(130 * later)), count(round(1_000 * later), round(92 * later)))
    assert grown.verdict is Verdict.BETTER
    assert compare(treated, treated, carts_per_day=100).days_left is None
    assert compare(treated, control).days_left is None


def test_probably_stands_between_undecided_and_settled() -> None:
    verdicts = [compare(count(2_000, 200 + more), count(2_000, 200)).verdict for more in range(0, 140, 2)]
    order = [Verdict.UNDECIDED, Verdict.PROBABLY_BETTER, Verdict.BETTER]
    assert [verdict for verdict in order if verdict in verdicts] == order
    assert verdicts == sorted(verdicts, key=order.index)


def test_sums_are_those_of_the_textbook() -> None:
    outcomes = [0, 0, 5_900, 1_250, 0, 99_999_999_999]
    sums = sums_of(outcomes)
    assert sums.mean == pytest.approx(statistics.fmean(outcomes))
    assert sums.variance == pytest.approx(statistics.pvariance(outcomes))
    assert sums_of(outcomes[:2]) + sums_of(outcomes[2:]) == sums
    assert (NOTHING.mean, NOTHING.variance) == (0.0, 0.0)


def test_the_radius_is_that_of_the_mixture_and_narrowest_where_it_is_tuned() -> None:
    def relative(n: int) -> float:
        return uplift.unit_radius(n, 0.05) * math.sqrt(n)

    tuned = relative(uplift.TUNED_AT)
    assert all(relative(n) >= tuned for n in (200, 1_000, 1_900, 2_100, 5_000, 1_000_000))
    assert 1.96 < tuned < 3.1
    assert relative(1_000_000) < 1.35 * tuned


def test_a_plan_says_what_can_be_found_before_anything_has_begun() -> None:
    deviation = math.sqrt(0.08 * 0.92)
    plan = uplift.smallest_effect(deviation, 0.1, 200, 30)
    assert plan.carts == 6_000
    days = uplift.days_needed(plan.smallest_effect, deviation, 0.1, 200)
    assert days == 30
    assert uplift.smallest_effect(deviation, 0.5, 200, 30).smallest_effect < plan.smallest_effect
    assert uplift.smallest_effect(deviation, 0.1, 5, 30).smallest_effect == math.inf
    assert uplift.days_needed(0.001, deviation, 0.1, 10) is None
    assert uplift.days_needed(0, deviation, 0.1, 10) is None


def test_an_outcome_counts_up_to_the_cap() -> None:
    assert [uplift.cut(500, amount) for amount in (0, 499, 501)] == [0, 499, 500]
    assert uplift.cut(None, 10**12) == 10**12
