"""The policy with safety stock that follows what is needed from run to run in steps, each with its reason. After the policy, before orders.

The rule is that of `damping`; here is what it is given: the last run's safety stock, what the service target needs now and with a little slack, how sure
the forecast is, how reliable the supplier, how critical the item. Not damped, but followed at once, are: the first run of an item; a service target, or
its measure, that was changed (a decision, no noise); items nothing is expected of; what a planner set by hand or blocked; and everything where a budget
for stock decides. Limits and standing decisions win over damping.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.damping import damped_safety_stock, damping_terms, is_critical
from invopt_xl.core.policy.last_stock import RUN_COLUMNS, START_COLUMNS, STATE_COLUMNS, LastStock
from invopt_xl.core.policy.policy import Policy, set_policy
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

#: A lead time is longer than in the last run from here on [days]: estimates move a little with every receipt.
_LONGER_DAYS = 1.0

#: Of what the service target leaves, damping gives away no more than this [share].
_MOST_OF_REST = 0.5

#: What limits or replaces the safety stock that a service target asks for.
_LIMITS = ("min_stock", "max_stock", "shelf_life_days")
_BY_HAND = ("override_safety_stock", "override_reorder_point", "override_order_up_to")

_DUST = 1e-9


@dataclass(frozen=True)
class Damping:
    """What damping did to the safety stock of n items.

    Parameters
    ----------
    units : float array, shape (n,)
        Kept beyond what is needed, before limits and standing decisions [units]; negative where less is kept.
    shown : float array, shape (n,)
        The same as far as limits and standing decisions leave it [units].
    reason : object array, shape (n,)
        In words; "" where `shown` is 0.
    state : DataFrame
        n rows, `last_stock.STATE_COLUMNS`: what the next run starts from.
    """

    units: np.ndarray
    shown: np.ndarray
    reason: np.ndarray
    state: pd.DataFrame

    def take(self, rows: np.ndarray) -> Damping:
        """Return that of the items `rows`."""
        state = self.state.iloc[rows].reset_index(drop=True)
        return Damping(self.units[rows], self.shown[rows], self.reason[rows], state)


@dataclass(frozen=True)
class DampedPolicy:
    """`policy` with damped safety stock, and `damping`: what that changed."""

    policy: Policy
    damping: Damping


def damped_policy(
    policy: Policy,
    forecast: Forecast,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
    *,
    asked: Terms,
    last: LastStock,
    settings: Settings,
) -> DampedPolicy:
    """Return the policy with safety stock that follows the last run's in steps.

    Parameters
    ----------
    policy : Policy
        As the service targets of `terms` ask for.
    forecast : Forecast
    terms : Terms
    lead_times : LeadTimes
    history : History
        All for the same n series in the same order.
    asked : Terms
        With the service targets as they were set, where those of `terms` were worked out for all items together.
    last : LastStock
    settings : Settings
        damp_safety_stock, safety_stock_rise, safety_stock_fall, damping_slack, service_aim and stock_budget are used.
    """
    words = (forecast, _plain(terms), lead_times, history)
    target = terms.frame["service_level"].to_numpy(dtype=float)
    plain = _aimed_at(target, *words, settings=settings)
    needed = plain["safety_stock"].to_numpy(dtype=float)
    now = _state(needed, asked, lead_times, history, settings)
    damped = last.known & _may_be_damped(forecast, terms, settings) & _same_target(last, now)
    if not damped.any():
        return DampedPolicy(policy, _undamped(now, last))
    slack = np.minimum(settings.damping_slack, _MOST_OF_REST * (1 - target))
    least = _aimed_at(np.maximum(target - slack, target / 2), *words, settings=settings)["safety_stock"]
    longer = lead_times.frame["mean_days"].to_numpy(dtype=float) - last.frame["run_lead_time_days"].to_numpy()
    pace = damping_terms(
        needed,
        observations=forecast.law.spread.observations,
        on_time_share=lead_times.frame["on_time_share"].to_numpy(dtype=float),
        critical=is_critical(terms.frame["criticality"].to_numpy(dtype=object)),
        lead_time_longer=np.nan_to_num(longer) >= _LONGER_DAYS,
        weeks=np.where(damped, last.days, 7.0) / 7.0,
        rise=settings.safety_stock_rise,
        fall=settings.safety_stock_fall,
    )
    before = np.where(damped, last.frame["run_safety_stock"].to_numpy(dtype=float), np.nan)
    made = damped_safety_stock(before, needed, least=least.to_numpy(dtype=float), terms=pace)
    point = plain["reorder_point"].to_numpy(dtype=float)
    units = _in_whole_units(made.safety_stock - needed, point, forecast)
    again = set_policy(forecast, terms, lead_times, history, settings=settings, damping_units=units)
    shown = _difference(again, policy)
    reason = np.where(shown == 0, "", made.reason).astype(object)
    note = _joined(again.frame["note"].to_numpy(dtype=object), reason)
    frame = again.frame.assign(note=pd.Series(note, dtype="str").to_numpy())
    state = _with_start(now.assign(run_safety_stock=made.safety_stock), last)
    return DampedPolicy(Policy(frame), Damping(units, shown, reason, state))


def carried_damping(
    damping: Damping | None, forecast: Forecast, *, new_target: np.ndarray | bool, settings: Settings
) -> np.ndarray | float:
    """Return the damping of a plan for the same items with changed inputs [units] (n,).

    It stays as it is, so that what a scenario changes is followed in full, beside a plan that is damped alike: both differ by the change alone.
    A plan would follow the change in steps, but where it comes to does not depend on them. None is left where a plan would have none at once:
    where the service target is another one (`new_target`), nothing is expected any more, or a budget for stock decides.
    """
    if damping is None or _by_budget(settings):
        return 0.0
    return np.where(new_target | (forecast.protection.mean() <= 0), 0.0, damping.units)


def _plain(terms: Terms) -> Terms:
    """Return the terms without limits and standing decisions on stock."""
    nothing = dict.fromkeys((*_LIMITS, *_BY_HAND), np.nan)
    return replace(terms, frame=terms.frame.assign(**nothing, blocked=False))


def _aimed_at(
    target: np.ndarray,
    forecast: Forecast,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
    *,
    settings: Settings,
) -> pd.DataFrame:
    """Return the policy that service targets (n,) ask for."""
    aimed = replace(terms, frame=terms.frame.assign(service_level=target))
    return set_policy(forecast, aimed, lead_times, history, settings=settings).frame


def _may_be_damped(forecast: Forecast, terms: Terms, settings: Settings) -> np.ndarray:
    """Return which items are damped at all (n,)."""
    t = terms.frame
    on = settings.damp_safety_stock == "auto" and not _by_budget(settings)
    by_hand = t[list(_BY_HAND)].notna().any(axis=1).to_numpy() | t["blocked"].to_numpy(dtype=bool)
    result: np.ndarray = on & ~by_hand & (forecast.protection.mean() > 0)
    return result


def _by_budget(settings: Settings) -> bool:
    return settings.service_aim != "item" and settings.stock_budget > 0


def _same_target(last: LastStock, now: pd.DataFrame) -> np.ndarray:
    """Return where nobody changed the service target, or what it is for, since the last run (n,)."""
    target = last.frame["run_service_set"].to_numpy(dtype=float)
    same: np.ndarray = np.abs(target - now["run_service_set"].to_numpy(dtype=float)) <= _DUST
    return same & (last.frame["run_service_for"] == now["run_service_for"]).to_numpy()


def _state(
    needed: np.ndarray, asked: Terms, lead_times: LeadTimes, history: History, settings: Settings
) -> pd.DataFrame:
    measure = asked.frame["service_measure"].astype("str").to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "run_day": f"{history.as_of:%Y-%m-%d}",
            "run_safety_stock": needed,
            "run_lead_time_days": lead_times.frame["mean_days"].to_numpy(dtype=float),
            "run_service_set": asked.frame["service_level"].to_numpy(dtype=float),
            "run_service_for": settings.service_aim + ", " + measure,
        }
    ).astype({"run_day": "str", "run_service_for": "str"})[list(RUN_COLUMNS)]


def _with_start(now: pd.DataFrame, last: LastStock) -> pd.DataFrame:
    start = last.frame.set_axis(list(START_COLUMNS), axis=1)
    return pd.concat([now, start], axis=1)[list(STATE_COLUMNS)]


def _undamped(now: pd.DataFrame, last: LastStock) -> Damping:
    n = len(now)
    return Damping(np.zeros(n), np.zeros(n), np.full(n, "", dtype=object), _with_start(now, last))


def _in_whole_units(units: np.ndarray, point: np.ndarray, forecast: Forecast) -> np.ndarray:
    """Return damping that leaves the reorder point (n,) of demand in whole units whole, rounded up; no dust."""
    whole = np.ceil(point + units - 1e-6) - point
    found = np.where(forecast.protection.whole, whole, units)
    return np.where(np.abs(found) <= _DUST * np.maximum(1.0, np.abs(point)), 0.0, found)


def _difference(damped: Policy, plain: Policy) -> np.ndarray:
    with_, without = (each.frame["safety_stock"].to_numpy(dtype=float) for each in (damped, plain))
    moved = with_ - without
    return np.where(np.abs(moved) <= _DUST * np.maximum(1.0, np.abs(without)), 0.0, moved)


def _joined(note: np.ndarray, reason: np.ndarray) -> np.ndarray:
    found = note.copy()
    rows = np.flatnonzero(cast(np.ndarray, reason != ""))
    found[rows] = [f"{note[i]}; safety stock {reason[i]}" if note[i] else f"safety stock {reason[i]}" for i in rows]
    return found
