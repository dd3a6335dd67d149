"""What came of a rule for a row of service targets: the trade-off between stock and service, and how it is read at a given service or stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Service targets of a curve, and z of a planner's rule: far out on both sides, so that rules with other ideas of service, or blind to the spread
#: of lead times, can be read at the same fill rate.
SCORES = np.array(
    [
        -3.0,
        -1.5,
        -0.7,
        0.0,
        0.4,
        0.7,
        0.95,
        1.15,
        1.3,
        1.5,
        1.65,
        1.85,
        2.05,
        2.35,
        2.6,
        3.1,
        3.7,
        4.75,
        6.0,
        8.0,
        11.0,
        15.0,
        20.0,
        27.0,
        36.0,
    ]
)
TARGETS = np.array(
    [0.1, 0.3, 0.5, 0.65, 0.75, 0.82, 0.87, 0.9, 0.93, 0.95, 0.965, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.999999]
)

#: What is kept of every series and target, as sums that can be added up.
KEPT = ("short", "short_value", "average_value", "stockouts", "cost")

#: A fill rate closer to 1 counts as this close: the curve is read on a scale that has no end at 1.
_NEAREST = 1e-9


@dataclass(frozen=True)
class Tried:
    """One rule on n series.

    Parameters
    ----------
    name : str
    targets : float array, shape (K,)
        Service targets, or z; ascending.
    sums : dict of float arrays, shape (K, n)
        By name of `KEPT`.
    own : dict of float arrays, shape (n,)
        The same with the rule as it would be run, every series at its own target; and "demand", "demand_value", "cycles", "short_cycles",
        "orders" and "nervousness". Demand is the same for all targets.
    """

    name: str
    targets: np.ndarray
    sums: dict[str, np.ndarray]
    own: dict[str, np.ndarray]


def kept(items: pd.DataFrame, unit_cost: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is kept of the items of one simulation, each (n,)."""
    short = items["short"].to_numpy(dtype=float)
    plain = {name: items[name].to_numpy(dtype=float) for name in KEPT if name != "short_value"}
    return plain | {"short_value": short * unit_cost}


def own_point(items: pd.DataFrame, unit_cost: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is kept of a rule as it would be run, each (n,)."""
    plain = {name: items[name].to_numpy(dtype=float) for name in ("demand", "cycles", "orders", "nervousness")}
    return (
        kept(items, unit_cost)
        | plain
        | {
            "demand_value": plain["demand"] * unit_cost,
            "short_cycles": (1 - items["cycle_service"].to_numpy(dtype=float)) * plain["cycles"],
        }
    )


@dataclass(frozen=True)
class Curve:
    """Stock value, stock-outs and cost of a group of series against its fill rate, for B ways to weigh the series, each (B, K)."""

    fill: np.ndarray
    value: np.ndarray
    stockouts: np.ndarray

    def at_fill(self, fill: float) -> tuple[np.ndarray, np.ndarray]:
        """Return stock value and stock-outs at a fill rate, each (B,); NaN where the curve does not reach it."""
        wanted = _stretched(np.array([fill]))[0]
        scale = np.maximum.accumulate(_stretched(self.fill), axis=1)
        return _read(scale, self.value, wanted), _read(scale, self.stockouts, wanted)

    def at_least(self, fill: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the least stock value of a point with this fill rate or a higher one, and its stock-outs, each (B,); NaN without one."""
        rows = np.arange(len(self.fill))
        value = np.where(self.fill >= fill, self.value, np.inf)
        at = value.argmin(axis=1)
        reached = np.isfinite(value[rows, at])
        return np.where(reached, self.value[rows, at], np.nan), np.where(reached, self.stockouts[rows, at], np.nan)

    def stockouts_at_value(self, value: np.ndarray) -> np.ndarray:
        """Return stock-outs with stock worth `value` (B,); NaN where the curve does not reach it."""
        scale = np.maximum.accumulate(self.value, axis=1)
        return _read(scale, self.stockouts, value)


def curve(tried: Tried, weight: np.ndarray, *, measure: str) -> Curve:
    """Return the curve of a rule.

    Parameters
    ----------
    tried : Tried
    weight : float array, shape (B, n)
        How often each series counts; 0 leaves it out.
    measure : {"units", "value"}
        What the fill rate counts.
    """
    short, demand = ("short_value", "demand_value") if measure == "value" else ("short", "demand")
    missing, value, stockouts = (weight @ tried.sums[name].T for name in (short, "average_value", "stockouts"))
    wanted = np.broadcast_to((weight @ tried.own[demand])[:, None], missing.shape)
    fill = 1 - np.divide(missing, wanted, out=np.full(missing.shape, np.nan), where=wanted > 0)
    return Curve(fill, value, stockouts)


def _stretched(fill: np.ndarray) -> np.ndarray:
    """Return -log(1 - fill): on this scale stock grows about evenly."""
    scale: np.ndarray = -np.log(np.maximum(1 - fill, _NEAREST))
    return scale


def _read(scale: np.ndarray, values: np.ndarray, wanted: np.ndarray | float) -> np.ndarray:
    """Return `values` where the ascending `scale`, both (B, K), passes `wanted`, on straight lines between the points, (B,)."""
    wanted = np.broadcast_to(np.asarray(wanted, dtype=float), (len(scale),))
    rows = np.arange(len(scale))
    above = (scale < wanted[:, None]).sum(axis=1)
    inside = (above > 0) & (above < scale.shape[1]) & ~np.isnan(wanted) & ~np.isnan(scale).any(axis=1)
    above = np.clip(above, 1, scale.shape[1] - 1)
    low, high = scale[rows, above - 1], scale[rows, above]
    share = np.divide(wanted - low, high - low, out=np.ones(len(scale)), where=high > low)
    found = values[rows, above - 1] + share * (values[rows, above] - values[rows, above - 1])
    # exactly on the first point is reached
    exact = scale[:, 0] == wanted
    return np.where(inside, found, np.where(exact, values[:, 0], np.nan))
