"""The worksheet functions' VBA, run by an interpreter: what reaches Python, and what a cell shows."""

from __future__ import annotations

import pytest

from invopt_xl.adapters.function_registry import ERROR_NUMBERS, FUNCTIONS, Function
from tests.adapters.addin.vba_machine import Machine

_MODULE = "invopt_xl.adapters.functions"


@pytest.fixture(scope="module")
def machine() -> Machine:
    loaded = Machine("InvOptCells", "InvOptLists", "InvOptFunctions", stand_ins=("python",))
    for row in range(1, 4):
        loaded.fill(f"A{row}", float(row))
        loaded.fill(f"B{row}", f"item {row}")
    return loaded


def _sent(machine: Machine, call: str) -> str:
    """Return what a call sends, without the module's name."""
    (line,) = machine.run(f'Log = "": Answered = 1\nDim found As Variant\nfound = {call}\nDebug.Print Log')
    return line.strip().removeprefix(f"{_MODULE}.")


def test_what_is_left_out_is_told_from_an_empty_cell(machine: Machine) -> None:
    assert _sent(machine, "INV_REORDER()") == "INV_REORDER('Book1';'<1>';'<1>';'<1>')"
    assert _sent(machine, 'INV_REORDER(Range("A1"), Range("Z9"))') == "INV_REORDER('Book1';Double 1;empty;'<1>')"
    assert _sent(machine, 'INV_REORDER("x", , "moq")') == "INV_REORDER('Book1';'x';'<1>';'moq')"


def test_a_range_travels_as_its_values(machine: Machine) -> None:
    assert _sent(machine, 'INV_REORDER(Range("A1:B3"))') == "INV_REORDER('Book1';Variant() 1:3x1:2;'<1>';'<1>')"
    assert _sent(machine, 'INV_REORDER(Range("A1:A3"))') == "INV_REORDER('Book1';Variant() 1:3x1:1;'<1>';'<1>')"


def test_a_whole_column_ends_with_the_used_rows(machine: Machine) -> None:
    assert _sent(machine, 'INV_XYZ(Range("A:A"))') == "INV_XYZ('Book1';Variant() 1:3x1:1)"


def test_a_list_in_a_formula_is_one_row(machine: Machine) -> None:
    assert _sent(machine, "INV_XYZ(Array(1, 2, 3))") == "INV_XYZ('Book1';Variant() 1:1x1:3)"


def test_an_error_value_travels_as_one(machine: Machine) -> None:
    assert _sent(machine, "INV_XYZ(CVErr(2042))") == "INV_XYZ('Book1';error)"


def test_several_areas_are_a_wrong_value(machine: Machine) -> None:
    assert machine.run('Answered = 1: Debug.Print CStr(INV_XYZ(Range("A1:A2,B1:B2")))') == ["Error 2015"]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_sends_its_name_the_workbook_and_all_arguments(machine: Machine, function: Function) -> None:
    given = ", ".join(f"{number + 1}.5" for number in range(len(function.arguments)))
    expected = "".join(f";Double {number + 1}.5" for number in range(len(function.arguments)))
    assert _sent(machine, f"{function.name}({given})") == f"{function.name}('Book1'{expected})"
    required = ", ".join(["1.5"] * function.required)
    left_out = ";'<1>'" * (len(function.arguments) - function.required)
    assert _sent(machine, f"{function.name}({required})") == (
        f"{function.name}('Book1'{';Double 1.5' * function.required}{left_out})"
    )


@pytest.mark.parametrize(("name", "number"), ERROR_NUMBERS.items())
def test_a_marked_text_becomes_the_error_value(machine: Machine, name: str, number: int) -> None:
    assert machine.run(f'Answered = ChrW$(1) & "{name}": Debug.Print CStr(INV_REORDER())') == [f"Error {number}"]


def test_an_unknown_error_value_is_a_wrong_value(machine: Machine) -> None:
    assert machine.run('Answered = ChrW$(1) & "#NEW!": Debug.Print CStr(INV_REORDER())') == ["Error 2015"]


def test_errors_are_made_cell_by_cell(machine: Machine) -> None:
    body = """
    Dim table(1 To 2, 1 To 3) As Variant
    Dim found As Variant
    table(1, 1) = ChrW$(1) & "#N/A"
    table(1, 2) = "#N/A"
    table(1, 3) = 1.5
    table(2, 1) = ""
    table(2, 2) = ChrW$(1) & "#NUM!"
    table(2, 3) = True
    Answered = table
    found = INV_REORDER()
    Debug.Print CStr(found(1, 1)) & "|" & found(1, 2) & "|" & found(1, 3)
    Debug.Print found(2, 1) & "|" & CStr(found(2, 2)) & "|" & found(2, 3)
    """
    assert machine.run(body) == ["Error 2042|#N/A|1.5", "|Error 2036|True"]


def test_one_row_may_come_flat(machine: Machine) -> None:
    body = """
    Dim found As Variant
    Answered = Array(1, ChrW$(1) & "#DIV/0!", "x")
    found = INV_REORDER()
    Debug.Print found(0) & "|" & CStr(found(1)) & "|" & found(2)
    """
    assert machine.run(body) == ["1|Error 2007|x"]


def test_without_python_a_cell_is_not_available_and_the_status_says_why(machine: Machine) -> None:
    assert machine.run('Answered = "fail": Debug.Print CStr(INV_EOQ(1, 2, 3, 4))') == ["Error 2042"]
    assert machine.run('Answered = "fail": Debug.Print INV_STATUS()') == [
        "InvOpt XL does not answer. Python is not there."
    ]


def test_help_is_registered_once_for_every_function() -> None:
    fresh = Machine("InvOptHelp", "InvOptLists")
    (told,) = fresh.run("RegisterHelp\nRegisterHelp\nDebug.Print Host.Described")
    lines = told.strip("\n").split("\n")
    assert len(lines) == len(FUNCTIONS)
    for line, each in zip(lines, FUNCTIONS, strict=True):
        macro, category, count = line.split("|")
        assert macro.endswith(f"'!{each.name}")
        assert category == each.category
        assert count == (str(len(each.arguments)) if each.arguments else "")


def test_help_that_excel_refuses_is_tried_again_but_not_for_ever() -> None:
    fresh = Machine("InvOptHelp", "InvOptLists")
    refused = "Host.Refuses = True\n" + "RegisterHelp\n" * 3 + "Debug.Print Host.Tries"
    assert fresh.run(refused) == [" 3 "]
    assert fresh.run("RegisterHelp\n" * 9 + "Debug.Print Host.Tries") == [" 5 "]
    again = Machine("InvOptHelp", "InvOptLists")
    again.run("Host.Refuses = True\nRegisterHelp\nHost.Refuses = False\nRegisterHelp")
    assert again.run("Debug.Print UBound(Split(Host.Described, vbLf))")[0].strip() == str(len(FUNCTIONS))
