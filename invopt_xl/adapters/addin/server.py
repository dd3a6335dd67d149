"""What the add-in starts on Windows: one Python process that answers one Excel, through xlwings' COM server.

    pythonw -I -X utf8 -m invopt_xl.adapters.addin.server {CLASS-ID} --host 4711

The class id is the name under which Excel finds the process; `--host` is Excel's process id: when that process ends, so
does this one, even if Excel crashed. Where a company forbids Office to start programs, `--shared` starts a server by
hand (or at logon) that any Excel of the user finds.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import logging.handlers
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from invopt_xl.errors import InvOptError, SettingError

#: The class id of a server that was not started by Excel; the same text stands in InvOptServer.bas.
SHARED_CLASS = "{6F1C2B52-8D0B-5D0E-9C6B-1A7E50C5D001}"
_CLASS_ID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
# the log keeps three files of this size [bytes]
_LOG_SIZE, _LOG_FILES = 1_000_000, 2
# Windows: the right to wait for a process, and to wait without end
_SYNCHRONIZE, _FOREVER = 0x00100000, 0xFFFFFFFF

_LOG = logging.getLogger(__name__)


def main(
    arguments: Sequence[str] | None = None,
    *,
    serve: Callable[[str], None] | None = None,
    host_ended: Callable[[int], None] | None = None,
    leave: Callable[[int], object] = os._exit,
) -> int:
    """Answer Excel until it ends; return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line, without the program.
    serve : callable, optional
        Answers calls to a class id until told to stop; xlwings' COM server unless given.
    host_ended : callable, optional
        Returns when the process of an id has ended; Windows' own waiting unless given.
    leave : callable
        Ends this process at once with an exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m invopt_xl.adapters.addin.server", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "class_id", nargs="?", help="name under which Excel finds this process, {8-4-4-4-12 hex digits}"
    )
    parser.add_argument("--host", type=int, help="process id of Excel; this process ends with it")
    parser.add_argument(
        "--shared", action="store_true", help="serve any Excel of this user, started by hand or at logon"
    )
    parser.add_argument("--log", type=Path, default=log_file(), help="log file (default: %(default)s)")
    given = parser.parse_args(arguments)
    with _logged_to(given.log):
        try:
            class_id = _class_id(given.class_id, shared=given.shared)
            if given.host is not None:
                wait = host_ended or _wait_for_process
                threading.Thread(target=_leave_with, args=(given.host, wait, leave), daemon=True).start()
            (serve or _xlwings_server(stay=given.shared))(class_id)
        except InvOptError as error:
            _LOG.error("%s", error)
            return error.exit_code
        except Exception:
            _LOG.exception("The server stopped.")
            raise
    return 0


def log_file() -> Path:
    """Return where the server writes what went wrong."""
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return home / "InvOptXL" / "logs" / "server.log"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / "InvOptXL" / "server.log"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "invoptxl" / "server.log"


def _class_id(given: str | None, *, shared: bool) -> str:
    if shared:
        return SHARED_CLASS
    if given is None or not _CLASS_ID.fullmatch(given):
        raise SettingError(
            f"Server: {given!r} is no class id. Let Excel start the server, or start it by hand with --shared."
        )
    return given


@contextlib.contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Log to a file meanwhile: a process without a window has nowhere else to write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_SIZE, backupCount=_LOG_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def _leave_with(host: int, wait: Callable[[int], None], leave: Callable[[int], object]) -> None:
    try:
        wait(host)
    except OSError as error:
        # a host that cannot be watched still gets its answers; it ends the server by letting go of it
        _LOG.warning("Process %s cannot be watched: %s", host, error)
        return
    _LOG.info("Process %s ended, and this one with it.", host)
    leave(0)


def _wait_for_process(process_id: int) -> None:
    """Return when a process of Windows has ended; at once when there is none of that id."""
    if sys.platform != "win32":
        raise OSError("processes of Excel are waited for on Windows only")
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, process_id)
    if not handle:
        error = ctypes.get_last_error()
        if error == 87:  # ERROR_INVALID_PARAMETER: no such process
            return
        raise ctypes.WinError(error)
    kernel.WaitForSingleObject(handle, _FOREVER)


class _Kept:
    """An object for COM that can do nothing."""

    _public_methods_: ClassVar[list[str]] = []


def _xlwings_server(*, stay: bool) -> Callable[[str], None]:
    """Return xlwings' COM server; with `stay` it goes on when the last Excel has let go of it."""
    try:
        with _without("matplotlib"):
            import xlwings
    except ImportError as error:
        raise SettingError(
            f"Server: xlwings is not installed in {sys.prefix} ({error}). Run the InvOpt XL installer again."
        ) from error
    serve: Callable[[str], None] | None = vars(xlwings).get("serve")
    if serve is None or sys.platform != "win32":
        raise SettingError("Server: it serves Excel on Windows only. On a Mac the buttons start Python by themselves.")
    return _staying(serve) if stay else serve


@contextlib.contextmanager
def _without(library: str) -> Iterator[None]:
    """Have imports of a library fail meanwhile, unless it is loaded already.

    xlwings loads matplotlib wherever it is installed, for pictures that the add-in does not make: half of the time until the first answer.
    """
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[library]


def _staying(serve: Callable[[str], None]) -> Callable[[str], None]:
    def serve_on(class_id: str) -> None:
        util = importlib.import_module("win32com.server.util")
        # pywin32 ends a server when its last object is let go of (EnableQuitMessage); nobody can let go of this one
        kept = util.wrap(_Kept())
        serve(class_id)
        del kept

    return serve_on


if __name__ == "__main__":
    sys.exit(main())
