"""Scenarios: plans with changed inputs beside the current one, as whole columns. Beside the stages of a plan; behind INV_WHATIF.

Only what a change touches is computed again (`inputs.rerun`): the forecast is never fitted anew, and items that no change is for keep their figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import SCENARIO_FIGURES, SCENARIO_ITEMS, SCENARIO_TOTALS
from invopt_xl.core.scenarios.change import Change, read_changes, scope_keys
from invopt_xl.core.scenarios.decide import Decide
from invopt_xl.core.scenarios.inputs import rerun
from invopt_xl.core.scenarios.replan import Replanned, replan
from invopt_xl.core.stages import Stages
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings

CURRENT = "current"

#: Figures of each item that scenarios are compared by, in the order of the sheet.
MEASURES = tuple(field.name for field in SCENARIO_FIGURES)

#: Those that stand side by side on the sheet: order, stock, service and cash. The others are in `Scenarios.table`.
SIDE_BY_SIDE = (
    "order_quantity",
    "order_value",
    "reorder_point",
    "average_stock",
    "stock_value",
    "expected_service",
    "stockout_risk",
)

#: Columns of `Scenarios.totals`.
TOTAL_COLUMNS = tuple(field.name for field in SCENARIO_TOTALS)

#: Chance of running out from which an item counts as at risk: more likely than not.
_RISK = 0.5

#: Figures closer than this are the same [share of the figure, and units].
_SAME = 1e-9


@dataclass(frozen=True)
class Scenario:
    """One plan with changed inputs.

    Parameters
    ----------
    name : str
    changes : tuple of Change
    replanned : Replanned
        The items that were computed again.
    figures : mapping of str to float array, shape (n,)
        `MEASURES` of all n items.
    changed : bool array, shape (n,)
        Some figure differs from the current plan.
    """

    name: str
    changes: tuple[Change, ...]
    replanned: Replanned
    figures: Mapping[str, np.ndarray]
    changed: np.ndarray

    @property
    def rerun_in_words(self) -> str:
        """What was computed again, in one sentence."""
        return rerun({change.field for change in self.changes}).in_words()


@dataclass(frozen=True)
class Scenarios:
    """The current plan and its scenarios, for the same n items.

    Parameters
    ----------
    series : DataFrame
        n rows: sku, location, description, supplier.
    current : mapping of str to float array, shape (n,)
        `MEASURES` of the plan as it is.
    scenarios : tuple of Scenario
    totals : DataFrame
        TOTAL_COLUMNS, the current plan first. Money at unit cost; service weighted by demand value, as on the dashboard.
    as_of : Timestamp
        Last day with known sales.
    """

    series: pd.DataFrame
    current: Mapping[str, np.ndarray]
    scenarios: tuple[Scenario, ...]
    totals: pd.DataFrame
    as_of: pd.Timestamp

    def items(self) -> pd.DataFrame:
        """Return items that change in some scenario, most order money moved first: one row each, current and per-scenario columns side by side.

        Of `SIDE_BY_SIDE`, only figures that change in a scenario have a column for it, named "<figure>: <scenario>".
        """
        some = np.any([each.changed for each in self.scenarios], axis=0) if self.scenarios else np.zeros(0, dtype=bool)
        rows = np.flatnonzero(some)
        moved = np.zeros(len(rows))
        columns: dict[str, np.ndarray] = {}
        for measure in SIDE_BY_SIDE:
            now = self.current[measure]
            differing = [each for each in self.scenarios if differs(each.figures[measure], now).any()]
            if not differing:
                continue
            columns[column_name(measure, CURRENT)] = now[rows]
            for each in differing:
                columns[column_name(measure, each.name)] = each.figures[measure][rows]
                if measure in ("order_value", "order_quantity"):
                    weight = 1.0 if measure == "order_value" else 1e-9
                    moved += weight * np.abs(np.nan_to_num(each.figures[measure][rows] - now[rows]))
        frame = pd.concat([self.series.iloc[rows].reset_index(drop=True), pd.DataFrame(columns)], axis=1)
        return frame.iloc[np.argsort(-moved, kind="stable")].reset_index(drop=True)

    def long(self) -> pd.DataFrame:
        """Return `MEASURES` of the items that change in some scenario, one row per plan and item: the current plan first, then each scenario."""
        some = np.any([each.changed for each in self.scenarios], axis=0) if self.scenarios else np.zeros(0, dtype=bool)
        rows = np.flatnonzero(some)
        parts = [
            self.table(name).iloc[rows].assign(scenario=name)
            for name in (CURRENT, *(each.name for each in self.scenarios))
        ]
        frame = pd.concat(parts, ignore_index=True).astype({"scenario": "str"})
        return frame[[field.name for field in SCENARIO_ITEMS]]

    def table(self, scenario: str) -> pd.DataFrame:
        """Return `MEASURES` of all n items in one scenario, or in the current plan (`CURRENT`)."""
        if scenario == CURRENT:
            return pd.concat([self.series, pd.DataFrame(dict(self.current))], axis=1)
        for each in self.scenarios:
            if each.name == scenario:
                return pd.concat([self.series, pd.DataFrame(dict(each.figures))], axis=1)
        known = ", ".join([CURRENT, *(each.name for each in self.scenarios)])
        raise SettingError(f"There is no scenario '{scenario}'. Known: {known}.")


def column_name(measure: str, scenario: str) -> str:
    """Return the header of a figure in a scenario."""
    return f"{measure}: {scenario}"


def scenarios(
    stages: Stages,
    changes: pd.DataFrame | Iterable[Mapping[str, Any] | Change],
    *,
    settings: Settings,
    decide: Decide | None = None,
) -> Scenarios:
    """Return the plan of each scenario beside the current one.

    Parameters
    ----------
    stages : Stages
        Of the plan.
    changes : DataFrame, or iterable of mappings or Change
        Columns scenario, what, field, value (`change.read_change`). Changes of one scenario are applied in order.
    settings : Settings
        Of the plan.
    decide : callable, optional
        How policy and orders of all items are set where they share a target or limits (`decide.decide_together`); `stages` must be
        decided in the same way (`decide.settled`). Default: each item by itself, only those that a change is for.

    Raises
    ------
    SettingError
        A change cannot be read, is for no item, or takes an input beyond its limits.

    Examples
    --------
    >>> asked = [{"scenario": "strong season", "what": "abc=A", "field": "demand", "value": "x1.2"}]
    >>> made = scenarios(stages, asked, settings=plan.settings)  # doctest: +SKIP
    >>> made.totals[["scenario", "order_value", "stock_value", "expected_service"]]  # doctest: +SKIP
    """
    read = read_changes(changes)
    names = list(dict.fromkeys(change.scenario for change in read))
    if CURRENT in {name.casefold() for name in names}:
        raise SettingError(f"A scenario cannot be called '{CURRENT}': that is the plan as it is. Choose another name.")
    keys = scope_keys(stages)
    now = figures(stages)
    found = []
    for name in names:
        own = tuple(change for change in read if change.scenario == name)
        replanned = replan(stages, own, keys=keys, settings=settings, decide=decide)
        merged = {measure: value.copy() for measure, value in now.items()}
        for measure, value in figures(replanned.stages).items():
            merged[measure][replanned.rows] = value
        changed = np.any([differs(merged[measure], now[measure]) for measure in MEASURES], axis=0)
        found.append(Scenario(name, own, replanned, merged, changed))
    t = stages.terms.frame
    series = stages.history.series[["sku", "location"]].assign(
        description=t["description"].to_numpy(), supplier=t["supplier"].to_numpy()
    )
    return Scenarios(
        series.reset_index(drop=True), now, tuple(found), _totals(stages, now, found), stages.history.as_of
    )


def figures(stages: Stages) -> dict[str, np.ndarray]:
    """Return `MEASURES` of the items of some stages, each of shape (n,)."""
    p, o = stages.policy.frame, stages.orders.frame
    cost = stages.terms.frame["unit_cost"].to_numpy(dtype=float)
    # safety stock and half of what one replenishment brings: Silver, Pyke & Thomas 2017, sec. 6.7
    average = np.maximum(p["safety_stock"].to_numpy(dtype=float), 0.0) + p["cycle_units"].to_numpy(dtype=float) / 2
    found = {
        "average_stock": average,
        "stock_value": average * cost,
        "lead_time_days": stages.lead_times.frame["mean_days"].to_numpy(dtype=float),
        "demand_per_period": stages.forecast.demand_per_period,
    }
    for measure in MEASURES:
        if measure not in found:
            found[measure] = (p if measure in p else o)[measure].to_numpy(dtype=float)
    return {measure: found[measure] for measure in MEASURES}


def differs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return where two figures are not the same; unknown is the same as unknown."""
    both = np.isnan(one) & np.isnan(other)
    close = np.abs(one - other) <= _SAME * np.maximum(1.0, np.abs(other))
    result: np.ndarray = ~both & ~close
    return result


def _totals(stages: Stages, now: Mapping[str, np.ndarray], found: list[Scenario]) -> pd.DataFrame:
    rows = [_total(CURRENT, now, 0, stages)]
    for each in found:
        weights = _weights(stages)
        if any(change.field in ("unit_cost", "unit_price", "demand_factor") for change in each.changes):
            weights = weights.copy()
            weights[each.replanned.rows] = _weights(each.replanned.stages)
        rows.append(_total(each.name, each.figures, int(each.changed.sum()), stages, weights))
    frame = pd.DataFrame(rows)
    for name in ("order_value", "stock_value", "expected_service"):
        frame[f"{name}_change"] = frame[name] - frame[name].iloc[0]
    return frame[list(TOTAL_COLUMNS)]


def _weights(stages: Stages) -> np.ndarray:
    """Return demand value per period (n,), as `summary.summarise` weighs service."""
    t = stages.terms.frame
    cost, price = t["unit_cost"].fillna(0).to_numpy(dtype=float), t["unit_price"].to_numpy(dtype=float)
    weights: np.ndarray = stages.forecast.demand_per_period * np.where(price > 0, price, cost)
    return weights


def _total(
    name: str, figure: Mapping[str, np.ndarray], changed: int, stages: Stages, weights: np.ndarray | None = None
) -> dict[str, object]:
    weights = _weights(stages) if weights is None else weights
    service = figure["expected_service"]
    known = np.isfinite(service) & (weights > 0)
    return {
        "scenario": name,
        "items_changed": changed,
        "order_lines": int((figure["order_quantity"] > 0).sum()),
        "order_units": float(np.nansum(figure["order_quantity"])),
        "order_value": float(np.nansum(figure["order_value"])),
        "stock_value": float(np.nansum(figure["stock_value"])),
        "expected_service": float(np.average(service[known], weights=weights[known])) if known.any() else np.nan,
        "at_risk": int((figure["stockout_risk"] > _RISK).sum()),
    }
