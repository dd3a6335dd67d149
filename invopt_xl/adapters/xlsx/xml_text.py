"""XML as spreadsheets use it: safe parsing, namespaces of both dialects, text that Excel can read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from lxml import etree

from invopt_xl.errors import WorkbookError

Element: TypeAlias = etree._Element

CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

#: Longest text of a cell that Excel takes [characters].
CELL_TEXT_LIMIT = 32_767


@dataclass(frozen=True)
class Dialect:
    """The namespaces of one of the two dialects of the format (ISO/IEC 29500 transitional or strict)."""

    main: str
    relations: str
    drawing: str
    chart: str
    sheet_drawing: str

    def tag(self, name: str) -> str:
        return f"{{{self.main}}}{name}"

    @property
    def relation_id(self) -> str:
        """Name of the attribute that points to a relationship."""
        return f"{{{self.relations}}}id"


TRANSITIONAL = Dialect(
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://schemas.openxmlformats.org/drawingml/2006/main",
    "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
)
STRICT = Dialect(
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://purl.oclc.org/ooxml/drawingml/main",
    "http://purl.oclc.org/ooxml/drawingml/chart",
    "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
)


def parse(data: bytes, part: str) -> Element:
    """Return the root of an XML part; no entity is ever expanded and nothing is fetched.

    Raises
    ------
    WorkbookError
        Not well-formed, or it has a document type: no spreadsheet program writes one, entity bombs do.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise WorkbookError(
            f"The workbook is damaged: {part} is not readable ({error}). Open it in Excel, let it repair the file, and save it."
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise WorkbookError(
            f"The workbook is not safe to open: {part} declares a document type, which no spreadsheet program writes. Ask where it came from."
        )
    return root


def new_element(tag: str, prefixes: Mapping[str | None, str]) -> Element:
    """Return an element that declares these prefixes; None is the default one, which the type stubs of lxml do not know."""
    return etree.Element(tag, nsmap=cast(Any, dict(prefixes)))


def serialize(root: Element) -> bytes:
    """Return the part as bytes, with every namespace prefix that it declared."""
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True)


# characters that XML 1.0 cannot carry, and texts that Excel would take for such an escape
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def escape_text(text: str) -> str:
    """Return element text as Excel writes it.

    >>> escape_text("a<b & _x0041_ \\x07")
    'a&lt;b &amp; _x005F_x0041_ _x0007_'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def escape_attribute(text: str) -> str:
    """Return attribute text, quotes not included; line breaks become Excel's escapes.

    >>> escape_attribute('5" pipe')
    '5&quot; pipe'
    """
    return escape_text(text).replace('"', "&quot;").replace("\n", "_x000a_").replace("\t", "_x0009_")


def unescape_text(text: str) -> str:
    """Return the text that Excel's `_xHHHH_` escapes stand for.

    >>> unescape_text("_x005F_x0041_ b_x000a_")
    '_x0041_ b\\n'
    """
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)


def column_letters(number: int) -> str:
    """Return the letters of a 1-based column.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the 1-based number of column letters.

    >>> column_number("AB")
    28
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def quoted_sheet(name: str) -> str:
    """Return a sheet name as formulas write it.

    >>> quoted_sheet("Joe's plan")
    "'Joe''s plan'"
    """
    return "'" + name.replace("'", "''") + "'"
