"""The buttons' VBA, run by an interpreter: what Python is told, what the planner sees, and that Excel is given back as it was."""

from __future__ import annotations

import pytest

from tests.adapters.addin.vba_machine import Machine

_SET = """
Log = "": Turn = 0: Redrawn = 0
Host.Calculation = xlCalculationAutomatic: Host.ScreenUpdating = True: Host.EnableEvents = True
Host.EnableCancelKey = 1: Host.Cursor = -4143: Host.StatusBar = False: Host.Planned = "": Host.Asked = False
"""
_STATE = """
Debug.Print Host.Calculation & " " & Host.ScreenUpdating & " " & Host.EnableEvents & " " & Host.EnableCancelKey & " " & Host.Cursor & " " & Busy
"""
_AS_IT_WAS = "-4105 True True 1 -4143 False"
_CALL = "invopt_xl.adapters.ribbon."


@pytest.fixture
def machine() -> Machine:
    loaded = Machine("InvOptGuard", "InvOptActions", stand_ins=("python",))
    loaded.run('ActiveWorkbook.Worksheets(1).Name = "Recommendations"')
    loaded.fill("A1", "sku")
    return loaded


def _run(
    machine: Machine, action: str, *replies: str, answers: tuple[str, ...] = (), before: str = ""
) -> tuple[list[str], str]:
    """Press a button; return what was said to Python, and Excel's state afterwards."""
    listed = ", ".join('"' + reply.replace("\n", '" & vbLf & "') + '"' for reply in replies)
    body = f'{_SET}Replies = Array({listed})\n{before}\nInvOptActions_Run "{action}"\nDebug.Print Log\n{_STATE}'
    printed = machine.run(body.replace("InvOptActions_Run", "Run"), answers=answers)
    assert len(printed) == 2, printed
    return printed[0].strip("\n").split("\n"), printed[1]


def test_a_button_says_which_workbook_and_tells_the_answer(machine: Machine) -> None:
    said, state = _run(machine, "refresh", "done\n12 items to order")
    assert said == [_CALL + "refresh(Book1)"]
    assert state == _AS_IT_WAS
    assert machine.run('Debug.Print Host.StatusBar & "|" & (Len(Host.Planned) > 0)') == [
        "InvOpt XL: 12 items to order|True"
    ]


def test_long_work_is_looked_at_until_it_is_done(machine: Machine) -> None:
    said, state = _run(
        machine, "refresh", "working\nreading", "working\nforecasting 40%", "tell\nready", answers=("OK",)
    )
    assert said == [_CALL + "refresh(Book1)", _CALL + "progress(Book1)", _CALL + "progress(Book1)"]
    assert state == _AS_IT_WAS
    assert "ready" in str(machine.dialogs[-1])


def test_escape_asks_python_to_stop_once_and_waits_for_its_answer(machine: Machine) -> None:
    said, state = _run(
        machine,
        "refresh",
        "working\nreading",
        "raise 18",
        "",
        "working\nstopping",
        "stopped\nNothing was changed.",
        answers=("OK",),
    )
    assert said == [
        _CALL + each
        for each in ("refresh(Book1)", "progress(Book1)", "cancel(Book1)", "progress(Book1)", "progress(Book1)")
    ]
    assert state == _AS_IT_WAS
    assert "Nothing was changed." in str(machine.dialogs[-1])


def test_a_button_pressed_during_work_does_nothing(machine: Machine) -> None:
    said, state = _run(machine, "refresh", "working\nreading", "done", before='Pressed = "check_data"')
    assert said == [_CALL + "refresh(Book1)", "can False", _CALL + "progress(Book1)"]
    assert state == _AS_IT_WAS
    assert machine.dialogs == []


@pytest.mark.parametrize("number", [13, 1004, -2147023174, -2147220991])
@pytest.mark.parametrize("first", [True, False])
def test_after_any_error_excel_is_as_it_was_and_the_planner_is_told(machine: Machine, number: int, first: bool) -> None:
    replies = [f"raise {number}"] if first else ["working\nreading", f"raise {number}"]
    _, state = _run(machine, "refresh", *replies, answers=("OK",))
    assert state == _AS_IT_WAS
    assert "planted fault" in str(machine.dialogs[-1])
    assert "server.log" in str(machine.dialogs[-1])
    said, _ = _run(machine, "refresh", "done")
    assert said == [_CALL + "refresh(Book1)"]


def test_doctor_says_what_excel_knows_when_python_does_not_answer(machine: Machine) -> None:
    _, state = _run(machine, "doctor", "raise 13", answers=("OK",))
    assert state == _AS_IT_WAS
    assert "this is what Excel knows" in str(machine.dialogs[-1])
    assert "Excel 16.0" in str(machine.dialogs[-1])


def test_a_question_answered_with_yes_is_said_to_python(machine: Machine) -> None:
    said, state = _run(
        machine, "create_orders", "ask\n3 orders are above the limit. Make them?", "done\nmade", answers=("Yes",)
    )
    assert said == [_CALL + "create_orders(Book1)", _CALL + "create_orders(Book1;yes)"]
    assert state == _AS_IT_WAS


def test_a_question_answered_with_no_ends_it(machine: Machine) -> None:
    said, state = _run(machine, "create_orders", "ask\nMake them?", answers=("No",))
    assert said == [_CALL + "create_orders(Book1)"]
    assert state == _AS_IT_WAS


@pytest.mark.parametrize(
    "action", ["refresh_selection", "explain_row", "projected_stock", "approve", "clear_decisions"]
)
def test_actions_on_rows_say_sheet_and_cells(machine: Machine, action: str) -> None:
    said, _ = _run(machine, action, "done", before='Range("B2:C4").Select')
    assert said == [_CALL + f"{action}(Book1;Recommendations;B2:C4)"]


def test_a_scenario_says_the_change_and_giving_up_says_nothing(machine: Machine) -> None:
    said, _ = _run(machine, "scenario", "done", before='Range("B2").Select: Host.Asked = "lead_time_days = 21"')
    assert said == [_CALL + "scenario(Book1;Recommendations;B2;lead_time_days = 21)"]
    said, state = _run(machine, "scenario", before="Host.Asked = False")
    assert said == [""]
    assert state == _AS_IT_WAS


@pytest.mark.parametrize("action", ["check_data", "settings", "template", "doctor", "restore"])
def test_actions_on_the_workbook_say_its_name(machine: Machine, action: str) -> None:
    said, _ = _run(machine, action, "done")
    assert said == [_CALL + f"{action}(Book1)"]


def test_without_a_plan_only_planning_can_be_pressed(machine: Machine) -> None:
    can = [
        "check_data", "refresh", "refresh_selection", "settings", "template", "doctor", "help",
    ]  # fmt: skip
    cannot = ["explain_row", "projected_stock", "scenario", "approve", "clear_decisions", "create_orders", "restore"]
    asked = "\n".join(f'Debug.Print CanRun("{action}")' for action in can + cannot)
    assert machine.run(asked) == ["True"] * 14
    machine.run('ActiveWorkbook.Worksheets(1).Name = "Data"')
    assert machine.run(asked) == ["True"] * len(can) + ["False"] * len(cannot)
    said, state = _run(machine, "approve", answers=("OK",))
    assert said == [""]
    assert state == _AS_IT_WAS
    assert "Press Refresh recommendations first." in str(machine.dialogs[-1])


def test_in_protected_view_the_planner_is_told_what_to_press(machine: Machine) -> None:
    said, _ = _run(machine, "refresh", answers=("OK",), before="Set Host.ActiveProtectedViewWindow = Host")
    assert said == [""]
    assert "Press Enable Editing first." in str(machine.dialogs[-1])
    assert machine.run('Debug.Print CanRun("refresh"), CanRun("help")')[0].split() == ["False", "True"]


def test_a_long_message_is_cut_to_what_a_box_shows(machine: Machine) -> None:
    _run(machine, "check_data", "warn\n" + "x" * 3000, answers=("OK",))
    assert "x" * 1000 + "..." in str(machine.dialogs[-1])
    assert "x" * 1001 not in str(machine.dialogs[-1])


def test_the_guard_holds_and_gives_back_once(machine: Machine) -> None:
    body = f"""{_SET}
    Dim guard As InvOptGuard
    Set guard = New InvOptGuard
    guard.Hold
    guard.Hold
    Debug.Print Host.Calculation & " " & Host.ScreenUpdating & " " & Host.EnableEvents & " " & Host.EnableCancelKey
    guard.Release
    {_STATE}
    Host.Calculation = xlCalculationSemiautomatic
    guard.Release
    Debug.Print Host.Calculation
    """
    assert [line.strip() for line in machine.run(body)] == ["-4135 False False 2", _AS_IT_WAS, "2"]


def test_the_ribbons_callbacks_pass_on_the_tag_and_survive_every_error() -> None:
    ribbon = Machine("InvOptRibbon", stand_ins=("ribbon",))
    body = """
    Dim control As StandInControl
    Dim enabled As Variant
    Set control = New StandInControl
    InvOptXL_Redraw
    InvOptXL_OnLoad control
    InvOptXL_Redraw
    control.Tag = "refresh"
    InvOptXL_OnAction control
    InvOptXL_GetEnabled control, enabled
    Debug.Print control.Drawn & " " & enabled & " " & Log
    control.Tag = "broken"
    InvOptXL_OnAction control
    InvOptXL_GetEnabled control, enabled
    control.Gone = True
    InvOptXL_Redraw
    Debug.Print enabled & " " & Problem
    Host.StatusBar = "x"
    Busy = True
    InvOptXL_ClearStatusBar
    Debug.Print Host.StatusBar
    Busy = False
    InvOptXL_ClearStatusBar
    Debug.Print Host.StatusBar
    """
    assert ribbon.run(body, answers=("OK",)) == [
        "1 True run refresh\n", "False The ribbon is gone.", "x", "False",
    ]  # fmt: skip
    assert "planted fault" in str(ribbon.dialogs[-1])


@pytest.fixture
def linked() -> Machine:
    loaded = Machine("InvOptLinks", stand_ins=("python", "book"))
    loaded.run("Host.DisplayAlerts = True")
    return loaded


_OPENED = """
Dim book As StandInBook
Set book = New StandInBook
book.Name = "Plan.xlsx": book.Saved = {saved}: book.Protects = {protects}
book.Links = {links}
Mend book
Debug.Print book.Changed & "|" & book.Saved & "|" & Host.DisplayAlerts & "|" & Problem
"""


@pytest.mark.parametrize("saved", [True, False])
def test_links_to_the_add_in_of_another_computer_are_pointed_to_ours(linked: Machine, saved: bool) -> None:
    (name,) = linked.run("Debug.Print ThisWorkbook.Name")
    links = f'Array("C:\\Users\\anna\\{name}", "C:\\Users\\anna\\Prices.xlsx", "C:\\my{name}", "https://firm/{name.upper()}", ThisWorkbook.FullName)'
    (told,) = linked.run(_OPENED.format(saved=saved, protects=False, links=links))
    (ours,) = linked.run("Debug.Print ThisWorkbook.FullName")
    changed, still_saved, alerts, problem = told.split("|")
    assert changed == f"C:\\Users\\anna\\{name} -> {ours}\nhttps://firm/{name.upper()} -> {ours}\n"
    assert (still_saved, alerts, problem) == (str(saved), "True", "")


def test_a_workbook_without_links_is_left_alone(linked: Machine) -> None:
    assert linked.run(_OPENED.format(saved=True, protects=False, links="Empty")) == ["|True|True|"]


def test_a_link_that_cannot_be_changed_is_told_and_alerts_are_on_again(linked: Machine) -> None:
    (told,) = linked.run(_OPENED.format(saved=True, protects=True, links='Array("C:\\x\\" & ThisWorkbook.Name)'))
    assert told.startswith(
        "|True|True|The INV_ formulas of Plan.xlsx could not be pointed to this add-in: The sheet is protected."
    )
    assert "Change Source" in told
