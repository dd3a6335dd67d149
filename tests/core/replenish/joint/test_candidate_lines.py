"""Which series may be ordered together, and within what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.candidate_lines import CandidateLines, candidate_lines, curves_of
from invopt_xl.core.replenish.joint.waiting import Wanted
from tests.core.replenish.joint.made_stages import RATE, Made, N

POSITION = np.array([5.0, -3.0, 60.0])
WANTED = np.array([12.0, 30.0, 0.0])


def listed(
    made: Made | None = None,
    *,
    quantity: Any = WANTED,
    position: Any = POSITION,
    closed: Any = False,
    days: float = 14.0,
    **columns: Any,
) -> CandidateLines:
    """Return the lines of three series: one due, one owed, one with plenty."""
    made = made or Made(**columns)
    wanted = Wanted(
        np.asarray(quantity, dtype=float),
        made.policy.frame["reorder_point"].to_numpy(),
        made.policy.frame["order_up_to"].to_numpy(),
        made.forecast.protection,
        np.broadcast_to(closed, (N,)),
        np.zeros(N),
    )
    return candidate_lines(
        wanted,
        np.asarray(position, dtype=float),
        made.forecast,
        made.terms,
        made.history,
        step=np.array([1.0, 6.0, 2.0]),
        pull_forward_days=days,
    )


def test_what_is_wanted_and_what_may_be_pulled_forward_are_lines() -> None:
    assert listed().series.tolist() == [0, 1, 2]
    # an item nobody wants cannot be pulled forward; one that is wanted is a line all the same
    assert listed(blocked=[True, False, True]).series.tolist() == [0, 1]
    assert listed(closed=[False, False, True]).series.tolist() == [0, 1]
    assert listed(unit_cost=[np.nan, 5.0, np.nan]).series.tolist() == [0, 1]
    assert listed(position=[5.0, -3.0, np.nan]).series.tolist() == [0, 1]


def test_an_idle_item_is_no_line() -> None:
    made = Made()
    made.forecast.demand_per_period = np.array([4.0, 7.0, 0.0])
    assert listed(made).series.tolist() == [0, 1]


def test_an_order_may_go_so_many_days_beyond_the_order_up_to_level() -> None:
    made = Made()
    found = listed(made, days=21.0)
    up_to = made.policy.frame["order_up_to"].to_numpy()
    np.testing.assert_allclose(found.most, np.maximum(up_to + 3 * RATE - POSITION, WANTED))
    # what is wanted may be more than that
    assert listed(made, quantity=[500.0, 0.0, 0.0]).most[0] == 500.0


def test_maximum_stock_shelf_life_and_the_source_cap_what_may_be_ordered() -> None:
    assert listed(days=700.0, max_stock=[40.0, 90.0, np.nan]).most[:2].tolist() == [35.0, 93.0]
    # three weeks of life after two weeks under way: five weeks of demand
    np.testing.assert_allclose(listed(days=700.0, shelf_life_days=21.0).most, np.maximum(5 * RATE - POSITION, WANTED))
    assert listed(days=700.0, source_capacity=[20.0, 33.0, 15.0]).most.tolist() == [20.0, 33.0, 15.0]


def test_what_customers_wait_for_must_be_ordered_as_far_as_it_is_wanted() -> None:
    assert listed().least.tolist() == [0.0, 3.0, 0.0]
    assert listed(quantity=[12.0, 2.0, 0.0]).least.tolist() == [0.0, 2.0, 0.0]


def test_a_line_without_a_unit_cost_stays_as_it_is() -> None:
    found = listed(unit_cost=[np.nan, 5.0, 5.0])
    assert (found.least[0], found.most[0], found.unit_cost[0]) == (12.0, 12.0, 0.0)


def test_terms_of_a_line_are_those_of_its_series() -> None:
    found = listed(moq=[3.0, np.nan, 9.0], unit_cost=[1.0, 2.0, 3.0])
    assert found.moq.tolist() == [3.0, 0.0, 9.0]
    assert found.step.tolist() == [1.0, 6.0, 2.0]
    assert found.unit_cost.tolist() == [1.0, 2.0, 3.0]
    assert found.position.tolist() == POSITION.tolist()
    assert found.take(np.array([2])).wanted.tolist() == [0.0]


def test_curves_hold_a_unit_for_a_year_at_the_holding_rate() -> None:
    made = Made(unit_cost=[10.0, 20.0, 40.0], holding_rate=[0.26, 0.0, 0.26])
    found = listed(made)
    wanted = Wanted(
        WANTED,
        made.policy.frame["reorder_point"].to_numpy(),
        made.policy.frame["order_up_to"].to_numpy(),
        made.forecast.protection,
        np.zeros(N, dtype=bool),
        np.zeros(N),
    )
    curve = curves_of(found, wanted, made.policy, made.forecast, made.terms, made.history)
    year = 365.25 / 7
    # h / d, with a rate of at least 1 % a year
    expected = np.array([0.26, 0.01, 0.26]) * np.array([10.0, 20.0, 40.0]) / year / RATE
    np.testing.assert_allclose(curve.early_cost, expected, rtol=0.01)


def test_demand_so_slow_that_an_order_lasts_for_decades_counts_as_ten_years() -> None:
    made = Made(holding_rate=0.2)
    made.forecast.demand_per_period = np.array([1e-6, 7.0, 10.0])
    found = listed(made)
    wanted = Wanted(
        WANTED,
        made.policy.frame["reorder_point"].to_numpy(),
        made.policy.frame["order_up_to"].to_numpy(),
        made.forecast.protection,
        np.zeros(N, dtype=bool),
        np.zeros(N),
    )
    curve = curves_of(found, wanted, made.policy, made.forecast, made.terms, made.history)
    year = 365.25 / 7
    slowest = (12.0 + 1.0) / (10 * year)
    assert curve.early_cost[0] == pytest.approx(0.2 * 5.0 / year / slowest, rel=0.01)
