"""INV_ formulas under the names that LibreOffice 7.4 gives them in .xlsx files -> under the names that Excel knows.

That office writes every function of an extension by its programmatic name, `ORG.INVOPT.XL.FUNCTIONS.INVEOQ(...)`, which it reads again but
Excel shows as #NAME?. (Its current source writes the name that an extension declares for Excel.) Both programs read INV_EOQ(...).
"""

from __future__ import annotations

import re

from invopt_xl.adapters.calc_addin.description import SERVICE, method_name
from invopt_xl.adapters.function_registry import FUNCTIONS
from invopt_xl.adapters.package import Package

_APPLICATION = "docProps/app.xml"
_NAMES = {f"{SERVICE}.{method_name(each)}".upper().encode(): each.name.encode() for each in FUNCTIONS}
#: A formula in a sheet or a name: of a cell, a rule, a validation.
_FORMULA = re.compile(rb"<(?:\w+:)?(f|formula|formula1|formula2|definedName)\b[^>]*>([^<]+)<")
#: A quoted text is left alone.
_TEXT_OR_NAME = re.compile(
    rb'"[^"]*"|&quot;.*?&quot;|(?<![\w.])' + re.escape(SERVICE.upper().encode()) + rb"\.INV[A-Z]+(?=\s*\()"
)


def give_excel_names(package: Package) -> int:
    """Mend the formulas of a workbook that LibreOffice has saved; return how many parts of the file were changed."""
    if not package.has(_APPLICATION) or b"<Application>LibreOffice" not in package.get(_APPLICATION):
        return 0
    mended = 0
    for name in package.names():
        if not name.lower().endswith(".xml") or not name.lower().startswith(("xl/worksheets/", "xl/workbook.")):
            continue
        before = package.get(name)
        after = with_excel_names(before) if SERVICE.upper().encode() in before else before
        if after != before:
            package.put(name, after)
            mended += 1
    return mended


def with_excel_names(part: bytes) -> bytes:
    """Return a part of a workbook with its formulas mended.

    >>> with_excel_names(b'<f aca="false">1+ORG.INVOPT.XL.FUNCTIONS.INVEOQ(A1,8)</f><v>ORG.INVOPT.XL.FUNCTIONS.INVEOQ(</v>')
    b'<f aca="false">1+INV_EOQ(A1,8)</f><v>ORG.INVOPT.XL.FUNCTIONS.INVEOQ(</v>'
    """

    def mended(formula: re.Match[bytes]) -> bytes:
        start, end = formula.start(2) - formula.start(), formula.end(2) - formula.start()
        whole = formula.group()
        found = _TEXT_OR_NAME.sub(lambda one: _NAMES.get(one.group(), one.group()), formula.group(2))
        return whole[:start] + found + whole[end:]

    return _FORMULA.sub(mended, part)
