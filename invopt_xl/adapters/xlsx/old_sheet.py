"""Our sheet as the last plan and the planner left it: its cells, its tables and its widths, read before it is replaced."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from lxml import etree

from invopt_xl.adapters.package import Relations
from invopt_xl.adapters.xlsx.styles_xml import Styles
from invopt_xl.adapters.xlsx.workbook_part import Sheet, Workbook
from invopt_xl.adapters.xlsx.xml_text import Element, column_letters, column_number, parse, unescape_text

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_HEADER_SEARCH_ROWS = 50
_ROW_START = re.compile(rb'<row r="(\d+)"')


@dataclass(frozen=True)
class OldTable:
    """A table on the old sheet: where it stands (1-based, inclusive, header included; totals row not), and its part."""

    name: str
    part: str
    relation_id: str
    first_row: int
    last_row: int
    first_column: int
    headers: tuple[str, ...]
    formulas: dict[str, str] = field(default_factory=dict)
    number: int = 0

    @property
    def last_column(self) -> int:
        return self.first_column + len(self.headers) - 1


@dataclass(frozen=True)
class Rectangle:
    """Cells that hold something of the planner's that cannot move, such as a pivot; 1-based and inclusive."""

    what: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def holds(self, row: int, column: int) -> bool:
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column

    def overlaps(self, other: Rectangle) -> bool:
        rows = self.first_row <= other.last_row and other.first_row <= self.last_row
        return rows and self.first_column <= other.last_column and other.first_column <= self.last_column

    @classmethod
    def of(cls, what: str, reference: str) -> Rectangle:
        first, _, last = reference.partition(":")
        (left, top), (right, bottom) = corner(first), corner(last or first)
        return cls(what, top, bottom, left, right)


class SharedStrings:
    """The texts that cells of all sheets share; unpacked only when one is asked for."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook

    @cached_property
    def _items(self) -> list[Element]:
        found = self._workbook.relations.of_kind("sharedStrings")
        part = self._workbook.relations.target(found[0]) if found else ""
        return list(self._workbook.package.xml(part)) if part and self._workbook.package.has(part) else []

    def text(self, index: int) -> str:
        return rich_text(self._items[index]) if 0 <= index < len(self._items) else ""


class OldSheet:
    """The sheet part of ours that is about to be replaced."""

    def __init__(self, workbook: Workbook, sheet: Sheet, strings: SharedStrings, styles: Styles) -> None:
        self.sheet = sheet
        self.name = sheet.name
        self._workbook, self._package, self._strings, self._styles = workbook, workbook.package, strings, styles
        self._left_out: dict[tuple[int, int], tuple[OldTable, list[str]]] = {}
        self.relations: Relations = self._package.relations(sheet.part)
        self._tag = workbook.dialect.tag
        self.tables = [
            self._table(each)
            for each in self.relations.of_kind("table")
            if self._package.has(self.relations.target(each))
        ]

    def leave_out(self, table: OldTable, names: Collection[str]) -> None:
        """Do not read these columns below a table's header: they are ours and written afresh, and most of a sheet is them.

        A later call for the same table replaces an earlier one.

        Cells with formulas are read all the same, because formulas of others may be written as copies of them.
        """
        letters = [column_letters(at) for at, name in enumerate(table.headers, table.first_column) if name in names]
        self._left_out[table.first_row, table.first_column] = (table, letters)
        self.__dict__.pop("root", None)
        self.__dict__.pop("cells", None)

    @cached_property
    def root(self) -> Element:
        """The worksheet, without the cells that were left out."""
        data = self._package.get(self.sheet.part)
        for table, letters in self._left_out.values():
            if letters:
                data = _without_cells(data, letters, table.first_row + 1, table.last_row)
        return parse(data, f"{self._package.name}, part {self.sheet.part}")

    @cached_property
    def cells(self) -> dict[int, dict[int, Element]]:
        """Cells by row and column, 1-based."""
        data = self.root.find(self._tag("sheetData"))
        rows: dict[int, dict[int, Element]] = {}
        row_number = 0
        numbers: dict[str, int] = {}
        for row in () if data is None else data.iterchildren(self._tag("row")):
            row_number = int(row.get("r") or row_number + 1)
            cells = rows.setdefault(row_number, {})
            at = 0
            for cell in row:
                letters = (cell.get("r") or "").rstrip("0123456789")
                at = (
                    at + 1
                    if not letters
                    else numbers.get(letters) or numbers.setdefault(letters, column_number(letters))
                )
                cells[at] = cell
        return rows

    def is_empty(self, table: OldTable) -> bool:
        """Return whether no cell was read in the rows below a table's header."""
        return not any(cells for row, cells in self.cells.items() if table.first_row < row <= table.last_row)

    @property
    def has_formulas(self) -> bool:
        return next(self.root.iter(self._tag("f")), None) is not None

    def pivots(self) -> list[Rectangle]:
        """Return where pivot tables of the planner stand."""
        found = []
        for relation in self.relations.of_kind("pivotTable"):
            part = self.relations.target(relation)
            if self._package.has(part):
                root = self._package.xml(part)
                location = root.find(self._tag("location"))
                if location is not None:
                    found.append(Rectangle.of(f"pivot table '{root.get('name', '')}'", location.get("ref", "A1")))
        return found

    def _table(self, relation: Element) -> OldTable:
        part = self._package.spelled(self.relations.target(relation))
        root = self._package.xml(part)
        first, _, last = root.get("ref", "A1").partition(":")
        (left, top), (_, bottom) = corner(first), corner(last or first)
        headers: list[str] = []
        formulas: dict[str, str] = {}
        for each in root.iter(self._tag("tableColumn")):
            headers.append(unescape_text(each.get("name", "")))
            formula = each.find(self._tag("calculatedColumnFormula"))
            if formula is not None and formula.text:
                formulas[headers[-1]] = formula.text
        bottom -= int(root.get("totalsRowCount", "0"))
        return OldTable(
            root.get("displayName") or root.get("name") or "",
            part,
            relation.get("Id", ""),
            top,
            bottom,
            left,
            tuple(headers),
            formulas,
            int(root.get("id", "0")),
        )

    def value(self, cell: Element) -> object:
        """Return what a cell holds: text, number, bool, date, or None."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            found = cell.find(self._tag("is"))
            return None if found is None else rich_text(found)
        raw = cell.findtext(self._tag("v"))
        if raw is None or raw == "":
            return None
        if kind == "s":
            return self._strings.text(int(raw))
        if kind == "b":
            return raw == "1"
        if kind == "d":
            return pd.Timestamp(raw)
        if kind in ("str", "e"):
            return unescape_text(raw)
        return self._number(float(raw), int(cell.get("s", "0")))

    def _number(self, number: float, style: int) -> object:
        if self._styles.is_date(style):
            origin = "1904-01-01" if self._workbook.date1904 else "1899-12-30"
            return pd.Timestamp(origin) + pd.Timedelta(seconds=round(number * 86_400))
        return number

    def find_header(self, wanted: tuple[str, ...]) -> OldTable | None:
        """Return the rectangle below the first row that holds all wanted headers, for a table that was made a plain range."""
        for row in sorted(self.cells)[:_HEADER_SEARCH_ROWS]:
            texts = {at: self.value(cell) for at, cell in self.cells[row].items()}
            if wanted and set(wanted) <= {each for each in texts.values() if isinstance(each, str)}:
                left = min(at for at, text in texts.items() if text == wanted[0])
                headers: list[str] = []
                while isinstance(texts.get(left + len(headers)), str):
                    headers.append(str(texts[left + len(headers)]))
                last = max(self.cells)
                return OldTable("", "", "", row, last, left, tuple(headers))
        return None

    def widths(self) -> dict[int, tuple[float, bool]]:
        """Return width [characters] and whether hidden, by column, of columns with a width of their own."""
        result = {}
        for each in self.root.iter(self._tag("col")):
            first, last = int(each.get("min", "1")), int(each.get("max", "1"))
            for column in range(first, min(last, first + 1000) + 1):
                if each.get("width"):
                    result[column] = (float(each.get("width", "9")), each.get("hidden") in ("1", "true"))
        return result


def _without_cells(sheet: bytes, letters: list[str], first_row: int, last_row: int) -> bytes:
    """Return a worksheet without the cells of some columns and rows that hold a plain value.

    A cell that is written in an unusual way stays, and so do all when rows have no numbers, or when comments or CDATA may hold what looks
    like a cell.
    """
    starts = [(int(found[1]), found.start()) for found in _ROW_START.finditer(sheet)]
    if b"<!" in sheet or len(starts) != len(re.findall(rb"<(?:\w+:)?row\b", sheet)):
        return sheet
    end = sheet.rfind(b"</sheetData>")
    begin, stop = (next((at for row, at in starts if row >= wanted), end) for wanted in (first_row, last_row + 1))
    cell = (
        rb'<c r="(?:%s)\d+"(?: [^<>]*)?(?:/>|>(?:<v>[^<]*</v>|<is>[^<]*(?:<(?!/is>)[^<]*)*</is>)?</c>)'
        % "|".join(letters).encode()
    )
    return b"".join((sheet[:begin], re.sub(cell, b"", sheet[begin:stop]), sheet[stop:]))


def rich_text(element: Element) -> str:
    """Return the text of a string item, formatting and phonetic hints left out."""
    parts = []
    for each in element:
        name = etree.QName(each).localname if isinstance(each.tag, str) else ""
        if name == "t":
            parts.append(each.text or "")
        elif name == "r":
            parts += [
                child.text or "" for child in each if isinstance(child.tag, str) and etree.QName(child).localname == "t"
            ]
    return unescape_text("".join(parts))


def corner(address: str) -> tuple[int, int]:
    """Return the 1-based column and row of a cell address.

    >>> corner("$B$12")
    (2, 12)
    """
    found = _ADDRESS.fullmatch(address.strip())
    return (1, 1) if found is None else (column_number(found.group(1)), int(found.group(2)))
