"""Values of cells as Calc passes them <-> as the worker process takes them. The form is that of `function_registry`."""

import struct

ERROR_MARK = "\x01"
MISSING = ERROR_MARK

#: Calc keeps an error value as a number that is none, whose last bits tell which (formula/errorcodes.hxx).
_ERROR_CODES = {
    "#NULL!": 521,
    "#DIV/0!": 532,
    "#VALUE!": 519,
    "#REF!": 524,
    "#NAME?": 525,
    "#NUM!": 503,
    "#N/A": 32767,
    "#GETTING_DATA": 32767,
}
_OTHER_ERROR = 519
_ONE_EMPTY_CELL = (("",),)
_QUIET_NAN = 0x7FF80000 << 32

#: A range with so many rows was selected by its column headers: only its used part is sent.
_WHOLE_COLUMN_ROWS = 65536


def error(name):
    """Return an error value as Calc takes it as a number."""
    return struct.unpack("<d", struct.pack("<Q", _QUIET_NAN | _ERROR_CODES.get(name, _OTHER_ERROR)))[0]


def inward(argument):
    """Return an argument for the worker: nothing (None) is one that was left out, a range of one empty cell is nothing there."""
    if argument is None:
        return MISSING
    if argument == _ONE_EMPTY_CELL:
        return None
    if isinstance(argument, tuple) and len(argument) >= _WHOLE_COLUMN_ROWS:
        return _used(argument)
    return argument


def _used(rows):
    """Return the rows up to the last one with anything in it; at least one."""
    last, empty = len(rows), ("",) * len(rows[0])
    while last > 1 and rows[last - 1] == empty:
        last -= 1
    return rows[:last]


def outward(answer):
    """Return an answer of the worker as rows of what Calc takes."""
    if isinstance(answer, list):
        return tuple(tuple(map(_cell, row)) for row in answer)
    return ((_cell(answer),),)


def _cell(value):
    if isinstance(value, str) and value[:1] == ERROR_MARK:
        return error(value[1:])
    return value if isinstance(value, (str, bool)) else float(value)
