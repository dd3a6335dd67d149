"""What-ifs kept with their plan: the figures of rows planned alone, whatever order they are asked for in, and few rows planned in vain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.adapters import what_if_results
from invopt_xl.adapters.what_if_results import WhatIfResults
from invopt_xl.core.whatif import RESULTS, what_if
from tests.hosts import planner_book

_ROWS = len(planner_book.plan().recommendations)
_VALUES = {"on_hand": [0.0, 35.0], "lead_time_days": [3.0, 30.0], "service_level": [0.8, 0.99]}


class Counted:
    """Counts rows planned anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[int] = []
        monkeypatch.setattr(what_if_results, "what_if", self._what_if)

    def _what_if(self, stages: object, **words: object) -> object:
        self.rows.append(len(words["values"]))  # type: ignore[arg-type]
        return what_if(stages, **words)  # type: ignore[arg-type]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def kept() -> WhatIfResults:
    made = planner_book.plan()
    assert made.stages is not None
    return WhatIfResults(made.stages, made.settings)


def alone(row: int, field: str, value: float) -> dict[str, float]:
    made = planner_book.plan()
    assert made.stages is not None
    found = what_if(made.stages, row=row, field=field, values=np.array([value]), settings=made.settings)
    return {name: float(found[name].iloc[0]) for name in RESULTS}


@pytest.mark.parametrize("field", _VALUES)
def test_every_figure_is_that_of_the_row_planned_alone(field: str) -> None:
    results = kept()
    for row in range(_ROWS):
        for value in _VALUES[field]:
            expected = alone(row, field, value)
            found = {name: results.figures(row, field, [value], result=name)[0] for name in RESULTS}
            assert found == pytest.approx(expected, rel=1e-12, nan_ok=True), (row, value)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(_ROWS)))
def test_the_order_of_asking_changes_no_figure(order: list[int]) -> None:
    results = kept()
    for row in order:
        found = results.figures(row, "on_hand", [35.0], result="order_quantity")
        assert found == [_BY_ROW[row]]


_BY_ROW = [alone(row, "on_hand", 35.0)["order_quantity"] for row in range(_ROWS)]


def test_the_quantities_differ_by_row() -> None:
    assert len(set(_BY_ROW)) > 3


@pytest.mark.parametrize("rows", [range(_ROWS), range(_ROWS - 1, -1, -1)], ids=["down", "up"])
@pytest.mark.parametrize(("first", "growth", "ahead"), [(1, 1, [1, 2, 4]), (2, 2, [2, 5]), (16, 4, [7])])
def test_a_column_of_items_is_planned_in_a_few_steps(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, rows: range, first: int, growth: int, ahead: list[int]
) -> None:
    monkeypatch.setattr(what_if_results, "_FIRST_AHEAD", first)
    monkeypatch.setattr(what_if_results, "_GROWTH", growth)
    results = kept()
    for row in rows:
        results.figures(row, "on_hand", [35.0], result="order_quantity")
    assert counted.rows == [1, *ahead]


def test_one_item_alone_takes_no_others_with_it(counted: Counted) -> None:
    results = kept()
    for value in (1.0, 2.0, 3.0):
        results.figures(0, "on_hand", [value], result="order_quantity")
    assert counted.rows == [1, 1, 1]


def test_several_values_are_planned_at_once_and_never_again(counted: Counted) -> None:
    results = kept()
    values = [0.0, 35.0, 0.0, 70.0]
    first = results.figures(3, "on_hand", values, result="order_quantity")
    assert first[0] == first[2] == alone(3, "on_hand", 0.0)["order_quantity"]
    assert first[3] == alone(3, "on_hand", 70.0)["order_quantity"]
    results.figures(3, "on_hand", values[::-1], result="reorder_point")
    assert counted.rows == [3]


def test_rows_ahead_are_planned_with_all_values(counted: Counted) -> None:
    results = kept()
    for row in range(_ROWS):
        found = results.figures(row, "lead_time_days", [3.0, 30.0], result="reorder_point")
        assert found == [alone(row, "lead_time_days", value)["reorder_point"] for value in (3.0, 30.0)]
    assert counted.rows == [2, 14]


def test_what_is_kept_is_bounded(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_results, "_MOST_KEPT", 5)
    results = kept()
    for value in range(12):
        results.figures(0, "on_hand", [float(value)], result="order_quantity")
    assert sum(map(len, results._known.values())) <= 5
    assert results.figures(0, "on_hand", [11.0], result="order_quantity") == [
        alone(0, "on_hand", 11.0)["order_quantity"]
    ]
    assert len(counted.rows) == 12
