"""Sheet specs: golden texts of what our sheets hold, so that a change shows as a readable difference."""

from __future__ import annotations

import pytest

from invopt_xl.core.contracts import OUTPUT, RECOMMENDATIONS
from invopt_xl.core.report import dashboard, sheet_specs
from tests.golden.generate import GOLDEN, texts
from tests.small_world import plan_of, world


@pytest.mark.parametrize("name", ["template.json", "plan_sheets.json"])
def test_sheet_specs_are_the_golden_ones(name: str) -> None:
    assert texts()[name] == (GOLDEN / name).read_text(encoding="utf-8"), (
        "if the change is meant, run: python -m tests.golden.generate"
    )


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


def test_limits_have_a_sheet_of_their_own_that_says_when_none_binds() -> None:
    # on the sheet of another table, a longer list of limits would not fit at the next refresh of the open workbook
    plan = plan_of(world({"A": 20}))
    assert plan.limits.empty
    spec = next(spec for spec in sheet_specs(plan) if spec.name == "Limits")
    assert [each.name for each in spec.blocks] == ["Limits"]
    assert spec.blocks[0].frame["sentence"].tolist() == ["No limit changes an order of this plan."]
    priorities = next(spec for spec in sheet_specs(plan) if spec.name == "Priorities")
    assert [each.name for each in priorities.blocks] == ["Priorities"]


def test_tables_of_the_dashboard_have_room_to_grow_above_its_charts() -> None:
    spec = dashboard(plan_of(world({"A": 20})))
    first_chart = min(chart.row for chart in spec.charts)
    assert all(block.row + 12 < first_chart for block in spec.blocks if block.row < first_chart)


def test_without_costs_the_dashboard_shows_units_and_no_money_of_nought() -> None:
    tables = world({"A": 20, "B": 5}, on_hand=10)
    tables["Items"] = tables["Items"].drop(columns=["unit_cost", "unit_price"], errors="ignore")
    tables["Sales"] = tables["Sales"].drop(columns=["price"], errors="ignore")
    spec = dashboard(plan_of(tables))
    blocks = {block.name: block.frame for block in spec.blocks}
    assert blocks["Stock_by_class"][["stock_value", "target_value"]].isna().all(axis=None)
    assert blocks["Orders_by_supplier"]["order_value"].isna().all()
    assert spec.charts[0].title == "Demand per week [units]"


def test_without_stock_the_dashboard_says_why_nothing_is_ordered() -> None:
    tables = world({"A": 20})
    del tables["Stock"]
    assert "No stock figure was found" in dashboard(plan_of(tables)).texts[1].text
