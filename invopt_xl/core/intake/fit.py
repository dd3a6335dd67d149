"""How one grid fits one table: header row, column of each field, period columns. Decided from the first rows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from invopt_xl.core.contracts import Table
from invopt_xl.core.intake.grid import HEAD_ROWS, Grid, column_letters, column_number
from invopt_xl.core.intake.mapping import MapError, TableMap
from invopt_xl.core.intake.names import match_headers, plain
from invopt_xl.core.intake.wide import Periods, counted_periods, dated, find_periods

#: Tables recognised by their columns alone, and columns of which one must be there then, beside the required ones.
_BY_COLUMNS: dict[str, tuple[str, ...]] = {
    "Sales": (),
    "Stock": (),
    "OpenOrders": (),
    "LeadTimes": (),
    "PriceBreaks": (),
    "Sources": ("lead_time_days", "moq", "pack_size", "unit_cost"),
    "Items": ("unit_cost", "unit_price", "moq", "pack_size", "supplier"),
    "Promotions": ("discount", "mechanic", "uplift", "price"),
    "Suppliers": ("lead_time_days", "min_order_value"),
}
#: Headers that mean stock on a sheet called Stock, and anything elsewhere.
_VAGUE = ("quantity", "qty", "available", "stock", "inventory")
#: Words in a sheet name that say it is no history of demand.
_NOT_SALES = (
    "forecast",
    "budget",
    "target",
    "prognose",
    "prognos",
    "stock",
    "bestand",
    "voorraad",
    "inventory",
    "plan",
    "price",
    "cost",
)


@dataclass(frozen=True, eq=False)
class Fit:
    """Where a table is in a grid. Rows are 0-based rows of the grid; `stop` is excluded, -1 for the end."""

    table: Table
    grid: Grid
    header: int
    start: int
    fields: Mapping[str, int]
    headers: Mapping[int, str]
    how: Mapping[str, str]
    stop: int = -1
    periods: Periods | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    joined: bool = False

    @property
    def complete(self) -> bool:
        """Whether every required column is there."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that are not there."""
        got = {*self.fields, *self.constants, *(("date", "quantity") if self.periods else ())}
        absent = [name for name in self.table.required if name not in got]
        absent += [" or ".join(group) for group in self.table.either if not got.intersection(group)]
        return tuple(absent)

    @property
    def score(self) -> float:
        """Matched columns, weighed with the share of the headers that were understood."""
        matched = len(self.fields) + len(self.constants) + (2 if self.periods else 0)
        named = len(self.headers) - (len(self.periods.columns) if self.periods else 0)
        return matched + matched / max(named + 2 * bool(self.periods), 1)

    @property
    def convinces(self) -> bool:
        """Whether the columns alone, without a telling name, make it this table."""
        if not self.complete or self.table.name not in _BY_COLUMNS:
            return False
        extra = _BY_COLUMNS[self.table.name]
        name = plain(self.grid.sheet)
        if self.table.name == "Sales" and any(word in name for word in _NOT_SALES):
            return False
        if extra and not set(extra).intersection(self.fields):
            return False
        if self.table.name == "Items" and len(self.fields) < 3:
            return False
        if self.table.name == "Stock" and plain(self.headers.get(self.fields.get("on_hand", -1), "")) in _VAGUE:
            return False
        named = len(self.headers) - (len(self.periods.columns) if self.periods else 0)
        return self.periods is not None or len(self.fields) >= max(2, 0.4 * named)


def fit(table: Table, grid: Grid, told: TableMap, *, date_order: str = "auto") -> Fit | None:
    """Return the best fit of a table in a grid, or None if not one column of it is there.

    Raises
    ------
    SettingError
        The mapping names a column or row that the grid does not have.
    """
    options = [
        _try(table, grid, row, joined, told, date_order) for row in _header_rows(grid, told) for joined in (False, True)
    ]
    found = [each for each in options if each is not None and (each.fields or each.periods or each.constants)]
    if not found:
        return _without_header(table, grid, told)
    return _with_told(max(found, key=_how_good), told)


def with_names_as_skus(found: Fit) -> Fit | None:
    """Return a fit of Items whose item numbers are in a column headed Name, if only they are missing and all names differ."""
    named = [column for column, header in found.headers.items() if plain(header) == "name"]
    if found.table.name != "Items" or found.missing != ("sku",) or len(named) != 1:
        return None
    grid, column = found.grid, named[0]
    names = grid.column(column, found.start, grid.rows).map(lambda cell: plain(cell) if cell == cell and cell else "")
    names = names[names != ""]
    if names.empty or names.duplicated().any():
        return None
    fields = {"sku": column, **{name: at for name, at in found.fields.items() if at != column}}
    return replace(found, fields=fields, how={**found.how, "sku": "unique names"})


def _how_good(each: Fit) -> tuple[bool, int, bool, float, int]:
    """Order of fits: complete ones, more columns, one header row rather than two, a better understood header, higher up."""
    matched = len(each.fields) + (2 if each.periods else 0)
    return each.complete, matched, not each.joined, round(each.score, 6), -each.header


def _header_rows(grid: Grid, told: TableMap) -> range:
    if told.header_row == 0:
        return range(0)
    if told.header_row > 0:
        row = told.header_row - grid.top
        return range(max(row, 0), max(row, 0) + 1)
    last = len(grid.head) if told.first_row < 1 else min(len(grid.head), told.first_row - grid.top)
    return range(min(last, 1 if grid.table or grid.kind == "frame" else HEAD_ROWS // 2))


def _labels(grid: Grid, row: int, joined: bool) -> list[dict[int, str]]:
    """Return header texts by column, in the order in which they are tried."""
    bottom = {column: _label(grid.cell(row + joined, column)) for column in range(grid.width)}
    if not joined:
        return [{column: label for column, label in bottom.items() if label}]
    top, known = {}, ""
    for column in range(grid.width):
        known = _label(grid.cell(row, column)) or known
        top[column] = known
    own_top = {column: _label(grid.cell(row, column)) for column in range(grid.width)}
    both = {column: f"{top[column]} {bottom[column]}".strip() for column in bottom if bottom[column]}
    return [
        both,
        {column: bottom[column] or own_top[column] for column in bottom if bottom[column] or own_top[column]},
        {c: t for c, t in own_top.items() if t},
    ]


def _label(cell: object) -> str:
    return " ".join(cell.split())[:200] if isinstance(cell, str) else ""


def _try(table: Table, grid: Grid, row: int, joined: bool, told: TableMap, date_order: str) -> Fit | None:
    if joined and (row + 1 >= len(grid.head) or grid.table or grid.kind == "frame"):
        return None
    fields: dict[str, int] = {}
    headers: dict[int, str] = {}
    for labels in _labels(grid, row, joined):
        free = {column: text for column, text in labels.items() if column not in fields.values()}
        for name, column in match_headers(table, free).items():
            if name not in fields and column not in fields.values():
                fields[name] = column
                headers[column] = labels[column]
        headers = {**labels, **headers}
        fields |= _told_headers(labels, told)
    if joined and len(fields) < 2:
        return None
    periods = _periods(table, grid, row + joined, fields, told, date_order)
    if periods is not None and told.layout != "wide" and {"date", "quantity"} <= fields.keys():
        periods = None
    if periods is not None:
        fields = {
            name: column
            for name, column in fields.items()
            if column not in periods.columns and name not in ("date", "quantity")
        }
    start = row + 1 + joined + (max(periods.rows - 1, 0) if periods and not joined else 0)
    repeated = _repeated(grid, row, fields) if not joined else ()
    return Fit(
        table,
        grid,
        row,
        start,
        fields,
        headers,
        dict.fromkeys(fields, "header"),
        periods=periods,
        repeated=repeated,
        joined=joined,
    )


def _told_headers(labels: dict[int, str], told: TableMap) -> dict[str, int]:
    """Return the columns whose header the planner named."""
    wanted = {plain(text): name for name, text in told.columns.items() if plain(text) and not text.startswith("=")}
    return {wanted[plain(text)]: column for column, text in reversed(labels.items()) if plain(text) in wanted}


def _repeated(grid: Grid, row: int, fields: Mapping[str, int]) -> tuple[str, ...]:
    seen: dict[str, list[int]] = {}
    for column in range(grid.width):
        text = plain(_label(grid.cell(row, column)))
        if text:
            seen.setdefault(text, []).append(column)
    used = set(fields.values())
    return tuple(
        f"{_label(grid.cell(row, columns[0]))} (columns {', '.join(column_letters(grid.left + column) for column in columns)})"
        for columns in seen.values()
        if len(columns) > 1 and used.intersection(columns)
    )


def _periods(
    table: Table, grid: Grid, row: int, fields: Mapping[str, int], told: TableMap, date_order: str
) -> Periods | None:
    if table.name != "Sales" or told.layout == "long":
        return None
    allowed = None
    if told.period_columns:
        first, last = told.period_columns
        if last - grid.left >= grid.width:
            raise MapError(
                "map.Sales.period_columns",
                f"Setting map.Sales.period_columns: {grid.label} ends at column {column_letters(grid.left + grid.width - 1)}, got {column_letters(last)}.",
            )
        allowed = range(max(first - grid.left, 0), last - grid.left + 1)
    periods = find_periods(grid, row, date_order=date_order, allowed=allowed)
    if allowed is not None and (periods is None or len(periods.columns) < len(allowed)):
        periods = find_periods(grid, row - 1, date_order=date_order, allowed=allowed) or periods
        if periods is None or len(periods.columns) < len(allowed):
            periods = counted_periods(allowed)
    if periods is not None and told.period_start and told.period:
        periods = dated(periods, start=told.period_start, period=told.period, order=told.period_order)
    return periods


def _without_header(table: Table, grid: Grid, told: TableMap) -> Fit | None:
    if not told.columns:
        return None
    periods = _periods(table, grid, 0, {}, told, "auto")
    return _with_told(Fit(table, grid, -1, 0, {}, {}, {}, periods=periods), told)


def _with_told(found: Fit, told: TableMap) -> Fit:
    """Return the fit with the columns and rows that the planner named."""
    grid, fields, how, constants = found.grid, dict(found.fields), dict(found.how), {}
    for name, text in told.columns.items():
        fields.pop(name, None)
        if plain(text) == "none" and not text.startswith("="):
            continue
        if text.startswith("="):
            constants[name] = text[1:].strip()
            continue
        fields[name] = _told_column(found, name, text)
        how[name] = "mapped in Settings"
    start = max(told.first_row - grid.top, 0) if told.first_row > 0 else found.start
    stop = told.last_row - grid.top + 1 if told.last_row > 0 else -1
    return Fit(
        found.table,
        grid,
        found.header,
        start,
        fields,
        found.headers,
        how,
        stop,
        found.periods,
        constants,
        found.repeated,
    )


def _told_column(found: Fit, name: str, text: str) -> int:
    for column, header in sorted(found.headers.items()):
        if plain(header) == plain(text):
            return column
    for row in found.grid.head[: max(found.start, 0)]:
        for column, cell in enumerate(row):
            if isinstance(cell, str) and plain(cell) == plain(text) and plain(text):
                return column
    index = column_number(text) - found.grid.left
    if column_number(text) and 0 <= index < found.grid.width:
        return index
    headers = ", ".join(list(found.headers.values())[:12])
    raise MapError(
        f"map.{found.table.name}.{name}",
        f"Setting map.{found.table.name}.{name}: {found.grid.label} has no column '{text}'. Its headers are: {headers or 'none'}.",
    )
