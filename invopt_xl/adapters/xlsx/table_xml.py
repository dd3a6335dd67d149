"""The part of an Excel table: filter buttons, banding, names for formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from invopt_xl.adapters.xlsx.xml_text import DECLARATION, Dialect, escape_attribute

TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
_STYLE = "TableStyleLight1"


def table_part(
    dialect: Dialect,
    *,
    number: int,
    name: str,
    reference: str,
    headers: Sequence[str],
    formulas: Mapping[str, str] | None = None,
) -> bytes:
    """Return the table part; `formulas` are calculated columns by header, which a planner added."""
    columns = []
    for at, header in enumerate(headers, 1):
        formula = (formulas or {}).get(header)
        inner = f"<calculatedColumnFormula>{formula}</calculatedColumnFormula>" if formula else ""
        columns.append(
            f'<tableColumn id="{at}" name="{escape_attribute(header)}"' + (f">{inner}</tableColumn>" if inner else "/>")
        )
    text = (
        f'<table xmlns="{dialect.main}" id="{number}" name="{name}" displayName="{name}" ref="{reference}" totalsRowShown="0">'
        f'<autoFilter ref="{reference}"/><tableColumns count="{len(headers)}">{"".join(columns)}</tableColumns>'
        f'<tableStyleInfo name="{_STYLE}" showFirstColumn="0" showLastColumn="0" showRowStripes="1" showColumnStripes="0"/></table>'
    )
    return DECLARATION + text.encode()


def table_name(block: str, taken: set[str], *, prefix: str = "InvOpt_") -> str:
    """Return a free table name; `taken` holds table names and defined names in lower case, which share one name space.

    >>> table_name("Data Check", {"invopt_data_check"})
    'InvOpt_Data_Check_2'
    """
    clean = prefix + re.sub(r"\W", "_", block)
    name, number = clean, 1
    while name.lower() in taken:
        number += 1
        name = f"{clean}_{number}"
    return name


def unique_headers(names: Sequence[str]) -> list[str]:
    """Return headers that a table accepts: not empty, at most 255 characters, different without regard to case.

    >>> unique_headers(["sku", "SKU", ""])
    ['sku', 'SKU2', 'Column3']
    """
    seen: set[str] = set()
    result = []
    for at, name in enumerate(names, 1):
        base = (name or f"Column{at}")[:250]
        header, number = base, 1
        while header.casefold() in seen:
            number += 1
            header = f"{base}{number}"
        seen.add(header.casefold())
        result.append(header)
    return result
