"""The checked tables: every contract table with every column, so that later stages never ask whether a column is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import DEFAULT_LOCATION, INPUT_TABLES, Table
from invopt_xl.core.findings import Finding
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET

_DTYPES = {"text": "str", "number": "float64", "date": "datetime64[s]", "flag": "boolean"}

#: Tables whose rows stand at one place; elsewhere an empty location means every location.
PLACED_TABLES = ("Sales", "Stock", "OpenOrders")


@dataclass(frozen=True)
class Checked:
    """Input tables without the rows that cannot be used.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Every table of the contract, with every contract column and the two provenance columns, RangeIndex. Text is `str` (missing is
        NaN), number `float64`, date `datetime64[s]` at midnight, flag `bool`. `location` is filled in Sales, Stock and OpenOrders; in the other
        tables an empty location means every location.
    findings : tuple of Finding
    as_of : Timestamp
        Last day with known sales. Data recorded by week or month ends with the last day of its last period.
    """

    frames: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]
    as_of: pd.Timestamp


def complete(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return every contract table with every column in its fixed type; texts stripped, empty texts missing."""
    return {table.name: _complete_table(table, frames.get(table.name)) for table in INPUT_TABLES}


def _complete_table(table: Table, given: pd.DataFrame | None) -> pd.DataFrame:
    given = pd.DataFrame() if given is None else given
    rows = len(given)
    columns: dict[str, pd.Series | np.ndarray] = {}
    for each in table.fields:
        dtype: Any = _DTYPES[each.kind]
        if each.name in given:
            column = given[each.name].reset_index(drop=True).astype(dtype)
        else:
            column = pd.Series(pd.NA if each.kind == "flag" else None, index=range(rows), dtype=dtype)
        if each.kind == "text" and each.name in given:
            column = column.str.strip()
            column = column.where(column != "")
        if each.kind == "date":
            column = column.dt.normalize()
        columns[each.name] = column.fillna(False).astype("bool") if each.kind == "flag" else column
    sheet = given[SOURCE_SHEET].to_numpy() if SOURCE_SHEET in given else np.full(rows, table.name, dtype=object)
    row = given[SOURCE_ROW].to_numpy() if SOURCE_ROW in given else np.arange(2, rows + 2)
    columns[SOURCE_SHEET] = pd.Series(sheet, dtype="str")
    columns[SOURCE_ROW] = pd.Series(row).astype("int64")
    return pd.DataFrame(columns, index=pd.RangeIndex(rows))


def fill_locations(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with `location` filled where a row stands at one place.

    A workbook that names exactly one location in Sales and Stock means that one where it names none.
    """
    named = pd.concat([frames["Sales"]["location"], frames["Stock"]["location"]]).dropna().unique()
    usual = str(named[0]) if len(named) == 1 else DEFAULT_LOCATION
    filled = {name: frames[name].assign(location=frames[name]["location"].fillna(usual)) for name in PLACED_TABLES}
    return frames | filled
