"""Run after run over a growing history: safety stock and levels flutter less, and service stays within the slack."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.policy.damped_policy import damped_policy
from invopt_xl.core.policy.last_stock import last_stock
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

ITEMS, RUNS, BEFORE, TARGET = 24, 10, 70, 0.95
SETTINGS = Settings()


@cache
def runs() -> dict[str, np.ndarray]:
    """Return needed and kept safety stock, both order-up-to levels and the chance that the kept level serves a cycle, each (ITEMS, RUNS)."""
    rng = np.random.default_rng(7)
    mean, shape = rng.uniform(5, 80, (ITEMS, 1)), rng.uniform(2, 12, (ITEMS, 1))
    demand = np.rint(rng.gamma(shape, mean / shape, (ITEMS, BEFORE + RUNS)))
    lead = make_lead_times(ITEMS, 14.0)
    lead = replace(lead, frame=lead.frame.assign(on_time_share=0.9))
    terms = make_terms(ITEMS, criticality="", service_level=TARGET)
    kept: pd.DataFrame | None = None
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("needed", "kept", "plain_up_to", "up_to", "served")}
    for run in range(RUNS):
        known = demand[:, : BEFORE + run]
        history = make_history(known)
        coming = forecast(history, make_segments(known), terms, lead, settings=SETTINGS)
        plain = set_policy(coming, terms, lead, history, settings=SETTINGS)
        series = history.series[["sku", "location"]]
        last = last_stock(kept, series, as_of=history.as_of)
        made = damped_policy(plain, coming, terms, lead, history, asked=terms, last=last, settings=SETTINGS)
        kept = pd.concat([series, made.damping.state], axis=1)
        s = made.policy.frame["reorder_point"].to_numpy(dtype=float)
        found["needed"].append(plain.frame["safety_stock"].to_numpy(dtype=float))
        found["kept"].append(made.policy.frame["safety_stock"].to_numpy(dtype=float))
        found["plain_up_to"].append(plain.frame["order_up_to"].to_numpy(dtype=float))
        found["up_to"].append(made.policy.frame["order_up_to"].to_numpy(dtype=float))
        found["served"].append(coming.protection.cdf_at(s))
    return {name: np.stack(parts, axis=1) for name, parts in found.items()}


def _flutter(levels: np.ndarray) -> float:
    return float(np.abs(np.diff(levels, axis=1)).mean() / levels.mean())


def test_safety_stock_and_levels_flutter_less() -> None:
    found = runs()
    assert _flutter(found["kept"]) < 0.5 * _flutter(found["needed"])
    assert _flutter(found["up_to"]) < _flutter(found["plain_up_to"])


def test_service_stays_within_the_slack_in_every_run() -> None:
    assert runs()["served"].min() >= TARGET - SETTINGS.damping_slack - 1e-9


def test_stock_stays_near_what_is_needed() -> None:
    found = runs()
    assert found["kept"].mean() == pytest.approx(found["needed"].mean(), rel=0.15)
