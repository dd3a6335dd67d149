"""The process that the add-in starts: its class id, its end with Excel, its log."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from invopt_xl.adapters.addin import server
from invopt_xl.adapters.addin.server import SHARED_CLASS, log_file, main
from invopt_xl.errors import SettingError

_CLASS = "{6F1C2B52-8D0B-5D0E-9C6B-000000001267}"


def test_excels_class_id_is_served(tmp_path: Path) -> None:
    served: list[str] = []
    assert main([_CLASS, "--log", str(tmp_path / "logs" / "server.log")], serve=served.append) == 0
    assert served == [_CLASS]
    assert (tmp_path / "logs" / "server.log").exists()


def test_a_shared_server_has_the_class_id_that_the_add_in_looks_for(tmp_path: Path) -> None:
    served: list[str] = []
    assert main(["--shared", "--log", str(tmp_path / "server.log")], serve=served.append) == 0
    assert served == [SHARED_CLASS]


@pytest.mark.parametrize("given", [[], ["4711"], ["{6F1C2B52-8D0B}"], [_CLASS[1:-1]]])
def test_what_is_no_class_id_is_refused_in_the_log(tmp_path: Path, given: list[str]) -> None:
    log = tmp_path / "server.log"
    assert main([*given, "--log", str(log)], serve=lambda _: None) == SettingError.exit_code
    assert "is no class id" in log.read_text(encoding="utf-8")


def test_the_server_ends_with_excel(tmp_path: Path) -> None:
    ended, left = threading.Event(), threading.Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    def serve(_: str) -> None:
        assert not left.is_set()
        ended.set()
        assert left.wait(10)

    arguments = [_CLASS, "--host", "4711", "--log", str(tmp_path / "server.log")]
    main(arguments, serve=serve, host_ended=lambda _: ended.wait(10) and None, leave=leave)
    assert codes == [0]
    assert "Process 4711 ended" in (tmp_path / "server.log").read_text(encoding="utf-8")


def test_an_excel_that_cannot_be_watched_is_still_answered(tmp_path: Path) -> None:
    tried = threading.Event()

    def refuse(_: int) -> None:
        tried.set()
        raise PermissionError("access denied")

    served: list[str] = []
    arguments = [_CLASS, "--host", "4711", "--log", str(tmp_path / "server.log")]
    main(arguments, serve=lambda name: served.append(name) if tried.wait(10) else None, host_ended=refuse)
    assert served == [_CLASS]


def test_a_failure_is_written_down_and_not_swallowed(tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        main([_CLASS, "--log", str(tmp_path / "server.log")], serve=fail)
    assert "RuntimeError: planted" in (tmp_path / "server.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("shared", [True, False])
def test_only_a_shared_server_stays_when_excel_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    alive: list[object] = []
    during: list[int] = []

    class Held:
        def __init__(self, thing: object) -> None:
            alive.append(thing)

        def __del__(self) -> None:
            alive.pop()

    xlwings, util = ModuleType("xlwings"), ModuleType("win32com.server.util")
    xlwings.serve = lambda _: during.append(len(alive))  # type: ignore[attr-defined]
    util.wrap = Held  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xlwings", xlwings)
    monkeypatch.setitem(sys.modules, "win32com.server.util", util)
    monkeypatch.setattr(server.sys, "platform", "win32")
    assert main(["--shared" if shared else _CLASS, "--log", str(tmp_path / "server.log")]) == 0
    assert during == [int(shared)]
    assert alive == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the server")
def test_elsewhere_than_on_windows_it_says_so(tmp_path: Path) -> None:
    pytest.importorskip("xlwings")
    assert main([_CLASS, "--log", str(tmp_path / "server.log")]) == SettingError.exit_code
    assert "Windows only" in (tmp_path / "server.log").read_text(encoding="utf-8")


def test_the_log_is_where_the_add_in_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/users/me/local")
    assert log_file() == Path("/users/me/local/InvOptXL/logs/server.log")


def test_it_starts_without_a_library_that_it_does_not_need_and_can_load_it_later() -> None:
    pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra 'learn')")
    code = (
        "import sys\n"
        "from invopt_xl.adapters.addin import server\n"
        "from invopt_xl.errors import SettingError\n"
        "try: server._xlwings_server(stay=False)\n"
        "except SettingError: pass\n"
        "assert 'xlwings' in sys.modules and 'matplotlib' not in sys.modules\n"
        "import matplotlib, xlwings\n"
        "assert xlwings.main.mpl is None\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
