"""Every write into an open workbook, with what was there before: noted on disk first, so that it can be taken back even after a crash.

A restore point is a file of lines. Each says how to take one write back; they are read from the last to the first. The file of a workbook holds
its last action only. Writing is possible through a `RestorePoint` alone, so nothing is written that could not be taken back.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from invopt_xl.adapters.xlwings_cells import formats_in, read_cells, serial_of, set_formats, write_cells
from invopt_xl.adapters.xlwings_host import counts_from_1904, has_formulas, hide_name, set_series_formula
from invopt_xl.errors import WorkbookError

LOG = logging.getLogger("invopt_xl.ribbon")


class RestorePoint:
    """Writes into a workbook and knows the way back.

    Parameters
    ----------
    book : xlwings Book
    file : Path
        Where the way back is noted; what is there is replaced with the first write.
    """

    def __init__(self, book: Any, file: Path) -> None:
        self.book, self.file = book, file
        self._from_1904 = counts_from_1904(book)
        self._notes: list[dict[str, Any]] = []

    def _note(self, **step: Any) -> None:
        self._notes.append(step)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a" if len(self._notes) > 1 else "w", encoding="utf-8") as file:
            file.write(json.dumps(step, ensure_ascii=False) + "\n")

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets whose cells were written."""
        return list(dict.fromkeys(str(note["sheet"]) for note in self._notes if note["take_back"] == "cells"))

    # writes -------------------------------------------------------------------------------------------------------------------------

    def cells(
        self, sheet: Any, row: int, column: int, cells: Sequence[Sequence[object]], formats: Sequence[str | None]
    ) -> None:
        """Write rows of cells; see `write_cells`."""
        if not cells or not formats:
            return
        last_row, last_column = row + len(cells) - 1, column + len(formats) - 1
        old, formulas = self._old_cells(sheet, row, column, last_row, last_column)
        codes = [
            (at, *stretch) for at in range(column, last_column + 1) for stretch in formats_in(sheet, at, row, last_row)
        ]
        self._note(
            take_back="cells", sheet=sheet.name, row=row, column=column, cells=old, formats=codes, formulas=formulas
        )
        write_cells(sheet, row, column, cells, formats)

    def _old_cells(
        self, sheet: Any, row: int, column: int, last_row: int, last_column: int
    ) -> tuple[list[list[object]], list[tuple[int, int, str]]]:
        values, _ = read_cells(sheet, row, column, last_row, last_column)
        plain = [
            [serial_of(cell, from_1904=self._from_1904) if isinstance(cell, date) else cell for cell in line]
            for line in values
        ]
        place = sheet.range((row, column), (last_row, last_column))
        formulas: list[tuple[int, int, str]] = []
        if has_formulas(place):
            texts = place.formula
            rows = texts if isinstance(texts, (list, tuple)) else ((texts,),)
            for at, line in enumerate(rows):
                for number, text in enumerate(line if isinstance(line, (list, tuple)) else (line,)):
                    if isinstance(text, str) and text.startswith("=") and plain[at][number] != text:
                        formulas.append((row + at, column + number, text))
        return plain, formulas

    def resize(self, sheet: Any, table: Any, last_row: int) -> None:
        """Have a table end at another row."""
        place = table.range
        row, column = place.row, place.column
        last_column = column + place.shape[1] - 1
        self._note(take_back="resize", sheet=sheet.name, table=str(table.name), last_row=row + place.shape[0] - 1)
        table.resize(sheet.range((row, column), (last_row, last_column)))

    def extend_formats(self, sheet: Any, row: int, column: int, last_row: int, last_column: int) -> None:
        """Give the rows below `row`, down to `last_row`, its formats."""
        self._note(
            take_back="formats",
            sheet=sheet.name,
            row=row + 1,
            column=column,
            last_row=last_row,
            last_column=last_column,
        )
        source = sheet.range((row, column), (row, last_column))
        source.autofill(sheet.range((row, column), (last_row, last_column)), "fill_formats")

    def draw_from(self, sheet: Any, chart: Any, number: int, old: str, new: str) -> None:
        """Have a series of a chart drawn from other cells."""
        self._note(take_back="series", sheet=sheet.name, chart=str(chart.name), number=number, formula=old)
        set_series_formula(chart, number, new)

    def add_copy(self, sheet: Any, name: str) -> Any:
        """Add a copy of another workbook's sheet at the end, under a name that is free, and return it."""
        self._note(take_back="sheet", sheet=name)
        sheet.name = name
        copy = sheet.copy(after=self.book.sheets[len(self.book.sheets) - 1])
        if copy.name != name:
            copy.name = name
        return copy

    def define(self, name: str, formula: str) -> None:
        """Define a hidden name for the workbook."""
        old = next((str(each.refers_to) for each in self.book.names if each.name == name), None)
        self._note(take_back="name", name=name, formula=old)
        hide_name(self.book.names.add(name, formula))

    def remember(self, **facts: Any) -> None:
        """Note what must still be so when this is taken back on request; see `facts`."""
        self._note(take_back="nothing", **facts)

    # the way back -------------------------------------------------------------------------------------------------------------------

    def take_back(self) -> None:
        """Undo all writes, the last one first.

        Raises
        ------
        WorkbookError
            Some could not be undone; the file stays, so that Restore can try again.
        """
        _take_back(self.book, self._notes, self.file)


def restore(book: Any, file: Path) -> None:
    """Take back what the restore point in a file notes.

    Raises
    ------
    WorkbookError
        There is none, or some writes could not be undone.
    """
    _take_back(book, read_notes(file), file)


def read_notes(file: Path) -> list[dict[str, Any]]:
    """Return the steps noted in a file, in the order of the writes; a last line that was cut off by a crash was not written after either."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    notes = []
    for at, line in enumerate(lines):
        try:
            notes.append(json.loads(line))
        except ValueError:
            if at != len(lines) - 1:
                raise WorkbookError(
                    f"The notes of what was there before are damaged ({file}, line {at + 1}). Close the workbook without saving instead."
                ) from None
    return notes


def _take_back(book: Any, notes: Sequence[dict[str, Any]], file: Path) -> None:
    failed: list[str] = []
    for note in reversed(notes):
        try:
            _STEPS[note["take_back"]](book, note)
        except Exception as error:
            # the others are undone all the same: every one that is makes the sheets more whole
            LOG.exception("taking back %s failed", {key: note[key] for key in note if key not in ("cells", "formulas")})
            failed.append(f"{note.get('sheet', note.get('name', ''))}: {error}")
    if failed:
        raise WorkbookError(
            f"{len(failed)} of {len(notes)} changes could not be taken back ({failed[0]}). Press Restore to try again, or close the workbook without saving."
        )
    file.unlink(missing_ok=True)


def _cells_back(book: Any, note: dict[str, Any]) -> None:
    sheet = book.sheets[note["sheet"]]
    write_cells(sheet, note["row"], note["column"], note["cells"], [None] * len(note["cells"][0]))
    set_formats(sheet, note["formats"])
    for row, column, formula in note["formulas"]:
        sheet.range((row, column)).formula = formula


def _resize_back(book: Any, note: dict[str, Any]) -> None:
    sheet = book.sheets[note["sheet"]]
    table = sheet.tables[note["table"]]
    place = table.range
    last_column = place.column + place.shape[1] - 1
    table.resize(sheet.range((place.row, place.column), (note["last_row"], last_column)))


def _formats_back(book: Any, note: dict[str, Any]) -> None:
    sheet = book.sheets[note["sheet"]]
    sheet.range((note["row"], note["column"]), (note["last_row"], note["last_column"])).clear_formats()


def _series_back(book: Any, note: dict[str, Any]) -> None:
    set_series_formula(book.sheets[note["sheet"]].charts[note["chart"]], note["number"], note["formula"])


def _sheet_back(book: Any, note: dict[str, Any]) -> None:
    for sheet in list(book.sheets):
        if sheet.name == note["sheet"]:
            sheet.delete()


def _name_back(book: Any, note: dict[str, Any]) -> None:
    if note["formula"] is not None:
        hide_name(book.names.add(note["name"], note["formula"]))
        return
    for each in list(book.names):
        if each.name == note["name"]:
            each.delete()


def _nothing_back(book: Any, note: dict[str, Any]) -> None:
    """Facts are no writes."""


_STEPS = {
    "cells": _cells_back,
    "resize": _resize_back,
    "formats": _formats_back,
    "series": _series_back,
    "sheet": _sheet_back,
    "name": _name_back,
    "nothing": _nothing_back,
}


def file_of(folder: Path, full_name: str) -> Path:
    """Return the file of a workbook's restore point."""
    digest = hashlib.sha256(full_name.casefold().encode()).hexdigest()[:24]
    return folder / f"{digest}.jsonl"
