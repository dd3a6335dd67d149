"""InvOpt XL: inventory planning inside the workbook. The public names, on one page.

>>> import invopt_xl as iv
>>> tables = iv.read_tables(iv.demo_tables(skus=8, locations=1, weeks=40))
>>> plan = iv.plan(tables, settings={"service_level": 0.95})
>>> list(plan.recommendations.columns[:3])
['sku', 'location', 'description']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from invopt_xl.adapters.plan_output import write_plan
    from invopt_xl.adapters.reading import read_tables
    from invopt_xl.core.backtest import Backtest, backtest
    from invopt_xl.core.decision_backtest.simulate_decisions import DecisionBacktest, simulate_decisions
    from invopt_xl.core.demo import demo_tables
    from invopt_xl.core.findings import Finding
    from invopt_xl.core.plan import Plan
    from invopt_xl.core.tables import Tables
    from invopt_xl.errors import (
        ComputeError,
        InputError,
        InvOptError,
        SettingError,
        WorkbookBusyError,
        WorkbookError,
    )
    from invopt_xl.pipeline import plan
    from invopt_xl.settings import Settings

__version__ = "0.1.0"

#: Where each public name lives. They load on first use: importing pandas takes longer than Excel should wait.
_HOMES = {
    "Backtest": "core.backtest",
    "ComputeError": "errors",
    "DecisionBacktest": "core.decision_backtest.simulate_decisions",
    "Finding": "core.findings",
    "InputError": "errors",
    "InvOptError": "errors",
    "Plan": "core.plan",
    "SettingError": "errors",
    "Settings": "settings",
    "Tables": "core.tables",
    "WorkbookBusyError": "errors",
    "WorkbookError": "errors",
    "backtest": "core.backtest",
    "demo_tables": "core.demo",
    "plan": "pipeline",
    "read_tables": "adapters.reading",
    "simulate_decisions": "core.decision_backtest.simulate_decisions",
    "write_plan": "adapters.plan_output",
}

__all__ = [
    "Backtest",
    "ComputeError",
    "DecisionBacktest",
    "Finding",
    "InputError",
    "InvOptError",
    "Plan",
    "SettingError",
    "Settings",
    "Tables",
    "WorkbookBusyError",
    "WorkbookError",
    "__version__",
    "backtest",
    "demo_tables",
    "plan",
    "read_tables",
    "simulate_decisions",
    "write_plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'invopt_xl' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"invopt_xl.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
