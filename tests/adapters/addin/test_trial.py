"""The doctor's tries: a server that ends, answers late, or answers wrongly; and what tells whether Excel is open."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from invopt_xl.adapters.addin import machine, trial

_CLASS = "{6F1C2B52-8D0B-5D0E-9C6B-000000001267}"


class _ComError(Exception):
    pass


def _com(monkeypatch: pytest.MonkeyPatch, *, refusals: int, answer: str) -> list[str]:
    """Put made-up pywin32 modules in place; the first calls are refused as long as the server starts."""
    asked: list[str] = []

    def create(class_id: str, *_: Any) -> SimpleNamespace:
        asked.append(class_id)
        if len(asked) <= refusals:
            raise _ComError("class not registered")
        return SimpleNamespace(Str=lambda text: answer)

    pythoncom: Any = ModuleType("pythoncom")
    pythoncom.com_error, pythoncom.CoCreateInstance = _ComError, create
    pythoncom.CLSCTX_LOCAL_SERVER, pythoncom.IID_IDispatch = 4, "IDispatch"
    client: Any = ModuleType("win32com.client")
    client.Dispatch = lambda found: found
    for name, module in (("pythoncom", pythoncom), ("win32com", ModuleType("win32com")), ("win32com.client", client)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(trial, "_PAUSE_SECONDS", 0.0)
    return asked


class _Process:
    args, returncode = "pythonw", 2

    def __init__(self, ended: int | None = None) -> None:
        self.ended = ended

    def poll(self) -> int | None:
        return self.ended


def _answer(process: _Process) -> str | None:
    return trial._answer(process, _CLASS)  # type: ignore[arg-type]


def test_a_server_that_answers_after_a_while_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _com(monkeypatch, refusals=3, answer="ready")
    assert _answer(_Process()) is None
    assert asked == [_CLASS] * 4


def test_a_server_that_answers_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _com(monkeypatch, refusals=0, answer="what?")
    assert "what?" in str(_answer(_Process()))


def test_a_server_that_ended_is_told_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    _com(monkeypatch, refusals=9, answer="ready")
    assert "ended with code 2" in str(_answer(_Process(ended=2)))


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    _com(monkeypatch, refusals=10**9, answer="ready")
    monkeypatch.setattr(trial, "_LIMIT_SECONDS", 0.01)
    said = str(_answer(_Process()))
    assert "no answer within 0.01 seconds" in said
    assert "class not registered" in said


def test_a_python_without_pywin32_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythoncom", None)
    assert "pywin32 does not load" in str(_answer(_Process()))


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    assert "was not started" in str(trial.started_and_called(tmp_path / "pythonw.exe", _CLASS))


def test_the_server_itself_starts_no_other(tmp_path: Path) -> None:
    assert trial.real_trial(in_excel=True).server(tmp_path / "pythonw.exe", _CLASS) is None
    assert trial.real_trial().server(tmp_path / "pythonw.exe", _CLASS) is not None


def test_without_windows_no_file_bears_a_mark(tmp_path: Path) -> None:
    assert trial.mark_of_the_web(tmp_path) is None


@pytest.mark.parametrize(
    ("system", "said", "open_"),
    [
        ("win32", '"EXCEL.EXE","4711","Console","1","200,000 K"\r\n', True),
        ("win32", "INFO: No tasks are running which match the specified criteria.\r\n", False),
        ("darwin", "812\n", True),
        ("darwin", "", False),
        ("linux", '"EXCEL.EXE"', False),
    ],
)
def test_excel_is_open_when_the_system_lists_it(
    monkeypatch: pytest.MonkeyPatch, system: str, said: str, open_: bool
) -> None:
    monkeypatch.setattr(machine, "_said", lambda words: said)
    monkeypatch.setattr(machine.sys, "platform", system)
    assert machine._excel_runs() is open_


def test_a_listing_program_that_is_missing_says_nothing() -> None:
    assert machine._said(["no-such-program-here"]) == ""


def test_a_python_started_through_the_link_knows_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "python")
    monkeypatch.setattr(machine.sys, "prefix", str(tmp_path / "link"))
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    assert machine.this_machine().python_home == (tmp_path / "python").resolve()


def test_this_computer_is_described_as_it_is() -> None:
    here = machine.this_machine()
    assert here.system == sys.platform
    assert here.python_home == Path(sys.prefix)
    assert not here.excel_runs()
