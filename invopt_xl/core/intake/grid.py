"""A grid: the raw cells of one sheet, file or frame, with what is known about its outside. What adapters give to recognition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from invopt_xl.core.intake.shown import Shown

#: Rows that are looked at to find the header [rows].
HEAD_ROWS = 60


@dataclass(frozen=True)
class Area:
    """A named table inside a sheet; 1-based, both ends included; the first row is the header."""

    name: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Marks:
    """Cells that look empty but are not: 1-based (row, column) of error cells and of formulas without a saved value."""

    errors: tuple[tuple[int, int], ...] = ()
    uncached: tuple[tuple[int, int], ...] = ()


def nothing_shown() -> tuple[Shown, ...]:
    """Return no padded cells: the source has no number formats."""
    return ()


def no_marks() -> Marks:
    """Return no marks: the source has neither errors nor formulas."""
    return Marks()


@dataclass(frozen=True, eq=False)
class Grid:
    """Raw cells.

    Parameters
    ----------
    sheet : str
        Name of the sheet, file or frame.
    head : tuple of rows
        Raw cells of the first rows: at least `HEAD_ROWS` of them, or all.
    columns : tuple of Series
        Cells by column, from row `body` on (0-based in the grid). Either typed as a whole (float64, datetime64, bool, str) or object
        with raw Python values.
    body : int
        0-based row at which `columns` start; rows before it are in `head` only.
    top, left : int
        1-based place of the first cell on its sheet.
    areas : tuple of Area
        Excel tables on the sheet.
    kind : {"sheet", "file", "frame"}
        For messages.
    hidden : bool
        The sheet is hidden.
    hidden_rows : int
        Number of hidden rows.
    date1904 : bool
        Day numbers count from 1904.
    marks : callable
        Gives the marks; called only when empty cells were found where a value belongs.
    is_block : bool
        It is one of several parts of its sheet.
    shown : callable
        Gives the cells whose number format pads them; called only for columns of names such as item numbers.
    """

    sheet: str
    head: tuple[tuple[object, ...], ...]
    columns: tuple[pd.Series, ...]
    body: int = 0
    top: int = 1
    left: int = 1
    areas: tuple[Area, ...] = ()
    kind: Literal["sheet", "file", "frame"] = "sheet"
    hidden: bool = False
    hidden_rows: int = 0
    date1904: bool = False
    table: str = ""
    is_block: bool = False
    marks: Callable[[], Marks] = field(default=no_marks)
    shown: Callable[[], tuple[Shown, ...]] = field(default=nothing_shown)

    @property
    def rows(self) -> int:
        """Number of rows, head included."""
        return self.body + (len(self.columns[0]) if self.columns else 0)

    @property
    def width(self) -> int:
        return len(self.columns)

    @property
    def place(self) -> str:
        """Name for messages that tell parts of a sheet apart: "Sheet Sales, table tblSales", "Sheet Data, cells F1:H9"."""
        if self.table:
            return f"{self.label}, table {self.table}"
        if not self.is_block:
            return self.label
        last = f"{column_letters(self.left + self.width - 1)}{self.top + self.rows - 1}"
        return f"{self.label}, cells {column_letters(self.left)}{self.top}:{last}"

    @property
    def label(self) -> str:
        """Name for messages: "Sheet Sales", "File Sales.csv", "Table Sales"."""
        return f"{self.kind.capitalize() if self.kind != 'frame' else 'Table'} {self.sheet}"

    def cell(self, row: int, column: int) -> object:
        """Return a cell of the head (0-based); None outside."""
        if row < len(self.head) and column < len(self.head[row]):
            return self.head[row][column]
        return None

    def column(self, index: int, start: int, stop: int) -> pd.Series:
        """Return the cells of a column in rows start..stop (0-based, stop excluded), as raw as they are."""
        series = self.columns[index]
        tail = series.iloc[max(start - self.body, 0) : max(stop - self.body, 0)]
        if start >= self.body:
            return tail.reset_index(drop=True)
        above = [self.cell(row, index) for row in range(start, min(self.body, stop))]
        return pd.Series([*above, *tail.tolist()], dtype=object)

    def cut(self, area: Area) -> Grid:
        """Return the part of this grid inside an Excel table."""
        first, last = area.top - self.top, area.bottom - self.top + 1
        left, right = area.left - self.left, area.right - self.left + 1
        left_out, first = max(left, 0), max(first, 0)
        body = max(self.body - first, 0)
        columns = tuple(
            self.column(j, first + body, min(last, self.rows)) for j in range(left_out, min(right, self.width))
        )
        head = tuple(tuple(row[left_out:right]) for row in self.head[first:last])
        if not head and columns:
            # the table begins below the first rows of the sheet
            head = tuple(zip(*(series.iloc[:HEAD_ROWS].tolist() for series in columns), strict=True))
        return replace(
            self, head=head, columns=columns, body=body, top=self.top + first, left=self.left + left_out, areas=(),
            table=area.name, is_block=True,
        )  # fmt: skip


def column_letters(number: int) -> str:
    """Return the letters of a 1-based column number.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the 1-based number of column letters; 0 if the text is none.

    >>> column_number("AB"), column_number("12")
    (28, 0)
    """
    text = letters.strip().upper()
    if not (1 <= len(text) <= 3 and text.isascii() and text.isalpha()):
        return 0
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number if number <= 16384 else 0
