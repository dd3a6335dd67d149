"""Wide layouts: one column per period. Finds the period columns in a header, and what day each period starts."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.intake.dates import MONTHS, date_of_text, parse_dates, week_start
from invopt_xl.core.intake.grid import Grid
from invopt_xl.core.intake.names import plain

#: Fewer period columns than this are no wide layout.
MIN_PERIODS = 3
_PART = re.compile(
    r"^(?:(w|wk|kw|week|semaine|sem|vecka|uge|sw)|(m|month|mois|monat|mes|p|period|periode)|(q|quarter))?[\s\-_./]*(\d{1,2})$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"^(?:latest|last|current|now|t|m|period)?\s*[-−–]\s*(\d{1,3})$|^(latest|last|current|now|t|newest)$", re.IGNORECASE
)


@dataclass(frozen=True, eq=False)
class Periods:
    """Period columns of a grid (0-based) and the start of each period; `starts` is NaT throughout where the header has no dates.

    `ages` counts periods back from the newest one where the header says it ("last -1"); else empty.
    """

    columns: tuple[int, ...]
    starts: np.ndarray
    ages: tuple[int, ...] = ()
    rows: int = 1


def find_periods(grid: Grid, row: int, *, date_order: str = "auto", allowed: range | None = None) -> Periods | None:
    """Return the periods that a header row names, alone or together with the row above or below it; None if it is no wide header.

    Parameters
    ----------
    row : int
        0-based row of the grid.
    allowed : range or None
        Columns that may be periods (0-based).
    """
    columns = list(allowed if allowed is not None else range(grid.width))
    best = _dated(grid, row, columns, date_order)
    for top, bottom in ((row, row + 1), (row - 1, row)):
        pair = _year_and_part(grid, top, bottom, columns)
        if pair is not None and (best is None or len(pair.columns) > len(best.columns)):
            best = Periods(pair.columns, pair.starts, rows=2 if top == row else 1)
    return best or _relative(grid, row, columns)


def _dated(grid: Grid, row: int, columns: list[int], date_order: str) -> Periods | None:
    cells = {column: grid.cell(row, column) for column in columns}
    texts = [cell.strip() for cell in cells.values() if isinstance(cell, str)]
    order = parse_dates(texts, date_order=date_order).order or "day first"
    orders = dict.fromkeys("-/. ", order)
    found: dict[int, dt.datetime] = {}
    for column, cell in cells.items():
        day = _day_of(cell, orders)
        if day is not None:
            found[column] = day
    if len(found) < MIN_PERIODS or len(set(found.values())) < len(found):
        return None
    return Periods(tuple(found), np.array(list(found.values()), dtype="datetime64[s]"))


def _day_of(cell: object, orders: dict[str, str]) -> dt.datetime | None:
    if isinstance(cell, str):
        text = cell.strip()
        # a bare number as text is a count, not a day
        return None if re.fullmatch(r"\d{1,5}(\.\d+)?", text) else date_of_text(text, orders)
    if isinstance(cell, dt.datetime):
        return cell.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) if cell == cell else None
    if isinstance(cell, dt.date):
        return dt.datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool) and 0 < cell < 1e9:
        # a written date such as 20240131 or 202401; day numbers only in the years that a plan can be about, 1990 to 2080
        number = int(cell)
        if number == cell and (199001 <= number <= 208012 or 19900101 <= number <= 20801231):
            return date_of_text(str(number), orders)
        if number == cell and 32874 <= number <= 65746:
            return dt.datetime(1899, 12, 30) + dt.timedelta(days=number)
    return None


def _year_and_part(grid: Grid, top: int, bottom: int, columns: list[int]) -> Periods | None:
    if top < 0:
        return None
    years = {column: _year(grid.cell(top, column)) for column in columns}
    parts = {column: part for column in columns if (part := _part(grid.cell(bottom, column))) is not None}
    if len(parts) < MIN_PERIODS or not any(years[column] for column in columns):
        return None
    filled = _fill_years(years, parts)
    found: dict[int, dt.datetime] = {}
    for column, (unit, number) in parts.items():
        start = _start(filled.get(column, 0), unit, number)
        if start is not None:
            found[column] = start
    if len(found) < MIN_PERIODS or len(set(found.values())) < len(found):
        return None
    return Periods(tuple(found), np.array(list(found.values()), dtype="datetime64[s]"))


def _fill_years(years: dict[int, int], parts: dict[int, tuple[str, int]]) -> dict[int, int]:
    """Return the year of each period column: a year holds to the right (merged cells), and to the left while the parts count on."""
    filled: dict[int, int] = {}
    known = 0
    for column in sorted(years):
        known = years[column] or known
        if known and column in parts:
            filled[column] = known
    missing = [column for column in sorted(parts) if column not in filled]
    for column in reversed(missing):
        after = min((other for other in filled if other > column), default=None)
        if after is not None:
            filled[column] = filled[after] - (parts[column][1] > parts[after][1])
    return filled


def _year(cell: object) -> int:
    if isinstance(cell, str):
        match = re.fullmatch(r"\s*(?:FY|year|jahr|année|año)?\s*((?:19|20)\d{2})\s*", cell, re.IGNORECASE)
        return int(match.group(1)) if match else 0
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 1900 <= cell <= 2100:
        return int(cell) if cell == int(cell) else 0
    return 0


def _part(cell: object) -> tuple[str, int] | None:
    """Return ("week" | "month" | "quarter" | "", number) of a header part."""
    if isinstance(cell, str):
        text = cell.strip()
        if plain(text) in MONTHS:
            return "month", MONTHS[plain(text)]
        match = _PART.match(text)
        if not match:
            return None
        unit = "week" if match.group(1) else "month" if match.group(2) else "quarter" if match.group(3) else ""
        return unit, int(match.group(4))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 1 <= cell <= 53 and cell == int(cell):
        return "", int(cell)
    return None


def _start(year: int, unit: str, number: int) -> dt.datetime | None:
    if not year:
        return None
    # a bare number up to 12 is a month only when nothing above 12 stands beside it; the caller drops clashes
    if unit == "week":
        return week_start(year, number)
    month = 3 * number - 2 if unit == "quarter" else number
    if 1 <= month <= 12:
        return dt.datetime(year, month, 1)
    return week_start(year, number)


def _relative(grid: Grid, row: int, columns: list[int]) -> Periods | None:
    found: dict[int, int] = {}
    for column in columns:
        cell = grid.cell(row, column)
        match = _RELATIVE.match(cell.strip()) if isinstance(cell, str) else None
        if match:
            found[column] = int(match.group(1) or 0)
    if len(found) < MIN_PERIODS or len(set(found.values())) < len(found):
        return None
    return Periods(
        tuple(found), np.full(len(found), np.datetime64("NaT"), dtype="datetime64[s]"), tuple(found.values())
    )


def counted_periods(columns: range) -> Periods:
    """Return periods for columns that the planner named, without dates; the first one is the oldest unless said otherwise."""
    return Periods(tuple(columns), np.full(len(columns), np.datetime64("NaT"), dtype="datetime64[s]"))


def dated(periods: Periods, *, start: str, period: str, order: str) -> Periods:
    """Return the periods with starts counted from the oldest one.

    >>> two = Periods((4, 5), np.full(2, np.datetime64("NaT"), dtype="datetime64[s]"), ages=(0, 1))
    >>> dated(two, start="2024-01-01", period="month", order="").starts.astype("datetime64[M]").tolist()
    [datetime.date(2024, 2, 1), datetime.date(2024, 1, 1)]
    """
    count = len(periods.columns)
    newest_first = order == "newest first"
    ages = np.array(periods.ages) if periods.ages else np.arange(count) if newest_first else np.arange(count)[::-1]
    steps = ages.max() - ages
    first = parse_dates([start]).series[0]
    if period == "month":
        offset_days = first.astype("datetime64[D]") - first.astype("datetime64[M]").astype("datetime64[D]")
        months = first.astype("datetime64[M]") + steps
        starts = (months.astype("datetime64[D]") + offset_days).astype("datetime64[s]")
    else:
        starts = first + (steps * (7 if period == "week" else 1)).astype("timedelta64[D]").astype("timedelta64[s]")
    return Periods(periods.columns, starts, periods.ages, periods.rows)
