from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from invopt_xl.core.effective_lead_time import OrderStream, effective_weights, protection_days
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.rule import OrderRule
from invopt_xl.core.simulation.supply import Supply
from tests.reference.slow_effective_lead_time import chances

_WEEKS = [7.0, 14.0, 21.0, 28.0, 35.0, 42.0]


def stream(
    n: int = 1, *, lot: float = 0.0, chance: float = 1.0, own: float = 1.0, waits: bool = False, step: float = 1.0
):
    return OrderStream(np.full(n, lot), np.full(n, chance), np.full(n, own), np.full(n, waits), step)


def covered(lead, review: float, **how) -> np.ndarray:
    found = protection_days(np.atleast_2d(np.array(lead)), review_days=np.array([review]), stream=stream(**how))
    return found[0]


def weights(lead, interval: int, *, waits: bool = False, chance: float = 1.0) -> np.ndarray:
    steps = np.array([lead], dtype=float)
    return effective_weights(steps, np.array([interval]), np.array([chance]), np.array([waits]), int(max(lead)) + 2)[0]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(
    ("lead", "interval"),
    [((1, 3), 1), ((0, 1, 2), 1), ((2, 5), 2), ((1, 4, 6), 3), ((0, 7), 3), ((3, 3, 4), 5), ((0, 2, 3), 1)],
)
def test_chances_are_those_of_all_combinations_of_lead_times(lead, interval, waits):
    expected = chances(lead, interval, waits=waits)
    got = weights(lead, interval, waits=waits)
    np.testing.assert_allclose([got[key] for key in expected], list(expected.values()), rtol=1e-9)
    assert got.sum() == pytest.approx(1)


def served(lead_steps, level: float, demand: np.ndarray, *, review: int, waits: bool) -> float:
    n = len(demand)
    found = simulate(
        demand,
        OrderRule(np.full(n, level), np.full(n, level), review_periods=review),
        Supply(np.tile(np.array(lead_steps, dtype=float), (n, 1)), crossover=not waits),
        lost_sales=False,
        warm_up=100,
        replications=4,
    )
    items = found.items
    return float((items["cycle_service"] * items["cycles"]).sum() / items["cycles"].sum())


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(("lead", "review"), [((1, 2, 3, 6, 9), 1), ((2, 5, 7, 11), 3)])
def test_with_steady_demand_the_simulator_keeps_exactly_what_the_chances_say(lead, review, waits):
    """20,000 cycles and more that depend on each other: two points of tolerance for one in a hundred."""
    chance = weights(lead, review, waits=waits)
    length = np.arange(len(chance)) + review
    demand = np.full((4, 6000), 10.0)
    for days in range(int(length.min()), int(length[chance > 0].max()) + 1):
        expected = chance[length <= days].sum()
        assert served(lead, 10.0 * days, demand, review=review, waits=waits) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("waits", "lead"), [(False, (1, 2, 3, 6, 9)), (True, (1, 2, 3, 6, 9)), (False, (2, 4))])
def test_with_random_demand_the_simulator_keeps_what_was_asked(waits, lead):
    chance = weights(lead, 1, waits=waits)
    demand = np.random.default_rng(3).poisson(40.0, size=(6, 6000)).astype(float)
    level = np.arange(2000.0)
    kept = (stats.poisson.cdf(level[:, None], 40.0 * (np.arange(len(chance)) + 1)) * chance).sum(axis=1)
    for target in (0.9, 0.95, 0.99):
        at = int(np.searchsorted(kept, target))
        assert served(lead, at, demand, review=1, waits=waits) == pytest.approx(kept[at], abs=0.006)


_LEADS = st.lists(st.floats(0, 120), min_size=3, max_size=11).map(sorted)
_REVIEWS = st.sampled_from([1.0, 7.0, 14.0, 30.0])


@given(_LEADS, _REVIEWS)
@settings(max_examples=60, deadline=None)
def test_overtaking_keeps_the_mean_and_never_adds_spread(lead, review):
    """Receipts come when a little more is under way than on average: by less than half of the time between orders."""
    plain = np.array(lead) + review
    found = covered(lead, review)
    between = max(review, max(lead) / 48)
    assert -0.51 * between <= found.mean() - plain.mean() <= 0.51 * between
    # what is not yet ordered varies by up to the time between orders; a part of a day is rounded at random
    assert found.std() <= np.hypot(plain.std(), between / np.sqrt(12)) + 0.5


@given(_LEADS, _REVIEWS)
@settings(max_examples=60, deadline=None)
def test_orders_that_wait_are_never_away_for_less(lead, review):
    """A part of a day is rounded up or down at random, hence the day of tolerance."""
    found = covered(lead, review, waits=True)
    assert (found > np.array(lead) + review - 1.0).all()


@given(_LEADS, _REVIEWS)
@settings(max_examples=30, deadline=None)
def test_with_one_order_at_a_time_the_lead_time_is_as_it_is(lead, review):
    plain = np.array(lead) + review
    for waits in (False, True):
        np.testing.assert_array_equal(covered(lead, review, lot=max(lead) + 1, waits=waits), plain)
    np.testing.assert_array_equal(covered(lead, review, own=0.0), plain)


def test_a_certain_lead_time_is_covered_exactly():
    np.testing.assert_array_equal(covered([21.0] * 5, 7.0), [28.0] * 5)
    np.testing.assert_array_equal(covered([21.0] * 5, 7.0, waits=True), [28.0] * 5)


def test_the_more_often_is_ordered_the_more_the_spread_evens_out():
    spread = [covered(_WEEKS, 1.0, lot=days).std() for days in (2.0, 7.0, 14.0, 43.0)]
    assert spread == sorted(spread)
    assert spread[-1] == pytest.approx(np.std(_WEEKS))
    # by the square root of the orders under way, about
    assert spread[0] < np.std(_WEEKS) / 3


def test_what_is_neither_independent_nor_held_lies_between_both():
    spread = [covered(_WEEKS, 7.0, own=own).std() for own in (0.0, 0.3, 0.7, 1.0)]
    assert spread == sorted(spread, reverse=True)
    mean = [covered(_WEEKS, 7.0, own=own).mean() for own in (0.0, 0.5, 1.0)]
    assert mean[1] == pytest.approx((mean[0] + mean[2]) / 2, abs=0.1)


def test_the_fewer_orders_the_shorter_the_wait_for_earlier_ones():
    mean = [covered(_WEEKS, 7.0, waits=True, chance=chance).mean() for chance in (1.0, 0.1, 0.02, 0.0)]
    assert mean == sorted(mean, reverse=True)
    assert mean[-1] == pytest.approx(np.mean(_WEEKS) + 7)


def test_rows_have_nothing_to_do_with_each_other():
    lead = np.array([_WEEKS, [3.0] * 6, [1.0, 2.0, 3.0, 50.0, 60.0, 90.0]])
    review = np.array([7.0, 7.0, 30.0])
    how = OrderStream(np.array([0.0, 0.0, 45.0]), np.ones(3), np.array([1.0, 1.0, 0.4]), np.array([False, True, False]))
    together = protection_days(lead, review_days=review, stream=how)
    for row in range(3):
        at = np.array([row])
        np.testing.assert_array_equal(
            protection_days(lead[at], review_days=review[at], stream=how.take(at))[0], together[row]
        )


def test_many_orders_under_way_are_put_together_without_moving_the_mean():
    lead = np.linspace(10.0, 300.0, 11)
    found = covered(lead, 0.0, step=1.0)
    assert found.mean() == pytest.approx(lead.mean(), abs=300 / 48)
    assert found.std() < lead.std() / 2
