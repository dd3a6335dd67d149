"""INV_ formulas of a workbook from Excel, in the form that this office understands.

In an .xlsx file they stand as INV_EOQ(...), or as [1]!INV_EOQ(...) where Excel's add-in gave them. Offices that do not look at add-ins when they
read .xlsx (7.4 is one; later ones take the compatibility names of CalcAddIns.xcu) know neither, and show #NAME? at the next calculation.
"""

import re

from invopt_calc.sheets import formula_cells

# what Calc makes of a link to the add-in's file: [1]! as it stands, or the file's address
_LINK = r"(?:\[\d+\]!|'[^']*InvOptXL\.xla[m]?'[#.!]\$?)"
_TEXT_OR_NAME = r'"(?:[^"]|"")*"|(?<![\w.])(?P<link>' + _LINK + r")?(?P<name>INV_[A-Za-z]+)(?P<open>\s*\()"


def mended(formula, names):
    """Return a formula with the functions of `names` in the form that Calc knows; other names and quoted texts stay as they are.

    >>> mended('=1+[1]!INV_EOQ(A1;8)&"inv_eoq("', {"INV_EOQ"}), mended("=inv_eoq(1)+inv_none(2)", {"INV_EOQ"})
    ('=1+INV_EOQ(A1;8)&"inv_eoq("', '=INV_EOQ(1)+inv_none(2)')
    """

    def put(found):
        name = (found.group("name") or "").upper()
        return name + found.group("open") if name in names else found.group(0)

    return re.sub(_TEXT_OR_NAME, put, formula, flags=re.IGNORECASE)


def mend_document(document, names):
    """Bring all formulas of a document into the form that Calc knows; it does not count as changed by that."""
    was_modified = document.isModified()
    undo = document.getUndoManager()
    undo.lock()
    try:
        done = [_mend_sheet(document.Sheets.getByIndex(number), names) for number in range(document.Sheets.Count)]
    finally:
        undo.unlock()
    if any(done) and not was_modified:
        document.setModified(False)
    return sum(done)


def _mend_sheet(sheet, names):
    if sheet.isProtected():
        return 0
    arrays, count = set(), 0
    # all at once: writing changes what is listed
    for column, row, text in list(formula_cells(sheet)):
        formula = mended(text, names)
        if formula == text:
            continue
        cell = sheet.getCellByPosition(column, row)
        if text[:1] == "{":
            count += _mend_array(sheet, cell, formula[1:-1], arrays)
        else:
            cell.setFormula(formula)
            count += 1
    return count


def _mend_array(sheet, cell, formula, done):
    """Write an array formula once for all of its cells."""
    block = sheet.createCursorByRange(cell)
    block.collapseToCurrentArray()
    address = block.getRangeAddress()
    place = (address.StartColumn, address.StartRow)
    if place in done:
        return 0
    done.add(place)
    sheet.getCellRangeByPosition(*place, address.EndColumn, address.EndRow).setArrayFormula(formula)
    return 1
