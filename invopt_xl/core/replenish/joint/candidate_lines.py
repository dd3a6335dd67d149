"""Which series may be ordered together, and within what: the plan's series as candidate lines."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from invopt_xl.core.buckets import PERIODS_PER_YEAR
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.history import History
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.joint.curve import CostCurve, implied_curve
from invopt_xl.core.replenish.joint.waiting import Wanted
from invopt_xl.core.terms import Terms

#: Holding rate that weighs lines whose own is lower [per year].
_LEAST_RATE = 0.01

#: Stands for the unit cost of lines without one, which stay as they are [money].
_NO_COST = 1e-9

#: Slowest demand that an order line is weighed with: what is ordered sells within this [years].
_MOST_YEARS = 10.0


@dataclass(frozen=True)
class CandidateLines:
    """n lines.

    Parameters
    ----------
    series : int array, shape (n,)
        Position among the plan's series.
    wanted, least, most, moq, step, position : float array, shape (n,)
        [units]
    unit_cost : float array, shape (n,)
        [money per unit]; 0 where unknown: such a line stays as it is.
    """

    series: np.ndarray
    wanted: np.ndarray
    least: np.ndarray
    most: np.ndarray
    moq: np.ndarray
    step: np.ndarray
    position: np.ndarray
    unit_cost: np.ndarray

    def take(self, at: np.ndarray) -> CandidateLines:
        """Return the lines `at`."""
        return CandidateLines(**{each.name: getattr(self, each.name)[at] for each in fields(self)})


def candidate_lines(
    wanted: Wanted,
    position: np.ndarray,
    forecast: Forecast,
    terms: Terms,
    history: History,
    *,
    step: np.ndarray,
    pull_forward_days: float,
) -> CandidateLines:
    """Return the lines: what is wanted, and what might be pulled forward.

    Parameters
    ----------
    wanted : Wanted
    position, step : float array, shape (N,)
        Of all series: inventory position (NaN unknown) and order multiple [units].
    forecast, terms, history
        Stage values of the same N series.
    pull_forward_days : float
        Demand of this many days beyond the order-up-to level may be ordered.
    """
    t = terms.frame
    cost = np.nan_to_num(t["unit_cost"].to_numpy(dtype=float))
    can = ~np.isnan(position) & ~t["blocked"].to_numpy(dtype=bool) & ~wanted.closed & (cost > 0)
    rows = np.flatnonzero((wanted.quantity > 0) | (can & (forecast.demand_per_period > 0)))
    at = np.nan_to_num(position)
    owed = np.maximum(-at, 0.0)
    known = cost > 0
    ahead = forecast.demand_per_period * pull_forward_days / history.days_per_period
    most = np.minimum(wanted.order_up_to + ahead, _stock_caps(forecast, terms, history)) - at
    most = np.minimum(most, np.nan_to_num(t["source_capacity"].to_numpy(dtype=float), nan=np.inf))
    most = np.maximum(most, wanted.quantity)
    lines = CandidateLines(
        series=rows,
        wanted=wanted.quantity[rows],
        least=np.where(known, np.minimum(owed, wanted.quantity), wanted.quantity)[rows],
        most=np.where(known, most, wanted.quantity)[rows],
        moq=np.nan_to_num(t["moq"].to_numpy(dtype=float))[rows],
        step=step[rows],
        position=at[rows],
        unit_cost=cost[rows],
    )
    return lines


def _stock_caps(forecast: Forecast, terms: Terms, history: History) -> np.ndarray:
    """Return the highest position that maximum stock and shelf life allow (N,)."""
    t = terms.frame
    life = t["shelf_life_days"].to_numpy(dtype=float) / history.days_per_period
    known = ~np.isnan(life)
    sold = path_total(forecast.outlook, np.where(known, life, 0.0) + forecast.lead_periods, elapsed=forecast.elapsed)
    most = np.nan_to_num(t["max_stock"].to_numpy(dtype=float), nan=np.inf)
    result: np.ndarray = np.minimum(most, np.where(known, sold, np.inf))
    return result


def curves_of(
    lines: CandidateLines, wanted: Wanted, policy: Policy, forecast: Forecast, terms: Terms, history: History
) -> CostCurve:
    """Return the cost curves of the lines."""
    rows = lines.series
    year = PERIODS_PER_YEAR[history.period]
    rate = np.maximum(terms.frame["holding_rate"].to_numpy(dtype=float)[rows], _LEAST_RATE)
    slowest = (lines.wanted + lines.step) / (_MOST_YEARS * year)
    per_period = np.maximum(forecast.demand_per_period[rows], slowest)
    demand: DemandDistribution = wanted.demand.take(rows)
    return implied_curve(
        demand,
        position=lines.position,
        wanted=lines.wanted,
        reorder_point=wanted.reorder_point[rows],
        order_up_to=wanted.order_up_to[rows],
        cycle_units=np.maximum(policy.frame["cycle_units"].to_numpy(dtype=float)[rows], per_period * 1e-3),
        demand_per_period=per_period,
        holding_cost=rate * np.maximum(lines.unit_cost, _NO_COST) / year,
    )
