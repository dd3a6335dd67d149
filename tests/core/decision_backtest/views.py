"""Views built by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from invopt_xl.core.decision_backtest.view import View
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms


def made_view(demand: np.ndarray, *, lead_days: float = 14.0, period: str = "week", **terms: Any) -> View:
    """Return a view of `demand` (n, T) whose forecast is not looked at."""
    n = len(demand)
    columns = {"shelf_life_days": np.nan, "order_cost": 0.0, "holding_rate": 0.2, **terms}
    return View(
        make_history(demand, period=period),
        make_segments(demand),
        make_terms(n, **columns),
        make_lead_times(n, lead_days),
        SimpleNamespace(elapsed=0.0),  # type: ignore[arg-type]
        Settings(),
    )
