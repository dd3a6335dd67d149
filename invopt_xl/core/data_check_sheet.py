"""The sheet Data Check by itself, for a check without a plan; what it is stands in `report`."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.contracts import DATA_CHECK
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.core.table_sheet import SEVERITY_ALERTS, table_sheet


def data_check_sheet(findings: pd.DataFrame) -> SheetSpec:
    """Return the sheet of the findings (`findings.findings_frame`).

    >>> from invopt_xl.core.findings import Finding, findings_frame
    >>> sheet = data_check_sheet(findings_frame([Finding("info", "Sales", "", "Two sheets.", "Name one.")]))
    >>> sheet.name, sheet.blocks[0].frame["text"].tolist()
    ('Data Check', ['Two sheets.'])
    """
    return table_sheet("Data Check", DATA_CHECK, findings, alerts=SEVERITY_ALERTS, tab="watch")
