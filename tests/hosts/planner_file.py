"""The small planner's workbook as a file, and its buttons pressed to the end; serves the tests of the ribbon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import to_excel

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.ribbon_session import JOBS
from tests.hosts.planner_book import sheets

#: Serial numbers of days are above this; quantities are not.
_DAYS_FROM = 40000.0


def planner_file(folder: Path, *, name: str = "Planner.xlsx") -> Path:
    """Write the workbook, with a sheet of the planner's own that looks at nothing of ours."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets().items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cell in (cell for row in sheet.iter_rows(min_row=2) for cell in row):
            if isinstance(cell.value, float) and cell.value > _DAYS_FROM:
                cell.number_format = "yyyy-mm-dd"
    book.create_sheet("My notes").append(["call Acme on Monday", 12.5, "=1+1"])
    file = folder / name
    book.save(file)
    return file


def pressed(action: Callable[..., str], book: str, *arguments: str) -> str:
    """Press a button and wait for its last reply, as the add-in does."""
    reply = action(book, *arguments)
    while reply.split("\n")[0] == "working":
        JOBS.wait(book, 0.05)
        reply = ribbon.progress(book)
    return reply


def everything(book: Any) -> dict[str, Any]:
    """Return all that a workbook holds: cells with formats, tables, charts, marks."""
    file = book.impl.file
    found: dict[str, Any] = {
        "sheets": list(file.sheetnames),
        "names": {name.name: (name.attr_text, name.hidden) for name in file.defined_names.values()},
    }
    for sheet in file.worksheets:
        found[sheet.title] = {
            cell.coordinate: (_counted(cell.value), cell.number_format, cell.fill.fgColor.rgb, cell.font.b)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None or cell.has_style
        }
        found[f"{sheet.title}: tables"] = {each.displayName: each.ref for each in sheet.tables.values()}
        found[f"{sheet.title}: charts"] = [
            [(series.val.numRef.f, (series.cat.numRef or series.cat.strRef).f) for series in chart.series]
            for chart in sheet._charts
        ]
    return found


def _counted(value: Any) -> Any:
    """Return a value as Excel keeps it: a date is its number."""
    return to_excel(value) if isinstance(value, datetime) else value
