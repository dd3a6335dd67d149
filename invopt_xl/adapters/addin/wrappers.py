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
HELP_MODULE = "InvOptHelp"
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
    head = (
        f'Attribute VB_Name = "{FUNCTIONS_MODULE}"\n'
        "Option Explicit\n"
        "' Made by the build from the list of worksheet functions (function_registry.py). Change that list, not this text.\n\n"
    )
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


def help_module(functions: Sequence[Function], *, error_numbers: Mapping[str, int]) -> str:
    """Return the text of the module that tells the function wizard about the functions, and VBA about error values.

    Parameters
    ----------
    functions : sequence of Function
    error_numbers : mapping of str to int
        Name of an error value -> the number that CVErr takes.
    """
    lines = [
        f'Attribute VB_Name = "{HELP_MODULE}"',
        "Option Explicit",
        "Option Private Module",
        "' Made by the build from the list of worksheet functions (function_registry.py). Change that list, not this text.",
        "",
        "Private Const MOST_TRIES As Long = 5",
        "Private mRegistered As Boolean",
        "Private mTries As Long",
        "",
        "' Gives the function wizard texts and category. Excel refuses while no workbook is in front; then the next one",
        "' that comes to the front tries again. The functions work either way.",
        "Public Sub RegisterHelp()",
        "    If mRegistered Or mTries >= MOST_TRIES Then Exit Sub",
        "    mTries = mTries + 1",
        "    On Error GoTo failed",
    ]
    for each in functions:
        texts = ", ".join(_literal(argument.help) for argument in each.arguments)
        # one argument per line keeps lines short enough for the editor
        array = f"Array({texts})" if len(texts) < 700 else None
        if not each.arguments:
            lines.append(f'    Describe "{each.name}", {_literal(each.description)}, {_literal(each.category)}, Empty')
        elif array:
            lines.append(f'    Describe "{each.name}", {_literal(each.description)}, {_literal(each.category)}, _')
            lines.append(f"        {array}")
        else:
            lines.append(f'    Describe "{each.name}", {_literal(each.description)}, {_literal(each.category)}, _')
            quoted = [_literal(argument.help) for argument in each.arguments]
            lines += [f"        {'Array(' if at == 0 else ''}{text}, _" for at, text in enumerate(quoted[:-1])]
            lines.append(f"        {quoted[-1]})")
    lines += [
        "    mRegistered = True",
        "    ' the texts count as a change, which nobody should be asked to save",
        "    ThisWorkbook.Saved = True",
        "    Exit Sub",
        "failed:",
        "    mRegistered = False",
        "End Sub",
        "",
        "Private Sub Describe(ByVal functionName As String, ByVal text As String, ByVal group As String, ByVal hints As Variant)",
        "    Dim macroName As String",
        """    macroName = "'" & ThisWorkbook.Name & "'!" & functionName""",
        "    If IsArray(hints) Then",
        "        Application.MacroOptions Macro:=macroName, Description:=text, Category:=group, ArgumentDescriptions:=hints",
        "    Else",
        "        Application.MacroOptions Macro:=macroName, Description:=text, Category:=group",
        "    End If",
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


def _literal(text: str) -> str:
    """Return a text as VBA writes it; line breaks become spaces."""
    return '"' + " ".join(text.split()).replace('"', '""') + '"'
