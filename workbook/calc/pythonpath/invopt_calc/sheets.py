"""The sheets of a document as rows of values, read while a formula of it is being worked out.

Cells that ask for the plan, and cells that depend on them, are left out (they come as empty): they cannot be part of what the plan is made from,
and reading one would work it out in the middle of its own calculation. So are InvOpt XL's own sheets.
"""

from invopt_calc.plan_cells import plan_cells

# com.sun.star.sheet.CellFlags
_FORMULA = 16
#: Names of this form mark our own sheets, as in .xlsx files; in a name made in Calc there can be no dot.
_OWN_NAMES = ("invopt.", "invopt_")


def read_sheets(document):
    """Return sheet name -> rows of values: numbers, texts, "" for empty cells; error values as the text that is shown."""
    own = _own_sheets(document)
    used, formulas = {}, {}
    for number in range(document.Sheets.Count):
        sheet = document.Sheets.getByIndex(number)
        used[sheet.Name] = _used(sheet)
        formulas[sheet.Name] = {(column, row): text for column, row, text in formula_cells(sheet)}
    left_out = plan_cells(formulas)
    found = {}
    for name, area in used.items():
        if name in own:
            continue
        rows = _rows(area, left_out.get(name, {}))
        if any(cell != "" for row in rows for cell in row):
            found[name] = rows
    return found


def formula_cells(sheet):
    """Yield (column, row, text) of the formulas of a sheet; none is worked out for that."""
    for each in sheet.queryContentCells(_FORMULA).getRangeAddresses():
        block = sheet.getCellRangeByPosition(each.StartColumn, each.StartRow, each.EndColumn, each.EndRow)
        for down, texts in enumerate(block.getFormulaArray()):
            for across, text in enumerate(texts):
                yield each.StartColumn + across, each.StartRow + down, text


def _used(sheet):
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = cursor.getRangeAddress()
    return sheet.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)


def _own_sheets(document):
    names = document.NamedRanges
    found = set()
    for name in names.ElementNames:
        if name.lower().startswith(_OWN_NAMES):
            cells = names.getByName(name).getReferredCells()
            if cells is not None:
                found.add(cells.getSpreadsheet().Name)
    return found


def _rows(area, left_out):
    """Return the cells of a used area, those to be left out ({column: rows}) as empty."""
    if not left_out:
        return _values(area)
    last = area.getRangeAddress()
    rows = [[""] * (last.EndColumn + 1) for _ in range(last.EndRow + 1)]
    for left, top, right, bottom in blocks(last.EndColumn, last.EndRow, left_out):
        for down, values in enumerate(_values(area.getCellRangeByPosition(left, top, right, bottom))):
            rows[top + down][left : right + 1] = values
    return tuple(map(tuple, rows))


def blocks(last_column, last_row, left_out):
    """Yield what is to be read, as (left, top, right, bottom): neighbouring columns that leave out nothing together, the others in pieces.

    >>> list(blocks(3, 9, {1: [0, 4, 5]}))
    [(0, 0, 0, 9), (1, 1, 1, 3), (1, 6, 1, 9), (2, 0, 3, 9)]
    """
    first = 0
    for column in [*sorted(left_out), last_column + 1]:
        if column > first:
            yield first, 0, column - 1, last_row
        top = 0
        for row in [*left_out.get(column, []), last_row + 1]:
            if column <= last_column and row > top:
                yield column, top, column, row - 1
            top = row + 1
        first = column + 1


def _values(block):
    rows = block.getDataArray()
    if not any(None in row for row in rows):
        return rows
    return tuple(
        tuple(
            block.getCellByPosition(across, down).getString() if cell is None else cell
            for across, cell in enumerate(row)
        )
        for down, row in enumerate(rows)
    )
