"""Several tables on one sheet, side by side or below one another: where an empty column or row may part them."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.intake.cells import MISSING, kind_of_cell, take_apart
from invopt_xl.core.intake.grid import Area, Grid

#: Rows are only searched for a second table in sheets up to this long [rows]; what stands below more is no second table.
_LONGEST = 20_000
#: A table has at least this many columns.
_NARROWEST = 2


def beside(grid: Grid) -> list[Grid]:
    """Return the parts of a grid between empty columns, from left to right; the grid itself if there is one part only.

    Columns that stand alone, such as a remark, are no part.
    """
    empty = [_is_empty(grid, at) for at in range(grid.width)] + [True]
    spans, first = [], 0
    for at, gap in enumerate(empty):
        if gap:
            if at - first >= _NARROWEST:
                spans.append((first, at))
            first = at + 1
    if len(spans) < 2:
        return [grid]
    return [_cut(grid, 0, grid.rows, left, right) for left, right in spans]


def below(grid: Grid) -> list[Grid]:
    """Return the parts of a grid between empty rows, from top to bottom; the grid itself if there is one part only."""
    if grid.body or grid.rows > _LONGEST or not grid.width:
        return [grid]
    filled = np.zeros(grid.rows, dtype=bool)
    for series in grid.columns:
        filled |= take_apart(series).kinds != MISSING
    starts = np.flatnonzero(filled & ~np.concatenate(([False], filled[:-1])))
    if len(starts) < 2:
        return [grid]
    ends = [*starts[1:].tolist(), grid.rows]
    return [_cut(grid, begin, end, 0, grid.width) for begin, end in zip(starts.tolist(), ends, strict=True)]


def joined(first: Grid, last: Grid, grid: Grid) -> Grid:
    """Return the part of a grid from one of its parts to a later one, both included."""
    return _cut(grid, first.top - grid.top, last.top - grid.top + last.rows, 0, grid.width)


def _is_empty(grid: Grid, column: int) -> bool:
    if any(kind_of_cell(row[column]) != MISSING for row in grid.head if column < len(row)):
        return False
    series = grid.columns[column]
    return bool(series.isna().all()) or bool((take_apart(series).kinds == MISSING).all())


def _cut(grid: Grid, top: int, bottom: int, left: int, right: int) -> Grid:
    area = Area("", grid.top + top, grid.left + left, grid.top + bottom - 1, grid.left + right - 1)
    return grid.cut(area)
