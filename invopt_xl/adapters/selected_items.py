"""Which items a selection of cells means: the rows of a table of ours, or of a sheet that the plan was read from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from invopt_xl.adapters.kept import key_text
from invopt_xl.adapters.own_sheets import OwnSheets, Place, find_place, read_table
from invopt_xl.adapters.xlwings_host import shown_rows
from invopt_xl.core.contracts import MORE_OUTPUT, OUTPUT, RECOMMENDATION_KEY
from invopt_xl.core.intake.grid import column_number
from invopt_xl.core.sheets import Block
from invopt_xl.core.table_sheet import columns
from invopt_xl.errors import InputError, WorkbookError

_CELLS = re.compile(r"^\$?([A-Z]{0,3})\$?(\d*)(?::\$?([A-Z]{0,3})\$?(\d*))?$", re.IGNORECASE)
Item = tuple[str, str]

#: Sheets of ours with one or more rows per item, and the plan's table that they show.
ITEM_SHEETS = {
    "Recommendations": "recommendations",
    "Exceptions": "exceptions",
    "Orders": "orders",
    "Forecast": "forecast",
    "Explanations": "explanations",
}


@dataclass(frozen=True)
class Table:
    """A table of ours as it stands on its sheet; the index of `frame` is the sheet's row."""

    place: Place
    frame: pd.DataFrame

    @property
    def items(self) -> list[Item]:
        """The item of each row; without a column location there is one place."""
        skus = [key_text(value) for value in self.frame["sku"]]
        places = [key_text(v) for v in self.frame["location"]] if "location" in self.frame else [""] * len(skus)
        return list(zip(skus, places, strict=True))


def rows_of(cells: str) -> list[tuple[int, int]]:
    """Return first and last row of each rectangle of a selection.

    >>> rows_of("B2:C4,F7"), rows_of("$A$9")
    ([(2, 4), (7, 7)], [(9, 9)])
    """
    found = []
    for part in filter(None, (each.strip() for each in cells.split(","))):
        match = _CELLS.match(part)
        if not match or not match.group(2) or (match.group(1) and not column_number(match.group(1))):
            raise InputError(f"The selection {part} cannot be read. Select cells of the rows that you mean.")
        first, last = int(match.group(2)), int(match.group(4) or match.group(2))
        found.append((min(first, last), max(first, last)))
    return found


def own_table(book: Any, spec_name: str, *, attribute: str = "") -> Table | None:
    """Return a table of ours as it stands in an open workbook, or None."""
    sheet = OwnSheets(book).sheet(spec_name)
    if sheet is None:
        return None
    fields = (OUTPUT | MORE_OUTPUT)[attribute or ITEM_SHEETS[spec_name]]
    names = {field.name for field in fields}
    key = tuple(name for name in RECOMMENDATION_KEY if name in names)
    place = find_place(sheet, Block(spec_name, pd.DataFrame(), columns(fields), key=key))
    return None if place is None else Table(place, read_table(place))


def recommendations(book: Any) -> Table:
    """Return the Recommendations table of a workbook.

    Raises
    ------
    WorkbookError
        There is none.
    """
    found = own_table(book, "Recommendations")
    if found is None:
        raise WorkbookError("This workbook has no Recommendations table. Press Refresh recommendations first.")
    return found


def selected_rows(table: Table, sheet: str, cells: str) -> list[int]:
    """Return the sheet rows of a table that are selected and not hidden.

    Raises
    ------
    InputError
        The selection is on another sheet, or outside the table.
    """
    name = str(table.place.sheet.name)
    if sheet != name:
        raise InputError(f"Select the rows that you mean on sheet {name}, then press the button again.")
    inside: list[int] = []
    for first, last in rows_of(cells):
        first, last = max(first, table.place.header_row + 1), min(last, table.place.last_row)
        if first <= last:
            inside += shown_rows(table.place.sheet, first, last)
    if not inside:
        raise InputError(f"No row of the table on sheet {name} is selected. Select cells in the rows that you mean.")
    return sorted(set(inside))


def selected_items(book: Any, sheet: str, cells: str) -> list[Item]:
    """Return the items of the selected rows of any sheet of ours, in their order, each once.

    Raises
    ------
    InputError
        Nothing selected names an item.
    """
    own = OwnSheets(book)
    for spec_name in ITEM_SHEETS:
        mine = own.sheet(spec_name)
        if mine is not None and mine.name == sheet:
            table = own_table(book, spec_name)
            if table is not None:
                chosen = set(selected_rows(table, sheet, cells))
                return _once(
                    item for row, item in zip(table.frame.index, table.items, strict=True) if row in chosen and item[0]
                )
    names = ", ".join(ITEM_SHEETS)
    raise InputError(f"Select one or more rows on one of the sheets {names}, then press the button again.")


def _once(items: Iterable[Item]) -> list[Item]:
    found = list(dict.fromkeys(items))
    if not found:
        raise InputError("The selected rows name no item. Select rows with an item number.")
    return found
