"""The planner's own word on what is what: `map.` rows of the Settings sheet, and the same keys in a call.

===================================  =====================================================================================
key                                  value
===================================  =====================================================================================
map.<Table>                          name of its sheet, Excel table, file or frame; several with ";"; "none": do not read it
map.<Table>.<column>                 header text, or column letter(s), or "=constant" for a value that holds for every row;
                                     "none": the column is not there
map.<Table>.header_row               row of the header on the sheet (1-based); 0: there is none, columns are letters
map.<Table>.first_row                first row of data
map.<Table>.last_row                 last row of data
map.<Table>.layout                   long (one row per record) or wide (one column per period)
map.<Table>.period_columns           columns of a wide layout, such as "J:FC"
map.<Table>.period_order             "oldest first" or "newest first": for a wide layout without dates in its header
map.<Table>.period_start             first day of the oldest period: for a wide layout without dates in its header
map.<Table>.period                   day, week or month: for a wide layout without dates in its header
===================================  =====================================================================================

Case, spaces, underscores and punctuation in the names of tables and columns do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from invopt_xl.core.contracts import INPUT_TABLES, Table
from invopt_xl.core.intake.dates import parse_dates
from invopt_xl.core.intake.grid import column_number
from invopt_xl.core.intake.names import plain
from invopt_xl.errors import SettingError, near_names

PREFIX = "map."
#: What may follow `map.<Table>.` beside a column of the table.
OPTIONS = ("header_row", "first_row", "last_row", "layout", "period_columns", "period_order", "period_start", "period")
_ALLOWED = {
    "layout": ("long", "wide"),
    "period": ("day", "week", "month"),
    "period_order": ("oldest first", "newest first"),
}


class MapError(SettingError):
    """A `map.` key that cannot be used; `key` says which, as `canonical` writes it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class TableMap:
    """What the planner says of one table; empty where nothing is said. Rows are 1-based rows of the sheet, -1 where not given."""

    sheets: tuple[str, ...] = ()
    skip: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    header_row: int = -1
    first_row: int = -1
    last_row: int = -1
    layout: str = ""
    period_columns: tuple[int, int] | None = None
    period_order: str = ""
    period_start: str = ""
    period: str = ""


def mappings(given: Mapping[str, object]) -> dict[str, TableMap]:
    """Return the mapping of each table that `given` says something of; keys without `map.` are not looked at.

    Raises
    ------
    SettingError
        Unknown table or column (with the nearest known one), or a value that cannot be.

    >>> mappings({"map.Sales": "Verkauf", "map.Sales.sku": "C"})["Sales"].columns
    {'sku': 'C'}
    """
    parts: dict[str, dict[str, object]] = {}
    columns: dict[str, dict[str, str]] = {}
    for key, value in given.items():
        if not str(key).strip().casefold().startswith(PREFIX):
            continue
        table, rest = _table_of(str(key).strip())
        mine = parts.setdefault(table.name, {})
        if not rest:
            names = tuple(name.strip() for name in str(value).split(";") if name.strip())
            mine["skip"] = [plain(name) for name in names] == ["none"]
            mine["sheets"] = () if mine["skip"] else names
            continue
        name = _known(table, rest, key)
        if name in table.names:
            columns.setdefault(table.name, {})[name] = str(value).strip()
        else:
            mine[name] = _option(str(key), name, value)
    for table_name, chosen in columns.items():
        parts.setdefault(table_name, {})["columns"] = chosen
    return {name: TableMap(**values) for name, values in parts.items()}  # type: ignore[arg-type]


def canonical(key: str) -> str:
    """Return a `map.` key as it is written in the reference; as it stands if it is none of ours.

    >>> canonical("Map.items.Unit Price"), canonical("map.Salse")
    ('map.Items.unit_price', 'map.Salse')
    """
    key = key.strip()
    try:
        table, rest = _table_of(key)
        return f"{PREFIX}{table.name}" + (f".{_known(table, rest, key)}" if rest else "")
    except MapError:
        return key


def _table_of(key: str) -> tuple[Table, str]:
    name, _, rest = key[len(PREFIX) :].partition(".")
    for table in INPUT_TABLES:
        if plain(table.name) == plain(name):
            return table, rest.strip()
    raise MapError(
        key, f"Setting {key}: there is no table '{name}'.{near_names(name, [table.name for table in INPUT_TABLES])}"
    )


def _known(table: Table, rest: str, key: str) -> str:
    known = {plain(name): name for name in (*OPTIONS, *table.names)}
    if plain(rest) not in known:
        near = near_names(rest, [*table.names, *OPTIONS])
        raise MapError(key, f"Setting {key}: table {table.name} has no column or option '{rest}'.{near}")
    return known[plain(rest)]


def _option(key: str, name: str, value: object) -> object:
    text = str(value).strip()
    if name in _ALLOWED:
        wanted = {plain(option): option for option in _ALLOWED[name]}
        if plain(text) not in wanted:
            raise MapError(key, f"Setting {key}: expected one of {', '.join(_ALLOWED[name])}, got '{text}'.")
        return wanted[plain(text)]
    if name == "period_columns":
        first, _, last = text.partition(":")
        numbers = column_number(first), column_number(last or first)
        if not all(numbers) or numbers[0] > numbers[1]:
            raise MapError(key, f"Setting {key}: expected columns such as 'J:FC', got '{text}'.")
        return numbers
    if name == "period_start":
        day = text.removesuffix(" 00:00:00")
        if np.isnat(parse_dates([day]).series[0]):
            raise MapError(key, f"Setting {key}: expected a day such as 2024-01-01, got '{text}'.")
        return day
    try:
        row = int(float(text))
    except (ValueError, OverflowError):
        row = -1
    if row < (0 if name == "header_row" else 1):
        raise MapError(key, f"Setting {key}: expected a row number such as 3, got '{text}'.")
    return row
