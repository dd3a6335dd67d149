"""The worksheet functions that answer from the plan of the calling workbook: look up, shape, hand back.

Each takes the workbook's full name and then its arguments in the order of `function_registry`, `MISSING` for those left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from invopt_xl.adapters.cell_results import NOT_AVAILABLE, OUT_OF_RANGE, WRONG_TYPE, Result, number_cell, shaped
from invopt_xl.adapters.cell_values import (
    Block,
    CellError,
    NumberBlock,
    block,
    choice,
    is_missing,
    number,
    numbers,
    out_of_range,
    share,
    text_of,
    wrong_type,
)
from invopt_xl.adapters.function_registry import ERROR_MARK, MISSING
from invopt_xl.adapters.plan_cache import PLANS, PlannedBook
from invopt_xl.adapters.plan_cells import SEVERAL, UNKNOWN, PlanCells, field_named
from invopt_xl.core.contracts import FORECAST_LEVELS

_QUANTILES = (min(FORECAST_LEVELS.values()), max(FORECAST_LEVELS.values()))


def reorder_cells(book: str, sku: object, location: object, field: object) -> Result:
    """INV_REORDER."""
    cells = PLANS.planned(book).cells
    if is_missing(sku):
        fields = () if is_missing(field) else _fields(field)
        return cells.table("recommendations", locations=_locations(cells, location), fields=fields)
    return _looked_up(cells, sku, location, field)


def explain_cells(book: str, sku: object, location: object) -> Result:
    """INV_EXPLAIN."""
    return _looked_up(PLANS.planned(book).cells, _required(sku), location, "why")


def exception_cells(book: str, sku: object, location: object) -> Result:
    """INV_EXCEPTIONS."""
    cells = PLANS.planned(book).cells
    if is_missing(sku):
        return cells.table("exceptions", locations=_locations(cells, location))
    return _looked_up(cells, sku, location, "exceptions")


def _required(value: object) -> object:
    if is_missing(value):
        raise wrong_type("an argument is left out that has no default")
    return value


def _fields(field: object) -> tuple[str, ...]:
    """Return the columns of a table that is asked for by field: the keys, then the fields."""
    named = [field_named(text_of(cell)) for row in block(field).rows for cell in row if text_of(cell)]
    return () if not named else tuple(dict.fromkeys(("sku", "location", *named)))


def _locations(cells: PlanCells, location: object) -> frozenset[str]:
    """Return the places that a table is wanted for; none means all."""
    if is_missing(location):
        return frozenset()
    texts = [text for row in block(location).rows for cell in row if (text := text_of(cell))]
    found = frozenset(map(cells.place_name, texts))
    if "" in found:
        raise CellError("#N/A", "the plan has no such place")
    return found


def _looked_up(cells: PlanCells, sku: object, location: object, field: object) -> Result:
    """Return the field of each item, in the shape of the arguments; one value fits all, a column and a row span a grid."""
    if not isinstance(sku, (tuple, list)) and not isinstance(location, (tuple, list)) and isinstance(field, str):
        return _answer(cells, sku, location, field)
    blocks = [_block(sku), _block(location), _block(field)]
    return _spread(blocks, lambda one, where, what: _answer(cells, one, where, what))


def _block(value: object) -> Block:
    return block(MISSING) if is_missing(value) else block(value)


def _spread(blocks: Sequence[Block], answer: Callable[..., object]) -> Result:
    """Return `answer` of the cells of the blocks, place by place; an error value in a cell is the answer there.

    Raises
    ------
    CellError
        The shapes do not fit together.
    """
    heights, widths = zip(*(each.shape for each in blocks), strict=True)
    n, m = max(heights), max(widths)
    if any(height not in (1, n) for height in heights) or any(width not in (1, m) for width in widths):
        raise wrong_type("ranges of shapes that do not fit together")
    rows = []
    for i in range(n):
        lines = [each.rows[i if height > 1 else 0] for each, height in zip(blocks, heights, strict=True)]
        if m > 1:
            lines = [line if width > 1 else (line[0],) * m for line, width in zip(lines, widths, strict=True)]
        row = []
        for found in zip(*lines, strict=True):
            try:
                row.append(answer(*found))
            except CellError as error:
                row.append(error.text)
        rows.append(row)
    return shaped(rows)


def _row(cells: PlanCells, sku: object, location: object) -> int | str:
    """Return the row of an item, or the cell to show instead: empty for an empty sku, else an error value."""
    key = text_of(sku)
    if not key:
        return ""
    row = cells.row(key, "" if location == MISSING else text_of(location))
    if row == UNKNOWN:
        return NOT_AVAILABLE
    return WRONG_TYPE if row == SEVERAL else row


def _answer(cells: PlanCells, sku: object, location: object, field: object) -> object:
    """Return the field of one item."""
    row = _row(cells, sku, MISSING if is_missing(location) else location)
    if isinstance(row, str):
        return row
    name = "" if is_missing(field) else text_of(field)
    return cells.answers(field_named(name) if name else "order_quantity")[row]


def forecast_cells(book: str, sku: object, location: object, periods: object, quantile: object) -> Result:
    """INV_FORECAST."""
    cells = PLANS.planned(book).cells
    chance = _chance(quantile)
    if chance is not None and not _QUANTILES[0] <= chance <= _QUANTILES[1]:
        raise out_of_range(f"quantile {chance:g} is outside {_QUANTILES[0]} to {_QUANTILES[1]}")
    path = cells.forecast(quantile=chance)
    ahead = number(periods, default=1.0)
    if ahead != int(ahead) or not 1 <= ahead <= path.shape[1]:
        raise out_of_range(f"{ahead:g} periods were asked for, {path.shape[1]} were forecast")
    width = int(ahead)
    keys, places = _block(_required(sku)), _block(location)
    if width > 1 and (keys.shape[1] > 1 or places.shape[1] > 1):
        raise wrong_type("several periods of items side by side")
    rows = _spread([keys, places], lambda one, where: _row(cells, one, where))
    if not isinstance(rows, tuple):
        rows = ((rows,),)
    if width == 1:
        return shaped([[path[row, 0].item() if isinstance(row, int) else row for row in line] for line in rows])
    return shaped([path[row, :width].tolist() if isinstance(row, int) else [row] * width for (row,) in rows])


def _chance(quantile: object) -> float | None:
    """Return a probability, or None where it was left out."""
    given = number(quantile, default=math.nan)
    return None if math.isnan(given) else share(given)


def lead_time_cells(book: str, supplier_or_sku: object, quantile: object) -> Result:
    """INV_LEADTIME."""
    planned = PLANS.planned(book)
    chance = _chance(quantile)
    if chance is not None and not 0 < chance < 1:
        raise out_of_range(f"quantile {chance:g} is not between 0 and 1")
    suppliers = planned.supplier_days.get(chance)
    if suppliers is None:
        suppliers = planned.supplier_days[chance] = _supplier_days(planned, chance)
    wanted = _block(_required(supplier_or_sku))
    return _spread([wanted], lambda cell: _days(planned, suppliers, chance, cell))


def _supplier_days(planned: PlannedBook, chance: float | None) -> dict[str, float]:
    """Return days by supplier: the mean of receipts, or what was agreed; a quantile is that of a gamma with the spread of receipts."""
    from invopt_xl.core.lead_time_quantile import gamma_quantile

    table = planned.plan.supplier_lead_times
    mean = table["mean_days"].fillna(table["agreed_days"]).to_numpy(dtype=float)
    sd = table["sd_days"].fillna(0.0).to_numpy(dtype=float)
    days = {}
    for name, one_mean, one_sd in zip(table["supplier"].astype(str), mean, sd, strict=True):
        if not math.isnan(one_mean):
            days[name] = (
                float(one_mean) if chance is None else gamma_quantile(mean_days=one_mean, sd_days=one_sd, chance=chance)
            )
    return days


def _days(planned: PlannedBook, suppliers: dict[str, float], chance: float | None, cell: object) -> object:
    from invopt_xl.core.lead_time_quantile import node_quantile

    key = text_of(cell)
    if not key:
        return ""
    if key in suppliers:
        return suppliers[key]
    rows = list(planned.cells.rows_of(key))
    if not rows:
        return NOT_AVAILABLE
    if chance is None:
        days = planned.plan.recommendations["lead_time_days"].to_numpy(dtype=float)[rows]
    else:
        days = node_quantile(planned.stages.lead_times.atoms[rows], chance)
    return WRONG_TYPE if np.ptp(days) > 0 else days[0].item()


def what_if_cells(book: str, sku: object, location: object, field: object, value: object, result: object) -> Result:
    """INV_WHATIF."""
    from invopt_xl.core.whatif import LIMITS, RESULTS

    planned = PLANS.planned(book)
    row = _one_row(planned.cells, _required(sku), location)
    if isinstance(row, str):
        return row
    name = choice(_required(field), tuple(LIMITS))
    wanted = choice(result, RESULTS, default="order_quantity")
    given = numbers(_required(value))
    low, high = LIMITS[name]
    cells: list[object] = [ERROR_MARK + error if error else "" for error in _errors(given)]
    asked: dict[int, float] = {}
    for place, one in enumerate((share(given.values) if name == "service_level" else given.values).ravel().tolist()):
        if low <= one <= high:
            asked[place] = one
        elif not math.isnan(one):
            cells[place] = OUT_OF_RANGE
    if asked:
        found = planned.what_ifs.figures(row, name, list(asked.values()), result=wanted)
        for place, figure in zip(asked, found, strict=True):
            cells[place] = number_cell(figure) if not math.isnan(figure) else NOT_AVAILABLE
    width = given.values.shape[1]
    return shaped([cells[start : start + width] for start in range(0, len(cells), width)])


def _errors(given: NumberBlock) -> list[str]:
    """Return the name of the error of each cell, row by row, "" for none."""
    return [""] * given.values.size if given.errors is None else given.errors.ravel().tolist()


def _one_row(cells: PlanCells, sku: object, location: object) -> int | str:
    keys, places = _block(sku), _block(location)
    if keys.shape != (1, 1) or places.shape != (1, 1):
        raise wrong_type("a range of items where one belongs")
    return _row(cells, keys.rows[0][0], places.rows[0][0])
