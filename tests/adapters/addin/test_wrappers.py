"""The VBA made from the list of worksheet functions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from invopt_xl.adapters.addin.vba_project import module
from invopt_xl.adapters.addin.wrappers import functions_module, lists_module
from invopt_xl.adapters.function_registry import ERROR_NUMBERS, FUNCTION, FUNCTIONS, HOST_MODULE, Argument, Function
from invopt_xl.errors import ComputeError

_EOQ = FUNCTION["INV_EOQ"]


def test_there_is_one_public_function_per_entry_and_nothing_else() -> None:
    text = functions_module(FUNCTIONS)
    assert re.findall(r"^Public Function (\w+)\(", text, re.MULTILINE) == [each.name for each in FUNCTIONS]
    assert not re.findall(r"^(?:Public )?Sub ", text, re.MULTILINE)
    assert "Option Private Module" not in text


def test_arguments_keep_their_names_and_may_be_left_out_where_the_list_says_so() -> None:
    text = functions_module([_EOQ])
    assert (
        "Public Function INV_EOQ(ByRef annual_demand As Variant, ByRef order_cost As Variant, ByRef unit_cost As Variant, "
        "ByRef holding_rate As Variant, Optional ByRef price_breaks As Variant) As Variant\n"
    ) in text
    assert text.count("IsMissing(") == 1


def test_every_function_has_an_error_handler() -> None:
    text = functions_module(FUNCTIONS)
    assert text.count("On Error GoTo failed") == text.count("InvOptCells.Failed(") == len(FUNCTIONS)


def test_no_function_is_volatile() -> None:
    assert "Volatile" not in functions_module(FUNCTIONS)


def test_quotes_and_line_breaks_in_help_are_written_as_vba_takes_them() -> None:
    spoken = replace(_EOQ, description='Order "best"\nquantity', arguments=(Argument("demand", "number", 'A "size"'),))
    assert 'VB_Description = "Order ""best"" quantity"' in functions_module([spoken])
    assert 'Array("A ""size""")' in lists_module([spoken], error_numbers=ERROR_NUMBERS)


def test_every_function_is_described_with_its_category_and_all_arguments() -> None:
    text = lists_module(FUNCTIONS, error_numbers=ERROR_NUMBERS)
    flat = re.sub(r" _\n\s+", " ", text)
    for each in FUNCTIONS:
        (line,) = re.findall(rf'^    InvOptHelp.Describe "{each.name}".*$', flat, re.MULTILINE)
        assert f'"{each.category}"' in line
        texts = re.findall(r'"((?:[^"]|"")*)"', line)
        assert len(texts) == 3 + len(each.arguments)
        assert [text.replace('""', '"') for text in texts[3:]] == [argument.help for argument in each.arguments]


def test_many_long_help_texts_stay_within_the_editors_lines() -> None:
    long = replace(
        _EOQ,
        description="d" * 255,
        arguments=tuple(Argument(f"argument_{number:02}", "number", "h" * 255) for number in range(15)),
    )
    assert module("InvOptLists", "standard", lists_module([long], error_numbers=ERROR_NUMBERS))
    assert lists_module([long], error_numbers=ERROR_NUMBERS).count(" _\n") <= 24


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(_EOQ, name="EOQ1"), "Excel reads this as a cell"),
        (replace(_EOQ, description="x" * 256), "Excel takes 255"),
        (replace(_EOQ, arguments=(Argument("date", "number", "A date."),)), "word of VBA's own"),
        (
            replace(_EOQ, arguments=(Argument("one", "number", "1", True), Argument("two", "number", "2"))),
            "an optional argument stands before a required one",
        ),
    ],
)
def test_a_declaration_that_excel_would_not_take_is_refused(changed: Function, message: str) -> None:
    with pytest.raises(ComputeError, match=message):
        functions_module([changed])


def test_the_vba_calls_the_module_that_the_functions_are_in() -> None:
    from invopt_xl.adapters.addin.sources import read_sources

    assert f'FUNCTION_MODULE As String = "{HOST_MODULE}"' in read_sources().modules["InvOptCells.bas"]
