"""Which grid is which table. The planner's mapping first, then names of sheets, then columns alone; every choice is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invopt_xl.core.contracts import GUIDE_TITLE, INPUT_TABLES, MORE_OUTPUT, OUTPUT, Table
from invopt_xl.core.findings import Finding
from invopt_xl.core.intake import notes
from invopt_xl.core.intake.blocks import below, beside, joined
from invopt_xl.core.intake.fit import Fit, fit, with_names_as_skus
from invopt_xl.core.intake.grid import Grid
from invopt_xl.core.intake.mapping import PREFIX, MapError, TableMap
from invopt_xl.core.intake.names import known_headers, plain, table_of_name
from invopt_xl.errors import near_names

#: Excel tables that we write begin with this.
OWN_TABLES = "InvOpt_"
#: The header of an output sheet stands within these rows.
_OWN_HEADER_ROWS = 12
#: The header of a table below another one stands within these rows of it.
_TOP_ROWS = 4


@dataclass(frozen=True, eq=False)
class Choice:
    """Fits by table, in the order of the grids, and what was noticed."""

    fits: Mapping[str, tuple[Fit, ...]]
    findings: tuple[Finding, ...]


def parts_of(grid: Grid) -> list[Grid]:
    """Return the Excel tables of a sheet, without ours; the whole sheet when it has none."""
    areas = [area for area in grid.areas if not area.name.casefold().startswith(OWN_TABLES.casefold())]
    if areas:
        return [grid.cut(area) for area in areas]
    return [] if grid.areas else [grid]


def _blocks(part: Grid, date_order: str) -> list[Grid]:
    """Return the tables that stand on a sheet side by side or below one another; the sheet itself unless each is a table alone."""
    across = beside(part)
    if len(across) > 1 and sum(_is_table(each, date_order) for each in across) < 2:
        across = [part]
    return [block for each in across for block in _stacked(each, date_order)]


def _stacked(part: Grid, date_order: str) -> list[Grid]:
    """Return the tables below one another; rows without a header of their own belong to the table above."""
    down = below(part)
    heads = [at for at, each in enumerate(down) if len(down) > 1 and _has_header(each)]
    heads = [at for at in heads if len(heads) > 1 and _is_table(down[at], date_order)]
    if len(heads) < 2:
        return [part]
    # a title above the first table belongs to it
    heads[0] = 0
    ends = [at - 1 for at in heads[1:]] + [len(down) - 1]
    return [joined(down[first], down[last], part) for first, last in zip(heads, ends, strict=True)]


def _has_header(block: Grid) -> bool:
    """Return whether one of the first rows looks like a header; asked first, because trying every table takes long."""
    return any(known_headers(row) > 1 for row in block.head[:_TOP_ROWS])


def _is_table(block: Grid, date_order: str) -> bool:
    found, _ = _recognise(block, {}, date_order)
    return found is not None and found.header >= 0 and len(found.fields) + 2 * bool(found.periods) > 1


def choose(grids: Sequence[Grid], told: Mapping[str, TableMap], *, date_order: str = "auto") -> Choice:
    """Return what each grid is.

    Raises
    ------
    SettingError
        The mapping names a sheet, column or row that is not there.
    """
    mapped_names = {plain(name) for mapped in told.values() for name in mapped.sheets}
    parts = [
        block
        for grid in grids
        if grid.width
        for part in parts_of(grid)
        for block in ([part] if part.table or plain(part.sheet) in mapped_names else _blocks(part, date_order))
    ]
    findings: list[Finding] = []
    fits: dict[str, list[Fit]] = {}
    used: set[int] = set()
    own: list[Grid] = []
    strange: list[Grid] = []
    for table in INPUT_TABLES:
        mapped = told.get(table.name)
        if mapped is not None and mapped.sheets:
            for index in _named(table, mapped, grids, parts):
                part = parts[index] if index < len(parts) else grids[index - len(parts)]
                used.add(index)
                fits.setdefault(table.name, []).append(_demanded(table, part, mapped, date_order))
    for index, part in enumerate(parts):
        if index in used:
            continue
        if _is_own_output(part):
            own.append(part)
            continue
        found, noticed = _recognise(part, told, date_order)
        findings += noticed
        if found is not None and not (told.get(found.table.name) or TableMap()).sheets:
            fits.setdefault(found.table.name, []).append(found)
        elif found is None and not noticed:
            strange.append(part)
        elif found is not None:
            findings.append(
                _left_alone(
                    part,
                    f"{found.table.name} is read from {', '.join(told[found.table.name].sheets)}, as mapped in Settings",
                )
            )
    chosen: dict[str, tuple[Fit, ...]] = {}
    for name, several in fits.items():
        kept, noticed = _settle(several)
        chosen[name] = tuple(kept)
        findings += noticed
    findings += [*_not_recognised(strange), *_own(own)]
    findings += [_left_alone(grid, "the sheet is empty") for grid in grids if not grid.width]
    return Choice(chosen, tuple(findings))


def _is_own_output(part: Grid) -> bool:
    """Return whether the header of a grid is exactly one of our output tables, whatever the sheet is called.

    Workbooks that cannot carry our marks (.xls, .xlsb, copies saved elsewhere) are known by this alone.
    """
    headers = [tuple(field.name for field in fields) for fields in (OUTPUT | MORE_OUTPUT).values()]
    return any(tuple(cell for cell in row if cell not in (None, "")) in headers for row in part.head[:_OWN_HEADER_ROWS])


def _places(parts: Sequence[Grid]) -> str:
    """Return the names of several grids: "Sheets Notes, Calendar"."""
    if len(parts) == 1:
        return parts[0].place
    kind = parts[0].label.split()[0]
    return f"{kind}s " + ", ".join(dict.fromkeys(part.place.removeprefix(f"{kind} ") for part in parts))


def _not_recognised(parts: Sequence[Grid]) -> list[Finding]:
    parts = [part for part in parts if not (part.head and part.head[0] and part.head[0][0] == GUIDE_TITLE)]
    if not parts:
        return []
    text = "not recognised as an input table; left alone."
    example = parts[0].table or parts[0].sheet
    fix = f"Nothing, if the plan does not need it. Else map it on the Settings sheet, such as map.Sales = {example}."
    return [notes.about("info", None, _places(parts), text, fix)]


def _own(parts: Sequence[Grid]) -> list[Finding]:
    if not parts:
        return []
    text = "has exactly the columns of our own output, which is never input; left alone."
    return [notes.about("info", None, _places(parts), text, "Nothing.")]


def _left_alone(part: Grid, why: str) -> Finding:
    return notes.about(
        "info",
        None,
        part.place,
        f"{why}; left alone.",
        "If it holds data for the plan, map it on the Settings sheet (setting map.Sales, value: the sheet's name).",
    )


def _named(table: Table, mapped: TableMap, grids: Sequence[Grid], parts: Sequence[Grid]) -> list[int]:
    """Return the positions of mapped sheets in parts, or (beyond them) in grids when a sheet with Excel tables is meant as a whole."""
    found: list[int] = []
    for wanted in mapped.sheets:
        hits = [i for i, part in enumerate(parts) if wanted in (part.table, part.sheet)]
        hits = hits or [
            i
            for i, part in enumerate(parts)
            if plain(wanted) in {plain(part.table), plain(part.sheet), plain(_stem(part.sheet))} - {""}
        ]
        hits = hits or [len(parts) + i for i, grid in enumerate(grids) if plain(grid.sheet) == plain(wanted)]
        if not hits:
            names = [part.sheet for part in parts] + [part.table for part in parts if part.table]
            raise MapError(
                f"{PREFIX}{table.name}",
                f"Setting map.{table.name}: there is no sheet or table '{wanted}'.{near_names(wanted, names)} There are: {', '.join(names) or 'none'}.",
            )
        found += hits[:1] if len({parts[i].sheet for i in hits if i < len(parts)}) <= 1 else hits
    return list(dict.fromkeys(found))


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0] if "." in name else name


def _demanded(table: Table, part: Grid, mapped: TableMap, date_order: str) -> Fit:
    found = fit(table, part, mapped, date_order=date_order)
    if found is None or not found.complete:
        missing = ", ".join(found.missing if found is not None else table.required)
        headers = ", ".join(list(found.headers.values())[:12]) if found is not None else ""
        raise MapError(
            f"{PREFIX}{table.name}",
            f"Setting map.{table.name}: {part.label} has no column for {missing}. "
            f"Its headers are: {headers or 'not found'}. Map them, such as map.{table.name}.{(found.missing if found else table.required)[0].split()[0]} = a header or a column letter.",
        )
    return found


def _recognise(part: Grid, told: Mapping[str, TableMap], date_order: str) -> tuple[Fit | None, list[Finding]]:
    """Return the best fit of a grid, by name first; findings when its name promises a table that its columns do not keep."""
    tables = [table for table in INPUT_TABLES if not (told.get(table.name) or TableMap()).skip]
    by_name = table_of_name(part.table) or table_of_name(part.sheet)
    named: Fit | None = None
    for table in tables:
        if table.name == by_name:
            named = fit(table, part, _shared(told.get(table.name), part, True), date_order=date_order)
            if named is not None and named.complete and not _too_wild(named):
                return named, []
            by_names = with_names_as_skus(named) if named is not None else None
            if by_names is not None:
                return by_names, [notes.names_as_skus(by_names, by_names.fields["sku"])]
    found = [fit(table, part, _shared(told.get(table.name), part, False), date_order=date_order) for table in tables]
    convincing = [each for each in found if each is not None and each.convinces]
    if convincing:
        return max(convincing, key=lambda each: round(each.score, 6)), []
    if by_name and named is not None and by_name in {table.name for table in tables}:
        headers = ", ".join(list(named.headers.values())[:12])
        text = f"looks like {by_name} but has no column for {', '.join(named.missing)}; not read. Its headers are: {headers}."
        fix = (
            f"Name the column, or map it on the Settings sheet: map.{by_name}.{named.missing[0].split()[0]}."
            if named.missing
            else "Map it on the Settings sheet."
        )
        return None, [notes.about("warning", named.table, part.label, text, fix)]
    return None, []


def _too_wild(found: Fit) -> bool:
    """A table of one required column, found in a header of many others, is no find by a vague name."""
    return len(found.fields) == 1 and len(found.headers) > 12 and found.periods is None


def _shared(told: TableMap | None, part: Grid, by_name: bool) -> TableMap:
    """Return the column part of a mapping that names no sheet; it holds for the sheet that is called like the table."""
    return told if told is not None and not told.sheets and by_name else TableMap()


def _settle(several: list[Fit]) -> tuple[list[Fit], list[Finding]]:
    """Return the fits to read of one table: all when they have the same columns, else the best."""
    if len(several) == 1:
        return several, []
    best = max(several, key=_rank)
    same = [each for each in several if _columns(each) == _columns(best)]
    others = [each for each in several if each not in same]
    findings = []
    if len(same) > 1:
        names = ", ".join(each.grid.place for each in same)
        findings.append(
            notes.about(
                "info",
                best.table,
                "",
                f"{names} have the same columns; read together as {best.table.name}.",
                f"If one of them is not {best.table.name}, map the right ones: map.{best.table.name}.",
            )
        )
    for other in others:
        text = f"could be {best.table.name} too, but {best.grid.place} matches better and was read; left alone."
        findings.append(
            notes.about(
                "warning",
                best.table,
                other.grid.place,
                text,
                f"To read this one, map it on the Settings sheet: map.{best.table.name} = {other.grid.sheet}.",
            )
        )
    return same, findings


def _columns(each: Fit) -> frozenset[str]:
    return frozenset((*each.fields, *each.constants, "wide" if each.periods else "long"))


def _rank(each: Fit) -> tuple[int, float, int]:
    exact = plain(each.grid.table or _stem(each.grid.sheet)) == plain(each.table.name)
    named = table_of_name(each.grid.table or each.grid.sheet) == each.table.name
    return 2 * exact + named, round(each.score, 6), each.grid.rows
