"""Cells of any host -> numbers and texts."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.adapters.cell_values import (
    WHOLE_COLUMN_ROWS,
    CellError,
    block,
    choice,
    error_name,
    is_missing,
    number,
    numbers,
    serial_number,
    share,
    text_of,
)
from invopt_xl.adapters.function_registry import ERROR_BASE, ERROR_MARK, ERROR_NUMBERS


@pytest.mark.parametrize("name", list(ERROR_NUMBERS))
def test_every_error_value_is_known_in_every_form(name: str) -> None:
    assert error_name(ERROR_BASE + ERROR_NUMBERS[name]) == name
    assert error_name(ERROR_MARK + name) == name
    assert error_name(name) == name
    with pytest.raises(CellError, match=name):
        text_of(ERROR_BASE + ERROR_NUMBERS[name])


def test_an_error_value_of_a_later_excel_is_one_too() -> None:
    for code in (-2146828288, -2146826237, -2146826200):
        assert error_name(code) in (*ERROR_NUMBERS, "#VALUE!")
        assert error_name(code) != ""
    assert error_name(ERROR_MARK + "#NEW!") == "#VALUE!"


@pytest.mark.parametrize("cell", [-2146826199, -2146828289, -2146826246.0, "#5 bolt", "# N/A", 0, True, None, "N/A"])
def test_what_is_no_error_value_is_none(cell: object) -> None:
    assert error_name(cell) == ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("A-1", "A-1"),
        ("  A 1\u00a0", "A 1"),
        ("#5 bolt", "#5 bolt"),
        (1001.0, "1001"),
        (1001, "1001"),
        (12.5, "12.5"),
        (Decimal("7"), "7"),
        (np.float64(3.0), "3"),
        (1e15, "1000000000000000"),
        (True, "True"),
        (date(2024, 1, 1), "45292"),
        (None, ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_texts_of_cells(cell: object, text: str) -> None:
    assert text_of(cell) == text


@pytest.mark.parametrize("cell", [object(), {"a": 1}, (1.0,), math.inf, math.nan])
def test_what_no_cell_holds_is_refused(cell: object) -> None:
    with pytest.raises(CellError):
        text_of(cell)


def test_dates_are_what_cells_hold() -> None:
    assert serial_number(datetime(1900, 3, 1)) == 61.0
    assert serial_number(datetime(2024, 2, 29, 18, tzinfo=UTC)) == 45351.75
    assert numbers(((date(2024, 2, 29), None),)).values[0, 0] == 45351.0  # noqa: PD011


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))
def test_serial_numbers_are_days_since_the_end_of_1899(moment: datetime) -> None:
    assert datetime(1899, 12, 30) + timedelta(days=serial_number(moment)) == pytest.approx(
        moment, abs=timedelta(milliseconds=5)
    )


def test_left_out_is_not_empty() -> None:
    assert is_missing(ERROR_MARK)
    assert is_missing(-2147352572)
    assert not any(map(is_missing, (None, "", 0.0, False, ERROR_MARK + "#N/A", ((ERROR_MARK,),))))


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (5.0, (1, 1)),
        (None, (1, 1)),
        ((1.0, 2.0), (1, 2)),
        ([1.0, 2.0], (1, 2)),
        (((1.0,), (2.0,)), (2, 1)),
        ([[1.0, 2.0], [3.0, None]], (2, 2)),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 2)),
        (pd.Series([1.0, 2.0, 3.0]), (1, 3)),
    ],
)
def test_shapes(value: object, shape: tuple[int, int]) -> None:
    assert block(value).shape == shape


@pytest.mark.parametrize("ragged", [((1.0, 2.0), (3.0,)), ((1.0,), 2.0)])
def test_rows_of_different_lengths_are_refused(ragged: object) -> None:
    with pytest.raises(CellError, match="different lengths"):
        block(ragged)


def test_an_array_without_cells_is_refused() -> None:
    with pytest.raises(CellError, match="without cells"):
        block(())


@pytest.mark.parametrize("empty", [None, ""])
def test_a_whole_column_is_its_used_part(empty: object) -> None:
    column = (("head",), (1.0,), (empty,), (3.0,), *((empty,),) * 1_048_572)
    found = block(column)
    assert [row[0] for row in found.rows] == ["head", 1.0, empty, 3.0]
    assert found.whole


def test_an_empty_whole_column_is_one_empty_cell() -> None:
    assert block(((None,),) * WHOLE_COLUMN_ROWS).rows == ((None,),)


def test_whole_rows_keep_their_used_columns() -> None:
    found = block((("a", 1.0, *(None,) * 16382), ("b", None, *(None,) * 16382)))
    assert [tuple(row) for row in found.rows] == [("a", 1.0), ("b", None)]


def test_a_smaller_range_keeps_its_empty_end() -> None:
    assert block(((1.0,), (None,), (None,))).shape == (3, 1)


def test_numbers_are_read_from_whatever_cells_hold() -> None:
    cells = ((1.0, 2, True, Decimal("1.5"), "7", " 8 ", "9,5", "1.234,5", "50%", None, "", "-", np.float32(2.0)),)
    found = numbers(cells)
    assert found.errors is None
    np.testing.assert_array_equal(found.values[0], [1, 2, 1, 1.5, 7, 8, 9.5, 1234.5, 0.5, np.nan, np.nan, np.nan, 2.0])  # noqa: PD011


def test_errors_stay_in_their_cells() -> None:
    found = numbers(((1.0, "x", -2146826243), (None, "#REF!", {})))
    assert found.errors is not None
    assert found.errors.tolist() == [["", "#VALUE!", "#SPILL!"], ["", "#REF!", "#VALUE!"]]
    assert np.isnan(found.values).tolist() == [[False, True, True], [True, True, True]]


def test_headings_are_texts_without_digits_above_the_numbers() -> None:
    assert numbers((("Sold", "Cost"), ("units", "EUR"), (1.0, 2.0))).errors is None
    mistakes = numbers((("Sold",), ("12 pcs",), (1.0,), ("none left",)))
    assert mistakes.errors is not None
    assert mistakes.errors.ravel().tolist() == ["", "#VALUE!", "", "#VALUE!"]
    assert numbers((("Sold", 1.0),)).errors is not None
    assert numbers((("Sold",), ("more",))).errors is not None


@pytest.mark.parametrize(
    ("value", "found"), [(3.0, 3.0), ("3,5", 3.5), (((3.0,),), 3.0), (None, 9.0), (ERROR_MARK, 9.0), ("", 9.0)]
)
def test_one_number(value: object, found: float) -> None:
    assert number(value, default=9.0) == found


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("x", "#VALUE!"),
        (((1.0, 2.0),), "#VALUE!"),
        (-2146826246, "#N/A"),
        (math.inf, "#NUM!"),
        ((), "#VALUE!"),
    ],
)
def test_one_number_or_an_error(value: object, name: str) -> None:
    with pytest.raises(CellError) as raised:
        number(value, default=9.0)
    assert raised.value.text == ERROR_MARK + name


def test_shares_are_read_as_planners_write_them() -> None:
    given_ = np.array([0.95, 95.0, 1.0, 0.0, 100.0, 150.0, -5.0])
    assert share(given_).tolist() == [0.95, 0.95, 1.0, 0.0, 1.0, 150.0, -5.0]


def test_choices_are_read_without_regard_to_case_and_spaces() -> None:
    assert choice("Fill", ("cycle", "fill")) == "fill"
    assert choice(None, ("cycle", "fill"), default="cycle") == "cycle"
    with pytest.raises(CellError, match="none of cycle, fill"):
        choice("both", ("cycle", "fill"))
    with pytest.raises(CellError):
        choice(ERROR_MARK, ("cycle", "fill"))
    with pytest.raises(CellError, match="one value"):
        choice((("cycle", "fill"),), ("cycle", "fill"))
