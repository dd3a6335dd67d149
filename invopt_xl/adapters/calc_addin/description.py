"""Function registry -> what Calc must be told of the functions: their interface, names, help, and the list that the component reads.

Calc finds a function by its name in `CalcAddIns.xcu`, and its arguments by the UNO interface (`XInvFunctions.idl`, as plain text; no
SDK is needed for that). Every argument is of type `any`, so that it may be a number, a text, a range or left out, and every
result is a sequence of rows: of the types that Calc takes from a Python component, only that one can be an array. The first argument, `caller`,
is filled in by Calc with the document; the function wizard does not show it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from invopt_xl.adapters.function_registry import Argument, Function

#: Stands in saved .ods files as part of each formula: never to be changed.
SERVICE = "org.invopt.xl.Functions"
INTERFACE = "XInvFunctions"
_MODULES = ("org", "invopt", "xl")
#: Texts are English; an office in another language takes en-US.
_LANGUAGES = ("en", "en-US")


def method_name(function: Function) -> str:
    """Return the name of a function in the UNO interface; it stands in saved .ods files, too.

    >>> from invopt_xl.adapters.function_registry import FUNCTION
    >>> method_name(FUNCTION["INV_SAFETYSTOCK"])
    'invSafetystock'
    """
    return "inv" + function.name.removeprefix("INV_").capitalize()


def argument_name(argument: Argument) -> str:
    """Return the name of an argument in the UNO interface, where `service` and others are reserved words and underscores are not allowed.

    >>> from invopt_xl.adapters.function_registry import FUNCTION
    >>> [argument_name(each) for each in FUNCTION["INV_FILLRATE"].arguments]
    ['aDemand', 'aLeadTime', 'aStockLevel', 'aReview']
    """
    return "a" + "".join(word.capitalize() for word in argument.name.split("_"))


def interface_text(functions: Sequence[Function]) -> str:
    """Return `XInvFunctions.idl`."""
    methods = [
        f"  sequence< sequence< any > > {method_name(each)}( "
        + ", ".join(
            [
                "[in] com::sun::star::beans::XPropertySet caller",
                *(f"[in] any {argument_name(one)}" for one in each.arguments),
            ]
        )
        + " );"
        for each in functions
    ]
    opened = " ".join(f"module {name} {{" for name in _MODULES)
    return "\n".join([opened, f"interface {INTERFACE} {{", *methods, "};", "}; " * len(_MODULES)]) + "\n"


def configuration_text(functions: Sequence[Function]) -> str:
    """Return `CalcAddIns.xcu`: names, help and category of each function, and the names that .xlsx files know them by."""
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            '<oor:component-data xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"',
            ' oor:name="CalcAddIns" oor:package="org.openoffice.Office">\n',
            f'<node oor:name="AddInInfo">\n<node oor:name="{SERVICE}" oor:op="replace">\n<node oor:name="AddInFunctions">\n',
            *(_function_node(each) for each in functions),
            "</node>\n</node>\n</node>\n</oor:component-data>\n",
        ]
    )


def _function_node(function: Function) -> str:
    arguments = "".join(
        f'<node oor:name={quoteattr(argument_name(each))} oor:op="replace">{_prop("DisplayName", each.name)}'
        f"{_prop('Description', argument_help(each))}</node>\n"
        for each in function.arguments
    )
    return (
        f'<node oor:name="{method_name(function)}" oor:op="replace">\n{_prop("DisplayName", function.name)}'
        f'{_prop("Description", function.description)}<prop oor:name="Category"><value>Add-In</value></prop>\n'
        f'{_prop("CompatibilityName", function.name)}<node oor:name="Parameters">\n{arguments}</node>\n</node>\n'
    )


def _prop(name: str, text: str) -> str:
    values = "".join(f'<value xml:lang="{language}">{escape(text)}</value>' for language in _LANGUAGES)
    return f'<prop oor:name="{name}">{values}</prop>\n'


def argument_help(argument: Argument) -> str:
    """Return the help of an argument, with what is taken when it is left out: Calc has no other place to say so.

    Calc hands an empty cell alone on as 0, which must be said where 0 has a meaning of its own, such as a review time of 0.

    >>> from invopt_xl.adapters.function_registry import FUNCTION
    >>> argument_help(FUNCTION["INV_FORECAST"].arguments[2])
    'How many periods ahead, shown side by side. Left out: 1. In Calc an empty cell counts as 0.'
    """
    if not argument.optional:
        return argument.help
    empty = " In Calc an empty cell counts as 0." if argument.kind in ("number", "numbers", "share") else ""
    return f"{argument.help} Left out: {argument.default}.{empty}"


def list_text(functions: Sequence[Function]) -> str:
    """Return `functions.json`, from which the component knows its functions."""
    listed = [
        {
            "method": method_name(each),
            "name": each.name,
            "description": each.description,
            "needs_plan": each.needs_plan,
            "arguments": [{"name": one.name, "help": argument_help(one)} for one in each.arguments],
        }
        for each in functions
    ]
    return json.dumps({"service": SERVICE, "functions": listed}, indent=1, ensure_ascii=False) + "\n"
