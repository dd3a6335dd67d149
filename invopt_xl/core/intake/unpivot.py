"""Wide layouts -> long frames: one row per sku and period, cells without a value left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.intake import notes
from invopt_xl.core.intake.fill import (
    Filled,
    blank_rows,
    constant,
    mark_mask,
    marked_cells,
    read_body,
    total_rows,
    trouble,
)
from invopt_xl.core.intake.fit import Fit
from invopt_xl.core.intake.grid import column_letters
from invopt_xl.core.intake.typed import Reading, typed
from invopt_xl.core.intake.wide import Periods
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET


def fill_wide(fit: Fit, periods: Periods, reading: Reading) -> Filled:
    """Return the Sales frame of a wide layout, by row of the sheet and then by date."""
    columns, raw, rows, noticed = read_body(fit, reading)
    marked = marked_cells(fit, columns, rows)
    no_sku = (
        columns["sku"].series.isna().to_numpy() & ~columns["sku"].error
        if "sku" in columns
        else np.zeros(len(rows), dtype=bool)
    )
    blank = blank_rows(fit, columns, marked, rows) if columns else np.zeros(len(rows), dtype=bool)
    totals, findings = total_rows(fit, columns, rows, blank)
    findings = noticed + findings
    keep = ~totals & ~blank & ~no_sku
    for name, column in columns.items():
        found, out = trouble(fit, name, column, raw[name], rows, keep, marked)
        findings += found
        if fit.table.field(name).required:
            keep &= ~out
    at = np.flatnonzero(keep)
    order = np.argsort(periods.starts, kind="stable")
    quantity, found = _quantities(fit, periods, order, rows, at, reading)
    findings += found
    there = ~np.isnan(quantity)
    row, period = np.nonzero(there)
    data: dict[str, pd.Series] = {}
    for field in fit.table.fields:
        if field.name == "date":
            data["date"] = pd.Series(periods.starts[order][period])
        elif field.name == "quantity":
            data["quantity"] = pd.Series(quantity[there])
        elif field.name in columns:
            data[field.name] = columns[field.name].series.take(at[row]).reset_index(drop=True)
        elif field.name in fit.constants:
            data[field.name] = constant(fit, field.name, len(row))
    data[SOURCE_SHEET] = pd.Series(pd.array([fit.grid.sheet], dtype="str").take(np.zeros(len(row), dtype=np.int64)))
    data[SOURCE_ROW] = pd.Series(rows[at[row]], dtype="int64")
    return Filled(fit, pd.DataFrame(data), tuple(findings))


def _quantities(
    fit: Fit, periods: Periods, order: np.ndarray, rows: np.ndarray, at: np.ndarray, reading: Reading
) -> tuple[np.ndarray, list[Finding]]:
    """Return quantities (kept rows, periods) in time order, NaN where there is none."""
    grid, start = fit.grid, int(rows[0]) - fit.grid.top if len(rows) else 0
    wanted = [periods.columns[position] for position in order]
    raw = [grid.column(column, start, start + len(rows)).iloc[at] for column in wanted]
    joined = (
        pd.concat([each if each.dtype == np.float64 else each.astype(object) for each in raw], ignore_index=True)
        if raw
        else pd.Series(dtype="float64")
    )
    column = typed(joined, "number", reading)
    quantity = column.series.to_numpy().reshape(len(wanted), len(at)).T
    bad = (column.bad | column.error).reshape(len(wanted), len(at)).T
    findings = _bad_cells(fit, wanted, rows[at], bad, joined, "expected a number, found")
    if np.isnan(quantity).any() and len(at):
        marks = grid.marks()
        for cells, what, fix in (
            (marks.errors, "error value (such as #N/A)", "Correct the formula there."),
            (
                marks.uncached,
                "formula without a saved value",
                "Open the workbook in Excel, let it calculate, save it, and read it again.",
            ),
        ):
            hit = (
                np.column_stack([mark_mask(cells, place + grid.left, rows)[at] for place in wanted])
                & np.isnan(quantity)
                & ~bad
            )
            if hit.any():
                places = _places(fit, wanted, rows[at], hit)
                findings.append(
                    notes.about(
                        "error",
                        fit.table,
                        grid.label,
                        f"{what} in {places}.",
                        f"{fix} The period is left out.",
                        int(hit.sum()),
                    )
                )
    if column.doubtful:
        findings.append(notes.doubtful(fit, fit.table.field("quantity"), wanted[0], column.doubtful, ""))
    return quantity, findings


def _bad_cells(
    fit: Fit, wanted: list[int], rows: np.ndarray, bad: np.ndarray, joined: pd.Series, what: str
) -> list[Finding]:
    if not bad.any():
        return []
    values = [notes.short(value) for value in joined[bad.T.ravel()].head(2000)]
    text = f"{what} {notes.listed(list(dict.fromkeys(values)))} in {_places(fit, wanted, rows, bad)}."
    return [
        notes.about(
            "error",
            fit.table,
            fit.grid.label,
            text,
            "Correct it or leave it empty. The period is left out.",
            int(bad.sum()),
        )
    ]


def _places(fit: Fit, wanted: list[int], rows: np.ndarray, mask: np.ndarray) -> str:
    row, column = (each[:6] for each in np.nonzero(mask))
    cells = [f"{column_letters(fit.grid.left + wanted[c])}{rows[r]}" for r, c in zip(row, column, strict=True)]
    return notes.listed(cells, int(mask.sum()))
