"""One column of raw cells -> one column of the contract's type, with the cells that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import Kind
from invopt_xl.core.intake.cells import DATE, ERROR_TEXTS, FLAG, MISSING, NUMBER, OTHER, TEXT, Cells, take_apart
from invopt_xl.core.intake.dates import dates_of_numbers, parse_dates
from invopt_xl.core.intake.numbers import NO_VALUE, parse_numbers

_TRUE = frozenset(
    (
        "1",
        "1.0",
        "yes",
        "y",
        "true",
        "t",
        "x",
        "ja",
        "j",
        "oui",
        "si",
        "sí",
        "sim",
        "wahr",
        "vrai",
        "on",
        "waar",
        "✓",
        "✔",
    )
)
_FALSE = frozenset(
    ("0", "0.0", "no", "n", "false", "f", "nein", "non", "nee", "não", "falsch", "faux", "off", "onwaar", "✗")
)


@dataclass(frozen=True)
class Reading:
    """How doubtful texts are read; from the settings and the workbook."""

    date_order: str = "auto"
    decimal_mark: str = "auto"
    date1904: bool = False


@dataclass(frozen=True, eq=False)
class Typed:
    """A column in its type. `bad` marks unreadable cells, `error` spreadsheet errors, `doubtful` texts that could mean two values."""

    series: pd.Series
    bad: np.ndarray
    error: np.ndarray
    doubtful: tuple[str, ...] = ()
    order: str = ""


def typed(values: pd.Series, kind: Kind, reading: Reading) -> Typed:
    """Return a raw column in the type of its field.

    >>> typed(pd.Series(["007", 8.0, "x "], dtype=object), "text", Reading()).series.tolist()
    ['007', '8', 'x']
    """
    cells = take_apart(values)
    error = _error_cells(cells)
    found = {"text": _to_text, "number": _to_number, "date": _to_date, "flag": _to_flag}[kind](cells, reading)
    return Typed(found.series, found.bad & ~error, error, found.doubtful, found.order)


def _error_cells(cells: Cells) -> np.ndarray:
    error = np.zeros(len(cells.kinds), dtype=bool)
    wrong = np.array([text in ERROR_TEXTS for text in cells.texts.unique], dtype=bool)
    if wrong.any():
        error[cells.where(TEXT)] = wrong[cells.texts.codes]
    return error


def _to_text(cells: Cells, reading: Reading) -> Typed:
    rows, nothing = len(cells.kinds), np.zeros(len(cells.kinds), dtype=bool)
    texts = [None if text in ERROR_TEXTS else text for text in cells.texts.unique]
    unique = pd.array(texts, dtype="str")
    if (cells.kinds == TEXT).all():
        return Typed(pd.Series(unique.take(cells.texts.codes)), nothing, nothing)
    codes = np.full(rows, -1, dtype=np.int64)
    codes[cells.where(TEXT)] = cells.texts.codes
    for kind, show in ((NUMBER, _number_text), (DATE, _date_text), (FLAG, str), (OTHER, str)):
        at = cells.where(kind)
        if len(at):
            raw = (
                cells.numbers()
                if kind == NUMBER
                else cells.series.iloc[at].map(str)
                if kind == OTHER
                else cells.series.iloc[at]
            )
            own, distinct = pd.factorize(raw)
            codes[at] = own + len(texts)
            texts += [show(each) for each in distinct]
    return Typed(pd.Series(pd.array(texts, dtype="str").take(codes, allow_fill=True)), nothing, nothing)


def _number_text(number: float) -> str:
    return str(int(number)) if np.isfinite(number) and number == int(number) else repr(float(number))


def _date_text(day: object) -> str:
    text = str(day)
    return text.removesuffix(" 00:00:00").replace("T00:00:00.000000", "")


def _to_number(cells: Cells, reading: Reading) -> Typed:
    rows = len(cells.kinds)
    nothing = np.zeros(rows, dtype=bool)
    if cells.series.dtype == np.float64:
        values = cells.series.to_numpy()
        bad = np.isinf(values)
        return Typed(pd.Series(np.where(bad, np.nan, values)), bad, nothing)
    result, bad = np.full(rows, np.nan), np.isin(cells.kinds, (DATE, OTHER))
    at = cells.where(NUMBER)
    numbers = cells.numbers()
    bad[at] = np.isinf(numbers)
    result[at] = np.where(np.isinf(numbers), np.nan, numbers)
    flags = cells.where(FLAG)
    result[flags] = cells.series.iloc[flags].astype("float64").to_numpy()
    at = cells.where(TEXT)
    doubtful: tuple[str, ...] = ()
    if len(at):
        parsed = parse_numbers(cells.texts.unique, decimal_mark=reading.decimal_mark)
        result[at], bad[at], doubtful = parsed.series[cells.texts.codes], parsed.bad[cells.texts.codes], parsed.doubtful
    return Typed(pd.Series(result), bad, nothing, doubtful)


def _to_date(cells: Cells, reading: Reading) -> Typed:
    rows = len(cells.kinds)
    nothing = np.zeros(rows, dtype=bool)
    result = np.full(rows, np.datetime64("NaT"), dtype="datetime64[s]")
    bad = np.isin(cells.kinds, (FLAG, OTHER))
    at = cells.where(DATE)
    if len(at):
        result[at] = _days(cells.series.iloc[at] if len(at) < rows else cells.series)
    at = cells.where(NUMBER)
    if len(at):
        result[at], bad[at] = dates_of_numbers(cells.numbers(), date1904=reading.date1904)
    at = cells.where(TEXT)
    doubtful: tuple[str, ...] = ()
    order = ""
    if len(at):
        parsed = parse_dates(cells.texts.unique, date_order=reading.date_order, date1904=reading.date1904)
        result[at], bad[at] = parsed.series[cells.texts.codes], parsed.bad[cells.texts.codes]
        doubtful, order = parsed.doubtful, parsed.order
    return Typed(pd.Series(result), bad, nothing, doubtful, order)


def _days(values: pd.Series) -> np.ndarray:
    """Return date cells as datetime64[s] at midnight."""
    if values.dtype != object:
        naive = values.dt.tz_localize(None) if values.dt.tz is not None else values
        return naive.to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    codes, unique = pd.factorize(values.to_numpy())
    days = np.array(
        [
            np.datetime64(f"{day.year:04d}-{day.month:02d}-{day.day:02d}", "s")
            if hasattr(day, "year")
            else np.datetime64(day, "s")
            for day in unique
        ],
        dtype="datetime64[s]",
    )
    return days[codes]


def _to_flag(cells: Cells, reading: Reading) -> Typed:
    rows = len(cells.kinds)
    nothing = np.zeros(rows, dtype=bool)
    result, known = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    at = cells.where(FLAG)
    result[at], known[at] = cells.series.iloc[at].astype(bool).to_numpy(), True
    at = cells.where(NUMBER)
    numbers = cells.numbers()
    # a count or a share above zero ("2 promotions", 0.3 of the week) is a yes
    result[at], known[at] = numbers > 0, numbers >= 0
    at = cells.where(TEXT)
    if len(at):
        words = [text.casefold() for text in cells.texts.unique]
        yes = np.array([word in _TRUE for word in words], dtype=bool)
        no = np.array([word in _FALSE for word in words], dtype=bool)
        result[at], known[at] = yes[cells.texts.codes], (yes | no)[cells.texts.codes]
        empty = np.array([word in NO_VALUE for word in words], dtype=bool)[cells.texts.codes]
    bad = ~known & (cells.kinds != MISSING)
    if len(at):
        bad[at] &= ~empty
    return Typed(pd.Series(pd.arrays.BooleanArray(result, ~known)), bad, nothing)
