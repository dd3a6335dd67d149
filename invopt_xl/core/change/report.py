"""The change of orders between two runs -> sheet specs: `Order Changes` for the planner, `Kept Inputs` for the next run. Draws nothing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from invopt_xl.core import contracts
from invopt_xl.core.change.basis import BASIS, PARTS
from invopt_xl.core.change.order_change import ARRIVED, OrderChange
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Series, SheetSpec, Text
from invopt_xl.core.table_sheet import columns

#: Name of the sheet that a run keeps its inputs on, to be read back by the next.
BASIS_SHEET = "Kept Inputs"

#: Height of the chart [rows].
_CHART_ROWS = 16
#: Row of the totals' header.
_TOTALS_ROW = 5


def change_sheet(change: OrderChange, *, said: str = "") -> SheetSpec:
    """Return the sheet of changed orders, with the sum of each part over all items as a chart.

    Parameters
    ----------
    change : OrderChange
    said : str
        What stands below the heading; default: how many orders differ, and by how much.
    """
    parts = [*PARTS, ARRIVED]
    frame = change.frame
    totals = pd.DataFrame(
        {
            "part": pd.Series(parts, dtype="str"),
            "more_units": [float(frame[part].clip(lower=0).sum()) for part in parts],
            "less_units": [float(frame[part].clip(upper=0).sum()) for part in parts],
        }
    )
    first = _TOTALS_ROW + len(totals) + 3 + _CHART_ROWS + 2
    blocks = (
        Block(
            "Changes_by_part",
            totals,
            (
                Column("part", "text", "", 18),
                Column("more_units", "units", "", 16),
                Column("less_units", "units", "", 16),
            ),
            row=_TOTALS_ROW,
            title="Units more and less, by what changed them",
            is_table=False,
        ),
        Block(
            "Changes",
            frame,
            columns(contracts.ORDER_CHANGES),
            row=first,
            title="Items, largest change first",
            key=("sku", "location"),
            alerts=(Alert("change_units", "bar"),),
        ),
    )
    chart = Chart(
        "stacked bar",
        "What changed the orders since the last run",
        "Changes_by_part",
        "part",
        (Series("more_units"), Series("less_units", "watch")),
        _TOTALS_ROW + len(totals) + 2,
        1,
        6,
        _CHART_ROWS,
        "",
        "units",
        "units",
    )
    texts = (
        Text("What changed the orders since the last run", 1, 1, "heading"),
        Text(said or _said(frame), 2, 1, "note"),
    )
    return SheetSpec("Order Changes", blocks=blocks, charts=(chart,), texts=texts, freeze=(0, 0))


def _said(frame: pd.DataFrame) -> str:
    differ = frame[frame["change_units"] != 0]
    if differ.empty:
        return "No order differs from that of the last run."
    change = float(differ["change_units"].sum())
    lines = "1 order line differs" if len(differ) == 1 else f"{len(differ):,} order lines differ"
    return f"{lines}, {abs(change):,.0f} units {'more' if change >= 0 else 'less'} in all. The parts of a line add up to its change."


def no_change_sheet() -> SheetSpec:
    """Return the sheet of changed orders as it is where there is no run to compare with: drawn only over that of an earlier run."""
    nothing = pd.DataFrame(columns=[field.name for field in contracts.ORDER_CHANGES])
    sheet = change_sheet(OrderChange(nothing), said="There is no earlier run to compare the orders with.")
    return replace(sheet, only_refreshed=True)


def basis_sheet(basis: pd.DataFrame) -> SheetSpec:
    """Return the sheet that keeps the inputs of all orders for the next run.

    Parameters
    ----------
    basis : DataFrame
        `basis.order_basis` of this run.
    """
    flags = {each.name: "str" for each in BASIS if each.kind == "flag"}
    frame = basis.astype(flags)
    block = Block("Kept_Inputs", frame, columns(contracts.BASIS), key=("sku", "location"))
    return SheetSpec(BASIS_SHEET, blocks=(block,), tab="muted", hidden=True)
