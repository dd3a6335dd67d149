"""The scale of interval totals, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.ahead import interval_scales


def slow_scale(demand: np.ndarray, width: int) -> tuple[float, float]:
    """Return mean absolute and mean squared change between neighbouring intervals of one series."""
    life = demand[~np.isnan(demand)]
    changes = [
        life[end - width : end].sum() - life[end - 2 * width : end - width].sum()
        for end in range(2 * width, len(life) + 1)
    ]
    if not changes:
        return 0.0, 0.0
    return float(np.mean(np.abs(changes))), float(np.mean(np.square(changes)))


def test_scales_are_those_of_plain_loops_over_the_life_of_each_series() -> None:
    rng = np.random.default_rng(8)
    demand = rng.gamma(2.0, 10.0, (30, 40))
    born = rng.integers(0, 42, 30)
    demand[np.arange(40) < born[:, None]] = np.nan
    width = rng.integers(1, 9, 30)
    scale, square = interval_scales(demand, width)
    for i in range(30):
        assert (scale[i], square[i]) == pytest.approx(slow_scale(demand[i], int(width[i])))
    assert (scale == 0).any()


def test_steady_demand_has_no_scale() -> None:
    scale, square = interval_scales(np.full((1, 20), 7.0), np.array([3]))
    assert scale[0] == pytest.approx(0, abs=1e-9)
    assert square[0] == pytest.approx(0, abs=1e-9)
