"""Workbook files as Excel saves them: with INV_ formulas, their last values, and the link to the add-in that gave them."""

from __future__ import annotations

import zipfile
from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Where Excel's add-in lay on the computer that the file comes from.
_ADDIN = "file:///C:\\Users\\planner\\AppData\\Roaming\\Microsoft\\AddIns\\InvOptXL.xlam"


def save_formulas(path: Path, *, linked: bool) -> None:
    """Write a workbook with formulas in B1:C5; `linked`: as [1]!INV_EOQ(...), which is how Excel writes functions of an add-in."""
    kinds = {
        "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "xl/worksheets/sheet1.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    }
    parts = {
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml"), ("extended-properties", "docProps/app.xml")),
        # Calc keeps last values of files that Excel wrote
        "docProps/app.xml": f'{_HEAD}<Properties xmlns="{_OFFICE}/extended-properties"><Application>Microsoft Excel</Application>'
        "<AppVersion>16.0300</AppVersion></Properties>",
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
        + ('<externalReferences><externalReference r:id="rId2"/></externalReferences>' if linked else "")
        + "</workbook>",
        "xl/worksheets/sheet1.xml": _sheet("[1]!" if linked else ""),
    }
    targets = [("worksheet", "worksheets/sheet1.xml")]
    if linked:
        targets.append(("externalLink", "externalLinks/externalLink1.xml"))
        link = "xl/externalLinks/externalLink1.xml"
        kinds[link] = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
        parts[link] = (
            f'{_HEAD}<externalLink xmlns="{_MAIN}"><externalBook xmlns:r="{_OFFICE}/relationships" r:id="rId1">'
            '<sheetNames><sheet val="InvOptSheet"/></sheetNames></externalBook></externalLink>'
        )
        parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = _relations(("externalLinkPath", _ADDIN), outside=True)
    parts["xl/_rels/workbook.xml.rels"] = _relations(*targets)
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    parts["[Content_Types].xml"] = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)


def _relations(*targets: tuple[str, str], outside: bool = False) -> str:
    mode = ' TargetMode="External"' if outside else ""
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"{mode}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _sheet(link: str) -> str:
    """Return the cells. The last values are not what the functions answer, so that one can tell them apart."""
    rows = (
        (
            "<v>1300</v>",
            ("", f"<f>{link}INV_EOQ(A1,8,1,0.225)</f><v>111</v>"),
            ("str", f"<f>{link}INV_STATUS()</f><v>kept</v>"),
        ),
        ("<v>70</v>", ("", "<f>B1*2</f><v>222</v>"), ("", f"<f>1+{link}INV_NEWSVENDOR(50,1,0.3,0.12)</f><v>333</v>")),
        (
            "<v>1</v>",
            ("str", f'<f t="array" ref="B3:B4">{link}INV_ABC(A2:A3)</f><v>A</v>'),
            ("", "<f>INV_NONE(1)</f><v>5</v>"),
        ),
        (
            "<v>10</v>",
            ("str", "<v>A</v>"),
            ("str", f'<f>IF({link}INV_EOQ(1300,8,1,0.225)&gt;300,"INV_EOQ(","")</f><v>kept, too</v>'),
        ),
    )
    lines = "".join(
        f'<row r="{number}"><c r="A{number}">{value}</c>'
        + "".join(
            f'<c r="{letter}{number}"{_kind(kind)}>{inside}</c>'
            for letter, (kind, inside) in zip("BC", cells, strict=True)
        )
        + "</row>"
        for number, (value, *cells) in enumerate(rows, 1)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _kind(kind: str) -> str:
    return f' t="{kind}"' if kind else ""
