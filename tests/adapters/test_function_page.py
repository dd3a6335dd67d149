"""The reference section on worksheet functions says all that is declared; its examples hold."""

from __future__ import annotations

import pytest

from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.function_page import functions_section
from invopt_xl.adapters.function_registry import FUNCTIONS, Function


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_everything_declared_is_told(function: Function) -> None:
    text = functions_section()
    section = text[text.index(f"### {function.name}\n") :].split("\n### ")[0]
    for told in (
        function.description,
        function.signature,
        function.returns,
        *(each.name for each in function.arguments),
        *(each.help for each in function.arguments),
        *(value for each in function.arguments for value in each.allowed),
        *(name for name, _ in function.errors),
        *(formula for formula, _ in function.examples),
    ):
        assert told in section


def test_tables_have_three_columns() -> None:
    rows = [line for line in functions_section().splitlines() if line.startswith("| `")]
    assert rows
    assert all(line.replace("\\|", "").count("|") == 4 for line in rows)


def test_examples_that_name_their_result_give_it() -> None:
    assert round(call("INV_EOQ", (1300.0, 8.0, 1.0, "22.5%")), 2) == 304.05
    assert call("INV_EOQ", (1000.0, 200.0, 500.0, "20%", ((200.0, 475.0), (500.0, 450.0)))) == 500.0
    assert call("INV_NEWSVENDOR", (50.0, 1.0, 0.3, 0.12)) == 56.0
