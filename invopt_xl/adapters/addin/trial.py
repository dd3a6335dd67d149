"""What the doctor tries on a real Windows: starts the server as the add-in does and calls it; reads a file's mark of the web."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from invopt_xl.adapters.addin.excel_checks import Trial

# [s] how long the add-in waits; and between two looks
_LIMIT_SECONDS, _PAUSE_SECONDS = 20.0, 0.2


def real_trial(*, in_excel: bool = False) -> Trial:
    """Return the tries on this computer; they are made on Windows only.

    Parameters
    ----------
    in_excel : bool
        Whether this is the server, answering Excel: that it does is proof enough, and Excel need not wait for another.
    """
    return Trial(server=_answers_now if in_excel else started_and_called, mark=mark_of_the_web)


def _answers_now(program: Path, class_id: str) -> None:
    return None


def mark_of_the_web(path: Path) -> str | None:
    """Return what Windows has noted about where a file came from, or None: an alternate stream beside its content."""
    if sys.platform != "win32":
        return None
    try:
        with open(f"{path}:Zone.Identifier", encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None


def started_and_called(program: Path, class_id: str) -> str | None:
    """Start a server that ends with this process, have it answer once, and end it; return what went wrong, or None."""
    words = [str(program), "-I", "-X", "utf8", "-m", "invopt_xl.adapters.addin.server", class_id]
    try:
        process = subprocess.Popen([*words, "--host", str(os.getpid())], cwd=program.parent, stdin=subprocess.DEVNULL)
    except OSError as error:
        return f"{program} was not started: {error}"
    try:
        return _answer(process, class_id)
    finally:
        process.kill()
        process.wait()


def _answer(process: subprocess.Popen[bytes], class_id: str) -> str | None:
    try:
        pythoncom: Any = importlib.import_module("pythoncom")
        client: Any = importlib.import_module("win32com.client")
    except ImportError as error:
        return f"pywin32 does not load: {error}"
    said = ""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return f"{process.args!r} ended with code {process.returncode}"
        try:
            found = pythoncom.CoCreateInstance(class_id, None, pythoncom.CLSCTX_LOCAL_SERVER, pythoncom.IID_IDispatch)
            answer = str(client.Dispatch(found).Str("ready"))
        except pythoncom.com_error as error:
            said = str(error)
            time.sleep(_PAUSE_SECONDS)
        else:
            return None if answer == "ready" else f"it answered {answer!r}"
    return f"no answer within {_LIMIT_SECONDS:g} seconds ({said})"
