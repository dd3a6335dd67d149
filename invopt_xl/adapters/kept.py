"""The planner's columns on our sheets: found by key on the old sheet, and carried along wherever their rows move to."""

from __future__ import annotations

import dataclasses
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import pandas as pd
from lxml import etree

from invopt_xl.adapters.xlsx.formula_rows import move_formula, translate
from invopt_xl.adapters.xlsx.old_sheet import OldSheet, OldTable, Rectangle, corner
from invopt_xl.adapters.xlsx.xml_text import Element, escape_text
from invopt_xl.core.findings import Finding
from invopt_xl.core.sheets import Block, SheetSpec

#: Roles that name a row when a block has no key of its own.
_NAMING_ROLES = ("key", "text", "date", "severity")
Key = tuple[str, ...]


@dataclass
class Extra:
    """A column that the planner added: header, cells by row number, and the formula that new rows get."""

    header: str
    header_cell: str
    old_column: int
    in_table: bool
    formula: str = ""
    cells: dict[int, str] = field(default_factory=dict)


@dataclass
class Carried:
    """What moves from the old block to the new one; cells are texts after the address, by new row number."""

    table: OldTable | None = None
    kept: dict[str, dict[int, str]] = field(default_factory=dict)
    extras: list[Extra] = field(default_factory=list)
    leftover_keys: list[Key] = field(default_factory=list)
    below: dict[int, dict[int, str]] = field(default_factory=dict)
    moved_rows: dict[int, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def extra_headers(self) -> list[str]:
        return [each.header for each in self.extras if each.in_table]


def naming_columns(block: Block) -> tuple[str, ...]:
    """Return the columns that identify a row of a block: its key, or its short texts and dates."""
    return block.key or tuple(each.name for each in block.columns if each.role in _NAMING_ROLES)


def frame_keys(block: Block, names: Sequence[str] | None = None) -> list[Key]:
    """Return the key of each row of a block's frame, from its naming columns or from some of them."""
    parts = [
        [key_text(value) for value in block.frame[name].astype(object).tolist()]
        for name in (naming_columns(block) if names is None else names)
    ]
    return list(zip(*parts, strict=True)) if parts else [()] * len(block.frame)


def key_text(value: object) -> str:
    """Return a cell's value as it counts in a key: 1001.0 that Excel made of the text 1001 is the same item.

    >>> key_text(1001.0), key_text(" A "), key_text(None)
    ('1001', 'A', '')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def find_table(old: OldSheet, block: Block, wanted_name: str) -> OldTable | None:
    """Return the old table of a block: by its name, else by its headers, even when it is a plain range by now."""
    needed = set(block.key or [each.name for each in block.columns])
    for table in old.tables:
        # a planner with one place may have deleted column location: the rest of the key still names the row
        if table.name.lower() == wanted_name.lower() and set(naming_columns(block)) & set(table.headers):
            return table
    for table in old.tables:
        if needed and needed <= set(table.headers):
            return table
    return old.find_header(naming_columns(block))


class Carrier:
    """Carries the planner's cells of one block. `column_of` gives the new column of an old one."""

    def __init__(
        self,
        old: OldSheet,
        block: Block,
        table: OldTable,
        foreign: Sequence[Rectangle] = (),
        noted_rows: Collection[int] = (),
    ) -> None:
        self.old, self.block, self.table = old, block, table
        self._noted_rows = {row for row in noted_rows if table.first_row < row <= table.last_row}
        self._key_names = [name for name in naming_columns(block) if name in table.headers]
        self._foreign = foreign
        self._carried = Carried(table)
        self._shared: dict[str, tuple[str, int, int]] = {}

    def carry(self) -> Carried:
        """Return what moves, for the rows of the block's frame and further rows at its end for keys that are gone."""
        self._carried.extras = self._extra_columns()
        by_key = self._carried.extras or self.block.kept or self._noted_rows
        matched = self._matched() if by_key else {}
        self._carried.moved_rows = matched
        self._collect_shared()
        self._move_cells(matched)
        self._fill_formulas(self.block.row + 1, len(self.block.frame), set(matched.values()))
        return self._carried

    def _matched(self) -> dict[int, int]:
        """Return the new row of each old one: where its key is now, or at the end when it is gone and the planner wrote in it."""
        first_new = self.block.row + 1
        keys = frame_keys(self.block, self._key_names)
        old_rows = self._old_rows()
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for row, key in old_rows:
            waiting[key].append(row)
        matched = {}
        for at, key in enumerate(keys):
            if waiting.get(key):
                matched[waiting[key].popleft()] = first_new + at
        left = [(row, key) for row, key in old_rows if row not in matched]
        self._place_leftovers(left, matched, first_new + len(keys))
        return matched

    def _old_rows(self) -> list[tuple[int, Key]]:
        at = {name: self.table.first_column + i for i, name in enumerate(self.table.headers)}
        columns = [at[name] for name in self._key_names]
        rows = []
        for row in sorted(self.old.cells):
            if self.table.first_row < row <= self.table.last_row:
                cells = self.old.cells[row]
                rows.append((row, tuple(key_text(self.old.value(cells[c])) if c in cells else "" for c in columns)))
        return rows

    def _extra_columns(self) -> list[Extra]:
        """Return the planner's columns: those inside the table that we do not know, and all to its right that hold anything."""
        header_row = self.old.cells.get(self.table.first_row, {})
        extras = []
        for at, name in enumerate(self.table.headers, self.table.first_column):
            if not self.block.is_own(name):
                cell = header_row.get(at)
                header = self._plain(cell) if cell is not None else ""
                extras.append(Extra(name, header, at, True, self.table.formulas.get(name, "")))
        last = self.table.last_column
        beyond = {
            c for row, cells in self.old.cells.items() for c in cells if c > last and not self._is_foreign(row, c)
        }
        return extras + [Extra("", "", at, False) for at in sorted(beyond)]

    def _place_leftovers(self, rows: list[tuple[int, Key]], matched: dict[int, int], next_row: int) -> None:
        """Give rows whose key is gone, but in which the planner wrote something, a place at the end."""
        at = {name: self.table.first_column + i for i, name in enumerate(self.table.headers)}
        own = [at[name] for name in self.block.kept if name in at] + [each.old_column for each in self._carried.extras]
        for row, key in rows:
            if row in self._noted_rows or any(self._typed(self.old.cells[row].get(column)) for column in own):
                matched[row] = next_row + len(self._carried.leftover_keys)
                known = dict(zip(self._key_names, key, strict=True))
                self._carried.leftover_keys.append(tuple(known.get(name, "") for name in naming_columns(self.block)))
        if self._carried.leftover_keys:
            count = len(self._carried.leftover_keys)
            self._carried.findings.append(gone_keys(self.block.name, f"Sheet {self.old.name}", count))

    def _typed(self, cell: Element | None) -> bool:
        return cell is not None and cell.find(self._tag("f")) is None and self.old.value(cell) not in (None, "")

    def _tag(self, name: str) -> str:
        return self.old._tag(name)

    def _collect_shared(self) -> None:
        """Note the formulas that Excel wrote once for a range of cells."""
        for formula in self.old.root.iter(self._tag("f")):
            cell = formula.getparent()
            if formula.get("t") == "shared" and formula.text and cell is not None:
                column, row = corner(cell.get("r") or "A1")
                self._shared[formula.get("si", "")] = (formula.text, row, column)

    def _columns(self) -> dict[int, int]:
        """Return the new column of each old one of the block."""
        new = {
            name: self.block.column + i
            for i, name in enumerate([each.name for each in self.block.columns] + self._carried.extra_headers)
        }
        columns = {self.table.first_column + i: new[name] for i, name in enumerate(self.table.headers) if name in new}
        shift = self.block.column + len(new) - 1 - self.table.last_column
        return columns | {
            each.old_column: each.old_column + shift for each in self._carried.extras if not each.in_table
        }

    def _move_cells(self, matched: dict[int, int]) -> None:
        at = {name: self.table.first_column + i for i, name in enumerate(self.table.headers)}
        columns = self._columns()
        kept = {at[name]: self._carried.kept.setdefault(name, {}) for name in self.block.kept if name in at}
        targets = kept | {each.old_column: each.cells for each in self._carried.extras}
        shift_below = (
            self.block.row + max(len(self.block.frame) + len(self._carried.leftover_keys), 1) - self.table.last_row
        )
        for row, cells in self.old.cells.items():
            for column, cell in cells.items():
                if self._is_foreign(row, column):
                    self._carried.below.setdefault(row, {})[column] = raw_cell(cell)
                elif row <= self.table.first_row or row > self.table.last_row:
                    self._move_outside(row, column, cell, columns, shift_below)
                elif row in matched and column in targets:
                    new = self._moved(cell, row, column, self._row_mover(row, matched[row]), columns)
                    if new:
                        targets[column][matched[row]] = new

    def _is_foreign(self, row: int, column: int) -> bool:
        return any(each.holds(row, column) for each in self._foreign)

    def _move_outside(self, row: int, column: int, cell: Element, columns: dict[int, int], shift_below: int) -> None:
        """Keep cells above, below and beside the header that the planner filled; our own are drawn afresh."""
        if row == self.table.first_row and column <= self.table.last_column:
            return
        if row < self.table.first_row and (column <= self.table.last_column or not len(cell)):
            return
        new_row = row + shift_below if row > self.table.last_row else row - self.table.first_row + self.block.row
        text = self._moved(cell, row, column, lambda old: self._row_outside(old, shift_below), columns)
        if text:
            self._carried.below.setdefault(new_row, {})[columns.get(column, column)] = text

    def _row_outside(self, row: int, shift_below: int) -> int | None:
        """Return the new row of a reference from outside the table; the ends of the table stay its ends."""
        if row > self.table.last_row:
            return row + shift_below
        if row <= self.table.first_row + 1:
            return row - self.table.first_row + self.block.row
        return self.table.last_row + shift_below if row == self.table.last_row else None

    def _row_mover(self, old_row: int, new_row: int) -> Callable[[int], int | None]:
        def move(row: int) -> int | None:
            if row == old_row:
                return new_row
            return row - self.table.first_row + self.block.row if row <= self.table.first_row else None

        return move

    def _moved(
        self, cell: Element, row: int, column: int, mover: Callable[[int], int | None], columns: dict[int, int]
    ) -> str:
        """Return a cell for its new place; a formula that cannot move leaves its value, and says so."""
        formula = cell.find(self._tag("f"))
        if formula is None:
            return self._plain(cell)
        text = formula.text or ""
        if formula.get("t") == "shared" and formula.get("si", "") in self._shared:
            master, master_row, master_column = self._shared[formula.get("si", "")]
            text = translate(master, row - master_row, column - master_column)
        moved = (
            move_formula(text, row=mover, column=columns, own_sheet=self.old.name)
            if text and formula.get("t") != "array"
            else None
        )
        if moved is None:
            self._formula_lost(row, column)
            return self._plain(cell, with_formula=False)
        return self._plain(cell, formula=moved)

    def _formula_lost(self, row: int, column: int) -> None:
        found = Finding(
            "warning",
            self.block.name,
            f"Sheet {self.old.name}, column {column}",
            "A formula of yours looks at cells of other rows, which move at every refresh; its last value was kept instead.",
            "Use structured references such as [@on_hand], or keep such formulas on a sheet of your own.",
        )
        if found not in self._carried.findings:
            self._carried.findings.append(found)

    def _plain(self, cell: Element, *, formula: str = "", with_formula: bool = True) -> str:
        """Return the cell as text after its address; "" when it is empty and unformatted."""
        style = f' s="{cell.get("s")}"' if cell.get("s") else ""
        kind = f' t="{cell.get("t")}"' if cell.get("t") else ""
        parts = f"<f>{escape_formula(formula)}</f>" if formula and with_formula else ""
        for each in cell:
            name = etree.QName(each).localname if isinstance(each.tag, str) else ""
            if name == "v" and each.text:
                parts += f"<v>{escape_formula(each.text)}</v>"
            elif name == "is":
                parts += etree.tostring(each, encoding="unicode", with_tail=False)
        if not parts:
            return f"{style}/>" if style else ""
        return f"{style}{kind}>{parts}</c>"

    def _fill_formulas(self, first_new: int, count: int, filled: set[int]) -> None:
        """Give rows that are new in the plan the formula of the planner's calculated columns."""
        for extra in self._carried.extras:
            if not extra.formula or move_formula(extra.formula, row=lambda _: None, column={}) is None:
                continue
            sample = next(iter(extra.cells.values()), "")
            style = sample[: sample.index('"', 4) + 1] if sample.startswith(' s="') else ""
            for row in range(first_new, first_new + count):
                if row not in filled:
                    extra.cells[row] = f"{style}><f>{escape_formula(extra.formula)}</f></c>"


def with_entries(spec: SheetSpec, entries: pd.DataFrame | None, findings: list[Finding]) -> SheetSpec:
    """Return a spec whose planner's columns hold the entries of another workbook by key, and further rows for keys that are not in it.

    `entries` is a table as it stood on that sheet. A finding is added when keys are gone.
    """
    if entries is None or entries.empty:
        return spec
    blocks = [
        _filled(block, entries, findings) if block.kept and set(naming_columns(block)) <= set(entries) else block
        for block in spec.blocks
    ]
    return dataclasses.replace(spec, blocks=tuple(blocks))


def _filled(block: Block, entries: pd.DataFrame, findings: list[Finding]) -> Block:
    keys = list(naming_columns(block))
    given = dict(zip(frame_keys(dataclasses.replace(block, frame=entries)), entries.to_dict("records"), strict=True))
    own = frame_keys(block)
    known = set(own)
    gone = pd.DataFrame([row for key, row in given.items() if key not in known], columns=entries.columns, dtype=object)
    frame = block.frame
    if len(gone):
        frame = pd.concat([frame.astype(object), gone.reindex(columns=keys)], ignore_index=True)
        findings.append(gone_keys(block.name, f"Table {block.name}", len(gone)))
        own = own + frame_keys(dataclasses.replace(block, frame=gone))
    filled = {
        name: pd.Series(
            [_newer(given.get(key, {}).get(name), now) for key, now in zip(own, frame[name].tolist(), strict=True)],
            dtype=object,
            index=frame.index,
        )
        for name in block.kept
        if name in entries
    }
    return dataclasses.replace(block, frame=frame.assign(**filled))


def _newer(entry: object, now: object) -> object:
    return now if entry is None or entry != entry else entry


def gone_keys(table: str, place: str, count: int) -> Finding:
    """Return what is said of rows with entries whose key is no longer in the plan."""
    return Finding(
        "info",
        table,
        f"{place}, last {count} row{'s' if count > 1 else ''}",
        f"{count} row{'s' if count > 1 else ''} with your entries {'are' if count > 1 else 'is'} no longer in the plan.",
        "Your entries stand at the end of the table. Delete those rows when you no longer need them.",
    )


def escape_formula(text: str) -> str:
    """Return a formula or raw value as element text; unlike a text it has no `_xHHHH_` escapes of its own."""
    return escape_text(text).replace("_x005F_", "_") if "_" in text else escape_text(text)


def raw_cell(cell: Element) -> str:
    """Return a cell that stays where it is, as text after its address, formula attributes and all."""
    attributes = "".join(f' {name!s}="{escape_text(str(value))}"' for name, value in cell.items() if name != "r")
    return f"{attributes}>{''.join(etree.tostring(each, encoding='unicode', with_tail=False) for each in cell)}</c>"
