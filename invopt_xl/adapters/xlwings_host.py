"""The open workbook and what xlwings has no name for: read-only, protected, hidden rows, the calendar. On Windows through COM, on a Mac through appscript.

Everything that differs between the two stands here, and nothing else does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from invopt_xl.errors import WorkbookError

_ON_MAC = sys.platform == "darwin"


def find_book(full_name: str) -> Any:
    """Return the open workbook (an xlwings Book) of a full name: a path, a web address, or just Book1 before it was saved.

    Raises
    ------
    WorkbookError
        It is not open for editing.
    """
    import xlwings

    wanted = _plain(full_name)
    for app in xlwings.apps:
        for book in app.books:
            # xlwings' own full name turns a web address into a path by guessing; Excel's is the one that the button sends
            if _plain(full_name_of(book)) == wanted:
                return book
    raise WorkbookError(
        f"{full_name} is not among the open workbooks. If it is in protected view, press Enable Editing; else bring it to the front and press the button again."
    )


def _plain(full_name: str) -> str:
    return os.path.normcase(full_name).casefold()


def full_name_of(book: Any) -> str:
    """Return the full name of a workbook as Excel has it."""
    return str(book.impl.fullname if _ON_MAC else book.api.FullName)


def is_read_only(book: Any) -> bool:
    """Return whether a workbook was opened without the right to save it under its name."""
    return bool(book.api.read_only.get() if _ON_MAC else book.api.ReadOnly)


def has_fixed_structure(book: Any) -> bool:
    """Return whether no sheet can be added."""
    return bool(book.api.protect_structure.get() if _ON_MAC else book.api.ProtectStructure)


def is_protected(sheet: Any) -> bool:
    """Return whether cells of a sheet cannot be written."""
    return bool(sheet.api.protect_contents.get() if _ON_MAC else sheet.api.ProtectContents)


def counts_from_1904(book: Any) -> bool:
    """Return whether day 0 of a workbook is 1904-01-01."""
    return bool(book.api.date_1904.get() if _ON_MAC else book.api.Date1904)


def has_formulas(cells: Any) -> bool:
    """Return whether any cell of a range holds a formula."""
    # some do: Excel says neither yes nor no
    return (cells.api.has_formula.get() if _ON_MAC else cells.api.HasFormula) is not False


def hide_name(name: Any) -> None:
    """Keep a defined name out of Excel's lists."""
    if _ON_MAC:
        name.api.visible.set(False)
    else:
        name.api.Visible = False


def series_formulas(chart: Any) -> list[str]:
    """Return what each series of a chart is drawn from, such as =SERIES(Sheet1!$B$1,Sheet1!$A$2:$A$9,Sheet1!$B$2:$B$9,1)."""
    return [str(_series(each).formula.get() if _ON_MAC else _series(each).Formula) for each in chart.series]


def set_series_formula(chart: Any, position: int, formula: str) -> None:
    """Have a series of a chart (0-based) drawn from other cells."""
    series = _series(chart.series[position])
    if _ON_MAC:
        series.formula.set(formula)
    else:
        series.Formula = formula


def _series(series: Any) -> Any:
    return series.api


def open_copy_of(app: Any, path: str) -> Any:
    """Open a new unsaved workbook that is made after the file at `path`; on a Mac the file itself."""
    if _ON_MAC:
        return app.books.open(path)
    app.api.Workbooks.Add(path)
    return app.books.active


def shown_rows(sheet: Any, first: int, last: int) -> list[int]:
    """Return the rows from first to last that are not hidden, by hand or by a filter.

    A height is asked for a whole stretch; only where it differs is the stretch halved.
    """
    height = sheet.range((first, 1), (last, 1)).row_height
    if height is not None:
        return list(range(first, last + 1)) if height > 0 else []
    if first == last:
        return [first]
    middle = (first + last) // 2
    return shown_rows(sheet, first, middle) + shown_rows(sheet, middle + 1, last)


def may_hide_rows(sheet: Any, first: int, last: int) -> bool:
    """Return False if surely no row from first to last is hidden: all have the same height, and one."""
    return not sheet.range((first, 1), (last, 1)).row_height


@contextmanager
def undisturbed(book: Any) -> Iterator[None]:
    """Write with the screen still and without recalculation; give both back afterwards, and the sheet in front, whatever happens."""
    app = book.app
    front = book.sheets.active
    updating, calculation, alerts = app.screen_updating, app.calculation, app.display_alerts
    try:
        app.screen_updating = False
        app.calculation = "manual"
        app.display_alerts = False
        yield
    finally:
        # one that fails must not keep the others from being given back
        failures: list[Exception] = []
        for give_back in (
            front.activate,
            lambda: setattr(app, "display_alerts", alerts),
            lambda: setattr(app, "calculation", calculation),
            lambda: setattr(app, "screen_updating", updating),
        ):
            try:
                give_back()
            except Exception as error:  # noqa: BLE001 - raised below
                failures.append(error)
        if failures:
            raise failures[0]
