"""What all buttons share: the running jobs, the restore point of a workbook, and writing that is taken back when it fails."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from invopt_xl.adapters.own_sheets import read_table, table_place
from invopt_xl.adapters.restore_point import RestorePoint, file_of
from invopt_xl.adapters.ribbon_jobs import Jobs
from invopt_xl.adapters.state_folder import state_folder
from invopt_xl.adapters.xlwings_host import full_name_of, undisturbed
from invopt_xl.errors import InvOptError, WorkbookError

LOG = logging.getLogger("invopt_xl.ribbon")
JOBS = Jobs()
#: Columns that tell rows of our tables apart.
_KEYS = ("sku", "location", "code", "order_id", "period_start", "driver")

T = TypeVar("T")


class SheetsPutBackError(InvOptError):
    """Writing failed, and all sheets are as they were."""


def restore_file(book: Any) -> Path:
    """Return the file of a workbook's restore point."""
    return file_of(state_folder() / "restore", full_name_of(book))


def written(book: Any, action: str, write: Callable[[RestorePoint], T], *, keep: bool = True) -> T:
    """Write into a workbook through a restore point; a failure takes everything back.

    Parameters
    ----------
    book : xlwings Book
    action : str
        What the planner did, as Restore is to call it.
    write : callable
    keep : bool
        Leave the restore point for the button Restore, in place of an earlier one.

    Raises
    ------
    SheetsPutBackError
        Writing failed for a reason of Excel's; everything is as it was.
    """
    file = restore_file(book)
    point = RestorePoint(book, file if keep else file.with_suffix(".aside"))
    with undisturbed(book):
        try:
            result = write(point)
            if keep:
                point.remember(action=action, at=f"{datetime.now():%Y-%m-%d %H:%M}", keys=keys_of(book, point.sheets))
        except BaseException as error:
            LOG.exception("%s failed while writing; taking it back", action)
            point.take_back()
            if isinstance(error, InvOptError) or not isinstance(error, Exception):
                raise
            raise SheetsPutBackError(
                f"Excel did not let {action} write ({_one_line(error)}). All sheets are as they were before. Leave any cell that you are editing, then try again."
            ) from error
    if not keep:
        point.file.unlink(missing_ok=True)
    return result


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def keys_of(book: Any, sheets: list[str]) -> dict[str, str]:
    """Return a digest of which row stands where in the tables of some sheets: it tells whether rows were moved since."""
    found = {}
    for name in sheets:
        for sheet in book.sheets:
            if sheet.name == name:
                found[name] = _digest(sheet)
    return found


def _digest(sheet: Any) -> str:
    digest = hashlib.sha256()
    for table in sheet.tables:
        place = table_place(sheet, table)
        if place is None:
            continue
        keys = {name: number for name, number in place.columns.items() if name in _KEYS}
        digest.update(f"{table.name} {place.header_row} {place.last_row} {list(place.columns)}".encode())
        for each in keys:
            cells = read_table(replace(place, columns={each: keys[each]}))[each]
            digest.update("|".join(str(cell) for cell in cells).encode())
    return digest.hexdigest()


def check_unmoved(book: Any, facts: dict[str, Any]) -> None:
    """Raise WorkbookError if rows were sorted, moved or deleted since a restore point was made."""
    names = {str(sheet.name) for sheet in book.sheets}
    for name, digest in facts.get("keys", {}).items():
        if name not in names or keys_of(book, [name])[name] != digest:
            raise WorkbookError(
                f"Rows of sheet {name} were sorted, moved, renamed or deleted since {facts['action']} at {facts['at']}; putting old values back would mix them up, so nothing was changed. "
                "Press Refresh recommendations instead, or close the workbook without saving."
            )
