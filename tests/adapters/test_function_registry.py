"""The declarations of the worksheet functions: what hosts can take, and what design.md fixes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from invopt_xl.adapters.function_registry import (
    CATEGORY_FORMULA,
    CATEGORY_PLAN,
    ERROR_BASE,
    ERROR_MARK,
    ERROR_NUMBERS,
    FUNCTION,
    FUNCTIONS,
    MISSING,
    Function,
)

#: Names and arguments as design.md, section 7, has them.
_DESIGN = """
INV_REORDER([sku],[location],[field])
INV_FORECAST(sku,[location],[periods],[quantile])
INV_EXPLAIN(sku,[location])
INV_EXCEPTIONS([sku],[location])
INV_SAFETYSTOCK(demand,lead_time,[service],[review],[measure])
INV_REORDERPOINT(demand,lead_time,[service],[review],[measure])
INV_EOQ(annual_demand,order_cost,unit_cost,holding_rate,[price_breaks])
INV_NEWSVENDOR(demand,price,cost,[salvage])
INV_FILLRATE(demand,lead_time,stock_level,[review])
INV_ABC(values,[cuts])
INV_XYZ(demand)
INV_DEMANDCLASS(demand)
INV_LEADTIME(supplier_or_sku,[quantile])
INV_WHATIF(sku,location,field,value,[result])
INV_STATUS()
"""
#: Words that VBA keeps for itself and that could be taken for an argument's name.
_VBA_WORDS = frozenset(
    """
    and as boolean byref byte byval call case class const currency date debug decimal declare dim do double each else end
    enum erase error event exit false for friend function get global gosub goto if imp implements in input integer is let
    like local lock long loop lset me mod new next not nothing null object on open option optional or paramarray preserve
    print private property put raiseevent redim rem resume return rset seek select set single static step stop string sub
    then time to true type until variant wend while with write xor name len mid left right line width reset
    """.split()  # noqa: SIM905
)


def test_names_and_arguments_are_those_of_the_design() -> None:
    assert [each.signature.replace(", ", ",") for each in FUNCTIONS] == _DESIGN.split()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_excel_can_take_the_name_and_the_arguments(function: Function) -> None:
    assert re.fullmatch(r"INV_[A-Z]+", function.name)
    names = [each.name for each in function.arguments]
    for name in names:
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert name not in _VBA_WORDS
        assert name.upper() != function.name
    assert len(set(names)) == len(names)
    # the function wizard breaks beyond this: xlwings issue 1489
    assert len(names) + sum(map(len, names)) <= 254
    optional = [each.optional for each in function.arguments]
    assert optional == sorted(optional), "required arguments come first"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_help_is_plain_text_that_fits_the_function_wizard(function: Function) -> None:
    texts = [function.description, *(each.help for each in function.arguments)]
    texts += [f"{each.help} Left out: {each.default}." for each in function.arguments if each.optional]
    for text in texts:
        assert text
        assert len(text) <= 250
        assert text.isascii()
        assert '"' not in text
    assert function.category in (CATEGORY_PLAN, CATEGORY_FORMULA)
    assert all(name in ERROR_NUMBERS for name, _ in function.errors)
    assert all(bool(each.default) == each.optional for each in function.arguments)
    assert all(bool(each.allowed) == (each.kind == "choice") for each in function.arguments)
    assert function.examples
    assert all(formula.startswith(f"={function.name}(") for formula, _ in function.examples)


def test_error_numbers_are_those_that_com_delivers() -> None:
    # as xlwings and pywin32 see them
    assert ERROR_BASE + ERROR_NUMBERS["#N/A"] == -2146826246
    assert ERROR_BASE + ERROR_NUMBERS["#SPILL!"] == -2146826243
    assert ERROR_BASE + ERROR_NUMBERS["#CALC!"] == -2146826238
    assert ERROR_BASE + ERROR_NUMBERS["#GETTING_DATA"] == -2146826245
    assert MISSING == ERROR_MARK == chr(1)


def test_functions_are_found_by_name() -> None:
    assert list(FUNCTION) == [each.name for each in FUNCTIONS]
    assert FUNCTION["INV_REORDER"].required == 0
    assert FUNCTION["INV_EOQ"].required == 4


def test_a_host_reads_the_declarations_without_any_heavy_library() -> None:
    code = (
        "import sys, invopt_xl.adapters.function_registry; "
        "print([m for m in ('numpy', 'pandas', 'scipy', 'xlwings') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
