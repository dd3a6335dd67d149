"""The sheets of scenarios: every column explained, charts over what is there, nothing overlapping."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np

from invopt_xl.core.contracts import MORE_OUTPUT
from invopt_xl.core.scenarios.change import read_changes
from invopt_xl.core.scenarios.compare import Compared, compare
from invopt_xl.core.scenarios.report import largest_changes, no_scenarios, sheet_specs
from invopt_xl.core.scenarios.scenarios import scenarios
from invopt_xl.core.sheets import Block, SheetSpec
from tests.core.scenarios.plans import asked, checked, plan, stages

_ASKED = (("high", "all", "demand", "x1.4"), ("out", "Bolt", "disrupted", "2027-01-10"))


def _compared(*rows: tuple[object, ...]) -> Compared:
    return compare(stages(), checked(), read_changes(asked(*rows)), settings=plan().settings)


@cache
def _specs() -> list[SheetSpec]:
    return sheet_specs(_compared(*_ASKED))


def _rectangle(block: Block) -> tuple[int, int]:
    return block.row - 1, block.row + len(block.frame)


def test_every_column_is_described_and_there() -> None:
    for spec in _specs():
        for block in spec.blocks:
            assert [column.name for column in block.columns] == list(block.frame.columns)
            assert block.name.startswith("Scenario")
            if block.is_table:
                assert all(column.note for column in block.columns), block.name


def test_tables_and_charts_do_not_overlap() -> None:
    for spec in _specs():
        used = [_rectangle(block) for block in spec.blocks]
        used += sorted({(chart.row, chart.row + chart.height) for chart in spec.charts})
        used.sort()
        assert all(one[1] < other[0] for one, other in itertools.pairwise(used)), used


def test_charts_show_columns_that_are_there() -> None:
    summary = _specs()[0]
    assert [chart.kind for chart in summary.charts] == ["column", "line"]
    for chart in summary.charts:
        block = next(each for each in summary.blocks if each.name == chart.block)
        assert {chart.category, *(series.column for series in chart.series)} <= set(block.frame.columns)


def test_the_sheet_says_what_is_different() -> None:
    changes = _specs()[0].blocks[1].frame
    assert changes["what_is_different"].tolist() == ["all items: demand x 1.4", "Bolt: disrupted_until 2027-01-10"]


def test_the_summary_is_printed_on_one_page() -> None:
    summary = _specs()[0]
    assert summary.printed_rows == max(block.row + len(block.frame) for block in summary.blocks)
    assert not any(block.is_table for block in summary.blocks)


def test_a_way_around_a_disruption_names_item_and_location() -> None:
    block = _specs()[-1].blocks[0]
    places = block.frame["sku"] + " at " + block.frame["location"]
    assert all(text.startswith(place) for text, place in zip(block.frame["text"], places, strict=True))


def _drawn(specs: list[SheetSpec]) -> list[str]:
    """Return the sheets that a new workbook gets."""
    return [spec.name for spec in specs if not spec.only_refreshed]


def test_without_scenarios_sheets_of_an_earlier_run_are_emptied_and_say_so() -> None:
    sheets = no_scenarios(plan().as_of)
    assert _drawn(sheets) == []
    assert [spec.name for spec in sheets] == [spec.name for spec in _specs()]
    assert all(block.frame.empty for spec in sheets for block in spec.blocks)
    assert "without scenarios" in sheets[0].texts[1].text


def test_figures_of_any_scenario_are_ours_and_a_planners_column_is_not() -> None:
    for spec in (_specs()[1], no_scenarios(plan().as_of)[1]):
        (block,) = spec.blocks
        assert all(block.is_own(header) for header in ("sku", "order_quantity: gone", "expected_service: current"))
        assert not any(block.is_own(header) for header in ("remark", "order_quantity", "my order_quantity: high"))


def test_tables_for_files_have_the_columns_of_their_contract() -> None:
    found = replace(plan(), scenarios=_compared(*_ASKED)).more_tables
    for name, frame in found.items():
        assert list(frame.columns) == [field.name for field in MORE_OUTPUT[name]], name
    items = found["scenario_items"]
    assert items["scenario"].unique().tolist() == ["current", "high", "out"]
    changed = np.any([each.changed for each in _compared(*_ASKED).made.scenarios], axis=0).sum()
    assert len(items) == 3 * changed


def test_only_a_disruption_has_a_sheet_of_ways_around_it() -> None:
    assert _drawn(sheet_specs(_compared(_ASKED[0]))) == ["Scenarios", "Scenario Items", "Scenario Stock"]
    assert _drawn(_specs()) == ["Scenarios", "Scenario Items", "Scenario Stock", "Scenario Disruption"]


def test_a_scenario_that_changes_nothing_still_has_its_totals() -> None:
    sheets = sheet_specs(_compared(("same", "all", "moq", "x1")))
    assert _drawn(sheets) == ["Scenarios"]
    assert [block.name for block in sheets[0].blocks] == ["Scenario_Totals", "Scenario_Changes"]
    assert sheets[1].blocks[0].frame.empty


def test_the_largest_changes_are_told_with_both_orders() -> None:
    made = scenarios(stages(), asked(*_ASKED), settings=plan().settings)
    said = largest_changes(made, "high", most=2)
    assert len(said) == 2
    table = made.table("high").set_index("sku")
    sku = said[0].split(" at ")[0]
    assert said[0].endswith(f"-> {table.loc[sku, 'order_quantity']:,.10g}")
