"""The smallest workbook: no sheet yet. Our sheets are added to it as to any other."""

from __future__ import annotations

from invopt_xl.adapters.package import Package
from invopt_xl.adapters.xlsx.styles_xml import MINIMAL, STYLES_TYPE
from invopt_xl.adapters.xlsx.xml_text import CONTENT_TYPES, DECLARATION, RELATIONSHIPS, TRANSITIONAL

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


def new_package() -> Package:
    """Return a package with an empty workbook."""
    package = Package(None)
    kind = TRANSITIONAL.relations
    package.put(
        "[Content_Types].xml",
        _xml(
            f'<Types xmlns="{CONTENT_TYPES}"><Default Extension="rels" ContentType="{_RELATIONS_TYPE}"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_WORKBOOK_TYPE}"/><Override PartName="/xl/styles.xml" ContentType="{STYLES_TYPE}"/></Types>'
        ),
    )
    package.put(
        "_rels/.rels",
        _xml(
            f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    package.put(
        "xl/workbook.xml",
        _xml(
            f'<workbook xmlns="{TRANSITIONAL.main}" xmlns:r="{kind}"><workbookPr/><bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="15000" tabRatio="850"/></bookViews>'
            "<sheets/></workbook>"
        ),
    )
    package.put(
        "xl/_rels/workbook.xml.rels",
        _xml(
            f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId1" Type="{kind}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    package.put("xl/styles.xml", _xml(MINIMAL.format(main=TRANSITIONAL.main)))
    return package


def _xml(text: str) -> bytes:
    return DECLARATION + text.encode()
