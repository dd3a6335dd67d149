"""What forecasts cost when stock is set by them: the newsvendor cost of held-back windows, per segment and method. Serves the backtest.

Stock for a window is the quantile of its demand at the service target p. A unit left over costs 1, a unit short p / (1 - p): with these costs
the p quantile is the cheapest stock, so a method is charged for being wrong, not for another idea of service.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from invopt_xl.core.contracts import OutField
from invopt_xl.core.forecast.accuracy_table import usable_windows, value_added, window_groups
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried

DECISION_COST: tuple[OutField, ...] = (
    OutField("segment", "text", "Segment that was measured."),
    OutField("model", "text", "Forecast method by which stock was set."),
    OutField("windows", "count", "Number of intervals in which this method and the moving average could both be used."),
    OutField("service_target", "share", "Mean service target."),
    OutField("service", "share", "Share of intervals in which stock was enough."),
    OutField("left_over", "share", "Stock left over at the end of the intervals, relative to demand, at unit cost."),
    OutField("short", "share", "Demand that stock did not cover, relative to demand, at unit cost."),
    OutField(
        "cost",
        "number",
        "Simulated cost per unit of demand: left over + short x p / (1 - p) with p the service target.",
    ),
    OutField("baseline_cost", "number", "The same with stock set by the moving average."),
    OutField("value_added", "share", "Cost saved against the moving average on the same intervals; negative is worse."),
)


def decision_cost(
    tried: Sequence[Tried],
    held: HeldBack,
    *,
    segment: np.ndarray,
    target: np.ndarray,
    unit_cost: np.ndarray,
    baseline: str = "moving average",
) -> pd.DataFrame:
    """Return `DECISION_COST`: one row per segment ("all" first) and method.

    Parameters
    ----------
    tried : sequence of Tried
        Every method on the same K windows of n series.
    held : HeldBack
    segment : str array, shape (n,)
    target : float array, shape (n,)
        Service target [probability].
    unit_cost : float array, shape (n,)
        What a unit counts; all the same to count units.
    baseline : str

    References
    ----------
    Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th ed., sec. 9.2: the critical ratio.

    Examples
    --------
    >>> held = HeldBack(np.array([[10.0, 14.0]]), np.ones(1), np.ones(1), np.ones(1, dtype=int))
    >>> twelve = Tried("moving average", np.full((1, 2), 12.0), np.full((1, 2, len(LEVELS)), 12.0))
    >>> table = decision_cost([twelve], held, segment=np.array(["AX"]), target=np.array([0.9]), unit_cost=np.ones(1))
    >>> table[["service", "left_over", "short", "cost"]].round(4).values.tolist()[0]
    [0.5, 0.0833, 0.0833, 0.8333]
    """
    groups = window_groups(held, segment, few_widths=0)
    types = {each.name: {"text": "str", "count": "int64"}.get(each.role, "float64") for each in DECISION_COST}
    by_name = {each.name: each for each in tried}
    parts = []
    for order, each in enumerate(tried):
        counts = usable_windows(each, held)
        if baseline in by_name:
            counts &= usable_windows(by_name[baseline], held)
        mine = groups.sums(_sums(each, held, counts, target, unit_cost))
        other = groups.sums(_sums(by_name[baseline], held, counts, target, unit_cost)) if baseline in by_name else None
        frame = groups.frame.assign(model=each.name, order=order, group=np.arange(len(groups.frame)))
        parts.append(frame.assign(**_shares(mine, other)))
    if not parts:
        return pd.DataFrame(columns=list(types)).astype(types)
    table = pd.concat(parts, ignore_index=True)
    table = table[table["windows"] > 0].sort_values(["group", "order"], ignore_index=True)
    return table[list(types)].astype(types)


def stock_for(quantiles: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the stock that covers demand with chance `target`, from quantiles at `tried.LEVELS`.

    Parameters
    ----------
    quantiles : float array, shape (..., Q)
        At `tried.LEVELS`, ascending [units].
    target : float array, shape (...)
        Between the levels, and beyond them, the quantile follows a straight line in the normal score: exact for normal demand.

    >>> stock_for(np.array([[0.0, 0.8416, 1.2816, 1.6449, 2.0537]]), np.array([0.975])).round(2)
    array([1.96])
    """
    score, wanted = special.ndtri(LEVELS), special.ndtri(target)
    cell = np.clip(np.searchsorted(score, wanted), 1, len(LEVELS) - 1)
    low = np.take_along_axis(quantiles, (cell - 1)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(quantiles, cell[..., None], axis=-1)[..., 0]
    share = (wanted - score[cell - 1]) / (score[cell] - score[cell - 1])
    stock: np.ndarray = np.maximum(low + (high - low) * share, 0.0)
    return stock


def window_costs(tried: Tried, held: HeldBack, target: np.ndarray) -> np.ndarray:
    """Return left over, short and cost of each window, shape (n, K, 3) [units]; NaN where the method or the outcome is unknown."""
    stock = stock_for(tried.quantiles, np.broadcast_to(target[:, None], tried.total.shape))
    left, short = np.maximum(stock - held.actual, 0.0), np.maximum(held.actual - stock, 0.0)
    penalty = (target / (1 - target))[:, None]
    return np.stack([left, short, left + penalty * short], axis=2)


def _sums(tried: Tried, held: HeldBack, counts: np.ndarray, target: np.ndarray, unit_cost: np.ndarray) -> np.ndarray:
    """Return per series: windows, sum of targets, windows without shortage, and demand, left over, short and cost at unit cost; (n, 7)."""
    lost = np.where(counts[:, :, None], window_costs(tried, held, target), 0.0)
    windows = counts.sum(axis=1)
    enough = (counts & (lost[..., 1] <= 1e-9)).sum(axis=1)
    money = lost.sum(axis=1) * unit_cost[:, None]
    demand = np.where(counts, held.actual, 0.0).sum(axis=1) * unit_cost
    return np.concatenate([np.stack([windows, windows * target, enough, demand], axis=1), money], axis=1)


def _shares(mine: np.ndarray, other: np.ndarray | None) -> dict[str, np.ndarray]:
    windows, demand = mine[:, 0], mine[:, 3]
    cost = _ratio(mine[:, 6], demand)
    baseline = np.full(len(mine), np.nan) if other is None else _ratio(other[:, 6], demand)
    return {
        "windows": windows,
        "service_target": _ratio(mine[:, 1], windows),
        "service": _ratio(mine[:, 2], windows),
        "left_over": _ratio(mine[:, 4], demand),
        "short": _ratio(mine[:, 5], demand),
        "cost": cost,
        "baseline_cost": baseline,
        "value_added": value_added(cost, baseline),
    }


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return result
