"""Function registry -> VBA: one function per worksheet function, and their help for the function wizard.

A wrapper only hands over: the calling workbook's full name, then every argument by value; what was left out goes as
`MISSING`, so that an empty cell stays an empty cell. Everything else is written once in `InvOptCells` and `InvOptServer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invopt_xl.adapters.addin.name_lint import function_name_problems
from invopt_xl.adapters.function_registry import Function
from invopt_xl.errors import ComputeError

FUNCTIONS_MODULE = "InvOptFunctions"
LISTS_MODULE = "InvOptLists"
_MADE = (
    "' Made by the build from the list of worksheet functions (function_registry.py). Change that list, not this text."
)
# Application.MacroOptions refuses longer texts
_LONGEST_HELP = 255


def functions_module(functions: Sequence[Function]) -> str:
    """Return the text of the module that holds the worksheet functions.

    It has no Option Private Module: that would hide them from cells.

    Raises
    ------
    ComputeError
        If a name cannot be used in Excel or VBA, or a help text is too long.
    """
    problems = [
        problem
        for each in functions
        for problem in (
            *function_name_problems(each.name, [argument.name for argument in each.arguments]),
            *_order_problems(each),
            *_help_problems(each),
        )
    ]
    if problems:
        raise ComputeError("Worksheet functions: " + " ".join(problems))
    head = f'Attribute VB_Name = "{FUNCTIONS_MODULE}"\nOption Explicit\n{_MADE}\n\n'
    return head + "\n".join(map(_wrapper, functions))


def _order_problems(function: Function) -> list[str]:
    optional = [argument.optional for argument in function.arguments]
    return (
        [] if optional == sorted(optional) else [f"{function.name}: an optional argument stands before a required one."]
    )


def _help_problems(function: Function) -> list[str]:
    texts = [function.description, function.category, *(argument.help for argument in function.arguments)]
    return [
        f"{function.name}: a help text of {len(text)} characters; Excel takes {_LONGEST_HELP}: {text!r}."
        for text in texts
        if len(text) > _LONGEST_HELP
    ]


def _wrapper(function: Function) -> str:
    name = function.name
    declared = ", ".join(
        f"{'Optional ' if argument.optional else ''}ByRef {argument.name} As Variant" for argument in function.arguments
    )
    sent = "".join(f", sent{number}" for number in range(1, len(function.arguments) + 1))
    lines = [
        f"Public Function {name}({declared}) As Variant",
        f"Attribute {name}.VB_Description = {_literal(function.description)}",
        *(f"    Dim sent{number} As Variant" for number in range(1, len(function.arguments) + 1)),
        "    On Error GoTo failed",
    ]
    for number, argument in enumerate(function.arguments, 1):
        taken = f"sent{number} = InvOptCells.Given({argument.name})"
        if argument.optional:
            lines.append(f"    If IsMissing({argument.name}) Then sent{number} = InvOptCells.Mark() Else {taken}")
        else:
            lines.append(f"    {taken}")
    lines += [
        f'    {name} = InvOptCells.Answer("{name}", Array(InvOptCells.CallingBook(){sent}))',
        "    Exit Function",
        "failed:",
        f'    {name} = InvOptCells.Failed("{name}", Err.Number, Err.Description)',
        "End Function",
    ]
    return "\n".join(lines) + "\n"


def lists_module(functions: Sequence[Function], *, error_numbers: Mapping[str, int]) -> str:
    """Return the text of the module that lists help texts and error values.

    Parameters
    ----------
    functions : sequence of Function
    error_numbers : mapping of str to int
        Name of an error value -> the number that CVErr takes.
    """
    lines = [
        f'Attribute VB_Name = "{LISTS_MODULE}"',
        "Option Explicit",
        "Option Private Module",
        _MADE,
        "",
        "' Tells the function wizard about every function.",
        "Public Sub DescribeAll()",
        *map(_description, functions),
        "End Sub",
        "",
        "' The number that CVErr makes an error value from.",
        "Public Function ErrorNumber(ByVal errorName As String) As Long",
        "    Select Case errorName",
        *(f"        Case {_literal(name)}: ErrorNumber = {number}" for name, number in error_numbers.items()),
        f"        Case Else: ErrorNumber = {error_numbers['#VALUE!']}",
        "    End Select",
        "End Function",
    ]
    return "\n".join(lines) + "\n"


def _description(function: Function) -> str:
    """Return the statement that describes a function; one argument per line keeps lines short enough for the editor."""
    texts = ", _\n        ".join(_literal(argument.help) for argument in function.arguments)
    hints = f"_\n        Array({texts})" if function.arguments else "Empty"
    said = ", ".join(_literal(text) for text in (function.name, function.description, function.category))
    return f"    InvOptHelp.Describe {said}, {hints}"


def _literal(text: str) -> str:
    """Return a text as VBA writes it; line breaks become spaces."""
    return '"' + " ".join(text.split()).replace('"', '""') + '"'
