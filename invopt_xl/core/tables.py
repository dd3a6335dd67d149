"""The input tables as one frozen value: what reading a workbook, a folder or frames gives. First stage.

Every frame has the canonical column names of `contracts` and two provenance columns, `source_sheet` and `source_row`
(1-based row on that sheet), so that each message can name the cell. Types: text is `str`, number is `float64` (missing is NaN),
date is `datetime64[s]` (missing is NaT), flag is nullable `boolean`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from invopt_xl.core.findings import Finding

SOURCE_SHEET = "source_sheet"
SOURCE_ROW = "source_row"

#: What was recognised, one row per column of each table: which sheet and header it came from, and how it was known.
RECOGNISED_COLUMNS = ("table", "sheet", "layout", "header_row", "rows", "column", "source_column", "how")


def _nothing_recognised() -> pd.DataFrame:
    return pd.DataFrame(columns=list(RECOGNISED_COLUMNS))


@dataclass(frozen=True)
class Tables:
    """Input tables by contract name, with what was recognised and what was noticed while reading.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Only tables that were found. Columns: those of the contract that were found, plus the two provenance columns.
    recognised : DataFrame
        Columns `RECOGNISED_COLUMNS`.
    findings : tuple of Finding
        Cells that could not be read, sheets left out, and so on.
    source : str
        Name of the workbook or folder, for messages.
    fingerprint : str
        Digest of the workbook's bytes as read; empty for other sources. Writing refuses when the file has changed since.
    """

    frames: Mapping[str, pd.DataFrame]
    recognised: pd.DataFrame = field(default_factory=_nothing_recognised)
    findings: tuple[Finding, ...] = ()
    source: str = ""
    fingerprint: str = ""


def place(frame: pd.DataFrame, position: int, column: str = "") -> str:
    """Return where a row of an input frame stands, in the planner's words.

    >>> frame = pd.DataFrame({SOURCE_SHEET: ["Sales"], SOURCE_ROW: [14]})
    >>> place(frame, 0, "quantity")
    'Sheet Sales, row 14, column quantity'
    """
    sheet, row = frame[SOURCE_SHEET].iloc[position], frame[SOURCE_ROW].iloc[position]
    return f"Sheet {sheet}, row {row}" + (f", column {column}" if column else "")
