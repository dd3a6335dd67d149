"""Simulated decisions as text, as JSON and as a workbook of their own."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from invopt_xl.adapters.simulate_output import simulation_data, simulation_lines, simulation_path, write_simulation
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import read_own_table
from invopt_xl.errors import WorkbookError
from tests.core.decision_backtest.test_report import made_of
from tests.libreoffice import convert

SHEETS = [
    "Simulation",
    "Simulation Service",
    "Simulation Costs",
    "Simulation Curves",
    "Simulation Items",
    "Simulation Rounds",
]


def test_the_workbook_stands_beside_the_source_unless_named(tmp_path: Path) -> None:
    source = Source(tmp_path / "tea.xlsx")
    assert simulation_path(source, None) == tmp_path / "tea.simulation.xlsx"
    assert simulation_path(source, tmp_path / "out") == tmp_path / "out" / "tea.simulation.xlsx"
    assert simulation_path(source, tmp_path / "mine.xlsm") == tmp_path / "mine.xlsm"
    with pytest.raises(WorkbookError, match="give it a name that ends in"):
        simulation_path(source, tmp_path / "mine.csv")


def test_sheets_and_native_charts_are_written(tmp_path: Path) -> None:
    made = made_of(np.where(np.arange(30) < 10, 3.0, 0.8))
    written = write_simulation(made, tmp_path / "new" / "book.xlsx")
    assert openpyxl.load_workbook(written.path).sheetnames == SHEETS
    with zipfile.ZipFile(written.path) as book:
        charts = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    assert sum("lineChart" in chart for chart in charts) == 1
    assert any("less stock at the same service" in chart for chart in charts)
    again = read_own_table(written.path, "Simulation Items")
    assert again is not None
    assert again["sku"].tolist() == made.items["sku"].tolist()


def test_the_sheet_says_where_the_rule_is_better(tmp_path: Path) -> None:
    made = made_of(np.where(np.arange(30) < 10, 3.0, 0.8))
    sheet = openpyxl.load_workbook(write_simulation(made, tmp_path / "book.xlsx").path)["Simulation"]
    texts = [str(cell.value) for cell in sheet["A"] if cell.value]
    assert "The planner's rule is better for CZ (20 items; the plan needs 25% more stock)." in texts


def test_lines_show_rules_stock_and_conclusions() -> None:
    lines = simulation_lines(made_of(2.0), "tea.xlsx")
    text = "\n".join(lines)
    assert lines[0].startswith("tea.xlsx: 30 items x locations")
    assert "stock needed for" in text
    assert "the plan needs 50% less stock" in text
    table = [line for line in lines if line.startswith(("  rule ", "  plan ", "  rule, tuned"))]
    assert len(table) >= 4


def test_data_is_json_without_nan() -> None:
    data = simulation_data(made_of(1.0))
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again["as_of"] == "2026-07-31"
    assert again["rounds"][0]["as_of"] == "2026-01-31"
    assert {row["rule"] for row in again["rules"]} == {"plan", "rule, tuned"}
    assert len(again["conclusions"]) == 5


@pytest.mark.libreoffice
def test_libreoffice_opens_what_was_written(tmp_path: Path) -> None:
    written = write_simulation(made_of(2.0), tmp_path / "book.xlsx")
    assert convert(written.path, "pdf", tmp_path).stat().st_size > 1000
