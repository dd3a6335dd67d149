"""One finding for many rows: how often, the first three places, what was found. Serves all checks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding, Severity
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET

#: Places and examples named in one finding.
NAMED = 3


def grouped(
    frame: pd.DataFrame,
    mask: np.ndarray | pd.Series,
    *,
    table: str,
    column: str,
    severity: Severity,
    text: str,
    fix: str,
    kept_out: bool = False,
) -> list[Finding]:
    """Return one finding for all rows of `mask`, or none.

    Parameters
    ----------
    frame : DataFrame
        With provenance columns.
    mask : bool array, shape (rows,)
    column : str
        Column that the places name, or "".
    text : str
        What was found; "{count}" is the number of rows, "{rows}" says "1 row" or "7 rows", "{values}" the first different values of the column.
    kept_out : bool
        Whether these rows are removed.
    """
    at = np.flatnonzero(np.asarray(mask, dtype=bool))
    if not len(at):
        return []
    values = examples(frame[column].iloc[at]) if column and "{values}" in text else ""
    said = text.replace("{count}", str(len(at))).replace("{rows}", counted(len(at), "row")).replace("{values}", values)
    return [Finding(severity, table, places(frame, at, column), said, fix, len(at) if kept_out else 0)]


def places(frame: pd.DataFrame, at: np.ndarray, column: str = "") -> str:
    """Return where the rows at positions `at` stand.

    >>> frame = pd.DataFrame({SOURCE_SHEET: ["Sales"] * 5, SOURCE_ROW: [4, 5, 6, 7, 8]})
    >>> places(frame, np.array([0, 1, 2, 4]), "quantity")
    'Sheet Sales, rows 4, 5, 6 and 1 more, column quantity'
    """
    sheets = frame[SOURCE_SHEET].iloc[at]
    first = sheets.iloc[0]
    rows = (
        [str(row) for row in frame[SOURCE_ROW].iloc[at[:NAMED]]]
        if (sheets.iloc[:NAMED] == first).all()
        else [str(frame[SOURCE_ROW].iloc[at[0]])]
    )
    more = len(at) - len(rows)
    listed = ", ".join(rows) + (f" and {more} more" if more else "")
    word = "row" if len(at) == 1 else "rows"
    return f"Sheet {first}, {word} {listed}" + (f", column {column}" if column else "")


def examples(values: pd.Series) -> str:
    """Return the first different values as text.

    >>> examples(pd.Series(["a", "b", "a", "c", "d"]))
    "'a', 'b', 'c' and 1 more"
    """
    different = values.dropna().drop_duplicates()
    shown = ", ".join(_shown(value) for value in different.iloc[:NAMED])
    more = len(different) - NAMED
    return shown + (f" and {more} more" if more > 0 else "")


def counted(number: int, word: str) -> str:
    """Return "1 row" or "7 rows".

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
