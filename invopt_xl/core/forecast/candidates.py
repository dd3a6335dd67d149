"""The methods that compete for a series, and their small grids of parameters.

Smoothing grids follow the range in which the parameters of real demand lie (Syntetos & Boylan 2005 use 0.05 to 0.20 for intermittent demand);
a finer grid gains nothing that a walk-forward test can tell from luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.intermittent import croston, sba, tsb
from invopt_xl.core.forecast.profile import profile_smoothing, profiles, refit_moments
from invopt_xl.core.forecast.smoothing import (
    damped_trend,
    moving_average,
    seasonal_naive,
    seasonal_smoothing,
    simple,
)
from invopt_xl.core.forecast.windows import Run, Windows

BASELINE = "moving average"

#: Length of the baseline's window: half a year of weeks, a year of months, eight whole weeks of days [periods].
BASELINE_PERIODS: dict[Period, int] = {"day": 56, "week": 26, "month": 12}

#: Periods of the cycle that seasonal methods follow: the week for days, the year else.
SEASON: dict[Period, int] = {"day": 7, "week": 52, "month": 12}


@dataclass(frozen=True)
class Candidate:
    """A method with parameters: its name for the planner, how it runs, and for which demand.

    `steady`, `intermittent`: may be used for smooth and erratic, and for intermittent and lumpy demand. A trend or a season of an item's own
    cannot be told from luck where most periods are empty: on monthly car parts they won the walk-forward test and lost afterwards.
    """

    name: str
    run: Callable[[Windows], Run]
    steady: bool = True
    intermittent: bool = True


def baseline(period: Period) -> Candidate:
    """Return the moving average."""
    periods = BASELINE_PERIODS[period]
    return Candidate(BASELINE, partial(moving_average, periods=periods))


def candidates(period: Period, *, pooled: np.ndarray | None) -> Iterator[Candidate]:
    """Yield every method and parameter set that may replace the moving average.

    Parameters
    ----------
    period : {"day", "week", "month"}
    pooled : float array, shape (moments, T + L, n), optional
        Seasonal profiles of the series' categories (`profile.profiles`).
    """
    for alpha in (0.03, 0.1, 0.2, 0.4):
        yield Candidate("simple smoothing", partial(simple, alpha=alpha))
    for alpha, beta, phi in ((0.1, 0.1, 0.95), (0.3, 0.1, 0.9), (0.5, 0.2, 0.85)):
        yield Candidate("damped trend", partial(damped_trend, alpha=alpha, beta=beta, phi=phi), intermittent=False)
    yield from _seasonal(period, pooled)
    for alpha in (0.05, 0.1, 0.2):
        yield Candidate("Croston", partial(croston, alpha=alpha), steady=False)
        yield Candidate("SBA", partial(sba, alpha=alpha), steady=False)
    for size, chance in ((0.05, 0.02), (0.1, 0.05), (0.1, 0.1), (0.2, 0.2)):
        yield Candidate("TSB", partial(tsb, alpha_size=size, alpha_chance=chance), steady=False)


def _seasonal(period: Period, pooled: np.ndarray | None) -> Iterator[Candidate]:
    yield Candidate("seasonal naive", seasonal_naive, intermittent=False)
    if period != "week":
        for additive, name in ((False, "seasonal smoothing"), (True, "seasonal smoothing (additive)")):
            for alpha, gamma in ((0.05, 0.1), (0.15, 0.1), (0.15, 0.3), (0.4, 0.1)):
                run = partial(seasonal_smoothing, alpha=alpha, gamma=gamma, additive=additive)
                yield Candidate(name, run, intermittent=False)
    if period != "day":
        for alpha in (0.05, 0.15, 0.3):
            yield Candidate("seasonal profile", partial(_own_profile, alpha=alpha), intermittent=False)
            if pooled is not None and len(pooled):
                yield Candidate(
                    "seasonal profile of category",
                    partial(_pooled_profile, pooled=pooled, alpha=alpha),
                    intermittent=False,
                )


def _own_profile(windows: Windows, *, alpha: float) -> Run:
    moments = refit_moments(len(windows.demand), season=windows.season)
    if not len(moments):
        return _nothing(windows)
    index = profiles(windows.demand, windows.angle, moments=moments, season=windows.season)
    return profile_smoothing(windows, index, moments, alpha=alpha)


def _pooled_profile(windows: Windows, *, pooled: np.ndarray, alpha: float) -> Run:
    moments = refit_moments(len(windows.demand), season=windows.season)
    return (
        profile_smoothing(windows, pooled[:, :, windows.columns], moments, alpha=alpha)
        if len(moments)
        else _nothing(windows)
    )


def _nothing(windows: Windows) -> Run:
    shape = windows.demand.shape
    return Run(np.zeros(shape), np.zeros(shape), np.zeros((windows.horizon, shape[1])), np.zeros(shape, dtype=bool))


def only(windows: Windows, columns: np.ndarray) -> Windows:
    """Return the windows of the series `columns`."""
    return replace(
        windows,
        demand=windows.demand[:, columns],
        width=windows.width[columns],
        scored=windows.scored[:, columns],
        columns=windows.columns[columns],
    )
