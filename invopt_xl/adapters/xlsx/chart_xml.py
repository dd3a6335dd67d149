"""Native charts: the chart part with cached values, so that viewers that do not calculate show it too."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.adapters.xlsx.look import GREY_TEXT, LINE, PALETTE, STRONG, TITLE_TEXT
from invopt_xl.adapters.xlsx.xml_text import DECLARATION, Dialect, column_letters, escape_text, quoted_sheet
from invopt_xl.core.sheets import Block, Chart, Role

CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_AXIS_FORMATS: dict[Role, str] = {
    "share": "0%",
    "money": "#,##0",
    "days": "0",
    "units": "#,##0",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
}
_CATEGORY_AXIS, _VALUE_AXIS = 111111111, 222222222
_BAR_KINDS = ("column", "bar", "stacked column", "stacked bar")


@dataclass(frozen=True)
class Placed:
    """A block with the place where its first data row and column stand, 1-based."""

    block: Block
    first_row: int
    first_column: int


def chart_part(dialect: Dialect, chart: Chart, placed: Placed, sheet_name: str, *, date1904: bool = False) -> bytes:
    """Return the chart part."""
    series = "".join(_series(chart, placed, sheet_name, at, date1904) for at in range(len(chart.series)))
    legend = (
        ""
        if len(chart.series) == 1 and chart.kind != "pie"
        else f'<c:legend><c:legendPos val="{"r" if chart.kind == "pie" else "b"}"/><c:overlay val="0"/>{_text_properties(900, GREY_TEXT)}</c:legend>'
    )
    plot = _pie(series) if chart.kind == "pie" else _plot(chart, series, placed)
    text = (
        f'<c:chartSpace xmlns:c="{dialect.chart}" xmlns:a="{dialect.drawing}" xmlns:r="{dialect.relations}"><c:roundedCorners val="0"/><c:chart>'
        f'{_title(chart.title, 1200, bold=True)}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>{plot}<c:spPr><a:noFill/></c:spPr></c:plotArea>'
        f'{legend}<c:plotVisOnly val="0"/><c:dispBlanksAs val="gap"/></c:chart>'
        f'<c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln w="9525"><a:solidFill><a:srgbClr val="{LINE}"/></a:solidFill></a:ln></c:spPr></c:chartSpace>'
    )
    return DECLARATION + text.encode()


def _plot(chart: Chart, series: str, placed: Placed) -> str:
    axes = f'<c:axId val="{_CATEGORY_AXIS}"/><c:axId val="{_VALUE_AXIS}"/>'
    stacked = chart.kind.startswith("stacked")
    horizontal = chart.kind in ("bar", "stacked bar")
    if chart.kind in _BAR_KINDS:
        overlap = '<c:overlap val="100"/>' if stacked else '<c:overlap val="-5"/>'
        body = f'<c:barChart><c:barDir val="{"bar" if horizontal else "col"}"/><c:grouping val="{"stacked" if stacked else "clustered"}"/><c:varyColors val="0"/>{series}<c:gapWidth val="60"/>{overlap}{axes}</c:barChart>'
    elif chart.kind == "area":
        body = f'<c:areaChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}{axes}</c:areaChart>'
    else:
        body = f'<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/>{axes}</c:lineChart>'
    return body + _category_axis(chart, placed, horizontal) + _value_axis(chart, horizontal)


def _pie(series: str) -> str:
    return f'<c:pieChart><c:varyColors val="1"/>{series}<c:firstSliceAng val="0"/></c:pieChart>'


def _category_axis(chart: Chart, placed: Placed, horizontal: bool) -> str:
    title = _title(chart.category_title, 900) if chart.category_title else ""
    code = _AXIS_FORMATS.get(_role(placed.block, chart.category), "General")
    # the first category of a bar chart belongs on top, as in the table beside it
    order = "maxMin" if horizontal else "minMax"
    rotation = ' rot="-2700000"' if _role(placed.block, chart.category) == "date" else ""
    return (
        f'<c:catAx><c:axId val="{_CATEGORY_AXIS}"/><c:scaling><c:orientation val="{order}"/></c:scaling><c:delete val="0"/><c:axPos val="{"l" if horizontal else "b"}"/>{title}'
        f'<c:numFmt formatCode="{code}" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>{_line(LINE)}{_text_properties(900, GREY_TEXT, rotation)}'
        f'<c:crossAx val="{_VALUE_AXIS}"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>'
    )


def _value_axis(chart: Chart, horizontal: bool) -> str:
    title = _title(chart.value_title, 900, turned=not horizontal) if chart.value_title else ""
    code = _AXIS_FORMATS.get(chart.value_role, "General")
    # with the categories upside down the value axis would stand on top
    crosses = "max" if horizontal else "autoZero"
    return (
        f'<c:valAx><c:axId val="{_VALUE_AXIS}"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="{"b" if horizontal else "l"}"/>'
        f"<c:majorGridlines>{_line('EEF1F4')}</c:majorGridlines>{title}"
        f'<c:numFmt formatCode="{code}" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr>{_text_properties(900, GREY_TEXT)}'
        f'<c:crossAx val="{_CATEGORY_AXIS}"/><c:crosses val="{crosses}"/><c:crossBetween val="between"/></c:valAx>'
    )


def series_colors(chart: Chart) -> list[str]:
    """Return the colour of each series: that of its tone, else the next of the palette that no tone of this chart has.

    >>> from invopt_xl.core.sheets import Series
    >>> plan, rule, other = Series("plan", "good"), Series("rule"), Series("other")
    >>> chart = Chart("line", "", "", "", (plan, rule, other, Series("one more"), Series("last")), 1, 1)
    >>> len(set(series_colors(chart)))
    5
    """
    toned = {STRONG[each.tone] for each in chart.series if each.tone}
    free = itertools.cycle([color for color in PALETTE if color not in toned] or PALETTE)
    return [STRONG[each.tone] if each.tone else next(free) for each in chart.series]


def _series(chart: Chart, placed: Placed, sheet_name: str, at: int, date1904: bool) -> str:
    wanted = chart.series[at]
    color = series_colors(chart)[at]
    header = _address(placed, wanted.column, sheet_name, header=True)
    name = escape_text(wanted.column if placed.block.is_table else wanted.column.replace("_", " "))
    title = f'<c:tx><c:strRef><c:f>{escape_text(header)}</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{name}</c:v></c:pt></c:strCache></c:strRef></c:tx>'
    category = f"<c:cat>{_reference(placed, chart.category, sheet_name, date1904)}</c:cat>"
    values = f"<c:val>{_reference(placed, wanted.column, sheet_name, date1904, numeric=True)}</c:val>"
    start = f'<c:ser><c:idx val="{at}"/><c:order val="{at}"/>{title}'
    if chart.kind == "line":
        return f'{start}<c:spPr><a:ln w="25400" cap="rnd"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill><a:round/></a:ln></c:spPr><c:marker><c:symbol val="none"/></c:marker>{category}{values}<c:smooth val="0"/></c:ser>'
    fill = f'<c:spPr><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></c:spPr>'
    if chart.kind == "pie":
        points = "".join(
            f'<c:dPt><c:idx val="{i}"/><c:bubble3D val="0"/><c:spPr><a:solidFill><a:srgbClr val="{PALETTE[i % len(PALETTE)]}"/></a:solidFill></c:spPr></c:dPt>'
            for i in range(len(placed.block.frame))
        )
        return f"{start}{points}{category}{values}</c:ser>"
    invert = '<c:invertIfNegative val="0"/>' if chart.kind in _BAR_KINDS else ""
    return f"{start}{fill}{invert}{category}{values}</c:ser>"


def _reference(placed: Placed, column: str, sheet_name: str, date1904: bool, *, numeric: bool = False) -> str:
    formula = escape_text(_address(placed, column, sheet_name))
    values = placed.block.frame[column]
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = (
            values.to_numpy().astype("datetime64[s]") - np.datetime64("1904-01-01" if date1904 else "1899-12-30", "s")
        ).astype(float) / 86_400
        texts = [
            "" if missing else f"{day:g}" if day != int(day) else str(int(day))
            for day, missing in zip(days, values.isna(), strict=True)
        ]
        return _cache("num", formula, texts, "yyyy-mm-dd")
    if numeric or pd.api.types.is_numeric_dtype(values.dtype):
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        return _cache(
            "num", formula, [repr(float(value)) if np.isfinite(value) else "" for value in numbers], "General"
        )
    return _cache("str", formula, ["" if pd.isna(value) else escape_text(str(value)) for value in values], "")


def _cache(kind: str, formula: str, texts: list[str], code: str) -> str:
    points = "".join(f'<c:pt idx="{at}"><c:v>{text}</c:v></c:pt>' for at, text in enumerate(texts) if text)
    shown = f"<c:formatCode>{code}</c:formatCode>" if code else ""
    return f'<c:{kind}Ref><c:f>{formula}</c:f><c:{kind}Cache>{shown}<c:ptCount val="{len(texts)}"/>{points}</c:{kind}Cache></c:{kind}Ref>'


def _address(placed: Placed, column: str, sheet_name: str, *, header: bool = False) -> str:
    names = [each.name for each in placed.block.columns]
    letters = column_letters(placed.first_column + names.index(column))
    first, last = placed.first_row, placed.first_row + max(len(placed.block.frame), 1) - 1
    if header:
        return f"{quoted_sheet(sheet_name)}!${letters}${first - 1}"
    return f"{quoted_sheet(sheet_name)}!${letters}${first}:${letters}${last}"


def _role(block: Block, column: str) -> Role:
    return next(each.role for each in block.columns if each.name == column)


def _title(text: str, size: int, *, bold: bool = False, turned: bool = False) -> str:
    if not text:
        return ""
    rotation = ' rot="-5400000" vert="horz"' if turned else ""
    color = TITLE_TEXT if bold else GREY_TEXT
    return (
        f'<c:title><c:tx><c:rich><a:bodyPr{rotation}/><a:p><a:pPr><a:defRPr sz="{size}" b="{int(bold)}"/></a:pPr><a:r><a:rPr lang="en-US" sz="{size}" b="{int(bold)}">'
        f'<a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:rPr><a:t>{escape_text(text)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>'
    )


def _text_properties(size: int, color: str, rotation: str = "") -> str:
    return f'<c:txPr><a:bodyPr{rotation}/><a:p><a:pPr><a:defRPr sz="{size}"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>'


def _line(color: str) -> str:
    return f'<c:spPr><a:ln w="9525"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:ln></c:spPr>'
