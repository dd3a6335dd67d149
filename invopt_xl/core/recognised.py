"""What reading took each sheet for, as findings for the Data Check sheet: recognised, never guessed silently."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.findings import Finding


def recognised_findings(recognised: pd.DataFrame) -> list[Finding]:
    """Return one finding per table and sheet: layout, header row, rows, and which header each column came from.

    Parameters
    ----------
    recognised : DataFrame
        `Tables.recognised`, one row per column.

    >>> row = ("Sales", "Export", "long", 3, 104, "quantity", "Pcs", "synonym")
    >>> frame = pd.DataFrame([row], columns=["table", "sheet", "layout", "header_row", "rows", "column", "source_column", "how"])
    >>> recognised_findings(frame)[0].text
    'read as Sales: 104 rows, long layout, header in row 3; quantity from Pcs.'
    """
    found = []
    for (table, sheet), part in recognised.groupby(["table", "sheet"], sort=False):
        first = part.iloc[0]
        # a source column is named with its letter, as in "Pcs (C)"
        header = part["source_column"].astype("str").str.replace(r" \([A-Z]{1,3}\)$", "", regex=True)
        renamed = part[header.to_numpy() != part["column"].astype("str").to_numpy()]
        sources = ", ".join(f"{row.column} from {row.source_column}" for row in renamed.itertuples())
        text = f"read as {table}: {first['rows']} rows, {first['layout']} layout, header in row {first['header_row']}"
        text += f"; {sources}." if sources else "; all columns by their own names."
        fix = "Nothing, if this is right. Else map it on the Settings sheet (map.<Table>, map.<Table>.<column>)."
        found.append(Finding("info", str(table), f"Sheet {sheet}", text, fix))
    return found
