"""Sheet specs: what our sheets say, without saying how a spreadsheet draws it. `report` makes them, adapters draw them.

A spec knows roles ("money", "input"), never fonts, colours or cell addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

#: What a column holds; the adapter picks number format, alignment and width from it.
#: "key": sku, location. "units": quantities with at most two decimals. "money". "share": 0..1 shown as percent. "days". "count": whole number.
#: "number": any number. "date". "text": short. "sentence": long, wrapped. "severity": error/warning/info, coloured. "input": the planner's own.
Role = Literal[
    "key", "text", "sentence", "units", "money", "share", "days", "count", "number", "date", "severity", "input"
]

#: How an alert looks: "bad" red, "watch" amber, "good" green, "muted" grey.
Tone = Literal["bad", "watch", "good", "muted"]


@dataclass(frozen=True)
class Column:
    """One column: the name is the header text and the frame's column; the note explains it and gives the unit."""

    name: str
    role: Role
    note: str = ""
    width: float | None = None  # characters; None: from the role


@dataclass(frozen=True)
class Alert:
    """Colour cells of `column` where the comparison with `value` holds. `whole_row` colours the row instead.

    `operator` "in" takes a tuple of texts; "bar" draws a data bar and ignores value and tone.
    """

    column: str
    operator: Literal["<", "<=", ">", ">=", "==", "in", "bar"]
    value: float | str | tuple[str, ...] = 0.0
    tone: Tone = "bad"
    whole_row: bool = False


@dataclass(frozen=True)
class Choice:
    """Restrict the cells of an input column: a list of allowed texts, or a number of at least `minimum`."""

    column: str
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    title: str = ""
    message: str = ""


@dataclass(frozen=True)
class Block:
    """A rectangle of a sheet: a header row and rows of `frame`.

    Parameters
    ----------
    name : str
        Table name without prefix, such as "Recommendations". An adapter makes a real Excel table of it when `is_table`.
    frame : DataFrame
        Columns in the order of `columns`.
    columns : tuple of Column
    row, column : int
        1-based place of the header's first cell.
    title : str
        Text in the cell above the header, or "".
    is_table : bool
        Real table with filter buttons (True) or plain cells (False, as on a dashboard).
    key : tuple of str
        Columns that identify a row across refreshes.
    kept : tuple of str
        Columns that belong to the planner: a refresh carries what they wrote along by `key`.
    own_prefixes : tuple of str
        Beginnings of headers that are ours wherever they stand: columns of an earlier run that this one does not have are left out, not
        taken for the planner's.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    row: int = 1
    column: int = 1
    title: str = ""
    is_table: bool = True
    key: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    choices: tuple[Choice, ...] = ()
    own_prefixes: tuple[str, ...] = ()

    def is_own(self, header: str) -> bool:
        """Return whether a column of that header, on the sheet that the last run left, is ours."""
        return header.startswith(self.own_prefixes) or any(each.name == header for each in self.columns)


@dataclass(frozen=True)
class Series:
    """One series of a chart: a column of a block, drawn over the chart's category column."""

    column: str
    tone: Tone | None = None  # None: the next colour of the palette


@dataclass(frozen=True)
class Chart:
    """A native chart over columns of one block of the same sheet.

    Parameters
    ----------
    kind : {"column", "bar", "line", "area", "stacked column", "stacked bar", "pie"}
    title : str
    block : str
        Name of the block that holds the data.
    category : str
        Column for the category axis.
    series : tuple of Series
    row, column : int
        1-based cell under the top left corner.
    width, height : int
        In columns and rows of the sheet grid.
    category_title, value_title : str
        Axis titles, with the unit.
    value_role : Role
        Number format of the value axis.
    """

    kind: Literal["column", "bar", "line", "area", "stacked column", "stacked bar", "pie"]
    title: str
    block: str
    category: str
    series: tuple[Series, ...]
    row: int
    column: int
    width: int = 8
    height: int = 16
    category_title: str = ""
    value_title: str = ""
    value_role: Role = "number"


@dataclass(frozen=True)
class Text:
    """A line of text at a cell: heading (large), note (small and grey) or plain."""

    text: str
    row: int
    column: int = 1
    style: Literal["heading", "note", "plain"] = "plain"


@dataclass(frozen=True)
class SheetSpec:
    """One sheet of ours.

    Parameters
    ----------
    name : str
        Wanted sheet name. An adapter chooses another one when the planner's own sheet has it.
    blocks : tuple of Block
    charts : tuple of Chart
    texts : tuple of Text
    freeze : tuple of int
        Rows and columns that stay in view when scrolling.
    tab : Tone or None
        Colour of the sheet tab.
    printed_rows : int
        Rows that go onto paper, on one page; 0: all rows, on as many pages as it takes.
    hidden : bool
        Made hidden; a planner who shows it keeps it shown.
    only_refreshed : bool
        Drawn only where the workbook has the sheet already: what an earlier run left there would be out of date.
    """

    name: str
    blocks: tuple[Block, ...] = ()
    charts: tuple[Chart, ...] = ()
    texts: tuple[Text, ...] = ()
    freeze: tuple[int, int] = (1, 0)
    tab: Tone | None = None
    printed_rows: int = 0
    hidden: bool = False
    only_refreshed: bool = False
