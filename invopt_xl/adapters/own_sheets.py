"""Our sheets in an open workbook: found by the hidden names that mark them, wherever the planner moved or renamed them to, and their tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from invopt_xl.adapters.xlsx.own_sheet import mark_name, shown_header
from invopt_xl.adapters.xlsx.workbook_part import OWNER_PREFIX, SHEET_NAME_LIMIT
from invopt_xl.adapters.xlsx.xml_text import quoted_sheet
from invopt_xl.adapters.xlwings_cells import read_cells
from invopt_xl.core.sheets import Block

_SHEET_OF_NAME = re.compile(r"^=?(?:'((?:[^']|'')+)'|([^'!]+))!")
_BAD_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True)
class Place:
    """Where a block stands on its sheet: header row, last row (totals not included), and the column of each header. All 1-based.

    `table` is its Excel table, or None.
    """

    sheet: Any
    header_row: int
    last_row: int
    columns: dict[str, int]
    table: Any = None

    @property
    def rows(self) -> int:
        return self.last_row - self.header_row


class OwnSheets:
    """The sheets of ours in a workbook.

    Parameters
    ----------
    book : xlwings Book
    """

    def __init__(self, book: Any) -> None:
        self.book = book

    def by_mark(self) -> dict[str, Any]:
        """Return our sheets by the name in their mark."""
        sheets = {str(sheet.name).casefold(): sheet for sheet in self.book.sheets}
        found = {}
        for name in self.book.names:
            # a name of one sheet only is written Sheet!Name
            if not str(name.name).startswith(OWNER_PREFIX):
                continue
            match = _SHEET_OF_NAME.match(str(name.refers_to))
            sheet_name = "" if match is None else (match.group(1) or match.group(2) or "").replace("''", "'")
            if sheet_name.casefold() in sheets:
                found[str(name.name).removeprefix(OWNER_PREFIX)] = sheets[sheet_name.casefold()]
        return found

    def sheet(self, spec_name: str) -> Any | None:
        """Return the sheet of a spec, or None."""
        return self.by_mark().get(mark_name(spec_name))

    def free_name(self, wanted: str) -> str:
        """Return `wanted`, or another sheet name where a sheet of the planner has it."""
        taken = {str(sheet.name).casefold() for sheet in self.book.sheets}
        clean = (_BAD_SHEET_NAME.sub(" ", wanted).strip().strip("'") or "InvOpt")[:SHEET_NAME_LIMIT]
        name, number = clean, 1
        while name.casefold() in taken or name.casefold() == "history":
            ending = " (InvOpt)" if number == 1 else f" (InvOpt {number})"
            name, number = clean[: SHEET_NAME_LIMIT - len(ending)] + ending, number + 1
        return name


def mark_formula(sheet_name: str) -> str:
    """Return what the mark of a sheet refers to.

    >>> mark_formula("Data Check")
    "='Data Check'!$A$1"
    """
    return f"={quoted_sheet(sheet_name)}!$A$1"


def find_place(sheet: Any, block: Block) -> Place | None:
    """Return where a block stands on its sheet: its table by its headers, else a row with its headers; None when it is not there."""
    needed = set(block.key or [each.name for each in block.columns])
    for table in sheet.tables if block.is_table else ():
        place = table_place(sheet, table)
        if place is not None and needed <= set(place.columns):
            return place
    return _plain_place(sheet, block)


def table_place(sheet: Any, table: Any) -> Place | None:
    """Return where an Excel table stands; None for one without a header."""
    if not table.show_headers:
        return None
    header = table.header_row_range
    names = [str(name) for name in _row(header)]
    whole, totals = table.range, int(bool(table.show_totals))
    columns = {name: header.column + at for at, name in enumerate(names)}
    return Place(sheet, whole.row, whole.row + whole.shape[0] - 1 - totals, columns, table)


def _row(cells: Any) -> list[object]:
    values: list[object] = cells.options(ndim=1).value
    return values


def _plain_place(sheet: Any, block: Block) -> Place | None:
    """Return where the headers of a block stand side by side; its rows end above the first empty row."""
    used = sheet.used_range
    rows: Sequence[Sequence[object]] = used.options(ndim=2).value
    wanted = [each.name if block.is_table else shown_header(block, each.name) for each in block.columns]
    for at, row in enumerate(rows):
        for start in range(len(row) - len(wanted) + 1):
            if list(row[start : start + len(wanted)]) == wanted:
                last = at
                while last + 1 < len(rows) and any(
                    cell is not None for cell in rows[last + 1][start : start + len(wanted)]
                ):
                    last += 1
                columns = {each.name: used.column + start + n for n, each in enumerate(block.columns)}
                return Place(sheet, used.row + at, used.row + last, columns)
    return None


def read_table(place: Place) -> pd.DataFrame:
    """Return the rows below a block's header, one column per header, values as the cells hold them; the index is the sheet's row."""
    numbers = list(place.columns.values())
    names = list(place.columns)
    if place.last_row <= place.header_row:
        return pd.DataFrame(columns=names, dtype=object)
    first, last = min(numbers), max(numbers)
    cells, _ = read_cells(place.sheet, place.header_row + 1, first, place.last_row, last)
    frame = pd.DataFrame(
        [[row[number - first] for number in numbers] for row in cells],
        columns=names,
        index=range(place.header_row + 1, place.last_row + 1),
        dtype=object,
    )
    return frame
