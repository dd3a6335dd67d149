"""The plan: every output table of a run as one frozen value. Last stage before sheets are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from invopt_xl.core.change.order_change import OrderChange
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.core.scenarios.compare import Compared
from invopt_xl.core.stages import Stages
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What to order, why, and what needs a look.

    Parameters
    ----------
    recommendations, exceptions, explanations, forecast, accuracy, orders, priorities, limits, findings : DataFrame
        Output tables with exactly the columns of `contracts.OUTPUT`.
    recognised : DataFrame
        Which sheet and header each input column came from.
    totals : DataFrame
        Demand value per period, past and expected, for the dashboard: period_start, sold, expected.
    stock_by_class : DataFrame
        Stock value now and the average stock value aimed at, by ABC class: abc, stock_value, target_value.
    supplier_lead_times : DataFrame
        Agreed against actual lead time by supplier: supplier, receipts, agreed_days, mean_days, sd_days, on_time_share, mean_delay_days.
    as_of : Timestamp
        Last day with known sales.
    period : {"day", "week", "month"}
    settings : Settings
        What it was planned with: the sheet's settings and those of the call.
    currency : str
    source : str
        Name of the workbook or folder.
    fingerprint : str
        What the workbook looked like when it was read; writing refuses when it has changed since. Empty: not read from a workbook.
    trees : Trees or None
        The boosted trees, where they were fitted.
    summary : dict
        Counts and sums for the end of a run and for `--json`.
    stages : Stages or None
        What the plan was made from, for questions to it; None for a plan put together from its tables.
    scenarios : Compared or None
        Plans with changed inputs beside this one, where they were asked for.
    basis : DataFrame or None
        Inputs of every order (`core.change.basis`), kept for the next run.
    changed : OrderChange or None
        What changed the orders since the run before, where that kept its inputs.
    """

    recommendations: pd.DataFrame
    exceptions: pd.DataFrame
    explanations: pd.DataFrame
    forecast: pd.DataFrame
    accuracy: pd.DataFrame
    orders: pd.DataFrame
    priorities: pd.DataFrame
    limits: pd.DataFrame
    findings: pd.DataFrame
    recognised: pd.DataFrame
    totals: pd.DataFrame
    stock_by_class: pd.DataFrame
    supplier_lead_times: pd.DataFrame
    as_of: pd.Timestamp
    period: str
    settings: Settings = field(default_factory=Settings)
    currency: str = ""
    source: str = ""
    fingerprint: str = ""
    trees: Trees | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    stages: Stages | None = field(default=None, repr=False, compare=False)
    scenarios: Compared | None = None
    basis: pd.DataFrame | None = None
    changed: OrderChange | None = None

    @property
    def more_tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of `contracts.MORE_OUTPUT` that this plan has: scenarios, what changed the orders, and what it keeps for the next run."""
        found = {}
        if self.scenarios is not None:
            found["scenario_totals"] = self.scenarios.made.totals
            found["scenario_items"] = self.scenarios.made.long()
            found["scenario_stock"] = self.scenarios.projection.bands
            found["scenario_disruption"] = self.scenarios.bridge
        if self.changed is not None:
            found["order_changes"] = self.changed.frame
        if self.basis is not None:
            found["basis"] = self.basis
        return found

    @property
    def learned(self) -> Mapping[str, Any] | None:
        """Return the fitted trees as plain values, to be kept and given to a later plan; None where none were fitted."""
        return None if self.trees is None else self.trees.boosted.learned

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.summary.items())
        return f"Plan({self.source!r}, as_of={self.as_of:%Y-%m-%d}, {said})"
