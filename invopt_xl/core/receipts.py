"""Receipts of order lines -> lead times in days per line, their groups, and whether a group's lead time has moved. Serves lead times."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Receipts needed before a shift is looked for, and the standard normal score from which it counts (1 % two-sided).
_LEAST_RECEIPTS, _SHIFT_SCORE = 9, 2.576
#: A shift smaller than this is no news [days, share of the earlier mean].
_LEAST_SHIFT_DAYS, _LEAST_SHIFT_SHARE = 2.0, 0.10


def receipt_lines(receipts: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return one row per order line: sku, location, supplier, order_date, days, delay_days, on_time.

    Several receipts of one order line (same order_id, sku, location, supplier and order date) count once: days are their mean, weighted
    by quantity received; the line is on time when its last receipt is not after the promised date. A missing supplier is the item's.

    Parameters
    ----------
    receipts : DataFrame
        Checked LeadTimes.
    items : DataFrame
        Checked Items.
    """
    days = (receipts["receipt_date"] - receipts["order_date"]).dt.days.astype("float64")
    late = (receipts["receipt_date"] - receipts["promised_date"]).dt.days.astype("float64")
    usual = items.drop_duplicates("sku").set_index("sku")["supplier"].reindex(receipts["sku"])
    supplier = receipts["supplier"].fillna(pd.Series(usual.to_numpy(), dtype="str"))
    weight = receipts["quantity_received"].where(receipts["quantity_received"] > 0)
    frame = pd.DataFrame(
        {
            "sku": receipts["sku"],
            "location": receipts["location"],
            "supplier": supplier,
            "order_date": receipts["order_date"],
            "order_id": receipts["order_id"],
            "days": days,
            "late": late,
            "weight": weight,
        }
    )
    line = _line_numbers(frame)
    # a line with one unknown quantity weighs its receipts alike
    unknown = frame["weight"].isna().groupby(line).transform("any")
    frame["weight"] = frame["weight"].where(~unknown, 1.0)
    sums = (
        (frame[["days", "late"]].mul(frame["weight"], axis=0))
        .assign(weight=frame["weight"])
        .groupby(line)
        .sum(min_count=1)
    )
    lines = frame.assign(line=line).drop_duplicates("line").set_index("line").sort_index()
    lines["days"] = sums["days"] / sums["weight"]
    lines["delay_days"] = sums["late"] / sums["weight"]
    last = frame["late"].groupby(line).max()
    lines["on_time"] = (last <= 0).where(last.notna()).astype("float64")
    return lines[["sku", "location", "supplier", "order_date", "days", "delay_days", "on_time"]].reset_index(drop=True)


def _line_numbers(frame: pd.DataFrame) -> pd.Series:
    """Return the order line of each receipt; a receipt without an order number is a line of its own."""
    keys = frame[["order_id", "sku", "location", "supplier", "order_date"]]
    number = keys.groupby(["order_id", "sku", "location", "supplier", "order_date"], dropna=False, sort=False).ngroup()
    own = frame["order_id"].isna()
    return number.where(~own, len(frame) + np.arange(len(frame)))


def group_statistics(lines: pd.DataFrame, group: np.ndarray, *, groups: int) -> pd.DataFrame:
    """Return statistics of each group of lines.

    Parameters
    ----------
    lines : DataFrame
        From `receipt_lines`.
    group : int array, shape (lines,)
        Group of each line; -1 belongs to none.
    groups : int
        Number of groups.

    Returns
    -------
    DataFrame
        One row per group: receipts, mean_days, sd_days (sample; NaN below 2), on_time_share, mean_delay_days, recent_mean_days,
        earlier_mean_days (NaN below 9 receipts), drift (bool), recent_from (rank of the first recent line).
    """
    known = group >= 0
    rows = lines[known].assign(group=group[known]).sort_values(["group", "order_date"], kind="stable")
    by = rows.groupby("group", sort=False)
    size, rank = by["days"].transform("size"), by.cumcount()
    recent = (rank >= size - size // 3).to_numpy()
    frame = pd.DataFrame(
        {
            "receipts": by.size(),
            "mean_days": by["days"].mean(),
            "sd_days": by["days"].std(),
            "on_time_share": by["on_time"].mean(),
            "mean_delay_days": by["delay_days"].mean(),
            "recent_mean_days": rows[recent].groupby("group")["days"].mean(),
            "earlier_mean_days": rows[~recent].groupby("group")["days"].mean(),
        }
    ).reindex(range(groups))
    frame["receipts"] = frame["receipts"].fillna(0).astype("int64")
    enough = frame["receipts"] >= _LEAST_RECEIPTS
    for name in ("recent_mean_days", "earlier_mean_days"):
        frame[name] = frame[name].where(enough)
    score = _shift_score(rows, recent).reindex(range(groups))
    change = (frame["recent_mean_days"] - frame["earlier_mean_days"]).abs()
    least = np.maximum(_LEAST_SHIFT_DAYS, _LEAST_SHIFT_SHARE * frame["earlier_mean_days"])
    frame["drift"] = enough & (score.abs() > _SHIFT_SCORE) & (change > least)
    return frame


def recent_lines(lines: pd.DataFrame, group: np.ndarray) -> np.ndarray:
    """Return the mask of the latest third of the lines of each group, by order date."""
    order = lines.assign(group=group).sort_values(["group", "order_date"], kind="stable")
    by = order.groupby("group", sort=False)
    size, rank = by["days"].transform("size"), by.cumcount()
    recent = (rank >= size - size // 3).reindex(lines.index)
    mask: np.ndarray = recent.to_numpy()
    return mask


def _shift_score(rows: pd.DataFrame, recent: np.ndarray) -> pd.Series:
    """Return the standard normal score of the rank-sum test of recent against earlier lines, ties corrected (Mann & Whitney 1947)."""
    by = rows.groupby("group", sort=False)
    ranks = by["days"].rank()
    n = by.size().astype("float64")
    late = pd.Series(recent, index=rows.index).groupby(rows["group"], sort=False).sum().astype("float64")
    total = ranks.where(recent, 0.0).groupby(rows["group"], sort=False).sum()
    ties = rows.groupby(["group", "days"], sort=False).size().astype("float64")
    tied = (ties**3 - ties).groupby(level="group").sum()
    expected = late * (n + 1) / 2
    pairs = n * (n - 1)
    variance = late * (n - late) / 12 * ((n + 1) - tied / pairs.where(pairs > 0))
    sd = np.sqrt(variance.where(variance > 0))
    score: pd.Series = (total - expected) / sd
    return score
