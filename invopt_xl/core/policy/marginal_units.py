"""The priority list of marginal units: what the next money buys, best first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.policy.stock_to_service import ServiceCurves

MARGINAL_COLUMNS = ("item", "units", "money", "service_gained", "service_per_money", "money_so_far", "service_so_far")

#: Parts that one item's units are cut into, so that items take turns in the list.
_BLOCKS = 8

_HALVINGS = 70


def next_units(
    curves: ServiceCurves, level: np.ndarray, *, money: float, step: np.ndarray | float = 1.0
) -> pd.DataFrame:
    """Return what the next `money` buys on top of `level`, most weighted service per money first.

    Parameters
    ----------
    curves : ServiceCurves
        With the purchase cost as `unit_cost`.
    level : float array, shape (n,)
        Stock that is there or ordered [units].
    money : float
        To be spent [money].
    step : float or float array, shape (n,)
        Units are bought in multiples of this; above 0.

    Returns
    -------
    DataFrame
        MARGINAL_COLUMNS: item (position), units, money, service_gained [weighted units per period], service_per_money, and both sums so far.
        What is left at the end does not pay for another step of any item in the list.
    """
    step = np.broadcast_to(np.asarray(step, dtype=float), level.shape)
    units = _affordable(curves, level, money, step)
    items = np.flatnonzero(units > 0)
    parts = _parts(units[items], step[items])
    frame = _blocks(curves, level, items, parts, total=float(curves.weight.sum()))
    fits = frame["money_so_far"] <= money * (1 + 1e-9)
    return frame[fits].reset_index(drop=True)


def _affordable(curves: ServiceCurves, level: np.ndarray, money: float, step: np.ndarray) -> np.ndarray:
    """Return units per item (n,) that gain at least a common amount of service per money, in steps, just above what `money` pays."""
    n = len(level)
    most = np.divide(curves.weight, curves.unit_cost * curves.cycle_units, out=np.zeros(n), where=curves.weight > 0)
    low, high = float(most.max(initial=0.0)) * 1e-15, float(most.max(initial=0.0))
    if high <= 0 or money <= 0:
        return np.zeros(n)
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        spent = float((_units_at(curves, level, middle, most, step) * curves.unit_cost).sum())
        low, high = (middle, high) if spent > money else (low, middle)
    return _units_at(curves, level, low, most, step)


def _units_at(curves: ServiceCurves, level: np.ndarray, price: float, most: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Return units (n,) whose last one still gains `price` of service per money: P(D > x) x most >= price."""
    chance = 1.0 - np.divide(price, most, out=np.ones_like(most), where=most > 0)
    top = curves.demand.quantile(np.clip(chance, 1e-12, 1 - 1e-12))
    wanted = np.where(chance > 0, np.maximum(top - level, 0.0), 0.0)
    result: np.ndarray = np.ceil(wanted / step - 1e-9) * step
    return result


def _parts(units: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Return units cut into blocks of whole steps, shape (m, blocks)."""
    steps = np.rint(units / step)
    edges = np.rint(np.outer(steps, np.linspace(0, 1, _BLOCKS + 1)))
    parts: np.ndarray = np.diff(edges, axis=1) * step[:, None]
    return parts


def _blocks(
    curves: ServiceCurves, level: np.ndarray, items: np.ndarray, parts: np.ndarray, *, total: float
) -> pd.DataFrame:
    demand, cycle, weight = curves.demand.take(items), curves.cycle_units[items], curves.weight[items]
    ends = level[items][:, None] + np.cumsum(parts, axis=1)
    short = np.column_stack([demand.loss(level[items]), *(demand.loss(ends[:, k]) for k in range(parts.shape[1]))])
    gained = -np.diff(short, axis=1) * (weight / cycle)[:, None]
    frame = pd.DataFrame(
        {
            "item": np.repeat(items, parts.shape[1]),
            "units": parts.ravel(),
            "money": (parts * curves.unit_cost[items][:, None]).ravel(),
            "service_gained": gained.ravel(),
        }
    )
    frame = frame[frame["units"] > 0]
    frame["service_per_money"] = frame["service_gained"] / frame["money"]
    frame = frame.sort_values("service_per_money", ascending=False, kind="stable", ignore_index=True)
    frame["money_so_far"] = frame["money"].cumsum()
    frame["service_so_far"] = frame["service_gained"].cumsum() / max(total, 1e-300)
    listed: pd.DataFrame = frame[list(MARGINAL_COLUMNS)]
    return listed
