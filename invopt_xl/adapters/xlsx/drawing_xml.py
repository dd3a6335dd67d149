"""The drawing part of a sheet: where our charts stand, beside whatever the planner has drawn there."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from invopt_xl.adapters.xlsx.xml_text import Dialect, Element, escape_attribute
from invopt_xl.core.sheets import Chart

DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
#: Our charts are known by this start of their object name; every other shape is the planner's.
OBJECT_PREFIX = "InvOpt "
#: White space left of and above a chart, so that neighbours do not touch [EMU, 914,400 to the inch].
_GAP = 76_200


def new_drawing(dialect: Dialect) -> Element:
    return etree.fromstring(f'<xdr:wsDr xmlns:xdr="{dialect.sheet_drawing}" xmlns:a="{dialect.drawing}"/>')


def take_out_ours(root: Element, dialect: Dialect) -> list[str]:
    """Remove our charts from a drawing and return their relationship ids."""
    ids = []
    for anchor in list(root):
        if not isinstance(anchor.tag, str):
            continue
        names = [each.get("name", "") for each in anchor.iter(f"{{{dialect.sheet_drawing}}}cNvPr")]
        charts = [each.get(dialect.relation_id) for each in anchor.iter(f"{{{dialect.chart}}}chart")]
        if charts and names and all(name.startswith(OBJECT_PREFIX) for name in names):
            ids += [each for each in charts if each]
            root.remove(anchor)
    return ids


def add_charts(root: Element, dialect: Dialect, charts: Sequence[Chart], relation_ids: Sequence[str]) -> None:
    """Append one anchor per chart."""
    taken = [
        int(each.get("id", "0"))
        for each in root.iter(f"{{{dialect.sheet_drawing}}}cNvPr")
        if each.get("id", "0").isdigit()
    ]
    for at, (chart, relation_id) in enumerate(zip(charts, relation_ids, strict=True), max(taken, default=1) + 1):
        root.append(etree.fromstring(_anchor(dialect, chart, relation_id, at)))


def _anchor(dialect: Dialect, chart: Chart, relation_id: str, number: int) -> str:
    left, top = chart.column - 1, chart.row - 1
    name = escape_attribute(f"{OBJECT_PREFIX}{chart.title or chart.block} {number}")
    return (
        f'<xdr:twoCellAnchor xmlns:xdr="{dialect.sheet_drawing}" xmlns:a="{dialect.drawing}" editAs="oneCell">'
        f"<xdr:from><xdr:col>{left}</xdr:col><xdr:colOff>{_GAP}</xdr:colOff><xdr:row>{top}</xdr:row><xdr:rowOff>{_GAP}</xdr:rowOff></xdr:from>"
        f"<xdr:to><xdr:col>{left + chart.width}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{top + chart.height}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>"
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name="{name}" descr="{escape_attribute(chart.title)}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{dialect.chart}"><c:chart xmlns:c="{dialect.chart}" xmlns:r="{dialect.relations}" r:id="{relation_id}"/></a:graphicData></a:graphic>'
        "</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>"
    )
