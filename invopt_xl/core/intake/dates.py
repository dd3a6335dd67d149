"""Dates kept as text or as day numbers, and the order of day and month decided from the whole column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.intake.names import plain
from invopt_xl.core.intake.numbers import NO_VALUE

#: First day that `datetime64[s]` and Excel both hold sensibly, and the last [years].
_FIRST_YEAR, _LAST_YEAR = 1900, 9999
#: Two-digit years up to this one are 20xx, as Excel takes them.
_PIVOT = 29
_NAT = np.datetime64("NaT", "s")

_MONTH_WORDS = (
    "jan january januar januari janvier janv enero ene gennaio gen janeiro",
    "feb february februar februari fevrier fevr fev febrero febbraio fevereiro",
    "mar march marz maerz maart mars mrz mrt marzo marco",
    "apr april avril avr abril abr aprile",
    "may mai mei mayo maggio mag maio",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august augustus aout agosto ago",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro",
)
MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, start=1) for word in words.split()}

_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
_WEEKDAY = r"(?:[^\W\d]{2,12}\.?,?\s+)?"
_YMD = re.compile(rf"^(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}$")
_COMPACT = re.compile(rf"^(\d{{4}})(\d{{2}})(\d{{2}}){_TIME}$")
_XYZ = re.compile(rf"^{_WEEKDAY}(\d{{1,2}})\s*([-/. ])\s*(\d{{1,2}})\s*\2\s*(\d{{4}}|\d{{2}}){_TIME}$")
_DAY_NAME = re.compile(
    rf"^{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th)?\.?[-/ ,.]*([^\W\d]{{3,10}})\.?[-/ ,.']*(\d{{4}}|\d{{2}}){_TIME}$"
)
_NAME_DAY = re.compile(rf"^{_WEEKDAY}([^\W\d]{{3,10}})\.?[-/ ]*(\d{{1,2}})(?:st|nd|rd|th)?,?[-/ ]+(\d{{4}}){_TIME}$")
_YEAR_NAME_DAY = re.compile(rf"^(\d{{4}})[-/ ]([^\W\d]{{3,10}})\.?[-/ ](\d{{1,2}}){_TIME}$")
_NAME_YEAR = re.compile(r"^([^\W\d]{3,10})\.?[-/ ,.']*(\d{4}|\d{2})$")
_YEAR_NAME = re.compile(r"^(\d{4})[-/ ,.]*([^\W\d]{3,10})\.?$")
_YEAR_MONTH = re.compile(r"^(\d{4})[-/. ]?(?:M|P)?(\d{1,2})$", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"^(?:M|P|month)?\s*(\d{1,2})[-/. ]+(\d{4})$", re.IGNORECASE)
_YEAR_WEEK = re.compile(r"^(\d{4})[-/. ]*(?:W|KW|wk|week|sem|S)[-/. ]*(\d{1,2})(?:-([1-7]))?$", re.IGNORECASE)
_WEEK_YEAR = re.compile(r"^(?:W|KW|wk|week|sem|S)[-/. ]*(\d{1,2})[-/., ]+(\d{4})$", re.IGNORECASE)
_YEAR_QUARTER = re.compile(r"^(\d{4})[-/. ]*Q([1-4])$|^Q([1-4])[-/. ]*(\d{4})$", re.IGNORECASE)
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")


@dataclass(frozen=True, eq=False)
class Dates:
    """Dates of distinct texts: `series` datetime64[s], `bad` where unreadable; `order` "day first", "month first" or "" (not needed)."""

    series: np.ndarray
    bad: np.ndarray
    order: str
    doubtful: tuple[str, ...]


def parse_dates(texts: Sequence[str], *, date_order: str = "auto", date1904: bool = False) -> Dates:
    """Return the dates that distinct texts of one column mean.

    Texts such as 3/4/2025 follow the others of the column: one with a first number above 12 proves day first, one with a second
    number above 12 proves month first. Separators tell styles apart: "3.4.2025" is decided apart from "3/4/2025".

    >>> parse_dates(["13/02/2025", "03/04/2025"]).series.astype("datetime64[D]").tolist()[1]
    datetime.date(2025, 4, 3)
    >>> parse_dates(["02/13/2025", "03/04/2025"]).order
    'month first'
    >>> parse_dates(["2025-W02", "Jan 2025", "45000"]).series.astype("datetime64[D]").astype(str).tolist()
    ['2025-01-06', '2025-01-01', '2023-03-15']
    """
    orders, doubtful = _orders(texts, date_order)
    values = np.full(len(texts), _NAT, dtype="datetime64[s]")
    bad = np.zeros(len(texts), dtype=bool)
    for position, text in enumerate(texts):
        if text.casefold() in NO_VALUE:
            continue
        found = date_of_text(text, orders, date1904=date1904)
        if found is None:
            bad[position] = True
        else:
            values[position] = np.datetime64(found, "s")
    used = sorted(set(orders.values()))
    return Dates(values, bad, used[0] if len(used) == 1 else "", doubtful)


def _orders(texts: Sequence[str], date_order: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the order of day and month per separator, and texts for which nothing proves it."""
    found = [
        (match.group(2), int(match.group(1)), int(match.group(3)), text)
        for text in texts
        if (match := _XYZ.match(text))
    ]
    orders: dict[str, str] = {}
    doubtful: list[str] = []
    for mark in dict.fromkeys(each[0] for each in found):
        mine = [each for each in found if each[0] == mark]
        days, months = sum(first > 12 for _, first, _, _ in mine), sum(second > 12 for _, _, second, _ in mine)
        if date_order != "auto":
            orders[mark] = date_order
        elif days != months and not (days and months):
            orders[mark] = "day first" if days else "month first"
        else:
            # a point is never used with the month first; else the style that more cells prove, day first when nothing does
            orders[mark] = "month first" if months > days and mark != "." else "day first"
            same = all(first == second for _, first, second, _ in mine)
            if mark != "." and not same:
                doubtful += [
                    text for _, first, second, text in mine if first <= 12 and second <= 12 and first != second
                ]
    return orders, tuple(doubtful)


def date_of_text(text: str, orders: dict[str, str], *, date1904: bool = False) -> dt.datetime | None:
    """Return the day that a text names, the first day of a named week, month or quarter, or None."""
    text = " ".join(text.split())
    if len(text) > 60:
        return None
    if match := _YMD.match(text):
        return _day(match.group(1), match.group(3), match.group(4))
    if match := _COMPACT.match(text):
        return _day(*match.groups()[:3])
    if match := _XYZ.match(text):
        first, mark, second, year = match.groups()
        if orders.get(mark, "day first") == "day first":
            return _day(year, second, first) or _day(year, first, second)
        return _day(year, first, second) or _day(year, second, first)
    return _named(text) or _period(text) or _serial_text(text, date1904)


def _named(text: str) -> dt.datetime | None:
    if match := _DAY_NAME.match(text):
        day, name, year = match.groups()
        return _day(year, _month(name), day)
    if match := _NAME_DAY.match(text):
        name, day, year = match.groups()
        return _day(year, _month(name), day)
    if match := _YEAR_NAME_DAY.match(text):
        year, name, day = match.groups()
        return _day(year, _month(name), day)
    return None


def _period(text: str) -> dt.datetime | None:
    if match := _NAME_YEAR.match(text):
        return _day(match.group(2), _month(match.group(1)), 1)
    if match := _YEAR_NAME.match(text):
        return _day(match.group(1), _month(match.group(2)), 1)
    if match := _YEAR_WEEK.match(text):
        return week_start(int(match.group(1)), int(match.group(2)))
    if match := _WEEK_YEAR.match(text):
        return week_start(int(match.group(2)), int(match.group(1)))
    if match := _YEAR_QUARTER.match(text):
        year, quarter = match.group(1) or match.group(4), match.group(2) or match.group(3)
        return _day(year, 3 * int(quarter) - 2, 1)
    if match := _YEAR_MONTH.match(text):
        return _day(match.group(1), match.group(2), 1) if len(text) != 5 else None
    if match := _MONTH_YEAR.match(text):
        return _day(match.group(2), match.group(1), 1)
    return None


def _serial_text(text: str, date1904: bool) -> dt.datetime | None:
    if not _SERIAL.match(text):
        return None
    return dt.datetime(1904 if date1904 else 1899, 1 if date1904 else 12, 1 if date1904 else 30) + dt.timedelta(
        days=int(float(text))
    )


def _month(name: str) -> int:
    return MONTHS.get(plain(name), 0)


def _day(year: str | int, month: str | int, day: str | int) -> dt.datetime | None:
    number = int(year)
    if len(str(year)) == 2:
        number += 2000 if number <= _PIVOT else 1900
    try:
        return dt.datetime(number, int(month), int(day)) if _FIRST_YEAR <= number <= _LAST_YEAR else None
    except ValueError:
        return None


def week_start(year: int, week: int) -> dt.datetime | None:
    """Return the Monday of an ISO week, or None if the year has no such week.

    >>> week_start(2012, 1)
    datetime.datetime(2012, 1, 2, 0, 0)
    """
    try:
        monday = dt.date.fromisocalendar(year, week, 1) if _FIRST_YEAR <= year < _LAST_YEAR else None
    except ValueError:
        return None
    return dt.datetime(monday.year, monday.month, monday.day) if monday else None


def dates_of_numbers(numbers: np.ndarray, *, date1904: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the dates of day numbers (also 20250131 and 202501) as datetime64[s], and where there is none.

    >>> dates_of_numbers(np.array([45000.0, 20250131.0, 202501.0]))[0].astype("datetime64[D]").astype(str).tolist()
    ['2023-03-15', '2025-01-31', '2025-01-01']
    """
    whole = np.floor(np.where(np.isfinite(numbers), np.clip(numbers, -1, 1e9), -1)).astype(np.int64)
    long, short = whole >= 19000101, (whole >= 190001) & (whole <= 299912)
    year = np.where(long, whole // 10000, np.where(short, whole // 100, 1970))
    month = np.where(long, whole // 100 % 100, np.where(short, whole % 100, 1))
    day = np.where(long, whole % 100, 1)
    written = (long | short) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year <= _LAST_YEAR)
    month_start = (np.where(written, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.where(
        written, month - 1, 0
    )
    named = month_start.astype("datetime64[D]") + np.where(written, day - 1, 0)
    written &= named.astype("datetime64[M]") == month_start
    base = np.datetime64("1904-01-01" if date1904 else "1899-12-30", "D")
    # day numbers below 3654 are days before 1910: numbers or years rather than dates of a plan, except the first ones of 1900
    serial = (whole >= 1) & (whole <= 2_958_465) & ~((whole >= 1910) & (whole <= 2100)) & ~(short & written)
    days = np.where(written, named, base + np.where(serial, whole, 0) + ((whole < 60) & (not date1904)))
    bad = ~(written | serial)
    result = days.astype("datetime64[s]")
    result[bad] = _NAT
    return result, bad
