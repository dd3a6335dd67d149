"""The plan's orders under the limits that orders share: from stage values to a joint problem and back.

Orders stay exactly as the policy sized them where no limit concerns them or all limits are kept anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.expected_service import expected_service
from invopt_xl.core.replenish.joint.calendar import OrderCalendar
from invopt_xl.core.replenish.joint.candidate_lines import CandidateLines, candidate_lines, curves_of
from invopt_xl.core.replenish.joint.candidates import list_candidates
from invopt_xl.core.replenish.joint.joint import JointOrders, plan_jointly
from invopt_xl.core.replenish.joint.price_breaks import DiscountKind
from invopt_xl.core.replenish.joint.problem import JointProblem, SharedLimit
from invopt_xl.core.replenish.joint.proportional import fill_proportionally
from invopt_xl.core.replenish.joint.said import said_of
from invopt_xl.core.replenish.joint.shadow import LIMIT_COLUMNS
from invopt_xl.core.replenish.joint.stages import Move
from invopt_xl.core.replenish.joint.supplier_terms import (
    SupplierOrderIndex,
    index_orders,
    money_limit,
    order_terms,
    price_breaks,
    shared_capacity,
    storage_limit,
)
from invopt_xl.core.replenish.joint.waiting import Wanted, wanted_orders
from invopt_xl.core.replenish.orders import Orders
from invopt_xl.core.replenish.rounding import order_step, sold_whole
from invopt_xl.core.terms import Terms

CALENDAR = "order calendar"


@dataclass(frozen=True)
class OrderLimits:
    """What limits the orders of one run, beyond the suppliers' and locations' own.

    Parameters
    ----------
    budget : float, default 0
        Most that all orders of this run may cost [money]; 0 for no limit.
    working_capital : float, default 0
        Most that stock, goods on order and today's orders may be worth together [money]; 0 for no limit.
    container_fill : float, default 0.9
        Least share of containers that goods must fill, in (0, 1].
    pull_forward_days : float, default 90
        How far beyond the order-up-to level an order may go, in days of demand.
    supplier_order_cost : float, default 0
        Cost of placing one supplier order, whatever is in it [money].
    price_breaks : {"all-units", "incremental"}
    gap : float, default 0.01
        Proven distance to the best plan at which the search may end [share of cost].
    calendar : OrderCalendar or None
        Order days of `calendar_suppliers`, in the same order.
    calendar_suppliers : tuple of str
    """

    budget: float = 0.0
    working_capital: float = 0.0
    container_fill: float = 0.9
    pull_forward_days: float = 90.0
    supplier_order_cost: float = 0.0
    price_breaks: DiscountKind = "all-units"
    gap: float = 0.01
    calendar: OrderCalendar | None = None
    calendar_suppliers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limited:
    """Orders of N series under limits.

    Parameters
    ----------
    orders : Orders
        The very same object where nothing is limited.
    moves : tuple of Move
        What each kind of limit moved, N series each; their units add up to the change of every order exactly.
    unit_cost : float array, shape (N,)
        What a unit of the order costs, price breaks included; NaN where unknown [money].
    order_date : datetime64[s] array, shape (N,)
        Day on which an order is placed: as_of, with an order calendar the supplier's next order day.
    limits : DataFrame
        Limits that bind (LIMIT_COLUMNS), dearest first.
    gap : float
        No plan is cheaper by more than this [share of cost].
    cost, proportional_cost : float
        Expected cost of the plan, and of scaling all orders to the limits; NaN where nothing is limited [money].
    findings : tuple of Finding
    """

    orders: Orders
    moves: tuple[Move, ...] = ()
    unit_cost: np.ndarray = field(default_factory=lambda: np.zeros(0))
    order_date: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="datetime64[s]"))
    limits: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LIMIT_COLUMNS)))
    gap: float = 0.0
    cost: float = np.nan
    proportional_cost: float = np.nan
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Stages:
    policy: Policy
    forecast: Forecast
    lead_times: LeadTimes
    terms: Terms
    history: History


def limit_orders(
    orders: Orders,
    policy: Policy,
    forecast: Forecast,
    lead_times: LeadTimes,
    terms: Terms,
    history: History,
    tables: Mapping[str, pd.DataFrame],
    *,
    limits: OrderLimits,
) -> Limited:
    """Return the orders that all limits together allow at the least expected cost.

    Parameters
    ----------
    orders, policy, forecast, lead_times, terms, history
        Stage values of the same N series in the same order.
    tables : mapping of str to DataFrame
        The checked tables: Suppliers, Locations and PriceBreaks are used.
    limits : OrderLimits
    """
    stages = _Stages(policy, forecast, lead_times, terms, history)
    wanted = _wanted(orders, stages, limits)
    orders, order_date = _on_order_days(orders, wanted, history)
    cost = terms.frame["unit_cost"].to_numpy(dtype=float)
    before = orders.frame["order_quantity"].to_numpy(dtype=float)
    lines, problem = _problem(orders, wanted, stages, tables, limits)
    calendar = _calendar_move(wanted, before)
    if not len(lines.series):
        spend = wanted.quantity * cost
        held = _with_quantities(orders, stages, calendar, spend) if calendar else orders
        return Limited(held, calendar, cost, order_date)
    found = plan_jointly(problem, wanted=lines.wanted, line_names=_line_names(lines, history), gap=limits.gap)
    moves = (*calendar, *_spread(found, lines, len(cost)))
    spend = _scattered(found.spend, lines, wanted.quantity * cost)
    return Limited(
        orders=_with_quantities(orders, stages, moves, spend) if moves else orders,
        moves=moves,
        unit_cost=_paid_per_unit(found, lines, cost),
        order_date=order_date,
        limits=found.limits,
        gap=found.gap,
        cost=found.total_cost,
        proportional_cost=found.problem.cost(fill_proportionally(found.problem)),
        findings=said_of(
            found, unknown_cost=int((lines.unit_cost <= 0).sum()), unknown_volume=_unknown_volume(problem)
        ),
    )


def _on_order_days(orders: Orders, wanted: Wanted, history: History) -> tuple[Orders, np.ndarray]:
    """Return the orders as expected when they are placed on their suppliers' order days, and these days (N,)."""
    wait = wanted.days.astype("timedelta64[D]").astype("timedelta64[s]")
    day = np.datetime64(history.as_of, "s") + wait
    if not wanted.days.any():
        return orders, day
    receipt = orders.frame["expected_receipt"].to_numpy(dtype="datetime64[s]") + wait
    return replace(orders, frame=orders.frame.assign(expected_receipt=receipt)), day


def _wanted(orders: Orders, stages: _Stages, limits: OrderLimits) -> Wanted:
    return wanted_orders(
        orders.frame["order_quantity"].to_numpy(dtype=float),
        orders.frame["inventory_position"].to_numpy(dtype=float),
        stages.policy,
        stages.forecast,
        stages.lead_times,
        stages.terms,
        stages.history,
        step=_step(stages),
        calendar=limits.calendar,
        suppliers=limits.calendar_suppliers,
    )


def _step(stages: _Stages) -> np.ndarray:
    """Return the order multiple of each series (N,) [units]."""
    return order_step(stages.terms.frame["pack_size"].to_numpy(dtype=float), whole=sold_whole(stages.history.sales))


def _problem(
    orders: Orders, wanted: Wanted, stages: _Stages, tables: Mapping[str, pd.DataFrame], limits: OrderLimits
) -> tuple[CandidateLines, JointProblem]:
    """Return the lines that any limit concerns, and their joint problem."""
    t, series = stages.terms.frame, stages.history.series
    lines = candidate_lines(
        wanted,
        orders.frame["inventory_position"].to_numpy(dtype=float),
        stages.forecast,
        stages.terms,
        stages.history,
        step=_step(stages),
        pull_forward_days=limits.pull_forward_days,
    )
    supplier, location = t["supplier"].fillna("").to_numpy(object), series["location"].to_numpy(object)
    concerned = _concerned(lines, supplier, location, series["sku"].to_numpy(object), tables, limits)
    lines = lines.take(np.flatnonzero(concerned))
    index = index_orders(supplier[lines.series], location[lines.series])
    prices = price_breaks(
        tables["PriceBreaks"],
        sku=series["sku"].to_numpy(object)[lines.series],
        supplier=supplier[lines.series],
        unit_cost=lines.unit_cost,
        kind=limits.price_breaks,
    )
    candidates = list_candidates(
        curves_of(lines, wanted, stages.policy, stages.forecast, stages.terms, stages.history),
        prices,
        wanted=lines.wanted,
        least=lines.least,
        moq=lines.moq,
        step=lines.step,
        most=lines.most,
    )
    volume = np.nan_to_num(t["unit_volume"].to_numpy(dtype=float))
    terms = order_terms(
        index, tables["Suppliers"], order_cost=limits.supplier_order_cost, container_fill=limits.container_fill
    )
    shared = _shared(orders, lines, index, stages, tables, limits, volume)
    return lines, JointProblem(candidates, index.of_line, volume[lines.series], terms, shared)


def _concerned(
    lines: CandidateLines,
    supplier: np.ndarray,
    location: np.ndarray,
    sku: np.ndarray,
    tables: Mapping[str, pd.DataFrame],
    limits: OrderLimits,
) -> np.ndarray:
    """Return which lines any limit or price break concerns, bool (n,)."""
    rows = lines.series
    if limits.budget > 0 or limits.working_capital > 0:
        return np.ones(len(rows), dtype=bool)
    s, places = tables["Suppliers"], tables["Locations"]
    asked = (s["min_order_value"] > 0) | (s["min_order_quantity"] > 0) | (s["container_volume"] > 0)
    named = set(s.loc[asked | s["capacity"].notna(), "supplier"])
    roomy = set(places.loc[places["storage_volume"].notna(), "location"])
    concerned = pd.Series(supplier[rows]).isin(named) | pd.Series(location[rows]).isin(roomy)
    concerned |= pd.Series(sku[rows]).isin(set(tables["PriceBreaks"]["sku"]))
    if limits.supplier_order_cost > 0:
        concerned |= supplier[rows] != ""
    return concerned.to_numpy(dtype=bool)


def _shared(
    orders: Orders,
    lines: CandidateLines,
    index: SupplierOrderIndex,
    stages: _Stages,
    tables: Mapping[str, pd.DataFrame],
    limits: OrderLimits,
    volume: np.ndarray,
) -> tuple[SharedLimit, ...]:
    position = np.maximum(np.nan_to_num(orders.frame["inventory_position"].to_numpy(dtype=float)), 0.0)
    cost = np.nan_to_num(stages.terms.frame["unit_cost"].to_numpy(dtype=float))
    on_arrival = np.maximum(position - stages.forecast.lead.mean(), 0.0)
    n = len(lines.series)
    found = [
        shared_capacity(index, tables["Suppliers"]),
        storage_limit(
            stages.history.series["location"].to_numpy(object),
            tables["Locations"],
            volume=volume,
            on_arrival=on_arrival,
            part_of=lines.series,
        ),
    ]
    if limits.working_capital > 0:
        found.append(money_limit("working capital", max(limits.working_capital - float(cost @ position), 0.0), n))
    if limits.budget > 0:
        found.append(money_limit("budget", limits.budget, n))
    return tuple(limit for limit in found if limit is not None)


def _line_names(lines: CandidateLines, history: History) -> tuple[str, ...]:
    rows = history.series.iloc[lines.series]
    several = len(history.series["location"].unique()) > 1
    return tuple(
        f"sku {sku}" + (f" at {place}" if several else "")
        for sku, place in zip(rows["sku"], rows["location"], strict=True)
    )


def _calendar_move(wanted: Wanted, before: np.ndarray) -> tuple[Move, ...]:
    moved = wanted.quantity - before
    return (Move(CALENDAR, moved, np.zeros(len(moved))),) if (moved != 0).any() else ()


def _spread(found: JointOrders, lines: CandidateLines, n: int) -> tuple[Move, ...]:
    """Return the moves of the lines as moves of all N series."""
    zero = np.zeros(n)
    return tuple(Move(m.name, _scattered(m.units, lines, zero), _scattered(m.money, lines, zero)) for m in found.moves)


def _scattered(value: np.ndarray, lines: CandidateLines, rest: np.ndarray) -> np.ndarray:
    result = rest.copy()
    result[lines.series] = value
    return result


def _paid_per_unit(found: JointOrders, lines: CandidateLines, cost: np.ndarray) -> np.ndarray:
    known = lines.unit_cost > 0
    each = np.divide(found.spend, found.quantity, out=lines.unit_cost.copy(), where=found.quantity > 0)
    return _scattered(np.where(known, each, np.nan), lines, cost)


def _unknown_volume(problem: JointProblem) -> int:
    """Return how many wanted lines have no volume although a limit in m3 counts them."""
    measured = problem.terms.container_volume[problem.order] > 0
    for limit in problem.shared:
        if limit.measure == "volume":
            measured |= limit.part >= 0
    return int((measured & (problem.volume <= 0)).sum())


def _with_quantities(orders: Orders, stages: _Stages, moves: tuple[Move, ...], spend: np.ndarray) -> Orders:
    """Return the orders after all moves; what minimum order and packs added to the policy's order stays told as it was."""
    o = orders.frame
    before = o["order_quantity"].to_numpy(dtype=float)
    quantity = np.sum([before, *(move.units for move in moves)], axis=0)
    less = quantity < before
    why = np.full(len(o), "", dtype=object)
    for move in moves:
        mask = less & (move.units < 0)
        why[mask] = [f"{old}, {move.name}" if old else f"limited by {move.name}" for old in why[mask]]
    position = o["inventory_position"].to_numpy(dtype=float)
    cost = stages.terms.frame["unit_cost"].to_numpy(dtype=float)
    return replace(
        orders,
        frame=o.assign(
            order_quantity=quantity,
            order_value=np.where(np.isnan(cost), np.nan, spend),
            expected_service=expected_service(position + quantity, stages.forecast.protection, stages.policy.frame),
            held_back=pd.Series(np.where(less, why, o["held_back"].to_numpy(object)), dtype="str").to_numpy(),
        ),
    )
