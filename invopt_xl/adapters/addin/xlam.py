"""The .xlam package: an empty workbook of the add-in kind, with a VBA project and a ribbon (ECMA-376, MS-CUSTOMUI)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# the earliest date that a zip entry can have: a build must not show when it was made
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_RIBBON_RELATIONS = {
    "customUI.xml": "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
    "customUI14.xml": "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
}


def xlam(
    vba_project: bytes, *, ribbon: Mapping[str, str], title: str, version: str, workbook: str, sheet: str
) -> bytes:
    """Return the bytes of an add-in.

    Parameters
    ----------
    vba_project : bytes
        vbaProject.bin.
    ribbon : mapping of str to str
        `customUI.xml` (namespace 2006/01) and `customUI14.xml` (namespace 2009/07).
    title : str
        Shown in Excel's list of add-ins.
    version : str
    workbook, sheet : str
        Names of the modules that belong to the workbook and to its one sheet.
    """
    parts: dict[str, bytes] = {
        "[Content_Types].xml": _content_types().encode(),
        "_rels/.rels": _relations(
            {
                f"{_OFFICE}/officeDocument": "xl/workbook.xml",
                f"{_PACKAGE}/relationships/metadata/core-properties": "docProps/core.xml",
                f"{_OFFICE}/extended-properties": "docProps/app.xml",
                **{_RIBBON_RELATIONS[name]: f"customUI/{name}" for name in sorted(ribbon)},
            }
        ).encode(),
        "docProps/core.xml": _core_properties(title, version).encode(),
        "docProps/app.xml": _app_properties(version).encode(),
        "xl/workbook.xml": _workbook(workbook).encode(),
        "xl/_rels/workbook.xml.rels": _relations(
            {
                f"{_OFFICE}/worksheet": "worksheets/sheet1.xml",
                f"{_OFFICE}/styles": "styles.xml",
                "http://schemas.microsoft.com/office/2006/relationships/vbaProject": "vbaProject.bin",
            }
        ).encode(),
        "xl/styles.xml": _styles().encode(),
        "xl/worksheets/sheet1.xml": _sheet(sheet).encode(),
        **{f"customUI/{name}": text.encode() for name, text in sorted(ribbon.items())},
        "xl/vbaProject.bin": vba_project,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, data in parts.items():
            # stored, not deflated: zlib's output differs between its makers, and 100 KB need no squeezing
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.create_system = 0  # Windows, whatever system builds
            entry.external_attr = 0x20  # an ordinary file; without it Python fills in rights of its own choice
            package.writestr(entry, data)
    return out.getvalue()


def _content_types() -> str:
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    package = "application/vnd.openxmlformats-package"
    parts = {
        # this type, not the file's ending, is what makes Excel treat it as an add-in
        "/xl/workbook.xml": "application/vnd.ms-excel.addin.macroEnabled.main+xml",
        "/xl/worksheets/sheet1.xml": f"{spreadsheet}.worksheet+xml",
        "/xl/styles.xml": f"{spreadsheet}.styles+xml",
        "/docProps/core.xml": f"{package}.core-properties+xml",
        "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    }
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{package}.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        + "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
        + "</Types>"
    )


def _relations(targets: Mapping[str, str]) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(targets.items(), 1)
        )
        + "</Relationships>"
    )


def _workbook(code_name: str) -> str:
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<fileVersion appName="xl" lastEdited="7" lowestEdited="7" rupBuild="22228"/>'
        f'<workbookPr codeName="{code_name}" defaultThemeVersion="166925"/>'
        '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="20000" windowHeight="10000"/></bookViews>'
        '<sheets><sheet name="InvOptXL" sheetId="1" r:id="rId1"/></sheets><calcPr calcId="0"/></workbook>'
    )


def _sheet(code_name: str) -> str:
    return f'{_XML}<worksheet xmlns="{_MAIN}"><sheetPr codeName="{code_name}"/><sheetData/></worksheet>'


def _styles() -> str:
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _core_properties(title: str, version: str) -> str:
    # Excel's list of add-ins shows title and description
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title>"
        f"<dc:description>Inventory planning inside the workbook, version {escape(version)}</dc:description>"
        "</cp:coreProperties>"
    )


def _app_properties(version: str) -> str:
    return (
        f'{_XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>Microsoft Excel</Application><Manager>InvOpt XL {escape(version)}</Manager></Properties>"
    )
