"""Situations of the shared table as cells and formulas of Calc, and what Calc shows differently from Python: all of it, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from invopt_xl.adapters.function_registry import ERROR_MARK, ERROR_NUMBERS, FUNCTION
from tests.hosts.calc_office import ERRORS
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import LEFT_OUT, Situation, error

ARGUMENTS, ANSWERS = "Arguments", "Answers"
#: A situation with so many rows or columns means a range that was selected by its headers.
_WHOLE_ROWS, _WHOLE_COLUMNS = 65536, 16384

#: Formulas that give Calc's error values. Calc knows no others: a workbook from Excel holds them as text.
_ERROR_FORMULAS = {
    "#DIV/0!": "=1/0",
    "#VALUE!": '="x"+1',
    "#REF!": "=#REF!",
    "#NAME?": "=nosuchname",
    "#NUM!": "=1E308*10",
    "#N/A": "=NA()",
}
#: The error value that stands for one that Calc does not know.
_STANDS_FOR = {"#GETTING_DATA": "#N/A"}

#: An argument that Calc cannot read (Err:504), in particular a range with an error value in it.
BAD_PARAMETER = ERROR_MARK + "Err:504"


@dataclass
class Sheet:
    """Cells to be written: values in a sheet by row, formulas by place, whole-range sheets by name."""

    rows: list[list[Any]] = field(default_factory=list)
    formulas: list[tuple[str, str]] = field(default_factory=list)
    whole: dict[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)

    def place(self, value: Any) -> str:
        """Write an argument below what is there and return the reference to it."""
        cells = value if isinstance(value, tuple) else ((value,),)
        if _is_whole(value):
            return self._place_whole(cells)
        top = len(self.rows) + 1
        for line in cells:
            number = len(self.rows) + 1
            self.rows.append([_content(cell) for cell in line])
            self.formulas += [
                (f"{_letter(place)}{number}", formula) for place, cell in enumerate(line) if (formula := _formula(cell))
            ]
        last = f"{_letter(len(cells[0]) - 1)}{len(self.rows)}"
        # an empty cell alone arrives as 0; as a range of one cell it is empty, as everywhere
        as_range = isinstance(value, tuple) or value is None
        return f"${ARGUMENTS}.A{top}:{last}" if as_range else f"${ARGUMENTS}.A{top}"

    def _place_whole(self, cells: tuple[tuple[Any, ...], ...]) -> str:
        name = f"Whole{len(self.whole) + 1}"
        by_column = len(cells) >= _WHOLE_ROWS
        used = cells[:100] if by_column else tuple(line[:100] for line in cells)
        self.whole[name] = used
        return f"${name}.A:{_letter(len(used[0]) - 1)}" if by_column else f"${name}.1:{len(used)}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, tuple) and (len(value) >= _WHOLE_ROWS or len(value[0]) >= _WHOLE_COLUMNS)


def has_whole_range(situation: Situation) -> bool:
    """Return whether an argument of a situation was selected by its headers."""
    return any(map(_is_whole, situation.arguments))


def _letter(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else _letter(column // 26 - 1) + _letter(column % 26)


def _content(cell: Any) -> Any:
    """Return what a cell holds: Calc has no true and false, and an error value is written as a formula."""
    if isinstance(cell, str):
        name = cell.removeprefix(ERROR_MARK)
        return name if name in ERROR_NUMBERS else cell
    if isinstance(cell, datetime):
        return float((cell - datetime(1899, 12, 30)).days)
    return None if cell is None else float(cell)


def _formula(cell: Any) -> str:
    """Return the formula that gives what no value can: an error value, or a text without characters."""
    return '=""' if cell == "" else _ERROR_FORMULAS.get(calc_error(cell), "")


def calc_error(cell: Any) -> str:
    """Return the name of an error value that Calc has, too, or ""."""
    name = cell.removeprefix(ERROR_MARK) if isinstance(cell, str) else ""
    return name if name != cell and name in _ERROR_FORMULAS else ""


def by_reference(situation: Situation, sheet: Sheet) -> str:
    """Return the formula of a situation whose arguments stand in cells."""
    told = ["" if each == LEFT_OUT else sheet.place(each) for each in situation.arguments]
    return f"={situation.function}({';'.join(told)})"


def by_literal(situation: Situation) -> str | None:
    """Return the formula of a situation whose arguments are typed into it; None where that cannot be done, as with an empty cell."""
    faults = sum(bool(calc_error(each)) for each in situation.arguments) + _too_many(situation)
    if faults > 1:
        return None  # Calc tells the one or the other
    told = [_literal(each) for each in situation.arguments]
    return None if None in told else f"={situation.function}({';'.join(map(str, told))})"


def _literal(value: Any) -> str | None:
    if value == LEFT_OUT:
        return ""
    if isinstance(value, tuple):
        cells = [cell for line in value for cell in line]
        # an array typed into a formula holds numbers and texts only
        if len(cells) > 100 or any(cell is None or isinstance(cell, bool) or calc_error(cell) for cell in cells):
            return None
        return "{" + "|".join(";".join(str(_literal(cell)) for cell in line) for line in value) + "}"
    if value is None:
        return None
    if calc_error(value):
        return _ERROR_FORMULAS[calc_error(value)][1:]
    if isinstance(value, bool):
        return "TRUE()" if value else "FALSE()"
    content = _content(value)
    return '"' + content.replace('"', '""') + '"' if isinstance(content, str) else repr(content)


def shown_by_calc(situation: Situation) -> Any:
    """Return what Calc shows for a situation: what Python answers, but for these differences.

    - More arguments than the function takes: Calc refuses the formula (Err:504), Excel too, by a message.
    - An error value given to a function: Calc does not call it and shows that value; of several, the last.
    - A range with an error value in it: Calc does not call the function and shows Err:504.
    - #SPILL!, #CALC! and others that Calc does not know: #VALUE! instead.
    """
    if _too_many(situation):
        return BAD_PARAMETER
    errors = [calc_error(each) for each in situation.arguments if not isinstance(each, tuple) and calc_error(each)]
    in_range = any(
        calc_error(cell) for each in situation.arguments if isinstance(each, tuple) for line in each for cell in line
    )
    if in_range:
        return BAD_PARAMETER
    if errors:
        return error(errors[-1])
    return _known(situation.wanted)


def _too_many(situation: Situation) -> bool:
    return len(situation.arguments) > len(FUNCTION[situation.function].arguments)


def _known(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(tuple(map(_known, line)) for line in value)
    name = value[1:] if isinstance(value, str) and value[:1] == ERROR_MARK else ""
    if not name or name in ERRORS.values():
        return float(value) if isinstance(value, (bool, int)) else value
    return error(_STANDS_FOR.get(name, "#VALUE!"))


def in_planner_book(situation: Situation) -> bool:
    """Return whether a situation asks from the planner's workbook; the others ask from one that was never saved and holds nothing."""
    return situation.book == BOOK
