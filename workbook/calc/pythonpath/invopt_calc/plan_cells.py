"""Which formulas of a workbook ask for the plan, and which depend on those: found in their text, so that none is worked out on the way."""

import bisect
import re

# INV_REORDER( in a cell is ORG.INVOPT.XL.FUNCTIONS.INVREORDER( for the office's interfaces
_ASKS_PLAN = re.compile(r"\bINV_?(REORDER|FORECAST|EXPLAIN|EXCEPTIONS|LEADTIME|WHATIF|STATUS)\s*\(", re.IGNORECASE)
# as Calc writes references: $'My sheet'.$A$1:$B$9, Sheet1.A1, A:C, 3:5
_REFERENCE = re.compile(
    r"(?<![\w.])(?:\$?('(?:[^']|'')+'|\w+)\.)?"
    r"\$?([A-Z]{1,3})?\$?(\d{1,7})?(?::(?:\$?(?:'(?:[^']|'')+'|\w+)\.)?\$?([A-Z]{1,3})?\$?(\d{1,7})?)?(?![\w(.])"
)
_LAST = 1 << 30


def plan_cells(formulas):
    """Return the cells that ask for the plan and all that depend on them, as {sheet: {column: sorted rows}}.

    `formulas` is {sheet: {(column, row): text}}, all counted from 0.

    >>> plan_cells({"A": {(4, 1): "=INV_REORDER(A2)", (5, 1): "=E2*2", (6, 1): "=C2"}, "B B": {(0, 0): "=SUM($A.F1:F9)", (1, 0): "='B B'.A1"}})
    {'A': {4: [1], 5: [1]}, 'B B': {0: [0], 1: [0]}}
    """
    found, waiting = {}, []
    for sheet, cells in formulas.items():
        for (column, row), text in cells.items():
            if _ASKS_PLAN.search(text):
                _add(found, sheet, column, row)
            else:
                waiting.append((sheet, column, row, references(text, sheet)))
    changed = bool(found)
    while changed:
        left = []
        for each in waiting:
            sheet, column, row, areas = each
            if any(_meets(found, area) for area in areas):
                _add(found, sheet, column, row)
            else:
                left.append(each)
        changed, waiting = len(left) < len(waiting), left
    return found


def references(text, sheet):
    """Return what a formula refers to: (sheet, first column, first row, last column, last row).

    >>> references("=SUM($'O''B'.B2:$C$3)+LOG10(A1)+Sheet1.A:A", "S")
    [("O'B", 1, 1, 2, 2), ('S', 0, 0, 0, 0), ('Sheet1', 0, 0, 0, 1073741824)]
    """
    areas = []
    for name, column, row, last_column, last_row in _REFERENCE.findall(text):
        if not (column and row) and not (column and last_column) and not (row and last_row):
            continue
        first_x, first_y = _number(column) if column else 0, int(row) - 1 if row else 0
        single = not last_column and not last_row
        last_x = first_x if single else _number(last_column) if last_column else _LAST
        last_y = first_y if single else int(last_row) - 1 if last_row else _LAST
        named = name[1:-1].replace("''", "'") if name.startswith("'") else name
        areas.append(
            (named or sheet, min(first_x, last_x), min(first_y, last_y), max(first_x, last_x), max(first_y, last_y))
        )
    return areas


def _number(letters):
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _add(found, sheet, column, row):
    bisect.insort(found.setdefault(sheet, {}).setdefault(column, []), row)


def _meets(found, area):
    sheet, left, top, right, bottom = area
    columns = found.get(sheet)
    if not columns:
        return False
    for column, rows in columns.items():
        if left <= column <= right:
            place = bisect.bisect_left(rows, top)
            if place < len(rows) and rows[place] <= bottom:
                return True
    return False
