"""How much stock there will be: bands of stock on hand per coming period, with open orders and the recommended one, by Monte Carlo.

Each replication draws cumulative demand D(t) from the item's own law: D(t) is the quantile of `law.over(t)` at chance Phi(W(v(t)) / sqrt(v(t))), where W is
a Brownian motion and v(t) the variance of demand over t periods. So demand over the first t periods has exactly the distribution that the plan uses, for
every t, errors of the level included; what the simulator of rules draws (independent periods, `core/simulate.py`) would be too steady over longer times.
Orders after the recommended one are not placed: the band shows how far what is there and ordered carries.

Within a period, what arrives does so before demand, as in `core/simulate.py`. Demand that is not met is lost, or waits (`lost_sales`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit, prange

from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.scenarios.taken import take, take_law
from invopt_xl.core.simulation.streams import DEMAND, LEAD_TIME, MOMENT, stream, stream_keys, uniform
from invopt_xl.core.simulation.walk import drawn
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
from invopt_xl.errors import SettingError

#: Quantiles of the band: nine of ten outcomes lie between the outer two.
LEVELS = (0.05, 0.5, 0.95)

#: Items worked on at a time: keeps their distributions, one per period, within memory.
_CHUNK = 500

_DUST = 1e-9


@dataclass(frozen=True)
class StockBands:
    """Stock on hand of n items at the ends of H coming periods.

    Parameters
    ----------
    series : DataFrame
        n rows: sku, location.
    ends : datetime64[D] array, shape (H,)
        Last days of the periods, counted from as_of.
    levels : tuple of float
        Q levels.
    quantiles : float array, shape (n, H, Q)
        [units]; NaN without a stock figure.
    mean : float array, shape (n, H)
        [units]
    short : float array, shape (n, H)
        Chance that some demand of the period is not met.
    """

    series: pd.DataFrame
    ends: np.ndarray
    levels: tuple[float, ...]
    quantiles: np.ndarray
    mean: np.ndarray
    short: np.ndarray

    def frame(self) -> pd.DataFrame:
        """Return one row per item and period: sku, location, period_end, mean, one column per level (`q05` ...), short."""
        n, periods = self.mean.shape
        row = np.repeat(np.arange(n), periods)
        columns = {
            f"q{round(level * 100):02d}": self.quantiles[:, :, at].ravel() for at, level in enumerate(self.levels)
        }
        return pd.DataFrame(
            {
                "sku": self.series["sku"].to_numpy()[row],
                "location": self.series["location"].to_numpy()[row],
                "period_end": np.tile(self.ends.astype("datetime64[s]"), n),
                "mean": self.mean.ravel(),
                **columns,
                "short": self.short.ravel(),
            }
        )


def project_stock(
    stages: Stages,
    *,
    rows: np.ndarray | None = None,
    periods: int = 13,
    replications: int = 500,
    seed: int = 1,
    levels: tuple[float, ...] = LEVELS,
    lost_sales: bool = True,
    with_order: bool = True,
) -> StockBands:
    """Return bands of projected stock. The module says how.

    Parameters
    ----------
    stages : Stages
        Of a plan, or of a scenario (`Scenario.replanned.stages`).
    rows : int array, shape (k,), optional
        Only these items. Default: all.
    periods : int
        How far ahead, 1 to 732 [periods].
    replications : int
        Draws per item, 20 to 100000: quantiles at 5 % have a standard error of 1 % of probability with 500.
    seed : int
        The same seed and item give the same draws in every scenario, so that differences are those of the inputs.
    levels : tuple of float
        In (0, 1), ascending.
    lost_sales : bool
        Whether demand that is not met is lost; otherwise it waits.
    with_order : bool
        Whether the recommended order is placed today.

    Raises
    ------
    SettingError
        A number is out of range.
    """
    _check(periods, replications, seed, levels)
    chosen = np.arange(len(stages.history.series)) if rows is None else np.asarray(rows, dtype=np.int64)
    parts = [
        _projected(take(stages, chosen[at : at + _CHUNK]), periods, replications, seed, levels, lost_sales, with_order)
        for at in range(0, max(len(chosen), 1), _CHUNK)
    ]
    quantiles, mean, short = (np.concatenate([part[k] for part in parts]) for k in range(3))
    history = stages.history
    days = np.rint(np.arange(1, periods + 1) * history.days_per_period).astype("timedelta64[D]")
    return StockBands(
        series=history.series[["sku", "location"]].iloc[chosen].reset_index(drop=True),
        ends=np.datetime64(history.as_of, "D") + days,
        levels=levels,
        quantiles=quantiles,
        mean=mean,
        short=short,
    )


def _check(periods: int, replications: int, seed: int, levels: tuple[float, ...]) -> None:
    for name, value, low, high in (
        ("Periods", periods, 1, 732),
        ("Replications", replications, 20, 100000),
        ("Seed", seed, 0, 2**31 - 1),
    ):
        if not low <= value <= high or value != int(value):
            raise SettingError(f"{name} of projected stock: expected a whole number from {low} to {high}, got {value}.")
    if not levels or list(levels) != sorted(levels) or not all(0 < level < 1 for level in levels):
        raise SettingError(f"Levels of projected stock: expected ascending numbers between 0 and 1, got {levels}.")


def _projected(
    stages: Stages,
    periods: int,
    replications: int,
    seed: int,
    levels: tuple[float, ...],
    lost_sales: bool,
    with_order: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    grid, cdf, variance = _cumulative(stages, periods)
    t = stages.terms.frame
    on_hand = t["on_hand"].to_numpy(dtype=float)
    owed = np.nan_to_num(t["backorders"].to_numpy(dtype=float)) + np.nan_to_num(t["reserved"].to_numpy(dtype=float))
    quantity = stages.orders.frame["order_quantity"].to_numpy(dtype=float) * with_order
    rank = np.maximum(np.ceil(np.asarray(levels) * replications - _DUST).astype(np.int64) - 1, 0)
    found = _walk(
        grid,
        cdf,
        variance,
        np.ascontiguousarray(stages.forecast.law.whole, dtype=np.bool_),
        np.nan_to_num(on_hand) - owed,
        arrivals(stages.terms, stages.lead_times, stages.history, periods=periods),
        np.ascontiguousarray(quantity),
        np.ascontiguousarray(stages.lead_times.atoms / stages.history.days_per_period),
        np.require(stream_keys(stages.history.series[["sku", "location"]]), requirements=["C", "W"]),
        np.uint64(seed),
        replications,
        rank,
        lost_sales,
    )
    unknown = np.isnan(on_hand)
    for values in found:
        values[unknown] = np.nan
    return found


def _cumulative(stages: Stages, periods: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return grid and cdf of demand over the first 1, 2 ... periods (n, H, G), and its variance (n, H), never falling."""
    law = take_law(stages.forecast.law, np.arange(len(stages.history.series)))
    n = len(stages.history.series)
    parts = [law.over(np.full((n, 1), float(length))) for length in range(1, periods + 1)]
    _, variance = law.moments(np.tile(np.arange(1.0, periods + 1), (n, 1)))
    grid = np.stack([part.grid for part in parts], axis=1)
    cdf = np.stack([part.cdf for part in parts], axis=1)
    return np.ascontiguousarray(grid), np.ascontiguousarray(cdf), np.maximum.accumulate(variance, axis=1)


def arrivals(terms: Terms, lead_times: LeadTimes, history: History, *, periods: int) -> np.ndarray:
    """Return units of open orders by period of arrival, shape (n, periods).

    Lines come on their due date, overdue ones at once; units on order without a line have no date and come after half the lead time, as in `orders`.
    """
    on_order = np.nan_to_num(terms.frame["on_order"].to_numpy(dtype=float))
    n, lines = len(on_order), terms.open_orders
    row = lines["series"].to_numpy(dtype=np.int64)
    quantity = np.nan_to_num(lines["quantity"].to_numpy(dtype=float))
    due = lines["due_date"].to_numpy(dtype="datetime64[s]")
    days = (due - np.datetime64(history.as_of, "s")).astype("timedelta64[s]").astype(float) / 86400
    days = np.where(np.isnat(due), 0.0, days)
    listed = np.bincount(row, weights=quantity, minlength=n)
    undated = np.where(listed > 0, 0.0, on_order)
    mean = lead_times.frame["mean_days"].to_numpy(dtype=float)
    at = np.concatenate([days, mean / 2]) / history.days_per_period
    # the k-th period ends after k periods; what comes at its end is there for the next
    period = np.maximum(np.ceil(at - _DUST).astype(np.int64) - 1, 0)
    units = np.concatenate([quantity, undated])
    who = np.concatenate([row, np.arange(n)])
    inside = period < periods
    found = np.bincount(who[inside] * periods + period[inside], weights=units[inside], minlength=n * periods)
    # without any unit bincount counts in whole numbers
    return np.ascontiguousarray(found.reshape(n, periods), dtype=float)


@njit(cache=True)
def _normal(start: np.uint64, time: int) -> float:
    """Return a standard normal number of one moment of a stream (Box & Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(start, time, DEMAND)))
    return radius * math.cos(2.0 * math.pi * uniform(start, time, MOMENT))


@njit(cache=True, parallel=True)
def _walk(
    grid: np.ndarray,
    cdf: np.ndarray,
    variance: np.ndarray,
    whole: np.ndarray,
    free: np.ndarray,
    arriving: np.ndarray,
    order: np.ndarray,
    lead: np.ndarray,
    key: np.ndarray,
    seed: np.uint64,
    replications: int,
    rank: np.ndarray,
    lost: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return quantiles (n, H, Q), mean (n, H) and chance of being short (n, H)."""
    n, periods = variance.shape
    quantiles = np.zeros((n, periods, len(rank)))
    mean, short = np.zeros((n, periods)), np.zeros((n, periods))
    for i in prange(n):
        kept = np.zeros((periods, replications))
        for r in range(replications):
            start = stream(seed, key[i], r)
            away = lead[i, int(uniform(start, 0, LEAD_TIME) * lead.shape[1])]
            receipt = max(math.ceil(away - 1e-9) - 1, 0)
            stock, moved, before, spread = free[i], 0.0, 0.0, 0.0
            for t in range(periods):
                moved += math.sqrt(max(variance[i, t] - spread, 0.0)) * _normal(start, t)
                spread = max(variance[i, t], spread)
                score = moved / math.sqrt(spread) if spread > 0 else 0.0
                chance = min(0.5 * math.erfc(-score / math.sqrt(2.0)), 1.0 - 1e-12)
                total = max(drawn(grid[i, t], cdf[i, t], whole[i], chance), before)
                stock += arriving[i, t] + (order[i] if receipt == t else 0.0) - (total - before)
                before = total
                if stock < -1e-9:
                    short[i, t] += 1.0
                    if lost:
                        stock = 0.0
                kept[t, r] = max(stock, 0.0)
        for t in range(periods):
            mean[i, t] = kept[t].mean()
            ordered = np.sort(kept[t])
            for q in range(len(rank)):
                quantiles[i, t, q] = ordered[rank[q]]
            short[i, t] /= replications
    return quantiles, mean, short
