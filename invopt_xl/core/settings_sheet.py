"""The workbook's own `Settings` sheet -> settings of the run. Rows with a scope are rules and belong to `terms`; `map.` rows to reading."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.tables import Tables, place
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings, parse

#: Settings that tell reading which sheet or column is which.
MAP_PREFIX = "map."


def day_of(given: pd.Timestamp | str | None) -> pd.Timestamp | None:
    """Return the as-of day of a call, or None where none is given; SettingError for what is no day.

    >>> day_of("2026-11-15")
    Timestamp('2026-11-15 00:00:00')
    """
    if given is None:
        return None
    try:
        day = pd.Timestamp(given)
    except (ValueError, TypeError) as error:
        raise SettingError(f"as-of: expected a day such as 2026-11-15, got {given!r}.") from error
    if pd.isna(day):
        raise SettingError(f"as-of: expected a day such as 2026-11-15, got {given!r}.")
    return day.normalize()


def settings_of(tables: Tables, given: Mapping[str, object] | Settings | None) -> tuple[Settings, tuple[Finding, ...]]:
    """Return the settings of a run, and findings for rows of the sheet that cannot be used.

    Weakest first: the defaults, the sheet, `given`. A `Settings` value as `given` is taken as it is, without the sheet.

    Raises
    ------
    SettingError
        For a mistake in `given`; a mistake on the sheet is a finding.
    """
    if isinstance(given, Settings):
        return given, ()
    from_sheet, findings = _from_sheet(tables)
    own = {name: value for name, value in (given or {}).items() if not name.casefold().startswith(MAP_PREFIX)}
    try:
        return Settings.from_mapping({**from_sheet, **own}), tuple(findings)
    except SettingError:
        if not from_sheet:
            raise
        # the sheet's values passed one by one: either `given` is wrong, or they contradict each other
        Settings.from_mapping(own)
        raise


def _from_sheet(tables: Tables) -> tuple[dict[str, object], list[Finding]]:
    values: dict[str, object] = {}
    findings: list[Finding] = []
    sheet = tables.frames.get("Settings")
    if sheet is None:
        return values, findings
    scopes = sheet["scope"].fillna("").str.strip() if "scope" in sheet else None
    for position, (name, value) in enumerate(zip(sheet["setting"], sheet["value"], strict=True)):
        if (
            name != name
            or value != value
            or str(name).casefold().startswith(MAP_PREFIX)
            or (scopes is not None and scopes.iloc[position])
        ):
            continue
        key = str(name).strip().casefold().replace(" ", "_")
        try:
            values[key] = parse(key, value)
        except SettingError as error:
            findings.append(
                Finding(
                    "error",
                    "Settings",
                    place(sheet, position, "setting"),
                    str(error),
                    "The default is used until it is corrected.",
                    1,
                )
            )
    return values, findings
