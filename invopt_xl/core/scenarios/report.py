"""Scenarios -> sheet specs: the `Scenarios` sheet (totals, charts, items side by side), projected stock, ways around a disruption. Draws nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.scenarios.compare import Compared
from invopt_xl.core.scenarios.disruption import NONE
from invopt_xl.core.scenarios.projection import Projection
from invopt_xl.core.scenarios.scenarios import CURRENT, SIDE_BY_SIDE, Scenarios, column_name
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Role, Series, SheetSpec, Text

#: Role and note of each figure.
_FIGURES: dict[str, tuple[Role, str]] = {
    "order_quantity": ("units", "Order today [units]."),
    "order_value": ("money", "Order today at unit cost: cash to commit now."),
    "reorder_point": ("units", "Inventory position at or below which an order is due [units]."),
    "average_stock": ("units", "Average stock aimed at: safety stock and half of one replenishment [units]."),
    "stock_value": ("money", "Average stock aimed at, at unit cost: cash tied up later."),
    "expected_service": ("share", "Service expected with the order."),
    "stockout_risk": ("share", "Chance of running out before an order placed today arrives."),
}

_TOTALS: dict[str, tuple[Role, str]] = {
    "scenario": ("text", "Plan."),
    "items_changed": ("count", "Items with any other figure than in the current plan."),
    "order_lines": ("count", "Lines to order today."),
    "order_units": ("units", "Units to order today."),
    "order_value": ("money", "Value to order today: cash to commit now."),
    "order_value_change": ("money", "Against the current plan."),
    "stock_value": ("money", "Average stock that the policy aims at: cash tied up later."),
    "stock_value_change": ("money", "Against the current plan."),
    "expected_service": ("share", "Weighted by demand value."),
    "expected_service_change": ("share", "Against the current plan."),
    "at_risk": ("count", "Items more likely than not to run out before an order placed today arrives."),
}

_BRIDGE: dict[str, tuple[Role, str]] = {
    "sku": ("key", "Item number."),
    "location": ("key", "Stocking place."),
    "supplier": ("text", "Disrupted supplier."),
    "runs_out": ("date", "When expected demand has used up what is there and arrives meanwhile."),
    "back_on": ("date", "First day on which the supplier delivers again."),
    "days_without": ("days", "From running out to that day, at expected demand."),
    "short_units": ("units", "Missing to keep the item's service target until that day [units]."),
    "action": ("text", "What can be done."),
    "alternative": ("text", "Other source: the cheapest that arrives in time, else the fastest."),
    "pull_forward_units": ("units", "To buy there now, at its minimum order and pack [units]."),
    "order_by": ("date", "Latest day to order there without running out; today if it is late already."),
    "arrives": ("date", "Expected, if ordered today."),
    "unit_cost": ("money", "Of the other source."),
    "extra_unit_cost": ("money", "Against what a unit costs now."),
    "extra_cost": ("money", "Of all units of the line."),
    "text": ("sentence", "In words."),
}

#: Height of the charts [rows].
_CHART_ROWS = 16
#: Row of the totals' header.
_TOTALS_ROW = 6


def sheet_specs(compared: Compared) -> list[SheetSpec]:
    """Return the sheets of scenarios: `Scenarios`, bands of projected stock, and ways around disruptions where there are any.

    Their names begin with Scenario, so that they never stand in for sheets of a plan.
    """
    made, projection, disruptions = compared.made, compared.projection, compared.disruptions
    sheets = [_summary(made, projection, compared.currency)]
    if len(projection.bands):
        sheets.append(_bands(projection))
    bridge = [each.bridge for each in disruptions if len(each.bridge)]
    if bridge:
        frame = pd.concat(bridge, ignore_index=True)
        columns = tuple(Column(name, role, note) for name, (role, note) in _BRIDGE.items())
        alerts = (Alert("action", "==", NONE, "bad"), Alert("extra_cost", "bar"))
        block = Block("Scenario_Disruption", frame[list(_BRIDGE)], columns, alerts=alerts)
        sheets.append(SheetSpec("Scenario Disruption", blocks=(block,), freeze=(1, 2), tab="bad"))
    return sheets


def _summary(made: Scenarios, projection: Projection, currency: str) -> SheetSpec:
    money = f" [{currency}]" if currency else ""
    items = made.items()
    asked = _asked(made)
    asked_row = _TOTALS_ROW + len(made.totals) + 4
    charts_row = asked_row + len(asked) + 3
    value = projection.value if projection.items else None
    value_row = charts_row + _CHART_ROWS + 3
    items_row = value_row + (len(value) + 4 if value is not None else 0)
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
        title = f"Expected stock value of {_of(projection)}, with open orders and the order recommended today{money}"
        blocks.append(_plain("Scenario_Stock_Value", value, value_row, title, roles))
        names = tuple(str(name) for name in value.columns[1:])
        charts.append(_chart("line", title, "Scenario_Stock_Value", "period_end", names, charts_row, 7, "money"))
    if len(items):
        blocks.append(
            Block(
                "Scenarios",
                items,
                _item_columns(items, made),
                row=items_row,
                title="Items that change, most order money moved first",
                key=("sku", "location"),
            )
        )
    return SheetSpec(
        "Scenarios",
        blocks=tuple(blocks),
        charts=tuple(charts),
        texts=(Text("Scenarios", 1, 1, "heading"), Text(_said(made, len(items)), 2), Text(_NOTE, 3, 1, "note")),
        freeze=(0, 0),
        tab="good",
    )


_NOTE = "Every scenario starts from the current plan. Figures that a scenario does not change have no column; items that none changes have no row."


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
    rows = [
        (each.name, change.in_words() + (f". {each.rerun_in_words}" if at == 0 else "."))
        for each in made.scenarios
        for at, change in enumerate(each.changes)
    ]
    return pd.DataFrame(rows, columns=["scenario", "what_is_different"]).astype("str")


def _item_columns(items: pd.DataFrame, made: Scenarios) -> tuple[Column, ...]:
    known: dict[str, tuple[Role, str]] = {
        "sku": ("key", "Item number."),
        "location": ("key", "Stocking place."),
        "description": ("text", "Description."),
        "supplier": ("text", "Supplier."),
    }
    for measure in SIDE_BY_SIDE:
        role, note = _FIGURES[measure]
        for name in (CURRENT, *(each.name for each in made.scenarios)):
            plan = "the current plan" if name == CURRENT else f"scenario {name}"
            known[column_name(measure, name)] = (role, f"In {plan}: {note}")
    return tuple(Column(str(name), *known[str(name)]) for name in items.columns)


def _bands(projection: Projection) -> SheetSpec:
    notes: dict[str, tuple[Role, str]] = {
        "scenario": ("text", "Plan."),
        "sku": ("key", "Item number."),
        "location": ("key", "Stocking place."),
        "period_end": ("date", "Last day of the period."),
        "mean": ("units", "Expected stock on hand [units]."),
        "short": ("share", "Chance that some demand of the period is not met."),
    }
    columns = tuple(
        Column(
            str(name),
            *notes.get(str(name), ("units", "Stock on hand that is not exceeded with this chance (percent) [units].")),
        )
        for name in projection.bands.columns
    )
    block = Block("Scenario_Stock", projection.bands, columns, alerts=(Alert("short", ">", 0.5, "bad"),))
    return SheetSpec("Scenario Stock", blocks=(block,), freeze=(1, 3))


def _plain(name: str, frame: pd.DataFrame, row: int, title: str, roles: dict[str, tuple[Role, str]]) -> Block:
    columns = tuple(Column(each, role, note, 16) for each, (role, note) in roles.items())
    return Block(name, frame[list(roles)], columns, row=row, title=title, is_table=False)


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
