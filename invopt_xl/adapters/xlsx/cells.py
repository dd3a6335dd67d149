"""Columns of values -> cells as XML text, a whole column at a time: each distinct text is escaped once."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from invopt_xl.adapters.xlsx.look import Look
from invopt_xl.adapters.xlsx.xml_text import CELL_TEXT_LIMIT, column_letters, escape_text
from invopt_xl.core.sheets import Role

#: Texts that Excel would turn into a formula when the cell is edited.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_EPOCH_1900, _EPOCH_1904 = np.datetime64("1899-12-30", "s"), np.datetime64("1904-01-01", "s")
#: Excel's 1900 calendar has a 29 February 1900 that was none: serials before it are off by one, so such dates are written as text.
_FIRST_DATE = {False: np.datetime64("1900-03-01", "s"), True: np.datetime64("1904-01-01", "s")}
_LAST_DATE = np.datetime64("9999-12-31T23:59:59", "s")
_SECONDS_PER_DAY = 86_400
_MOST_DECIMALS = 6


@dataclass
class Noticed:
    """What could not be written as it was, counted per column."""

    truncated: dict[str, int] = field(default_factory=dict)
    infinite: dict[str, int] = field(default_factory=dict)


class CellWriter:
    """Turns columns into cell texts.

    Parameters
    ----------
    look : Look
    date1904 : bool
        Calendar of the workbook.
    """

    def __init__(self, look: Look, *, date1904: bool = False) -> None:
        self._look = look
        self._epoch = _EPOCH_1904 if date1904 else _EPOCH_1900
        self._first_date = _FIRST_DATE[date1904]
        self.noticed = Noticed()

    def column(
        self, values: pd.Series, *, name: str, role: Role, number: int, rows: Sequence[str], plain: bool = False
    ) -> list[str]:
        """Return one cell text per row; "" where there is nothing to write.

        `number` is the 1-based column, `rows` the row numbers as texts, `plain` tells that no Excel table surrounds the cells.
        """
        letters = column_letters(number)
        blank = f' s="{self._look.cell(role, plain=plain)}"/>' if role == "input" or plain else ""
        if pd.api.types.is_bool_dtype(values.dtype):
            tails = self._flags(values, role, plain)
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            tails = self._dates(values, role, plain)
        elif pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_complex_dtype(values.dtype):
            tails = self._numbers(values, name, role, plain)
        else:
            tails = self._objects(values, name, role, plain)
        start = f'<c r="{letters}'
        return [
            f'{start}{row}"{tail}' if tail else (f'{start}{row}"{blank}' if blank else "")
            for row, tail in zip(rows, tails, strict=True)
        ]

    def text(self, text: str, style: int) -> str:
        """Return the rest of a cell, after its address, that holds a text."""
        return (
            f' s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape_text(text[:CELL_TEXT_LIMIT])}</t></is></c>'
        )

    def _flags(self, values: pd.Series, role: Role, plain: bool) -> list[str]:
        style = self._look.cell(role, plain=plain)
        return [
            "" if value is None or value is pd.NA else f' s="{style}" t="b"><v>{int(value)}</v></c>'
            for value in values.astype(object).tolist()
        ]

    def _dates(self, values: pd.Series, role: Role, plain: bool) -> list[str]:
        style = self._look.cell(role, is_date=True, plain=plain)
        if getattr(values.dt, "tz", None) is not None:
            values = values.dt.tz_localize(None)
        stamps = values.to_numpy().astype("datetime64[s]")
        missing = np.isnat(stamps)
        outside = ~missing & ((stamps < self._first_date) | (stamps > _LAST_DATE))
        serials = (np.where(missing | outside, self._epoch, stamps) - self._epoch).astype(np.int64) / _SECONDS_PER_DAY
        tails = [f' s="{style}"><v>{_number_text(value)}</v></c>' for value in serials.tolist()]
        for at in np.flatnonzero(missing):
            tails[at] = ""
        for at in np.flatnonzero(outside):
            tails[at] = self.text(str(stamps[at].astype("datetime64[D]")), self._look.cell("text", plain=plain))
        return tails

    def _numbers(self, values: pd.Series, name: str, role: Role, plain: bool) -> list[str]:
        if pd.api.types.is_integer_dtype(values.dtype) and not values.hasnans:
            style = self._look.cell(role, plain=plain)
            return [f' s="{style}"><v>{value}</v></c>' for value in values.tolist()]
        array = values.to_numpy(dtype=float, na_value=np.nan)
        finite = np.isfinite(array)
        style = self._look.cell(role, decimals=shown_decimals(array[finite], role), plain=plain)
        tails = [
            f' s="{style}"><v>{_number_text(value)}</v></c>' if ok else ""
            for value, ok in zip(array.tolist(), finite.tolist(), strict=True)
        ]
        for at in np.flatnonzero(np.isinf(array)):
            tails[at] = self._infinite(array[at], name, role, plain)
        return tails

    def _infinite(self, value: float, name: str, role: Role, plain: bool) -> str:
        self.noticed.infinite[name] = self.noticed.infinite.get(name, 0) + 1
        return self.text("infinite" if value > 0 else "minus infinite", self._look.cell(role, plain=plain))

    def _objects(self, values: pd.Series, name: str, role: Role, plain: bool) -> list[str]:
        known: dict[tuple[type, object], str] = {}
        tails = []
        for value in values.astype(object).tolist():
            # 1, 1.0 and True are equal, so the type is part of the key
            key = (type(value), value)
            try:
                tail = known.get(key)
            except TypeError:  # a list or dict in a frame: written as its text
                key, tail = (str, str(value)), None
            if tail is None:
                tail = known[key] = self._one(key[1], name, role, plain)
            tails.append(tail)
        return tails

    def _one(self, value: object, name: str, role: Role, plain: bool) -> str:
        if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
            return ""
        if isinstance(value, (bool, np.bool_)):
            return f' s="{self._look.cell(role, plain=plain)}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, numbers.Integral):
            return f' s="{self._look.cell(role, plain=plain)}"><v>{int(value)}</v></c>'
        if isinstance(value, numbers.Real):
            return self._numbers(pd.Series([float(value)]), name, role, plain)[0]
        if isinstance(value, (dt.date, np.datetime64)):
            return self._date(value, role, plain)
        return self._text(str(value), name, role, plain)

    def _date(self, value: dt.date | np.datetime64, role: Role, plain: bool) -> str:
        try:
            stamp = pd.Series([pd.Timestamp(value)])
        except (ValueError, OverflowError):
            return self.text(str(value), self._look.cell("text", plain=plain))
        return self._dates(stamp, role, plain)[0]

    def _text(self, text: str, name: str, role: Role, plain: bool) -> str:
        if not text:
            return ""
        if len(text) > CELL_TEXT_LIMIT:
            self.noticed.truncated[name] = self.noticed.truncated.get(name, 0) + 1
        return self.text(text, self._look.cell(role, text_prefix=text.startswith(_FORMULA_STARTS), plain=plain))


def shown_decimals(values: np.ndarray, role: Role) -> int:
    """Return how many decimals a column of finite numbers is shown with: the same for all, so that the decimal points stand in line.

    >>> shown_decimals(np.array([3.0, 12.0]), "units"), shown_decimals(np.array([0.5, 12.25]), "units")
    (0, 2)
    >>> shown_decimals(np.array([250.5, 1200.25]), "units"), shown_decimals(np.array([0.5, 0.125]), "number")
    (1, 3)
    >>> shown_decimals(np.array([0.0035, 0.0002, 0.0]), "number")
    4
    """
    sizes = np.abs(values[values != 0])
    typical = float(np.quantile(sizes, 0.75)) if len(sizes) else 0.0
    if role == "number" and 0.0 < typical < 0.1:
        # small numbers, such as a saving per unit: two digits of them, or they would all be shown as 0
        return min(_MOST_DECIMALS, math.ceil(-math.log10(typical)) + 1)
    # what rounds to a whole number at two decimals is shown as one
    if not (np.abs(values - np.round(values)) >= 0.005).any():
        return 0
    if role == "units":
        return 1 if typical >= 100 else 2
    return 2 if typical >= 1 else 3


def _number_text(value: float) -> str:
    """Return a finite number as short as it reads back the same.

    >>> _number_text(12.0), _number_text(0.1)
    ('12', '0.1')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
