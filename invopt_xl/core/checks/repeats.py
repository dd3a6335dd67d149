"""Rows that stand twice: lines of sales, items, suppliers, stock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import recorded_by
from invopt_xl.core.checks.grouping import grouped
from invopt_xl.core.findings import Finding, Severity
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET

#: Tables of which one row per key is meant, and the key.
_KEYS = {
    "Items": ("sku",),
    "Suppliers": ("supplier",),
    "Locations": ("location",),
    "Sources": ("sku", "supplier", "location"),
}

#: A list pasted twice repeats half of its rows; daily sales of many customers rarely repeat more than this share.
_PASTED_TWICE = 0.4


def find_repeated_sales(sales: pd.DataFrame) -> list[Finding]:
    """Return a finding for identical sales rows. They are all counted: two customers may well buy the same on one day.

    A warning where that is unlikely: with one row per period, or when the list seems to have been pasted twice.
    """
    columns = [name for name in sales.columns if name not in (SOURCE_SHEET, SOURCE_ROW)]
    used = [name for name in columns if sales[name].notna().any()]
    codes = [pd.factorize(sales[name])[0] for name in used]
    repeated = pd.DataFrame(dict(zip(used, codes, strict=True))).duplicated().to_numpy()
    if not repeated.any():
        return []
    units = float(sales["quantity"].to_numpy()[repeated].sum())
    single = recorded_by(sales["date"].to_numpy()) != "day"
    why = "although one row per item and period is expected" if single else "as they may be separate sales"
    text = f"{{rows}} identical to a row above ({units:,.6g} units); all are counted, {why}."
    fix = "Delete them if they were pasted twice."
    severity: Severity = "warning" if single or repeated.mean() > _PASTED_TWICE else "info"
    return grouped(sales, repeated, table="Sales", column="", severity=severity, text=text, fix=fix)


def find_repeated_keys(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return warnings for second rows of an item, supplier, location or source (the first one counts), and for summed stock rows."""
    findings: list[Finding] = []
    for table, key in _KEYS.items():
        frame = frames[table]
        second = frame.duplicated(list(key)).to_numpy()
        if not second.any():
            continue
        values = [name for name in frame.columns if name not in (SOURCE_SHEET, SOURCE_ROW, *key)]
        same = frame.duplicated([*key, *values]).to_numpy()
        name = " and ".join(key)
        findings += grouped(
            frame,
            second & same,
            table=table,
            column=key[0],
            severity="info",
            text="{rows} repeat a row above ({values}).",
            fix="Delete them.",
        )
        for column in values:
            differs = _differs(frame, key, column) & second
            text = f"{{rows}} give another {column} for the same {name} than a row above; the first one counts."
            findings += grouped(
                frame,
                differs,
                table=table,
                column=column,
                severity="warning",
                text=text,
                fix=f"Keep one row per {name}.",
            )
    stock = frames["Stock"]
    again = stock.duplicated(["sku", "location"]).to_numpy()
    text = "{rows} for a sku and location that stand above already ({values}); their stock is added up."
    findings += grouped(
        stock,
        again,
        table="Stock",
        column="sku",
        severity="info",
        text=text,
        fix="Nothing, if these are batches or bins; else delete them.",
    )
    return findings


def _differs(frame: pd.DataFrame, key: tuple[str, ...], column: str) -> np.ndarray:
    """Return rows whose value differs from that of the first row with the same key; empty cells do not differ."""
    known = frame[column].notna()
    first = frame[known].drop_duplicates(list(key))[[*key, column]]
    merged = frame[list(key)].merge(first, how="left", on=list(key))
    differs: np.ndarray = (known & merged[column].notna() & (frame[column] != merged[column])).to_numpy(dtype=bool)
    return differs
