"""The ground on which ordering rules are tried: real demand, drawn lead times, minimum orders and costs, the same for every rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR
from invopt_xl.core.decision_backtest.view import View
from invopt_xl.core.history import History
from invopt_xl.core.replenish.rounding import order_step, sold_whole
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.rule import OrderRule
from invopt_xl.core.simulation.streams import stream_keys
from invopt_xl.core.simulation.supply import Costs, StartingStock, Supply

#: Steps of the clock per period at most: a day of a month.
_MOST_STEPS = 30


@dataclass(frozen=True)
class Ground:
    """n series.

    Parameters
    ----------
    demand : float array, shape (n, T)
        What was wanted, over the whole history; 0 before life [units].
    lead_periods : float array, shape (n, J)
        Equally likely lead times, from all receipts known today.
    review_periods : float array, shape (n,)
        Whole steps; 0 for continuous review.
    steps : int
        Steps of the clock per period.
    moq, pack_size, shelf_life_periods : float arrays, shape (n,)
    costs : Costs
    unit_cost : float array, shape (n,)
    keys : uint64 array, shape (n,)
    lost_sales : bool
    crossover : bool array, shape (n,)
    lead_hold_periods : float array, shape (n,)
    replications, seed : int
    """

    demand: np.ndarray
    lead_periods: np.ndarray
    review_periods: np.ndarray
    steps: int
    moq: np.ndarray
    pack_size: np.ndarray
    shelf_life_periods: np.ndarray
    costs: Costs
    unit_cost: np.ndarray
    keys: np.ndarray
    lost_sales: bool
    crossover: np.ndarray
    lead_hold_periods: np.ndarray
    replications: int
    seed: int

    def run(self, reorder_point: np.ndarray, order_up_to: np.ndarray, *, first: int, end: int) -> pd.DataFrame:
        """Return `simulation.outcome.OUTCOME` of every series for the periods first .. end.

        Parameters
        ----------
        reorder_point, order_up_to : float arrays, shape (n, P)
            Levels of the periods up to `end` [units].
        first, end : int
            Periods before `first` serve to get under way and do not count: those with levels of their own, or else as many as it takes, with
            the first levels.
        """
        own = reorder_point.shape[1] - (end - first + 1)
        warm_up = own or min(first, self.usual_cover)
        s, up_to = (
            np.concatenate([np.repeat(levels[:, :1], warm_up - own, axis=1), levels], axis=1)
            for levels in (reorder_point, order_up_to)
        )
        whole = self.pack_size == 1.0
        # half-way between the levels: where the inventory position is on average
        on_hand = np.maximum(s[:, 0] + (up_to[:, 0] - s[:, 0]) / 2, 0.0)
        found = simulate(
            np.ascontiguousarray(self.demand[:, first - warm_up : end + 1]),
            OrderRule(s, up_to, review_periods=self.review_periods),
            Supply(
                self.lead_periods,
                crossover=self.crossover,
                lead_hold_periods=self.lead_hold_periods,
                moq=self.moq,
                pack_size=self.pack_size,
                shelf_life_periods=self.shelf_life_periods,
            ),
            start=StartingStock(np.where(whole, np.ceil(on_hand), on_hand)),
            costs=self.costs,
            lost_sales=self.lost_sales,
            steps_per_period=self.steps,
            replications=self.replications,
            warm_up=warm_up,
            seed=self.seed,
            keys=self.keys,
        )
        return found.items

    @property
    def usual_cover(self) -> int:
        """Periods until the first orders of nine of ten series have come in and been followed by another."""
        cover = self.lead_periods.max(axis=1) + 2 * self.review_periods
        return int(np.ceil(np.quantile(cover, 0.9))) + 2

    def take(self, rows: np.ndarray) -> Ground:
        """Return the ground of some series."""
        arrays = {
            name: getattr(self, name)[rows]
            for name in (
                "demand",
                "lead_periods",
                "review_periods",
                "moq",
                "pack_size",
                "shelf_life_periods",
                "unit_cost",
                "keys",
                "crossover",
                "lead_hold_periods",
            )
        }
        rates = {
            name: np.asarray(getattr(self.costs, name))[rows] for name in ("unit_cost", "holding", "order", "shortage")
        }
        return replace(self, **arrays, costs=Costs(**rates))


def ground_of(
    view: View,
    history: History,
    atoms: np.ndarray,
    unit_cost: np.ndarray,
    *,
    lost_sales: bool,
    crossover: bool | np.ndarray,
    replications: int,
    lead_hold_periods: float | np.ndarray = 0.0,
) -> Ground:
    """Return the ground for the n series of a view.

    Parameters
    ----------
    view : View
        Its terms hold: review periods, minimum orders, packs, shelf life, order costs and holding rates.
    history : History
        The same n series as known today.
    atoms : float array, shape (n, J)
        Lead times as known today [days].
    unit_cost : float array, shape (n,)
        Complete [money].
    lost_sales : bool
    crossover : bool, or array of shape (n,)
    lead_hold_periods : float, or array of shape (n,)
        Periods over which orders share their draw of the lead time.
    replications : int
        1 is enough where no lead time is random.

    Notes
    -----
    A unit short costs what makes the series' own target p the cheapest service: holding a unit through a cycle x p / (1 - p), with a cycle
    as long as the review period or the time that a minimum order lasts (critical ratio; Silver, Pyke & Thomas 2017, sec. 9.2).
    """
    per_period = history.days_per_period
    demand = np.nan_to_num(history.demand)
    review, steps = clock(view.number("review_period_days"), per_period)
    lead = atoms / per_period
    certain = np.ptp(lead, axis=1).max(initial=0.0) < 1e-9 and np.abs(lead * steps - np.rint(lead * steps)).max() < 1e-9
    moq, pack = np.nan_to_num(view.number("moq")), np.nan_to_num(view.number("pack_size"))
    # what was sold tells whole items; demand restored after stock-outs may be a fraction
    whole = sold_whole(history.sales)
    holding = unit_cost * view.number("holding_rate") / PERIODS_PER_YEAR[history.period]
    rate = demand.sum(axis=1) / np.maximum((~np.isnan(history.demand)).sum(axis=1), 1)
    cycle = np.maximum(np.maximum(review, 1 / steps), np.divide(moq, rate, out=np.zeros_like(moq), where=rate > 0))
    target = view.own_target
    life = np.nan_to_num(view.number("shelf_life_days")) / per_period
    return Ground(
        demand=demand,
        lead_periods=lead,
        review_periods=review,
        steps=steps,
        moq=moq,
        pack_size=order_step(pack, whole=whole),
        shelf_life_periods=np.where(life > 0, np.maximum(np.rint(life * steps), 1.0) / steps, 0.0),
        costs=Costs(unit_cost, holding, view.number("order_cost"), holding * cycle * target / (1 - target)),
        unit_cost=unit_cost,
        keys=stream_keys(history.series[["sku", "location"]]),
        lost_sales=lost_sales,
        crossover=np.broadcast_to(np.asarray(crossover, dtype=bool), (len(demand),)),
        lead_hold_periods=np.broadcast_to(
            np.rint(np.asarray(lead_hold_periods, dtype=float) * steps) / steps, (len(demand),)
        ),
        replications=1 if certain else replications,
        seed=view.settings.seed,
    )


def clock(review_days: np.ndarray, days_per_period: float) -> tuple[np.ndarray, int]:
    """Return review periods in whole steps (n,), and the steps per period: as long as the shortest review, a day where it is continuous.

    >>> clock(np.array([7.0, 14.0]), 7.0)
    (array([1., 2.]), 1)
    >>> clock(np.array([7.0, 30.4375]), 30.4375)
    (array([0.25, 1.  ]), 4)
    """
    shortest = float(np.where(review_days > 0, review_days, 1.0).min(initial=days_per_period))
    steps = int(np.clip(np.rint(days_per_period / shortest), 1, _MOST_STEPS))
    whole = np.maximum(np.rint(review_days / days_per_period * steps), 1.0) / steps
    return np.where(review_days > 0, whole, 0.0), steps


def complete_costs(given: np.ndarray) -> np.ndarray:
    """Return what a unit of each series counts: its cost, else the median one; 1 where none is known, shape (n,)."""
    known = given > 0
    if not known.any():
        return np.ones(len(given))
    return np.where(known, given, np.median(given[known]))
