"""A workbook file as a book: .xlsx, .xlsm, .xlsb and .xls, read without Excel. Large sheets are read by column, exactly."""

from __future__ import annotations

import gc
import hashlib
import io
import logging
import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from invopt_xl.adapters.book import grid_of_rows
from invopt_xl.adapters.mixed_column import mixed_column
from invopt_xl.adapters.package_facts import LARGE_SHEET, PackageFacts, SheetPart
from invopt_xl.core.intake.body import uniform_rows
from invopt_xl.core.intake.grid import HEAD_ROWS, Grid, Marks
from invopt_xl.errors import WorkbookError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: A large sheet with this many columns of several kinds is read by cell; finding each one costs a pass over the sheet.
_MIXED_LIMIT = 4
_SAVE_AS = "Open it in Excel and save it as .xlsx."


class WorkbookFile:
    """A workbook on disk; its bytes are read once, so that all sheets and the fingerprint are of one moment.

    Raises
    ------
    WorkbookError
        The file cannot be opened, is no workbook, is damaged, or is protected by a password.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise WorkbookError(
                f"{path}: cannot be read ({error.strerror or error}). Close it elsewhere, or check your rights."
            ) from error
        self.fingerprint = hashlib.sha256(self._data).hexdigest()
        _check_kind(self._data, self.name)
        self._facts = PackageFacts(self._data, self.name) if self._data[:2] == b"PK" else None

    def grids(self) -> list[Grid]:
        """Return one grid per worksheet, without our own output sheets."""
        facts = self._facts
        if facts is None or not facts.is_xml:
            self._data = (facts.with_full_cells() if facts is not None else None) or self._data
            return self._plain(self._open(self._data), {})
        large = {sheet.name for sheet in facts.sheets if facts.size(sheet.part) > LARGE_SHEET}
        for sheet in facts.sheets:
            facts.check_extent(sheet)
        book = self._open(facts.head_of_package() if large else self._data)
        parts = {sheet.name: sheet for sheet in facts.sheets}
        return self._plain(book, parts, large=frozenset(large))

    def _open(self, data: bytes) -> Any:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        _quiet()
        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(data))
        except PasswordError as error:
            raise WorkbookError(
                f"{self.name} is protected by a password. Save a copy without a password to open."
            ) from error
        except (CalamineError, OSError, ValueError) as error:
            raise WorkbookError(f"{self.name} cannot be read as a workbook ({_one_line(error)}). {_SAVE_AS}") from error

    def _plain(self, book: Any, parts: dict[str, SheetPart], *, large: frozenset[str] = frozenset()) -> list[Grid]:
        facts, grids = self._facts, []
        for about in book.sheets_metadata:
            if "WorkSheet" not in str(about.typ) or (facts is not None and about.name in facts.own_sheets):
                continue
            part = parts.get(about.name)
            known: dict[str, Any] = {"hidden": str(about.visible).rsplit(".", 1)[-1] != "Visible"}
            if facts is not None and part is not None:
                known |= {"areas": part.areas, "date1904": facts.date1904, "hidden_rows": facts.hidden_rows(part.part)}
                known["shown"] = cache(partial(facts.shown, part.part))
            rows, left = self._rows(book, about.name)
            if about.name in large:
                grids.append(self._large(about.name, rows, part, known))
            else:
                grids.append(self._by_cell(about.name, rows, left, part, known))
        return grids

    def _by_cell(
        self, name: str, rows: list[list[object]], left: int, part: SheetPart | None, known: dict[str, Any]
    ) -> Grid:
        marks = cache(partial(self._marks, name, part, left))
        return grid_of_rows(name, rows, marks=marks, **known)

    def _rows(self, book: Any, name: str) -> tuple[list[list[object]], int]:
        """Return the cells of a sheet from A1 on, and its first used column (0-based)."""
        from python_calamine import CalamineError

        # a million new lists make the collector of cycles run over and over, and there are no cycles to find
        collecting = gc.isenabled()
        gc.disable()
        try:
            sheet = book.get_sheet_by_name(name)
            rows: list[list[object]] = sheet.to_python(skip_empty_area=False)
        except (CalamineError, OSError, ValueError) as error:
            raise WorkbookError(
                f"{self.name}, sheet {name}: cannot be read ({_one_line(error)}). {_SAVE_AS}"
            ) from error
        except BaseException as error:
            # the reader's own "panic" is no Exception; seen on a date cell that holds a number beyond any calendar
            if type(error).__name__ != "PanicException":
                raise
            raise WorkbookError(
                f"{self.name}, sheet {name}: a cell holds a date or time that no calendar knows ({_one_line(error)}). "
                "Look for ##### in its date columns, correct the cell and try again."
            ) from error
        finally:
            if collecting:
                gc.enable()
        return rows, sheet.start[1] if sheet.start else 0

    def _large(self, name: str, head: list[list[object]], part: SheetPart | None, known: dict[str, Any]) -> Grid:
        """Return a large sheet by column; by cell where that would change a cell."""
        start, mixed = uniform_rows(head, latest=HEAD_ROWS // 2)
        # typed columns begin at the first used column of the sheet: for sure column A only if the head uses it
        uses_a = any(row[0] not in ("", None) for row in head if row)
        typed = self._typed_columns(name, start, part, mixed) if uses_a and part is not None else None
        if typed is None:
            return self._by_cell(name, *self._rows(self._open(self._data), name), part, known)
        columns, errors = typed
        empty = pd.Series([None] * len(columns[0]), dtype=object)
        width = max(len(columns), len(head[0]))
        columns += [empty] * (width - len(columns))
        padded = tuple((*row, *[None] * (width - len(row))) for row in head[:HEAD_ROWS])
        marks = cache(partial(self._marks, name, part, 0, tuple((row + start, column) for row, column in errors)))
        return Grid(name, padded, tuple(columns), body=start, marks=marks, **known)

    def _typed_columns(
        self, name: str, start: int, part: SheetPart, mixed: frozenset[int]
    ) -> tuple[list[pd.Series], list[tuple[int, int]]] | None:
        """Return the columns from a row on and the error cells in them; None when that cannot be done exactly.

        Columns of one kind are typed; `mixed` ones, and those found to be so, hold raw cells.
        """
        for _ in range(_MIXED_LIMIT):
            batch, errors, clash = self._batch(name, start, mixed)
            if batch is not None:
                break
            if clash in mixed or clash < 0:
                return None
            mixed |= {clash}
        else:
            return None
        columns = []
        for at, column in enumerate(batch.columns):
            series = self._mixed(column, part, at, start + 1) if at in mixed else _series(column)
            if series is None:
                return None
            columns.append(series)
        return columns, errors

    def _mixed(self, texts: Any, part: SheetPart, column: int, first: int) -> pd.Series | None:
        if self._facts is None:
            return None
        return mixed_column(texts, *self._facts.kinds(part.part, column + 1), first=first)

    def _batch(self, name: str, start: int, mixed: frozenset[int]) -> tuple[Any, list[tuple[int, int]], int]:
        """Return the columns in Arrow and their error cells, or no columns and the first one with several kinds (-1: unknown)."""
        import fastexcel

        _quiet()
        try:
            sheet = fastexcel.read_excel(self._data).load_sheet(
                name,
                header_row=None,
                skip_rows=start,
                schema_sample_rows=None,
                dtype_coercion="strict",
                dtypes=dict.fromkeys(mixed, "string") or None,
            )
            batch, errors = sheet.to_arrow_with_errors()
        except fastexcel.UnsupportedColumnTypeCombinationError as error:
            column = re.search(r"column __UNNAMED__(\d+)", str(error))
            return None, [], int(column.group(1)) if column else -1
        except fastexcel.FastExcelError as error:
            raise WorkbookError(
                f"{self.name}, sheet {name}: cannot be read ({_one_line(error)}). {_SAVE_AS}"
            ) from error
        return batch, [] if errors is None else [each.offset_position for each in errors.errors], -1

    def _marks(
        self, name: str, part: SheetPart | None, left: int, errors: tuple[tuple[int, int], ...] | None = None
    ) -> Marks:
        """Return error cells (any format) and formulas without a value (.xlsx)."""
        uncached = self._facts.uncached_formulas(part.part) if self._facts is not None and part is not None else ()
        if errors is None:
            errors = tuple((row, column + left) for row, column in self._error_cells(name))
        return Marks(tuple((row + 1, column + 1) for row, column in errors), uncached)

    def _error_cells(self, name: str) -> tuple[tuple[int, int], ...]:
        """Return (row, column) of the cells that show an error; 0-based, columns counted from the first used one."""
        import fastexcel

        _quiet()
        try:
            sheet = fastexcel.read_excel(self._data).load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            _, errors = sheet.to_arrow_with_errors()
        except fastexcel.FastExcelError as error:
            raise WorkbookError(
                f"{self.name}, sheet {name}: cannot be read ({_one_line(error)}). {_SAVE_AS}"
            ) from error
        return () if errors is None else tuple(each.position for each in errors.errors)


def _quiet() -> None:
    """Keep the readers' logs to themselves: columns without any value and odd number formats are no news to a planner."""
    for reader in ("fastexcel", "calamine"):
        logging.getLogger(reader).setLevel(logging.ERROR)


def _series(column: Any) -> pd.Series:
    """Return an Arrow column as a pandas one without changing a value."""
    import pyarrow as pa

    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s"), safe=False)
    if pa.types.is_null(column.type):
        return pd.Series([None] * len(column), dtype=object)
    if pa.types.is_boolean(column.type):
        return pd.Series(column.to_pandas(), dtype="boolean")
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return pd.Series(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pd.Series(pd.array(column, dtype="str"))
    series: pd.Series = column.to_pandas()
    return series


def _check_kind(data: bytes, name: str) -> None:
    """Say what a file is that is no workbook."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        raise WorkbookError(f"{name} is empty. Save it again from Excel.")
    if data[:8] == _OLE:
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorkbookError(f"{name} is protected by a password. Save a copy without a password to open.")
        return
    if data[:2] == b"PK":
        return
    # an .xls of Excel 2 to 4 begins with a BOF record instead of a container
    if data[:2] == b"\x09\x08" or data[:2] == b"\x09\x04" or data[:2] == b"\x09\x02":
        return
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta")) or b"<html" in start:
        raise WorkbookError(f"{name} is a web page, not a workbook, whatever its name says. {_SAVE_AS}")
    if start.startswith(b"<?xml"):
        raise WorkbookError(f"{name} is an XML file, not a workbook. {_SAVE_AS}")
    if b"\x00" not in data[:4096]:
        raise WorkbookError(
            f"{name} is a text file, not a workbook. Rename it to .csv, or open it in Excel and save it as .xlsx."
        )
    raise WorkbookError(f"{name} is no workbook, or is damaged. {_SAVE_AS}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
