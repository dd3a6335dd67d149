"""What the functions work out -> what cells take: the outbound half of the worksheet functions. The form is that of `function_registry`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from invopt_xl.adapters.function_registry import ERROR_MARK

Result = Any

NOT_AVAILABLE = ERROR_MARK + "#N/A"
WRONG_TYPE = ERROR_MARK + "#VALUE!"
OUT_OF_RANGE = ERROR_MARK + "#NUM!"

#: A cell holds no more characters.
_LONGEST_TEXT = 32767

_DAY_ZERO = np.datetime64("1899-12-30", "s")
_SECONDS_PER_DAY = 86400.0


def shaped(rows: Sequence[Sequence[object]]) -> Result:
    """Return rows of cells as a result: one cell as its value, more as a tuple of tuples.

    >>> shaped([[5.0]]), shaped([["a", 1.0]])
    (5.0, (('a', 1.0),))
    """
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return tuple(map(tuple, rows))


def number_cell(number: float) -> Result:
    """Return one number as a result: NaN as an empty cell, infinity as #NUM!."""
    return number if math.isfinite(number) else ("" if math.isnan(number) else OUT_OF_RANGE)


def number_cells(values: np.ndarray, *, errors: np.ndarray | None = None) -> Result:
    """Return numbers as a result: NaN as an empty cell, infinity as #NUM!, and errors where they are named.

    Parameters
    ----------
    values : float array, shape (n, m)
    errors : object array, shape (n, m), optional
        Names of error values, "" for none.

    >>> number_cells(np.array([[1.0, np.nan]]))
    ((1.0, ''),)
    """
    if values.size == 1 and errors is None:
        return number_cell(values.item())
    cells = values.astype(object)
    cells[np.isnan(values)] = ""
    cells[np.isinf(values)] = OUT_OF_RANGE
    return shaped(_with_errors(cells, errors).tolist())


def text_cells(texts: np.ndarray, *, errors: np.ndarray | None = None) -> Result:
    """Return texts (n, m) as a result, with errors where they are named."""
    return shaped(_with_errors(texts.astype(object), errors).tolist())


def _with_errors(cells: np.ndarray, errors: np.ndarray | None) -> np.ndarray:
    if errors is None:
        return cells
    marked: np.ndarray = np.where(errors == "", cells, ERROR_MARK + errors)
    return marked


def column_cells(column: Any) -> list[object]:
    """Return a column of a plan as cells: floats, texts, dates as serial numbers; "" where there is nothing.

    Parameters
    ----------
    column : pandas Series

    >>> import pandas as pd
    >>> column_cells(pd.Series([1.5, float("nan")])), column_cells(pd.Series(pd.to_datetime(["2024-01-01", None])))
    ([1.5, ''], [45292.0, ''])
    """
    kind = column.dtype.kind
    if kind == "M":
        moments = column.to_numpy().astype("datetime64[s]")
        days = (moments - _DAY_ZERO).astype(np.int64) / _SECONDS_PER_DAY
        return _filled(days, np.isnat(moments))
    if kind in "fiu":
        values = column.to_numpy(dtype=float)
        return _filled(values, ~np.isfinite(values))
    if kind == "b":
        flags: list[object] = column.to_numpy(dtype=bool).tolist()
        return flags
    if column.dtype == "str":
        # each distinct text is made once: most columns of a plan have few; -1 stands for none, which is last
        codes, distinct = column.factorize()
        texts = distinct.to_numpy(dtype=object).tolist()
        if max(map(len, texts), default=0) > _LONGEST_TEXT:
            texts = [text[:_LONGEST_TEXT] for text in texts]
        found: list[object] = np.array([*texts, ""], dtype=object)[codes].tolist()
        return found
    return ["" if cell is None or cell != cell else str(cell)[:_LONGEST_TEXT] for cell in column]


def _filled(values: np.ndarray, empty: np.ndarray) -> list[object]:
    places = np.flatnonzero(empty)
    if len(places) == len(values):
        return [""] * len(values)
    cells: list[object] = values.tolist()
    for place in places.tolist():
        cells[place] = ""
    return cells
