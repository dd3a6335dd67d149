"""The ground is the same for every rule and says what reality was."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.decision_backtest.ground import Ground, complete_costs, ground_of
from tests.core.decision_backtest.views import made_view


def ground(demand: np.ndarray, *, replications: int = 4, atoms: np.ndarray | None = None, **terms: object) -> Ground:
    view = made_view(demand, **terms)  # type: ignore[arg-type]
    lead = np.full((len(demand), 3), 14.0) if atoms is None else atoms
    return ground_of(
        view,
        view.history,
        lead,
        complete_costs(view.number("unit_cost")),
        lost_sales=True,
        crossover=True,
        replications=replications,
    )


def test_unknown_costs_are_the_median_one_or_count_units() -> None:
    np.testing.assert_array_equal(complete_costs(np.array([np.nan, 2.0, 4.0, 0.0])), [3.0, 2.0, 4.0, 3.0])
    np.testing.assert_array_equal(complete_costs(np.array([np.nan, 0.0])), [1.0, 1.0])


def test_whole_items_are_ordered_whole_and_others_in_hundredths() -> None:
    demand = np.array([[1.0, 2, 3], [1.5, 2, 3], [1.0, 2, 3]])
    found = ground(demand, pack_size=np.array([0.0, 0.0, 6.0]))
    assert found.pack_size.tolist() == [1.0, 0.01, 6.0]


def test_a_shortage_costs_what_makes_the_target_the_cheapest() -> None:
    demand = np.full((3, 52), 10.0)
    found = ground(
        demand,
        unit_cost=np.full(3, 26.0),
        service_level=np.array([0.5, 0.9, 0.9]),
        moq=np.array([0.0, 0.0, 40.0]),
    )
    weekly = 26.0 * 0.2 / 52
    np.testing.assert_allclose(found.costs.holding, weekly)
    # through a week; through the four weeks that a minimum order lasts
    np.testing.assert_allclose(found.costs.shortage, [weekly, weekly * 9, weekly * 4 * 9])


def test_certain_lead_times_need_one_run() -> None:
    demand = np.full((2, 20), 5.0)
    assert ground(demand).replications == 1
    assert ground(demand, atoms=np.array([[7.0, 14, 21]] * 2)).replications == 4
    # a part of a period is rounded at random
    assert ground(demand, atoms=np.full((2, 3), 10.0)).replications == 4


def test_levels_before_the_counted_periods_may_be_given_or_are_the_first() -> None:
    demand = np.full((1, 30), 5.0)
    found = ground(demand)
    flat = np.full((1, 10), 15.0)
    plain = found.run(flat, flat, first=20, end=29)
    longer = np.full((1, 10 + found.usual_cover), 15.0)
    np.testing.assert_allclose(plain.to_numpy(), found.run(longer, longer, first=20, end=29).to_numpy())
    assert plain["demand"].iloc[0] == 50.0
    assert plain["fill_rate"].iloc[0] == 1.0
    # three periods of cover, one sold before the count
    assert plain["average_on_hand"].iloc[0] == pytest.approx(0.0)


def test_taking_rows_is_having_only_those() -> None:
    rng = np.random.default_rng(3)
    demand = rng.poisson(4.0, (5, 30)).astype(float)
    every = ground(demand, atoms=np.array([[7.0, 14, 21]] * 5), order_cost=np.arange(5.0))
    levels = np.full((5, 10), 14.0)
    rows = np.array([3, 1])
    some = every.take(rows).run(levels[rows], levels[rows], first=20, end=29)
    whole = every.run(levels, levels, first=20, end=29)
    # keys go with the series: the draws are theirs
    np.testing.assert_allclose(some.to_numpy(), whole.iloc[rows].to_numpy())
