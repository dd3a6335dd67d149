"""Raw cells of one column by kind: what Python gave us for each cell, found without looking at each cell twice."""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import dataclass

import numpy as np
import pandas as pd

MISSING, NUMBER, FLAG, TEXT, DATE, OTHER = range(6)


class _Kinds(dict[type, int]):
    """Kind of each type; a type that is not listed is OTHER."""

    def __missing__(self, key: type) -> int:
        return OTHER


_KINDS = _Kinds(
    {
        type(None): MISSING,
        type(pd.NaT): MISSING,
        type(pd.NA): MISSING,
        int: NUMBER,
        float: NUMBER,
        decimal.Decimal: NUMBER,
        bool: FLAG,
        np.bool_: FLAG,
        str: TEXT,
        dt.date: DATE,
        dt.datetime: DATE,
        pd.Timestamp: DATE,
        np.datetime64: DATE,
    }
)
_KINDS.update(dict.fromkeys((np.float64, np.float32, np.float16, *np.sctypeDict.values()), NUMBER))
_KINDS.update(
    {
        np.bool_: FLAG,
        np.str_: TEXT,
        np.datetime64: DATE,
        np.timedelta64: OTHER,
        np.bytes_: OTHER,
        np.object_: OTHER,
        np.void: OTHER,
    }
)
_KINDS.update(dict.fromkeys((np.complex64, np.complex128), OTHER))

#: Texts that a spreadsheet shows for an error.
ERROR_TEXTS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")


@dataclass(frozen=True, eq=False)
class Texts:
    """Distinct stripped texts of a column, and for each text cell which one it is."""

    unique: list[str]
    codes: np.ndarray  # (text cells,)


@dataclass(frozen=True, eq=False)
class Cells:
    """A column taken apart by kind.

    `kinds` (rows,) int8; `series` the raw series. Blank texts count as missing.
    """

    series: pd.Series
    kinds: np.ndarray
    texts: Texts

    def where(self, kind: int) -> np.ndarray:
        """Return positions (0-based) of the cells of a kind."""
        return np.flatnonzero(self.kinds == kind)

    def numbers(self) -> np.ndarray:
        """Return the number cells as float64."""
        at = self.where(NUMBER)
        return np.asarray(self.series.to_numpy()[at], dtype=np.float64)


def take_apart(values: pd.Series) -> Cells:
    """Return the cells of a column by kind; texts are stripped and made distinct.

    >>> take_apart(pd.Series(["a", 1, None, " "], dtype=object)).kinds.tolist()
    [3, 1, 0, 0]
    """
    rows = len(values)
    if values.dtype == object:
        raw = values.to_numpy()
        kinds = np.fromiter(map(_KINDS.__getitem__, map(type, raw)), dtype=np.int8, count=rows)
        numbers = np.flatnonzero(kinds == NUMBER)
        if len(numbers):
            kinds[numbers[np.isnan(np.asarray(raw[numbers], dtype=np.float64))]] = MISSING
        dates = np.flatnonzero(kinds == DATE)
        if len(dates):
            kinds[dates[pd.isna(raw[dates])]] = MISSING
    else:
        kinds = np.full(rows, _kind_of(values), dtype=np.int8)
        kinds[values.isna().to_numpy()] = MISSING
    at = np.flatnonzero(kinds == TEXT)
    texts = _distinct(values.iloc[at] if len(at) < rows else values)
    if len(at):
        blank = np.array([not text for text in texts.unique], dtype=bool)
        if blank.any():
            empty = blank[texts.codes]
            kinds[at[empty]] = MISSING
            texts = Texts(texts.unique, texts.codes[~empty])
    return Cells(values, kinds, texts)


def _kind_of(values: pd.Series) -> int:
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return FLAG
    if pd.api.types.is_numeric_dtype(dtype):
        return NUMBER
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return DATE
    return TEXT if pd.api.types.is_string_dtype(dtype) else OTHER


def _distinct(values: pd.Series) -> Texts:
    if values.empty or not (values.dtype == object or pd.api.types.is_string_dtype(values.dtype)):
        return Texts([], np.zeros(0, dtype=np.int64))
    if values.dtype != object:
        values = values[values.notna()]
    codes, unique = pd.factorize(values)
    return Texts([str(text).strip() for text in unique], codes)


def kind_of_cell(cell: object) -> int:
    """Return the kind of one cell; a blank text is MISSING.

    >>> kind_of_cell(" ") == MISSING, kind_of_cell(1.5) == NUMBER
    (True, True)
    """
    if isinstance(cell, str) and not cell.strip():
        return MISSING
    return _KINDS[type(cell)]
