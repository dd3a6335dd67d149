"""How wide columns are, how high rows are, and how a sheet goes onto paper: counted in characters, without asking a screen or printer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from invopt_xl.adapters.xlsx.look import WIDTHS
from invopt_xl.adapters.xlsx.xml_text import column_letters
from invopt_xl.core.sheets import Block, Column, SheetSpec

#: Widest column that a short text or a header asks for [characters].
_WIDEST_TEXT = 60.0
#: Widest column of sentences, when it is the only one of its block and when there are several [characters].
_WIDEST_SENTENCE, _WIDEST_OF_SEVERAL = 120.0, 60.0
#: The only one may be so wide if that saves a line in every row [characters].
_STRETCHED = 145.0
#: Rows that hold sentences have this many lines at most: more of a text is read in the formula bar.
_MOST_LINES = 3
#: So many where nobody sorts, so that each row has its own height.
_MOST_LINES_OF_PLAIN = 8
#: Letters of a sentence that stand in the width of one digit, which widths are counted in: Calibri's are narrow, breaking lines costs some.
_LETTERS_PER_DIGIT = 1.05
_LINE_HEIGHT = 15.0  # points, of Calibri 11
#: What an A4 page holds across at full size [characters]: 19.0 and 27.7 cm between the margins, 0.19 cm each.
_PORTRAIT, _LANDSCAPE = 100.0, 146.0
#: Smaller print than this, as a share of full size, is hard to read.
_READABLE = 0.6


def column_width(block: Block, column: Column) -> float:
    """Return the width of a column that holds its texts and its header [characters]."""
    width = column.width or WIDTHS[column.role]
    if column.width is None and len(block.frame) and column.role in ("key", "text", "sentence"):
        longest = _longest(block, column)
        width = max(width if column.role == "sentence" else 8.0, min(_widest(block, column), longest + 3))
        if column.role == "sentence" and width == _WIDEST_SENTENCE:
            width = _stretched(width, longest)
    # room for the header in bold and its filter button
    return max(width, min(_WIDEST_TEXT, len(column.name) * 1.1 + (4.5 if block.is_table else 2.0)))


def _stretched(width: float, longest: float) -> float:
    """Return a somewhat greater width where the longest text then takes a line less.

    >>> _stretched(120.0, 295.0), _stretched(120.0, 200.0)
    (142.0, 120.0)
    """
    fewer = math.ceil(longest / (width * _LETTERS_PER_DIGIT)) - 1
    wanted = math.ceil(longest / (fewer * _LETTERS_PER_DIGIT)) + 1.0 if fewer > 0 else width
    return wanted if width < wanted <= _STRETCHED else width


def _widest(block: Block, column: Column) -> float:
    if column.role != "sentence":
        return _WIDEST_TEXT
    return _WIDEST_SENTENCE if len(_sentences(block)) == 1 else _WIDEST_OF_SEVERAL


def _sentences(block: Block) -> list[Column]:
    return [each for each in block.columns if each.role == "sentence"]


def _longest(block: Block, column: Column) -> float:
    lengths = block.frame[column.name].dropna().astype("str").str.len()
    return float(lengths.max()) if len(lengths) else 0.0


def body_heights(block: Block) -> list[float]:
    """Return the height of each row of a block [points]; 0.0 where one line is enough.

    All rows of a table have the same height, because a height stays where it is when a planner sorts the table.
    """
    if block.frame.empty:
        return []
    lines = np.ones(len(block.frame))
    for column in _sentences(block):
        letters = block.frame[column.name].fillna("").astype("str").str.len().to_numpy(dtype=float)
        lines = np.maximum(lines, np.ceil(letters / (column_width(block, column) * _LETTERS_PER_DIGIT)))
    if block.is_table:
        lines[:] = lines.max()
    heights = np.minimum(lines, _MOST_LINES if block.is_table else _MOST_LINES_OF_PLAIN) * _LINE_HEIGHT
    return [float(height) if count > 1 else 0.0 for height, count in zip(heights, lines, strict=True)]


def page_setup(spec: SheetSpec, widths: Mapping[int, float]) -> str:
    """Return the element that says how a sheet is printed on A4; `widths` are by column [characters].

    A sheet that stays readable is fitted to the width of one page, upright if it can be. A wider one is spread over as many pages as it
    takes to stay readable; the pages of the same rows follow each other.
    """
    width = sum(widths.values())
    if width * _READABLE > _LANDSCAPE and not spec.printed_rows:
        repeated = sum(widths.get(column, 0.0) for column in range(1, spec.freeze[1] + 1))
        across = math.ceil((width - repeated) / (_LANDSCAPE / _READABLE - repeated))
        return f'<pageSetup paperSize="9" pageOrder="overThenDown" orientation="landscape" fitToWidth="{across}" fitToHeight="0"/>'
    upright = width * _READABLE <= _PORTRAIT and not spec.charts
    # a sheet with a chosen number of rows is one picture, a dashboard: it goes on one page as a whole
    high = 1 if spec.printed_rows else 0
    return f'<pageSetup paperSize="9" orientation="{"portrait" if upright else "landscape"}" fitToWidth="1" fitToHeight="{high}"/>'


def print_titles(spec: SheetSpec, quoted_name: str) -> str:
    """Return what repeats on every page: the header row of the first table and the columns that stay in view; "" without a table."""
    table = next((block for block in spec.blocks if block.is_table), None)
    if table is None:
        return ""
    rows = f"{quoted_name}!${table.row}:${table.row}"
    return f"{quoted_name}!$A:${column_letters(spec.freeze[1])},{rows}" if spec.freeze[1] else rows
