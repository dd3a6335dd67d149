"""A whole worksheet of ours: cells, widths, panes, print set-up, rules; on a refresh what the planner set on it stays."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from invopt_xl.adapters.xlsx.layout import page_setup
from invopt_xl.adapters.xlsx.look import STRONG
from invopt_xl.adapters.xlsx.rules_xml import bar_extension, is_bar_extension
from invopt_xl.adapters.xlsx.xml_text import COMPATIBILITY, DECLARATION, Dialect, Element, column_letters, new_element
from invopt_xl.core.sheets import SheetSpec

# ECMA-376 part 1, 18.3.1.99
ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
#: Elements of the old sheet that hold the planner's choices and survive a refresh.
_SURVIVES = [
    "sheetPr",
    "sheetViews",
    "sheetFormatPr",
    "sheetProtection",
    "protectedRanges",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "customProperties",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
]


@dataclass(frozen=True)
class ColumnWidth:
    """Width [characters] of a 1-based column, and whether the planner has hidden it; `style` is the format of its empty cells."""

    number: int
    width: float
    hidden: bool = False
    style: int = 0


@dataclass
class SheetPieces:
    """What a worksheet is put together from. `rows` maps a row number to its cells as text, left to right; `heights` is in points."""

    rows: dict[int, str] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    last_column: int = 1
    widths: list[ColumnWidth] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    validations: list[str] = field(default_factory=list)
    number_as_text: list[str] = field(default_factory=list)
    table_ids: list[str] = field(default_factory=list)
    drawing_id: str = ""
    comments_id: str = ""


def compose(
    dialect: Dialect, spec: SheetSpec, pieces: SheetPieces, *, old: Element | None, active: bool = False
) -> bytes:
    """Return the worksheet part."""
    root = _root(dialect, old)
    children: dict[str, list[Element]] = {}
    for each in () if old is None else old:
        name = etree.QName(each).localname if isinstance(each.tag, str) else ""
        if name in _SURVIVES:
            children.setdefault(name, []).append(copy.deepcopy(each))
    for name, xml in _fresh(dialect, spec, pieces, active):
        if xml and name not in children:
            children[name] = list(
                etree.fromstring(f'<any xmlns="{dialect.main}" xmlns:r="{dialect.relations}">{xml}</any>')
            )
    extensions = _extensions(dialect, pieces, old)
    if extensions is not None:
        children["extLst"] = [extensions]
    for name in ORDER:
        for each in children.get(name, ()):
            root.append(each)
    etree.cleanup_namespaces(root, keep_ns_prefixes=[prefix for prefix in root.nsmap if prefix])
    before, mark, after = etree.tostring(root, encoding="UTF-8").partition(b"<sheetData/>")
    assert mark, "a fresh worksheet has an empty sheetData"
    return b"".join((DECLARATION, before, b"<sheetData>", "".join(_rows(pieces)).encode(), b"</sheetData>", after))


def _root(dialect: Dialect, old: Element | None) -> Element:
    """Return an empty worksheet element with the prefixes of the old one, which its extensions may need."""
    prefixes: dict[str | None, str] = {}
    if old is not None:
        prefixes.update({prefix: uri for prefix, uri in old.nsmap.items() if prefix and prefix != "r"})
    root = new_element(dialect.tag("worksheet"), {**prefixes, None: dialect.main, "r": dialect.relations})
    for name, value in () if old is None else old.items():
        if name == f"{{{COMPATIBILITY}}}Ignorable":
            value = " ".join(prefix for prefix in value.split() if prefix in root.nsmap)
        root.set(name, value)
    return root


def _fresh(dialect: Dialect, spec: SheetSpec, pieces: SheetPieces, active: bool) -> Iterable[tuple[str, str]]:
    last_row = max(pieces.rows, default=1)
    tab = f'<tabColor rgb="FF{STRONG[spec.tab]}"/>' if spec.tab else ""
    yield "sheetPr", f'<sheetPr>{tab}<pageSetUpPr fitToPage="1"/></sheetPr>'
    yield "dimension", f'<dimension ref="A1:{column_letters(pieces.last_column)}{last_row}"/>'
    yield "sheetViews", _view(spec, active)
    yield "sheetFormatPr", '<sheetFormatPr defaultRowHeight="15"/>'
    yield "cols", _columns(pieces.widths)
    yield "sheetData", "<sheetData/>"
    yield "conditionalFormatting", "".join(pieces.formats)
    yield (
        "dataValidations",
        f'<dataValidations count="{len(pieces.validations)}">{"".join(pieces.validations)}</dataValidations>'
        if pieces.validations
        else "",
    )
    yield "pageMargins", '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
    yield "pageSetup", page_setup(spec, {each.number: each.width for each in pieces.widths if not each.hidden})
    yield "headerFooter", "<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
    ignored = (
        f'<ignoredError sqref="{" ".join(pieces.number_as_text)}" numberStoredAsText="1"/>'
        if pieces.number_as_text
        else ""
    )
    yield "ignoredErrors", f"<ignoredErrors>{ignored}</ignoredErrors>" if ignored else ""
    yield "drawing", f'<drawing r:id="{pieces.drawing_id}"/>' if pieces.drawing_id else ""
    yield "legacyDrawing", f'<legacyDrawing r:id="{pieces.comments_id}"/>' if pieces.comments_id else ""
    parts = "".join(f'<tablePart r:id="{each}"/>' for each in pieces.table_ids)
    yield "tableParts", f'<tableParts count="{len(pieces.table_ids)}">{parts}</tableParts>' if parts else ""


def _view(spec: SheetSpec, active: bool) -> str:
    rows, columns = spec.freeze
    grid = ' showGridLines="0"' if any(not block.is_table for block in spec.blocks) or spec.charts else ""
    selected = ' tabSelected="1"' if active else ""
    if not rows and not columns:
        return f'<sheetViews><sheetView{grid}{selected} workbookViewId="0"/></sheetViews>'
    pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    split = (f' xSplit="{columns}"' if columns else "") + (f' ySplit="{rows}"' if rows else "")
    corner = f"{column_letters(columns + 1)}{rows + 1}"
    return (
        f'<sheetViews><sheetView{grid}{selected} workbookViewId="0"><pane{split} topLeftCell="{corner}" activePane="{pane}" state="frozen"/>'
        f'<selection pane="{pane}" activeCell="{corner}" sqref="{corner}"/></sheetView></sheetViews>'
    )


def _columns(widths: Iterable[ColumnWidth]) -> str:
    parts = []
    for each in sorted(widths, key=lambda one: one.number):
        style = f' style="{each.style}"' if each.style else ""
        hidden = ' hidden="1"' if each.hidden else ""
        parts.append(
            f'<col min="{each.number}" max="{each.number}" width="{each.width:g}"{style}{hidden} customWidth="1"/>'
        )
    return f"<cols>{''.join(parts)}</cols>" if parts else ""


def _rows(pieces: SheetPieces) -> list[str]:
    heights: Mapping[int, float] = pieces.heights
    numbers = sorted(pieces.rows)
    return [
        f'<row r="{n}" ht="{heights[n]:g}" customHeight="1">{pieces.rows[n]}</row>'
        if n in heights
        else f'<row r="{n}">{pieces.rows[n]}</row>'
        for n in numbers
    ]


def _extensions(dialect: Dialect, pieces: SheetPieces, old: Element | None) -> Element | None:
    """Return the extension list: the planner's (slicers, sparklines), and our data bars."""
    found = None if old is None else old.find(dialect.tag("extLst"))
    kept = [] if found is None else [each for each in found if not is_bar_extension(each.get("uri", ""))]
    if not kept and not pieces.extensions:
        return None
    root = new_element(dialect.tag("extLst"), {None: dialect.main})
    root.extend(copy.deepcopy(each) for each in kept)
    if pieces.extensions:
        root.append(etree.fromstring(bar_extension(dialect, pieces.extensions)))
    return root
