"""Names that would not work in Excel are found; ours are all right."""

from __future__ import annotations

import pytest

from invopt_xl.adapters.addin.name_lint import function_name_problems, looks_like_a_cell
from invopt_xl.adapters.function_registry import FUNCTIONS


def test_our_functions_have_names_that_work() -> None:
    for each in FUNCTIONS:
        assert function_name_problems(each.name, [argument.name for argument in each.arguments]) == []


@pytest.mark.parametrize(
    "name", ["A1", "EOQ1", "T8", "XFD1048576", "xfd1", "R1C1", "R", "C", "RC", "r12", "c3", "ABC123"]
)
def test_a_cell_is_recognised(name: str) -> None:
    assert looks_like_a_cell(name)


@pytest.mark.parametrize("name", ["XFE1", "A1048577", "A0", "INV_1", "ABCD1", "RX_1", "A", "12", "EOQ", "sku"])
def test_what_is_no_cell_is_left_alone(name: str) -> None:
    assert not looks_like_a_cell(name)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("EOQ", ["demand"], "begin the name with INV_"),
        ("Inv_Eoq", ["demand"], "in capitals"),
        ("INV_LEVEL", ["demand"], "ORMM"),
        ("INV_STOCH_EOQ", ["demand"], "ORMM"),
        ("INV_" + "X" * 61, ["demand"], "64 characters"),
        ("INV_EOQ", ["date"], "word of VBA's own"),
        ("INV_EOQ", ["End"], "word of VBA's own"),
        ("INV_EOQ", ["_demand"], "letter first"),
        ("INV_EOQ", ["q1"], "as a cell"),
        ("INV_EOQ", ["inv_eoq"], "named like the function"),
        ("INV_EOQ", ["demand", "Demand"], "two arguments have one name"),
        ("INV_EOQ", ["d" * 30 + str(number) + "x" for number in range(8)], "the function wizard allows 254"),
    ],
)
def test_a_name_that_excel_or_vba_trips_over_is_found(name: str, arguments: list[str], message: str) -> None:
    problems = function_name_problems(name, arguments)
    assert any(message in problem for problem in problems), problems


def test_254_characters_of_arguments_are_the_most() -> None:
    assert function_name_problems("INV_EOQ", ["d" * 126, "e" * 126]) == []
    assert function_name_problems("INV_EOQ", ["d" * 126, "e" * 127]) != []
