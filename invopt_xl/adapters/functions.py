"""The worksheet functions as xlwings' COM server finds them: one per entry of `function_registry`, the calling workbook's name first.

`CallUDF("invopt_xl.adapters.functions", "INV_REORDER", Array(book, sku, location, field))` is what the add-in's wrappers call. Values pass as
they are (xlwings' "raw" converter): its own conversion costs more than a microsecond per cell, and shows errors as text. Without xlwings, and
where it knows no worksheet functions (Linux, macOS), they are plain Python functions of the same arguments.

>>> INV_NEWSVENDOR("Plan.xlsx", 50.0, 1.0, 0.3, 0.12)
[[56.0]]
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.function_registry import FUNCTION, FUNCTIONS, HOST_MODULE, MISSING, Function

Rows = list[list[Any]]

__all__ = ["call", *FUNCTION]


def _worksheet_function(declared: Function) -> Callable[..., Rows]:
    """Return the function of a declaration, marked for xlwings where that is there."""
    name = declared.name

    def answer(book: str, *arguments: object) -> Rows:
        found = call(name, arguments, book if isinstance(book, str) else "")
        # Rows of cells, as CallUDF takes them. Lists: pywin32 takes a tuple apart, its first item is the result and the others
        # fill arguments that came by reference (PyGatewayBase.cpp, invoke_finish).
        return [list(row) for row in found] if isinstance(found, tuple) else [[found]]

    answer.__name__ = answer.__qualname__ = name
    answer.__module__ = HOST_MODULE
    answer.__doc__ = declared.description
    answer.__annotations__ = {}
    parameters = [
        Parameter(each.name, Parameter.POSITIONAL_OR_KEYWORD, default=MISSING if each.optional else Parameter.empty)
        for each in declared.arguments
    ]
    answer.__signature__ = Signature([Parameter("book", Parameter.POSITIONAL_OR_KEYWORD), *parameters])  # type: ignore[attr-defined]
    return _marked(answer, declared)


def _marked(answer: Callable[..., Rows], declared: Function) -> Callable[..., Rows]:
    try:
        import xlwings
    except ImportError:
        return answer
    marked = xlwings.ret("raw")(xlwings.arg("book", "raw", doc="Full name of the calling workbook.")(answer))
    for each in declared.arguments:
        marked = xlwings.arg(each.name, "raw", doc=each.help)(marked)
    # last: the others reset the category
    done: Callable[..., Rows] = xlwings.func(category=declared.category)(marked)
    return done


for _each in FUNCTIONS:
    globals()[_each.name] = _worksheet_function(_each)
