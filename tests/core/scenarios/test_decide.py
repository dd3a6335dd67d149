"""Scenarios of a plan whose items share a target, a budget or a supplier's minimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.scenarios.decide import decide_together, settled
from invopt_xl.core.scenarios.scenarios import CURRENT, Scenarios, scenarios
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings
from tests.core.scenarios.plans import SETTINGS, asked, checked, plan, stages, tables
from tests.small_world import plan_of


def _made(*rows: tuple[object, ...], settings: Settings | None = None, **more: pd.DataFrame) -> Scenarios:
    own = settings or plan().settings
    decide = decide_together(checked(**more).frames)
    return scenarios(settled(stages(), decide, settings=own), asked(*rows), settings=own, decide=decide)


def test_a_budget_is_kept_and_is_the_plan_with_that_budget() -> None:
    full = plan().summary["order_value"]
    made = _made(("poor", "all", "budget", full / 2))
    table = made.table("poor")
    assert 0 < table["order_value"].sum() <= full / 2
    whole = plan_of(tables(), order_budget=full / 2, **SETTINGS).recommendations
    assert np.allclose(table["order_quantity"], whole["order_quantity"])
    assert made.totals.set_index("scenario").loc["poor", "order_value_change"] < 0


def test_without_shared_limits_deciding_together_changes_nothing() -> None:
    made = _made(("same", "all", "moq", "x1"))
    assert not made.scenarios[0].changed.any()
    assert np.allclose(made.table(CURRENT)["order_quantity"], plan().recommendations["order_quantity"])


def test_one_target_for_all_items_is_allocated_again() -> None:
    own = Settings.from_mapping({**SETTINGS, "service_aim": "units", "service_level": 0.95})
    made = _made(("same", "all", "service", "x1"), ("more", "all", "service", 0.98), settings=own)
    now, more = made.current["stock_value"], made.table("more")["stock_value"]
    assert np.nansum(more) > np.nansum(now)
    targets = made.table("more")["service_target"].dropna()
    assert np.ptp(targets) > 0.001  # allocated, not the same for every item


def test_what_all_items_share_cannot_be_changed_for_one() -> None:
    with pytest.raises(SettingError, match="shared by all items: write all"):
        _made(("poor", "sku=A", "budget", 100))
    with pytest.raises(SettingError, match="plan of all items together"):
        scenarios(stages(), asked(("poor", "all", "budget", 100)), settings=plan().settings)


def test_a_change_of_one_item_moves_others_that_share_its_budget() -> None:
    full = plan().summary["order_value"]
    own = Settings.from_mapping({**SETTINGS, "order_budget": full * 0.6})
    made = _made(("dear", "sku=J", "cost", "x3"), settings=own)
    differing = made.table("dear")["order_quantity"] != made.table(CURRENT)["order_quantity"]
    others = made.series["sku"][differing & made.table("dear")["order_quantity"].notna()]
    assert set(others) - {"J"}
