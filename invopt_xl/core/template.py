"""Contracts -> sheet specs of a planner workbook: one sheet per input table, with notes, units, examples and validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import pandas as pd

from invopt_xl.core.contracts import GUIDE_TITLE, INPUT_TABLES, Field, Table
from invopt_xl.core.sheets import Block, Choice, Column, Role, SheetSpec, Text
from invopt_xl.settings import Settings

#: Values that a column takes, for its drop-down list.
_LISTS = {
    ("Items", "status"): ("active", "new", "ending", "blocked"),
    ("Items", "criticality"): ("high", "normal", "low"),
    ("Suppliers", "status"): ("active", "blocked"),
    ("Sales", "promotion"): ("0", "1", "no", "yes"),
    ("Sales", "stockout"): ("0", "1", "no", "yes"),
}
_MONEY = {"unit_cost", "unit_price", "price", "order_cost", "min_order_value", "fixed_cost"}


def template_specs(tables: Mapping[str, pd.DataFrame] | None = None) -> list[SheetSpec]:
    """Return the sheets of a blank workbook, or of one filled with `tables` (by contract name).

    The first sheet says how to use it. Filled columns come first in contract order; a blank sheet shows all columns.
    """
    given = tables or {}
    return [
        _guide(),
        *(_sheet(table, given.get(table.name)) for table in INPUT_TABLES if not given or table.name in given),
    ]


def _sheet(table: Table, frame: pd.DataFrame | None) -> SheetSpec:
    shown = [field for field in table.fields if frame is None or field.name in frame]
    data = (
        pd.DataFrame({field.name: [] for field in shown}) if frame is None else frame[[field.name for field in shown]]
    )
    columns = tuple(Column(field.name, role(field), note(field)) for field in shown)
    choices = tuple(choice for field in shown if (choice := _choice(table, field)))
    block = Block(table.name, data, columns, choices=choices)
    return SheetSpec(table.name, blocks=(block,), freeze=(1, 0))


def role(field: Field) -> Role:
    """Return how an input column is shown."""
    if field.kind == "text":
        return "key" if field.name in ("sku", "location") else "text"
    if field.kind == "date":
        return "date"
    if field.kind == "flag":
        return "count"
    if field.name in _MONEY:
        return "money"
    return "days" if field.name.endswith("_days") else "number"


def note(field: Field) -> str:
    """Return the note on a header: what it holds, whether it is needed, unit and example.

    >>> from invopt_xl.core.contracts import INPUT
    >>> print(note(INPUT["Stock"].field("on_hand")))
    Units physically there now. Required. Unit: units. Example: 52
    """
    parts = [field.note, "Required." if field.required else "Optional."]
    if field.unit:
        parts.append(f"Unit: {field.unit}.")
    if field.example != "":
        parts.append(f"Example: {field.example}")
    return " ".join(parts)


def _choice(table: Table, field: Field) -> Choice | None:
    title = field.name[:32]
    if (table.name, field.name) in _LISTS:
        return Choice(field.name, allowed=_LISTS[table.name, field.name], title=title, message=field.note)
    if field.kind == "number" and field.minimum is not None:
        return Choice(
            field.name, minimum=field.minimum, title=title, message=f"{field.note} {field.minimum:g} or more."
        )
    return None


_STEPS = (
    "Paste your data into the sheets of this workbook, or keep your own: sheets and headers with similar names are recognised.",
    "Only Sales is needed for a forecast; Sales and Stock for orders. Everything else makes the plan better.",
    "Delete the sheets and columns that you do not need. Columns of your own are left alone.",
    "Run: invopt plan this_workbook.xlsx (or the Refresh button). The plan appears on new sheets; yours stay as they are.",
    "Look at the Data Check sheet first, then at Exceptions, then approve the Recommendations.",
    "Settings are optional: on sheet Settings, write the name into column setting and the value into column value. The list below names them all.",
)


def _guide() -> SheetSpec:
    rows = [
        (each.name, _default(each.default), each.metadata["about"].unit, each.metadata["about"].help)
        for each in fields(Settings)
    ]
    known = pd.DataFrame(rows, columns=["setting", "default", "unit", "meaning"])
    sheets = pd.DataFrame(
        [(each.name, f"{each.row[:1].upper()}{each.row[1:]}.", _needed(each)) for each in INPUT_TABLES],
        columns=["sheet", "one row is", "columns it must have"],
    )
    first, second = 6 + len(_STEPS), 9 + len(_STEPS) + len(sheets)
    texts = [Text(GUIDE_TITLE, 1, 1, "heading")]
    texts += [Text(f"{number}. {step}", 2 + number, 1) for number, step in enumerate(_STEPS, 1)]
    columns = (
        Column("setting", "text", width=26),
        Column("default", "text", width=28),
        Column("unit", "text", width=22),
        Column("meaning", "sentence", width=110),
    )
    blocks = (
        Block(
            "Sheets",
            sheets,
            (Column("sheet", "text"), Column("one row is", "sentence"), Column("columns it must have", "text")),
            row=first,
            title="The sheets of this workbook",
            is_table=False,
        ),
        Block("Settings_reference", known, columns, row=second, title="Settings", is_table=False),
    )
    return SheetSpec("Read me", blocks=blocks, texts=tuple(texts), freeze=(0, 0), tab="watch")


def _needed(table: Table) -> str:
    return ", ".join((*table.required, *(" or ".join(group) for group in table.either)))


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(f"{part:g}" for part in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
