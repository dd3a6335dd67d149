"""What people read: good and bad news alike, where the planner's rule is better, and sheets whose charts have their data."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.decision_backtest.bootstrap import item_weights
from invopt_xl.core.decision_backtest.comparison import (
    cost_table,
    curves_table,
    equal_service_table,
    points_table,
    service_table,
)
from invopt_xl.core.decision_backtest.report import (
    by_segment,
    conclusions,
    outset,
    rule_better_said,
    sheet_specs,
    stock_by_service,
    where_the_rule_is_better,
)
from invopt_xl.core.decision_backtest.rules import PLAN, TUNED
from invopt_xl.core.decision_backtest.simulate_decisions import DecisionBacktest
from tests.core.decision_backtest.tried import made_items, made_rule


def made_of(rule_stock: float | np.ndarray, *, stockouts: float = 1.0, cost: float = 5.0) -> DecisionBacktest:
    """Return what comes of a plan that needs stock 1 and a tuned rule that needs `rule_stock`, one number or one per item."""
    items = made_items()
    tried = [made_rule(PLAN, 1.0), made_rule(TUNED, rule_stock, stockouts=stockouts, cost=cost)]
    weight = item_weights(30, draws=200, rng=np.random.default_rng(1))
    table = items.frame.assign(service_target=0.95, demand=100.0)
    for word in ("plan", "rule"):
        table = table.assign(**{f"{word}_{name}": 1.0 for name in ("fill_rate", "average_value", "stockouts", "cost")})
    return DecisionBacktest(
        points=points_table(tried, np.full(30, 2.0)),
        curves=curves_table(tried),
        equal_service=equal_service_table(tried, items, weight),
        costs=cost_table(tried, items, weight),
        service=service_table(tried[0], items),
        items=table,
        rounds=pd.DataFrame(
            {
                "as_of": pd.to_datetime(["2026-01-31", "2026-04-30"]),
                "from_period": pd.to_datetime(["2026-02-01", "2026-05-01"]),
                "to_period": pd.to_datetime(["2026-04-01", "2026-07-01"]),
                "series": [30, 30],
            }
        ),
        tuned_window_periods=12,
        tuned_score=1.3,
        period="month",
        simulated_periods=6,
        apart_periods=3,
        replications=5,
        lost_sales=False,
        crossover=False,
        lead_hold_periods=6.0,
        as_of=pd.Timestamp("2026-07-31"),
    )


def test_a_better_plan_is_told_with_its_interval() -> None:
    said = conclusions(made_of(2.0, stockouts=2.0, cost=10.0))
    assert said[0] == (
        "To serve 95% of units at once, the plan needs 50% less stock than the planner's rule with its window (12 months) and z tuned on "
        "earlier data (95% interval: 50% less to 50% less)."
    )
    assert "fewer stock-outs" in said[1]
    assert "the plan costs 50% less" in said[2]
    assert (
        said[3]
        == "In no segment and no demand class of 10 items or more does the planner's rule need less stock for the same service."
    )
    assert said[4] == "Asked for 95.0% cycle service, the plan kept 90.0% over all items."


def test_a_worse_plan_is_told_as_plainly() -> None:
    made = made_of(0.8, stockouts=0.2, cost=4.0)
    said = conclusions(made)
    assert "the plan needs 25% more stock than the planner's rule" in said[0]
    assert "more stock-outs" in said[1]
    assert "the plan costs 25% more" in said[2]
    assert said[3].startswith("The planner's rule is better for ")
    assert set(where_the_rule_is_better(made).clearly["group"]) == {"AX", "CZ", "smooth", "lumpy"}


def test_the_groups_where_the_rule_is_better_are_named() -> None:
    # the rule is better for CZ only
    made = made_of(np.where(np.arange(30) < 10, 3.0, 0.8))
    where = where_the_rule_is_better(made)
    assert where.clearly["group"].tolist() == ["CZ"]
    assert where.perhaps.empty
    assert rule_better_said(made) == "The planner's rule is better for CZ (20 items; the plan needs 25% more stock)."
    segments = by_segment(made).set_index("group")
    assert segments.loc["CZ", "verdict"] == "rule better"
    assert segments.loc["AX", "less_stock"] == pytest.approx(2 / 3)


def test_groups_of_a_few_items_are_not_worth_a_word() -> None:
    made = made_of(2.0)
    few = made.equal_service.assign(less_stock=-0.5, items=9)
    assert rule_better_said(replace(made, equal_service=few)).startswith(
        "In no segment and no demand class of 10 items"
    )


def test_of_a_few_items_nothing_is_concluded() -> None:
    made = made_of(2.0)
    few = replace(made, equal_service=made.equal_service.assign(items=3, verdict="too few items"))
    assert conclusions(few)[0].endswith("These are 3 items: too few to conclude anything.")


def test_luck_is_called_luck() -> None:
    made = made_of(np.where(np.arange(30) == 25, 0.1, 1.02))
    said = conclusions(made)
    assert "within chance, so neither is shown to be better" in said[0]
    assert rule_better_said(made).startswith("The planner's rule is ahead, but within chance, for ")


def test_what_cannot_be_compared_is_said() -> None:
    made = made_of(1.0)
    never = replace(made, equal_service=made.equal_service.assign(less_stock=np.nan))
    assert "do not both reach 95% of units served at once" in conclusions(never)[0]


def test_the_outset_says_what_was_simulated() -> None:
    assert outset(made_of(1.0)) == (
        "30 items x locations, planned anew in 2 rounds (2026-01-31 to 2026-04-30) and simulated over 6 months that followed; unmet demand is "
        "delivered later; 5 runs with drawn lead times, shared by the orders of 6 months; later orders never overtake."
    )


def test_stock_by_service_reads_every_curve() -> None:
    table = stock_by_service(made_of(2.0))
    assert list(table) == ["fill_rate", PLAN, TUNED]
    np.testing.assert_allclose(table[TUNED], 2 * table[PLAN])
    assert table[PLAN].is_monotonic_increasing


def test_sheets_draw_only_what_they_hold() -> None:
    specs = sheet_specs(made_of(np.where(np.arange(30) < 10, 3.0, 0.8)))
    assert next(spec.name for spec in specs) == "Simulation"
    assert all(spec.name.startswith("Simulation") for spec in specs)
    for spec in specs:
        blocks = {block.name: block for block in spec.blocks}
        for block in spec.blocks:
            assert [column.name for column in block.columns] == list(block.frame)
        for chart in spec.charts:
            assert {chart.category, *(series.column for series in chart.series)} <= set(blocks[chart.block].frame)
    # charts stand above the tables and below the sentences
    summary = specs[0]
    assert len(summary.charts) == 2
    last_text = max(text.row for text in summary.texts)
    first_block = min(block.row for block in summary.blocks)
    assert all(last_text < chart.row and chart.row + chart.height < first_block for chart in summary.charts)
    spans = sorted((block.row, block.row + len(block.frame)) for block in summary.blocks)
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(spans))


def test_no_line_of_the_summary_is_wider_than_its_sheet() -> None:
    summary = sheet_specs(made_of(np.where(np.arange(30) < 10, 3.0, 0.8)))[0]
    assert max(len(text.text) for text in summary.texts) <= 150
    assert [text.row for text in summary.texts] == list(range(1, len(summary.texts) + 1))
    assert summary.texts[-1].row < summary.charts[0].row
