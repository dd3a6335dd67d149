"""Rows of the workbook's own Settings sheet that say how to read it: `map.` rows, `date_order` and `decimal_mark`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invopt_xl.core.contracts import INPUT_TABLES
from invopt_xl.core.findings import Finding
from invopt_xl.core.intake import notes
from invopt_xl.core.intake.choose import Choice, choose, parts_of
from invopt_xl.core.intake.fill import fill_long
from invopt_xl.core.intake.fit import fit
from invopt_xl.core.intake.grid import Grid
from invopt_xl.core.intake.mapping import PREFIX, MapError, TableMap, canonical, mappings
from invopt_xl.core.intake.names import plain, table_of_name
from invopt_xl.core.intake.typed import Reading
from invopt_xl.core.tables import SOURCE_ROW
from invopt_xl.errors import SettingError
from invopt_xl.settings import parse

_SETTINGS = next(table for table in INPUT_TABLES if table.name == "Settings")
#: Settings that change how cells are read.
READING = ("date_order", "decimal_mark")
_UNUSED = "The row is not used until it is corrected."


@dataclass(frozen=True)
class SheetRow:
    """A row of the Settings sheet; `place` is for messages."""

    value: object
    place: str


def key_of(name: object) -> str:
    """Return the name of a setting as the program writes it.

    >>> key_of("Date order"), key_of("map.sales.Item")
    ('date_order', 'map.sales.Item')
    """
    text = str(name).strip()
    return canonical(text) if text.casefold().startswith(PREFIX) else text.casefold().replace(" ", "_")


def settings_rows(grids: Sequence[Grid]) -> tuple[dict[str, SheetRow], list[Finding]]:
    """Return the rows that reading uses, by key, and findings for unusable ones; the last row of a setting wins."""
    found: dict[str, SheetRow] = {}
    findings: list[Finding] = []
    for part in (part for grid in grids if grid.width for part in parts_of(grid)):
        if (table_of_name(part.table) or table_of_name(part.sheet)) != "Settings":
            continue
        here = fit(_SETTINGS, part, TableMap())
        if here is None or not here.complete:
            continue
        frame = fill_long(here, Reading()).frame
        for name, value, row in zip(frame["setting"], frame["value"], frame[SOURCE_ROW], strict=True):
            if name != name or value != value:
                continue
            key, place = key_of(name), f"{part.label}, row {row}"
            if plain(name) in {plain(each) for each in READING}:
                try:
                    found[key] = SheetRow(parse(key, value), place)
                except SettingError as error:
                    findings.append(notes.about("error", _SETTINGS, place, str(error), _UNUSED))
            elif key.casefold().startswith(PREFIX):
                found[key] = SheetRow(value, place)
    return found, findings


def chosen(
    grids: Sequence[Grid], rows: Mapping[str, SheetRow], given: Mapping[str, object], *, date_order: str
) -> tuple[Choice, list[Finding]]:
    """Return what each grid is; a `map.` row of the sheet that cannot be used is left out and becomes a finding.

    Raises
    ------
    SettingError
        A `map.` key in `given` cannot be used.
    """
    left = {key: row for key, row in rows.items() if key not in given}
    findings: list[Finding] = []
    while True:
        try:
            told = mappings({**{key: row.value for key, row in left.items()}, **given})
            return choose(grids, told, date_order=date_order), findings
        except MapError as error:
            row = left.pop(error.key, None)
            if row is None:
                raise
            findings.append(notes.about("error", _SETTINGS, row.place, str(error), _UNUSED))
