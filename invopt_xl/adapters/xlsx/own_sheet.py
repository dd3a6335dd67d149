"""One sheet of ours, drawn from its spec into a package: new, or in the place of the one that the last plan left."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

import pandas as pd

from invopt_xl.adapters.kept import Carried, Carrier, find_table, naming_columns
from invopt_xl.adapters.package import Package, Relations
from invopt_xl.adapters.xlsx.cells import CellWriter, Noticed
from invopt_xl.adapters.xlsx.chart_xml import CHART_TYPE, Placed, chart_part
from invopt_xl.adapters.xlsx.drawing_xml import DRAWING_TYPE, add_charts, new_drawing, take_out_ours
from invopt_xl.adapters.xlsx.layout import body_heights, column_width, print_titles
from invopt_xl.adapters.xlsx.look import Look
from invopt_xl.adapters.xlsx.notes import NoteKeeper
from invopt_xl.adapters.xlsx.old_sheet import OldSheet, OldTable, Rectangle, SharedStrings
from invopt_xl.adapters.xlsx.rules_xml import Area, conditional_formats, validation
from invopt_xl.adapters.xlsx.sheet_xml import ColumnWidth, SheetPieces, compose
from invopt_xl.adapters.xlsx.styles_xml import Styles
from invopt_xl.adapters.xlsx.table_xml import TABLE_TYPE, table_name, table_part, unique_headers
from invopt_xl.adapters.xlsx.workbook_part import Sheet, Workbook
from invopt_xl.adapters.xlsx.xml_text import column_letters, quoted_sheet, serialize
from invopt_xl.core.findings import Finding
from invopt_xl.core.sheets import Block, Column, SheetSpec
from invopt_xl.errors import WorkbookError

_ROW_LIMIT, _COLUMN_LIMIT = 1_048_576, 16_384
_HEADER_HEIGHT, _HEADING_HEIGHT = 32.0, 27.0
#: Rows of a blank input table that choices hold for.
_BLANK_ROWS = 5000


@dataclass
class TableRegistry:
    """Names and numbers of all tables of the workbook; both must be unique."""

    names: set[str]
    numbers: set[int]

    @classmethod
    def of(cls, package: Package, workbook: Workbook) -> TableRegistry:
        found = cls(set(workbook.defined_names()), set())
        for name in package.names():
            if re.search(r"(^|/)tables/[^/]*\.xml$", name, re.IGNORECASE):
                root = package.xml(name)
                found.names |= {root.get("name", "").lower(), root.get("displayName", "").lower()}
                found.numbers.add(int(root.get("id", "0")))
        return found

    def take(self, block: str, *, prefix: str) -> tuple[str, int]:
        """Return a free name and number for a new table."""
        name, number = table_name(block, self.names, prefix=prefix), max(self.numbers, default=0) + 1
        self.names.add(name.lower())
        self.numbers.add(number)
        return name, number


@dataclass
class Canvas:
    """What all sheets of one run share."""

    package: Package
    workbook: Workbook
    styles: Styles
    look: Look
    tables: TableRegistry
    strings: SharedStrings
    findings: list[Finding] = field(default_factory=list)
    # entries in the frames are newer than those on the old sheets
    entries_first: bool = False


def mark_name(spec_name: str) -> str:
    """Return the ending of the hidden name that marks the sheet of a spec.

    >>> mark_name("Data Check")
    'Data_Check'
    """
    return re.sub(r"\W", "_", spec_name)


class SheetDrawer:
    """Draws one spec. `owned` sheets are marked as ours and refreshed; others are the planner's from the start (templates)."""

    def __init__(self, canvas: Canvas, spec: SheetSpec, *, owned: bool, active: bool = False) -> None:
        self.canvas, self.spec, self.owned, self.active = canvas, spec, owned, active
        self.cells = CellWriter(canvas.look, date1904=canvas.workbook.date1904)
        self.pieces = SheetPieces()
        # cells by row and column, as whole rows of a block or single ones: (first column, text)
        self._fragments: dict[int, list[tuple[int, str]]] = {}
        self._widths: dict[int, ColumnWidth] = {}
        self._placed: dict[str, Placed] = {}

    def draw(self) -> str:
        """Draw the sheet and return the name that it has in the workbook."""
        mine = self.canvas.workbook.owned().get(mark_name(self.spec.name)) if self.owned else None
        self.old = (
            None if mine is None else OldSheet(self.canvas.workbook, mine, self.canvas.strings, self.canvas.styles)
        )
        self.sheet = self._new_sheet() if mine is None else mine
        self.relations: Relations = self.canvas.package.relations(self.sheet.part)
        self.notes = NoteKeeper(self.canvas.workbook, self.old, self.relations)
        self._match_tables()
        for block in self.spec.blocks:
            self._block(block)
        for text in self.spec.texts:
            self._put(text.row, text.column, self.cells.text(text.text, self.canvas.look.text(text.style)))
            if text.style == "heading":
                self.pieces.heights[text.row] = _HEADING_HEIGHT
        self._charts()
        self._finish()
        self._notice(self.cells.noticed)
        return self.sheet.name

    def _new_sheet(self) -> Sheet:
        workbook, package = self.canvas.workbook, self.canvas.package
        name = workbook.free_sheet_name(self.spec.name)
        if name != self.spec.name:
            self.canvas.findings.append(
                Finding(
                    "info",
                    self.spec.name,
                    f"Sheet {self.spec.name}",
                    f"You have a sheet of this name, which was not touched; ours is '{name}'.",
                    "Rename your sheet if you want ours to have the name.",
                )
            )
        part = package.free_name(posixpath.join(workbook.folder, "worksheets/sheet%d.xml"))
        package.put(part, b"")
        return workbook.add_sheet(name, part, hidden=self.spec.hidden)

    # blocks -------------------------------------------------------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        table = self._old_tables.get(block.name)
        carried = (
            Carried()
            if self.old is None or table is None or not block.is_table
            else Carrier(self.old, block, table, self._foreign, self.notes.foreign_rows()).carry()
        )
        self.canvas.findings += carried.findings
        count = len(block.frame) + len(carried.leftover_keys)
        shown = max(count, 1)
        if block.row + shown > _ROW_LIMIT or block.column + len(block.columns) + len(carried.extras) > _COLUMN_LIMIT:
            raise WorkbookError(
                f"Table {block.name} has {count:,} rows; an Excel sheet holds {_ROW_LIMIT - block.row:,}. Write it with --format csv or parquet."
            )
        area = Area(
            block.row + 1,
            block.row + shown,
            block.column,
            block.column + len(block.columns) + len(carried.extra_headers) - 1,
        )
        self._refuse_overlap(block, area)
        self._placed[block.name] = Placed(block, area.first_row, area.first_column)
        headers = (
            unique_headers([each.name for each in block.columns] + carried.extra_headers)
            if block.is_table
            else [shown_header(block, each.name) for each in block.columns]
        )
        self._header(block, headers, carried)
        self._body(block, carried, shown)
        self._rules(block, area)
        self._set_widths(block, headers, carried, table)
        if block.title and block.row > 1:
            self._put(block.row - 1, block.column, self.cells.text(block.title, self.canvas.look.title()))
        if block.is_table:
            self._table(block, area, headers, carried, table)
        self.notes.move(table, carried, block)
        for row, cells in carried.below.items():
            for column, text in cells.items():
                self._put(row, column, text)

    def _header(self, block: Block, headers: list[str], carried: Carried) -> None:
        own = headers[: len(block.columns)]
        row = "".join(
            f'<c r="{column_letters(block.column + at)}{block.row}"{self.cells.text(header, self.canvas.look.header(column.role))}'
            for at, (header, column) in enumerate(zip(own, block.columns, strict=True))
        )
        for at, extra in enumerate([each for each in carried.extras if each.in_table], block.column + len(own)):
            cell = (
                extra.header_cell
                if "</c>" in extra.header_cell
                else self.cells.text(extra.header, self.canvas.look.header("input"))
            )
            row += f'<c r="{column_letters(at)}{block.row}"{cell}'
        self._fragments.setdefault(block.row, []).append((block.column, row))
        self.pieces.heights[block.row] = _HEADER_HEIGHT
        for at, column in enumerate(block.columns, block.column):
            if column.note:
                self.notes.add(block.row, at, column.note)

    def _body(self, block: Block, carried: Carried, shown: int) -> None:
        numbers = range(block.row + 1, block.row + 1 + shown)
        rows = [str(number) for number in numbers]
        count, blank = len(block.frame), len(carried.leftover_keys)
        columns = [
            self._column(block, column, at, rows, carried, shown)
            for at, column in enumerate(block.columns, block.column)
        ]
        if blank:
            self._write_leftover_keys(block, columns, carried, rows[count:])
        next_column = block.column + len(block.columns)
        last_old = None if carried.table is None else carried.table.last_column
        in_table = len(carried.extra_headers)
        for extra in carried.extras:
            if extra.in_table:
                at, next_column = next_column, next_column + 1
            else:
                assert last_old is not None  # beside a table that was found
                at = block.column + len(block.columns) + in_table - 1 + extra.old_column - last_old
            letters = column_letters(at)
            columns.append(
                [
                    f'<c r="{letters}{row}"{extra.cells[number]}' if number in extra.cells else ""
                    for number, row in zip(numbers, rows, strict=True)
                ]
            )
        for number, parts in zip(numbers, zip(*columns, strict=True), strict=True):
            self._fragments.setdefault(number, []).append((block.column, "".join(parts)))
        # rows that the planner wrote in beyond the frame's are as high as the last of these
        heights = body_heights(block)
        heights += heights[-1:] * (shown - len(heights))
        self.pieces.heights |= {number: height for number, height in zip(numbers, heights, strict=False) if height}
        self.pieces.last_column = max(self.pieces.last_column, block.column + len(columns) - 1)

    def _column(
        self, block: Block, column: Column, at: int, rows: list[str], carried: Carried, shown: int
    ) -> list[str]:
        count = len(block.frame)
        values = block.frame[column.name]
        if shown > count:  # rows for keys that are gone, or the one empty row that a table must have
            values = (
                pd.concat([values.astype(object), pd.Series([None] * (shown - count), dtype=object)], ignore_index=True)
                if count == 0 or len(values) != shown
                else values
            )
        cells = self.cells.column(
            values, name=column.name, role=column.role, number=at, rows=rows, plain=not block.is_table
        )
        kept = carried.kept.get(column.name)
        if kept:
            letters = column_letters(at)
            for number, text in kept.items():
                given = cells[number - block.row - 1].endswith("</c>")
                # what the planner typed, as they formatted it, wins over the frame's copy of it; an empty cell wins over nothing
                if given and (self.canvas.entries_first or not text.endswith("</c>")):
                    continue
                cells[number - block.row - 1] = f'<c r="{letters}{number}"{text}'
        if column.role == "key" and count and block.is_table:
            self.pieces.number_as_text.append(
                f"{column_letters(at)}{block.row + 1}:{column_letters(at)}{block.row + shown}"
            )
        return cells

    def _write_leftover_keys(self, block: Block, columns: list[list[str]], carried: Carried, rows: list[str]) -> None:
        names = [each.name for each in block.columns]
        for at, name in enumerate(naming_columns(block)):
            position = names.index(name)
            values = pd.Series([key[at] for key in carried.leftover_keys], dtype=object)
            role = block.columns[position].role
            columns[position][-len(rows) :] = self.cells.column(
                values, name=name, role=role, number=block.column + position, rows=rows
            )

    def _rules(self, block: Block, area: Area) -> None:
        rules = conditional_formats(
            self.canvas.workbook.dialect, block, area, self.canvas.look, first_priority=len(self.pieces.formats) + 1
        )
        self.pieces.formats += rules.formats
        self.pieces.extensions += rules.extensions
        last = area.last_row if len(block.frame) else area.first_row + _BLANK_ROWS
        for choice in block.choices:
            letters = column_letters(area.column(block, choice.column))
            self.pieces.validations.append(
                validation(self.canvas.workbook.dialect, choice, f"{letters}{area.first_row}:{letters}{last}")
            )

    def _set_widths(self, block: Block, headers: list[str], carried: Carried, table: OldTable | None) -> None:
        old = self.old.widths() if self.old is not None and table is not None else {}
        position = {} if table is None else {name: table.first_column + i for i, name in enumerate(table.headers)}
        for at, column in enumerate(block.columns):
            width, hidden = old.get(position.get(column.name, 0), (column_width(block, column), False))
            number = block.column + at
            style = (
                self.canvas.look.cell(column.role)
                if block.is_table and block.frame.empty and column.role != "input"
                else 0
            )
            if number not in self._widths or self._widths[number].width < width:
                self._widths[number] = ColumnWidth(number, width, hidden, style)
        new = {
            each.old_column: at
            for at, each in enumerate([e for e in carried.extras if e.in_table], block.column + len(block.columns))
        }
        beside = 0 if table is None else block.column + len(headers) - 1 - table.last_column
        for extra in carried.extras:
            if extra.old_column in old:
                number = new.get(extra.old_column, extra.old_column + beside)
                self._widths[number] = ColumnWidth(number, *old[extra.old_column])

    def _table(self, block: Block, area: Area, headers: list[str], carried: Carried, table: OldTable | None) -> None:
        package, workbook = self.canvas.package, self.canvas.workbook
        if table is not None and table.part:
            part, relation_id, name, number = table.part, table.relation_id, table.name, table.number
        else:
            name, number = self.canvas.tables.take(block.name, prefix="InvOpt_" if self.owned else "")
            part = package.free_name(posixpath.join(workbook.folder, "tables/table%d.xml"))
            relation_id = self.relations.add(workbook.dialect.relations + "/table", part)
            package.set_content_type(part, TABLE_TYPE)
        reference = f"{column_letters(area.first_column)}{block.row}:{column_letters(area.last_column)}{area.last_row}"
        formulas = {each.header: each.formula for each in carried.extras if each.formula}
        package.put(
            part,
            table_part(
                workbook.dialect, number=number, name=name, reference=reference, headers=headers, formulas=formulas
            ),
        )
        self.pieces.table_ids.append(relation_id)

    def _match_tables(self) -> None:
        """Find the old table of each block; tables that belong to none, and pivots, are the planner's and stay where they are."""
        self._old_tables: dict[str, OldTable] = {}
        self._foreign: list[Rectangle] = []
        if self.old is None:
            return
        for block in self.spec.blocks:
            found = find_table(self.old, block, table_name(block.name, set())) if block.is_table else None
            if found is not None:
                self._old_tables[block.name] = found
                self._read_little(self.old, block, found)
        mine = {each.part for each in self._old_tables.values()}
        for table in self.old.tables:
            if table.part not in mine:
                self._foreign.append(
                    Rectangle(
                        f"table '{table.name}'",
                        table.first_row,
                        table.last_row + 1,
                        table.first_column,
                        table.last_column,
                    )
                )
                self.pieces.table_ids.append(table.relation_id)
        self._foreign += self.old.pivots()

    def _read_little(self, old: OldSheet, block: Block, table: OldTable) -> None:
        """Read of an old table what the planner may have written; the keys too if there is anything that goes by key."""
        ours = {header for header in table.headers if block.is_own(header)}
        if not block.kept and ours >= set(table.headers) and not self.notes.foreign_rows():
            old.leave_out(table, ours)
            if old.is_empty(table):
                return
        old.leave_out(table, ours - {*naming_columns(block), *block.kept})

    def _refuse_overlap(self, block: Block, area: Area) -> None:
        place = Rectangle("", block.row, area.last_row, area.first_column, area.last_column)
        for each in self._foreign:
            if each.overlaps(place):
                raise WorkbookError(
                    f"Sheet {self.sheet.name}: your {each.what} stands where the refreshed table {block.name} needs to grow. Move it to a sheet of your own, then run again."
                )

    # charts -------------------------------------------------------------------------------------------------------------------------

    def _charts(self) -> None:
        package, workbook, dialect = self.canvas.package, self.canvas.workbook, self.canvas.workbook.dialect
        found = self.relations.of_kind("drawing")
        if not found and not self.spec.charts:
            return
        if found:
            part, relation_id = package.spelled(self.relations.target(found[0])), found[0].get("Id", "")
            root, relations = package.xml(part), package.relations(part)
            for each in take_out_ours(root, dialect):
                self._drop_part(relations, each)
        else:
            part = package.free_name(posixpath.join(workbook.folder, "drawings/drawing%d.xml"))
            relation_id = self.relations.add(dialect.relations + "/drawing", part)
            package.set_content_type(part, DRAWING_TYPE)
            root, relations = new_drawing(dialect), package.relations(part)
        ids = []
        for chart in self.spec.charts:
            chart_name = package.free_name(posixpath.join(workbook.folder, "charts/chart%d.xml"))
            package.put(
                chart_name,
                chart_part(dialect, chart, self._placed[chart.block], self.sheet.name, date1904=workbook.date1904),
            )
            package.set_content_type(chart_name, CHART_TYPE)
            ids.append(relations.add(dialect.relations + "/chart", chart_name))
        add_charts(root, dialect, self.spec.charts, ids)
        package.put(part, serialize(root))
        package.put_relations(relations)
        self.pieces.drawing_id = relation_id

    def _drop_part(self, relations: Relations, relation_id: str) -> None:
        """Remove a part of ours with everything that only it points to (Excel adds style and colour parts to charts)."""
        relation = relations.by_id(relation_id)
        if relation is None:
            return
        part = self.canvas.package.spelled(relations.target(relation))
        below = self.canvas.package.relations(part)
        for each in list(below):
            if each.get("Type", "").rsplit("/", 1)[-1] in ("chartStyle", "chartColorStyle"):
                self._drop_part(below, each.get("Id", ""))
        for name in (part, below.name):
            self.canvas.package.drop(name)
        self.canvas.package.set_content_type(part, None)
        relations.remove(relation)

    # finishing ----------------------------------------------------------------------------------------------------------------------

    def _put(self, row: int, column: int, text: str) -> None:
        self._fragments.setdefault(row, []).append((column, f'<c r="{column_letters(column)}{row}"{text}'))
        self.pieces.last_column = max(self.pieces.last_column, column)

    def _finish(self) -> None:
        package, workbook = self.canvas.package, self.canvas.workbook
        self.pieces.rows = {
            row: parts[0][1] if len(parts) == 1 else "".join(text for _, text in sorted(parts))
            for row, parts in self._fragments.items()
        }
        self.pieces.widths = list(self._widths.values())
        self.pieces.comments_id = self.notes.write()
        old_root = None if self.old is None else self.old.root
        package.put(
            self.sheet.part, compose(workbook.dialect, self.spec, self.pieces, old=old_root, active=self.active)
        )
        if list(self.relations):
            package.put_relations(self.relations)
        if self.owned:
            workbook.mark(mark_name(self.spec.name), self.sheet)
        self._print_names()
        if self.old is not None:
            workbook.recalculate_on_load()
            if self.old.has_formulas:
                workbook.drop_calculation_chain()

    def _print_names(self) -> None:
        """Name the rows and columns that repeat on every printed page, and the rows to print, unless the planner chose them."""
        workbook, position = self.canvas.workbook, self.sheet.position
        sheet = quoted_sheet(self.sheet.name)
        titles = print_titles(self.spec, sheet)
        if titles and not workbook.name_text("_xlnm.Print_Titles", sheet=position):
            workbook.set_name("_xlnm.Print_Titles", titles, sheet=position)
        if self.spec.printed_rows:
            last = max([self.pieces.last_column, *(each.column + each.width - 1 for each in self.spec.charts)])
            whole_width = f"{sheet}!$A$1:${column_letters(last)}$"
            # an area of other columns, or none by now, is the planner's choice
            chosen = workbook.name_text("_xlnm.Print_Area", sheet=position)
            if self.old is None or chosen.rstrip("0123456789") == whole_width:
                workbook.set_name("_xlnm.Print_Area", f"{whole_width}{self.spec.printed_rows}", sheet=position)

    def _notice(self, noticed: Noticed) -> None:
        for name, count in noticed.truncated.items():
            self.canvas.findings.append(
                Finding(
                    "warning",
                    self.spec.name,
                    f"Sheet {self.sheet.name}, column {name}",
                    f"{count} texts are longer than the 32,767 characters that an Excel cell holds; their end was cut off.",
                    "Shorten them.",
                )
            )
        for name, count in noticed.infinite.items():
            self.canvas.findings.append(
                Finding(
                    "warning",
                    self.spec.name,
                    f"Sheet {self.sheet.name}, column {name}",
                    f"{count} infinite numbers were written as text; Excel has no infinity.",
                    "Look at the inputs of these rows.",
                )
            )


def shown_header(block: Block, name: str) -> str:
    """Return a header as it is shown: a table's is its column name, which formulas use; elsewhere it reads as words."""
    return name if block.is_table else name.replace("_", " ")
