"""Names that Excel, VBA or another add-in would trip over, found before they reach a planner.

Excel shows no error for most of these: a function named like a cell answers #NAME?, or is silently another one's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PREFIX = "INV_"
# the function wizard breaks beyond (xlwings issue 1489): count of arguments plus the letters of their names
LONGEST_ARGUMENT_LIST = 254
# names up to XFD1048576 in A1 style; R1C1 style reads R, C, R1, C1, R1C1 as cells too
_CELL_A1 = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE)
_CELL_R1C1 = re.compile(r"(?=.)(R[0-9]*)?(C[0-9]*)?", re.IGNORECASE)
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576

# MS-VBAL 3.3.5.2, reserved identifiers, with the names of statements and types that break a declaration
_KEYWORDS = """
abs addressof and any array as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec
cint circle clng clnglng clngptr close const csng cstr currency cvar cverr date debug decimal declare defbool
defbyte defcur defdate defdbl defdec defint deflng deflnglng deflngptr defobj defsng defstr defvar dim do
doevents double each else elseif empty end endif enum eqv erase error event exit false fix for friend function
get global gosub goto if imp implements in input inputb int integer is lbound len lenb let like line linput lock
long longlong longptr loop lset me mod new next not nothing null object on open option optional or paramarray
preserve print private property pset ptrsafe public put raiseevent redim rem reset resume return rset scale seek
select set sgn shared single spc static step stop string sub tab then time to true type typeof ubound unlock
until variant wend while with withevents write xor name mid left right width
"""
VBA_KEYWORDS = frozenset(_KEYWORDS.split())

# Functions of the "Inventory" add-in of Jensen's Operations Research Models and Methods (University of Texas), whose names begin with Inv_,
# too. Excel compares without case; of two functions of one name it takes that of whichever add-in was opened first. Source: its pages
# .../jensen/ORMM/omie/computation/unit/invent_add/functions.html, funct_det.html and funct_stoch.html at me.utexas.edu, which say that all its
# functions begin with INV_ and name these four. They give no whole list in text (pictures show more), and the add-in itself, whose module
# function_mod holds them, could not be had: that it has no other function of one of our names is not known.
TAKEN_BY_ORMM = frozenset({"inv_level", "inv_stoch_eoq", "inv_stoch_optfr", "inv_stochrp"})


def looks_like_a_cell(name: str) -> bool:
    """Return whether Excel would read the name as a cell, a row or a column.

    >>> [looks_like_a_cell(name) for name in ("EOQ1", "T8", "R1C1", "XFE1", "INV_EOQ", "ABCD1")]
    [True, True, True, False, False, False]
    """
    if _CELL_R1C1.fullmatch(name):
        return True
    match = _CELL_A1.fullmatch(name)
    if not match:
        return False
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return column <= _LAST_COLUMN and 1 <= int(match[2]) <= _LAST_ROW


def function_name_problems(name: str, arguments: Sequence[str]) -> list[str]:
    """Return what is wrong with the names of a worksheet function and of its arguments, one sentence each.

    >>> function_name_problems("EOQ1", ["date"])
    ['EOQ1: begin the name with INV_, in capitals.', 'EOQ1: Excel reads this as a cell.', "EOQ1: the argument 'date' is a word of VBA's own."]
    >>> function_name_problems("INV_EOQ", ["annual_demand"])
    []
    """
    problems = []
    if not re.fullmatch(PREFIX + r"[A-Z][A-Z0-9_]*", name):
        problems.append(f"begin the name with {PREFIX}, in capitals.")
    if looks_like_a_cell(name):
        problems.append("Excel reads this as a cell.")
    if name.lower() in TAKEN_BY_ORMM:
        problems.append("the ORMM Inventory add-in has a function of this name.")
    if len(name) > 64:
        problems.append("shorten the name to 64 characters.")
    for argument in arguments:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", argument):
            problems.append(f"the argument {argument!r} may have letters, digits and _ only, a letter first.")
        if argument.lower() in VBA_KEYWORDS:
            problems.append(f"the argument {argument!r} is a word of VBA's own.")
        if looks_like_a_cell(argument):
            problems.append(f"Excel reads the argument {argument!r} as a cell.")
        if argument.lower() == name.lower():
            problems.append(f"the argument {argument!r} is named like the function.")
    if len({argument.lower() for argument in arguments}) < len(arguments):
        problems.append("two arguments have one name (VBA does not tell capitals from small letters).")
    length = len(arguments) + sum(map(len, arguments))
    if length > LONGEST_ARGUMENT_LIST:
        problems.append(
            f"the argument names take {length} characters; the function wizard allows {LONGEST_ARGUMENT_LIST}."
        )
    return [f"{name}: {problem}" for problem in problems]


def module_name_problems(project: str, modules: Iterable[str]) -> list[str]:
    """Return what is wrong with the names of a VBA project's modules, one sentence each.

    >>> module_name_problems("InvOptXL", ["InvOptCells", "invoptxl"])
    ['invoptxl: a module may not be named like the project, InvOptXL.']
    """
    problems = []
    seen: dict[str, str] = {}
    for name in modules:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", name):
            problems.append(f"{name}: a module name has 1 to 31 letters, digits and _, a letter first.")
        if name.lower() in VBA_KEYWORDS:
            problems.append(f"{name}: this is a word of VBA's own.")
        if name.lower() == project.lower():
            problems.append(f"{name}: a module may not be named like the project, {project}.")
        if name.lower() in seen:
            problems.append(f"{name}: clashes with {seen[name.lower()]}.")
        seen[name.lower()] = name
    return problems
