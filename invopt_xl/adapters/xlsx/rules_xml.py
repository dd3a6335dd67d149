"""Conditional formats and data validations of our blocks."""

from __future__ import annotations

from dataclasses import dataclass

from invopt_xl.adapters.xlsx.look import BAR, BAR_NEGATIVE, Look
from invopt_xl.adapters.xlsx.xml_text import Dialect, column_letters, escape_attribute, escape_text
from invopt_xl.core.sheets import Alert, Block, Choice

#: Excel's longest list of choices inside a validation [characters].
_LIST_LIMIT = 255
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_BAR_EXTENSION = "{78C0D931-6437-407d-A8EE-F0AAD7539E65}"


@dataclass(frozen=True)
class Area:
    """Where the data rows of a block stand, 1-based and inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def column(self, block: Block, name: str) -> int:
        return self.first_column + [each.name for each in block.columns].index(name)


@dataclass(frozen=True)
class Rules:
    """Conditional formats as XML elements, and the extension elements that some of them need."""

    formats: tuple[str, ...]
    extensions: tuple[str, ...]


def conditional_formats(dialect: Dialect, block: Block, area: Area, look: Look, *, first_priority: int) -> Rules:
    """Return the alerts of a block; earlier alerts win over later ones."""
    formats, extensions = [], []
    # a coloured cell shows above a coloured row
    for priority, alert in enumerate(sorted(block.alerts, key=lambda each: each.whole_row), first_priority):
        at = area.column(block, alert.column)
        left, right = (area.first_column, area.last_column) if alert.whole_row else (at, at)
        reference = f"{column_letters(left)}{area.first_row}:{column_letters(right)}{area.last_row}"
        if alert.operator == "bar":
            rule, extension = _bar(reference, priority)
            extensions.append(extension)
        else:
            formula = escape_text(_condition(alert, f"${column_letters(at)}{area.first_row}"))
            rule = f'<cfRule type="expression" dxfId="{look.tone(alert.tone)}" priority="{priority}"><formula>{formula}</formula></cfRule>'
        formats.append(
            f'<conditionalFormatting xmlns="{dialect.main}" sqref="{reference}">{rule}</conditionalFormatting>'
        )
    return Rules(tuple(formats), tuple(extensions))


def _condition(alert: Alert, cell: str) -> str:
    values = alert.value if isinstance(alert.value, tuple) else (alert.value,)
    operator = "=" if alert.operator in ("==", "in") else alert.operator
    tests = [
        f'{cell}{operator}"{value.replace(chr(34), chr(34) * 2)}"'
        if isinstance(value, str)
        else f"{cell}{operator}{value!r}"
        for value in values
    ]
    anyone = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
    # an empty cell counts as 0 in comparisons, and a text is larger than any number
    return anyone if isinstance(values[0], str) else f"AND(ISNUMBER({cell}),{anyone})"


def _bar(reference: str, priority: int) -> tuple[str, str]:
    """Return a data bar from zero, and its extension: solid, with negative values to the left."""
    identity = f"{{1D7E4F00-0000-4000-8000-{priority:012X}}}"
    rule = (
        f'<cfRule type="dataBar" priority="{priority}"><dataBar><cfvo type="min"/><cfvo type="max"/><color rgb="FF{BAR}"/></dataBar>'
        f'<extLst><ext xmlns:x14="{_X14}" uri="{{B025F937-C7B1-47D3-B67F-A62EFF666E3E}}"><x14:id>{identity}</x14:id></ext></extLst></cfRule>'
    )
    extension = (
        f'<x14:conditionalFormatting xmlns:x14="{_X14}" xmlns:xm="{_XM}"><x14:cfRule type="dataBar" id="{identity}"><x14:dataBar minLength="0" maxLength="100" gradient="0">'
        f'<x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/><x14:negativeFillColor rgb="FF{BAR_NEGATIVE}"/><x14:axisColor rgb="FF9AA5B1"/></x14:dataBar></x14:cfRule><xm:sqref>{reference}</xm:sqref></x14:conditionalFormatting>'
    )
    return rule, extension


def bar_extension(dialect: Dialect, extensions: list[str]) -> str:
    """Return the extension element of a worksheet that holds the data bars."""
    return f'<ext xmlns="{dialect.main}" xmlns:x14="{_X14}" uri="{_BAR_EXTENSION}"><x14:conditionalFormattings>{"".join(extensions)}</x14:conditionalFormattings></ext>'


def is_bar_extension(uri: str) -> bool:
    return uri.upper() == _BAR_EXTENSION.upper()


def validation(dialect: Dialect, choice: Choice, reference: str) -> str:
    """Return one data validation; a list that Excel cannot hold leaves the message only."""
    listed = ",".join(choice.allowed)
    condition = ""
    if choice.allowed and len(listed) <= _LIST_LIMIT and not any("," in each or '"' in each for each in choice.allowed):
        condition = f' type="list"|<formula1>"{escape_text(listed)}"</formula1>'
    elif choice.minimum is not None:
        condition = f' type="decimal" operator="greaterThanOrEqual"|<formula1>{choice.minimum:g}</formula1>'
    kind, _, formula = condition.partition("|")
    wrong = (
        f"Choose one of: {', '.join(choice.allowed)}"
        if choice.allowed
        else f"Enter a number of at least {choice.minimum or 0:g}."
    )
    told = f' errorTitle="{escape_attribute((choice.title or choice.column)[:32])}" error="{escape_attribute(wrong[:225])}"'
    prompt = (
        f' promptTitle="{escape_attribute((choice.title or choice.column)[:32])}" prompt="{escape_attribute(choice.message[:255])}"'
        if choice.message
        else ""
    )
    return f'<dataValidation xmlns="{dialect.main}"{kind} allowBlank="1" showInputMessage="1" showErrorMessage="1"{told}{prompt} sqref="{reference}">{formula}</dataValidation>'
