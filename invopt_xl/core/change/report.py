"""The change of orders between two runs -> sheet specs: `Order Changes` for the planner, `Kept Inputs` for the next run. Draws nothing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from invopt_xl.core import contracts
from invopt_xl.core.change.basis import BASIS, PARTS
from invopt_xl.core.change.order_change import ARRIVED, OrderChange
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Series, SheetSpec
from invopt_xl.core.table_sheet import columns

#: Name of the sheet that a run keeps its inputs on, to be read back by the next.
BASIS_SHEET = "Kept Inputs"

#: Height of the chart [rows].
_CHART_ROWS = 16


def change_sheet(change: OrderChange) -> SheetSpec:
    """Return the sheet of changed orders, with the sum of each part over all items as a chart.

    Parameters
    ----------
    change : OrderChange
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
    first = 4 + len(totals) + 2 + _CHART_ROWS + 2
    blocks = (
        Block(
            "Changes_by_part",
            totals,
            (
                Column("part", "text", "", 18),
                Column("more_units", "units", "", 16),
                Column("less_units", "units", "", 16),
            ),
            row=3,
            title="What changed the orders since the last run [units]",
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
        4 + len(totals) + 1,
        1,
        8,
        _CHART_ROWS,
        "",
        "units",
        "units",
    )
    return SheetSpec("Order Changes", blocks=blocks, charts=(chart,), freeze=(0, 0))


def no_change_sheet() -> SheetSpec:
    """Return the sheet of changed orders as it is where there is no run to compare with: drawn only over that of an earlier run."""
    nothing = pd.DataFrame(columns=[field.name for field in contracts.ORDER_CHANGES])
    return replace(change_sheet(OrderChange(nothing)), only_refreshed=True)


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
