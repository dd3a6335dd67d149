"""The styles part: our cell formats are appended, and found again at the next refresh so that the part does not grow."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from invopt_xl.adapters.package import Package
from invopt_xl.adapters.xlsx.workbook_part import Workbook, insert_in_order
from invopt_xl.adapters.xlsx.xml_text import Dialect, Element, escape_attribute, serialize

STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_ORDER = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
]
_ROLES = {
    "numFmts": "numFmt",
    "fonts": "font",
    "fills": "fill",
    "borders": "border",
    "cellStyleXfs": "xf",
    "cellXfs": "xf",
    "dxfs": "dxf",
}
#: First number format id that is free for workbooks; lower ones are built in.
_FIRST_CUSTOM_FORMAT = 164

#: Built-in formats by code, which need no entry in the part; ECMA-376 part 1, 18.8.30.
BUILT_IN = {"General": 0, "0": 1, "0.00": 2, "#,##0": 3, "#,##0.00": 4, "0%": 9, "0.00%": 10, "@": 49, "date": 14}

MINIMAL = (
    '<styleSheet xmlns="{main}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles><dxfs count="0"/>'
    '<tableStyles count="0" defaultTableStyle="TableStyleMedium2" defaultPivotStyle="PivotStyleLight16"/></styleSheet>'
)


@dataclass(frozen=True)
class CellStyle:
    """How a cell looks; colours are RRGGBB, "" is the workbook's own default."""

    number_format: str = "General"
    bold: bool = False
    italic: bool = False
    size: float = 0.0
    color: str = ""
    fill: str = ""
    border: str = ""
    border_sides: tuple[str, ...] = ("left", "right", "top", "bottom")
    horizontal: str = ""
    vertical: str = ""
    indent: int = 0
    wrap: bool = False
    text_prefix: bool = False
    unlocked: bool = False


@dataclass(frozen=True)
class HighlightStyle:
    """How a conditional format changes a cell."""

    color: str
    fill: str


class Styles:
    """The styles part of a workbook; `cell` and `highlight` give indices to write into sheets."""

    def __init__(self, workbook: Workbook) -> None:
        self._package: Package = workbook.package
        self._dialect: Dialect = workbook.dialect
        found = workbook.relations.of_kind("styles")
        part = self._package.spelled(workbook.relations.target(found[0])) if found else ""
        if part and self._package.has(part):
            self.part = part
            self._root = self._package.xml(part)
        else:
            self.part = (
                self._package.free_name(workbook.folder + "/stylesInvOpt%d.xml")
                if self._package.has(workbook.folder + "/styles.xml")
                else workbook.folder + "/styles.xml"
            )
            workbook.relations.add(self._dialect.relations + "/styles", self.part)
            self._package.set_content_type(self.part, STYLES_TYPE)
            self._root = etree.fromstring(MINIMAL.format(main=self._dialect.main))
            self._package.put(self.part, serialize(self._root))
        self._known: dict[str, dict[str, int]] = {}
        self._cells: dict[CellStyle, int] = {}
        self._dates: dict[int, bool] = {}
        self._changed = False

    def cell(self, style: CellStyle) -> int:
        """Return the index of a cell format, appended when the part does not have it yet."""
        if style not in self._cells:
            self._cells[style] = self._index("cellXfs", self._cell_xml(style))
        return self._cells[style]

    def highlight(self, style: HighlightStyle) -> int:
        """Return the index of a differential format for conditional formats."""
        return self._index(
            "dxfs",
            f'<dxf><font><color rgb="FF{style.color}"/></font><fill><patternFill><bgColor rgb="FF{style.fill}"/></patternFill></fill></dxf>',
        )

    def is_date(self, index: int) -> bool:
        """Return whether the cell format at `index` shows a date."""
        if index not in self._dates:
            self._dates[index] = self._shows_date(index)
        return self._dates[index]

    def _shows_date(self, index: int) -> bool:
        xfs = self._section("cellXfs").findall(self._dialect.tag("xf"))
        if not 0 <= index < len(xfs):
            return False
        number = int(xfs[index].get("numFmtId", "0"))
        if 14 <= number <= 17 or number == 22 or 27 <= number <= 36 or 50 <= number <= 58:
            return True
        formats = self._root.find(self._dialect.tag("numFmts"))
        for each in () if formats is None else formats:
            if each.get("numFmtId") == str(number):
                return _shows_date(each.get("formatCode", ""))
        return False

    def save(self) -> None:
        """Put the part into the package, when anything was appended."""
        if self._changed:
            self._package.put(self.part, serialize(self._root))

    def _cell_xml(self, style: CellStyle) -> str:
        number = self._format(style.number_format)
        font, fill, border = self._font(style), self._fill(style.fill), self._border(style)
        alignment = "".join(
            f' {name}="{value}"'
            for name, value in (
                ("horizontal", style.horizontal),
                ("vertical", style.vertical),
                ("wrapText", "1" if style.wrap else ""),
                ("indent", style.indent or ""),
            )
            if value
        )
        inner = (f"<alignment{alignment}/>" if alignment else "") + (
            '<protection locked="0"/>' if style.unlocked else ""
        )
        has_parents = self._root.find(self._dialect.tag("cellStyleXfs")) is not None
        applies = (
            ("applyNumberFormat", number),
            ("applyFont", font),
            ("applyFill", fill),
            ("applyBorder", border),
            ("applyAlignment", alignment),
            ("applyProtection", style.unlocked),
        )
        flags = "".join(f' {name}="1"' for name, value in applies if value)
        parent = ' xfId="0"' if has_parents else ""
        prefix = ' quotePrefix="1"' if style.text_prefix else ""
        return f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}"{parent}{prefix}{flags}>{inner}</xf>'

    def _format(self, code: str) -> int:
        if code in BUILT_IN:
            return BUILT_IN[code]
        formats = self._section("numFmts")
        taken = {int(each.get("numFmtId", "0")) for each in formats}
        for each in formats:
            if each.get("formatCode") == code:
                return int(each.get("numFmtId", "0"))
        number = max([*taken, _FIRST_CUSTOM_FORMAT - 1]) + 1
        self._index("numFmts", f'<numFmt numFmtId="{number}" formatCode="{escape_attribute(code)}"/>')
        return number

    def _font(self, style: CellStyle) -> int:
        if not (style.bold or style.italic or style.size or style.color):
            return 0
        base = self._section("fonts").find(self._dialect.tag("font"))
        name, size = "Calibri", "11"
        if base is not None:
            name = _value(base, self._dialect.tag("name"), name)
            size = _value(base, self._dialect.tag("sz"), size)
        parts = ("<b/>" if style.bold else "") + ("<i/>" if style.italic else "")
        parts += f'<sz val="{style.size or float(size):g}"/>' + (
            f'<color rgb="FF{style.color}"/>' if style.color else ""
        )
        return self._index("fonts", f'<font>{parts}<name val="{escape_attribute(name)}"/><family val="2"/></font>')

    def _fill(self, color: str) -> int:
        if not color:
            return 0
        return self._index(
            "fills",
            f'<fill><patternFill patternType="solid"><fgColor rgb="FF{color}"/><bgColor indexed="64"/></patternFill></fill>',
        )

    def _border(self, style: CellStyle) -> int:
        if not style.border:
            return 0
        sides = "".join(
            f'<{side} style="thin"><color rgb="FF{style.border}"/></{side}>'
            if side in style.border_sides
            else f"<{side}/>"
            for side in ("left", "right", "top", "bottom", "diagonal")
        )
        return self._index("borders", f"<border>{sides}</border>")

    def _section(self, name: str) -> Element:
        found = self._root.find(self._dialect.tag(name))
        if found is None:
            found = etree.Element(self._dialect.tag(name))
            insert_in_order(self._root, found, _ORDER)
            if name != "dxfs" and name != "numFmts":
                # index 0 is the default of everything that names none
                found.append(etree.fromstring(f'<{_ROLES[name]} xmlns="{self._dialect.main}"/>'))
        return found

    def _index(self, section: str, xml: str) -> int:
        parent = self._section(section)
        tag = self._dialect.tag(_ROLES[section])
        if section not in self._known:
            known: dict[str, int] = {}
            for index, each in enumerate(parent.iterchildren(tag)):
                known.setdefault(_signature(each), index)
            self._known[section] = known
        new = etree.fromstring(f'<any xmlns="{self._dialect.main}">{xml}</any>')[0]
        signature = _signature(new)
        if signature not in self._known[section]:
            count = sum(1 for _ in parent.iterchildren(tag))
            parent.append(new)
            parent.set("count", str(count + 1))
            self._known[section][signature] = count
            self._changed = True
        return self._known[section][signature]


def _signature(element: Element) -> str:
    """Return the element as text that does not depend on prefixes, order of attributes or white space."""
    if not isinstance(element.tag, str):
        return ""
    attributes = " ".join(f"{name!s}={value!s}" for name, value in sorted(element.items()))
    return f"<{etree.QName(element).localname} {attributes}>{''.join(_signature(each) for each in element)}"


def _value(parent: Element, tag: str, default: str) -> str:
    found = parent.find(tag)
    return default if found is None else str(found.get("val", default))


def _shows_date(code: str) -> bool:
    """Return whether a number format code shows a day or month; quoted text, brackets and escapes do not count.

    >>> _shows_date("yyyy-mm-dd"), _shows_date('0.0" days"'), _shows_date("[Red]0.0")
    (True, False, False)
    """
    plain, quoted, bracket, skip = "", False, False, False
    for letter in code.lower():
        if skip:
            skip = False
        elif letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "\\_*":
            skip = True
        elif letter == "[":
            bracket = True
        elif letter == "]":
            bracket = False
        elif not bracket:
            plain += letter
    return any(letter in plain for letter in "dmy") and "general" not in plain
