"""A planner's formula moves with its row: references to cells of its own row are rewritten, all others must not change meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from invopt_xl.adapters.xlsx.xml_text import column_letters, column_number

_SKIP = r"""(?P<text>"(?:[^"]|"")*")|(?P<bracket>\[(?:[^\[\]]|\[[^\[\]]*\])*\])"""
_REFERENCE = r"(?P<ca>\$?)(?P<col>[A-Za-z]{1,3})(?P<ra>\$?)(?P<row>[1-9]\d{0,6})(?![\w.(!\[])"
_FOREIGN = r"(?P<foreign>(?:'(?:[^']|'')+'|[\w.]+)!\$?[A-Za-z]{0,3}\$?\d*(?::\$?[A-Za-z]{0,3}\$?\d*)?)"
# what is no reference to a cell of this sheet comes first: texts, [structured parts], other sheets
_OWN = re.compile(rf"{_SKIP}|{_FOREIGN}|(?P<ref>(?<![\w.$!]){_REFERENCE})")
# filling down moves references to other sheets too; only their names are skipped
_ANY = re.compile(rf"{_SKIP}|(?P<sheet>'(?:[^']|'')+'!)|(?P<ref>(?<![\w.$]){_REFERENCE})")


def move_formula(
    formula: str, *, row: Callable[[int], int | None], column: Mapping[int, int], own_sheet: str = ""
) -> str | None:
    """Return the formula with moved references, or None when one of them has no place to move to.

    Parameters
    ----------
    formula : str
        As the cell holds it, without "=".
    row : callable
        New row of an old one, or None.
    column : mapping of int to int
        New column of an old one, both 1-based; columns not listed stay.
    own_sheet : str
        Name of the sheet; a reference that names it is not followed, so the result is None.

    >>> move_formula('J7*2+Rates!B2&"A7"', row=lambda r: 9 if r == 7 else None, column={10: 11})
    'K9*2+Rates!B2&"A7"'
    >>> move_formula("J7+J8", row=lambda r: 9 if r == 7 else None, column={}) is None
    True
    """
    names = (own_sheet + "!", "'" + own_sheet.replace("'", "''") + "'!")
    if own_sheet and any(name.casefold() in formula.casefold() for name in names):
        return None
    stuck = False

    def moved(token: re.Match[str]) -> str:
        nonlocal stuck
        if token.group("ref") is None:
            return token.group()
        new_row = row(int(token.group("row")))
        stuck = stuck or new_row is None
        old_column = column_number(token.group("col"))
        return f"{token.group('ca')}{column_letters(column.get(old_column, old_column))}{token.group('ra')}{new_row}"

    result = _OWN.sub(moved, formula)
    return None if stuck else result


def translate(formula: str, rows: int, columns: int) -> str:
    """Return a formula filled down and to the right by so many cells: relative references follow, absolute ones stay.

    >>> translate("A2*$B$1", 3, 0)
    'A5*$B$1'
    """

    def moved(token: re.Match[str]) -> str:
        if token.group("ref") is None:
            return token.group()
        column = column_number(token.group("col")) + (0 if token.group("ca") else columns)
        row = int(token.group("row")) + (0 if token.group("ra") else rows)
        return f"{token.group('ca')}{column_letters(column)}{token.group('ra')}{row}"

    return _ANY.sub(moved, formula)
