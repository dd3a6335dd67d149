"""What an .xlsx package says beside its cells: sheets, Excel tables, our own marks, 1904 dates, hidden rows, formulas without values.

Only small parts are read; a large sheet is never unpacked as a whole here unless empty cells have to be explained.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import numpy as np
import pandas as pd
from lxml import etree

from invopt_xl.adapters.xlsb_cells import full_cells
from invopt_xl.core.intake.grid import HEAD_ROWS, Area, column_letters, column_number
from invopt_xl.core.intake.shown import Padding, Shown, padding_of
from invopt_xl.errors import WorkbookError

#: A sheet whose XML is longer than this is read by column instead of by cell [bytes].
LARGE_SHEET = 4 << 20
#: A part may unpack to this much [bytes], and to this many times its packed size once it is large.
_PART_LIMIT, _RATIO_LIMIT, _RATIO_FROM = 4 << 30, 400, 50 << 20
_HEAD_LIMIT, _PIECE = 16 << 20, 4 << 20
#: A sheet of little XML may span this many cells, filled or not; each takes some 30 bytes once it is read.
_EXTENT_LIMIT = 30_000_000
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="[A-Z]{1,3}(\d{1,7})"[^>]*(?<!/)>')
_COLUMN_LETTERS = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})\d+"[^>]*(?<!/)>')
_OWN_NAME = re.compile(r"^InvOpt\.", re.IGNORECASE)
_REFERENCE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)$")
#: A cell's start tag is shorter than this [bytes].
_START_TAG = 1000
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*>')
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*\bhidden="(?:1|true)"')
_KIND = re.compile(rb'\bt="(?!n")(\w+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]")
#: A formula whose saved value is the empty text is not without a value.
_EMPTY_TEXT = re.compile(rb'\bt="str"[^>]*>.*<(?:\w+:)?v', re.DOTALL)

_DAMAGED = "Open it in Excel, let it repair the file, and save it as .xlsx."


@dataclass(frozen=True)
class SheetPart:
    """A worksheet of the package."""

    name: str
    part: str
    areas: tuple[Area, ...] = ()


class PackageFacts:
    """The small parts of an .xlsx package.

    Raises
    ------
    WorkbookError
        The bytes are no workbook, or unsafe to unpack.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self._infos = {
                info.filename.lstrip("/").replace("\\", "/").casefold(): info for info in self._zip.infolist()
            }
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise WorkbookError(f"{name} is no workbook or is cut off ({error}). {_DAMAGED}") from error
        for info in self._infos.values():
            if info.file_size > _PART_LIMIT or (
                info.file_size > _RATIO_FROM and info.file_size > _RATIO_LIMIT * max(info.compress_size, 1)
            ):
                raise WorkbookError(
                    f"{name} is not safe to open: its part {info.filename} unpacks to {info.file_size:,} bytes. Ask where it came from."
                )
        self.workbook_part = self._office_document()
        self.is_xml = self.workbook_part.casefold().endswith(".xml")
        self.date1904 = False
        self.sheets: tuple[SheetPart, ...] = ()
        self.own_sheets: frozenset[str] = frozenset()
        if self.is_xml:
            self._read_workbook()

    def _bytes(self, part: str) -> bytes | None:
        info = self._infos.get(part.lstrip("/").casefold())
        if info is None:
            return None
        try:
            return self._zip.read(info)
        except (
            zipfile.BadZipFile,
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            zlib_error(),
        ) as error:
            raise WorkbookError(
                f"{self.name} is damaged: its part {part} cannot be unpacked ({error}). {_DAMAGED}"
            ) from error

    def _xml(self, part: str) -> etree._Element | None:
        data = self._bytes(part)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
        )
        try:
            return etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise WorkbookError(f"{self.name} is damaged: its part {part} is no proper XML. {_DAMAGED}") from error

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return id -> (kind, target part) of a part's relationships."""
        folder, file = posixpath.split(part)
        root = self._xml(posixpath.join(folder, "_rels", file + ".rels"))
        found: dict[str, tuple[str, str]] = {}
        for each in root if root is not None else ():
            if each.get("TargetMode") == "External" or not isinstance(each.tag, str):
                continue
            target = unquote(str(each.get("Target", ""))).replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[str(each.get("Id"))] = (str(each.get("Type", "")).rsplit("/", 1)[-1], path)
        return found

    def _office_document(self) -> str:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target
        raise WorkbookError(f"{self.name} is a zip file but not a workbook. Save it in Excel as .xlsx.")

    def _read_workbook(self) -> None:
        root = self._xml(self.workbook_part)
        if root is None:
            raise WorkbookError(f"{self.name} is damaged: its part {self.workbook_part} is missing. {_DAMAGED}")
        relations = self._relations(self.workbook_part)
        properties = _first(root, "workbookPr")
        self.date1904 = properties is not None and properties.get("date1904") in ("1", "true")
        sheets = []
        for each in _each(root, "sheet"):
            link = next((str(value) for key, value in each.attrib.items() if str(key).endswith("}id")), "")
            kind, part = relations.get(link, ("", ""))
            if kind == "worksheet":
                sheets.append(SheetPart(str(each.get("name", "")), part, self._areas(part)))
        self.sheets = tuple(sheets)
        own = {
            _sheet_of(each.text or "")
            for each in _each(root, "definedName")
            if _OWN_NAME.match(str(each.get("name", "")))
        }
        self.own_sheets = frozenset(own - {""})

    def _areas(self, part: str) -> tuple[Area, ...]:
        areas = []
        for kind, target in self._relations(part).values():
            root = self._xml(target) if kind == "table" else None
            match = _REFERENCE.match(str(root.get("ref", ""))) if root is not None else None
            if root is None or match is None or root.get("headerRowCount") == "0":
                continue
            left, top, right, bottom = match.groups()
            totals = int(root.get("totalsRowCount") or 0)
            areas.append(
                Area(
                    str(root.get("displayName") or root.get("name") or ""),
                    int(top),
                    column_number(left),
                    int(bottom) - totals,
                    column_number(right),
                )
            )
        return tuple(sorted(areas, key=lambda area: (area.top, area.left)))

    def size(self, part: str) -> int:
        """Return the unpacked size of a part [bytes]."""
        info = self._infos.get(part.casefold())
        return info.file_size if info else 0

    def head_of_package(self) -> bytes:
        """Return a copy of the package in which large sheets end after their first rows; it reads in no time."""
        cut = {sheet.part.casefold() for sheet in self.sheets if self.size(sheet.part) > LARGE_SHEET}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
            for key, info in self._infos.items():
                if key.startswith(
                    ("xl/media/", "xl/charts/", "xl/drawings/", "xl/embeddings/", "xl/pivotcache/")
                ) or key.endswith((".bin", ".vml")):
                    continue
                copy.writestr(info.filename, self._first_rows(info) if key in cut else self._bytes(key) or b"")
        return out.getvalue()

    def with_full_cells(self) -> bytes | None:
        """Return a copy of an .xlsb package with every cell in the form that Excel writes; None if it is so already."""
        parts = {part.casefold() for kind, part in self._relations(self.workbook_part).values() if kind == "worksheet"}
        changed: dict[str, bytes] = {}
        for part in parts:
            data = self._bytes(part) or b""
            full = full_cells(data)
            if full is not data:
                changed[part] = full
        if not changed:
            return None
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
            for key, info in self._infos.items():
                copy.writestr(info.filename, changed.get(key) or self._bytes(key) or b"")
        return out.getvalue()

    def _first_rows(self, info: zipfile.ZipInfo) -> bytes:
        chunk, end = b"", re.compile(rb"</((?:\w+:)?)row>")
        try:
            with self._zip.open(info) as stream:
                while len(chunk) < _HEAD_LIMIT and len(end.findall(chunk)) < HEAD_ROWS:
                    more = stream.read(1 << 18)
                    if not more:
                        break
                    chunk += more
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib_error()) as error:
            raise WorkbookError(
                f"{self.name} is damaged: its part {info.filename} cannot be unpacked ({error}). {_DAMAGED}"
            ) from error
        ends = list(end.finditer(chunk))
        if not ends:
            return chunk
        last = ends[min(HEAD_ROWS, len(ends)) - 1]
        prefix = last.group(1)
        return chunk[: last.end()] + b"</" + prefix + b"sheetData></" + prefix + b"worksheet>"

    def check_extent(self, sheet: SheetPart) -> None:
        """Raise WorkbookError for a nearly empty sheet with a cell at its far end: as a grid it would fill all memory."""
        size = self.size(sheet.part)
        if size > LARGE_SHEET:
            return
        data = self._bytes(sheet.part) or b""
        rows = max((int(row) for row in _ROW_NUMBER.findall(data[-(1 << 20) :])), default=0)
        if rows * 16384 <= _EXTENT_LIMIT:
            return
        columns = max((column_number(letters.decode()) for letters in set(_COLUMN_LETTERS.findall(data))), default=0)
        if rows * columns > _EXTENT_LIMIT:
            raise WorkbookError(
                f"{self.name}, sheet {sheet.name}: nearly empty, but its last cell is in row {rows:,}, column {column_letters(columns)}. "
                "Delete the empty rows and columns in Excel and save it."
            )

    def pieces(self, part: str) -> Iterator[bytes]:
        """Yield the XML of a sheet piece by piece, each of whole rows; a large sheet is never held as a whole for that.

        Raises
        ------
        WorkbookError
            The part cannot be unpacked.
        """
        info = self._infos.get(part.casefold())
        if info is None:
            return
        rest = b""
        try:
            with self._zip.open(info) as stream:
                while piece := stream.read(_PIECE):
                    cut = (piece := rest + piece).rfind(b"<row ")
                    cut = cut if cut >= 0 else len(piece) if len(piece) > _HEAD_LIMIT else 0
                    yield piece[:cut]
                    rest = piece[cut:]
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib_error()) as error:
            raise WorkbookError(
                f"{self.name} is damaged: its part {part} cannot be unpacked ({error}). {_DAMAGED}"
            ) from error
        yield rest

    def hidden_rows(self, part: str) -> int:
        """Return the number of hidden rows of a sheet."""
        return sum(len(_HIDDEN_ROW.findall(piece)) for piece in self.pieces(part) if b' hidden="' in piece)

    def shown(self, part: str) -> tuple[Shown, ...]:
        """Return the number cells of a sheet whose number format pads them, such as 00000, by column and format."""
        if not self._paddings:
            return ()
        styles = "|".join(map(str, self._paddings)).encode()
        cell = re.compile(
            rb'<(?:\w+:)?c\s(?=[^>]*\bs="('
            + styles
            + rb')")(?![^>]*\bt="(?!n"))[^>]*\br="([A-Z]{1,3})(\d+)"[^>]*(?<!/)>'
        )
        rows: dict[tuple[bytes, bytes], list[int]] = {}
        for piece in self.pieces(part):
            for style, letters, row in cell.findall(piece):
                rows.setdefault((letters, style), []).append(int(row))
        return tuple(
            Shown(column_number(letters.decode()), np.array(each, dtype=np.int64), self._paddings[int(style)])
            for (letters, style), each in rows.items()
        )

    @cached_property
    def _paddings(self) -> dict[int, Padding]:
        """Cell formats (positions in cellXfs) that pad whole numbers."""
        kinds = self._relations(self.workbook_part).values()
        root = next((self._xml(target) for kind, target in kinds if kind == "styles"), None)
        formats = _first(root, "cellXfs") if root is not None else None
        if root is None or formats is None:
            return {}
        codes = {each.get("numFmtId"): str(each.get("formatCode", "")) for each in _each(root, "numFmt")}
        found = {at: padding_of(codes.get(each.get("numFmtId"), "")) for at, each in enumerate(_each(formats, "xf"))}
        return {at: padding for at, padding in found.items() if padding is not None}

    def kinds(self, part: str, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the 1-based rows of the cells of a column (1-based), and the kind of each as the package writes it (b"" for numbers)."""
        cell = re.compile(rb'<c r="' + column_letters(column).encode() + rb'(\d+)"([^>]*)>')
        rows: list[np.ndarray] = []
        kinds: list[np.ndarray] = []
        for piece in self.pieces(part):
            found = cell.findall(piece)
            if found:
                numbers, rest = zip(*found, strict=True)
                rows.append(np.array(numbers).astype(np.int64))
                codes, distinct = pd.factorize(np.array(rest, dtype=object))
                kinds.append(np.array([_kind(each) for each in distinct], dtype="S12")[codes])
        if not rows:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype="S12")
        return np.concatenate(rows), np.concatenate(kinds)

    def uncached_formulas(self, part: str) -> tuple[tuple[int, int], ...]:
        """Return 1-based (row, column) of formulas that were saved without a value."""
        if not self._has_formulas(part):
            return ()
        data, found = self._bytes(part) or b"", []
        for formula in _FORMULA.finditer(data):
            # only the cell's own start tag stands before its formula: looking further back would cost the square of the sheet
            near = max(formula.start() - _START_TAG, 0)
            begin = max(data.rfind(b"<c ", near, formula.start()), data.rfind(b":c ", near, formula.start()) - 8, near)
            cell, end = _CELL.search(data, begin, formula.start()), _CELL_END.search(data, formula.start())
            if cell is None or end is None:
                continue
            content = data[cell.start() : end.start()]
            if not _VALUE.search(content) and not _EMPTY_TEXT.search(content):
                found.append((int(cell.group(2)), column_number(cell.group(1).decode())))
        return tuple(found)

    def _has_formulas(self, part: str) -> bool:
        """Look for a formula piece by piece; most sheets of data have none."""
        return any(_FORMULA.search(piece) for piece in self.pieces(part))


def zlib_error() -> type[Exception]:
    """Return the error of a damaged packed stream."""
    import zlib

    return zlib.error


def _kind(attributes: bytes) -> bytes:
    """Return the kind of a cell from its attributes: b"s", b"str", b"b" ...; b"" for a number."""
    match = _KIND.search(attributes)
    return match.group(1) if match else b""


def _each(root: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in root.iter() if isinstance(each.tag, str) and etree.QName(each).localname == name]


def _first(root: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_each(root, name)), None)


def _sheet_of(reference: str) -> str:
    """Return the sheet of a reference such as 'My sheet'!$A$1."""
    sheet = reference.strip().lstrip("=").rpartition("!")[0]
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
