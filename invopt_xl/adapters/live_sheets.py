"""Sheet specs -> the workbook that is open in Excel: new sheets are drawn by the file writer and copied in, old ones get new values in place.

So there is one definition of how our sheets look. On a sheet that is there already, rows in which the planner wrote something, beside our
columns too, stay where they are and get the new values of their key; the planner's columns are never written to.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from invopt_xl.adapters.kept import Key, frame_keys, gone_keys, naming_columns
from invopt_xl.adapters.own_sheets import OwnSheets, Place, find_place, mark_formula, read_table
from invopt_xl.adapters.restore_point import RestorePoint
from invopt_xl.adapters.writing import write_sheets
from invopt_xl.adapters.xlsx.cells import shown_decimals
from invopt_xl.adapters.xlsx.look import MEASURED, Look
from invopt_xl.adapters.xlsx.own_sheet import mark_name
from invopt_xl.adapters.xlsx.styles_xml import CellStyle, Styles
from invopt_xl.adapters.xlsx.workbook_part import OWNER_PREFIX
from invopt_xl.adapters.xlsx.xml_text import column_letters, quoted_sheet
from invopt_xl.adapters.xlwings_cells import cells_of, read_cells
from invopt_xl.adapters.xlwings_host import (
    counts_from_1904,
    has_fixed_structure,
    has_formulas,
    is_protected,
    may_hide_rows,
    series_formulas,
)
from invopt_xl.core.findings import Finding
from invopt_xl.core.sheets import Block, Column, SheetSpec
from invopt_xl.errors import WorkbookError

#: How Excel is told to show a date the way the planner's computer writes dates.
_DATE = "m/d/yyyy"
#: What stands in column why of a row that is kept for its place only.
_GONE = "No longer in the plan."


def check_writable(book: Any, spec_names: Sequence[str]) -> None:
    """Raise WorkbookError, with what to do, if the sheets of these specs cannot be written into a workbook."""
    own = OwnSheets(book).by_mark()
    sheets = [own.get(mark_name(name)) for name in spec_names]
    if None in sheets and has_fixed_structure(book):
        raise WorkbookError(
            "The structure of this workbook is protected, so no sheet can be added. Press Review, Protect Workbook to take the protection off, then try again."
        )
    for sheet in sheets:
        if sheet is not None and is_protected(sheet):
            raise WorkbookError(
                f"Sheet {sheet.name} is protected, so nothing can be written there. Press Review, Unprotect Sheet, then try again."
            )


def write_live(book: Any, specs: Sequence[SheetSpec], point: RestorePoint) -> list[Finding]:
    """Write specs into an open workbook, and return what a planner should know of it.

    Raises
    ------
    WorkbookError
        A sheet is protected, or something of the planner's is in the way. What was written so far is still in `point`.
    """
    own = OwnSheets(book)
    marked = own.by_mark()
    check_writable(book, [spec.name for spec in specs if not spec.only_refreshed or mark_name(spec.name) in marked])
    findings: list[Finding] = []
    for spec in specs:
        sheet = marked.get(mark_name(spec.name))
        if sheet is not None:
            findings += _Refresh(book, sheet, spec, point).run()
    new = [spec for spec in specs if mark_name(spec.name) not in marked and not spec.only_refreshed]
    _add(new, own, point, findings)
    return findings


def add_planners(book: Any, specs: Sequence[SheetSpec], point: RestorePoint) -> list[str]:
    """Add sheets that are the planner's from the start, such as Settings; return the names that they got."""
    check_writable(book, [spec.name for spec in specs])
    return _add(specs, OwnSheets(book), point, [], owned=False)


def _add(
    specs: Sequence[SheetSpec],
    own: OwnSheets,
    point: RestorePoint,
    findings: list[Finding],
    *,
    owned: bool = True,
) -> list[str]:
    if not specs:
        return []
    names = []
    with tempfile.TemporaryDirectory(prefix="invopt-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "InvOpt new sheets.xlsx"
        # Excel opens no workbook whose sheets are all hidden: they are hidden after copying
        shown = [replace(spec, hidden=False) for spec in specs]
        findings += write_sheets(shown, None, out=file, owned=owned).findings
        drawn = own.book.app.books.open(str(file))
        try:
            for spec, source in zip(specs, list(drawn.sheets), strict=True):
                name = own.free_name(spec.name)
                copy = point.add_copy(source, name)
                if spec.hidden:
                    copy.visible = False
                if owned:
                    point.define(OWNER_PREFIX + mark_name(spec.name), mark_formula(name))
                names.append(name)
        finally:
            drawn.close()
    return names


class _Codes:
    """Number formats of our columns, from the one place that knows them."""

    def __init__(self) -> None:
        self._styles: list[CellStyle] = []
        # the look asks for one thing only: where a format is kept
        self._look = Look(cast(Styles, self))

    def cell(self, style: CellStyle) -> int:
        """Keep a format and return its place."""
        self._styles.append(style)
        return len(self._styles) - 1

    def of(self, column: Column, values: pd.Series) -> str:
        """Return the number format of a column."""
        is_date = values.dtype.kind == "M"
        decimals = 0
        if column.role in MEASURED and values.dtype.kind in "fiu":
            numbers = values.to_numpy(dtype=float)
            decimals = shown_decimals(numbers[np.isfinite(numbers)], column.role)
        code = self._styles[self._look.cell(column.role, decimals=decimals, is_date=is_date)].number_format
        return _DATE if code == "date" else code


@dataclass
class _Rows:
    """Which row of the new frame stands in each row of the sheet, from the first below the header on; None: one that is gone."""

    slots: list[int | None] = field(default_factory=list)
    gone: dict[int, Key] = field(default_factory=dict)  # by slot: rows in which the planner wrote something


class _Refresh:
    """New values for one sheet that is there already."""

    def __init__(self, book: Any, sheet: Any, spec: SheetSpec, point: RestorePoint) -> None:
        self.book, self.sheet, self.spec, self.point = book, sheet, spec, point
        self.findings: list[Finding] = []
        self._from_1904 = counts_from_1904(book)
        self._codes = _Codes()

    def run(self) -> list[Finding]:
        places = {block.name: find_place(self.sheet, block) for block in self.spec.blocks}
        for block in self.spec.blocks:
            place = places[block.name]
            if place is None:
                self._missing(block)
            else:
                self._block(block, place)
        for text in self.spec.texts:
            self.point.cells(self.sheet, text.row, text.column, [[text.text]], [None])
        return self.findings

    def _missing(self, block: Block) -> None:
        self.findings.append(
            Finding(
                "warning",
                block.name,
                f"Sheet {self.sheet.name}",
                f"The table {block.name} is no longer there, so it was not refreshed.",
                "Delete the sheet if you want it as new at the next refresh.",
            )
        )

    def _block(self, block: Block, place: Place) -> None:
        rows = self._rows(block, place)
        count = max(len(rows.slots), 1)
        last_row = place.header_row + count
        hidden = may_hide_rows(self.sheet, place.header_row, place.last_row)
        if last_row > place.last_row:
            self._grow(block, place, last_row)
        elif last_row < place.last_row and place.table is not None:
            self.point.resize(self.sheet, place.table, last_row)
        self._values(block, place, rows, max(count, place.rows))
        if hidden:
            self._verify(block, place, rows)
        if last_row != place.last_row:
            self._charts(block, place, last_row)
        if rows.gone:
            self.findings.append(gone_keys(block.name, f"Sheet {self.sheet.name}", len(rows.gone)))

    # which row goes where -----------------------------------------------------------------------------------------------------------

    def _rows(self, block: Block, place: Place) -> _Rows:
        new = range(len(block.frame))
        wrote = self._written_rows(block, place) if place.table is not None or block.kept else set()
        if not wrote:
            return _Rows(list(new))
        names = [name for name in naming_columns(block) if name in place.columns]
        old = frame_keys(replace(block, frame=read_table(place)), names)
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for at, key in enumerate(frame_keys(block, names)):
            waiting[key].append(at)
        slots: list[int | None] = [waiting[key].popleft() if waiting[key] else None for key in old]
        left = deque(sorted(at for each in waiting.values() for at in each))
        typed = self._typed_rows(block, place)
        for at, slot in enumerate(slots):
            if slot is None and at not in typed and left:
                slots[at] = left.popleft()
        slots += left
        while slots and slots[-1] is None and len(slots) - 1 not in typed:
            slots.pop()
        return _Rows(slots, {at: old[at] for at, slot in enumerate(slots) if slot is None and at in typed})

    def _written_rows(self, block: Block, place: Place) -> set[int]:
        """Return the rows (0-based below the header) in which a cell that is not ours holds anything."""
        return self._filled_rows(block, place, formulas=True)

    def _typed_rows(self, block: Block, place: Place) -> set[int]:
        """Return those in which it is more than a formula."""
        return self._filled_rows(block, place, formulas=False)

    def _filled_rows(self, block: Block, place: Place, *, formulas: bool) -> set[int]:
        found: set[int] = set()
        for first, last in stretches(self._planners_columns(block, place)):
            cells, errors = read_cells(
                self.sheet, place.header_row + 1, first, max(place.last_row, place.header_row + 1), last
            )
            filled = {at for at, line in enumerate(cells) if any(cell is not None for cell in line)}
            filled |= {row - place.header_row - 1 for row, _ in errors}
            stretch = self.sheet.range((place.header_row + 1, first), (max(place.last_row, place.header_row + 1), last))
            if not formulas and filled and has_formulas(stretch):
                filled = {at for at in filled if self._is_typed(place.header_row + 1 + at, first, last)}
            found |= filled
        return found

    def _is_typed(self, row: int, first: int, last: int) -> bool:
        cells = (self.sheet.range((row, column)).formula for column in range(first, last + 1))
        return any(cell not in (None, "") and not str(cell).startswith("=") for cell in cells)

    def _planners_columns(self, block: Block, place: Place) -> list[int]:
        """Return the planner's columns: kept ones, those inside the table that we do not know, and all beside it."""
        inside = [number for name, number in place.columns.items() if name in block.kept or not block.is_own(name)]
        if place.table is None:
            return inside
        used = self.sheet.used_range
        last = max(place.columns.values())
        return inside + list(range(last + 1, used.column + used.shape[1]))

    # writing ------------------------------------------------------------------------------------------------------------------------

    def _grow(self, block: Block, place: Place, last_row: int) -> None:
        first, last = min(place.columns.values()), max(place.columns.values())
        below, errors = read_cells(self.sheet, place.last_row + 1, first, last_row, last)
        if errors or any(cell is not None for line in below for cell in line):
            raise WorkbookError(
                f"Sheet {self.sheet.name}: cells below the table {block.name} are filled, and it needs to grow to row {last_row:,}. Move them to a sheet of your own, then try again."
            )
        if place.table is not None:
            self.point.resize(self.sheet, place.table, last_row)
        ours = [place.columns[each.name] for each in block.columns if each.name in place.columns]
        for first, last in stretches(ours):
            self.point.extend_formats(self.sheet, max(place.last_row, place.header_row + 1), first, last_row, last)

    def _values(self, block: Block, place: Place, rows: _Rows, height: int) -> None:
        """Write our columns from below the header on, `height` rows, those beyond the new ones empty."""
        known = {each.name for each in block.columns}
        for name, number in place.columns.items():
            if block.is_own(name) and name not in known:  # of an earlier run
                self.point.cells(self.sheet, place.header_row + 1, number, [[""]] * height, [None])
        written = {
            place.columns[each.name]: each
            for each in block.columns
            if each.name in place.columns and each.name not in block.kept
        }
        for first, last in stretches(list(written)):
            columns = [written[number] for number in range(first, last + 1)]
            cells = [self._column(block, column, rows, height) for column in columns]
            codes = [self._codes.of(column, block.frame[column.name]) for column in columns]
            self.point.cells(
                self.sheet,
                place.header_row + 1,
                first,
                list(zip(*cells, strict=True)),
                codes if block.is_table else [code if code != "General" else None for code in codes],
            )

    def _column(self, block: Block, column: Column, rows: _Rows, height: int) -> list[object]:
        values = cells_of(block.frame[column.name], from_1904=self._from_1904)
        filled = [values[slot] if slot is not None else "" for slot in rows.slots]
        names = naming_columns(block)
        for at, key in rows.gone.items():
            if column.name in names:
                filled[at] = key[names.index(column.name)]
            elif column.name == "why":
                filled[at] = _GONE
        return filled + [""] * (height - len(filled))

    def _verify(self, block: Block, place: Place, rows: _Rows) -> None:
        """Read back what was written into rows of which some are hidden."""
        now = read_table(replace(place, last_row=place.header_row + max(len(rows.slots), 1)))
        for column in block.columns:
            if column.name in place.columns and column.name not in block.kept and column.role in ("key", "units"):
                wanted = self._column(block, column, rows, len(now))
                if [_same(each) for each in now[column.name]] != [_same(each) for each in wanted]:
                    raise WorkbookError(
                        f"Sheet {self.sheet.name} is filtered, and Excel did not take new values for its hidden rows. Clear the filter (Data, Clear), then try again."
                    )

    def _charts(self, block: Block, place: Place, last_row: int) -> None:
        """Have charts that are drawn from whole columns of the block follow its new length."""
        name = str(self.sheet.name)
        for chart in self.sheet.charts:
            for number, formula in enumerate(series_formulas(chart)):
                new = formula
                for column in place.columns.values():
                    letters = column_letters(column)
                    for sheet in (name, quoted_sheet(name)):
                        start = f"{sheet}!${letters}${place.header_row + 1}:${letters}$"
                        new = new.replace(f"{start}{place.last_row},", f"{start}{last_row},")
                if new != formula:
                    self.point.draw_from(self.sheet, chart, number, formula, new)


def _same(cell: object) -> object:
    return "" if cell is None else round(cell, 9) if isinstance(cell, float) else str(cell)


def stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return stretches of numbers that follow each other.

    >>> stretches([1, 2, 3, 7, 8])
    [(1, 3), (7, 8)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
