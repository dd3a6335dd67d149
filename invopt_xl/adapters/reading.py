"""Reading of any source: a workbook, a folder of table files, one table file, or frames."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.book import Book, MemoryBook
from invopt_xl.core.intake.read import intake
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError, WorkbookError
from invopt_xl.settings import Settings

WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".xltx", ".xltm")
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq")


def read_tables(
    source: str | PathLike[str] | Mapping[str, pd.DataFrame] | Book,
    *,
    settings: Mapping[str, object] | Settings | None = None,
) -> Tables:
    """Return the input tables of a workbook, a folder or file of tables, or frames, with all that was noticed while reading.

    Parameters
    ----------
    source : path, mapping of str to DataFrame, or Book
        Workbook (.xlsx, .xlsm, .xlsb, .xls), folder of .csv, .tsv and .parquet files, one such file, or frames by table name.
    settings : mapping or Settings, optional
        `map.` keys (see `invopt_xl.core.intake.mapping`), `date_order` and `decimal_mark` are used here; the others are left to the plan.

    Raises
    ------
    WorkbookError
        The file is missing, is no workbook, or is damaged or protected by a password.
    SettingError
        A `map.` setting is unknown, or names what is not there.
    InputError
        The source is no path and no mapping of frames.

    Examples
    --------
    >>> frame = pd.DataFrame({"Item no.": ["007"], "Week": ["2024-W05"], "Qty": ["1.234,50"]})
    >>> read_tables({"Demand": frame}).frames["Sales"][["date", "sku", "quantity"]].values.tolist()
    [[Timestamp('2024-01-29 00:00:00'), '007', 1234.5]]
    """
    book = _book(source)
    return intake(book.grids(), given=_given(settings), source=book.name, fingerprint=book.fingerprint)


def _given(settings: Mapping[str, object] | Settings | None) -> dict[str, object]:
    if isinstance(settings, Settings):
        return {"date_order": settings.date_order, "decimal_mark": settings.decimal_mark}
    return dict(settings or {})


def _book(source: object) -> Book:
    if isinstance(source, Mapping):
        wrong = [str(name) for name, frame in source.items() if not isinstance(frame, pd.DataFrame)]
        if wrong:
            raise InputError(
                f"Source: expected a DataFrame for every table, but {', '.join(wrong[:3])} is something else."
            )
        return MemoryBook({str(name): frame for name, frame in source.items()}, name="frames")
    if isinstance(source, (str, PathLike)):
        return _file(Path(source))
    if hasattr(source, "grids") and hasattr(source, "name"):
        book: Book = source  # type: ignore[assignment]
        return book
    raise InputError(f"Source: expected a path or a mapping of table name to DataFrame, got {type(source).__name__}.")


def _file(path: Path) -> Book:
    from invopt_xl.adapters.folder import FolderBook
    from invopt_xl.adapters.workbook_file import WorkbookFile

    if not path.exists():
        raise WorkbookError(f"{path}: no such file or folder. Check the spelling.")
    if path.is_dir():
        return FolderBook(path)
    ending = path.suffix.lower()
    if ending in TABLE_ENDINGS:
        return FolderBook(path)
    if ending in WORKBOOK_ENDINGS:
        return WorkbookFile(path)
    raise WorkbookError(f"{path.name}: not a kind of file that can be read. Save it as .xlsx, .csv or .parquet.")
