"""A fit -> the table's frame: typed columns, rows kept out, totals left out, findings. Long layouts here, wide ones in `unpivot`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.intake import notes
from invopt_xl.core.intake.durations import are_seconds, days_of_seconds, in_days
from invopt_xl.core.intake.fit import Fit
from invopt_xl.core.intake.grid import Marks, column_letters
from invopt_xl.core.intake.names import plain
from invopt_xl.core.intake.shown import NAMING, as_shown
from invopt_xl.core.intake.typed import Reading, Typed, typed
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET

_TOTAL_WORDS = frozenset(
    (
        "total",
        "totals",
        "grandtotal",
        "subtotal",
        "sum",
        "summe",
        "gesamt",
        "gesamtsumme",
        "totaal",
        "totale",
        "somme",
        "suma",
        "totalgeneral",
        "totalgeneral",
        "gesamtergebnis",
        "eindtotaal",
        "average",
        "mittelwert",
    )
)


@dataclass(frozen=True, eq=False)
class Filled:
    """One table as it came from one grid."""

    fit: Fit
    frame: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Body:
    """Typed columns of the data rows, with the rows (0-based in the grid) and which of them to keep."""

    columns: dict[str, Typed]
    raw: dict[str, pd.Series]
    rows: np.ndarray
    blank: np.ndarray
    findings: tuple[Finding, ...]


def read_body(fit: Fit, reading: Reading) -> tuple[dict[str, Typed], dict[str, pd.Series], np.ndarray, list[Finding]]:
    """Return the typed columns, the raw ones, the sheet rows (1-based) of the data, and what was noticed."""
    grid = fit.grid
    stop = grid.rows if fit.stop < 0 else min(fit.stop, grid.rows)
    start = min(fit.start, stop)
    raw = {name: grid.column(column, start, stop) for name, column in fit.fields.items()}
    rows = np.arange(start, stop) + grid.top
    raw, findings = _as_shown(fit, raw, rows)
    columns: dict[str, Typed] = {}
    for name, values in raw.items():
        columns[name], found = _typed(fit, name, values, reading)
        findings += found
    return columns, raw, rows, findings


def _typed(fit: Fit, name: str, values: pd.Series, reading: Reading) -> tuple[Typed, list[Finding]]:
    """Return a column in its type, durations in days, and what was noticed."""
    field, column = fit.table.field(name), fit.fields[name]
    if field.unit != "days":
        return typed(values, field.kind, reading), []
    values, clock = in_days(values)
    result = typed(values, field.kind, reading)
    if clock.any():
        return result, [notes.clock_times(fit, name, column, int(clock.sum()))]
    numbers = result.series.to_numpy()
    if not are_seconds(numbers):
        return result, []
    first = float(numbers[np.isfinite(numbers) & (numbers != 0)][0])
    return replace(result, series=pd.Series(days_of_seconds(numbers))), [notes.seconds(fit, name, column, first)]


def _as_shown(fit: Fit, raw: dict[str, pd.Series], rows: np.ndarray) -> tuple[dict[str, pd.Series], list[Finding]]:
    """Return the raw columns with padded item numbers and other names as they are shown on the sheet."""
    findings: list[Finding] = []
    for name, column in fit.fields.items():
        values = raw[name]
        if name not in NAMING or not len(values) or not (values.dtype == object or values.dtype == np.float64):
            continue
        here = [each for each in fit.grid.shown() if each.column == column + fit.grid.left]
        if not here:
            continue
        shown, changed = as_shown(values, rows, here)
        if changed.any():
            raw = {**raw, name: shown}
            findings.append(notes.padded(fit, name, column, values[changed].iloc[0], shown[changed].iloc[0]))
    return raw, findings


def fill_long(fit: Fit, reading: Reading) -> Filled:
    """Return the table's frame from a long layout (one row per record)."""
    columns, raw, rows, noticed = read_body(fit, reading)
    marked = marked_cells(fit, columns, rows)
    blank = blank_rows(fit, columns, marked, rows)
    totals, findings = total_rows(fit, columns, rows, blank)
    findings = noticed + findings
    keep = ~blank & ~totals
    for name, column in columns.items():
        found, out = trouble(fit, name, column, raw[name], rows, keep, marked)
        findings += found
        if fit.table.field(name).required:
            keep = keep & ~out
    if not len(rows):
        findings += _never_calculated(fit)
    return Filled(fit, _frame(fit, columns, rows, keep), tuple(findings))


def _never_calculated(fit: Fit) -> list[Finding]:
    """Say why a table seems to have no rows: formulas without a saved value at the end of a sheet leave nothing to read."""
    columns = {column + fit.grid.left for column in fit.fields.values()}
    cells = [(row, at) for row, at in fit.grid.marks().uncached if at in columns and row >= fit.grid.top + fit.start]
    if not cells:
        return []
    first = column_letters(cells[0][1]) + str(cells[0][0])
    text = f"{len(cells):,} formulas without a saved value from {first} on; there is nothing to read."
    fix = "Open the workbook in Excel, let it calculate, save it, and read it again."
    return [notes.about("error", fit.table, fit.grid.place, text, fix, len({row for row, _ in cells}))]


def _frame(fit: Fit, columns: dict[str, Typed], rows: np.ndarray, keep: np.ndarray) -> pd.DataFrame:
    everything = bool(keep.all())
    count = int(keep.sum())
    data: dict[str, pd.Series] = {}
    for field in fit.table.fields:
        if field.name in columns:
            values = columns[field.name].series
            data[field.name] = values if everything else values[keep].reset_index(drop=True)
        elif field.name in fit.constants:
            data[field.name] = constant(fit, field.name, count)
    data[SOURCE_SHEET] = pd.Series(pd.array([fit.grid.sheet], dtype="str").take(np.zeros(count, dtype=np.int64)))
    data[SOURCE_ROW] = pd.Series(rows if everything else rows[keep], dtype="int64")
    return pd.DataFrame(data)


def constant(fit: Fit, name: str, count: int) -> pd.Series:
    """Return a column that holds one value, as the planner gave it."""
    one = typed(pd.Series([fit.constants[name]], dtype=object), fit.table.field(name).kind, Reading()).series
    return one.take(np.zeros(count, dtype=np.int64)).reset_index(drop=True)


def marked_cells(fit: Fit, columns: dict[str, Typed], rows: np.ndarray) -> Marks:
    """Return the marks of the grid, if an empty cell of a recognised column could be one."""
    if any(column.series.isna().any() for column in columns.values()):
        return fit.grid.marks()
    return Marks()


def mark_mask(cells: tuple[tuple[int, int], ...], column: int, rows: np.ndarray) -> np.ndarray:
    """Return which sheet rows have a marked cell in a 1-based column."""
    mask = np.zeros(len(rows), dtype=bool)
    if len(rows) and cells:
        at = np.array([row for row, own in cells if own == column], dtype=np.int64) - rows[0]
        at = at[(at >= 0) & (at < len(rows))]
        mask[at] = True
    return mask


def blank_rows(fit: Fit, columns: dict[str, Typed], marked: Marks, rows: np.ndarray) -> np.ndarray:
    """Return which rows have nothing in any recognised column; a marked cell is not nothing."""
    blank = np.ones(len(rows), dtype=bool)
    for name, column in columns.items():
        letters = fit.fields[name] + fit.grid.left
        marks = mark_mask(marked.errors, letters, rows) | mark_mask(marked.uncached, letters, rows)
        blank &= column.series.isna().to_numpy() & ~column.bad & ~column.error & ~marks
        if not blank.any():
            break
    return blank


def total_rows(
    fit: Fit, columns: dict[str, Typed], rows: np.ndarray, blank: np.ndarray
) -> tuple[np.ndarray, list[Finding]]:
    """Return which rows are totals: named so, or numbers without a key below the last row with one."""
    totals = np.zeros(len(rows), dtype=bool)
    for name in [each for each in columns if fit.table.field(each).kind in ("text", "date")]:
        totals |= _named_total(fit, name, columns[name], rows)
    keys = [
        name
        for name in ("sku", "supplier", "location")
        if name in columns and name in (*fit.table.required, *sum(fit.table.either, ()))
    ]
    if keys and len(rows):
        has_key = np.zeros(len(rows), dtype=bool)
        for name in keys:
            has_key |= columns[name].series.notna().to_numpy() & ~totals
        if has_key.any():
            last = int(np.flatnonzero(has_key)[-1])
            tail = np.zeros(len(rows), dtype=bool)
            tail[last + 1 :] = True
            totals |= tail & ~blank & ~np.logical_or.reduce([columns[name].error for name in keys])
    totals &= ~blank
    if not totals.any():
        return totals, []
    places = rows[totals]
    text = f"{len(places):,} total row{'s' if len(places) > 1 else ''} left out: row {notes.listed(places.tolist())}."
    return totals, [
        notes.about(
            "info",
            fit.table,
            fit.grid.label,
            text,
            "Nothing to do if these are totals; give them an item number if they are data.",
        )
    ]


def _named_total(fit: Fit, name: str, column: Typed, rows: np.ndarray) -> np.ndarray:
    mask = np.zeros(len(rows), dtype=bool)
    if fit.table.field(name).kind == "text":
        codes, unique = pd.factorize(column.series)
        wanted = np.array([_is_total(str(text)) for text in unique], dtype=bool)
        if wanted.any():
            mask = (codes >= 0) & wanted[codes]
    elif column.bad.any():
        at = np.flatnonzero(column.bad)
        raw = fit.grid.column(fit.fields[name], int(rows[0]) - fit.grid.top, int(rows[-1]) - fit.grid.top + 1)
        mask[at] = [_is_total(str(value)) for value in raw.iloc[at]]
    return mask


def _is_total(text: str) -> bool:
    word = plain(text) if len(text) < 60 else ""
    return word in _TOTAL_WORDS or word.startswith(("grandtotal", "gesamtsumme"))


def trouble(
    fit: Fit, name: str, column: Typed, raw: pd.Series, rows: np.ndarray, keep: np.ndarray, marked: Marks
) -> tuple[list[Finding], np.ndarray]:
    """Return findings for the unreadable cells of a column in the kept rows, and where they are."""
    field, place = fit.table.field(name), fit.fields[name]
    letters = place + fit.grid.left
    error = (column.error | mark_mask(marked.errors, letters, rows)) & keep
    empty = mark_mask(marked.uncached, letters, rows) & keep & column.series.isna().to_numpy() & ~error
    bad = column.bad & keep
    found: list[Finding] = []
    if bad.any():
        at = np.flatnonzero(bad)
        found.append(notes.unreadable(fit, field, place, rows[at], raw.iloc[at].head(2000).tolist()))
    if error.any():
        found.append(notes.errors(fit, field, place, rows[error]))
    if empty.any():
        found.append(notes.uncached(fit, field, place, rows[empty]))
    if column.doubtful:
        found.append(notes.doubtful(fit, field, place, column.doubtful, column.order))
    return found, bad | error | empty
