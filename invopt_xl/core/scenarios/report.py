"""Scenarios -> sheet specs: the `Scenarios` sheet (totals, charts), items side by side, projected stock, ways around a disruption. Draws nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from invopt_xl.core import contracts
from invopt_xl.core.scenarios.compare import Compared
from invopt_xl.core.scenarios.disruption import NONE
from invopt_xl.core.scenarios.projection import Projection
from invopt_xl.core.scenarios.scenarios import CURRENT, SIDE_BY_SIDE, Scenarios, column_name
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Role, Series, SheetSpec, Text
from invopt_xl.core.table_sheet import columns, table_sheet

#: Role and note of each figure and of each column of the totals.
_FIGURES = {field.name: (field.role, field.note) for field in contracts.SCENARIO_FIGURES}
_TOTALS = {field.name: (field.role, field.note) for field in contracts.SCENARIO_TOTALS}

#: Of the table of items: what names a row, and how the columns of figures begin, whatever the scenarios are called.
_NAMING = ("sku", "location", "description", "supplier")
_FIGURE_PREFIXES = tuple(column_name(measure, "") for measure in SIDE_BY_SIDE)

#: Height of the charts [rows].
_CHART_ROWS = 16
#: Row of the totals' header.
_TOTALS_ROW = 7


def sheet_specs(compared: Compared) -> list[SheetSpec]:
    """Return the sheets of scenarios: `Scenarios`, the items that change, bands of projected stock, and ways around disruptions where there are any.

    Their names begin with Scenario, so that they never stand in for sheets of a plan.
    """
    made, projection = compared.made, compared.projection
    items = made.items()
    listed = _items(items, _item_columns(items, made))
    sheets = [
        _summary(made, projection, len(items), compared.currency),
        # without a changed item an older sheet of them is emptied; likewise below
        listed if len(items) else replace(listed, only_refreshed=True),
    ]
    bands = _bands(projection.bands)
    sheets.append(bands if len(projection.bands) else replace(bands, only_refreshed=True))
    bridge = compared.bridge
    sheets.append(_disruption(bridge) if len(bridge) else replace(_disruption(bridge), only_refreshed=True))
    return sheets


def no_scenarios(as_of: pd.Timestamp) -> list[SheetSpec]:
    """Return the sheets of scenarios as they are where none was asked for: drawn only over those of an earlier run, whose figures are out of date."""
    said = f"The plan on sales up to {as_of:%d %B %Y} was made without scenarios; figures of an earlier run do not fit beside it."
    texts = (Text("Scenarios", 1, 1, "heading"), Text(said, 2), Text(_HOW, 3, 1, "note"))
    totals = _plain("Scenario_Totals", _nothing(contracts.SCENARIO_TOTALS), _TOTALS_ROW, "Totals", _TOTALS)
    empty = [
        SheetSpec("Scenarios", blocks=(totals,), texts=texts, freeze=(0, 0)),
        _items(pd.DataFrame(columns=list(_NAMING), dtype="str"), _naming_columns()),
        _bands(_nothing(contracts.SCENARIO_STOCK)),
        _disruption(_nothing(contracts.SCENARIO_DISRUPTION)),
    ]
    return [replace(spec, only_refreshed=True) for spec in empty]


def _nothing(fields: tuple[contracts.OutField, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=[field.name for field in fields], dtype=object)


def _disruption(frame: pd.DataFrame) -> SheetSpec:
    alerts = (Alert("action", "==", NONE, "bad"), Alert("extra_cost", "bar"))
    return table_sheet(
        "Scenario Disruption", contracts.SCENARIO_DISRUPTION, frame, freeze=(1, 2), alerts=alerts, tab="bad"
    )


def _items(frame: pd.DataFrame, columns: tuple[Column, ...]) -> SheetSpec:
    """Return the items that change, most order money moved first, with the figures of all plans side by side."""
    name = "Scenario Items"
    block = Block(name.replace(" ", "_"), frame, columns, key=("sku", "location"), own_prefixes=_FIGURE_PREFIXES)
    return SheetSpec(name, blocks=(block,), freeze=(1, 4), tab="good")


def _summary(made: Scenarios, projection: Projection, listed: int, currency: str) -> SheetSpec:
    money = f" [{currency}]" if currency else ""
    asked = _asked(made)
    asked_row = _TOTALS_ROW + len(made.totals) + 4
    charts_row = asked_row + len(asked) + 3
    value = projection.value if projection.items else None
    value_row = charts_row + _CHART_ROWS + 3
    last_row = value_row + len(value) if value is not None else charts_row + _CHART_ROWS
    blocks = [
        _plain("Scenario_Totals", made.totals, _TOTALS_ROW, f"Totals{money}", _TOTALS),
        _plain(
            "Scenario_Changes",
            asked,
            asked_row,
            "What is different",
            {"scenario": ("text", ""), "what_is_different": ("text", "")},
        ),
    ]
    charts = [
        _chart(
            "column",
            f"Cash: order today and average stock aimed at{money}",
            "Scenario_Totals",
            "scenario",
            ("order_value", "stock_value"),
            charts_row,
            1,
            "money",
        )
    ]
    if value is not None:
        roles: dict[str, tuple[Role, str]] = {"period_end": ("date", "")}
        roles |= dict.fromkeys(value.columns[1:], ("money", "Expected value of stock."))
        title = f"Expected stock value of {_of(projection)}{money}"
        blocks.append(_plain("Scenario_Stock_Value", value, value_row, title, roles))
        names = tuple(str(name) for name in value.columns[1:])
        charts.append(_chart("line", title, "Scenario_Stock_Value", "period_end", names, charts_row, 7, "money"))
    return SheetSpec(
        "Scenarios",
        blocks=tuple(blocks),
        charts=tuple(charts),
        texts=(
            Text("Scenarios", 1, 1, "heading"),
            Text(_said(made, listed), 2),
            *(Text(note, 3 + at, 1, "note") for at, note in enumerate(_NOTES)),
        ),
        freeze=(0, 0),
        tab="good",
        printed_rows=last_row,
    )


_HOW = "Ask for them with invopt plan BOOK --scenario FILE: a table with the columns scenario, what, field and value. Delete this sheet if you need none."

_NOTES = (
    "Every scenario starts from the current plan and its forecasts, which are not fitted again. Sheet Scenario Items has the figures of each item.",
    "Expected service holds from when today's orders have arrived; how many items are likely to run out before is counted under at risk. "
    "Expected stock counts open orders and today's order, none of later weeks, so it falls in every plan.",
)


def _said(made: Scenarios, listed: int) -> str:
    plans = len(made.scenarios)
    return (
        f"{plans} {'scenario' if plans == 1 else 'scenarios'} beside the current plan of {len(made.series):,d} items x locations; "
        f"{listed:,d} of them change. Planned on sales up to {made.as_of:%d %B %Y}."
    )


def _of(projection: Projection) -> str:
    if projection.items == projection.all_items:
        return "the items that change"
    return f"the {projection.items:,d} items that change most"


def _asked(made: Scenarios) -> pd.DataFrame:
    rows = [(each.name, change.in_words()) for each in made.scenarios for change in each.changes]
    return pd.DataFrame(rows, columns=["scenario", "what_is_different"]).astype("str")


def _item_columns(items: pd.DataFrame, made: Scenarios) -> tuple[Column, ...]:
    known = {column.name: (column.role, column.note) for column in _naming_columns()}
    for measure in SIDE_BY_SIDE:
        role, note = _FIGURES[measure]
        for name in (CURRENT, *(each.name for each in made.scenarios)):
            plan = "the current plan" if name == CURRENT else f"scenario {name}"
            known[column_name(measure, name)] = (role, f"In {plan}: {note}")
    return tuple(Column(str(name), *known[str(name)]) for name in items.columns)


def _naming_columns() -> tuple[Column, ...]:
    return columns(tuple(field for field in contracts.SCENARIO_ITEMS if field.name in _NAMING))


def _bands(frame: pd.DataFrame) -> SheetSpec:
    alerts = (Alert("short", ">", 0.5, "bad"),)
    return table_sheet("Scenario Stock", contracts.SCENARIO_STOCK, frame, freeze=(1, 3), alerts=alerts)


def _plain(name: str, frame: pd.DataFrame, row: int, title: str, roles: dict[str, tuple[Role, str]]) -> Block:
    shown = tuple(
        Column(each, role, note, 24 if at == 0 else 16) for at, (each, (role, note)) in enumerate(roles.items())
    )
    return Block(name, frame[list(roles)], shown, row=row, title=title, is_table=False)


def _chart(
    kind: str, title: str, block: str, category: str, names: tuple[str, ...], row: int, column: int, role: Role
) -> Chart:
    series = tuple(Series(name) for name in names)
    return Chart(kind, title, block, category, series, row, column, 6, _CHART_ROWS, "", "value", role)  # type: ignore[arg-type]


def largest_changes(made: Scenarios, scenario: str, *, most: int = 5) -> list[str]:
    """Return the orders that a scenario moves most, in words."""
    table = made.table(scenario)
    change = table["order_quantity"].to_numpy(dtype=float) - made.current["order_quantity"]
    value = np.abs(np.nan_to_num(table["order_value"].to_numpy(dtype=float) - made.current["order_value"]))
    order = np.argsort(-value, kind="stable")[:most]
    return [
        f"{table['sku'].iloc[at]} at {table['location'].iloc[at]}: order {made.current['order_quantity'][at]:,.10g} -> {table['order_quantity'].iloc[at]:,.10g}"
        for at in order
        if change[at] != 0
    ]
