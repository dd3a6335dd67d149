"""What cells send -> what the functions work with: numbers, texts, shares and blocks of them. The inbound half of the worksheet functions.

Cells come from any host: floats, texts, bools, None or "" (empty), and, where a host does not use Range.Value2, Decimals and datetimes. Error
values come as the int that COM makes of them or as the text of `function_registry`. A number kept as text counts as that number, true and
false as 1 and 0, a date as its serial number. An error value, or a text where a number belongs, makes an error of that cell's result only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from invopt_xl.adapters.function_registry import ERROR_BASE, ERROR_MARK, ERROR_NUMBERS, MISSING

#: VT_ERROR as pywin32 delivers it: the error values of cells, and DISP_E_PARAMNOTFOUND for an argument left out in VBA.
_ERROR_NAMES = {ERROR_BASE + number: name for name, number in ERROR_NUMBERS.items()}
_LAST_ERROR = -2146826200
_COM_MISSING = -2147352572

#: A range with this many rows was selected by its column headers (the old .xls sheet had as many): only its used part counts.
WHOLE_COLUMN_ROWS = 65536
#: The same for a range selected by its row headers.
WHOLE_ROW_COLUMNS = 16384

_DAY_ZERO = datetime(1899, 12, 30)
_SECONDS_PER_DAY = 86400.0
_EMPTY = frozenset((None, ""))
_PLAIN = frozenset((float, type(None)))
_RANGE = (tuple, list)
_RANGES = frozenset(_RANGE)


Shares = TypeVar("Shares", float, np.ndarray)


class CellError(Exception):
    """The function's result is an error value, such as "#N/A"."""

    def __init__(self, name: str, because: str = "") -> None:
        super().__init__(because or name)
        self.name = name

    @property
    def text(self) -> str:
        """Return the error as it travels to the host."""
        return ERROR_MARK + self.name


def wrong_type(because: str) -> CellError:
    """Return the error of an argument that cannot be read."""
    return CellError("#VALUE!", because)


def out_of_range(because: str) -> CellError:
    """Return the error of a number that makes no sense."""
    return CellError("#NUM!", because)


def is_missing(value: object) -> bool:
    """Return whether an argument was left out.

    >>> is_missing("\\x01"), is_missing(None), is_missing("")
    (True, False, False)
    """
    kind = type(value)
    return (kind is str and value == MISSING) or (kind is int and value == _COM_MISSING)


def error_name(cell: object) -> str:
    """Return the name of the error value that a cell holds, or "".

    >>> error_name(-2146826238), error_name("\\x01#N/A"), error_name(5.0), error_name("#N/A")
    ('#CALC!', '#N/A', '', '#N/A')
    """
    if isinstance(cell, str):
        if cell[:1] == ERROR_MARK:
            return cell[1:] if cell[1:] in ERROR_NUMBERS else "#VALUE!"
        return cell if cell[:1] == "#" and cell in ERROR_NUMBERS else ""
    # numbers of cells are floats: an int of this size is an error value
    if isinstance(cell, int) and ERROR_BASE <= cell <= _LAST_ERROR:
        return _ERROR_NAMES.get(cell, "#VALUE!")
    return ""


def serial_number(moment: date) -> float:
    """Return the number that a cell holds for a day, days since 1899-12-30 (the time zone that COM adds is left aside).

    >>> serial_number(datetime(2024, 1, 1, 12)), serial_number(date(2024, 1, 1))
    (45292.5, 45292.0)
    """
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return (moment.replace(tzinfo=None) - _DAY_ZERO).total_seconds() / _SECONDS_PER_DAY


def text_of(cell: object) -> str:
    """Return a cell as the text of a key; "" for an empty one.

    Raises
    ------
    CellError
        The cell holds an error value, or something that no cell holds.

    >>> text_of(1001.0), text_of(" A-1 "), text_of(None)
    ('1001', 'A-1', '')
    """
    if type(cell) is str and cell[:1] not in (ERROR_MARK, "#"):
        return cell.strip()
    name = error_name(cell)
    if name:
        raise CellError(name)
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell))
    number = _plain_number(cell)
    return str(int(number)) if number == int(number) else repr(number)


def _plain_number(cell: object) -> float:
    """Return the number that a cell, which is neither text nor empty, holds."""
    if isinstance(cell, (float, int, Decimal, np.number)):
        number = float(cell)
    elif isinstance(cell, date):
        number = serial_number(cell)
    elif isinstance(cell, np.bool_):
        number = float(cell)
    else:
        raise wrong_type(f"a cell holds {type(cell).__name__}")
    if not math.isfinite(number):
        raise out_of_range(f"a cell holds {number}")
    return number


@dataclass(frozen=True)
class Block:
    """Cells in rows.

    Parameters
    ----------
    rows : sequence of sequences
        n rows of m cells each.
    single : bool
        It came as one value, not as a range or array.
    whole : bool
        It was selected by its headers; only the used part is left.
    """

    rows: Sequence[Sequence[object]]
    single: bool = False
    whole: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n, m)."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0


def block(value: Any) -> Block:
    """Return an argument as cells in rows; a flat list is one row.

    Raises
    ------
    CellError
        The rows are of different lengths, or there are no cells.

    >>> block(((1.0, 2.0), (3.0, None))).shape, block(5.0).single, block([1.0, 2.0]).shape
    ((2, 2), True, (1, 2))
    """
    if not isinstance(value, _RANGE):
        if not hasattr(value, "tolist") or np.ndim(value) == 0:
            return Block(((value,),), single=True)
        value = value.tolist()
    rows: Sequence[Sequence[object]] = value if value and isinstance(value[0], _RANGE) else (value,)
    width = len(rows[0])
    if not width:
        raise wrong_type("an array without cells")
    if len(rows) > 1 and not (_RANGES.issuperset(map(type, rows)) and set(map(len, rows)) == {width}):
        raise wrong_type("the rows of an array have different lengths")
    if len(rows) >= WHOLE_COLUMN_ROWS or width >= WHOLE_ROW_COLUMNS:
        return Block(_used(rows), whole=True)
    return Block(rows)


def _used(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """Return the rows and columns up to the last one with anything in it; at least one cell."""
    n, m = len(rows), len(rows[0])
    try:
        empty = np.fromiter(map(_EMPTY.__contains__, chain.from_iterable(rows)), dtype=bool, count=n * m).reshape(n, m)
    except TypeError as error:
        raise wrong_type("an array within a cell") from error
    used = ~empty
    down, across = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    last_row, last_column = (int(down[-1]) + 1, int(across[-1]) + 1) if len(down) else (1, 1)
    return rows[:last_row] if last_column == m else [row[:last_column] for row in rows[:last_row]]


@dataclass(frozen=True)
class NumberBlock:
    """Numbers in rows.

    Parameters
    ----------
    values : float array, shape (n, m)
        NaN for empty cells and where there is an error.
    errors : object array, shape (n, m), or None
        Name of the error value per cell, "" for none; None without any.
    single : bool
        It came as one value.
    """

    values: np.ndarray
    errors: np.ndarray | None = None
    single: bool = False


def numbers(value: object) -> NumberBlock:
    """Return an argument as numbers.

    Texts above the first row with a number are headings and count as empty, so that a whole column can be given: in a range of several rows,
    if they hold no digit ("12 pcs" is a mistake, not a heading).

    >>> numbers((("sold",), (5.0,))).values.tolist()
    [[nan], [5.0]]
    >>> numbers((("1,5", 2.0), (None, True))).values.tolist()
    [[1.5, 2.0], [nan, 1.0]]
    >>> numbers((("abc", -2146826246),)).errors.tolist()
    [['#VALUE!', '#N/A']]
    """
    if type(value) is float:
        return NumberBlock(np.array([[value]]), None, True)
    cells = block(value)
    flat = list(chain.from_iterable(cells.rows))
    if set(map(type, flat)) <= _PLAIN:
        return NumberBlock(np.array(flat, dtype=float).reshape(cells.shape), None, cells.single)
    values, errors = _read(flat)
    if cells.shape[0] > 1:
        errors = _without_headings(values, errors, flat, columns=cells.shape[1])
    given = np.array(values, dtype=float).reshape(cells.shape)
    named = np.array(errors, dtype=object).reshape(cells.shape) if any(errors) else None
    return NumberBlock(given, named, cells.single)


def _read(flat: list[object]) -> tuple[list[float], list[str]]:
    """Return the number of each cell, NaN for none, and the name of its error, "" for none."""
    nan = math.nan
    values, errors = [nan] * len(flat), [""] * len(flat)
    texts: dict[str, list[int]] = {}
    for place, cell in enumerate(flat):
        if type(cell) is float:
            values[place] = cell
        elif cell is None:
            continue
        elif name := error_name(cell):
            errors[place] = name
        elif isinstance(cell, str):
            texts.setdefault(cell, []).append(place)
        else:
            try:
                values[place] = _plain_number(cell)
            except CellError as error:
                errors[place] = error.name
    if texts:
        _read_texts(texts, values, errors)
    return values, errors


def _read_texts(texts: dict[str, list[int]], values: list[float], errors: list[str]) -> None:
    """Put in what the texts mean; how the decimal mark is written is decided over all of them, as on an input sheet."""
    from invopt_xl.core.intake.numbers import parse_numbers

    parsed = parse_numbers(list(texts))
    for places, number, bad in zip(texts.values(), parsed.series.tolist(), parsed.bad.tolist(), strict=True):
        for place in places:
            values[place] = number
            errors[place] = "#VALUE!" if bad else ""


def _without_headings(values: list[float], errors: list[str], flat: list[object], *, columns: int) -> list[str]:
    """Return the errors without those of headings."""
    number = next((place for place, value in enumerate(values) if value == value), 0)
    above = number - number % columns
    heading = [
        isinstance(cell, str) and error == "#VALUE!" and not any(map(str.isdigit, cell))
        for cell, error in zip(flat[:above], errors[:above], strict=True)
    ]
    return ["" if each else error for each, error in zip(heading, errors[:above], strict=True)] + errors[above:]


def number(value: object, *, default: float) -> float:
    """Return an argument that takes one number; `default` where it was left out or is an empty cell.

    Raises
    ------
    CellError
        It is a range of several cells, no number, or an error value.

    >>> number("3", default=1.0), number(None, default=1.0)
    (3.0, 1.0)
    """
    if type(value) is float and math.isfinite(value):
        return value
    if is_missing(value):
        return default
    found = numbers(value)
    if found.values.size != 1:
        raise wrong_type("a range where one number belongs")
    if found.errors is not None:
        raise CellError(str(found.errors[0, 0]))
    only = float(found.values[0, 0])
    if math.isinf(only):
        raise out_of_range("an infinite number")
    return default if math.isnan(only) else only


def share(values: Shares) -> Shares:
    """Return a probability, or an array of them, as shares: a planner writes 0.95, 95 or 95%.

    >>> share(95.0), share(np.array([0.95, 95.0, 1.0])).tolist()
    (0.95, [0.95, 0.95, 1.0])
    """
    if isinstance(values, float):
        return values / 100 if 1 < values <= 100 else values
    return np.where((values > 1) & (values <= 100), values / 100, values)


def choice(value: object, allowed: Sequence[str], *, default: str = "") -> str:
    """Return the one of `allowed` that a text names; case, spaces and hyphens are ignored.

    Raises
    ------
    CellError
        It names none of them, or is left out without a default.

    >>> choice(" Reorder Point", ("reorder_point", "order_up_to"))
    'reorder_point'
    """
    text = "" if is_missing(value) else text_of(_one(value))
    if not text and default:
        return default
    wanted = text.casefold().replace(" ", "_").replace("-", "_")
    if wanted not in allowed:
        raise wrong_type(f"'{text}' is none of {', '.join(allowed)}")
    return wanted


def _one(value: object) -> object:
    cells = block(value)
    if cells.shape != (1, 1):
        raise wrong_type("a range where one value belongs")
    return cells.rows[0][0]
