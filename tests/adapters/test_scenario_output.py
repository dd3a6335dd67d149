"""Scenarios go out: into a workbook, as lines and as JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from invopt_xl.adapters.scenario_output import scenario_data, scenario_lines
from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.core.scenarios.change import read_changes
from invopt_xl.core.scenarios.compare import Compared, compare
from invopt_xl.core.scenarios.report import sheet_specs
from tests.core.scenarios.plans import asked, checked, plan, stages


@cache
def _result() -> Compared:
    changes = read_changes(asked(("high", "all", "demand", "x1.4"), ("out", "Bolt", "disrupted", "2027-01-10")))
    return compare(stages(), checked(), changes, settings=plan().settings)


def test_sheets_are_written_and_read_back(tmp_path: Path) -> None:
    written = write_sheets(sheet_specs(_result()), tmp_path / "plan.xlsx")
    assert written.sheets == ("Scenarios", "Scenario Items", "Scenario Stock", "Scenario Disruption")
    bridge = read_own_table(tmp_path / "plan.xlsx", "Scenario Disruption")
    assert bridge is not None
    assert bridge["sku"].tolist() == _result().disruptions[0].bridge["sku"].tolist()
    items = read_own_table(tmp_path / "plan.xlsx", "Scenario Items")
    assert items is not None
    assert np.allclose(items["order_quantity: high"].astype(float), _result().made.items()["order_quantity: high"])


def test_the_workbook_has_native_charts(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    write_sheets(sheet_specs(_result()), tmp_path / "plan.xlsx")
    sheet = load_workbook(tmp_path / "plan.xlsx")["Scenarios"]
    assert len(sheet._charts) == 2
    assert sheet["A1"].value == "Scenarios"


def test_people_read_totals_and_the_way_around_a_disruption() -> None:
    lines = scenario_lines(_result())
    totals = _result().made.totals.set_index("scenario")
    assert f"({totals.loc['high', 'order_value_change']:+,.0f})" in lines[1]
    assert any("delivers again from 2027-01-10" in line for line in lines)


def test_scripts_get_plain_values() -> None:
    data = json.loads(json.dumps(scenario_data(_result())))
    assert [row["scenario"] for row in data["totals"]] == ["current", "high", "out"]
    assert data["disruptions"][0]["bridge"][0]["back_on"] == "2027-01-10"
    assert data["totals"][1]["order_value"] == pytest.approx(float(_result().made.totals["order_value"].iloc[1]))


def test_a_disruption_is_bridged_for_each_supplier_that_it_hits_once() -> None:
    changes = read_changes(
        asked(("all out", "all", "disrupted", "2027-01-10"), ("one out", "Bolt", "disrupted", "2027-01-10"))
    )
    found = compare(stages(), checked(), changes, settings=plan().settings)
    assert sorted((each.supplier, each.until) for each in found.disruptions) == [
        ("Acme", pd.Timestamp("2027-01-10")),
        ("Bolt", pd.Timestamp("2027-01-10")),
    ]


def test_a_scenario_that_cannot_be_planned_is_left_out_and_told() -> None:
    changes = read_changes(
        asked(("lost", "Nobody", "moq", 1), ("good", "all", "moq", 50), ("steep", "all", "service", "x1.2"))
    )
    found = compare(stages(), checked(), changes, settings=plan().settings)
    assert [each.name for each in found.made.scenarios] == ["good"]
    lost, steep = (finding.text for finding in found.findings)
    assert "no item matches 'Nobody'" in lost
    assert "must be from" in steep
    assert any("Nobody" in line for line in scenario_lines(found))


def test_when_no_scenario_can_be_planned_the_current_plan_stands_alone(tmp_path: Path) -> None:
    found = compare(stages(), checked(), read_changes(asked(("x", "Nobody", "moq", 1))), settings=plan().settings)
    assert found.made.totals["scenario"].tolist() == ["current"]
    written = write_sheets(sheet_specs(found), tmp_path / "plan.xlsx")
    assert written.sheets == ("Scenarios",)
