"""What the sales record itself shows: returns, gaps, breaks in the unit of measure, stock-outs kept as zero demand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers, bucket_starts, recorded_by
from invopt_xl.core.checks.grouping import NAMED, counted, grouped
from invopt_xl.core.findings import Finding

#: Factors between units of measure that people mix up: dozen, case, gross, hundreds, thousands.
_UNIT_FACTORS = np.array([10.0, 12.0, 24.0, 100.0, 144.0, 1000.0])
#: Non-zero periods needed before and after a break, how near the ratio of medians must be to the factor, and how far apart the two
#: sides must lie: the lower quartile after the break above the upper quartile before it times this.
_BREAK_PERIODS, _FACTOR_NEARNESS, _BREAK_APART = 6, 0.15, 3.0
#: A gap of one series is worth a word when it is this many times its usual interval, and at least so many periods.
_GAP_INTERVALS, _GAP_PERIODS = 6.0, 6
#: Monthly rows usually this far apart are quarterly figures [months].
_QUARTER_MONTHS = 3


def find_returns(sales: pd.DataFrame) -> list[Finding]:
    """Return one note with the totals of negative quantities."""
    returned = (sales["quantity"] < 0).to_numpy()
    units, sold = -float(sales["quantity"].to_numpy()[returned].sum()), float(sales["quantity"].clip(lower=0).sum())
    share = f" ({units / sold:.1%} of {sold:,.6g} sold)" if sold > 0 else ""
    text = f"{{rows}} with a negative quantity: {units:,.6g} units{share} taken as returns and settled against earlier sales."
    return grouped(
        sales,
        returned,
        table="Sales",
        column="quantity",
        severity="info",
        text=text,
        fix="Nothing, if these are returns or cancellations.",
    )


def find_hidden_stockouts(sales: pd.DataFrame) -> list[Finding]:
    """Return one note for rows that record no sale while there was no stock."""
    hidden = ((sales["quantity"] == 0) & ((sales["on_hand"] <= 0) | sales["stockout"])).to_numpy()
    text = "{rows} record zero demand while out of stock; the plan treats them as hidden, not as no demand."
    return grouped(sales, hidden, table="Sales", column="quantity", severity="info", text=text, fix="Nothing.")


def find_gaps(sales: pd.DataFrame) -> list[Finding]:
    """Return a warning for whole periods in which nothing at all was recorded, and a note on silent series.

    Periods are weeks, or months for sales recorded by month.
    """
    days = sales["date"].to_numpy()
    recorded = recorded_by(days)
    period: Period = "month" if recorded == "month" else "week"
    number = bucket_numbers(days, period=period, recorded=recorded)
    seen = np.unique(number)
    step = np.diff(seen)
    findings: list[Finding] = []
    where = f"Sheet {sales['source_sheet'].iloc[0]}, column date"
    if recorded == "month" and len(step) > 1 and np.median(step) >= _QUARTER_MONTHS:
        text = "Sales are recorded by quarter or more rarely; planned by month, the months between count as no demand."
        findings.append(Finding("warning", "Sales", where, text, "Give sales by month, week or day."))
    # sparse sales leave empty weeks by chance: only a gap that is rare for this record is one
    if len(seen) > NAMED and (step > 1).any() and (step > 1).mean() < 0.1:
        missing = np.concatenate([np.arange(a + 1, b) for a, b in pairwise(seen) if b > a + 1])
        starts = ", ".join(str(day) for day in bucket_starts(missing[:NAMED], period=period))
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        text = f"No sales at all in {counted(len(missing), period)} (starting {starts}{more}); taken as no demand."
        findings.append(
            Finding(
                "warning",
                "Sales",
                where,
                text,
                "Add the missing sales, unless you were closed.",
            )
        )
    return findings + _series_gaps(sales, number, period)


def _series_gaps(sales: pd.DataFrame, number: np.ndarray, period: Period) -> list[Finding]:
    number = number - number.min()
    width = int(number.max()) + 1
    cells, first_row = np.unique(_series_codes(sales) * width + number, return_index=True)
    series, at = cells // width, cells % width
    start = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    size = np.diff(np.r_[start, len(series)])
    usual = np.repeat((at[start + size - 1] - at[start]) / np.maximum(size - 1, 1), size)
    step = np.diff(at, prepend=at[0])
    step[start] = 0
    long = (step > _GAP_PERIODS) & (step > _GAP_INTERVALS * usual)
    if not long.any():
        return []
    worst = int(np.argmax(np.where(long, step, 0)))
    row = int(first_row[worst])
    number_of = len(np.unique(series[long]))
    text = (
        f"{number_of:,} sku-locations have a long gap in their sales, such as {sales['sku'].iloc[row]}: "
        f"{counted(int(step[worst]) - 1, period)} before {sales['date'].iloc[row]:%Y-%m-%d}; taken as no demand."
    )
    where = f"Sheet {sales['source_sheet'].iloc[0]}, column date"
    return [Finding("info", "Sales", where, text, "Mark stock-outs in stockout or on_hand, or add missing sales.")]


def find_unit_breaks(sales: pd.DataFrame) -> list[Finding]:
    """Return a warning for series whose level jumps by a round factor once and for all: sold by the piece before, by the case after.

    Periods with sales are compared, weeks or months, before and after every possible break; a series needs six on each side.
    """
    periods = _sold_periods(sales)
    by = periods.groupby("series", sort=False).indices
    found = []
    for code in _suspects(periods):
        one = periods.iloc[by[code]]
        at = break_position(one["quantity"].to_numpy())
        if at >= 0 and _price_agrees(one["price"].to_numpy(), one["quantity"].to_numpy(), at):
            before, after = one["quantity"].iloc[:at].median(), one["quantity"].iloc[at:].median()
            row = int(one["row"].iloc[at])
            day = sales["date"].iloc[row]
            found.append(f"{sales['sku'].iloc[row]} on {day:%Y-%m-%d} (from {before:,.4g} to {after:,.4g})")
    if not found:
        return []
    named = ", ".join(found[:NAMED]) + (f" and {len(found) - NAMED} more" if len(found) > NAMED else "")
    text = f"Quantities jump by a round factor for good, as if the unit of measure had changed: {named}."
    where = f"Sheet {sales['source_sheet'].iloc[0]}, column quantity"
    return [Finding("warning", "Sales", where, text, "Bring all sales to one unit, if so.")]


def _sold_periods(sales: pd.DataFrame) -> pd.DataFrame:
    """Return periods with sales, in order per series: series, quantity (sum), price (mean), row (position of the first sales row)."""
    sold = (sales["quantity"] > 0).to_numpy()
    days = sales["date"].to_numpy()
    recorded = recorded_by(days)
    number = bucket_numbers(days, period="month" if recorded == "month" else "week", recorded=recorded)
    number -= number.min()
    width = int(number.max()) + 1
    cell, cells = pd.factorize(_series_codes(sales)[sold] * width + number[sold])
    rows = np.flatnonzero(sold)
    quantity = np.bincount(cell, weights=sales["quantity"].to_numpy()[sold], minlength=len(cells))
    price = sales["price"].to_numpy()[sold]
    priced = price > 0
    total = np.bincount(cell[priced], weights=price[priced], minlength=len(cells))
    lines = np.bincount(cell[priced], minlength=len(cells))
    mean_price = np.divide(total, lines, out=np.full(len(cells), np.nan), where=lines > 0)
    first = np.full(len(cells), len(sales))
    first[cell[::-1]] = rows[::-1]
    frame = pd.DataFrame(
        {"series": cells // width, "number": cells % width, "quantity": quantity, "price": mean_price, "row": first}
    )
    return frame.sort_values(["series", "number"], ignore_index=True)


def _suspects(periods: pd.DataFrame) -> list[int]:
    """Return series whose first and last six periods lie a factor apart; few series do."""
    by = periods.groupby("series", sort=False)
    size, rank = by["quantity"].transform("size"), by.cumcount()
    long = size >= 2 * _BREAK_PERIODS
    first = periods[long & (rank < _BREAK_PERIODS)].groupby("series")["quantity"].median()
    last = periods[long & (rank >= size - _BREAK_PERIODS)].groupby("series")["quantity"].median()
    change = (last / first).map(np.log).abs()
    return [int(code) for code in change.index[change > np.log(_UNIT_FACTORS[0] / 2)]]


def _price_agrees(price: np.ndarray, quantity: np.ndarray, at: int) -> bool:
    """Return whether the price moved against the quantity, as it does when only the unit changed; true where prices are not known."""
    before, after = price[:at], price[at:]
    if not (np.isfinite(before).any() and np.isfinite(after).any()):
        return True
    price_ratio = float(np.nanmedian(before) / np.nanmedian(after))
    ratio = float(np.median(quantity[at:]) / np.median(quantity[:at]))
    return bool(abs(np.log(price_ratio / ratio)) < abs(np.log(ratio)) / 2)


def break_position(quantity: np.ndarray) -> int:
    """Return the first period after a break in the unit of measure, or -1.

    >>> break_position(np.array([5.0, 6, 4, 5, 6, 5, 60, 72, 48, 60, 72, 60]))
    6
    >>> break_position(np.arange(1.0, 30.0))
    -1
    """
    size = np.log(quantity)
    total = np.cumsum(size)
    at = np.arange(_BREAK_PERIODS, len(size) - _BREAK_PERIODS + 1)
    # the split with the largest difference between sides, in logarithms, weighed by length
    before, after = total[at - 1] / at, (total[-1] - total[at - 1]) / (len(size) - at)
    split = int(at[np.argmax(np.abs(after - before) * np.sqrt(at * (len(size) - at)))])
    low, high = sorted((quantity[:split], quantity[split:]), key=lambda side: float(np.median(side)))
    ratio = float(np.median(high) / np.median(low))
    near = bool((np.abs(ratio / _UNIT_FACTORS - 1) < _FACTOR_NEARNESS).any())
    apart = float(np.quantile(high, 0.25)) > _BREAK_APART * float(np.quantile(low, 0.75))
    sudden = abs(float(size[split] - size[split - 1])) > np.log(ratio) / 2
    return split if near and apart and sudden else -1


def _series_codes(sales: pd.DataFrame) -> np.ndarray:
    sku, _ = pd.factorize(sales["sku"])
    location, locations = pd.factorize(sales["location"])
    codes: np.ndarray = sku.astype(np.int64) * len(locations) + location
    return codes
