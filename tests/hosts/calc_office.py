"""A real headless LibreOffice for the tests: one process per test process, with a profile and a pipe of its own, started by the first test.

`office()` has the extension in it, put there by `invopt addin install --host calc`; `plain_office()` has not. The office is driven by
`calc_bridge.py` in the Python that has `uno`.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from invopt_xl.adapters.calc_addin.command import install
from invopt_xl.adapters.calc_addin.office import Office, find_office, for_office
from tests.libreoffice import SOFFICE, needs_libreoffice

_BRIDGE = Path(__file__).with_name("calc_bridge.py")
#: Calc's numbers of the error values that Excel has too.
ERRORS = {
    521: "#NULL!",
    532: "#DIV/0!",
    519: "#VALUE!",
    524: "#REF!",
    525: "#NAME?",
    503: "#NUM!",
    32767: "#N/A",
}


@cache
def uno_python() -> str | None:
    """Return a Python that can drive the office, or None."""
    for place in (os.environ.get("INVOPT_UNO_PYTHON"), "/usr/bin/python3", shutil.which("python3")):
        if place and subprocess.run([place, "-c", "import uno"], capture_output=True, check=False).returncode == 0:
            return place
    return None


def needs_calc() -> None:
    """Skip where LibreOffice or its Python is missing; fail where it was promised."""
    needs_libreoffice()
    if uno_python() is None:
        if os.environ.get("INVOPT_REQUIRE_LIBREOFFICE"):
            pytest.fail("LibreOffice is required here, and no Python with the module uno was found (python3-uno)")
        pytest.skip("no Python with the module uno on this machine (python3-uno)")


class CalcOffice:
    """A running office."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        assert SOFFICE
        self.folder = folder
        name = f"invopt-{uuid.uuid4().hex}"
        options = ["--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={name};urp;"]
        self._office = subprocess.Popen(
            [SOFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        bridge = uno_python()
        assert bridge
        self._bridge = subprocess.Popen(
            [bridge, "-I", str(_BRIDGE), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, what: str, *arguments: Any) -> Any:
        """Return the result of one of the bridge's functions."""
        assert self._bridge.stdin is not None
        assert self._bridge.stdout is not None
        self._bridge.stdin.write(json.dumps({"do": what, "with": arguments}) + "\n")
        self._bridge.stdin.flush()
        reply = json.loads(self._bridge.stdout.readline())
        if "error" in reply:
            raise RuntimeError(f"{what}: {reply['error']}")
        return reply["result"]

    def ask(self, document: int, formula: str, *, sheet: str = "Sheet1", cell: str = "A1") -> Any:
        """Return what a cell shows for a formula, in the form of `situations`."""
        return shown(self.do("ask", document, sheet, [(cell, formula)])[0])

    def close(self) -> None:
        """End it."""
        assert self._bridge.stdin is not None
        assert self._bridge.stdout is not None
        # the bridge ends the office when it is asked nothing more
        self._bridge.stdin.close()
        self._bridge.wait(timeout=30)
        self._bridge.stdout.close()
        try:
            self._office.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._office.terminate()
            self._office.wait()


def shown(cells: Sequence[Sequence[Sequence[Any]]]) -> Any:
    """Return cells of the bridge as an answer in the form of `situations`: one cell as its value, more as rows."""
    rows = tuple(tuple(_value(*cell) for cell in row) for row in cells)
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def _value(kind: str, value: Any) -> Any:
    if kind == "error":
        return "\x01" + ERRORS.get(value, f"Err:{value}")
    return value


@cache
def office() -> CalcOffice:
    """Return the office of this test process, with the extension."""
    needs_calc()
    folder = new_folder()
    said = install(office=Office(unopkg(folder), folder / "profile"), interpreter=sys.executable)
    assert "InvOptXL.oxt" in said
    return _started(folder)


@cache
def plain_office() -> CalcOffice:
    """Return an office of this test process without the extension."""
    needs_calc()
    return _started(new_folder())


def new_folder() -> Path:
    """Return a folder that is removed at the end. Not below pytest's own, which only its user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="invopt-calc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _started(folder: Path) -> CalcOffice:
    # the worker's log goes beside the profile
    started = CalcOffice(
        folder, {**for_office(os.environ, system=sys.platform), "XDG_STATE_HOME": str(folder / "state")}
    )
    atexit.register(started.close)
    return started


def unopkg(folder: Path) -> Path:
    """Return the office's `unopkg`; for root, whom it refuses, a script in the folder that runs it as nobody."""
    found = find_office().unopkg
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return found
    # a user of a namespace of its own still has root's files; where that is not allowed, nobody must be let into the folder
    folder.chmod(0o777)
    script = folder / "unopkg"
    script.write_text(
        f"""#!/bin/sh
if unshare --user true 2>/dev/null; then exec unshare --user "{found}" "$@"; fi
for word in "$@"; do
  shift
  case "$word" in *.oxt) cp "$word" "{folder}/"; word="{folder}/$(basename "$word")"; chmod 644 "$word";; esac
  set -- "$@" "$word"
done
HOME="{folder}" exec setpriv --reuid=65534 --regid=65534 --clear-groups "{found}" "$@"
"""
    )
    script.chmod(0o755)
    return script
