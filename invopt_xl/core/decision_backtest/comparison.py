"""Rules that were tried -> tables: the rules as they run, their curves, stock at equal service, stock-outs at equal stock, cost, service kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import OutField
from invopt_xl.core.decision_backtest.bootstrap import interval
from invopt_xl.core.decision_backtest.curves import Curve, Tried, curve
from invopt_xl.core.decision_backtest.rules import FORESIGHT, PLAN

ALL = "all"
#: Fill rates at which all items together are compared.
FILLS = (0.85, 0.90, 0.95, 0.98)
#: Fill rate at which groups of items are compared.
GROUP_FILL = 0.95

PLAN_BETTER, RULE_BETTER, UNCLEAR, TOO_FEW = "plan better", "rule better", "no clear difference", "too few items"
#: Items that an interval needs at least before anything is concluded from it.
FEWEST_JUDGED = 10

POINTS: tuple[OutField, ...] = (
    OutField("rule", "text", "How levels were set."),
    OutField("fill_rate", "share", "Share of units delivered at once."),
    OutField("fill_rate_value", "share", "The same with units weighted by unit cost."),
    OutField("cycle_service", "share", "Share of the cycles, from one receipt to the next, without unmet demand."),
    OutField("stockouts", "number", "Stock-outs over all items and periods."),
    OutField("average_value", "money", "Mean stock on hand at unit cost."),
    OutField("orders", "number", "Orders placed."),
    OutField("cost", "money", "Of holding, ordering, shortage and waste over all periods."),
    OutField(
        "nervousness", "number", "Mean absolute change of orders from period to period / mean demand, at unit cost."
    ),
)

CURVES: tuple[OutField, ...] = (
    OutField("rule", "text", "How levels were set."),
    OutField(
        "target", "number", "Service target that every item was given; for a planner's rule and for smoothing the z."
    ),
    OutField("fill_rate", "share", "Share of units delivered at once."),
    OutField("fill_rate_value", "share", "The same with units weighted by unit cost."),
    OutField("average_value", "money", "Mean stock on hand at unit cost."),
    OutField("stockouts", "number", "Stock-outs over all items and periods."),
    OutField("cost", "money", "Of holding, ordering, shortage and waste over all periods."),
)

EQUAL_SERVICE: tuple[OutField, ...] = (
    OutField("group", "text", "Items that were compared."),
    OutField("items", "count", "Their number."),
    OutField("fill_of", "text", "What the fill rate counts: units, or value (units at unit cost)."),
    OutField("fill_rate", "share", "Fill rate at which both are compared."),
    OutField("rule", "text", "What the plan is compared with."),
    OutField("rule_value", "money", "Mean stock that the rule needs for it."),
    OutField("plan_value", "money", "Mean stock that the plan needs for it."),
    OutField("less_stock", "share", "Stock that the plan saves; negative is more."),
    OutField("less_stock_low", "share", "Lower end of its 95 % interval over items."),
    OutField("less_stock_high", "share", "Upper end."),
    OutField("rule_stockouts", "number", "Stock-outs of the rule with its stock."),
    OutField("plan_stockouts", "number", "Stock-outs of the plan with the same stock."),
    OutField("fewer_stockouts", "share", "Stock-outs that the plan saves; negative is more."),
    OutField("fewer_stockouts_low", "share", "Lower end of its 95 % interval over items."),
    OutField("fewer_stockouts_high", "share", "Upper end."),
    OutField("verdict", "text", "By the interval of the stock: whether it leaves out no difference."),
)

COSTS: tuple[OutField, ...] = (
    OutField("group", "text", "Items that were compared."),
    OutField("items", "count", "Their number."),
    OutField("rule", "text", "What the plan is compared with; both as they would be run."),
    OutField("rule_cost", "money", "Cost of the rule over all periods."),
    OutField("plan_cost", "money", "Cost of the plan."),
    OutField("saved", "share", "Cost that the plan saves; negative is more."),
    OutField("saved_low", "share", "Lower end of its 95 % interval over items."),
    OutField("saved_high", "share", "Upper end."),
    OutField("verdict", "text", "By that interval."),
)

SERVICE_KEPT: tuple[OutField, ...] = (
    OutField("group", "text", "Items that were looked at."),
    OutField("items", "count", "Their number."),
    OutField("measure", "text", "Measure of their service targets."),
    OutField("asked", "share", "Mean target, weighted by cycles, or by units for fill targets."),
    OutField("achieved", "share", "What the plan achieved."),
    OutField("gap", "share", "achieved - asked."),
)


@dataclass(frozen=True)
class Items:
    """The n items that are compared: frame (sku, location, abc, segment, demand_class, unit_cost), target (n,) and measure (n,)."""

    frame: pd.DataFrame
    target: np.ndarray
    measure: np.ndarray

    def groups(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every group: all, by ABC class, by segment, by demand class, and by segment and demand class."""
        frame = self.frame
        yield ALL, np.ones(len(frame), dtype=bool)
        both = frame["segment"] + " " + frame["demand_class"]
        for column in (frame["abc"], frame["segment"], frame["demand_class"], both):
            for name in sorted(column.unique()):
                yield str(name), (column == name).to_numpy()


def points_table(tried: Sequence[Tried], unit_cost: np.ndarray) -> pd.DataFrame:
    """Return `POINTS`, one row per rule."""
    rows = []
    for each in tried:
        own = {name: values.sum() for name, values in each.own.items()}
        weight = each.own["demand_value"]
        rows.append(
            {
                "rule": each.name,
                "fill_rate": 1 - _share(own["short"], own["demand"]),
                "fill_rate_value": 1 - _share(own["short_value"], own["demand_value"]),
                "cycle_service": 1 - _share(own["short_cycles"], own["cycles"]),
                **{name: own[name] for name in ("stockouts", "average_value", "orders", "cost")},
                "nervousness": _share((np.nan_to_num(each.own["nervousness"]) * weight).sum(), weight.sum()),
            }
        )
    return pd.DataFrame(rows, columns=[field.name for field in POINTS])


def curves_table(tried: Sequence[Tried]) -> pd.DataFrame:
    """Return `CURVES`, one row per rule and target."""
    parts = []
    for each in tried:
        total = {name: values.sum(axis=1) for name, values in each.sums.items()}
        parts.append(
            pd.DataFrame(
                {
                    "rule": each.name,
                    "target": each.targets,
                    "fill_rate": _filled(total["short"], each.own["demand"].sum()),
                    "fill_rate_value": _filled(total["short_value"], each.own["demand_value"].sum()),
                    **{name: total[name] for name in ("average_value", "stockouts", "cost")},
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def equal_service_table(tried: Sequence[Tried], items: Items, weight: np.ndarray) -> pd.DataFrame:
    """Return `EQUAL_SERVICE`: the plan beside every other rule, per group.

    Parameters
    ----------
    tried : sequence of Tried
        The plan among them.
    items : Items
    weight : float array, shape (1 + draws, n)
        From `bootstrap.item_weights`.
    """
    cost = items.frame["unit_cost"].to_numpy(dtype=float)
    measures = ["units"] if np.ptp(cost) == 0 else ["units", "value"]
    rows = []
    for group, members in items.groups():
        at = np.flatnonzero(members)
        for measure in measures:
            curves = {each.name: curve(_taken(each, at), weight[:, at], measure=measure) for each in tried}
            plan = curves[PLAN]
            for fill in FILLS if group == ALL else (GROUP_FILL,):
                for name, other in curves.items():
                    if name != PLAN:
                        head = {"group": group, "items": len(at), "fill_of": measure, "fill_rate": fill, "rule": name}
                        rows.append(head | _at_equal_service(plan, other, fill, items=len(at), bound=name == FORESIGHT))
    return pd.DataFrame(rows, columns=[field.name for field in EQUAL_SERVICE])


def _at_equal_service(plan: Curve, other: Curve, fill: float, *, items: int, bound: bool) -> dict[str, object]:
    value, stockouts = other.at_least(fill) if bound else other.at_fill(fill)
    needed, _ = plan.at_fill(fill)
    same_stock = plan.stockouts_at_value(value)
    less, fewer = _saved(needed, value), _saved(same_stock, stockouts)
    low, high = interval(less[1:])
    few_low, few_high = interval(fewer[1:])
    return {
        "rule_value": value[0],
        "plan_value": needed[0],
        "less_stock": less[0],
        "less_stock_low": low,
        "less_stock_high": high,
        "rule_stockouts": stockouts[0],
        "plan_stockouts": same_stock[0],
        "fewer_stockouts": fewer[0],
        "fewer_stockouts_low": few_low,
        "fewer_stockouts_high": few_high,
        "verdict": verdict(low, high, items=items),
    }


def cost_table(tried: Sequence[Tried], items: Items, weight: np.ndarray) -> pd.DataFrame:
    """Return `COSTS`: the plan beside every other rule as they would be run, per group."""
    plan = next(each for each in tried if each.name == PLAN).own["cost"]
    rows = []
    for group, members in items.groups():
        at = np.flatnonzero(members)
        drawn = weight[:, at]
        mine = drawn @ plan[at]
        for each in tried:
            if each.name in (PLAN, FORESIGHT):
                continue
            theirs = drawn @ each.own["cost"][at]
            saved = _saved(mine, theirs)
            low, high = interval(saved[1:])
            rows.append(
                {
                    "group": group,
                    "items": len(at),
                    "rule": each.name,
                    "rule_cost": theirs[0],
                    "plan_cost": mine[0],
                    "saved": saved[0],
                    "saved_low": low,
                    "saved_high": high,
                    "verdict": verdict(low, high, items=len(at)),
                }
            )
    return pd.DataFrame(rows, columns=[field.name for field in COSTS])


def service_table(plan: Tried, items: Items) -> pd.DataFrame:
    """Return `SERVICE_KEPT`: what the plan promised beside what it kept, over all items and per ABC class, for either measure in use."""
    rows = []
    abc = items.frame["abc"].to_numpy(dtype=object)
    for group in (ALL, *sorted(set(abc))):
        for measure, weight, failed in (("cycle", "cycles", "short_cycles"), ("fill", "demand", "short")):
            members = (items.measure == measure) & ((abc == group) if group != ALL else True)
            counted = np.where(members, plan.own[weight], 0.0)
            if counted.sum() > 0:
                asked = float((items.target * counted).sum() / counted.sum())
                achieved = float(1 - plan.own[failed][members].sum() / counted.sum())
                rows.append(
                    {
                        "group": group,
                        "items": int(members.sum()),
                        "measure": measure,
                        "asked": asked,
                        "achieved": achieved,
                        "gap": achieved - asked,
                    }
                )
    return pd.DataFrame(rows, columns=[field.name for field in SERVICE_KEPT])


def verdict(low: float, high: float, *, items: int) -> str:
    """Return what an interval of savings says.

    >>> verdict(0.02, 0.1, items=80), verdict(-0.1, 0.1, items=80), verdict(-0.2, -0.01, items=80), verdict(0.02, 0.1, items=2)
    ('plan better', 'no clear difference', 'rule better', 'too few items')
    """
    if items < FEWEST_JUDGED:
        return TOO_FEW
    if low > 0:
        return PLAN_BETTER
    return RULE_BETTER if high < 0 else UNCLEAR


def _taken(tried: Tried, rows: np.ndarray) -> Tried:
    return Tried(
        tried.name,
        tried.targets,
        {name: values[:, rows] for name, values in tried.sums.items()},
        {name: tried.own[name][rows] for name in ("demand", "demand_value")},
    )


def _saved(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 - np.divide(mine, theirs, out=np.full_like(theirs, np.nan), where=theirs > 0)
    return result


def _filled(short: np.ndarray, demand: float) -> np.ndarray:
    """Return fill rates; NaN without demand."""
    return 1 - short / demand if demand > 0 else np.full(len(short), np.nan)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
