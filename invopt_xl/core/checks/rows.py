"""Which rows can be used at all: required cells, sensible numbers, known words, dates that can be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import last_day, recorded_by
from invopt_xl.core.checks.grouping import examples, grouped
from invopt_xl.core.contracts import INPUT_TABLES, Table
from invopt_xl.core.findings import Finding

Frames = dict[str, pd.DataFrame]

#: Sales before this year are typing mistakes or spreadsheet day zero (1899-12-30, 1900-01-01).
_FIRST_YEAR = 1970
#: No planner means a number beyond this in either direction; it also keeps all later arithmetic finite.
_LARGEST = 1e12
#: Sales after this year are typing mistakes, however many there are.
_LAST_YEAR = 2200
#: A last block of dates this far behind the rest [days], with less than this share of all rows, is a typing mistake in the year.
_LONELY_DAYS, _LONELY_SHARE = 366, 0.01
#: A first block of as few rows must lie this far before the rest [days]: old sales are rarer than mistakes, but they exist.
_LONELY_PAST_DAYS = 1096

#: Words for the same status. The contract's own words come first.
ITEM_STATUS = {
    "active": ("active", "aktiv", "live", "current", "normal", "a"),
    "new": ("new", "neu", "launch", "introduction"),
    "ending": (
        "ending",
        "discontinued",
        "phase out",
        "phase-out",
        "phasing out",
        "end of life",
        "eol",
        "auslauf",
        "sell off",
        "delisted",
    ),
    "blocked": ("blocked", "inactive", "obsolete", "gesperrt", "do not order", "stopped", "closed"),
}
SUPPLIER_STATUS = {"active": ITEM_STATUS["active"], "blocked": ITEM_STATUS["blocked"]}


def drop_incomplete(frames: Frames) -> tuple[Frames, list[Finding]]:
    """Return the tables without rows whose required cells are empty."""
    kept, findings = dict(frames), []
    for table in INPUT_TABLES:
        frame = frames[table.name]
        bad = np.zeros(len(frame), dtype=bool)
        for columns in [(name,) for name in table.required if (table.name, name) != ("OpenOrders", "due_date")] + list(
            table.either
        ):
            missing = frame[list(columns)].isna().all(axis=1).to_numpy() & ~bad
            if (table.name, *columns) == ("Settings", "value"):
                # an empty value is how a settings sheet says "as usual"
                bad |= missing
                continue
            name = " or ".join(columns)
            findings += _row_finding(
                frame, missing, table, columns[0], f"{{rows}} without {name}.", f"Fill in {name}, or delete the row."
            )
            bad |= missing
        kept[table.name] = _without(frame, bad)
    return kept, findings


def drop_impossible_numbers(frames: Frames) -> tuple[Frames, list[Finding]]:
    """Return the tables with impossible optional numbers emptied, and rows with impossible required numbers left out."""
    kept, findings = dict(frames), []
    for table in INPUT_TABLES:
        frame = frames[table.name]
        bad = np.zeros(len(frame), dtype=bool)
        changed: dict[str, pd.Series] = {}
        for each in table.fields:
            if each.kind != "number" or not len(frame):
                continue
            values = frame[each.name]
            low = -np.inf if each.minimum is None else each.minimum
            # 0 where at least 1 makes sense is a planner's way to say "none"
            none = (values == 0) & (low > 0)
            wrong = (values.notna() & ((values < low) | (values.abs() > _LARGEST)) & ~none).to_numpy()
            if each.required:
                findings += _row_finding(
                    frame,
                    wrong,
                    table,
                    each.name,
                    f"{each.name} of {{values}}: expected {_at_least(low)}.",
                    "Correct it.",
                )
                bad |= wrong
            else:
                findings += grouped(
                    frame,
                    wrong,
                    table=table.name,
                    column=each.name,
                    severity="warning",
                    text=f"{each.name} of {{values}}: expected {_at_least(low)}; taken as empty.",
                    fix="Correct it.",
                )
                changed[each.name] = values.mask(wrong | none)
        kept[table.name] = _without(frame.assign(**changed), bad)
    return kept, findings


def settle_status(frames: Frames) -> tuple[Frames, list[Finding]]:
    """Return Items and Suppliers with `status` in the contract's words; unknown words are found and taken as active."""
    kept, findings = dict(frames), []
    for table, words in (("Items", ITEM_STATUS), ("Suppliers", SUPPLIER_STATUS)):
        frame = frames[table]
        known = {word: status for status, synonyms in words.items() for word in synonyms}
        status = frame["status"].str.casefold().map(known).astype("str")
        unknown = (frame["status"].notna() & status.isna()).to_numpy()
        fix = f"Write one of {', '.join(words)}."
        findings += grouped(
            frame,
            unknown,
            table=table,
            column="status",
            severity="warning",
            text="{rows} with status {values}: not a known word; taken as active.",
            fix=fix,
        )
        kept[table] = frame.assign(status=status.fillna("active").where(frame["status"].notna()).astype("str"))
    return kept, findings


def drop_impossible_dates(
    frames: Frames, *, as_of: pd.Timestamp | None
) -> tuple[Frames, list[Finding], pd.Timestamp | None]:
    """Return the tables without sales of impossible days, with findings and the last day with known sales (None without sales)."""
    sales = frames["Sales"]
    if not len(sales):
        return frames, [], as_of
    years = sales["date"].dt.year.to_numpy()
    absurd = (years < _FIRST_YEAR) | (years > _LAST_YEAR)
    absurd |= _lonely(sales["date"].to_numpy(), ~absurd)
    findings = grouped(
        sales,
        absurd,
        table="Sales",
        column="date",
        severity="error",
        text="{rows} dated {values}: far from all other dates.",
        fix="Correct the year.",
        kept_out=True,
    )
    sales = _without(sales, absurd)
    days = sales["date"].to_numpy()
    day = _settled_as_of(days, as_of) if len(days) else as_of
    if as_of is not None and day is not None:
        late = days > np.datetime64(day)
        findings += grouped(
            sales,
            late,
            table="Sales",
            column="date",
            severity="warning",
            text=f"{{rows}} dated after {as_of:%Y-%m-%d}, the day of this plan.",
            fix="Nothing, if the plan is made for that day on purpose; else correct the dates or the day.",
            kept_out=True,
        )
        sales = _without(sales, late)
    return frames | {"Sales": sales}, findings, day


def _settled_as_of(days: np.ndarray, as_of: pd.Timestamp | None) -> pd.Timestamp:
    """Return the last day with known sales.

    A day given as the label of the last recorded week or month means that whole week or month.
    """
    recorded = recorded_by(days)
    if as_of is None:
        return last_day(days, recorded=recorded)
    day = as_of.normalize()
    label = days.astype("datetime64[D]") == np.datetime64(day, "D")
    if recorded != "day" and label.any():
        return last_day(days[label], recorded=recorded)
    return day


def _lonely(days: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return the mask of rows in a small last block of dates, far behind all others, or in a small first block, far before them."""
    lonely = np.zeros(len(days), dtype=bool)
    different, rows = np.unique(days[usable].astype("datetime64[D]"), return_counts=True)
    few = max(1.0, _LONELY_SHARE * rows.sum())
    gaps = np.diff(different).astype(np.int64)
    behind, before = rows[::-1].cumsum()[::-1], rows.cumsum()
    for gap in np.flatnonzero(gaps > _LONELY_DAYS):
        if behind[gap + 1] <= few and before[gap] > few:
            lonely |= days > different[gap].astype(days.dtype)
            break
    for gap in np.flatnonzero(gaps > _LONELY_PAST_DAYS)[::-1]:
        if before[gap] <= few and behind[gap + 1] > few:
            lonely |= days <= different[gap].astype(days.dtype)
            break
    return lonely


def drop_impossible_lead_times(
    frames: Frames, *, max_days: float, as_of: pd.Timestamp | None
) -> tuple[Frames, list[Finding]]:
    """Return LeadTimes without receipts before the order or absurdly long after it, and without those not known yet on a given `as_of`."""
    frame = frames["LeadTimes"]
    days = (frame["receipt_date"] - frame["order_date"]).dt.days.to_numpy(dtype=float)
    negative, absurd = days < 0, days > max_days
    named = frame.assign(days=days)
    findings: list[Finding] = []
    for mask, text in ((negative, "arrived before they were ordered"), (absurd, f"took longer than {max_days:g} days")):
        found = examples(named["days"][mask])
        findings += grouped(
            frame,
            mask,
            table="LeadTimes",
            column="receipt_date",
            severity="error",
            text=f"{{rows}}: {text} ({found} days).",
            fix="Correct the dates.",
            kept_out=True,
        )
    unknown = np.zeros(len(frame), dtype=bool) if as_of is None else (frame["receipt_date"] > as_of).to_numpy()
    unknown = unknown & ~negative & ~absurd
    findings += grouped(
        frame,
        unknown,
        table="LeadTimes",
        column="receipt_date",
        severity="info",
        text="{rows} received after the day of this plan.",
        fix="Nothing, if the plan is made for that day on purpose.",
        kept_out=True,
    )
    return frames | {"LeadTimes": _without(frame, negative | absurd | unknown)}, findings


def _row_finding(
    frame: pd.DataFrame, mask: np.ndarray, table: Table, column: str, text: str, fix: str
) -> list[Finding]:
    return grouped(frame, mask, table=table.name, column=column, severity="error", text=text, fix=fix, kept_out=True)


def _at_least(low: float) -> str:
    return f"a number within {_LARGEST:g} of zero" if low == -np.inf else f"a number of at least {low:g}"


def _without(frame: pd.DataFrame, bad: np.ndarray) -> pd.DataFrame:
    return frame[~bad].reset_index(drop=True) if bad.any() else frame
