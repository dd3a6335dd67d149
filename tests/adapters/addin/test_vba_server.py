"""The start of Python by VBA, run by an interpreter with Windows played: time limit, one process, what a failure says."""

from __future__ import annotations

import pytest

from invopt_xl.adapters.addin.server import SHARED_CLASS
from invopt_xl.adapters.addin.sources import read_sources
from tests.adapters.addin.vba_machine import Machine

_SET = r"""
Clock = DateSerial(2026, 1, 5): StartWorks = True: Replies = Array("a", "b", "c", "d"): Turn = 0
Files = "<" & ThisWorkbook.Path & "\python\pythonw.exe>"
"""
_CALL = 'CallFunction("m", "F", Array(1))'
_TRY = f"On Error Resume Next\nDim found As Variant\nfound = {_CALL}\nDebug.Print Err.Description\nOn Error GoTo 0\n"


@pytest.fixture
def machine() -> Machine:
    return Machine("InvOptServer", stand_ins=("windows",))


def test_one_process_is_started_and_kept(machine: Machine) -> None:
    printed = machine.run(
        f"{_SET}ReadyAfter = 3\nDebug.Print {_CALL} & {_CALL} & {_CALL}\nDebug.Print Started & Connections\nDebug.Print Log"
    )
    assert printed[:2] == ["abc", "11"]
    # 4711 as twelve hexadecimal digits
    assert "-m invopt_xl.adapters.addin.server {6F1C2B52-8D0B-5D0E-9C6B-000000001267} --host 4711" in printed[2]
    assert "pythonw.exe -I -X utf8 -m" in printed[2]
    assert "cmd" not in printed[2]


def test_the_start_has_a_time_limit_and_says_what_to_do(machine: Machine) -> None:
    printed = machine.run(f'{_SET}ReadyAfter = 1000\n{_TRY}Debug.Print DateDiff("s", DateSerial(2026, 1, 5), Clock)')
    assert "did not answer within 20 seconds" in printed[0]
    assert "Next step: try again in a minute" in printed[0]
    assert "server.log" in printed[0]
    assert printed[1].strip() == "20"


def test_after_a_failed_start_cells_do_not_wait_again_for_a_minute(machine: Machine) -> None:
    machine.run(f"{_SET}ReadyAfter = 1000\n{_TRY}")
    printed = machine.run(f'{_TRY}Debug.Print Started & " " & DateDiff("s", DateSerial(2026, 1, 5), Clock)')
    assert "did not answer" in printed[0]
    assert printed[1] == "1 20"
    printed = machine.run(
        f'Clock = DateAdd("s", 60, Clock): ReadyAfter = 1\nDebug.Print {_CALL} & Started & "|" & Problem & "|"'
    )
    assert printed == ["a2||"] or printed == ["a1||"]


def test_a_start_stopped_with_escape_says_so_and_may_begin_again_at_once(machine: Machine) -> None:
    printed = machine.run(f"{_SET}ReadyAfter = 5: Interrupts = True\n{_TRY}Debug.Print {_CALL}")
    assert "stopped with Esc" in printed[0]
    assert printed[1] == "a"


def test_forgetting_ends_the_rest_after_a_failure(machine: Machine) -> None:
    machine.run(f"{_SET}ReadyAfter = 1000\n{_TRY}")
    assert machine.run(f"Forget\nReadyAfter = 1\nDebug.Print {_CALL}") == ["a"]


@pytest.mark.parametrize("number", [-2147023174, -2147023170, -2147417848, 462])
def test_a_process_that_died_is_found_or_started_again_once(machine: Machine, number: int) -> None:
    body = f'{_SET}ReadyAfter = 1: Replies = Array("a", "raise {number}", "c", "raise {number}", "raise {number}")\n'
    assert machine.run(f"{body}Debug.Print {_CALL} & {_CALL} & Connections") == ["ac2"]
    assert machine.run(f"{_TRY}Debug.Print Turn")[1].strip() == "5"


def test_an_error_of_python_does_not_start_another_process(machine: Machine) -> None:
    body = f'{_SET}ReadyAfter = 1: Replies = Array("a", "raise 13", "c")\n'
    printed = machine.run(
        f'{body}Debug.Print {_CALL}\n{_TRY}Debug.Print Connections & " " & Problem\nDebug.Print {_CALL} & Problem'
    )
    assert printed == ["a", "planted fault", "1 planted fault", "c"]


def test_a_server_started_by_hand_is_used_before_one_is_started(machine: Machine) -> None:
    printed = machine.run(f"{_SET}SharedRuns = True\nDebug.Print {_CALL} & Started")
    assert printed == ["a0"]
    assert f'"{SHARED_CLASS}"' in read_sources().modules["InvOptServer.bas"]


def test_a_forbidden_start_names_the_rule(machine: Machine) -> None:
    (printed,) = machine.run(f"{_SET}StartWorks = False\n{_TRY}")
    assert "A company rule may forbid Office to start programs." in printed
    assert "InvOpt XL server" in printed


def test_a_missing_python_names_the_folder(machine: Machine) -> None:
    (printed,) = machine.run(f'{_SET}Files = ""\n{_TRY}')
    assert "own Python was not found" in printed
    assert "run the InvOpt XL installer again" in printed


def test_without_the_bridge_com_is_asked_itself(machine: Machine) -> None:
    printed = machine.run(
        f"{_SET}Blocked = True: ReadyAfter = 3\nDebug.Print {_CALL} & {_CALL}\nDebug.Print ByCom & Started & Connections"
    )
    assert printed == ["ab", "111"]


def test_with_the_bridge_com_is_not_asked_past_it(machine: Machine) -> None:
    printed = machine.run(f"{_SET}ReadyAfter = 3\nDebug.Print {_CALL}\nDebug.Print ByCom")
    assert [each.strip() for each in printed] == ["a", "0"]


@pytest.mark.parametrize(
    "place",
    [
        'ThisWorkbook.Path & "\\python\\pythonw.exe"',
        '"C:\\Users\\me\\AppData\\Local\\InvOptXL\\python\\Scripts\\pythonw.exe"',
    ],
)
def test_python_is_found_beside_the_add_in_and_in_the_usual_place(machine: Machine, place: str) -> None:
    printed = machine.run(
        f'{_SET}ReadyAfter = 1: Files = "<" & {place} & ">"\nDebug.Print {_CALL}\nDebug.Print InStr(Log, {place}) > 0'
    )
    assert printed == ["a", "True"]


_ACT = 'CallText("ribbon", "create_orders", Array("Book1", "yes"), True)'


def test_an_action_sends_its_texts_and_returns_the_reply(machine: Machine) -> None:
    printed = machine.run(f'{_SET}ReadyAfter = 1: Replies = Array("done")\nDebug.Print {_ACT}\nDebug.Print Log')
    assert printed[0] == "done"
    assert "ribbon.create_orders(Book1;yes)" in printed[1]


def test_a_server_that_died_before_an_action_is_replaced_and_the_action_called_once(machine: Machine) -> None:
    printed = machine.run(
        f'{_SET}ReadyAfter = 1: Replies = Array("one", "two")\nDebug.Print {_ACT}\nDied = True\nDebug.Print {_ACT}\nDebug.Print Turn & Connections'
    )
    assert printed == ["one", "two", "22"]


def test_an_action_during_which_the_server_died_is_not_repeated(machine: Machine) -> None:
    body = f'{_SET}ReadyAfter = 1: Replies = Array("raise -2147023174", "again")\n{_TRY.replace(_CALL, _ACT)}Debug.Print Turn'
    printed = machine.run(body)
    assert "Python ended before it had answered." in printed[0]
    assert "press Restore first" in printed[0]
    assert printed[1].strip() == "1"


def test_progress_of_a_dead_server_starts_no_other(machine: Machine) -> None:
    progress = 'CallText("ribbon", "progress", Array("Book1"), False)'
    machine.run(f'{_SET}ReadyAfter = 1: Replies = Array("working", "done")\nDebug.Print {_ACT}')
    printed = machine.run(f"Died = True\n{_TRY.replace(_CALL, progress)}Debug.Print Connections")
    assert "Python ended before it had answered." in printed[0]
    assert printed[1].strip() == "1"


def test_escape_during_an_action_stays_an_escape(machine: Machine) -> None:
    body = f'{_SET}ReadyAfter = 1: Replies = Array("raise 18")\nOn Error Resume Next\nDim found As Variant\nfound = {_ACT}\nDebug.Print Err.Number'
    assert machine.run(body)[0].strip() == "18"


def test_the_report_needs_no_python(machine: Machine) -> None:
    (report,) = machine.run(f'{_SET}Files = "": Host.Version = "16.0"\nDebug.Print Report()')
    assert "Python: not found" in report
    assert "server.log" in report
    (report,) = machine.run(f"{_SET}Debug.Print Report()")
    assert "pythonw.exe" in report
    assert ".dll is missing in" in report
