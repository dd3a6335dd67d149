"""Table files of ours: output tables of an earlier plan as CSV or Parquet, known by exactly their columns."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from invopt_xl.core.contracts import MORE_OUTPUT, OUTPUT, RECOMMENDATION_KEY
from invopt_xl.errors import WorkbookError

#: What a table file may end in, after the name of its table.
FORMS = ("csv", "parquet")


def is_own_file(file: Path, name: str) -> bool:
    """Return whether a file holds exactly the columns of that output table."""
    return _header(file) == [field.name for field in (OUTPUT | MORE_OUTPUT)[name]]


def read_own_file(folder: Path, name: str, *, form: str) -> pd.DataFrame | None:
    """Return an output table that an earlier plan left in a folder; None when there is none, or a file of that name is not ours.

    A planner may have added columns at its end.

    Raises
    ------
    WorkbookError
        The file cannot be read.
    """
    file = folder / f"{name}.{form}"
    if not file.is_file():
        return None
    ours = [field.name for field in (OUTPUT | MORE_OUTPUT)[name]]
    if _header(file)[: len(ours)] != ours:
        return None
    try:
        if form == "parquet":
            return pd.read_parquet(file)
        # leading zeros are part of an item number, and a sku may be called NA
        texts = dict.fromkeys(RECOMMENDATION_KEY, "str")
        return pd.read_csv(file, encoding="utf-8-sig", dtype=texts, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _header(file: Path) -> list[str]:
    """Return the column names of a file.

    Raises
    ------
    WorkbookError
        It cannot be read.
    """
    try:
        if file.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                return [str(name) for name in pq.read_schema(file).names]
            except pa.ArrowException as error:
                raise _unreadable(file, error) from error
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return next(csv.reader(lines), [])
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> WorkbookError:
    said = " ".join(str(error).split())[:200]
    return WorkbookError(
        f"{file}, left by an earlier plan, cannot be read ({said}). Close it elsewhere, or delete it; the plan then starts anew."
    )
