"""The Accuracy table: what every method did on held-back windows, per segment and length of the window. Serves the forecast and the backtest.

Measures
--------
- WAPE: sum of absolute errors / sum of demand. bias: sum of errors / sum of demand (error = forecast - actual: positive is over-forecast).
- RMSSE: per series the root mean squared error / root mean squared change from one interval total to the next, then the mean over series.
- scaled pinball p%: per series the mean pinball loss of the p quantile / mean absolute change from one interval total to the next, then the
  mean over series; "scaled pinball" is the mean over `tried.LEVELS`.
- coverage of p%: share of windows whose demand was at or below the p quantile.

A window counts where the method gave a total and all quantiles. A comparison looks at windows where both methods did; so the value of a
method may differ a little between its row against the moving average and its row against seasonal naive.

References
----------
Hyndman & Koehler (2006), International Journal of Forecasting 22, 679-688: errors scaled by those of the naive forecast.
Makridakis, Spiliotis & Assimakopoulos (2022), International Journal of Forecasting 38, 1346-1364: RMSSE and scaled pinball loss of the M5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried

#: Name of the row group that holds every series.
ALL_SEGMENTS = "all"

#: Levels whose coverage is shown, beside `coverage_table`, which shows all.
_COVERED = (0.8, 0.9, 0.95)

#: Up to this many different lengths of windows each gets its own rows; more would hide the picture behind rows.
_FEW_WIDTHS = 3

#: Measures of a row against the moving average, in the order of the table, and those that the seasonal naive forecast is compared by too.
MEASURES = (
    "WAPE",
    "bias",
    "RMSSE",
    *(f"scaled pinball {level:.0%}" for level in LEVELS),
    "scaled pinball",
    *(f"coverage of {level:.0%}" for level in _COVERED),
)
_AGAINST_NAIVE = ("WAPE", "scaled pinball")

#: Without an ideal of zero: a share of improvement would say nothing.
_NO_LOSS = ("bias", *(f"coverage of {level:.0%}" for level in _COVERED))

_Q, _C = len(LEVELS), len(_COVERED)


def accuracy_table(
    tried: Sequence[Tried],
    held: HeldBack,
    *,
    segment: np.ndarray,
    baseline: str = "moving average",
    naive: str = "seasonal naive",
    chosen: str = "chosen",
    few_widths: int = _FEW_WIDTHS,
) -> pd.DataFrame:
    """Return the Accuracy table (contracts.ACCURACY): one row per segment, method, horizon and measure, "all" segments first.

    Parameters
    ----------
    tried : sequence of Tried
        Every method on the same K windows of n series.
    held : HeldBack
    segment : str array, shape (n,)
    baseline, naive, chosen : str
        Names of the moving average, the seasonal naive forecast and the method in use. Those that were not tried are left out; without
        the baseline its values are empty.
    few_widths : int
        Up to this many different lengths of windows each has its own rows; else there is one group per segment, and `horizon_periods` is the
        mean length of its windows.

    Returns
    -------
    DataFrame
        `value` is the method's, `baseline_value` that of the moving average on the same windows; `value_added` = 1 - value / baseline_value,
        empty for bias and coverage. Rows whose measure ends in "against seasonal naive" have the naive forecast as baseline. What cannot be
        measured (no demand, no scale, no window in common) has no row.

    Examples
    --------
    >>> actual = np.array([[10.0, 20.0]])
    >>> held = HeldBack(actual, scale=np.array([5.0]), square_scale=np.array([30.0]), width=np.array([2]))
    >>> def said(name, total):
    ...     return Tried(name, total, np.repeat(total[:, :, None], len(LEVELS), axis=2))
    >>> table = accuracy_table([said("moving average", actual + 3), said("chosen", actual + 1)], held, segment=np.array(["AX"]))
    >>> table.loc[table["measure"] == "WAPE", ["segment", "model", "value", "baseline_value"]].values.tolist()[0]
    ['all', 'chosen', 0.06666666666666667, 0.2]
    """
    groups = window_groups(held, segment, few_widths=few_widths)
    by_name = {each.name: each for each in tried}
    parts: list[pd.DataFrame] = []
    losses = {name: _losses(by_name[name], held) for name in (baseline, naive) if name in by_name}
    first = [name for name in (chosen, baseline, naive) if name in by_name]
    for order, name in enumerate([*first, *(each for each in by_name if each not in first)]):
        mine = losses[name] if name in losses else _losses(by_name[name], held)
        own, other = _compared(mine, losses.get(baseline), held, groups)
        parts.append(_rows(own, other, groups, name, order, MEASURES, ""))
        if name != naive and naive in losses:
            own, other = _compared(mine, losses[naive], held, groups)
            parts.append(_rows(own, other, groups, name, order, _AGAINST_NAIVE, f" against {naive}"))
    return _typed(pd.concat(parts, ignore_index=True)) if parts else _typed(_NOTHING)


# groups of series --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groups:
    """Groups of series that share rows of a table: every series belongs to one group of its segment and one of "all".

    Parameters
    ----------
    frame : DataFrame
        One row per group: segment ("all" first), horizon_periods.
    of_series : int array, shape (2, n)
        Group of each series among "all", and of its segment; -1 for series without a window.
    """

    frame: pd.DataFrame
    of_series: np.ndarray

    def sums(self, columns: np.ndarray) -> np.ndarray:
        """Return the sums of `columns` (n, P) over the series of each group, shape (groups, P)."""
        total = np.zeros((len(self.frame), columns.shape[1]))
        for group in self.of_series:
            np.add.at(total, group[group >= 0], columns[group >= 0])
        return total


def window_groups(held: HeldBack, segment: np.ndarray, *, few_widths: int = _FEW_WIDTHS) -> Groups:
    """Return the groups of series by segment and, where there are few different ones, length of the window."""
    windows = np.isfinite(held.actual).sum(axis=1)
    some = windows > 0
    few = len(np.unique(held.width[some])) <= few_widths
    width = held.width if few else np.zeros(len(held.width), dtype=np.int64)
    keys = pd.DataFrame(
        {
            "segment": np.concatenate([np.full(len(width), ALL_SEGMENTS, dtype=object), segment.astype(object)]),
            "later": np.repeat([0, 1], len(width)),
            "width": np.concatenate([width, width]),
        }
    )
    used = np.concatenate([some, some])
    found = keys[used].drop_duplicates().sort_values(["later", "segment", "width"], ignore_index=True)
    codes = pd.MultiIndex.from_frame(found).get_indexer(pd.MultiIndex.from_frame(keys))
    of_series = np.where(used, codes, -1).reshape(2, len(width))
    groups = Groups(found[["segment"]], of_series)
    total = groups.sums(np.stack([held.width * windows, windows], axis=1).astype(float))
    horizon = np.round(total[:, 0] / total[:, 1], 1) if len(found) else np.zeros(0)
    return Groups(found[["segment"]].assign(horizon_periods=horizon), of_series)


# measures ----------------------------------------------------------------------------------------------------------------------------


def usable_windows(tried: Tried, held: HeldBack) -> np.ndarray:
    """Return the windows that count for a method: an outcome, a total and all quantiles; bool, shape (n, K)."""
    known: np.ndarray = np.isfinite(tried.total) & np.isfinite(held.actual) & np.isfinite(tried.quantiles).all(axis=2)
    return known


@dataclass(frozen=True)
class _Losses:
    """Per window, zero where it does not count: absolute, signed and squared error, demand, pinball per level, covered per level; (n, K, M)."""

    usable: np.ndarray
    columns: np.ndarray


def _losses(tried: Tried, held: HeldBack) -> _Losses:
    usable = usable_windows(tried, held)
    actual = np.where(usable, held.actual, 0.0)
    error = np.where(usable, tried.total, 0.0) - actual
    columns = np.empty((*usable.shape, 4 + _Q + _C))
    columns[..., 0], columns[..., 1], columns[..., 2], columns[..., 3] = np.abs(error), error, error * error, actual
    covered = {level: 4 + _Q + at for at, level in enumerate(_COVERED)}
    for at, level in enumerate(LEVELS):
        short = actual - np.where(usable, tried.quantiles[..., at], 0.0)
        columns[..., 4 + at] = np.maximum(level * short, (level - 1) * short)
        if level in covered:
            columns[..., covered[level]] = usable & (short <= 0)
    return _Losses(usable, columns)


def _compared(mine: _Losses, other: _Losses | None, held: HeldBack, groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Return the measures of both methods on the windows where both ran, each of shape (groups, measures)."""
    if other is None:
        own = _measures(mine.columns, mine.usable, held, groups)
        return own, np.full_like(own, np.nan)
    both = mine.usable & other.usable
    return _measures(mine.columns, both, held, groups), _measures(other.columns, both, held, groups)


def _measures(columns: np.ndarray, counts: np.ndarray, held: HeldBack, groups: Groups) -> np.ndarray:
    """Return every measure of `MEASURES` per group from losses per window (n, K, M); NaN where there is nothing to measure."""
    sums = np.einsum("nkm,nk->nm", columns, counts.astype(float))
    windows = counts.sum(axis=1).astype(float)
    scaled = (windows > 0) & (held.scale > 0) & (held.square_scale > 0)
    share = np.divide(1.0, windows, out=np.zeros(len(windows)), where=scaled)
    # a mean per series, in units of how much the series usually moves
    rmsse = np.sqrt(sums[:, 2] * share / np.where(scaled, held.square_scale, 1.0))
    pinball = sums[:, 4 : 4 + _Q] * (share / np.where(scaled, held.scale, 1.0))[:, None]
    parts = np.concatenate(
        [sums[:, [0, 1, 3]], sums[:, 4 + _Q :], windows[:, None], rmsse[:, None], pinball, scaled[:, None]], axis=1
    )
    total = groups.sums(parts)
    absolute, signed, demand = total[:, 0], total[:, 1], total[:, 2]
    covered, number = total[:, 3 : 3 + _C], total[:, 3 + _C]
    roots, losses, series = total[:, 4 + _C], total[:, 5 + _C : 5 + _C + _Q], total[:, -1]
    found = [_ratio(absolute, demand), _ratio(signed, demand), _ratio(roots, series)]
    found += [_ratio(losses[:, at], series) for at in range(_Q)]
    found += [_ratio(losses.mean(axis=1), series)]
    found += [_ratio(covered[:, at], number) for at in range(_C)]
    return np.stack(found, axis=1)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return result


def value_added(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the improvement as a share of the other's loss; 0 where both lose nothing, NaN where only the other does.

    >>> value_added(np.array([8.0, 0.0, 1.0]), np.array([10.0, 0.0, 0.0]))
    array([0.2, 0. , nan])
    """
    result: np.ndarray = np.divide(other - own, other, out=np.where(own == other, 0.0, np.nan), where=other > 0)
    return result


# the frame ---------------------------------------------------------------------------------------------------------------------------

_NOTHING = pd.DataFrame(columns=[each.name for each in ACCURACY])


def _rows(
    own: np.ndarray, other: np.ndarray, groups: Groups, name: str, order: int, wanted: Sequence[str], ending: str
) -> pd.DataFrame:
    """Return the rows of one method: groups x wanted measures."""
    at = [MEASURES.index(measure) for measure in wanted]
    frame = groups.frame.loc[groups.frame.index.repeat(len(at))].assign(
        model=name,
        measure=np.tile([measure + ending for measure in wanted], len(groups.frame)),
        value=own[:, at].ravel(),
        baseline_value=other[:, at].ravel(),
        order=order,
        group=np.repeat(np.arange(len(groups.frame)), len(at)),
    )
    added = value_added(frame["value"].to_numpy(), frame["baseline_value"].to_numpy())
    no_loss = np.tile([measure in _NO_LOSS for measure in wanted], len(groups.frame))
    return frame.assign(value_added=np.where(no_loss, np.nan, added))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    if len(table):
        table = table[table["value"].notna()].sort_values(["group", "order"], kind="stable", ignore_index=True)
    numbers = [each.name for each in ACCURACY if each.role in ("number", "share")]
    types = {each.name: ("float64" if each.name in numbers else "str") for each in ACCURACY}
    return table[list(types)].astype(types)
