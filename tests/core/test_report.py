"""Sheet specs: golden texts of what our sheets hold, so that a change shows as a readable difference."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from invopt_xl.core.contracts import OUTPUT, RECOMMENDATIONS
from invopt_xl.core.report import sheet_specs
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.core.template import template_specs
from tests.small_world import plan_of, world

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def as_text(specs: list[SheetSpec], *, rows: int = 3) -> str:
    """Return sheet specs as indented JSON, with the first rows of each frame."""

    def plain(value: object) -> object:
        if isinstance(value, pd.DataFrame):
            head = value.head(rows)
            return {
                "columns": list(head.columns),
                "rows": [[show(cell) for cell in line] for line in head.itertuples(index=False)],
            }
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return [plain(each) for each in value] if isinstance(value, (tuple, list)) else value

    def show(cell: object) -> object:
        if isinstance(cell, float):
            return None if cell != cell else round(cell, 3)
        return str(cell) if isinstance(cell, pd.Timestamp) else None if cell is pd.NaT else cell

    return json.dumps([plain(spec) for spec in specs], indent=1, ensure_ascii=False, default=str) + "\n"


def check_golden(name: str, text: str) -> None:
    wanted = (GOLDEN / name).read_text(encoding="utf-8")
    assert text == wanted, (
        f"{name} differs; if the change is meant, write the new text to tests/golden/{name} in a commit of its own"
    )


@pytest.mark.parametrize("name", ["template"])
def test_the_blank_template_is_the_golden_one(name: str) -> None:
    check_golden(f"{name}.json", as_text(template_specs()))


def test_sheets_of_a_plan_are_the_golden_ones_but_for_their_rows() -> None:
    check_golden("plan_sheets.json", as_text(sheet_specs(plan_of(world({"A": 20, "B": 5}, on_hand=10))), rows=0))


def test_tables_have_exactly_the_contract_columns() -> None:
    plan = plan_of(world({"A": 20}))
    for name, contract in OUTPUT.items():
        assert list(getattr(plan, name).columns) == [field.name for field in contract], name


def test_the_planners_columns_are_choices_and_kept_by_key() -> None:
    spec = next(spec for spec in sheet_specs(plan_of(world({"A": 20}))) if spec.name == "Recommendations")
    block = spec.blocks[0]
    assert block.key == ("sku", "location")
    assert block.kept == ("decision", "planner_quantity", "reason")
    assert {choice.column for choice in block.choices} == {"decision", "planner_quantity"}
    assert [column.name for column in block.columns] == [field.name for field in RECOMMENDATIONS]


def test_blocks_and_charts_of_the_dashboard_do_not_overlap() -> None:
    spec = sheet_specs(plan_of(world({"A": 20, "B": 5}, on_hand=10)))[0]
    areas = [(b.row - 1, b.row + len(b.frame), b.column, b.column + len(b.columns) - 1, b.name) for b in spec.blocks]
    areas += [(c.row, c.row + c.height - 1, c.column, c.column + c.width - 1, c.title) for c in spec.charts]
    for number, one in enumerate(areas):
        for other in areas[number + 1 :]:
            apart = one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]
            assert apart, f"{one} and {other} overlap"
