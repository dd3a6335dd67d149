"""The plain forecasts of the backtest, against plain loops and at the edges of what they can know."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.forecast.plain import plain_forecasts
from invopt_xl.core.forecast.tried import LEVELS


def slow(life: list[float], width: int, *, averaged: int, cycle: int, kind: str) -> float:
    """Return the forecast at the end of `life`; NaN where it cannot be made."""
    if kind == "average":
        recent = life[-averaged:]
        return float("nan") if not recent else width * float(np.mean(recent))
    if len(life) < cycle:
        return float("nan")
    return float(sum(life[len(life) - cycle + step % cycle] for step in range(width)))


@pytest.mark.parametrize(("period", "averaged", "cycle"), [("month", 12, 12), ("day", 56, 7)])
def test_totals_and_spreads_are_those_of_plain_loops(period: str, averaged: int, cycle: int) -> None:
    rng = np.random.default_rng(3)
    periods = 70
    demand = rng.gamma(2.0, 10.0, (8, periods))
    born = np.array([0, 0, 5, 30, 58, 66, 69, 70])
    demand[np.arange(periods) < born[:, None]] = np.nan
    width = np.array([1, 9, 3, 15, 2, 1, 1, 1])
    made = plain_forecasts(demand, width, period=period)  # type: ignore[arg-type]
    for ahead, kind in zip(made, ("average", "naive"), strict=True):
        for i in range(8):
            life = [float(value) for value in demand[i][born[i] :]]
            w = int(width[i])
            wanted = slow(life, w, averaged=averaged, cycle=cycle, kind=kind)
            errors = [
                slow(life[:end], w, averaged=averaged, cycle=cycle, kind=kind) - sum(life[end : end + w])
                for end in range(1, len(life) - w + 1)
            ]
            errors = [each for each in errors if each == each]
            if wanted != wanted or not errors:
                assert np.isnan(ahead.total[i]), (kind, i)
                assert np.isnan(ahead.quantiles[i]).all()
                continue
            assert ahead.total[i] == pytest.approx(wanted), (kind, i)
            sd = np.sqrt(np.mean(np.square(errors)))
            expected = np.maximum(wanted + sd * stats.norm.ppf(LEVELS), 0)
            assert ahead.quantiles[i] == pytest.approx(expected), (kind, i)


def test_names_are_those_that_the_tables_compare_with() -> None:
    made = plain_forecasts(np.ones((1, 60)), np.array([2]), period="week")
    assert [each.name for each in made] == ["moving average", "seasonal naive"]
