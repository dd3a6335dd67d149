"""The check stage, one line per check."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.checks.checked import Checked, complete, fill_locations
from invopt_xl.core.checks.grouping import counted, examples
from invopt_xl.core.checks.links import find_circles, find_contradictions, find_unknown_names
from invopt_xl.core.checks.repeats import find_repeated_keys, find_repeated_sales
from invopt_xl.core.checks.rows import (
    drop_impossible_dates,
    drop_impossible_lead_times,
    drop_impossible_numbers,
    drop_incomplete,
    settle_status,
)
from invopt_xl.core.checks.sales_record import find_gaps, find_hidden_stockouts, find_returns, find_unit_breaks
from invopt_xl.core.checks.shares import find_missing_shares, find_short_history
from invopt_xl.core.checks.stock_levels import (
    find_negative_stock,
    find_stock_far_from_record,
    find_stock_without_movement,
)
from invopt_xl.core.findings import Finding
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError
from invopt_xl.settings import Settings


def check(tables: Tables, *, settings: Settings, as_of: pd.Timestamp | None = None) -> Checked:
    """Return the tables without unusable rows, and what was found.

    Parameters
    ----------
    tables : Tables
    settings : Settings
    as_of : Timestamp, optional
        Last day with known sales; later sales are kept out. Default: the last day with sales (the end of the last week or month for
        data recorded so).

    Raises
    ------
    InputError
        No usable sales row is left.
    """
    findings: list[Finding] = list(tables.findings)
    frames = fill_locations(complete(tables.frames))
    frames, said = drop_incomplete(frames)
    findings += said
    frames, said = drop_impossible_numbers(frames)
    findings += said
    frames, said = settle_status(frames)
    findings += said
    frames, said, day = drop_impossible_dates(frames, as_of=as_of)
    findings += said
    frames, said = drop_impossible_lead_times(frames, max_days=settings.max_lead_time_days, as_of=as_of)
    findings += said
    if not len(frames["Sales"]) or day is None:
        raise InputError(_no_sales(tables, findings))
    frames, said = find_circles(frames)
    findings += said
    findings += _doubts(frames, settings, day)
    findings += _skus_without_sales(tables, frames)
    return Checked(frames=frames, findings=tuple(findings), as_of=day)


def _doubts(frames: dict[str, pd.DataFrame], settings: Settings, as_of: pd.Timestamp) -> list[Finding]:
    """Return what is used, but worth a look; one line per check."""
    sales = frames["Sales"]
    return [
        *find_missing_shares(frames, limit=settings.missing_share_limit),
        *find_short_history(sales, as_of=as_of, months=settings.min_history_months),
        *find_repeated_sales(sales),
        *find_repeated_keys(frames),
        *find_unknown_names(frames),
        *find_contradictions(frames["Items"]),
        *find_returns(sales),
        *find_hidden_stockouts(sales),
        *find_gaps(sales),
        *find_unit_breaks(sales),
        *find_negative_stock(frames),
        *find_stock_without_movement(sales),
        *find_stock_far_from_record(frames, as_of=as_of),
    ]


def _skus_without_sales(tables: Tables, frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return an error for skus of which no sales row was left; all others are planned."""
    given = pd.Series(tables.frames["Sales"]["sku"].unique(), dtype="str").str.strip().dropna()
    gone = given[(given != "") & ~given.isin(frames["Sales"]["sku"].unique())]
    if not len(gone):
        return []
    number = int(gone.nunique())
    text = f"{counted(number, 'sku')} without a usable sales row: {examples(gone)}. All others are planned."
    return [Finding("error", "Sales", "column sku", text, "See the other findings on Sales for why.")]


def _no_sales(tables: Tables, findings: list[Finding]) -> str:
    given = tables.frames.get("Sales")
    where = f" in {tables.source}" if tables.source else ""
    if given is None:
        return f"No table of sales was found{where}. Add a sheet Sales with the columns date, sku and quantity, or name yours on a Settings sheet."
    if not len(given):
        return f"The Sales table{where} has no rows. Fill in at least date, sku and quantity."
    reasons = " ".join(str(each) for each in findings if each.table == "Sales" and each.rows_kept_out)
    return f"None of the {len(given)} rows of Sales{where} can be used. {reasons}".strip()
