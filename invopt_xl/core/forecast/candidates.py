"""The methods that compete for a series, and their small grids of parameters.

Smoothing grids follow the range in which the parameters of real demand lie (Syntetos & Boylan 2005 use 0.05 to 0.20 for intermittent demand);
a finer grid gains nothing that a walk-forward test can tell from luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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
    """A method with parameters: its name for the planner, how it runs, and whether it is only for intermittent demand."""

    name: str
    run: Callable[[Windows], Run]
    intermittent: bool = False


def baseline(period: Period) -> Candidate:
    """Return the moving average."""
    periods = BASELINE_PERIODS[period]
    return Candidate(BASELINE, lambda w: moving_average(w, periods=periods))


def candidates(period: Period, *, pooled: np.ndarray | None) -> Iterator[Candidate]:
    """Yield every method and parameter set that may replace the moving average.

    Parameters
    ----------
    period : {"day", "week", "month"}
    pooled : float array, shape (moments, T + L, n), optional
        Seasonal profiles of the series' categories (`profile.profiles`).
    """
    for alpha in (0.03, 0.1, 0.2, 0.4):
        yield Candidate("simple smoothing", lambda w, a=alpha: simple(w, alpha=a))
    for alpha, beta, phi in ((0.1, 0.1, 0.95), (0.3, 0.1, 0.9), (0.5, 0.2, 0.85)):
        yield Candidate("damped trend", lambda w, a=alpha, b=beta, f=phi: damped_trend(w, alpha=a, beta=b, phi=f))
    yield from _seasonal(period, pooled)
    for alpha in (0.05, 0.1, 0.2):
        yield Candidate("Croston", lambda w, a=alpha: croston(w, alpha=a), intermittent=True)
        yield Candidate("SBA", lambda w, a=alpha: sba(w, alpha=a), intermittent=True)
    for size, chance in ((0.05, 0.02), (0.1, 0.05), (0.1, 0.1), (0.2, 0.2)):
        yield Candidate("TSB", lambda w, s=size, c=chance: tsb(w, alpha_size=s, alpha_chance=c), intermittent=True)


def _seasonal(period: Period, pooled: np.ndarray | None) -> Iterator[Candidate]:
    yield Candidate("seasonal naive", seasonal_naive)
    if period != "week":
        for additive, name in ((False, "seasonal smoothing"), (True, "seasonal smoothing (additive)")):
            for alpha, gamma in ((0.05, 0.1), (0.15, 0.1), (0.15, 0.3), (0.4, 0.1)):
                yield Candidate(
                    name, lambda w, a=alpha, g=gamma, s=additive: seasonal_smoothing(w, alpha=a, gamma=g, additive=s)
                )
    if period != "day":
        for alpha in (0.05, 0.15, 0.3):
            yield Candidate("seasonal profile", lambda w, a=alpha: _own_profile(w, a))
            if pooled is not None and len(pooled):
                yield Candidate("seasonal profile of category", lambda w, a=alpha: _pooled_profile(w, pooled, a))


def _own_profile(windows: Windows, alpha: float) -> Run:
    moments = refit_moments(len(windows.demand), season=windows.season)
    if not len(moments):
        return _nothing(windows)
    index = profiles(windows.demand, windows.angle, moments=moments, season=windows.season)
    return profile_smoothing(windows, index, moments, alpha=alpha)


def _pooled_profile(windows: Windows, pooled: np.ndarray, alpha: float) -> Run:
    moments = refit_moments(len(windows.demand), season=windows.season)
    return profile_smoothing(windows, pooled, moments, alpha=alpha) if len(moments) else _nothing(windows)


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
    )
