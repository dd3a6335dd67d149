"""Grids of raw cells -> input tables. The stages of reading, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import INPUT_TABLES
from invopt_xl.core.findings import Finding
from invopt_xl.core.intake import notes
from invopt_xl.core.intake.choose import Choice
from invopt_xl.core.intake.fill import Filled, fill_long
from invopt_xl.core.intake.grid import Grid, column_letters
from invopt_xl.core.intake.settings_rows import READING, chosen, key_of, settings_rows
from invopt_xl.core.intake.typed import Reading
from invopt_xl.core.intake.unpivot import fill_wide
from invopt_xl.core.tables import RECOGNISED_COLUMNS, Tables
from invopt_xl.settings import parse


def intake(
    grids: Sequence[Grid], *, given: Mapping[str, object] | None = None, source: str = "", fingerprint: str = ""
) -> Tables:
    """Return the input tables that the grids hold.

    Parameters
    ----------
    grids : sequence of Grid
        Sheets, files or frames, in the source's order, without our own output sheets.
    given : mapping
        Settings of the call; `map.` keys (see `mapping`), `date_order` and `decimal_mark` are used here and win over the Settings sheet.
    source, fingerprint : str
        For `Tables`.

    Raises
    ------
    SettingError
        A `map.` key of `given` is unknown, or names what is not there. The same on the Settings sheet is a finding.

    >>> head = (("Item", "Week", "Qty"), ("A", "2024-W05", 3))
    >>> columns = tuple(pd.Series(list(cells), dtype=object) for cells in zip(*head))
    >>> intake([Grid("Sales", head, columns)]).frames["Sales"]["date"].tolist()
    [Timestamp('2024-01-29 00:00:00')]
    """
    rows, unused = settings_rows(grids)
    own = {key_of(name): value for name, value in (given or {}).items()}
    wanted = {**{key: row.value for key, row in rows.items()}, **own}
    reading = {name: str(parse(name, wanted[name])) for name in READING if name in wanted}
    choice, unusable = chosen(grids, rows, own, date_order=reading.get("date_order", "auto"))
    filled, rest = _fill(choice, reading)
    findings = [*unused, *unusable, *_hidden(grids, choice), *choice.findings, *_repeated(choice), *rest]
    findings += [finding for each in filled for finding in each.findings]
    return Tables(_frames(filled), _recognised(filled), tuple(findings), source, fingerprint)


def _fill(choice: Choice, reading: Mapping[str, str]) -> tuple[list[Filled], list[Finding]]:
    filled: list[Filled] = []
    findings: list[Finding] = []
    for each in (one for table in INPUT_TABLES for one in choice.fits.get(table.name, ())):
        how = Reading(reading.get("date_order", "auto"), reading.get("decimal_mark", "auto"), each.grid.date1904)
        if each.periods is None:
            filled.append(fill_long(each, how))
        elif np.isnat(each.periods.starts).any():
            text = f"one column per period ({len(each.periods.columns)} of them), but no dates in the header; not read."
            fix = "Put on the Settings sheet: map.Sales.period_start (first day of the oldest period) and map.Sales.period (day, week or month)."
            findings.append(
                notes.about("error", each.table, each.grid.label, text, fix, max(each.grid.rows - each.start, 0))
            )
        else:
            filled.append(fill_wide(each, each.periods, how))
    return filled, findings


def _frames(filled: Sequence[Filled]) -> dict[str, pd.DataFrame]:
    frames: dict[str, list[pd.DataFrame]] = {}
    for each in filled:
        frames.setdefault(each.fit.table.name, []).append(each.frame)
    return {
        name: several[0] if len(several) == 1 else pd.concat(several, ignore_index=True)
        for name, several in frames.items()
    }


def _recognised(filled: Sequence[Filled]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for each in filled:
        here = each.fit
        first = (
            here.table.name,
            here.grid.sheet,
            "wide" if here.periods else "long",
            here.header + here.grid.top if here.header >= 0 else 0,
            len(each.frame),
        )
        for name, column in here.fields.items():
            letters = column_letters(column + here.grid.left)
            rows.append(
                (*first, name, f"{here.headers.get(column, '')} ({letters})".strip(), here.how.get(name, "header"))
            )
        if here.periods is not None:
            columns = sorted(column + here.grid.left for column in here.periods.columns)
            span = f"{len(columns)} period columns ({column_letters(columns[0])}:{column_letters(columns[-1])})"
            rows += [(*first, name, span, "one column per period") for name in ("date", "quantity")]
        rows += [(*first, name, f"={value}", "constant from Settings") for name, value in here.constants.items()]
    return pd.DataFrame(rows, columns=list(RECOGNISED_COLUMNS))


def _hidden(grids: Sequence[Grid], choice: Choice) -> list[Finding]:
    read = {id(each.grid): each for several in choice.fits.values() for each in several}
    names = {each.grid.sheet for each in read.values()}
    findings = []
    for grid in grids:
        if grid.sheet in names and grid.hidden:
            findings.append(
                notes.about(
                    "info",
                    None,
                    grid.label,
                    "this sheet is hidden; it was read like any other.",
                    "Unhide it to see what the plan uses.",
                )
            )
        if grid.sheet in names and grid.hidden_rows:
            text = f"{grid.hidden_rows:,} hidden or filtered rows were read like any other."
            findings.append(notes.about("info", None, grid.label, text, "Delete them if they should not count."))
    return findings


def _repeated(choice: Choice) -> list[Finding]:
    return [
        notes.about(
            "warning",
            each.table,
            each.grid.label,
            f"two columns have the same header: {text}; the first one was read.",
            "Rename or delete the other one.",
        )
        for several in choice.fits.values()
        for each in several
        for text in each.repeated
    ]
