"""The settings that an open workbook's own Settings sheet makes, without reading its other sheets."""

from __future__ import annotations

from typing import Any

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.adapters.xlwings_cells import read_cells
from invopt_xl.core.contracts import INPUT
from invopt_xl.core.settings_sheet import settings_of
from invopt_xl.settings import Settings


def settings_sheet(book: Any) -> Any | None:
    """Return the planner's Settings sheet, by any of the names that are read as one, or None."""
    names = {_plain(name) for name in (INPUT["Settings"].name, *INPUT["Settings"].synonyms)}
    return next((sheet for sheet in book.sheets if _plain(str(sheet.name)) in names), None)


def workbook_settings(book: Any) -> Settings:
    """Return the settings of an open workbook; a row that cannot be read leaves its default, as in a plan."""
    sheet = settings_sheet(book)
    if sheet is None:
        return Settings()
    used = sheet.used_range
    cells, _ = read_cells(sheet, 1, 1, used.row + used.shape[0] - 1, used.column + used.shape[1] - 1)
    return settings_of(read_tables(MemoryBook({INPUT["Settings"].name: cells}, name=str(book.name))), None)[0]


def _plain(name: str) -> str:
    return "".join(each for each in name.casefold() if each.isalnum())
