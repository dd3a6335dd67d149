"""What order calendars change: the day of an order, no order where none is taken before the next review, more where the order day after it is far.

A plan serves until the next review: its orders are placed on the first order day until then. What is ordered must last until the order after it
arrives. Where that is later than lead time and review, the reorder point and order-up-to level rise by what the same service needs over
the longer interval.
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
from invopt_xl.core.replenish.joint.calendar import OrderCalendar
from invopt_xl.core.replenish.rounding import round_order
from invopt_xl.core.terms import Terms

#: Smaller differences are dust [share of the level].
_DUST = 1e-9


@dataclass(frozen=True)
class Wanted:
    """What n series want to order when calendars are known: order, levels and demand until the order after it, closed suppliers, and days until
    the order day (0: no calendar)."""

    quantity: np.ndarray
    reorder_point: np.ndarray
    order_up_to: np.ndarray
    demand: DemandDistribution
    closed: np.ndarray
    days: np.ndarray


def wanted_orders(
    quantity: np.ndarray,
    position: np.ndarray,
    policy: Policy,
    forecast: Forecast,
    lead_times: LeadTimes,
    terms: Terms,
    history: History,
    *,
    step: np.ndarray,
    calendar: OrderCalendar | None,
    suppliers: tuple[str, ...],
) -> Wanted:
    """Return what is wanted under the calendar of `suppliers`; without a calendar what the policy orders.

    Parameters
    ----------
    quantity, position, step : float array, shape (n,)
        The policy's order, inventory position (NaN unknown) and order multiple [units].
    policy, forecast, lead_times, terms, history
        Stage values of the same n series.
    calendar : OrderCalendar or None
    suppliers : tuple of str
        Suppliers of the calendar, in its order.
    """
    p, t = policy.frame, terms.frame
    s, up_to = p["reorder_point"].to_numpy(dtype=float), p["order_up_to"].to_numpy(dtype=float)
    nothing = np.zeros(len(quantity))
    if calendar is None:
        return Wanted(quantity, s, up_to, forecast.protection, nothing.astype(bool), nothing)
    at = pd.Index(suppliers).get_indexer(pd.Index(t["supplier"]))
    listed = np.flatnonzero(at >= 0)
    review = t["review_period_days"].to_numpy(dtype=float)
    first, following = calendar.of(at[listed]).order_days(np.datetime64(history.as_of, "D"), review[listed])
    closed, until, days = nothing.astype(bool), nothing.copy(), review.copy()
    closed[listed], until[listed] = np.isnan(first), np.nan_to_num(first)
    # where every day is an order day the next order is placed the day after the review: one day later than this one, as without a calendar
    days[listed] = following - 1.0
    longer = ~closed & (days > review + _DUST)
    if not longer.any():
        return Wanted(np.where(closed, 0.0, quantity), s, up_to, forecast.protection, closed, until)
    periods = lead_times.protection_days(np.where(longer, days, review))
    demand = forecast.law.over(periods / history.days_per_period)
    more = np.where(longer, np.maximum(_level(demand, p) - _level(forecast.protection, p), 0.0), 0.0)
    room = np.nan_to_num(t["max_stock"].to_numpy(dtype=float), nan=np.inf)
    s, up_to = np.minimum(s + more, room), np.minimum(up_to + more, np.maximum(room, up_to))
    ahead = _ordered(position, s, up_to, terms, step, room)
    moved = longer & ~t["blocked"].to_numpy(dtype=bool) & ~np.isnan(position)
    wanted = np.where(moved, np.maximum(ahead, quantity), quantity)
    return Wanted(np.where(closed, 0.0, wanted), s, up_to, demand, closed, until)


def _level(demand: DemandDistribution, p: pd.DataFrame) -> np.ndarray:
    target, cycle = p["service_target"].to_numpy(dtype=float), p["cycle_units"].to_numpy(dtype=float)
    fill = (p["service_measure"] == "fill").to_numpy()
    return np.where(fill, demand.level_for_loss((1 - target) * cycle), demand.quantile(target))


def _ordered(
    position: np.ndarray, s: np.ndarray, up_to: np.ndarray, terms: Terms, step: np.ndarray, room: np.ndarray
) -> np.ndarray:
    at = np.nan_to_num(position, nan=np.inf)
    dust = _DUST * np.maximum(1.0, np.abs(up_to))
    due = np.where(up_to - s > dust, at <= s + dust, at < s - dust)
    moq = np.nan_to_num(terms.frame["moq"].to_numpy(dtype=float))
    needed = np.where(due, up_to - np.nan_to_num(position), 0.0)
    return round_order(needed, moq=moq, pack_size=step, most=np.maximum(room - np.nan_to_num(position), 0.0)).quantity
