"""Drives a headless office for the tests: runs in the Python that has `uno` (the system's), reads a line of JSON, answers with one.

    /usr/bin/python3 tests/hosts/calc_bridge.py PIPE-NAME

Documents are known by number. A cell comes back as [kind, what it holds], kind one of "number", "text" (also for an empty cell), "error"
(with Calc's number of the error). Nothing of InvOpt XL is used here.
"""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue

_DOCUMENTS = []


def connect(name):
    """Return the context of the office that listens at a pipe, as soon as it does."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + 60
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={name};urp;StarOffice.ComponentContext")
        except uno.getClass("com.sun.star.connection.NoConnectException"):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def desktop():
    return _CONTEXT.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", _CONTEXT)


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def open_document(url="", read_only=False):
    """Open a file, or an empty workbook; return its number. Not hidden: only a window that was shown wakes the office's jobs."""
    found = desktop().loadComponentFromURL(url or "private:factory/scalc", "_blank", 0, (prop("ReadOnly", read_only),))
    if found is None:
        raise RuntimeError(f"the office did not open {url}")
    _DOCUMENTS.append(found)
    return len(_DOCUMENTS) - 1


def close(document):
    _DOCUMENTS[document].close(True)
    _DOCUMENTS[document] = None


def save(document, url="", filter_name=""):
    if url:
        _DOCUMENTS[document].storeAsURL(url, (prop("FilterName", filter_name),))
    else:
        _DOCUMENTS[document].store()


def add_sheet(document, name):
    sheets = _DOCUMENTS[document].Sheets
    sheets.insertNewByName(name, sheets.Count)


def _range(document, sheet, address):
    return _DOCUMENTS[document].Sheets.getByName(sheet).getCellRangeByName(address)


def fill(document, sheet, column, row, rows):
    """Write values from a place on (counted from 0); null leaves a cell empty."""
    target = _DOCUMENTS[document].Sheets.getByName(sheet)
    block = target.getCellRangeByPosition(column, row, column + len(rows[0]) - 1, row + len(rows) - 1)
    block.setDataArray(tuple(tuple("" if cell is None else cell for cell in line) for line in rows))


def formula(document, sheet, address, text):
    _range(document, sheet, address).setFormula(text)


def array(document, sheet, address, text):
    _range(document, sheet, address).setArrayFormula(text)


def formula_column(document, sheet, column, row, texts):
    """Write formulas below each other, all at once, and return what the cells hold."""
    block = (
        _DOCUMENTS[document].Sheets.getByName(sheet).getCellRangeByPosition(column, row, column, row + len(texts) - 1)
    )
    block.setFormulaArray(tuple((text,) for text in texts))
    return [line[0] for line in _cells(block)]


def formulas(document, sheet, address):
    return _range(document, sheet, address).getFormulaArray()


def read(document, sheet, address):
    """Return the cells of a range."""
    return _cells(_range(document, sheet, address))


def _cells(block):
    # one call for all values; an error value is missing there, and is asked for
    return [[_cell(value, block, x, y) for x, value in enumerate(line)] for y, line in enumerate(block.getDataArray())]


def _cell(value, block, x, y):
    if value is None:
        return ["error", block.getCellByPosition(x, y).getError()]
    return ["text" if isinstance(value, str) else "number", value]


def ask(document, sheet, asked):
    """Write formulas and return what their cells hold: pairs of an address and a formula, in braces where it is an array formula."""
    targets = []
    for address, text in asked:
        target = _range(document, sheet, address)
        targets.append(target)
        if text.startswith("{"):
            target.setArrayFormula(text[1:-1])
        else:
            target.setFormula(text)
    return [_cells(target) for target in targets]


def name_cells(document, name, sheet, address):
    """Give a range a name."""
    content = f"${sheet}.{address}"
    _DOCUMENTS[document].NamedRanges.addNewByName(name, content, _range(document, sheet, "A1").getCellAddress(), 0)


def count_days_from(document, year):
    """Let the days of a document count from 1899-12-30 or from 1904-01-01."""
    zero = _DOCUMENTS[document].NullDate
    zero.Year, zero.Month, zero.Day = (1904, 1, 1) if year == 1904 else (1899, 12, 30)
    _DOCUMENTS[document].NullDate = zero


def calculate(document, hard):
    """Recalculate what has changed, or all (Ctrl+Shift+F9)."""
    if hard:
        _DOCUMENTS[document].calculateAll()
    else:
        _DOCUMENTS[document].calculate()


def properties(document):
    found = _DOCUMENTS[document]
    return {"modified": found.isModified(), "url": found.getURL(), "sheets": list(found.Sheets.ElementNames)}


def functions():
    """Return what the function wizard shows of the INV_ functions."""
    listed = _CONTEXT.ServiceManager.createInstanceWithContext("com.sun.star.sheet.FunctionDescriptions", _CONTEXT)
    found = {}
    for number in range(listed.Count):
        about = {each.Name: each.Value for each in listed.getByIndex(number)}
        if about["Name"].startswith("INV_"):
            found[about["Name"]] = [
                about["Description"],
                [[one.Name, one.Description] for one in about["Arguments"] or ()],
            ]
    return found


def quit_office():
    for document in _DOCUMENTS:
        if document is not None:
            document.close(True)
    try:
        desktop().terminate()
    except uno.getClass("com.sun.star.lang.DisposedException"):
        pass  # it went while it answered


_CONTEXT = connect(sys.argv[1])
for _line in sys.stdin:
    _request = json.loads(_line)
    try:
        _reply = {"result": globals()[_request["do"]](*_request["with"])}
    except Exception as problem:  # noqa: BLE001 - told to the test, which fails with it
        _reply = {"error": f"{type(problem).__name__}: {problem}"}
    sys.stdout.write(json.dumps(_reply) + "\n")
    sys.stdout.flush()
# whoever asked is done, or gone
quit_office()
