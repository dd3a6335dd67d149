"""Ways around a disruption: worked by hand where stock and demand are simple, and the choice among sources."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.scenarios.bands import project_stock
from invopt_xl.core.scenarios.disruption import BRIDGE_COLUMNS, BUY, LATE, NONE, disruption
from invopt_xl.core.scenarios.scenarios import scenarios
from invopt_xl.core.scenarios.taken import take
from invopt_xl.errors import SettingError
from tests.core.scenarios.plans import SETTINGS, asked, at, checked, plan, stages, tables
from tests.small_world import plan_of

_UNTIL = "2027-01-10"


def _sources(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sku", "supplier", "unit_cost", "lead_time_days", "moq", "pack_size"])


def _bridge(*rows: tuple[object, ...], supplier: str = "Bolt", **tables: pd.DataFrame) -> pd.DataFrame:
    found = disruption(
        stages(),
        checked(**({"Sources": _sources(*rows)} if rows else {}), **tables),
        supplier=supplier,
        until=_UNTIL,
        settings=plan().settings,
    )
    assert list(found.bridge.columns) == list(BRIDGE_COLUMNS)
    return found.bridge.set_index("sku")


def test_without_another_source_the_planner_is_told_to_add_one() -> None:
    found = _bridge()
    assert set(found.index) == {"G", "H", "I", "J"}
    assert (found["action"] == NONE).all()
    assert (found["pull_forward_units"] == 0).all()
    assert found["text"].str.contains("add one to Sources").all()


def test_what_is_short_is_the_service_level_over_the_wait_less_stock() -> None:
    """56 days until deliveries: the level of 8 weeks of demand at 95 %, with 30 in stock."""
    found = _bridge().loc["G"]
    level = stages().forecast.law.over(np.full((len(stages().history.series), 1), 8.0)).quantile(0.95)[at("G")]
    assert found["short_units"] == pytest.approx(level - 30.0, abs=1.0)
    days = 30 / stages().forecast.law.mean(np.ones(len(stages().history.series)))[at("G")] * 7
    assert (found["runs_out"] - pd.Timestamp("2026-11-15")).days == pytest.approx(days, abs=1.0)
    assert found["days_without"] == 56 - (found["runs_out"] - pd.Timestamp("2026-11-15")).days


def test_the_cheapest_source_in_time_is_proposed_with_its_pack_and_its_extra_cost() -> None:
    rows = (("G", "Cord", 3.0, 2.0, 0.0, 12.0), ("G", "Acme", 2.5, 30.0, 0.0, 0.0), ("G", "Dell", 2.75, 3.0, 0.0, 50.0))
    found = _bridge(*rows).loc["G"]
    assert (found["alternative"], found["action"]) == ("Dell", BUY)
    assert found["pull_forward_units"] % 50 == 0
    assert 0 <= found["pull_forward_units"] - found["short_units"] < 50
    assert found["extra_cost"] == pytest.approx(found["pull_forward_units"] * 0.75)
    assert found["arrives"] == pd.Timestamp("2026-11-18")
    assert found["order_by"] <= found["runs_out"]
    assert "from Dell by" in found["text"]


def test_when_none_is_in_time_the_fastest_is_proposed_and_what_is_lost_until_then_is_not_bought() -> None:
    rows = (("G", "Cord", 3.0, 20.0, 0.0, 0.0), ("G", "Acme", 2.5, 30.0, 0.0, 0.0))
    found = _bridge(*rows).loc["G"]
    assert (found["alternative"], found["action"]) == ("Cord", LATE)
    lost = stages().forecast.law.mean(np.full(len(stages().history.series), 20 / 7))[at("G")] - 30
    assert found["pull_forward_units"] == pytest.approx(found["short_units"] - lost, abs=1.0)
    assert found["order_by"] == pd.Timestamp("2026-11-15")
    assert "too late for part of it" in found["text"]


def test_sources_that_cannot_help_are_passed_over() -> None:
    suppliers = pd.DataFrame(
        {
            "supplier": ["Acme", "Bolt", "Cord", "Dell"],
            "lead_time_days": [14.0, 21.0, 5.0, 4.0],
            "status": [None, None, "blocked", None],
            "disrupted_until": pd.to_datetime([None, None, None, "2027-02-01"]),
        }
    )
    rows = (
        ("G", "Cord", 1.0, 2.0, 0.0, 0.0),  # blocked
        ("G", "Dell", 1.0, 2.0, 0.0, 0.0),  # disrupted itself
        ("G", "Bolt", 1.0, 2.0, 0.0, 0.0),  # the one that fails
        ("G", "Acme", 1.0, 99.0, 0.0, 0.0),  # slower than waiting
    )
    assert _bridge(*rows, Suppliers=suppliers).loc["G", "action"] == NONE


def test_a_source_without_a_lead_time_has_that_of_its_supplier() -> None:
    found = _bridge(("G", "Cord", 3.0, np.nan, 0.0, 0.0)).loc["G"]
    assert found["arrives"] == pd.Timestamp("2026-11-20")


def test_an_item_with_enough_stock_or_without_a_stock_figure_is_not_listed() -> None:
    found = _bridge(supplier="Acme")
    assert "C" not in found.index  # 60 in stock, half a unit a week
    assert "D" not in found.index  # no stock figure
    assert "A" in found.index


@pytest.mark.parametrize("until", ["2026-11-15", "2026-01-01"])
def test_a_day_that_has_passed_is_told(until: str) -> None:
    with pytest.raises(SettingError, match="must be after 2026-11-15"):
        disruption(stages(), checked(), supplier="Bolt", until=until, settings=plan().settings)


def test_a_supplier_of_no_item_is_told() -> None:
    with pytest.raises(SettingError, match="no item matches"):
        disruption(stages(), checked(), supplier="Nobody", until=_UNTIL, settings=plan().settings)


def test_a_dear_source_in_time_is_taken_before_a_late_one() -> None:
    rows = (("G", "Cord", 50.0, 2.0, 0.0, 0.0), ("G", "Acme", 2.0, 20.0, 0.0, 0.0))
    found = _bridge(*rows).loc["G"]
    assert (found["alternative"], found["action"]) == ("Cord", BUY)
    assert found["extra_unit_cost"] == 48.0


def test_a_plan_with_a_disrupted_supplier_is_that_of_the_scenario() -> None:
    """Its open lines are delayed in both, so projected stock is the same."""
    day = pd.Timestamp("2027-01-10")
    suppliers = tables()["Suppliers"].assign(disrupted_until=[pd.NaT, day, pd.NaT])
    lines = tables()["OpenOrders"].assign(sku="G", supplier="Bolt")
    disrupted = plan_of({**tables(), "Suppliers": suppliers, "OpenOrders": lines}, **SETTINGS)
    plain = plan_of({**tables(), "OpenOrders": lines}, **SETTINGS)
    assert disrupted.stages is not None
    assert plain.stages is not None
    change = asked(("out", "Bolt", "disrupted", day))
    made = scenarios(plain.stages, change, settings=plain.settings).scenarios[0]
    rows = made.replanned.rows
    whole = take(disrupted.stages, rows)
    assert made.replanned.stages.terms.open_orders["due_date"].tolist() == whole.terms.open_orders["due_date"].tolist()
    # a plan fits its forecast over the longer interval, a scenario keeps the one there is
    for name in ("reorder_point", "stockout_risk", "lead_time_days"):
        expected = disrupted.recommendations[name].to_numpy(dtype=float)
        assert made.figures[name][rows] == pytest.approx(expected[rows], nan_ok=True, rel=0.02)
    bands = [project_stock(each, replications=200) for each in (made.replanned.stages, whole)]
    assert np.allclose(bands[0].mean, bands[1].mean, equal_nan=True, rtol=0.02, atol=2.0)
