"""What functions work out -> what cells take: floats, texts, bools and marked errors, nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.adapters.cell_results import column_cells, number_cells, shaped, text_cells
from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.function_registry import ERROR_MARK, ERROR_NUMBERS
from invopt_xl.adapters.plan_cache import PLANS
from tests.hosts import planner_book
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import SITUATIONS


def _is_cell(value: object) -> bool:
    if type(value) is str:
        return value[:1] != ERROR_MARK or value[1:] in ERROR_NUMBERS
    return type(value) is bool or (type(value) is float and np.isfinite(value))


def test_every_answer_is_made_of_what_cells_take() -> None:
    PLANS.keep(BOOK, planner_book.plan(), tables=planner_book.tables())
    for each in SITUATIONS:
        answer = call(each.function, each.arguments, each.book)
        rows = answer if isinstance(answer, tuple) else ((answer,),)
        assert rows
        assert len({len(row) for row in rows}) == 1
        assert all(type(row) is tuple and all(map(_is_cell, row)) for row in rows), each.label
    PLANS.forget(BOOK)


def test_one_cell_is_a_value_and_more_are_rows() -> None:
    assert shaped([[1.0]]) == 1.0
    assert shaped([[1.0, "a"]]) == ((1.0, "a"),)
    assert number_cells(np.array([[2.0]])) == 2.0


def test_numbers_without_a_value_are_empty_and_infinite_ones_errors() -> None:
    assert number_cells(np.array([[np.nan]])) == ""
    assert number_cells(np.array([[np.inf]])) == "\x01#NUM!"
    assert number_cells(np.array([[1.0, np.nan, -np.inf]])) == ((1.0, "", "\x01#NUM!"),)


def test_named_errors_win() -> None:
    errors = np.array([["", "#N/A"]], dtype=object)
    assert number_cells(np.array([[1.0, 2.0]]), errors=errors) == ((1.0, "\x01#N/A"),)
    assert text_cells(np.array([["a", "b"]], dtype=object), errors=errors) == (("a", "\x01#N/A"),)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        (pd.Series([1, 2]), [1.0, 2.0]),
        (pd.Series([1.5, np.inf, np.nan]), [1.5, "", ""]),
        (pd.Series([True, False]), [True, False]),
        (pd.Series(["a", None], dtype="str"), ["a", ""]),
        (pd.Series(["a", None, 5.0], dtype=object), ["a", "", "5.0"]),
        (pd.Series(pd.to_datetime(["2024-01-01", None])), [45292.0, ""]),
        (pd.Series(pd.to_datetime(["2024-01-01 12:00"])).astype("datetime64[s]"), [45292.5]),
        (pd.Series([np.nan, np.nan]), ["", ""]),
        (pd.Series([], dtype="str"), []),
        (pd.Series([], dtype="float64"), []),
    ],
)
def test_columns_of_a_plan(column: pd.Series, cells: list[object]) -> None:
    found = column_cells(column)
    assert found == cells
    assert list(map(type, found)) == list(map(type, cells))


def test_a_text_is_no_longer_than_a_cell_holds() -> None:
    assert len(str(column_cells(pd.Series(["x" * 40000], dtype="str"))[0])) == 32767
