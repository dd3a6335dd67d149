"""An output contract and its frame -> a sheet that is one table. Serves every report."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.contracts import OutField
from invopt_xl.core.sheets import Alert, Block, Choice, Column, SheetSpec, Tone

#: Colours of a column severity.
SEVERITY_ALERTS = (
    Alert("severity", "==", "error", "bad"),
    Alert("severity", "==", "warning", "watch"),
    Alert("severity", "==", "info", "muted"),
)

#: Column widths of tables [characters], where the role's is not right.
_WIDTHS = {"reason": 36.0}


def columns(fields: tuple[OutField, ...]) -> tuple[Column, ...]:
    """Return the sheet columns of an output contract."""
    return tuple(Column(field.name, field.role, field.note, _WIDTHS.get(field.name)) for field in fields)


def table_sheet(
    name: str,
    fields: tuple[OutField, ...],
    frame: pd.DataFrame,
    *,
    freeze: tuple[int, int] = (1, 0),
    key: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
    alerts: tuple[Alert, ...] = (),
    choices: tuple[Choice, ...] = (),
    tab: Tone | None = None,
) -> SheetSpec:
    """Return a sheet with one table from its first cell on.

    Parameters
    ----------
    name : str
        Of the sheet; the table is called likewise.
    fields : tuple of OutField
    frame : DataFrame
        With the columns of `fields`.
    freeze, tab
        As in `SheetSpec`.
    key, kept, alerts, choices
        As in `Block`.

    >>> from invopt_xl.core.contracts import ORDERS
    >>> sheet = table_sheet("Orders", ORDERS, pd.DataFrame(columns=[field.name for field in ORDERS]), key=("supplier", "sku", "location"))
    >>> sheet.name, sheet.blocks[0].columns[1].name
    ('Orders', 'supplier')
    """
    block = Block(name.replace(" ", "_"), frame, columns(fields), key=key, kept=kept, alerts=alerts, choices=choices)
    return SheetSpec(name, blocks=(block,), freeze=freeze, tab=tab)
