"""The Coverage table: how often demand stayed within each quantile, against how often it should have. Serves the backtest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import OutField
from invopt_xl.core.forecast.accuracy_table import Groups, usable_windows, window_groups
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried

COVERAGE: tuple[OutField, ...] = (
    OutField("segment", "text", "Segment that was measured."),
    OutField("model", "text", "Forecast method."),
    OutField("nominal", "share", "Chance of demand at or below the quantile that the forecast stated."),
    OutField("covered", "share", "Share of windows whose demand was at or below the quantile."),
    OutField(
        "below",
        "share",
        "Share of windows whose demand was strictly below it. For demand in few whole units the nominal chance should lie between the two.",
    ),
    OutField("windows", "count", "Number of windows."),
    OutField("verdict", "text", "Whether the quantile holds what it says."),
)

WITHIN, TOO_LOW, TOO_HIGH, TOO_FEW = "within 2 points", "too low", "too high", "too few to tell"

#: Distance from nominal that is good enough [probability].
_TOLERANCE = 0.02

#: A quantile is only called right when a miss of this size [probability] would have shown.
_BLIND = 0.05

#: Half-width of a 95 % interval [standard errors].
_SURE = 1.96


def coverage_table(tried: Sequence[Tried], held: HeldBack, segment: np.ndarray) -> pd.DataFrame:
    """Return how often demand stayed within each quantile: `COVERAGE`, one row per segment ("all" first), method and level.

    Parameters
    ----------
    tried : sequence of Tried
        Every method on the same K windows of n series.
    held : HeldBack
    segment : str array, shape (n,)

    Notes
    -----
    A quantile q of demand X at level p is right when P(X < q) <= p <= P(X <= q). The gap is the distance of p from this range. It counts as
    real when it is larger than the binomial error of p with that many windows; windows of related items or overlapping times tell less than
    their number says, so a verdict near the limit is to be taken with care.

    Examples
    --------
    >>> actual = np.arange(1000.0)[None, :]
    >>> held = HeldBack(actual, scale=np.ones(1), square_scale=np.ones(1), width=np.ones(1, dtype=int))
    >>> quantiles = np.broadcast_to(1000.0 * np.array(LEVELS) - 1, (1, 1000, len(LEVELS)))
    >>> table = coverage_table([Tried("chosen", actual, quantiles)], held, np.array(["AX"]))
    >>> table[["nominal", "covered", "verdict"]].values.tolist()[3]
    [0.95, 0.95, 'within 2 points']
    """
    groups = window_groups(held, segment, few_widths=0)
    parts = [_rows(each, held, groups, order) for order, each in enumerate(tried)]
    types = {each.name: {"text": "str", "count": "int64"}.get(each.role, "float64") for each in COVERAGE}
    if not parts:
        return pd.DataFrame(columns=list(types)).astype(types)
    table = pd.concat(parts, ignore_index=True)
    table = table[table["windows"] > 0].sort_values(["group", "order", "nominal"], ignore_index=True)
    return table[list(types)].astype(types)


def verdicts(nominal: np.ndarray, covered: np.ndarray, below: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Return whether each quantile holds what it says, in plain words.

    >>> four = np.full(4, 0.95)
    >>> verdicts(four, np.array([0.94, 0.90, 0.99, 0.85]), np.array([0.94, 0.90, 0.99, 0.85]), np.array([900, 900, 900, 9])).tolist()
    ['within 2 points', 'too low', 'too high', 'too few to tell']
    """
    gap = np.where(covered < nominal, covered - nominal, np.where(below > nominal, below - nominal, 0.0))
    error = _SURE * np.sqrt(nominal * (1 - nominal) / np.maximum(windows, 1))
    near = np.abs(gap) <= _TOLERANCE + 1e-12
    unsure = np.where(near, error > _BLIND, np.abs(gap) <= error)
    found: np.ndarray = np.select([unsure, near, gap < 0], [TOO_FEW, WITHIN, TOO_LOW], TOO_HIGH).astype(object)
    return found


def _rows(tried: Tried, held: HeldBack, groups: Groups, order: int) -> pd.DataFrame:
    usable = usable_windows(tried, held)
    actual = np.where(usable, held.actual, np.nan)
    counts = np.empty((len(actual), 2 * len(LEVELS) + 1))
    for at in range(len(LEVELS)):
        counts[:, 2 * at] = (actual <= tried.quantiles[..., at]).sum(axis=1)
        counts[:, 2 * at + 1] = (actual < tried.quantiles[..., at]).sum(axis=1)
    counts[:, -1] = usable.sum(axis=1)
    total = groups.sums(counts)
    windows = np.repeat(total[:, -1], len(LEVELS))
    within = total[:, 0:-1:2].ravel() / np.maximum(windows, 1)
    below = total[:, 1:-1:2].ravel() / np.maximum(windows, 1)
    nominal = np.tile(LEVELS, len(total))
    return pd.DataFrame(
        {
            "segment": groups.frame["segment"].to_numpy().repeat(len(LEVELS)),
            "model": tried.name,
            "nominal": nominal,
            "covered": within,
            "below": below,
            "windows": windows,
            "verdict": verdicts(nominal, within, below, windows),
            "group": np.arange(len(total)).repeat(len(LEVELS)),
            "order": order,
        }
    )
