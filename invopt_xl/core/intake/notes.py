"""Findings of reading, one per column and kind of trouble however many cells it has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from invopt_xl.core.contracts import Field, Table
from invopt_xl.core.findings import Finding, Severity
from invopt_xl.core.intake.fit import Fit
from invopt_xl.core.intake.grid import column_letters

#: Places that a finding names before it says "and ... more".
_PLACES = 5
_EXPECTED = {"number": "a number", "date": "a date", "flag": "yes or no", "text": "a text"}


def where(fit: Fit, rows: np.ndarray, column: int, name: str) -> str:
    """Return where cells stand: the row where it is one, else the column with its letters."""
    letters = column_letters(fit.grid.left + column)
    if len(rows) == 1:
        return f"{fit.grid.label}, row {rows[0]}, column {name} ({letters})"
    return f"{fit.grid.label}, column {name} ({letters})"


def listed(items: Sequence[object], total: int | None = None) -> str:
    """Return the first few items, and how many more there are.

    >>> listed([3, 5]), listed(list(range(9)))
    ('3, 5', '0, 1, 2, 3, 4 and 4 more')
    """
    total = len(items) if total is None else total
    shown = ", ".join(str(each) for each in items[:_PLACES])
    return shown + (f" and {total - _PLACES:,} more" if total > _PLACES else "")


def short(value: object) -> str:
    """Return a cell's value for a message, cut where it is long and without control characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)[:60])
    return f"'{text}...'" if len(str(value)) > 60 else f"'{text}'"


def unreadable(fit: Fit, field: Field, column: int, rows: np.ndarray, values: Sequence[object]) -> Finding:
    """Return the finding for cells that are not of the field's kind. `rows` are rows of the sheet, `values` what stands there."""
    distinct = list(dict.fromkeys(short(value) for value in values))
    found = listed(distinct)
    text = f"expected {_EXPECTED[field.kind]}, found {found}"
    if len(rows) > 1:
        text += f" in {len(rows):,} cells, rows {listed(rows.tolist())}"
    return _cells(
        fit,
        field,
        rows,
        where(fit, rows, column, field.name),
        text + ".",
        "Correct it." if field.required else "Correct it or leave it empty.",
    )


def errors(fit: Fit, field: Field, column: int, rows: np.ndarray) -> Finding:
    """Return the finding for cells that show a spreadsheet error."""
    cells = _addresses(fit, column, rows)
    return _cells(
        fit,
        field,
        rows,
        where(fit, rows, column, field.name),
        f"error value (such as #N/A) in {cells}.",
        "Correct the formula there.",
    )


def uncached(fit: Fit, field: Field, column: int, rows: np.ndarray) -> Finding:
    """Return the finding for formulas that were saved without a value."""
    cells = _addresses(fit, column, rows)
    fix = "Open the workbook in Excel, let it calculate, save it, and read it again."
    return _cells(
        fit, field, rows, where(fit, rows, column, field.name), f"formula without a saved value in {cells}.", fix
    )


def _addresses(fit: Fit, column: int, rows: np.ndarray) -> str:
    letters = column_letters(fit.grid.left + column)
    return listed([f"{letters}{row}" for row in rows[:_PLACES]], len(rows))


def _cells(fit: Fit, field: Field, rows: np.ndarray, place: str, text: str, fix: str) -> Finding:
    if field.required:
        many = "This row is" if len(rows) == 1 else "These rows are"
        return Finding("error", fit.table.name, place, text, f"{fix} {many} left out.", len(rows))
    return Finding(
        "warning",
        fit.table.name,
        place,
        text,
        f"{fix} It counts as empty." if len(rows) == 1 else f"{fix} They count as empty.",
    )


def padded(fit: Fit, name: str, column: int, value: object, shown: object) -> Finding:
    """Return the finding for numbers that were read as their number format shows them."""
    number = int(value) if isinstance(value, float) else value
    text = f"{number} is shown as {shown} by its number format; such numbers were read as shown."
    fix = "If other sheets and systems call it otherwise, give the column the number format General."
    return Finding("info", fit.table.name, where(fit, np.array([]), column, name), text, fix)


def clock_times(fit: Fit, name: str, column: int, count: int) -> Finding:
    """Return the finding for days given as hours, minutes and seconds."""
    text = f"{count:,} clock times such as 168:00:00 were read as hours, minutes and seconds: 168:00:00 is 7 days."
    fix = "Nothing, if that is what they mean; else give the number of days."
    return Finding("info", fit.table.name, where(fit, np.array([]), column, name), text, fix)


def seconds(fit: Fit, name: str, column: int, first: float) -> Finding:
    """Return the finding for days given in seconds."""
    text = f"numbers such as {first:,.0f} cannot be days; read as seconds ({first:,.0f} is {first / 86400:g} days)."
    return Finding(
        "warning", fit.table.name, where(fit, np.array([]), column, name), text, "Give them in days, to be sure."
    )


def names_as_skus(fit: Fit, column: int) -> Finding:
    """Return the finding for a column of names that was taken for the item numbers."""
    text = "no column is headed as item number; the names are all different and were read as item numbers (sku)."
    fix = "If another column holds them, map it on the Settings sheet: map.Items.sku."
    return Finding("info", fit.table.name, where(fit, np.array([]), column, fit.headers[column]), text, fix)


def doubtful(fit: Fit, field: Field, column: int, texts: Sequence[str], order: str) -> Finding:
    """Return the finding for texts that could mean two values, and how they were read."""
    place = where(fit, np.array([]), column, field.name)
    if field.kind == "date":
        text = f"dates such as {listed([short(text) for text in texts])} could be day first or month first; read as {order or 'day first'}."
        fix = "If that is wrong, put date_order on the Settings sheet: 'day first' or 'month first'."
    else:
        text = f"numbers kept as text such as {listed([short(text) for text in texts])} could have a thousands or a decimal mark; read as {_reading(texts[0])}."
        fix = "If that is wrong, put decimal_mark on the Settings sheet: 'point' or 'comma'."
    return Finding("warning", fit.table.name, place, text, fix)


def _reading(text: str) -> str:
    return "thousands" if "," in text else "a decimal point"


def about(severity: Severity, table: Table | None, place: str, text: str, fix: str, rows: int = 0) -> Finding:
    """Return a finding about a sheet or table."""
    return Finding(severity, table.name if table else "", place, text, fix, rows)
