"""The change of orders between two runs -> sheet specs: `Order Changes` for the planner, `Kept Inputs` for the next run. Draws nothing."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.change.basis import BASIS, BASIS_COLUMNS, ORDER, PARTS
from invopt_xl.core.change.order_change import ARRIVED, CHANGE_COLUMNS, OrderChange
from invopt_xl.core.policy.last_stock import STATE_COLUMNS, STATE_TEXTS
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Role, Series, SheetSpec

#: Name of the sheet that a run keeps its inputs on, to be read back by the next.
BASIS_SHEET = "Kept Inputs"

_ROLES: dict[str, tuple[Role, str]] = {
    "sku": ("key", "Item number."),
    "location": ("key", "Stocking place."),
    "order_before": ("units", "Order of the last run [units]."),
    "order_now": ("units", "Order of this run [units]."),
    "change_units": (
        "units",
        "Order of this run less that of the last [units]; the columns to the right add up to it.",
    ),
    **{part: ("units", f"Units that the order changed by because of the {part}.") for part in PARTS},
    ARRIVED: ("units", "Orders of items that only one of the two runs planned [units]."),
    "text": ("sentence", "The same in words."),
}

#: What damping of safety stock starts from, by the end of the column's name.
_STATES: dict[str, str] = {
    "day": "last day with sales.",
    "safety_stock": "safety stock before limits and standing decisions [units].",
    "lead_time_days": "expected lead time [days].",
    "service_set": "service target as it was set [probability].",
    "service_for": "what it is for, and how service is measured.",
}

#: Height of the chart [rows].
_CHART_ROWS = 16


def change_sheet(change: OrderChange) -> SheetSpec:
    """Return the sheet of changed orders, with the sum of each part over all items as a chart.

    Parameters
    ----------
    change : OrderChange
    """
    columns = tuple(Column(name, *_ROLES[name]) for name in CHANGE_COLUMNS)
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
            columns,
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


def basis_sheet(basis: pd.DataFrame) -> SheetSpec:
    """Return the sheet that keeps the inputs of all orders for the next run.

    Parameters
    ----------
    basis : DataFrame
        `basis.order_basis` of this run.
    """
    known: dict[str, tuple[Role, str]] = {
        "sku": ("key", "Item number."),
        "location": ("key", "Stocking place."),
        ORDER: ("number", "Order of this run [units]."),
        **{each.name: ("number" if each.kind == "number" else "text", f"{each.part}: {each.note}") for each in BASIS},
        **{name: ("text" if name in STATE_TEXTS else "number", _state_note(name)) for name in STATE_COLUMNS},
    }
    columns = tuple(Column(name, *known[name]) for name in BASIS_COLUMNS)
    flags = {each.name: "str" for each in BASIS if each.kind == "flag"}
    frame = basis.astype(flags)
    block = Block("Kept_Inputs", frame, columns, key=("sku", "location"))
    return SheetSpec(BASIS_SHEET, blocks=(block,), tab="muted", hidden=True)


def _state_note(name: str) -> str:
    """Return what a column of the state that damping starts from holds."""
    run, what = name.split("_", 1)
    whose = "This run" if run == "run" else "What this run started from"
    return f"{whose}: {_STATES[what]}"
