"""The workbook part: its list of sheets, its defined names, and the reasons not to touch it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from lxml import etree

from invopt_xl.adapters.package import Package
from invopt_xl.adapters.xlsx.xml_text import STRICT, TRANSITIONAL, Dialect, Element, quoted_sheet, serialize
from invopt_xl.errors import WorkbookError

WORKSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
#: Prefix of the hidden workbook-level name that marks a sheet as ours.
OWNER_PREFIX = "InvOpt."
SHEET_NAME_LIMIT = 31
# order of the children that we may have to insert; ECMA-376 part 1, 18.2.27
_ORDER = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
]
_SHEET_OF_NAME = re.compile(r"^=?(?:'((?:[^']|'')+)'|([^'!]+))!")
_BAD_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook: name, 0-based position and part."""

    name: str
    position: int
    part: str


class Workbook:
    """The workbook part of a package, found from the root relationships, never by name.

    Raises
    ------
    WorkbookError
        The workbook is binary, signed, protected, shared with a revision log, or of an unknown kind; the message says what to do.
    """

    def __init__(self, package: Package, *, for_writing: bool = True) -> None:
        self.package = package
        self.part = _workbook_part(package)
        if for_writing:
            _refuse_by_parts(package)
        self.root = package.xml(self.part)
        self.dialect = _dialect(package, self.root)
        self.relations = package.relations(self.part)
        self.folder = posixpath.dirname(self.part)
        protection = self.root.find(self.dialect.tag("workbookProtection"))
        if for_writing and protection is not None and protection.get("lockStructure") in ("1", "true", "on"):
            raise WorkbookError(
                f"{package.name} has a protected structure, so no sheet can be added. Take the protection off (Review, Protect Workbook), or give --out and plan from an unprotected copy."
            )
        if self._child("sheets") is None:
            raise WorkbookError(
                f"{package.name} is damaged: it lists no sheets. Open it in Excel, let it repair the file, and save it."
            )

    def _child(self, name: str) -> Element | None:
        return self.root.find(self.dialect.tag(name))

    def _make_child(self, name: str) -> Element:
        found = self._child(name)
        if found is None:
            found = etree.Element(self.dialect.tag(name))
            insert_in_order(self.root, found, _ORDER)
        return found

    @property
    def date1904(self) -> bool:
        """Whether day 0 is 1904-01-01 (old Macintosh files)."""
        properties = self._child("workbookPr")
        return properties is not None and properties.get("date1904") in ("1", "true", "on")

    # sheets -------------------------------------------------------------------------------------------------------------------------

    def _sheet_elements(self) -> list[Element]:
        sheets = self._child("sheets")
        return [] if sheets is None else sheets.findall(self.dialect.tag("sheet"))

    def sheets(self) -> list[Sheet]:
        """Return all sheets in their order; a sheet without a part (damaged) has part ""."""
        result = []
        for position, each in enumerate(self._sheet_elements()):
            relation = self.relations.by_id(each.get(self.dialect.relation_id))
            part = "" if relation is None else self.package.spelled(self.relations.target(relation))
            result.append(Sheet(each.get("name", ""), position, part))
        return result

    def add_sheet(self, name: str, part: str, *, hidden: bool = False) -> Sheet:
        """Append a sheet; positions of the others, which defined names count, stay."""
        elements = self._sheet_elements()
        number = max((int(each.get("sheetId", "0")) for each in elements), default=0) + 1
        relation_id = self.relations.add(self.dialect.relations + "/worksheet", part)
        sheets = self._make_child("sheets")
        new = etree.SubElement(sheets, self.dialect.tag("sheet"), name=name, sheetId=str(number))
        if hidden:
            new.set("state", "hidden")
        new.set(self.dialect.relation_id, relation_id)
        self.package.set_content_type(part, WORKSHEET_TYPE)
        return Sheet(name, len(elements), part)

    def free_sheet_name(self, wanted: str) -> str:
        """Return `wanted` or, when a sheet has that name, "wanted (InvOpt)", with a number if need be."""
        taken = {sheet.name.casefold() for sheet in self.sheets()}
        clean = (_BAD_SHEET_NAME.sub(" ", wanted).strip().strip("'") or "InvOpt")[:SHEET_NAME_LIMIT]
        candidate, number = clean, 1
        while candidate.casefold() in taken or candidate.casefold() == "history":
            ending = " (InvOpt)" if number == 1 else f" (InvOpt {number})"
            candidate, number = clean[: SHEET_NAME_LIMIT - len(ending)] + ending, number + 1
        return candidate

    # names --------------------------------------------------------------------------------------------------------------------------

    def _names(self) -> list[Element]:
        names = self._child("definedNames")
        return [] if names is None else names.findall(self.dialect.tag("definedName"))

    def defined_names(self) -> set[str]:
        """Return all defined names in lower case."""
        return {each.get("name", "").lower() for each in self._names()}

    def owned(self) -> dict[str, Sheet]:
        """Return our sheets by the name in their mark, wherever the planner moved or renamed them to."""
        by_name = {sheet.name.casefold(): sheet for sheet in self.sheets() if self._is_worksheet(sheet)}
        result = {}
        for each in self._names():
            name = each.get("name", "")
            if not name.startswith(OWNER_PREFIX) or each.get("localSheetId") is not None:
                continue
            found = _SHEET_OF_NAME.match((each.text or "").strip())
            sheet_name = "" if found is None else (found.group(1) or found.group(2) or "").replace("''", "'")
            if sheet_name.casefold() in by_name:
                result[name.removeprefix(OWNER_PREFIX)] = by_name[sheet_name.casefold()]
        return result

    def _is_worksheet(self, sheet: Sheet) -> bool:
        return (
            bool(sheet.part)
            and self.package.has(sheet.part)
            and self.package.content_type(sheet.part).endswith("worksheet+xml")
        )

    def mark(self, name: str, sheet: Sheet) -> None:
        """Write the hidden name that makes a sheet ours; a mark left as #REF! is renewed."""
        self.set_name(OWNER_PREFIX + name, f"{quoted_sheet(sheet.name)}!$A$1", hidden=True)

    def set_name(self, name: str, formula: str, *, sheet: int | None = None, hidden: bool = False) -> None:
        """Define a name, local to the sheet at a position or workbook-wide."""
        local = None if sheet is None else str(sheet)
        names = self._make_child("definedNames")
        for each in self._names():
            if each.get("name") == name and each.get("localSheetId") == local:
                each.text = formula
                return
        new = etree.SubElement(names, self.dialect.tag("definedName"), name=name)
        if local is not None:
            new.set("localSheetId", local)
        if hidden:
            new.set("hidden", "1")
        new.text = formula

    def name_text(self, name: str, *, sheet: int) -> str:
        """Return what a name local to the sheet at a position stands for; "" when there is none."""
        found = (each for each in self._names() if (each.get("name"), each.get("localSheetId")) == (name, str(sheet)))
        return next((each.text or "" for each in found), "")

    # recalculation ------------------------------------------------------------------------------------------------------------------

    def recalculate_on_load(self) -> None:
        """Have the planner's formulas that look at our sheets computed afresh when the workbook is opened."""
        self._make_child("calcPr").set("fullCalcOnLoad", "1")

    def drop_calculation_chain(self) -> None:
        """Forget the order of calculation: it lists formulas of a sheet that was replaced. Excel makes a new one."""
        for relation in self.relations.of_kind("calcChain"):
            part = self.relations.target(relation)
            self.package.drop(part)
            self.package.set_content_type(part, None)
            self.relations.remove(relation)

    def save(self) -> None:
        """Put the changed part and its relationships into the package."""
        self.package.put(self.part, serialize(self.root))
        self.package.put_relations(self.relations)


def insert_in_order(parent: Element, child: Element, order: list[str]) -> None:
    """Insert a child where the schema wants it; unknown children stay where they are."""
    later = set(order[order.index(etree.QName(child).localname) + 1 :])
    for position, each in enumerate(parent):
        if isinstance(each.tag, str) and etree.QName(each).localname in later:
            parent.insert(position, child)
            return
    parent.append(child)


def _workbook_part(package: Package) -> str:
    root = package.relations("")
    found = root.of_kind("officeDocument")
    part = package.spelled(root.target(found[0])) if found else ""
    if not part or not package.has(part):
        raise WorkbookError(f"{package.name} is not an Excel workbook: no workbook part. Save it in Excel as .xlsx.")
    if part.lower().endswith(".bin"):
        raise WorkbookError(
            f"{package.name} is a binary .xlsb workbook, which cannot be edited without loss. Save it in Excel as .xlsx or .xlsm, or give --out copy.xlsx for a workbook with our sheets only."
        )
    return part


def _refuse_by_parts(package: Package) -> None:
    names = [name.lower() for name in package.names()]
    if any(name.startswith("_xmlsignatures/") for name in names):
        raise WorkbookError(
            f"{package.name} is digitally signed; writing would break the signature. Remove it (File, Info), or give --out and plan from an unsigned copy."
        )
    if any("/revisions/" in name for name in names):
        raise WorkbookError(
            f"{package.name} is a legacy shared workbook with a change log. Stop sharing it (Review, Unshare Workbook), then plan again."
        )


def _dialect(package: Package, root: Element) -> Dialect:
    namespace = etree.QName(root).namespace
    for dialect in (TRANSITIONAL, STRICT):
        if namespace == dialect.main:
            return dialect
    raise WorkbookError(
        f"{package.name} is not a workbook of a known kind (namespace {namespace}). Save it in Excel as .xlsx."
    )
