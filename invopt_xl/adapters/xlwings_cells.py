"""Cells of an open workbook as plain Python values, in and out, a whole rectangle at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import pandas as pd

from invopt_xl.adapters.cell_results import column_cells

#: Error cells reach xlwings as texts of theirs; those of newer Excels, which it does not know, as numbers in this stretch.
_ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
_FIRST_ERROR, _LAST_ERROR = -2146828288, -2146826200
_DAY_ZERO = datetime(1899, 12, 30)
#: Days by which the calendar that begins in 1904 is behind the usual one.
_DAYS_TO_1904 = 1462
_FORMULA_STARTS = ("=", "+", "-", "@")
_ROWS_AT_ONCE = 20_000


def read_cells(
    sheet: Any, row: int, column: int, last_row: int, last_column: int
) -> tuple[list[list[object]], list[tuple[int, int]]]:
    """Return cells as plain values (text, float, bool, datetime, None) by row, and the places of error cells, which are None."""
    values = sheet.range((row, column), (last_row, last_column)).options(ndim=2, err_to_str=True).value
    errors: list[tuple[int, int]] = []
    cells: list[list[object]] = []
    for at, line in enumerate(values, row):
        plain = [_plain(value) for value in line]
        if any(value is _ERROR for value in plain):
            errors += [(at, place) for place, value in enumerate(plain, column) if value is _ERROR]
            plain = [None if value is _ERROR else value for value in plain]
        cells.append(plain)
    return cells, errors


_ERROR = object()


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _ERROR if value in _ERRORS else value
    if isinstance(value, (int, float, Decimal)):
        number = float(value)
        return _ERROR if _FIRST_ERROR <= number <= _LAST_ERROR and number.is_integer() else number
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else str(value)


def cells_of(column: pd.Series, *, from_1904: bool = False) -> list[object]:
    """Return a column of a plan as cells: floats, texts, dates as serial numbers; "" where there is nothing.

    >>> cells_of(pd.Series([1.5, None, "007"], dtype=object)), cells_of(pd.Series(pd.to_datetime(["2026-01-05"])), from_1904=True)
    ([1.5, '', '007'], [44565.0])
    """
    if column.dtype == object:
        return [_cell(value, from_1904) for value in column]
    cells = column_cells(column)
    if column.dtype.kind == "M" and from_1904:
        return [cell - _DAYS_TO_1904 if isinstance(cell, float) else cell for cell in cells]
    return cells


def _cell(value: Any, from_1904: bool) -> object:
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, (datetime, date)):
        return serial_of(value, from_1904=from_1904)
    if isinstance(value, (bool, float)):
        return value
    return str(value) if isinstance(value, str) else float(value)


def serial_of(moment: date, *, from_1904: bool = False) -> float:
    """Return a date or a moment as Excel counts it [days].

    >>> serial_of(datetime(2026, 1, 5, 12))
    46027.5
    """
    span = datetime(moment.year, moment.month, moment.day) - _DAY_ZERO
    clock = moment.hour * 3600 + moment.minute * 60 + moment.second if isinstance(moment, datetime) else 0
    return span.days + clock / 86400 - (_DAYS_TO_1904 if from_1904 else 0)


def write_cells(
    sheet: Any, row: int, column: int, cells: Sequence[Sequence[object]], formats: Sequence[str | None]
) -> None:
    """Write rows of cells whose upper left one is at (row, column); `formats` are number formats by column, None: as they are.

    Texts stay texts, whatever Excel could read into them: while they are written, their columns have the format of text.
    """
    last_row, last_column = row + len(cells) - 1, column + len(formats) - 1
    textual = [any(isinstance(line[at], str) and line[at] != "" for line in cells) for at in range(len(formats))]
    given_back: list[tuple[int, int, int, str]] = []
    kept: list[str | None] = list(formats)
    for at, is_text in enumerate(textual):
        if is_text and kept[at] is None:
            stretches = formats_in(sheet, column + at, row, last_row)
            given_back += [(column + at, first, last, code) for first, last, code in stretches]
        if is_text and any(isinstance(line[at], str) and str(line[at]).startswith(_FORMULA_STARTS) for line in cells):
            # else the text becomes a formula when somebody edits its cell
            kept[at] = "@"
            given_back = [each for each in given_back if each[0] != column + at]
    for is_text, run in _runs(textual):
        if is_text:
            sheet.range((row, column + run[0]), (last_row, column + run[-1])).number_format = "@"
    for first in range(0, len(cells), _ROWS_AT_ONCE):
        part = [["" if cell is None else cell for cell in line] for line in cells[first : first + _ROWS_AT_ONCE]]
        sheet.range((row + first, column), (row + first + len(part) - 1, last_column)).raw_value = part
    for code, run in _runs(kept):
        if code is not None:
            sheet.range((row, column + run[0]), (last_row, column + run[-1])).number_format = code
    set_formats(sheet, given_back)


def formats_in(sheet: Any, column: int, first: int, last: int) -> list[tuple[int, int, str]]:
    """Return the number formats of a stretch of a column: first row, last row and code of each piece that has one."""
    code = sheet.range((first, column), (last, column)).number_format
    if code is not None or first == last:
        return [(first, last, str(code or "General"))]
    middle = (first + last) // 2
    pieces = formats_in(sheet, column, first, middle) + formats_in(sheet, column, middle + 1, last)
    joined: list[tuple[int, int, str]] = []
    for each in pieces:
        if joined and joined[-1][2] == each[2]:
            joined[-1] = (joined[-1][0], each[1], each[2])
        else:
            joined.append(each)
    return joined


def set_formats(sheet: Any, stretches: Sequence[tuple[int, int, int, str]]) -> None:
    """Set number formats: column, first row, last row, code."""
    for column, first, last, code in stretches:
        sheet.range((first, column), (last, column)).number_format = code


def _runs(values: Sequence[Any]) -> list[tuple[Any, list[int]]]:
    """Return stretches of equal values and their positions."""
    return [(key, [at for at, _ in group]) for key, group in groupby(enumerate(values), key=lambda each: each[1])]
