"""One call of a worksheet function in any host: name, arguments and workbook in; a value, a text or an array of them out. Never an exception.

Hosts (`functions.py` for xlwings, `function_server.py` for a pipe) pass what cells hold and hand on what comes back; the form of both is that
of `function_registry`. What goes wrong inside is an error value in the cell and a line with the traceback in the log; the state of the plan,
and why there is none, is what INV_STATUS says. Libraries load with the first function that needs them.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from invopt_xl.adapters.cell_values import CellError
from invopt_xl.adapters.function_registry import ERROR_MARK, FUNCTION, MISSING
from invopt_xl.adapters.plan_cache import NotPlannedError

LOG = logging.getLogger("invopt_xl.functions")

#: Where each function is worked out: module and function; True where it is told the workbook.
_HOMES: dict[str, tuple[str, str, bool]] = {
    "INV_REORDER": ("plan_functions", "reorder_cells", True),
    "INV_FORECAST": ("plan_functions", "forecast_cells", True),
    "INV_EXPLAIN": ("plan_functions", "explain_cells", True),
    "INV_EXCEPTIONS": ("plan_functions", "exception_cells", True),
    "INV_SAFETYSTOCK": ("formula_functions", "safety_stock_cells", False),
    "INV_REORDERPOINT": ("formula_functions", "reorder_point_cells", False),
    "INV_EOQ": ("formula_functions", "eoq_cells", False),
    "INV_NEWSVENDOR": ("formula_functions", "newsvendor_cells", False),
    "INV_FILLRATE": ("formula_functions", "fill_rate_cells", False),
    "INV_ABC": ("formula_functions", "abc_cells", False),
    "INV_XYZ": ("formula_functions", "xyz_cells", False),
    "INV_DEMANDCLASS": ("formula_functions", "demand_class_cells", False),
    "INV_LEADTIME": ("plan_functions", "lead_time_cells", True),
    "INV_WHATIF": ("plan_functions", "what_if_cells", True),
    "INV_STATUS": ("plan_cache", "status_text", True),
}
_found: dict[str, tuple[Callable[..., Any], bool, int]] = {}


def call(name: str, arguments: Sequence[object] = (), book: str = "") -> Any:
    """Return what a worksheet function gives.

    Parameters
    ----------
    name : str
        Such as "INV_REORDER".
    arguments : sequence
        What the cells hold, in the order of the registry; left-out ones are `MISSING`, or not there at the end.
    book : str
        Full name of the calling workbook; what the plan is kept by.

    Returns
    -------
    float, str, bool or tuple of tuples of them
        Error values as marked texts.

    >>> round(call("INV_EOQ", [1300.0, 8.0, 1.0, "22.5%"]), 6)
    304.04678
    >>> call("INV_EOQ", [1300.0, 8.0, "abc", 0.2]), call("INV_EOQ", [1300.0])
    ('\\x01#VALUE!', '\\x01#VALUE!')
    """
    try:
        home = _found.get(name) or _find(name)
        if home is None:
            return ERROR_MARK + "#NAME?"
        work, with_book, most = home
        missing = most - len(arguments)
        if missing < 0:
            return ERROR_MARK + "#VALUE!"
        given = (*arguments, *(MISSING,) * missing) if missing else arguments
        return work(book, *given) if with_book else work(*given)
    except (CellError, NotPlannedError) as error:
        return error.text
    except Exception:
        LOG.exception("%s failed", name)
        return ERROR_MARK + "#VALUE!"


def _find(name: str) -> tuple[Callable[..., Any], bool, int] | None:
    home = _HOMES.get(name)
    if home is None:
        return None
    module, function, with_book = home
    work = getattr(importlib.import_module(f"invopt_xl.adapters.{module}"), function)
    _found[name] = work, with_book, len(FUNCTION[name].arguments)
    return _found[name]
