"""Examines an installation: versions, libraries, a place to write. Says what to do about what is wrong."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from invopt_xl import __version__

_NEEDED = ("numpy", "pandas", "scipy", "openpyxl", "python-calamine", "fastexcel", "pyarrow", "lxml", "tqdm")
_EXTRAS = {"xlwings": "excel", "lightgbm": "learn", "shap": "learn", "matplotlib": "learn", "holidays": "learn"}


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    ok: bool
    found: str
    fix: str = ""


def examine() -> list[Check]:
    """Return all checks of this installation, in reading order."""
    bits = struct.calcsize("P") * 8
    return [
        Check("InvOpt XL", True, f"version {__version__} in {Path(__file__).resolve().parent.parent}"),
        Check(
            "Python",
            sys.version_info >= (3, 11),
            f"{platform.python_version()} ({bits} bit) at {sys.executable}",
            "Install Python 3.11 or newer.",
        ),
        Check("System", True, f"{platform.system()} {platform.release()}"),
        *(_library(name) for name in _NEEDED),
        *(_extra(name, extra) for name, extra in _EXTRAS.items()),
        _writable(),
        _office(),
    ]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _library(name: str) -> Check:
    version = _version(name)
    return Check(name, version is not None, version or "not installed", "Run: python install/run.py setup")


def _extra(name: str, extra: str) -> Check:
    version = _version(name)
    return Check(f"{name} (optional)", True, version or f"not installed; 'pip install invopt-xl[{extra}]' adds it")


def _writable() -> Check:
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "probe").write_bytes(b"x")
            free = shutil.disk_usage(folder).free / 2**30
    except OSError as error:
        return Check(
            "Temporary files",
            False,
            f"cannot be written: {error}.",
            "Free some space, or set the variable TMPDIR to a folder that can be written.",
        )
    return Check("Temporary files", free > 0.5, f"{free:.1f} GB free", "Free some space: half a gigabyte is needed.")


def _office() -> Check:
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    return Check("LibreOffice (optional)", True, soffice or "not found; only the project's own tests need it")
