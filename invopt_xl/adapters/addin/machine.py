"""The computer as the installer and the doctor see it: system, folders, registry, whether Excel runs. Tests give their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invopt_xl.adapters.addin.actions import Shortcut
from invopt_xl.adapters.addin.registry import Registry
from invopt_xl.errors import SettingError

# [s]; listing processes takes well under one
_LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Machine:
    """One computer, and the Python on it that runs us.

    Parameters
    ----------
    system : str
        As `sys.platform` has it: "win32", "darwin", "linux".
    home : Path
        The user's home folder.
    python_home : Path
        `sys.prefix` of the Python that is to answer Excel.
    variables : dict of str to str
        Environment variables.
    registry : Registry or None
        None where there is none.
    excel_runs : callable
        Returns whether Excel of this user is open.
    write_shortcut : callable or None
        Writes a .lnk file.
    """

    system: str
    home: Path
    python_home: Path
    variables: dict[str, str]
    registry: Registry | None
    excel_runs: Callable[[], bool]
    write_shortcut: Callable[[Shortcut], None] | None

    @property
    def root(self) -> Path:
        """The folder of everything that an installation makes.

        Raises
        ------
        SettingError
            Excel does not run on this system.
        """
        if self.system == "win32":
            return self.local_app_data / "InvOptXL"
        if self.system == "darwin":
            return self.home / "Library" / "Application Support" / "InvOpt XL"
        raise SettingError(
            "Add-in: Excel runs on Windows and macOS only. Here, --host calc installs the functions into LibreOffice."
        )

    @property
    def versions(self) -> Path:
        """The folder with one folder per installed version."""
        return self.root / "versions"

    @property
    def is_private(self) -> bool:
        """Whether this Python was made by the installer, so that it belongs to the add-in alone."""
        return self.python_home.name == "python" and _same(self.python_home.parent.parent, self.versions)

    @property
    def local_app_data(self) -> Path:
        return Path(self.variables.get("LOCALAPPDATA") or self.home / "AppData" / "Local")

    @property
    def app_data(self) -> Path:
        return Path(self.variables.get("APPDATA") or self.home / "AppData" / "Roaming")


def this_machine() -> Machine:
    """Return the computer that this runs on."""
    registry: Registry | None = None
    if sys.platform == "win32":
        from invopt_xl.adapters.addin.registry import WindowsRegistry

        registry = WindowsRegistry()
    return Machine(
        system=sys.platform,
        home=Path.home(),
        # on a Mac it is started through the link that an installation moves
        python_home=Path(os.path.realpath(sys.prefix) if sys.platform == "darwin" else sys.prefix),
        variables=dict(os.environ),
        registry=registry,
        excel_runs=_excel_runs,
        write_shortcut=_write_shortcut if sys.platform == "win32" else None,
    )


def _same(one: Path, other: Path) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def _excel_runs() -> bool:
    """Return whether Excel of this user is open; no when the system does not tell."""
    if sys.platform == "win32":
        who = f"{os.environ.get('USERDOMAIN', '')}\\{os.environ.get('USERNAME', '')}"
        words = ["tasklist", "/NH", "/FO", "CSV", "/FI", "IMAGENAME eq EXCEL.EXE", "/FI", f"USERNAME eq {who}"]
        return '"EXCEL.EXE"' in _said(words).upper()
    if sys.platform == "darwin":
        return bool(_said(["pgrep", "-x", "-U", str(os.getuid()), "Microsoft Excel"]).strip())
    return False


def _said(words: list[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, timeout=_LIMIT_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _write_shortcut(shortcut: Shortcut) -> None:
    """Write a .lnk through Windows' own scripting object."""
    import importlib

    client: Any = importlib.import_module("win32com.client")
    link = client.Dispatch("WScript.Shell").CreateShortcut(str(shortcut.path))
    link.TargetPath = str(shortcut.program)
    link.Arguments = shortcut.arguments
    link.WorkingDirectory = str(shortcut.program.parent)
    link.Description = shortcut.description
    link.Save()
