"""Findings: what the checks noticed, collected for the `Data Check` sheet. Serves every stage.

A finding never stops anything; only the pipeline decides to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "info"]

#: Most serious first: the order on the sheet.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

FINDING_COLUMNS = ("severity", "table", "place", "text", "fix", "rows_kept_out")


@dataclass(frozen=True)
class Finding:
    """One thing a planner should know about the data.

    Parameters
    ----------
    severity : {"error", "warning", "info"}
        "error": rows were kept out, or nothing could be planned from them. "warning": used, but look. "info": good to know.
    table : str
        Name of the input table, such as "Sales", or "" when it concerns the whole run.
    place : str
        Where, in the planner's words: "Sheet Sales, row 14, column quantity".
    text : str
        What was found, with the value.
    fix : str
        What to do.
    rows_kept_out : int
        Rows of the table that the plan did not use because of this.
    """

    severity: Severity
    table: str
    place: str
    text: str
    fix: str
    rows_kept_out: int = 0

    def __str__(self) -> str:
        """Return the finding as one line.

        >>> str(Finding("info", "Sales", "row 3", "A return.", "Nothing, if it is one.")), str(Finding("info", "", "", "Read.", "Nothing."))
        ('row 3: A return. To do: nothing, if it is one.', 'Read.')
        """
        where = f"{self.place}: " if self.place else ""
        # under the heading of its column "Nothing" reads well; in a sentence it does not
        fix = "" if self.fix == "Nothing." else self.fix
        fix = f"To do: n{fix[1:]}" if fix.startswith("Nothing") else fix
        return f"{where}{self.text} {fix}".strip()


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return the findings as the `Data Check` table, most serious first, else in the order they were found.

    >>> findings_frame([Finding("info", "Sales", "", "a", "b"), Finding("error", "Sales", "", "c", "d", 2)])["text"].tolist()
    ['c', 'a']
    """
    rows = [tuple(getattr(f, name) for name in FINDING_COLUMNS) for f in findings]
    rows.sort(key=lambda row: SEVERITIES.index(row[0]))
    frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
    return frame.astype(dict.fromkeys(FINDING_COLUMNS[:-1], "str") | {"rows_kept_out": "int64"})
