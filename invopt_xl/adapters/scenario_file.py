"""A file of scenarios: a small table (.csv, .tsv, .xlsx, .xlsm) with the columns scenario, what, field and value, anywhere on a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from invopt_xl.adapters.folder import PARQUET_ENDINGS, TEXT_ENDINGS, FolderBook
from invopt_xl.adapters.reading import WORKBOOK_ENDINGS
from invopt_xl.core.intake.grid import Grid
from invopt_xl.core.scenarios.change import Change, read_change
from invopt_xl.errors import InputError, WorkbookError

#: Headers of the four columns, casefolded.
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "scenario": ("scenario", "scenarios", "name", "case"),
    "what": ("what", "items", "item", "scope", "for", "which"),
    "field": ("field", "input", "setting", "parameter"),
    "value": ("value", "new value", "to", "change"),
}

#: The header stands in one of the first rows.
_HEAD_ROWS = 30

_EXAMPLE = "scenario,what,field,value / strong season,abc=A,demand,x1.2"


def read_scenario_file(path: Path) -> tuple[Change, ...]:
    """Return the changes that a file of scenarios asks for, in its order.

    A row without a scenario belongs to the one above; a row without `what` is for all items. Empty rows are left out.

    Raises
    ------
    WorkbookError
        The file is missing or cannot be read.
    InputError
        It holds no table of scenarios, or an empty one.
    SettingError
        A row cannot be understood; the message names it.
    """
    for grid in _grids(path):
        header = _header(grid)
        if header is not None:
            return _changes(grid, *header)
    raise InputError(
        f"{path.name} holds no table of scenarios: columns named scenario, what, field and value are needed, for example {_EXAMPLE}."
    )


def _grids(path: Path) -> list[Grid]:
    if not path.is_file():
        raise WorkbookError(f"{path}: no such file. Check the spelling of --scenario.")
    ending = path.suffix.lower()
    if ending in (*TEXT_ENDINGS, *PARQUET_ENDINGS):
        return FolderBook(path).grids()
    if ending in WORKBOOK_ENDINGS:
        from invopt_xl.adapters.workbook_file import WorkbookFile

        return list(WorkbookFile(path).grids())
    raise WorkbookError(f"{path.name}: not a kind of file that scenarios are read from. Save it as .csv or .xlsx.")


def _header(grid: Grid) -> tuple[int, dict[str, int]] | None:
    """Return the row of the header and the position of each column; None where the sheet has no such table."""
    for row, cells in enumerate(grid.head[:_HEAD_ROWS]):
        names = [str(cell).strip().casefold() if cell is not None else "" for cell in cells]
        places = {
            column: next((names.index(each) for each in known if each in names), -1)
            for column, known in _HEADERS.items()
        }
        if all(places[column] >= 0 for column in ("scenario", "field", "value")):
            return row, places
    return None


def _changes(grid: Grid, header: int, places: Mapping[str, int]) -> tuple[Change, ...]:
    cells = {
        column: grid.column(at, header + 1, grid.rows).tolist() if at >= 0 else None for column, at in places.items()
    }
    count = len(cells["value"] or ())
    found: list[Change] = []
    last = ""
    for row in range(count):
        scenario, what, field, value = (
            values[row] if (values := cells[column]) is not None else None for column in _HEADERS
        )
        if _empty(field) and _empty(value):
            continue
        last = last if _empty(scenario) else str(scenario).strip()
        place = f"{grid.label}, row {grid.top + header + 1 + row}"
        found.append(read_change(last, None if _empty(what) else what, field, value, place=place))
    if not found:
        raise InputError(
            f"{grid.label} has the header of a table of scenarios but no row below it. Add one, for example {_EXAMPLE}."
        )
    return tuple(found)


def _empty(value: object) -> bool:
    return value is None or value != value or not str(value).strip()
