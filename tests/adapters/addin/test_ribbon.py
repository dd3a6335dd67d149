"""The ribbon's text: both schemas, every button with what a planner needs to see, and names that VBA and Python know."""

from __future__ import annotations

import inspect
import re
from xml.etree import ElementTree

import pytest

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.addin.sources import read_sources

_SOURCES = read_sources()
_NEW = "{http://schemas.microsoft.com/office/2009/07/customui}"
_OLD = "{http://schemas.microsoft.com/office/2006/01/customui}"
# what the Python module invopt_xl.adapters.ribbon offers; workbook/README.md says what each takes
_ACTIONS = {
    "check_data", "refresh", "refresh_selection", "explain_row", "projected_stock", "scenario", "approve",
    "clear_decisions", "create_orders", "settings", "template", "doctor", "restore",
}  # fmt: skip
# Pictures of buttons that Excel 2013, 2016, 2019 and 365 all have, by OfficeDev/office-fluent-ui-command-identifiers (MIT)
_PICTURES = {
    "ErrorChecking", "RefreshAll", "Refresh", "Undo", "TracePrecedents", "ChartTypeLineInsertGallery", "WhatIfAnalysisMenu",
    "DataValidation", "ClearMenu", "SheetInsert", "ControlProperties", "FileNew", "Help", "FileDocumentInspect",
}  # fmt: skip


def _elements(name: str = "customUI14.xml") -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(_SOURCES.ribbon[name]).iter())


def _buttons() -> list[ElementTree.Element]:
    return [each for each in _elements() if each.tag == f"{_NEW}button"]


def test_both_schemas_say_the_same() -> None:
    new, old = _SOURCES.ribbon["customUI14.xml"], _SOURCES.ribbon["customUI.xml"]
    assert old == new.replace(_NEW[1:-1], _OLD[1:-1])
    assert old != new


def test_every_action_has_a_button_and_every_button_an_action() -> None:
    assert {each.get("tag") for each in _buttons()} == _ACTIONS | {"help"}


def test_every_button_looks_whether_it_can_work() -> None:
    for each in _buttons():
        assert each.get("onAction") == "InvOptXL_OnAction"
        assert each.get("getEnabled") == "InvOptXL_GetEnabled"


def test_everything_on_the_tab_itself_has_label_tips_picture_and_key() -> None:
    for group in (each for each in _elements() if each.tag == f"{_NEW}group"):
        for control in group:
            # a split button shows its first button's texts, and has the key itself
            shown = control[0] if control.tag == f"{_NEW}splitButton" else control
            for attribute in ("label", "screentip", "supertip", "imageMso"):
                assert shown.get(attribute), (control.get("id"), attribute)
            assert re.fullmatch("[A-Z]{1,3}", control.get("keytip", "")), control.get("id")


def test_menu_entries_have_label_picture_and_key() -> None:
    for menu in (each for each in _elements() if each.tag == f"{_NEW}menu"):
        for entry in menu:
            assert entry.get("label")
            assert entry.get("imageMso")
            assert entry.get("keytip")


def test_keys_and_ids_are_distinct() -> None:
    ids = [each.get("id") for each in _elements() if each.get("id")]
    assert len(ids) == len(set(ids))
    for parent in _elements():
        if parent.tag == f"{_NEW}menu":
            keys = [each.get("keytip") for each in parent]
            assert len(keys) == len(set(keys))
    on_tab = [control.get("keytip") for group in _elements() if group.tag == f"{_NEW}group" for control in group]
    assert len(on_tab) == len(set(on_tab))


def test_pictures_are_of_the_safe_list() -> None:
    assert {each.get("imageMso") for each in _elements() if each.get("imageMso")} <= _PICTURES


def test_texts_are_as_long_as_excel_shows() -> None:
    # MS-CUSTOMUI: ST_String 1 to 1024, labels and key tips shorter
    for each in _elements():
        assert len(each.get("label", "")) <= 40
        assert len(each.get("supertip", "")) <= 1024
        assert len(each.get("description", "")) <= 1024


@pytest.mark.parametrize("callback", ["InvOptXL_OnLoad", "InvOptXL_OnAction", "InvOptXL_GetEnabled"])
def test_callbacks_are_public_and_in_a_module_that_the_ribbon_sees(callback: str) -> None:
    text = _SOURCES.modules["InvOptRibbon.bas"]
    assert f"Public Sub {callback}(" in text
    assert "Option Private Module" not in text
    assert callback in _SOURCES.ribbon["customUI14.xml"]


def test_vba_knows_every_action() -> None:
    text = _SOURCES.modules["InvOptActions.bas"]
    named = set(re.findall(r'"(\w+)"', "\n".join(re.findall(r"^\s+Case .*$", text, re.MULTILINE))))
    assert named - {"help", "done", "tell", "warn", "stopped"} <= _ACTIONS
    assert 'ACTION_MODULE As String = "invopt_xl.adapters.ribbon"' in text


def test_every_public_procedure_handles_its_errors() -> None:
    """An error without a handler ends VBA, and the ribbon with it."""
    for name in ("InvOptRibbon.bas", "ThisWorkbook.cls"):
        procedures = re.findall(
            r"^(?:Public|Private) Sub (\w+)\(.*?^End Sub", _SOURCES.modules[name], re.DOTALL | re.MULTILINE
        )
        bodies = re.findall(
            r"^(?:Public|Private) Sub \w+\(.*?^End Sub", _SOURCES.modules[name], re.DOTALL | re.MULTILINE
        )
        assert procedures
        for procedure, body in zip(procedures, bodies, strict=True):
            assert "On Error GoTo failed" in body, (name, procedure)


def test_helpers_are_hidden_from_the_list_of_functions() -> None:
    shown = {"InvOptRibbon.bas"}
    for name, text in _SOURCES.modules.items():
        if name.endswith(".bas") and name not in shown:
            assert "\nOption Private Module\n" in text, name


def test_every_module_declares_its_variables() -> None:
    for name, text in _SOURCES.modules.items():
        assert "\nOption Explicit\n" in text, name


def test_the_xlwings_file_that_vba_loads_is_the_one_that_is_installed() -> None:
    from pathlib import Path

    import invopt_xl

    lock = Path(invopt_xl.__file__).resolve().parents[1] / "install" / "lock.txt"
    locked = re.findall(r"^xlwings==([0-9.]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r'"xlwings(?:32|64)-([0-9.]+)\.dll"', _SOURCES.modules["InvOptServer.bas"]))
    assert named == set(locked)
    assert len(named) == 1


def test_the_readme_names_every_action_and_every_source() -> None:
    from invopt_xl.adapters.addin.sources import sources_folder

    text = (sources_folder() / "README.md").read_text(encoding="utf-8")
    for name in _ACTIONS | {"progress", "cancel"}:
        assert f"`{name}`" in text, name
    for name in _SOURCES.modules:
        assert f"vba/{name}" in text, name


@pytest.mark.parametrize("action", sorted(_ACTIONS | {"progress", "cancel"}))
def test_python_takes_what_the_buttons_send(action: str) -> None:
    on_rows = {"refresh_selection", "explain_row", "projected_stock", "approve", "clear_decisions", "scenario"}
    sent = ["Book1", "Recommendations", "B2:C4"] if action in on_rows else ["Book1"]
    sent += ["lead_time_days = 21"] if action == "scenario" else []
    function = getattr(ribbon, action)
    inspect.signature(function).bind(*sent)
