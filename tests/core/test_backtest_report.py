"""What people read of a backtest: the conclusion tells good and bad news alike, and the sheets hold the tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.backtest import Backtest, backtest
from invopt_xl.core.backtest_report import comparison, conclusion, coverage_said, outset, sheet_specs
from invopt_xl.core.forecast.ahead import Ahead
from invopt_xl.core.forecast.tried import LEVELS
from invopt_xl.core.replay import known_today
from invopt_xl.settings import Settings
from tests.core.test_backtest import looking, points
from tests.small_world import world


@cache
def made_of(*, chosen: float, average: float, naive: float | None = 3.0) -> Backtest:
    """Return a backtest in which the methods add so much to the truth, or say nothing."""
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    demand = known_today(tables, settings=Settings(), as_of=None).history.demand

    def said(series: pd.DataFrame, at: int) -> tuple[Ahead, ...]:
        truth = demand[:, at : at + 3].sum(axis=1)
        nothing = np.full(len(truth), np.nan)
        return (
            points("chosen", truth + chosen),
            points("moving average", truth + average),
            points("seasonal naive", nothing if naive is None else truth + naive),
        )

    return backtest(tables, rounds=3, look=looking(tables, said))


@pytest.mark.parametrize(
    ("chosen", "average", "said"),
    [
        (2.0, 4.0, "lowers the simulated cost by 50% against the moving average (better in 3 of 3 rounds)."),
        (
            4.0,
            2.0,
            "raises the simulated cost by 100% against the moving average (better in 0 of 3 rounds): stock set by",
        ),
        (2.0, 2.0, "has the same simulated cost as the moving average"),
    ],
)
def test_the_conclusion_says_what_came_out(chosen: float, average: float, said: str) -> None:
    assert said in conclusion(made_of(chosen=chosen, average=average))


def test_without_a_moving_average_nothing_is_concluded() -> None:
    made = made_of(chosen=1.0, average=np.nan)
    assert conclusion(made).startswith("Nothing could be compared")
    assert len(comparison(made)) == 0 or comparison(made)["cost_average"].isna().all()


def test_coverage_is_told_with_its_verdict() -> None:
    assert coverage_said(made_of(chosen=1.0, average=1.0)) == (
        "Demand stayed within its 95% quantile in 100.0% of 6 intervals: too few to tell."
    )
    table = made_of(chosen=1.0, average=1.0)
    rows = table.coverage.assign(covered=0.8, windows=9000, verdict="too low")
    assert coverage_said(replace(table, coverage=rows)).endswith("80.0% of 9,000 intervals: coverage is too low.")
    rows = rows.assign(covered=0.949, verdict="within 2 points")
    assert coverage_said(replace(table, coverage=rows)).endswith("within 2 points of what it says.")
    assert coverage_said(replace(table, coverage=rows.head(0))) == ""


def test_the_comparison_shows_all_three_methods_by_segment() -> None:
    frame = comparison(made_of(chosen=2.0, average=4.0))
    assert list(frame["segment"]) == ["all", "AX"]
    assert list(frame["intervals"]) == [6, 6]
    assert (frame["wape_chosen"] * 2 == frame["wape_average"]).all()
    assert (frame["cost_chosen"] < frame["cost_naive"]).all()
    assert (frame[["covered_chosen", "covered_average", "covered_naive"]] == 1).all(axis=None)
    alone = comparison(made_of(chosen=2.0, average=4.0, naive=None))
    assert alone[["wape_naive", "pinball_naive", "cost_naive"]].isna().all(axis=None)


def test_what_was_replayed_is_told() -> None:
    assert outset(made_of(chosen=1.0, average=2.0)).startswith("3 rounds from sales known at 2026-")
    assert "6 intervals of 2 items x locations, 3.0 weeks long" in outset(made_of(chosen=1.0, average=2.0))


def test_sheets_begin_with_backtest_so_that_a_plan_in_the_same_workbook_keeps_its_own() -> None:
    specs = sheet_specs(made_of(chosen=1.0, average=2.0))
    assert [spec.name for spec in specs] == [
        "Backtest",
        "Backtest Accuracy",
        "Backtest Coverage",
        "Backtest Decisions",
        "Backtest Rounds",
    ]
    names = [block.name for spec in specs for block in spec.blocks]
    assert len(set(names)) == len(names)
    assert all(name.startswith("Backtest_") for name in names)
    for spec in specs:
        for block in spec.blocks:
            assert [column.name for column in block.columns] == list(block.frame.columns)
        for chart in spec.charts:
            assert chart.block in {block.name for block in spec.blocks}


@pytest.mark.parametrize("naive", [3.0, None])
def test_blocks_charts_and_texts_of_the_summary_do_not_overlap(naive: float | None) -> None:
    spec = sheet_specs(made_of(chosen=1.0, average=2.0, naive=naive))[0]
    areas = [(b.row - 1, b.row + len(b.frame), b.column, b.column + len(b.columns) - 1, b.name) for b in spec.blocks]
    areas += [(c.row, c.row + c.height - 1, c.column, c.column + c.width - 1, c.title) for c in spec.charts]
    areas += [(text.row, text.row, 1, 99, text.text) for text in spec.texts]
    for number, one in enumerate(areas):
        for other in areas[number + 1 :]:
            apart = one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]
            assert apart, f"{one} and {other} overlap"
    assert spec.printed_rows >= max(area[1] for area in areas)


def test_the_covered_block_follows_the_stated_levels() -> None:
    block = sheet_specs(made_of(chosen=1.0, average=2.0))[0].blocks[1]
    assert list(block.frame["stated"]) == list(LEVELS)
    assert (block.frame["chosen"] == 1).all()
