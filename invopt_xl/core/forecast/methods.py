"""The statistical methods that compete for a series, with their grids of parameters.

Grids cover the range in which the parameters of real demand lie (Syntetos & Boylan 2005 use 0.05 to 0.20 for intermittent demand); neighbours on
a grid differ less than a walk-forward test can tell from luck, and the combination averages over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast import kernels as k

BASELINE = "moving average"
NAIVE = "seasonal naive"

#: Length of the baseline's window: half a year of weeks, a year of months, eight whole weeks of days [periods].
BASELINE_PERIODS: dict[Period, int] = {"day": 56, "week": 26, "month": 12}

#: Periods of the cycle that seasonal methods follow: the week for days, the year else.
SEASON: dict[Period, int] = {"day": 7, "week": 52, "month": 12}

#: Windows of averages that compete with the baseline's [periods].
_WINDOWS: dict[Period, tuple[int, ...]] = {
    "day": (14, 28, 112, 364),
    "week": (4, 8, 13, 52, 104),
    "month": (3, 6, 24, 48),
}

_ALPHAS = (0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 0.8)


@dataclass(frozen=True)
class Methods:
    """P methods with parameters; element 0 is the baseline.

    Parameters
    ----------
    name : str array, shape (P,)
        Families, as the planner reads them.
    kind, mode : int arrays, shape (P,)
        `kernels` constants.
    params : float array, shape (P, 4)
    steady, intermittent : bool arrays, shape (P,)
        May be used for smooth and erratic, and for intermittent and lumpy demand. A trend or a season of an item's own cannot be told from luck
        where most periods are empty: on monthly car parts they won the walk-forward test and lost afterwards.
    prior : float array, shape (P,)
        Weight before anything was measured: every family counts the same, whatever the size of its grid.
    """

    name: np.ndarray
    kind: np.ndarray
    mode: np.ndarray
    params: np.ndarray
    steady: np.ndarray
    intermittent: np.ndarray
    prior: np.ndarray


@dataclass(frozen=True)
class _Line:
    name: str
    kind: int
    params: tuple[float, ...]
    mode: int = k.NO_PROFILE
    steady: bool = True
    intermittent: bool = True


def methods(period: Period) -> Methods:
    """Return every method for planning periods of this kind.

    >>> methods("month").name[0], int((methods("month").name == "Theta").sum())
    ('moving average', 6)
    """
    lines = [_Line(BASELINE, k.MEAN, (BASELINE_PERIODS[period],)), *_level(period), *_trend(), *_season(period)]
    names = np.array([line.name for line in lines], dtype=object)
    params = np.zeros((len(lines), 4))
    for row, line in zip(params, lines, strict=True):
        row[: len(line.params)] = line.params
    _, family, size = np.unique(names.astype(str), return_inverse=True, return_counts=True)
    return Methods(
        name=names,
        kind=np.array([line.kind for line in lines], dtype=np.int64),
        mode=np.array([line.mode for line in lines], dtype=np.int64),
        params=params,
        steady=np.array([line.steady for line in lines]),
        intermittent=np.array([line.intermittent for line in lines]),
        prior=1.0 / size[family],
    )


def _level(period: Period) -> Iterator[_Line]:
    for window in _WINDOWS[period]:
        yield _Line("average of another window", k.MEAN, (window,))
    for alpha in _ALPHAS:
        yield _Line("simple smoothing", k.SMOOTHING, (alpha,))
    for alpha in (0.03, 0.06, 0.1, 0.2):
        yield _Line("Croston", k.CROSTON, (alpha, 1.0), steady=False)
        yield _Line("SBA", k.CROSTON, (alpha, 1 - alpha / 2), steady=False)
    for size, chance in ((0.05, 0.02), (0.05, 0.05), (0.1, 0.05), (0.1, 0.1), (0.2, 0.1), (0.2, 0.2)):
        yield _Line("TSB", k.TSB, (size, chance), steady=False)
    for alpha in (0.05, 0.15, 0.3):
        yield _Line("IMAPA", k.IMAPA, (alpha,), steady=False)


def _trend() -> Iterator[_Line]:
    for alpha, beta, phi in product((0.1, 0.2, 0.4, 0.7), (0.05, 0.15, 0.4), (0.85, 0.95, 0.99)):
        yield _Line("damped trend", k.DAMPED, (alpha, beta, phi), intermittent=False)
    for alpha in (0.05, 0.1, 0.2, 0.35, 0.6, 0.9):
        yield _Line("Theta", k.THETA, (alpha, 0.5), intermittent=False)


def _season(period: Period) -> Iterator[_Line]:
    yield _Line(NAIVE, k.SEASONAL_NAIVE, (), intermittent=False)
    for mode, of in ((k.OWN_PROFILE, ""), (k.CATEGORY_PROFILE, " of category")):
        category = mode == k.CATEGORY_PROFILE
        for alpha in _ALPHAS:
            # a season that a whole category shares may hold for its slow movers as well
            yield _Line(f"seasonal profile{of}", k.SMOOTHING, (alpha,), mode, intermittent=category)
        for alpha, beta, phi in product((0.1, 0.25, 0.5), (0.05, 0.2), (0.9, 0.97)):
            yield _Line(f"seasonal profile{of}, trend", k.DAMPED, (alpha, beta, phi), mode, intermittent=False)
        for alpha in (0.05, 0.15, 0.35, 0.7):
            yield _Line(f"seasonal profile{of}, Theta", k.THETA, (alpha, 0.5), mode, intermittent=False)
    if period == "week":
        return
    for kind, name in ((k.SEASONAL_RATIO, "seasonal smoothing"), (k.SEASONAL_SUM, "seasonal smoothing (additive)")):
        for alpha, gamma, beta in product((0.05, 0.15, 0.3, 0.6), (0.05, 0.15, 0.35), (0.0, 0.05, 0.2)):
            yield _Line(name, kind, (alpha, gamma, beta, 0.95), intermittent=False)
