"""What a caller gives -> the arrays of the walk, checked: scalars become columns, periods become steps of the clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from invopt_xl.core.simulation.drawn_demand import DrawnDemand
from invopt_xl.core.simulation.outcome import Rates
from invopt_xl.core.simulation.rule import OrderRule
from invopt_xl.core.simulation.supply import Costs, StartingStock, Supply
from invopt_xl.core.simulation.walk import Teams, World
from invopt_xl.errors import InputError, SettingError

_DUST = 1e-9


def given_world(
    demand: np.ndarray | DrawnDemand,
    rule: OrderRule,
    supply: Supply,
    start: StartingStock,
    *,
    lost_sales: Any,
    steps_per_period: int,
    keys: np.ndarray | None,
) -> tuple[World, int]:
    """Return everything that the walk reads, and the number of periods. Arguments as in `simulate.simulate`."""
    m = steps_per_period
    wanted = _demand(demand)
    n, periods = wanted.pop("shape")
    if n < 1 or periods < 1:
        raise SettingError(f"Demand: expected at least one series and one period, got {n} and {periods}.")
    lead = _lead(supply.lead_periods, n, m)
    lines = _open_lines(start, n, m, periods * m)
    life = _whole_steps(_column("Shelf life", supply.shelf_life_periods, n), m, "Shelf life")
    world = World(
        **wanted,
        **_rule(rule, n, periods, m),
        lead=lead,
        hold=np.maximum(_whole_steps(_column("Lead hold", supply.lead_hold_periods, n), m, "Lead hold"), 1),
        crossover=_flags("Crossover", supply.crossover, n),
        moq=_column("Minimum order", supply.moq, n),
        pack_size=_column("Pack size", supply.pack_size, n),
        capacity=_column("Capacity", supply.capacity, n, finite=False),
        max_stock=_column("Maximum stock", supply.max_stock, n, finite=False),
        # a life beyond the end of time is none
        life=np.where(life > periods * m, 0, life),
        lost=_flags("Lost sales", lost_sales, n),
        on_hand=_column("Stock on hand", start.on_hand, n),
        owed=_column("Backorders", start.backorders, n),
        **lines,
        reach=_reach(lead, lines["first_line"], lines["line_step"]),
        key=_keys(keys, n),
    )
    return world, periods


def given_teams(supply: Supply, n: int) -> Teams | None:
    """Return which of n series share a capacity; None where none does."""
    number = np.asarray(supply.team)
    if number.shape not in ((), (n,)) or not (number == np.rint(number)).all():
        raise SettingError(f"Teams: expected a whole number, or one for each of {n} series, got shape {number.shape}.")
    number = np.broadcast_to(number, (n,)).astype(np.int64)
    most = int(number.max()) + 1
    if most <= 0:
        return None
    capacity = np.asarray(supply.team_capacity, dtype=float)
    if capacity.shape != () and (capacity.ndim != 1 or len(capacity) < most):
        raise SettingError(
            f"Team capacity: expected one number, or one for each of {most} teams, got shape {capacity.shape}."
        )
    if np.isnan(capacity).any() or (capacity < 0).any():
        raise SettingError(f"Team capacity: expected numbers of at least 0, found {_worst(capacity):g}.")
    alone = number < 0
    team = np.where(alone, most + np.cumsum(alone) - 1, number)
    members = np.argsort(team, kind="stable").astype(np.int64)
    first = np.searchsorted(team[members], np.arange(int(team.max()) + 2)).astype(np.int64)
    each = np.full(int(team.max()) + 1, np.inf)
    each[:most] = capacity[:most] if capacity.ndim else capacity
    return Teams(first, members, each)


def all_alone(n: int) -> Teams:
    """Return n series that share nothing."""
    return Teams(np.arange(n + 1), np.arange(n), np.full(n, np.inf))


def given_rates(costs: Costs, lost: np.ndarray) -> Rates:
    """Return the cost rates of all series."""
    n = len(lost)
    return Rates(
        unit_cost=_column("Unit cost", costs.unit_cost, n),
        holding=_column("Holding cost", costs.holding, n),
        order=_column("Order cost", costs.order, n),
        shortage=_column("Shortage cost", costs.shortage, n),
        lost=lost,
    )


def rows_of(world: World, rows: slice) -> World:
    """Return the world of neighbouring series; the lines of open orders stay in place."""
    kept = {"line_step", "line_quantity"}
    cut = {name: values[rows] for name, values in world._asdict().items() if name not in kept | {"first_line"}}
    stop = min(rows.stop, len(world.key))
    return world._replace(**cut, first_line=world.first_line[rows.start : stop + 1])


# demand and rule -----------------------------------------------------------------------------------------------------------------------


def _demand(demand: np.ndarray | DrawnDemand) -> dict[str, Any]:
    if isinstance(demand, DrawnDemand):
        law = demand.distribution
        n = len(law.grid)
        factor = 1.0 if demand.factor is None else demand.factor
        return {
            "shape": (n, demand.periods),
            "demand": np.zeros((n, 0)),
            "grid": _own(law.grid, float),
            "cdf": _own(law.cdf, float),
            "whole": _own(law.whole, bool),
            "factor": _levels("Demand factor", factor, n, demand.periods),
        }
    given = _own(demand, float)
    if given.ndim != 2 or given.shape[1] == 0:
        raise SettingError(f"Demand: expected one row per series and one column per period, got shape {given.shape}.")
    bad = ~(np.isfinite(given) & (given >= 0))
    if bad.any():
        row, period = (int(at[0]) for at in np.nonzero(bad))
        raise InputError(
            f"Demand of series {row}, period {period}: expected a number of at least 0, found {given[row, period]:g}. "
            "Put 0 where nothing was wanted, and leave out series that did not exist yet."
        )
    n = len(given)
    return {
        "shape": given.shape,
        "demand": given,
        "grid": np.zeros((n, 1)),
        "cdf": np.ones((n, 1)),
        "whole": np.zeros(n, dtype=bool),
        "factor": np.ones((n, 1)),
    }


def _rule(rule: OrderRule, n: int, periods: int, m: int) -> dict[str, np.ndarray]:
    s = _levels("Reorder point", rule.reorder_point, n, periods, low=-np.inf)
    if (rule.order_up_to is None) == (rule.order_quantity is None):
        raise SettingError("Order rule: give either an order-up-to level or an order quantity.")
    if rule.order_up_to is not None:
        up_to, quantity = _levels("Order-up-to level", rule.order_up_to, n, periods, low=-np.inf), np.zeros(n)
        if (up_to < s - _DUST * np.maximum(1.0, np.abs(s))).any():
            raise SettingError("Order rule: an order-up-to level is below its reorder point. Give at least the same.")
    else:
        up_to, quantity = np.zeros((n, 1)), _column("Order quantity", rule.order_quantity, n)
        if (quantity <= 0).any():
            raise SettingError(f"Order quantity: expected more than 0, got {quantity.min():g}.")
    review = _whole_steps(_column("Review periods", rule.review_periods, n), m, "Review periods")
    return {
        "reorder_point": s,
        "order_up_to": up_to,
        "order_quantity": quantity,
        "review": np.maximum(review, 1),
        "first_review": _whole_steps(_column("First review", rule.first_review, n), m, "First review"),
        "open_for_orders": _calendar(rule.order_periods, n, periods),
    }


def _calendar(allowed: np.ndarray | None, n: int, periods: int) -> np.ndarray:
    if allowed is None:
        return np.ones((n, 1), dtype=bool)
    given = np.asarray(allowed, dtype=bool)
    if given.shape not in ((periods,), (n, periods)):
        raise SettingError(
            f"Order periods: expected shape ({periods},) or ({n}, {periods}), one flag per period, got {given.shape}."
        )
    return _own(np.broadcast_to(given, (n, periods)))


# supply and stock ----------------------------------------------------------------------------------------------------------------------


def _lead(given: Any, n: int, m: int) -> np.ndarray:
    lead = np.asarray(given, dtype=float)
    lead = lead[:, None] if lead.ndim == 1 else lead
    if lead.ndim and lead.shape[0] != n:
        raise SettingError(f"Lead times: expected one row for each of {n} series, got {lead.shape[0]}.")
    if not (np.isfinite(lead) & (lead >= 0)).all():
        raise SettingError("Lead times: expected numbers of at least 0 [periods], found a missing or negative one.")
    return _own(np.broadcast_to(lead, (n, lead.shape[1] if lead.ndim else 1)) * float(m))


def _open_lines(start: StartingStock, n: int, m: int, steps: int) -> dict[str, np.ndarray]:
    series = np.asarray(start.open_series, dtype=np.int64)
    step = np.asarray(start.open_period, dtype=float) * m
    quantity = np.asarray(start.open_quantity, dtype=float)
    if not len(series) == len(step) == len(quantity):
        raise SettingError(
            f"Open orders: {len(series)} series, {len(step)} periods and {len(quantity)} quantities. Give as many of each."
        )
    if len(series) and not (series.min() >= 0 and series.max() < n):
        raise SettingError(f"Open orders: expected series from 0 to {n - 1}, got {series.min()} to {series.max()}.")
    if not (np.isfinite(quantity) & (quantity >= 0) & np.isfinite(step)).all():
        raise SettingError("Open orders: expected quantities of at least 0 and a period for each.")
    order = np.argsort(series, kind="stable")
    return {
        "first_line": np.searchsorted(series[order], np.arange(n + 1)),
        # what comes after the last period is on order all the time
        "line_step": np.clip(np.ceil(step[order] - _DUST), 0, steps).astype(np.int64),
        "line_quantity": _own(quantity[order]),
    }


def _reach(lead: np.ndarray, first_line: np.ndarray, line_step: np.ndarray) -> np.ndarray:
    reach: np.ndarray = np.ceil(lead.max(axis=1, initial=0.0)).astype(np.int64)
    np.maximum.at(reach, np.repeat(np.arange(len(lead)), np.diff(first_line)), line_step)
    return reach


def _keys(keys: np.ndarray | None, n: int) -> np.ndarray:
    if keys is None:
        return np.arange(n, dtype=np.uint64)
    found = _own(keys, np.uint64)
    if found.shape != (n,):
        raise SettingError(f"Keys: expected one for each of {n} series, got shape {found.shape}.")
    return found


# shapes --------------------------------------------------------------------------------------------------------------------------------


def _column(name: str, given: Any, n: int, *, low: float = 0.0, finite: bool = True) -> np.ndarray:
    """Return `given` as a float array (n,)."""
    values = np.asarray(given, dtype=float)
    if values.shape not in ((), (n,)):
        raise SettingError(f"{name}: expected one number, or one for each of {n} series, got shape {values.shape}.")
    if np.isnan(values).any() or (values < low).any() or (finite and not np.isfinite(values).all()):
        raise SettingError(f"{name}: expected numbers of at least {low:g}, found {_worst(values):g}.")
    return _own(np.broadcast_to(values, (n,)))


def _levels(name: str, given: Any, n: int, periods: int, *, low: float = 0.0) -> np.ndarray:
    """Return `given` as a float array (n, 1), or (n, T) where it changes from period to period."""
    values = np.asarray(given, dtype=float)
    if values.shape not in ((), (n,), (n, periods)):
        raise SettingError(
            f"{name}: expected one number, one for each of {n} series, or shape ({n}, {periods}), got shape {values.shape}."
        )
    if not np.isfinite(values).all() or (values < low).any():
        raise SettingError(
            f"{name}: expected numbers{f' of at least {low:g}' if low > -np.inf else ''}, found {_worst(values):g}."
        )
    if values.ndim == 2:
        return _own(values)
    return _own(np.broadcast_to(values, (n,))[:, None])


def _own(values: Any, dtype: Any = None) -> np.ndarray:
    """Return an array in the one layout that the walk is compiled for: rows together, writable."""
    return np.require(values, dtype=dtype, requirements=["C", "W"])


def _worst(values: np.ndarray) -> float:
    """Return a value to show: a missing one first, then the lowest."""
    return float(values.min()) if np.isfinite(values).all() else float(values[~np.isfinite(values)].flat[0])


def _flags(name: str, given: Any, n: int) -> np.ndarray:
    values = np.asarray(given, dtype=bool)
    if values.shape not in ((), (n,)):
        raise SettingError(f"{name}: expected yes or no, or one for each of {n} series, got shape {values.shape}.")
    return _own(np.broadcast_to(values, (n,)))


def _whole_steps(periods: np.ndarray, m: int, name: str) -> np.ndarray:
    """Return periods as whole steps of the clock."""
    steps = np.rint(periods * m)
    off = np.abs(steps - periods * m) > 1e-6
    if off.any():
        raise SettingError(
            f"{name}: {periods[off][0]:g} periods are not a whole number of steps with {m} per period. "
            "Round it, or take more steps per period."
        )
    result: np.ndarray = steps.astype(np.int64)
    return result
