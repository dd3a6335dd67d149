"""What real cells of a headless Calc show for situations of the shared table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.hosts.calc_cells import ANSWERS, ARGUMENTS, Sheet, by_literal, by_reference, in_planner_book, shown_by_calc
from tests.hosts.calc_office import office, shown
from tests.hosts.planner_book import sheets
from tests.hosts.situations import SITUATIONS

#: Number of the situation, and whether its arguments stand in cells or are typed into the formula.
Key = tuple[int, bool]


def planner_document() -> int:
    """Return the planner's workbook, filled on the screen and never saved."""
    document: int = office().do("open_document")
    for name, rows in sheets().items():
        office().do("add_sheet", document, name)
        office().do("fill", document, name, 0, 0, rows)
    return document


def answers(numbers: Iterable[int]) -> dict[Key, Any]:
    """Return what cells show for some situations."""
    written = Sheet()
    formulas: dict[Key, str] = {}
    for number in numbers:
        situation = SITUATIONS[number]
        formulas[number, True] = by_reference(situation, written)
        literal = by_literal(situation)
        if literal is not None:
            formulas[number, False] = literal
    planner, empty = planner_document(), office().do("open_document")
    for document in (planner, empty):
        _write(document, written)
    found: dict[Key, Any] = {}
    for document, wanted in ((planner, True), (empty, False)):
        mine = {key: text for key, text in formulas.items() if in_planner_book(SITUATIONS[key[0]]) is wanted}
        found |= _asked(document, mine) if mine else {}
    return found


def _write(document: int, written: Sheet) -> None:
    for name in (ARGUMENTS, ANSWERS, *written.whole):
        office().do("add_sheet", document, name)
        # a name of this kind marks a sheet that the plan does not read
        office().do("name_cells", document, f"InvOpt_{name}", name, "$A$1")
    width = max(map(len, written.rows))
    office().do("fill", document, ARGUMENTS, 0, 0, [[*line, *[None] * (width - len(line))] for line in written.rows])
    for name, rows in written.whole.items():
        office().do("fill", document, name, 0, 0, rows)
    for address, text in written.formulas:
        office().do("formula", document, ARGUMENTS, address, text)


def _asked(document: int, formulas: dict[Key, str]) -> dict[Key, Any]:
    """Write all formulas and return what they show: those of a single value below each other, arrays each into as many cells as wanted."""
    single = {key: text for key, text in formulas.items() if not isinstance(shown_by_calc(SITUATIONS[key[0]]), tuple)}
    found: dict[Key, Any] = {}
    cells = office().do("formula_column", document, ANSWERS, 0, 0, list(single.values()))
    found |= {key: shown([[cell]]) for key, cell in zip(single, cells, strict=True)}
    arrays = {key: text for key, text in formulas.items() if key not in single}
    top, asked = 1, []
    for key, text in arrays.items():
        wanted = shown_by_calc(SITUATIONS[key[0]])
        asked.append((f"C{top}:{_column(len(wanted[0]) + 1)}{top + len(wanted) - 1}", "{" + text + "}"))
        top += len(wanted)
    blocks = office().do("ask", document, ANSWERS, asked)
    return found | {key: shown(block) for key, block in zip(arrays, blocks, strict=True)}


def _column(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else "A" + chr(ord("A") + number - 26)
