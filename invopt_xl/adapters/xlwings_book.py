"""The Book protocol over a workbook that is open in Excel, saved or not, wherever it lies: its cells as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from invopt_xl.adapters.book import grid_of_rows
from invopt_xl.adapters.own_sheets import OwnSheets
from invopt_xl.adapters.xlwings_cells import formats_in, read_cells
from invopt_xl.adapters.xlwings_host import full_name_of
from invopt_xl.core.intake.grid import Area, Grid, Marks, column_letters
from invopt_xl.core.intake.shown import Shown, padding_of
from invopt_xl.errors import WorkbookError

#: A sheet may span this many cells, filled or not; each takes some 30 bytes once it is read.
_MOST_CELLS = 30_000_000


class XlwingsBook:
    """An open workbook; all sheets are read at once, so that they are of one moment.

    Parameters
    ----------
    book : xlwings Book
    """

    fingerprint = ""

    def __init__(self, book: Any) -> None:
        self.name = str(book.name)
        self.full_name = full_name_of(book)
        own = {sheet.name for sheet in OwnSheets(book).by_mark().values()}
        self._grids = [_grid(sheet) for sheet in book.sheets if sheet.name not in own]

    def grids(self) -> Sequence[Grid]:
        """Return one grid per worksheet, without our own output sheets."""
        return self._grids


def _grid(sheet: Any) -> Grid:
    used = sheet.used_range
    rows, columns = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
    if rows * columns > _MOST_CELLS:
        raise WorkbookError(
            f"Sheet {sheet.name}: its last cell is in row {rows:,}, column {column_letters(columns)}, and most of it is empty or too much to plan. Delete the empty rows and columns, or move other data to a workbook of its own."
        )
    cells, errors = read_cells(sheet, 1, 1, rows, columns)
    if rows == columns == 1 and cells[0][0] is None:
        cells = []
    shown = tuple(_shown(sheet, cells, rows, columns))
    return grid_of_rows(
        str(sheet.name),
        cells,
        areas=_areas(sheet),
        hidden=not sheet.visible,
        marks=partial(Marks, tuple(errors)),
        shown=lambda: shown,
    )


def _areas(sheet: Any) -> tuple[Area, ...]:
    found = []
    for table in sheet.tables:
        if not table.show_headers:
            continue
        place, totals = table.range, int(bool(table.show_totals))
        bottom = place.row + place.shape[0] - 1 - totals
        found.append(Area(str(table.name), place.row, place.column, bottom, place.column + place.shape[1] - 1))
    return tuple(sorted(found, key=lambda area: (area.top, area.left)))


def _shown(sheet: Any, cells: list[list[object]], rows: int, columns: int) -> list[Shown]:
    """Return the number formats that pad numbers: item numbers are read as they are shown."""
    found = []
    for column in range(1, columns + 1):
        if any(isinstance(row[column - 1], float) for row in cells):
            for first, last, code in formats_in(sheet, column, 1, rows):
                padding = padding_of(code)
                if padding is not None:
                    found.append(Shown(column, np.arange(first, last + 1), padding))
    return found
