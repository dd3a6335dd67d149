"""The service that a position promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.replenish.expected_service import expected_service

GRID = np.arange(40.0)


def service(position: float, measure: str, cycle_units: float = 6.0) -> float:
    cdf = np.append(stats.poisson.cdf(GRID[:-1], 6.0), 1.0)
    law = DemandDistribution(GRID[None, :], cdf[None, :], np.array([True]))
    policy = pd.DataFrame({"service_measure": [measure], "cycle_units": [cycle_units]})
    return float(expected_service(np.array([position]), law, policy)[0])


@pytest.mark.parametrize("position", [0.0, 3.0, 8.0, 20.0])
def test_service_agrees_with_sums_over_all_demands(position: float) -> None:
    chances = stats.poisson.pmf(GRID, 6.0)
    short = float((chances * np.maximum(GRID - position, 0)).sum())
    assert service(position, "cycle") == pytest.approx(chances[position >= GRID].sum(), abs=1e-9)
    assert service(position, "fill", 9.0) == pytest.approx(1 - short / 9.0, abs=1e-6)


def test_owed_stock_serves_no_cycle_and_fill_stays_a_share() -> None:
    assert service(-0.5, "cycle") == 0.0
    assert service(-4.0, "fill") == 0.0
    # where nothing is needed per cycle, anything short is all that is asked
    assert service(3.0, "fill", 0.0) == 0.0
    assert service(39.0, "fill", 0.0) == 1.0


def test_without_a_stock_figure_service_is_unknown() -> None:
    assert np.isnan(service(np.nan, "cycle"))
    assert np.isnan(service(np.nan, "fill"))
