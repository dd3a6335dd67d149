"""Policy: a demand distribution and terms -> safety stock, reorder point and order-up-to level per series. Seventh stage.

Logic (Silver, Pyke & Thomas 2017, Inventory and Production Management in Supply Chains, 4th ed., ch. 6 and 7)
--------------------------------------------------------------------------------------------------------------
X is demand over the protection interval: lead time + review period (continuous review: lead time alone). Where several orders are under
way at once, its length is that of `effective_lead_time`: later orders overtake, or wait.

- Reorder point s, service "cycle": the smallest s with P(X <= s) >= target: the quantile of X.
- Reorder point s, service "fill": the smallest s with E(X - s)+ <= (1 - target) x units per cycle. Units per cycle are what one replenishment
  brings: the largest of lot, demand of one review period, and minimum order.
- Lot: the economic order quantity where order cost and unit cost are known, at least the minimum order. Else one review period's demand, or
  with continuous review the largest of minimum order, one pack and one period's demand.
- Order-up-to level S: s + max(0, lot - demand of one review period) with periodic review (what is sold between reviews is already covered by
  X), s + lot with continuous review.
- Safety stock: s - expected demand over lead time + review. It is negative where the target is so low that stock may run out on average: shown as it is, with a note, since s is
  still right.
- Damping (`damping_units`) keeps a part of the safety stock of the last run: see `damped_policy`.
- Limits: min_stock is a floor on safety stock; then a planner's own safety stock, reorder point or order-up-to level wins, in this order.
  max_stock and shelf life cap S (and s with it); they win over everything, because goods beyond them cannot be kept or sold.
- Blocked items keep s = 0: nothing is ordered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.lot import lots
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Policy:
    """`frame`, n rows: service_target, service_measure, safety_stock, reorder_point, order_up_to, lot_units, eoq (NaN without costs),
    forecast_protection, cycle_units [all units], note (text: limits and standing decisions that hold)."""

    frame: pd.DataFrame


def set_policy(
    forecast: Forecast,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
    *,
    settings: Settings,
    damping_units: np.ndarray | float = 0.0,
) -> Policy:
    """Return the policy of all series.

    Parameters
    ----------
    forecast : Forecast
    terms : Terms
    lead_times : LeadTimes
    history : History
        All for the same n series in the same order.
    settings : Settings
        Not used yet: terms carry what a rule may change.
    damping_units : float array, shape (n,), default 0
        Safety stock kept beyond what the service target needs, or less than that (`damped_policy`) [units]. Limits and standing decisions win over it.
    """
    t = terms.frame
    review = t["review_period_days"].to_numpy(dtype=float) / history.days_per_period
    over_review = forecast.demand_per_period * review
    ordered = lots(forecast.demand_per_period, t, days_per_period=history.days_per_period)
    lot = ordered.units
    cycle = np.maximum(np.maximum(lot, over_review), np.nan_to_num(t["moq"].to_numpy(dtype=float)))
    expected = expected_demand(forecast, terms, lead_times, history)
    target, fill = t["service_level"].to_numpy(dtype=float), (t["service_measure"] == "fill").to_numpy()
    levels = _Levels(
        reorder_point=_reorder_point(forecast, target, fill, cycle),
        beyond=np.where(review > 0, np.maximum(lot - over_review, 0.0), lot),
        expected=expected,
        damping=np.asarray(damping_units, dtype=float),
    )
    s, up_to, note = _limited(levels, forecast, t, history)
    frame = pd.DataFrame(
        {
            "service_target": target,
            "service_measure": t["service_measure"].to_numpy(),
            "safety_stock": s - expected,
            "reorder_point": s,
            "order_up_to": up_to,
            "lot_units": lot,
            "eoq": ordered.economic,
            "forecast_protection": expected,
            "cycle_units": cycle,
            "note": pd.Series(note, dtype="str"),
        }
    )
    blocked = t["blocked"].to_numpy(dtype=bool)
    frame.loc[blocked, ["safety_stock", "reorder_point", "order_up_to", "lot_units", "cycle_units"]] = 0.0
    return Policy(frame)


def expected_demand(forecast: Forecast, terms: Terms, lead_times: LeadTimes, history: History) -> np.ndarray:
    """Return expected demand over lead time + review, shape (n,) [units].

    What the protection distribution holds beyond it, because orders wait for those before them or because receipts come when much is under
    way (`effective_lead_time`), belongs to safety stock: the lead time that is shown stays that of the receipts.
    """
    mean = forecast.protection.mean()
    if lead_times.stream is None:
        return mean
    days = terms.frame["review_period_days"].to_numpy(dtype=float)
    plain, covered = lead_times.atoms + days[:, None], lead_times.protection_days(days)
    beyond = (
        forecast.law.mean(covered / history.days_per_period) - forecast.law.mean(plain / history.days_per_period)
    ).mean(axis=1)
    expected: np.ndarray = np.where(beyond == 0, mean, np.maximum(mean - beyond, 0.0))
    return expected


@dataclass(frozen=True)
class _Levels:
    reorder_point: np.ndarray
    beyond: np.ndarray
    expected: np.ndarray
    damping: np.ndarray


def _reorder_point(forecast: Forecast, target: np.ndarray, fill: np.ndarray, cycle: np.ndarray) -> np.ndarray:
    point = forecast.protection.quantile(target)
    rows = np.flatnonzero(fill)
    if len(rows):
        point[rows] = forecast.protection.take(rows).level_for_loss((1 - target[rows]) * cycle[rows])
    return point


def _limited(
    levels: _Levels, forecast: Forecast, t: pd.DataFrame, history: History
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return reorder point, order-up-to level and note after limits and standing decisions."""
    notes = _Notes(len(t))
    point = np.maximum(levels.reorder_point + levels.damping, 0.0)
    wanted = point - levels.expected
    safety = wanted
    floor = t["min_stock"].to_numpy(dtype=float)
    # with no demand expected a minimum stock still holds
    safety = notes.where(floor > safety, floor, safety, "safety stock raised to the minimum stock")
    own = t["override_safety_stock"].to_numpy(dtype=float)
    safety = notes.where(~np.isnan(own), own, safety, "safety stock set by hand")
    s = np.maximum(levels.expected + safety, 0.0)
    # the exact quantile where nothing moved it: no dust from adding and subtracting the mean
    s = np.where(safety == wanted, point, s)
    own = t["override_reorder_point"].to_numpy(dtype=float)
    s = notes.where(~np.isnan(own), own, s, "reorder point set by hand")
    up_to = s + levels.beyond
    own = t["override_order_up_to"].to_numpy(dtype=float)
    up_to = notes.where(~np.isnan(own), own, up_to, "order-up-to level set by hand")
    s = np.minimum(s, up_to)
    cap = _shelf_cap(forecast, t, history)
    capped = np.where(cap < up_to, cap, up_to)
    up_to = notes.where(cap < up_to, capped, up_to, "limited to what sells within shelf life")
    cap = t["max_stock"].to_numpy(dtype=float)
    up_to = notes.where(cap < up_to, cap, up_to, "limited by the maximum stock")
    s = np.minimum(s, up_to)
    notes.add(s < levels.expected, "below expected demand: stock may run out on average")
    return s, up_to, notes.text


def _shelf_cap(forecast: Forecast, t: pd.DataFrame, history: History) -> np.ndarray:
    """Return expected demand within shelf life, counted from today: an order is sold after what is there already (n,)."""
    life = t["shelf_life_days"].to_numpy(dtype=float) / history.days_per_period
    known = ~np.isnan(life)
    sold = path_total(forecast.outlook, np.where(known, life, 0.0) + forecast.lead_periods, elapsed=forecast.elapsed)
    # goods that arrive one lead time from now must be sold within their life after that
    return np.where(known, sold, np.inf)


class _Notes:
    """Collects what moved a level, one text per series."""

    def __init__(self, n: int) -> None:
        self.text = np.full(n, "", dtype=object)

    def where(self, mask: np.ndarray, new: np.ndarray, old: np.ndarray, text: str) -> np.ndarray:
        """Return `new` where `mask`, else `old`; note `text` there."""
        self.add(mask, text)
        return np.where(mask, new, old)

    def add(self, mask: np.ndarray, text: str) -> None:
        """Note `text` where `mask`."""
        first = self.text == ""
        self.text = np.where(mask, np.where(first, text, self.text + "; " + text), self.text)
