"""Excel for the ribbon on any machine: an xlwings engine whose workbooks are openpyxl's, and which notes every change that is made to them.

xlwings' own objects (Book, Sheet, Range, Table, converters) run as they are on top of it. A member that is not modelled raises
NotImplementedError, so that a test says loudly what is missing. `excel()` gives an application with nothing open; outside of it xlwings is as it
was. Any change can be made to fail: `log.fail_at = 7` has the seventh raise what pywin32 raises.

What it cannot show: how COM carries a value, how Excel draws, what Excel refuses for reasons of its own.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table as FileTable

xw: Any = pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")
base_classes: Any = xw.base_classes

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
_DAY_ZERO = dt.datetime(1899, 12, 30)


class ComError(Exception):
    """What pywin32 raises for a call that Excel refuses."""


@dataclass
class Log:
    """Changes in order: (kind, workbook, sheet or name, what). `fail_at`: number of the change that fails (1: the first), 0: none."""

    changes: list[tuple[str, str, str, str]] = field(default_factory=list)
    fail_at: int = 0
    fail_from: int = 0
    count: int = 0

    def note(self, kind: str, book: str, place: str, what: str = "") -> None:
        self.count += 1
        if self.count == self.fail_at or (self.fail_from and self.count >= self.fail_from):
            raise ComError(-2146827284, "Application-defined or object-defined error")
        self.changes.append((kind, book, place, what))

    def places(self, book: str) -> set[str]:
        """Return the sheets of a workbook that were changed in any way."""
        return {place for kind, of, place, _ in self.changes if of == book and kind not in ("name", "name deleted")}


class _Engine:
    name, type = "excel", "desktop"

    def __init__(self, log: Log) -> None:
        self.apps = _Apps(self, log)

    @staticmethod
    def clean_value_data(data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool) -> Any:
        return [[_cleaned(cell, empty_as, number_builder, err_to_str) for cell in row] for row in data]

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        if isinstance(x, np.bool_):
            raise TypeError("np.bool_ cannot be converted to a COM VARIANT")
        if isinstance(x, pd.Timestamp):
            return x.to_pydatetime()
        return "" if x is None or (not isinstance(x, (str, list, tuple)) and pd.isna(x)) else x


def _cleaned(cell: Any, empty_as: Any, number_builder: Any, err_to_str: bool) -> Any:
    if cell in ("", None):
        return empty_as
    if isinstance(cell, str) and cell in ERRORS:
        return cell if err_to_str else None
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = float(cell)
    return number_builder(cell) if number_builder is not None and isinstance(cell, float) else cell


class _Apps(base_classes.Apps):
    def __init__(self, engine: _Engine, log: Log) -> None:
        self.engine, self.log, self.all = engine, log, []

    def add(self, **_: Any) -> _App:
        self.all.append(_App(self))
        return self.all[-1]

    def keys(self) -> list[int]:
        return [app.pid for app in self.all]

    def __iter__(self) -> Iterator[_App]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, pid: int) -> _App:
        return next(app for app in self.all if app.pid == pid)


class _App(base_classes.App):
    # plain attributes in place of the base class's properties
    engine = pid = books = api = cast(Any, None)

    def __init__(self, apps: _Apps) -> None:
        self.apps, self.log, self.engine = apps, apps.log, apps.engine
        self.pid = 1000 + len(apps.all)
        self.books = _Books(self)
        self.state = {
            "screen_updating": True,
            "calculation": "automatic",
            "display_alerts": True,
            "enable_events": True,
            "status_bar": False,
        }
        self.alerts: list[str] = []
        self.answer = "no"
        self.api = types.SimpleNamespace(Workbooks=types.SimpleNamespace(Add=self._add_after))

    def _add_after(self, template: str) -> None:
        book = self.books.open(template)
        book.full_name = f"Book{len(self.books.all)}"

    def activate(self, steal_focus: bool = False) -> None:
        pass

    def alert(self, prompt: str, title: str, buttons: str, mode: str, callback: Any) -> str:
        self.alerts.append(prompt)
        return self.answer if buttons == "yes_no" else "ok"


def _state(name: str) -> property:
    def give(self: _App) -> Any:
        return self.state[name]

    def take(self: _App, value: Any) -> None:
        self.state[name] = value

    return property(give, take)


for _name in ("screen_updating", "calculation", "display_alerts", "enable_events", "status_bar"):
    setattr(_App, _name, _state(_name))


class _Books(base_classes.Books):
    # plain attributes in place of the base class's properties
    api = cast(Any, None)

    def __init__(self, app: _App) -> None:
        self.app, self.all = app, []

    @property
    def active(self) -> _Book:
        return self.all[-1]

    def __call__(self, key: Any) -> _Book:
        if isinstance(key, int):
            return self.all[key - 1]
        for book in self.all:
            if key.lower() in (book.name.lower(), book.full_name.lower()):
                return book
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[_Book]:
        return iter(list(self.all))

    def open(self, fullname: str, *_: Any, **__: Any) -> _Book:
        self.all.append(_Book(self, openpyxl.load_workbook(fullname), os.path.abspath(fullname)))
        return self.all[-1]

    def add(self) -> _Book:
        self.all.append(_Book(self, openpyxl.Workbook(), f"Book{len(self.all) + 1}"))
        return self.all[-1]


class _Book(base_classes.Book):
    # plain attributes in place of the base class's properties
    app = cast(Any, None)

    def __init__(self, books: _Books, file: openpyxl.Workbook, full_name: str) -> None:
        self.books, self.file, self.full_name = books, file, full_name
        self.log = books.app.log
        self.app = books.app
        self.read_only = self.fixed_structure = False

    @property
    def api(self) -> Any:
        return types.SimpleNamespace(
            FullName=self.full_name,
            ReadOnly=self.read_only,
            ProtectStructure=self.fixed_structure,
            Date1904=self.file.epoch.year == 1904,
        )

    @property
    def name(self) -> str:
        return re.split(r"[\\/]", self.full_name)[-1]

    fullname = property(lambda self: self.full_name)
    sheets = property(lambda self: _Sheets(self))
    names = property(lambda self: _Names(self))

    def activate(self) -> None:
        pass

    def save(self, path: str | None = None, password: str | None = None) -> None:
        self.file.save(path or self.full_name)

    def close(self) -> None:
        self.books.all.remove(self)


class _Sheets(base_classes.Sheets):
    # plain attributes in place of the base class's properties
    api = cast(Any, None)

    def __init__(self, book: _Book) -> None:
        self.book = book

    @property
    def active(self) -> _Sheet:
        return _Sheet(self.book, self.book.file.active)

    def __call__(self, key: Any) -> _Sheet:
        if isinstance(key, int):
            return _Sheet(self.book, self.book.file.worksheets[key - 1])
        for each in self.book.file.worksheets:
            if each.title.casefold() == key.casefold():
                return _Sheet(self.book, each)
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self.book.file.worksheets)

    def __iter__(self) -> Iterator[_Sheet]:
        return (_Sheet(self.book, each) for each in list(self.book.file.worksheets))


class _Sheet(base_classes.Sheet):
    # plain attributes in place of the base class's properties
    book = cast(Any, None)

    def __init__(self, book: _Book, file: Any) -> None:
        self.book, self.file, self.log = book, file, book.log

    @property
    def api(self) -> Any:
        return types.SimpleNamespace(ProtectContents=bool(self.file.protection.sheet))

    @property
    def name(self) -> str:
        return str(self.file.title)

    @name.setter
    def name(self, value: str) -> None:
        self._changed("sheet renamed", value)
        self.file.title = value

    @property
    def visible(self) -> bool:
        return bool(self.file.sheet_state == "visible")

    @visible.setter
    def visible(self, value: bool) -> None:
        self._changed("sheet shown" if value else "sheet hidden")
        self.file.sheet_state = "visible" if value else "hidden"

    @property
    def index(self) -> int:
        return int(self.book.file.worksheets.index(self.file)) + 1

    def _changed(self, kind: str, what: str = "") -> None:
        self.log.note(kind, self.book.name, self.name, what)

    def range(self, first: Any, second: Any = None) -> _Range:
        if isinstance(first, str):
            left, top, right, bottom = range_boundaries(first.replace("$", ""))
            return _Range(self, top, left, bottom, right)
        a, b = _corners(first), _corners(first if second is None else second)
        rows, columns = (a[0], a[2], b[0], b[2]), (a[1], a[3], b[1], b[3])
        return _Range(self, min(rows), min(columns), max(rows), max(columns))

    @property
    def used_range(self) -> _Range:
        file = self.file
        return _Range(self, file.min_row, file.min_column, file.max_row, file.max_column)

    tables = property(lambda self: _Tables(self))
    charts = property(lambda self: _Charts(self))

    def activate(self) -> None:
        self.book.file.active = self.file

    def delete(self) -> None:
        self._changed("sheet deleted")
        self.book.file.remove(self.file)
        for name in self.book.file.defined_names.values():
            if name.attr_text.startswith((f"{self.name}!", f"'{self.name}'!")):
                name.attr_text = "#REF!$A$1"

    def copy(self, before: Any, after: Any) -> None:
        target = (before or after).book
        name, number = self.name, 1
        while name in target.file.sheetnames:
            number += 1
            name = f"{self.name} ({number})"
        self.log.note("sheet added", target.name, name)
        new = target.file.create_sheet(name)
        _copy_sheet(self.file, new)
        # Excel brings a copy to the front
        target.file.active = new


def _corners(place: Any) -> tuple[int, int, int, int]:
    return (place.row1, place.column1, place.row2, place.column2) if isinstance(place, _Range) else (*place, *place)


def _copy_sheet(source: Any, target: Any) -> None:
    styles: dict[bytes, Any] = {}
    for row in source.iter_rows():
        for cell in row:
            new = target.cell(cell.row, cell.column, cell.value)
            if cell.has_style:
                # each style is entered into the other workbook once
                known = styles.get(bytes(cell._style))
                if known is None:
                    for part in ("font", "fill", "border", "alignment", "number_format", "protection"):
                        setattr(new, part, copy.copy(getattr(cell, part)))
                    styles[bytes(cell._style)] = new._style
                else:
                    new._style = copy.copy(known)
            if cell.comment:
                new.comment = copy.copy(cell.comment)
    for table in source.tables.values():
        target.add_table(copy.deepcopy(table))
    for each in source.data_validations.dataValidation:
        target.add_data_validation(copy.deepcopy(each))
    for key, size in source.column_dimensions.items():
        target.column_dimensions[key].width = size.width
    target.freeze_panes = source.freeze_panes
    for chart in source._charts:
        target.add_chart(copy.deepcopy(chart))


class _Range(base_classes.Range):
    # plain attributes in place of the base class's properties
    sheet = cast(Any, None)

    def __init__(self, sheet: _Sheet, top: int, left: int, bottom: int, right: int) -> None:
        self.sheet, self.row1, self.column1, self.row2, self.column2 = sheet, top, left, bottom, right

    row = property(lambda self: self.row1)
    column = property(lambda self: self.column1)
    shape = property(lambda self: (self.row2 - self.row1 + 1, self.column2 - self.column1 + 1))
    coords = property(lambda self: (self.sheet, self.row1, self.column1, *self.shape))
    has_array = False

    def __len__(self) -> int:
        return int(self.shape[0] * self.shape[1])

    def __call__(self, row: int, column: int | None = None) -> _Range:
        if column is None:
            row, column = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        top, left = self.row1 + row - 1, self.column1 + column - 1
        return _Range(self.sheet, top, left, top, left)

    @property
    def a1(self) -> str:
        first, last = f"{get_column_letter(self.column1)}{self.row1}", f"{get_column_letter(self.column2)}{self.row2}"
        return first if first == last else f"{first}:{last}"

    def get_address(self, row_absolute: bool, column_absolute: bool, external: bool) -> str:
        return self.a1

    address = property(lambda self: self.a1)

    @property
    def api(self) -> Any:
        formulas = {isinstance(cell.value, str) and cell.data_type == "f" for row in self.cells for cell in row}
        return types.SimpleNamespace(HasFormula=formulas.pop() if len(formulas) == 1 else None, range=self)

    @property
    def cells(self) -> list[list[Any]]:
        file = self.sheet.file
        return [
            [file.cell(row, column) for column in range(self.column1, self.column2 + 1)]
            for row in range(self.row1, self.row2 + 1)
        ]

    def _values(self, give: Any) -> Any:
        rows = tuple(tuple(give(cell) for cell in row) for row in self.cells)
        return rows[0][0] if self.shape == (1, 1) else rows

    @property
    def raw_value(self) -> Any:
        return self._values(_shown)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self.sheet._changed("cells", self.a1)
        rows = data if isinstance(data, (list, tuple)) else [[data] * self.shape[1]] * self.shape[0]
        assert (len(rows), {len(row) for row in rows}) == (self.shape[0], {self.shape[1]}), "a ragged array"
        for cells, values in zip(self.cells, rows, strict=True):
            for cell, value in zip(cells, values, strict=True):
                assert value is None or type(value) in (str, float, int, bool), f"{type(value)} is not for COM"
                _enter(cell, value)

    @property
    def formula(self) -> Any:
        return self._values(lambda cell: "" if cell.value is None else str(cell.value))

    @formula.setter
    def formula(self, text: str) -> None:
        self.sheet._changed("formula", self.a1)
        for row in self.cells:
            for cell in row:
                cell.value = text

    @property
    def number_format(self) -> str | None:
        codes = {cell.number_format for row in self.cells for cell in row}
        return codes.pop() if len(codes) == 1 else None

    @number_format.setter
    def number_format(self, code: str) -> None:
        self.sheet._changed("format", f"{self.a1} {code}")
        for row in self.cells:
            for cell in row:
                cell.number_format = code

    @property
    def row_height(self) -> float | None:
        sizes = self.sheet.file.row_dimensions
        heights = {
            0.0 if sizes[row].hidden else float(sizes[row].height or 15.0) for row in range(self.row1, self.row2 + 1)
        }
        return heights.pop() if len(heights) == 1 else None

    def clear_formats(self) -> None:
        self.sheet._changed("formats cleared", self.a1)
        for row in self.cells:
            for cell in row:
                cell.style = "Normal"

    def autofill(self, destination: Any, type_: str) -> None:
        assert type_ == "fill_formats"
        self.sheet._changed("formats filled", destination.impl.a1)
        for row in destination.impl.cells:
            for cell, source in zip(row, self.cells[0], strict=True):
                cell._style = copy.copy(source._style)


def _shown(cell: Any) -> Any:
    """Return a value as COM gives it: dates by the cell's format, whole numbers as doubles."""
    value = cell.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _DAY_ZERO + dt.timedelta(days=value) if cell.is_date else float(value)
    if isinstance(value, str) and cell.data_type == "f":
        return None
    return value


def _enter(cell: Any, value: Any) -> None:
    """Enter a value as Excel takes it: a text that looks like a number or a date becomes one, unless the cell has the format of text."""
    if isinstance(value, str) and cell.number_format != "@":
        if re.fullmatch(r"\s*[-+]?\d+([.,]\d+)?\s*", value):
            value = float(value.replace(",", "."))
        elif re.fullmatch(r"\d{1,2}[-/]\d{1,2}", value):
            value = 45000.0
    cell.value = None if value == "" else value
    if isinstance(value, str) and cell.number_format == "@" and value:
        cell.data_type = "s"


class _Tables(base_classes.Tables):
    # plain attributes in place of the base class's properties
    parent = cast(Any, None)

    def __init__(self, sheet: _Sheet) -> None:
        self.parent = sheet

    def __call__(self, key: Any) -> _Table:
        tables = self.parent.file.tables
        return _Table(self.parent, list(tables.values())[key - 1] if isinstance(key, int) else tables[key])

    def __len__(self) -> int:
        return len(self.parent.file.tables)

    def __iter__(self) -> Iterator[_Table]:
        return (_Table(self.parent, each) for each in list(self.parent.file.tables.values()))


class _Table(base_classes.Table):
    # plain attributes in place of the base class's properties
    parent = cast(Any, None)

    def __init__(self, sheet: _Sheet, file: FileTable) -> None:
        self.parent, self.file = sheet, file

    name = property(lambda self: self.file.displayName)
    show_headers = property(lambda self: self.file.headerRowCount != 0)
    show_totals = property(lambda self: bool(self.file.totalsRowCount))
    range = property(lambda self: self.parent.range(self.file.ref))

    @property
    def header_row_range(self) -> _Range:
        whole = self.range
        return _Range(self.parent, whole.row1, whole.column1, whole.row1, whole.column2)

    def resize(self, place: Any) -> None:
        self.parent._changed("table resized", place.impl.a1 if hasattr(place, "impl") else place.a1)
        self.file.ref = place.impl.a1 if hasattr(place, "impl") else place.a1
        if self.file.autoFilter is not None:
            self.file.autoFilter.ref = self.file.ref


class _Names(base_classes.Names):
    # plain attributes in place of the base class's properties
    api = cast(Any, None)

    def __init__(self, book: _Book) -> None:
        self.book = book

    def __len__(self) -> int:
        return len(self.book.file.defined_names)

    def __call__(self, key: Any) -> _Name:
        names = self.book.file.defined_names
        return _Name(self.book, list(names.values())[key - 1] if isinstance(key, int) else names[key])

    def contains(self, key: str) -> bool:
        return key in self.book.file.defined_names

    def add(self, name: str, refers_to: str) -> _Name:
        self.book.log.note("name", self.book.name, name, refers_to)
        self.book.file.defined_names[name] = DefinedName(name, attr_text=refers_to.removeprefix("="))
        return self(name)


class _Name(base_classes.Name):
    # plain attributes in place of the base class's properties
    api = cast(Any, None)

    def __init__(self, book: _Book, file: DefinedName) -> None:
        self.book, self.file = book, file
        self.api = _NameApi(file)

    name = property(lambda self: self.file.name)
    refers_to = property(lambda self: "=" + self.file.attr_text)

    def delete(self) -> None:
        self.book.log.note("name deleted", self.book.name, self.name)
        del self.book.file.defined_names[self.name]


class _NameApi:
    def __init__(self, file: DefinedName) -> None:
        self._file = file

    @property
    def Visible(self) -> bool:
        return not self._file.hidden

    @Visible.setter
    def Visible(self, value: bool) -> None:
        self._file.hidden = not value


class _Charts(base_classes.Charts):
    # plain attributes in place of the base class's properties
    parent = cast(Any, None)

    def __init__(self, sheet: _Sheet) -> None:
        self.parent = sheet

    def __len__(self) -> int:
        return len(self.parent.file._charts)

    def __iter__(self) -> Iterator[_Chart]:
        return (_Chart(self.parent, number) for number in range(len(self)))

    def __call__(self, key: Any) -> _Chart:
        return _Chart(self.parent, key - 1 if isinstance(key, int) else int(key.removeprefix("Chart ")) - 1)


class _Chart(base_classes.Chart):
    # plain attributes in place of the base class's properties
    parent = cast(Any, None)

    def __init__(self, sheet: _Sheet, number: int) -> None:
        self.parent, self.number = sheet, number
        self.file = sheet.file._charts[number]

    name = property(lambda self: f"Chart {self.number + 1}")

    @property
    def series(self) -> _SeriesList:
        return _SeriesList(self)


class _SeriesList:
    def __init__(self, chart: _Chart) -> None:
        self._chart = chart

    def __len__(self) -> int:
        return len(self._chart.file.series)

    def __iter__(self) -> Iterator[_Series]:
        return (_Series(self._chart, number) for number in range(len(self)))

    def __call__(self, key: int) -> _Series:
        return _Series(self._chart, key - 1)


class _Series(base_classes.ChartSeries):
    # plain attributes in place of the base class's properties
    api = cast(Any, None)

    def __init__(self, chart: _Chart, number: int) -> None:
        self.api = _SeriesApi(chart, number)


class _SeriesApi:
    def __init__(self, chart: _Chart, number: int) -> None:
        self._chart, self._number = chart, number
        self._series = chart.file.series[number]

    def _category(self) -> Any:
        category = self._series.cat
        return category.numRef or category.strRef

    @property
    def Formula(self) -> str:
        title = self._series.tx.strRef.f if self._series.tx is not None and self._series.tx.strRef is not None else ""
        return f"=SERIES({title},{self._category().f},{self._series.val.numRef.f},{self._number + 1})"

    @Formula.setter
    def Formula(self, text: str) -> None:
        self._chart.parent._changed("chart", f"{self._chart.name} {text}")
        _, category, values, _ = text.removeprefix("=SERIES(").removesuffix(")").split(",")
        self._category().f, self._series.val.numRef.f = category, values


@dataclass
class Excel:
    """The application, as a test sees it."""

    app: Any
    log: Log

    def open(self, path: Path | str, *, full_name: str = "") -> Any:
        """Open a workbook; `full_name` is what Excel calls it, such as a web address."""
        book = self.app.books.open(str(path))
        if full_name:
            book.impl.full_name = full_name
        return book


@contextmanager
def excel() -> Iterator[Excel]:
    """Give an application with nothing open."""
    log = Log()
    engines, by_name, active = list(xw.engines.engines), dict(xw.engines.engines_by_name), xw.engines.active
    engine = xw.Engine(impl=_Engine(log))
    xw.engines.engines = [each for each in engines if each.name != "excel"]
    xw.engines.add(engine)
    xw.engines.active = engine
    try:
        yield Excel(xw.App(impl=engine.impl.apps.add()), log)
    finally:
        xw.engines.engines, xw.engines.engines_by_name, xw.engines.active = engines, by_name, active
