"""The sheets of a document as rows of values, read while a formula of it is being worked out.

Cells that ask for the plan, and cells that depend on them, are left out (they come as empty): they cannot be part of what the plan is made from,
and reading one would work it out in the middle of its own calculation. So are InvOpt XL's own sheets.
"""

import re

# com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
_CONTENT, _FORMULA = 1 | 2 | 4 | 16, 16
_ASKS_PLAN = re.compile(r"\bINV_(REORDER|FORECAST|EXPLAIN|EXCEPTIONS|LEADTIME|WHATIF|STATUS)\s*\(", re.IGNORECASE)
#: Names of this form mark our own sheets, as in .xlsx files.
_OWN_NAME = "invopt."


def read_sheets(document):
    """Return sheet name -> rows of values: numbers, texts, "" for empty cells; error values as the text that is shown."""
    own = _own_sheets(document)
    left_out = _plan_cells(document)
    found = {}
    for number in range(document.Sheets.Count):
        sheet = document.Sheets.getByIndex(number)
        addresses = sheet.queryContentCells(_CONTENT).getRangeAddresses()
        if number in own or not addresses:
            continue
        last_row = max(each.EndRow for each in addresses)
        last_column = max(each.EndColumn for each in addresses)
        rows = _rows(sheet, last_row, last_column, [each for each in left_out if each.Sheet == number])
        if any(cell != "" for row in rows for cell in row):
            found[sheet.Name] = rows
    return found


def _own_sheets(document):
    names = document.NamedRanges
    found = set()
    for name in names.ElementNames:
        if name.lower().startswith(_OWN_NAME):
            cells = names.getByName(name).getReferredCells()
            if cells is not None:
                found.add(cells.getRangeAddress().Sheet)
    return found


def _plan_cells(document):
    """Return the addresses of cells that ask for the plan, and of all that depend on them."""
    asking = []
    for number in range(document.Sheets.Count):
        sheet = document.Sheets.getByIndex(number)
        for each in sheet.queryContentCells(_FORMULA).getRangeAddresses():
            block = sheet.getCellRangeByPosition(each.StartColumn, each.StartRow, each.EndColumn, each.EndRow)
            for down, texts in enumerate(block.getFormulaArray()):
                for across, text in enumerate(texts):
                    if _ASKS_PLAN.search(text):
                        cell = block.getCellByPosition(across, down)
                        asking.append(cell.getCellAddress())
    if not asking:
        return []
    ranges = document.createInstance("com.sun.star.sheet.SheetCellRanges")
    for each in asking:
        sheet = document.Sheets.getByIndex(each.Sheet)
        ranges.addRangeAddress(sheet.getCellByPosition(each.Column, each.Row).getRangeAddress(), True)
    return list(ranges.getRangeAddresses()) + list(ranges.queryDependents(True).getRangeAddresses())


def _rows(sheet, last_row, last_column, left_out):
    """Return the cells from A1 to a last one, those to be left out as empty."""
    if not left_out:
        return _values(sheet, 0, 0, last_column, last_row)
    rows = [[""] * (last_column + 1) for _ in range(last_row + 1)]
    for first, last, spans in _blocks(last_row, last_column, left_out):
        for top, bottom in spans:
            for down, values in enumerate(_values(sheet, first, top, last, bottom)):
                rows[top + down][first : last + 1] = values
    return tuple(map(tuple, rows))


def _blocks(last_row, last_column, left_out):
    """Yield (first column, last column, spans of rows) of what is to be read: neighbouring columns that leave out the same cells together."""
    edges = {0, last_column + 1}
    for each in left_out:
        edges |= {min(each.StartColumn, last_column + 1), min(each.EndColumn + 1, last_column + 1)}
    columns = sorted(edges)
    for first, after in zip(columns, columns[1:]):  # noqa: B905 - the office's Python may be older than strict=
        out = sorted(
            (each.StartRow, each.EndRow) for each in left_out if each.StartColumn <= first <= each.EndColumn
        )
        spans, top = [], 0
        for start, end in out:
            if start > top:
                spans.append((top, min(start - 1, last_row)))
            top = max(top, end + 1)
        if top <= last_row:
            spans.append((top, last_row))
        yield first, after - 1, [span for span in spans if span[0] <= span[1]]


def _values(sheet, left, top, right, bottom):
    block = sheet.getCellRangeByPosition(left, top, right, bottom)
    rows = block.getDataArray()
    if not any(None in row for row in rows):
        return rows
    return tuple(
        tuple(
            block.getCellByPosition(across, down).getString() if cell is None else cell for across, cell in enumerate(row)
        )
        for down, row in enumerate(rows)
    )
