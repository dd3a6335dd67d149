"""Orders: policy, stock and supplier limits -> what to order now, how much and by when. Eighth stage.

An order is due when the inventory position (on hand + on order - backorders - reserved, each counted once) is at or below the reorder point;
with a pure order-up-to policy, where both levels are the same, when it is below. The quantity lifts the position to the order-up-to level and is
rounded up to the minimum order, then to full packs; what rounding adds is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.cover import days_until
from invopt_xl.core.replenish.expected_service import expected_service
from invopt_xl.core.replenish.rounding import Rounded, order_step, round_order, sold_whole
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

#: Smaller differences of stock are dust of floating-point sums [share of the level, units].
_DUST = 1e-9

NO_STOCK_FIGURE = "no stock figure"


@dataclass(frozen=True)
class Orders:
    """`frame`, n rows: inventory_position, needed_units, order_quantity, moq_extra_units, pack_extra_units [units], rounding_extra_value,
    order_value [money, NaN without a unit cost], order_by, expected_receipt (datetime64[s]), days_of_cover [days, NaN without demand or
    stock figure], stockout_risk, expected_service [shares, NaN without a stock figure], held_back (why nothing, or less, is ordered although
    stock is short; else "")."""

    frame: pd.DataFrame


def size_orders(
    policy: Policy, forecast: Forecast, lead_times: LeadTimes, terms: Terms, history: History, *, settings: Settings
) -> Orders:
    """Return the orders of all series.

    Parameters
    ----------
    policy : Policy
    forecast : Forecast
    lead_times : LeadTimes
    terms : Terms
    history : History
        All for the same n series in the same order.
    settings : Settings
        Not used yet: terms carry what a rule may change.
    """
    p, t = policy.frame, terms.frame
    on_hand = t["on_hand"].to_numpy(dtype=float)
    owed = _amount(t, "backorders") + _amount(t, "reserved")
    position = on_hand + _amount(t, "on_order") - owed  # NaN without a stock figure
    due, needed = _needed(position, p)
    whole = sold_whole(history.sales)
    rounded, held = _feasible(needed, due, position, p["forecast_protection"].to_numpy(dtype=float), t, whole=whole)
    cost = t["unit_cost"].to_numpy(dtype=float)
    receipt = _expected_receipt(lead_times, history)
    days_left = _days_to_reorder(position, due & ~t["blocked"].to_numpy(dtype=bool), p, forecast, history)
    free = on_hand - owed
    frame = pd.DataFrame(
        {
            "inventory_position": position,
            "needed_units": needed,
            "order_quantity": rounded.quantity,
            "moq_extra_units": rounded.moq_extra,
            "pack_extra_units": rounded.pack_extra,
            "rounding_extra_value": (rounded.moq_extra + rounded.pack_extra) * cost,
            "order_value": rounded.quantity * cost,
            "order_by": _after(history.as_of, days_left),
            "expected_receipt": receipt,
            "days_of_cover": days_until(np.maximum(on_hand, 0.0), forecast, history.days_per_period),
            "stockout_risk": _stockout_risk(free, forecast, lead_times, terms, history),
            "expected_service": expected_service(position + rounded.quantity, forecast.protection, p),
            "held_back": pd.Series(held, dtype="str"),
        }
    )
    return Orders(frame)


def _amount(t: pd.DataFrame, name: str) -> np.ndarray:
    result: np.ndarray = np.nan_to_num(t[name].to_numpy(dtype=float), nan=0.0)
    return result


def _needed(position: np.ndarray, p: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return whether an order is due (n,), and the units that lift the position to the order-up-to level (n,)."""
    s, up_to = p["reorder_point"].to_numpy(dtype=float), p["order_up_to"].to_numpy(dtype=float)
    dust = _DUST * np.maximum(1.0, np.abs(up_to))
    known = ~np.isnan(position)
    at = np.where(known, position, np.inf)
    due = np.where(up_to - s > dust, at <= s + dust, at < s - dust)
    # an empty shelf with nothing expected needs nothing
    due &= up_to - at > dust
    return due, np.where(due, up_to - np.where(known, position, 0.0), 0.0)


def _feasible(
    needed: np.ndarray,
    due: np.ndarray,
    position: np.ndarray,
    expected: np.ndarray,
    t: pd.DataFrame,
    *,
    whole: np.ndarray,
) -> tuple[Rounded, np.ndarray]:
    """Return rounded orders and, where less than wanted is ordered, why.

    An item without a pack is ordered in whole units when it has only ever been sold so (`whole`), else in hundredths.
    """
    blocked = t["blocked"].to_numpy(dtype=bool)
    room = t["max_stock"].to_numpy(dtype=float) - position
    wanted = np.where(due & ~blocked, needed, 0.0)
    step = order_step(_amount(t, "pack_size"), whole=whole)
    rounded = round_order(wanted, moq=_amount(t, "moq"), pack_size=step, most=np.where(np.isnan(room), np.inf, room))
    held = np.full(len(t), "", dtype=object)
    held[due & ~blocked & (rounded.quantity < needed - _DUST)] = (
        "less than needed: full packs would exceed the maximum stock"
    )
    held[due & ~blocked & (rounded.quantity <= 0)] = "the smallest order would exceed the maximum stock"
    held[blocked & (position < expected - _DUST)] = "item or supplier is blocked"
    held[np.isnan(position)] = NO_STOCK_FIGURE
    return rounded, held


def _expected_receipt(lead_times: LeadTimes, history: History) -> np.ndarray:
    """Return the day an order placed at as_of is expected; the lead times of an interrupted supplier already wait until it delivers again."""
    days = np.ceil(lead_times.frame["mean_days"].to_numpy(dtype=float) - 1e-9)
    return _after(history.as_of, days)


def _days_to_reorder(
    position: np.ndarray, due: np.ndarray, p: pd.DataFrame, forecast: Forecast, history: History
) -> np.ndarray:
    """Return days until the projected inventory position reaches the reorder point (n,); 0 when due, at least 1 when not, NaN for never."""
    above = np.maximum(position - p["reorder_point"].to_numpy(dtype=float), 0.0)
    days = days_until(above, forecast, history.days_per_period)
    idle = p["order_up_to"].to_numpy(dtype=float) <= 0
    # what is not due today is due tomorrow at the earliest, even if the level is passed within the day
    return np.where(due, 0.0, np.where(idle, np.nan, np.maximum(np.floor(days + _DUST), 1.0)))


def _after(as_of: pd.Timestamp, days: np.ndarray) -> np.ndarray:
    """Return as_of + days as datetime64[s], NaT for NaN."""
    # later than anyone plans; keeps the date within what a sheet can hold
    whole = np.clip(np.nan_to_num(days, nan=0.0), 0, 36500).astype(np.int64)
    dates = np.datetime64(as_of, "s") + whole.astype("timedelta64[D]").astype("timedelta64[s]")
    return np.where(np.isnan(days), np.datetime64("NaT", "s"), dates)


def _stockout_risk(
    free: np.ndarray, forecast: Forecast, lead_times: LeadTimes, terms: Terms, history: History
) -> np.ndarray:
    """Return the chance of running out before an order placed today arrives (n,).

    Stock is looked at twice, and the worse moment counts: just before the first open order arrives, against what is there now; and at the end
    of the lead time, against that and all that arrives until then. Where nothing is free now, demand is not met today: 1.
    """
    known = ~np.isnan(free)
    now = np.where(known, free, 0.0)
    at_end = _exceeds(forecast.lead, now + arriving(lead_times, terms, history))
    first = _first_arrival(lead_times, terms, history) / history.days_per_period
    until_first = _exceeds(forecast.law.over(first[:, None]), now)
    risk = np.maximum(at_end, until_first)
    risk = np.where((now <= _DUST) & (forecast.demand_per_period > 0), 1.0, risk)
    return np.where(known, np.clip(risk, 0.0, 1.0), np.nan)


def _exceeds(demand: DemandDistribution, stock: np.ndarray) -> np.ndarray:
    """Return the chance that demand is more than stock (n,), which may be negative."""
    return np.where(stock < -_DUST, 1.0, 1.0 - demand.cdf_at(np.maximum(stock, 0.0)))


def _first_arrival(lead_times: LeadTimes, terms: Terms, history: History) -> np.ndarray:
    """Return days until the first open order arrives within the lead time, else 0 (n,): what is due already counts as arriving now.

    Units on order without a listed line have no date; on average such an order is half-way.
    """
    mean = lead_times.frame["mean_days"].to_numpy(dtype=float)
    lines = terms.open_orders
    listed = np.zeros(len(mean), dtype=bool)
    first = np.full(len(mean), np.inf)
    row = lines["series"].to_numpy(dtype=np.int64)
    due = lines["due_date"].to_numpy(dtype="datetime64[s]")
    days = (due - np.datetime64(history.as_of, "s")).astype(np.int64) / 86400
    np.minimum.at(first, row, np.where(np.isnat(due), 0.0, np.maximum(days, 0.0)))
    listed[row] = True
    undated = ~listed & (_amount(terms.frame, "on_order") > 0)
    first = np.where(undated, mean / 2, first)
    # nothing arrives in time: the end of the lead time alone counts
    return np.where(first <= mean, first, 0.0)


def arriving(lead_times: LeadTimes, terms: Terms, history: History) -> np.ndarray:
    """Return units on order that arrive within the lead time (n,): listed lines by their due date, overdue ones soon; unlisted ones all."""
    on_order = _amount(terms.frame, "on_order")
    lines = terms.open_orders
    if not len(lines):
        return on_order
    row = lines["series"].to_numpy(dtype=np.int64)
    last = np.datetime64(history.as_of, "s") + (
        lead_times.frame["mean_days"].to_numpy(dtype=float)[row] * 86400
    ).astype(np.int64).astype("timedelta64[s]")
    due = lines["due_date"].to_numpy(dtype="datetime64[s]")
    soon = np.isnat(due) | (due <= last)
    quantity = np.nan_to_num(lines["quantity"].to_numpy(dtype=float))
    listed = np.bincount(row, weights=quantity, minlength=len(on_order))
    in_time = np.bincount(row, weights=quantity * soon, minlength=len(on_order))
    return np.where(listed > 0, np.minimum(in_time, on_order), on_order)
