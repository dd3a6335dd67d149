"""From a formula to its cell: our VBA in an interpreter, pywin32's rules played, xlwings' real call path, our real functions.

Every situation of `tests/hosts/situations.py` goes the way that it goes in Excel. Only Windows is missing: how COM carries a
value, and Excel itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from invopt_xl.adapters.function_registry import ERROR_BASE, ERROR_MARK, ERROR_NUMBERS, FUNCTION
from invopt_xl.adapters.plan_cache import PLANS
from tests.adapters.addin.readers import python_reader
from tests.adapters.addin.vba_machine import Machine
from tests.hosts import planner_book
from tests.hosts.fake_excel import FakeExcel, fake_excel
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import LEFT_OUT, SITUATIONS, Situation, differences

pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")

_NAMES = {number: ERROR_MARK + name for name, number in ERROR_NUMBERS.items()}
_DAY_ZERO = datetime(1899, 12, 30)


class _Bridge:
    """The COM server as VBA sees it, and a hand that gives VBA its arguments and takes its results."""

    def __init__(self, excel: FakeExcel) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            objects = python_reader("pyopenvba.interpreter._objects", package="pyopenvba")
            self._values = python_reader("pyopenvba.interpreter._values", package="pyopenvba")
        self._excel = excel
        self.arguments: tuple[Any, ...] = ()
        self.book = ""
        self.taken: Any = None
        bridge = self

        class Server(objects.VBAObject):  # type: ignore[misc,name-defined]
            vba_type_name = "Server"

            @objects.method
            def CallUDF(self, module: Any, name: Any, arguments: Any) -> Any:
                assert str(module) == "invopt_xl.adapters.functions"
                sent = (bridge.book, *bridge.to_com(arguments)[1:])
                found = bridge._excel.raw(str(name), sent)
                return bridge.from_com(_as_pywin32_returns(found))

            @objects.method
            def Given(self, position: Any) -> Any:
                return bridge.from_python(
                    bridge.arguments[int(position.value if hasattr(position, "value") else position)]
                )

            @objects.method
            def Take(self, result: Any) -> Any:
                bridge.taken = bridge.to_python(result)
                return 0

        self.server = Server()

    def to_com(self, value: Any) -> Any:
        """Return what pywin32 makes of a value of VBA."""
        kinds = self._values
        if isinstance(value, kinds.VBAArray):
            return _rows(value, self.to_com)
        if isinstance(value, kinds.VBAErrorValue):
            return ERROR_BASE + value.number
        if value is kinds.EMPTY:
            return None
        assert value is not kinds.MISSING, "a left-out argument travels as the text MISSING"
        return _plain(value)

    def from_com(self, value: Any) -> Any:
        """Return what VBA makes of a value that pywin32 sent: a list or tuple is an array that begins with 0."""
        kinds = self._values
        if isinstance(value, (list, tuple)):
            if value and isinstance(value[0], (list, tuple)):
                bounds = [(0, len(value) - 1), (0, len(value[0]) - 1)]
                items = [self.from_com(line[at]) for at in range(len(value[0])) for line in value]
                return kinds.VBAArray(bounds, items=items)
            return kinds.VBAArray([(0, len(value) - 1)], items=[self.from_com(each) for each in value])
        assert isinstance(value, (str, float, bool)), f"{value!r} is nothing that a cell takes"
        return value

    def from_python(self, value: Any) -> Any:
        """Return what Range.Value2 gives for the cells of a situation: arrays begin with 1, dates are serial numbers."""
        kinds = self._values
        if isinstance(value, tuple):
            bounds = [(1, len(value)), (1, len(value[0]))]
            items = [self.from_python(line[at]) for at in range(len(value[0])) for line in value]
            return kinds.VBAArray(bounds, items=items)
        if value is None:
            return kinds.EMPTY
        if isinstance(value, str) and value[:1] == ERROR_MARK:
            return kinds.VBAErrorValue(ERROR_NUMBERS[value[1:]])
        if isinstance(value, datetime):
            return (value - _DAY_ZERO).total_seconds() / 86400
        return float(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        """Return what the cells of a formula show, in the form of the situations."""
        kinds = self._values
        if isinstance(value, kinds.VBAArray):
            return _rows(value, self.to_python) if value.dimensions == 2 else (tuple(map(self.to_python, value.items)),)
        if isinstance(value, kinds.VBAErrorValue):
            return _NAMES[value.number]
        assert value is not kinds.EMPTY, "an empty result shows as 0 in a cell"
        return _plain(value)


def _rows(array: Any, turn: Any) -> Any:
    if array.dimensions == 1:
        return tuple(map(turn, array.items))
    (top, bottom), (left, right) = array.bounds
    return tuple(tuple(turn(array.get([i, j])) for j in range(left, right + 1)) for i in range(top, bottom + 1))


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bool, float)):
        return value
    return float(value.value if hasattr(value, "value") else value)


def _as_pywin32_returns(result: Any) -> Any:
    """Return what reaches VBA: pywin32 takes a tuple apart, its first item is the result (PyGatewayBase.cpp, invoke_finish)."""
    return result[0] if isinstance(result, tuple) else result


@pytest.fixture(scope="module")
def bridge() -> Iterator[_Bridge]:
    PLANS.keep(BOOK, planner_book.plan(), tables=planner_book.tables())
    with fake_excel() as excel:
        yield _Bridge(excel)
    PLANS.forget(BOOK)


@pytest.fixture(scope="module")
def machine(bridge: _Bridge) -> Machine:
    loaded = Machine("InvOptCells", "InvOptLists", "InvOptFunctions", stand_ins=("bridge",))
    loaded.plays(bridge.server)
    return loaded


def _possible(situation: Situation) -> bool:
    """Excel itself refuses a formula with too many or too few arguments."""
    declared = FUNCTION[situation.function]
    given = len(situation.arguments)
    return (
        declared.required <= given <= len(declared.arguments)
        and LEFT_OUT not in situation.arguments[: declared.required]
    )


_POSSIBLE = [each for each in SITUATIONS if _possible(each)]


@pytest.mark.parametrize("situation", _POSSIBLE, ids=lambda each: each.label)
def test_a_formula_shows_what_the_situation_says(bridge: _Bridge, machine: Machine, situation: Situation) -> None:
    bridge.arguments, bridge.book, bridge.taken = situation.arguments, situation.book, None
    given = ", ".join("" if each == LEFT_OUT else f"Python.Given({at})" for at, each in enumerate(situation.arguments))
    machine.run(f"Python.Take {situation.function}({given})")
    assert differences(bridge.taken, situation.wanted) == []
