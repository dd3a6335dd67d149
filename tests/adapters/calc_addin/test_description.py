"""What Calc is told of the functions: all of them, in names that UNO takes."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from invopt_xl.adapters.calc_addin.description import (
    SERVICE,
    argument_help,
    argument_name,
    configuration_text,
    interface_text,
    list_text,
    method_name,
)
from invopt_xl.adapters.function_registry import FUNCTIONS

_OOR = "{http://openoffice.org/2001/registry}"
#: Words that UNO's interface language keeps for itself.
_RESERVED = frozenset(
    """any attribute boolean bound byte char const constants constrained double enum exception false float get hyper in inout interface long
    maybeambiguous maybedefault maybevoid module needs observes oneway optional out property published raises readonly removable sequence
    service set short singleton string struct transient true type typedef union unsigned void""".split()  # noqa: SIM905 - a list of words
)


def _node(parent: ElementTree.Element, *names: str) -> ElementTree.Element:
    for name in names:
        parent = next(each for each in parent if each.get(_OOR + "name") == name)
    return parent


def test_the_interface_has_every_function_with_every_argument() -> None:
    text = interface_text(FUNCTIONS)
    methods = re.findall(r"sequence< sequence< any > > (\w+)\( (.*) \);", text)
    assert [name for name, _ in methods] == [method_name(each) for each in FUNCTIONS]
    for (_, told), each in zip(methods, FUNCTIONS, strict=True):
        words = told.split(", ")
        assert words[0] == "[in] com::sun::star::beans::XPropertySet caller"
        assert words[1:] == [f"[in] any {argument_name(one)}" for one in each.arguments]


def test_names_are_such_as_uno_takes() -> None:
    for each in FUNCTIONS:
        names = [method_name(each), *(argument_name(one) for one in each.arguments)]
        assert all(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*", name) for name in names)
        assert not {name.lower() for name in names} & _RESERVED
        assert len(set(names)) == len(names)
    assert len({method_name(each).upper() for each in FUNCTIONS}) == len(FUNCTIONS)


def test_names_in_saved_workbooks_stay_what_they_are() -> None:
    assert SERVICE == "org.invopt.xl.Functions"
    assert {each.name: method_name(each) for each in FUNCTIONS}["INV_REORDERPOINT"] == "invReorderpoint"


def test_the_configuration_has_names_help_and_the_names_of_xlsx_files() -> None:
    root = ElementTree.fromstring(configuration_text(FUNCTIONS))
    functions = _node(root, "AddInInfo", SERVICE, "AddInFunctions")
    assert [each.get(_OOR + "name") for each in functions] == [method_name(each) for each in FUNCTIONS]
    for each in FUNCTIONS:
        node = _node(functions, method_name(each))
        for prop, wanted in (
            ("DisplayName", each.name),
            ("Description", each.description),
            ("CompatibilityName", each.name),
        ):
            assert {value.text for value in _node(node, prop)} == {wanted}
        arguments = _node(node, "Parameters")
        assert [one.get(_OOR + "name") for one in arguments] == [argument_name(one) for one in each.arguments]
        for one in each.arguments:
            assert _node(arguments, argument_name(one), "DisplayName")[0].text == one.name
            assert _node(arguments, argument_name(one), "Description")[0].text == argument_help(one)


def test_the_component_reads_the_same_list() -> None:
    read = json.loads(list_text(FUNCTIONS))
    assert read["service"] == SERVICE
    assert [(each["name"], each["method"], each["needs_plan"]) for each in read["functions"]] == [
        (each.name, method_name(each), each.needs_plan) for each in FUNCTIONS
    ]
    assert [[one["name"] for one in each["arguments"]] for each in read["functions"]] == [
        [one.name for one in each.arguments] for each in FUNCTIONS
    ]


def test_formulas_that_ask_for_the_plan_are_known_to_the_reader_of_the_sheets() -> None:
    import tests.adapters.calc_addin.calc_sources  # noqa: F401 - makes invopt_calc known

    # isort: split
    from invopt_calc.plan_cells import plan_cells

    for each in FUNCTIONS:
        asks = bool(plan_cells({"S": {(0, 0): f"={SERVICE.upper()}.{method_name(each).upper()}(A1)"}}))
        assert asks == (each.needs_plan or each.name == "INV_STATUS"), each.name
