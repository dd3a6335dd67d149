"""Values of cells on their way between Calc and the worker process."""

from __future__ import annotations

import ast
import doctest
import math
import struct
from types import ModuleType

import pytest

import tests.adapters.calc_addin.calc_sources  # noqa: F401 - makes invopt_calc known

# isort: split
from invopt_calc import links, sheets
from invopt_calc import plan_cells as plan_cells_module
from invopt_calc.cells import error, inward, outward
from invopt_calc.links import mended
from invopt_calc.plan_cells import plan_cells, references
from invopt_calc.sheets import blocks

from invopt_xl.adapters.function_registry import ERROR_MARK, ERROR_NUMBERS, FUNCTION, MISSING
from tests.adapters.calc_addin.calc_sources import FOLDER


def _last_bits(number: float) -> int:
    assert math.isnan(number)
    bits: int = struct.unpack("<Q", struct.pack("<d", number))[0]
    return bits & 0xFFFFFFFF


def test_error_values_are_the_numbers_that_calc_keeps_them_as() -> None:
    # formula/errorcodes.hxx of LibreOffice
    known = {"#N/A": 0x7FFF, "#VALUE!": 519, "#NUM!": 503, "#DIV/0!": 532, "#REF!": 524, "#NAME?": 525, "#NULL!": 521}
    for name, number in known.items():
        assert _last_bits(error(name)) == number
    assert all(_last_bits(error(name)) for name in ERROR_NUMBERS)


def test_what_was_left_out_and_what_is_empty_are_told_apart() -> None:
    assert inward(None) == MISSING
    assert inward((("",),)) is None
    assert inward("") == ""
    assert inward((("", 1.0),)) == (("", 1.0),)


def test_of_a_whole_column_only_the_used_part_is_sent() -> None:
    column = ((1.0,), ("",), (2.0,), *((("",),) * 65533))
    assert inward(column) == column[:3]
    assert inward((("",),) * 65536) == (("",),)
    short = (*column[:3], ("",))
    assert inward(short) == short, "a range that was selected cell by cell is as it is"


def test_answers_are_rows() -> None:
    assert outward(5) == ((5.0,),)
    assert outward([["a", True], ["", 2.5]]) == (("a", True), ("", 2.5))
    assert _last_bits(outward([[ERROR_MARK + "#N/A"]])[0][0]) == 0x7FFF


def test_references_of_formulas_are_found() -> None:
    assert references("=A1+$B$2", "S") == [("S", 0, 0, 0, 0), ("S", 1, 1, 1, 1)]
    assert references("=SUM($'My ''own'' sheet'.A1:B3)", "S") == [("My 'own' sheet", 0, 0, 1, 2)]
    assert references("=SUM(Other.B:C)", "S") == [("Other", 1, 0, 2, 1 << 30)]
    assert references("=SUM(2:3)", "S") == [("S", 0, 1, 1 << 30, 2)]
    assert references("=LOG10(5)+ATAN2(1;2)+name1", "S") == []


def test_what_depends_on_the_plan_is_found_over_sheets_and_steps() -> None:
    formulas = {
        "Stock": {(4, 1): "=ORG.INVOPT.XL.FUNCTIONS.INVREORDER(A2)", (5, 1): "=E2*2", (6, 1): "=C2*2"},
        "Sums": {(0, 0): "=SUM($Stock.F1:F9)", (0, 1): "=SUM($Stock.G1:G9)"},
        "Own": {
            (0, 0): "{=INV_EXCEPTIONS()}",
            (1, 0): "=ORG.INVOPT.XL.FUNCTIONS.INVABC(A1:A3)",
            (2, 0): "=INV_ABC(D1:D3)",
        },
    }
    assert plan_cells(formulas) == {"Stock": {4: [1], 5: [1]}, "Sums": {0: [0]}, "Own": {0: [0], 1: [0]}}
    assert plan_cells({"S": {(0, 0): "=INV_EOQ(1;2;3;4)"}}) == {}


def test_what_is_read_and_what_is_left_out_make_the_whole() -> None:
    left_out = {0: [0, 2], 3: [1], 4: [0, 1, 2, 3]}
    seen = {}
    for left, top, right, bottom in blocks(5, 3, left_out):
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                seen[column, row] = seen.get((column, row), 0) + 1
    every = {(column, row) for column in range(6) for row in range(4)}
    assert set(seen.values()) == {1}
    assert every - set(seen) == {(column, row) for column, rows in left_out.items() for row in rows}


def test_formulas_from_excel_take_calc_s_form() -> None:
    names = set(FUNCTION)
    assert mended("=inv_eoq(1;[1]!INV_EOQ(2))", names) == "=INV_EOQ(1;INV_EOQ(2))"
    assert mended("='file:///C:/Users/p/InvOptXL.xlam'#INV_STATUS()", names) == "=INV_STATUS()"
    for untouched in ('="inv_eoq(1)"', "=inv_none(1)", "=my_inv_eoq(1)", "=X.INV_EOQ(1)", "=inv_eoq", "=1+2"):
        assert mended(untouched, names) == untouched


@pytest.mark.parametrize("module", [links, plan_cells_module, sheets], ids=lambda module: module.__name__)
def test_examples_in_the_sources_hold(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


def test_the_extension_needs_no_later_python_than_an_office_may_have() -> None:
    # LibreOffice 7.0 for Windows brings Python 3.7, 7.1 and later 3.8 and more
    for path in FOLDER.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
