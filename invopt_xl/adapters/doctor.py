"""Examines an installation: versions, libraries, a place to write, Excel and LibreOffice. Says what to do about what is wrong."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import struct
import sys
import tempfile
from pathlib import Path

from invopt_xl import __version__
from invopt_xl.adapters.addin.machine import Machine, this_machine
from invopt_xl.adapters.check import Check
from invopt_xl.errors import ComputeError

_NEEDED = ("numpy", "pandas", "scipy", "openpyxl", "python-calamine", "fastexcel", "pyarrow", "lxml", "tqdm")
_EXTRAS = {"xlwings": "excel", "lightgbm": "learn", "shap": "learn", "matplotlib": "learn", "holidays": "learn"}


def examine(machine: Machine | None = None, *, in_excel: bool = False) -> list[Check]:
    """Return all checks of this installation, in reading order.

    Parameters
    ----------
    machine : Machine, optional
        The computer; this one unless given.
    in_excel : bool
        Whether Excel is waiting for the answer: then the server need not be tried, for this is it.
    """
    from invopt_xl.adapters.addin.excel_checks import excel_checks
    from invopt_xl.adapters.addin.trial import real_trial

    machine = machine or this_machine()
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
        *_trees(machine),
        _compiled(),
        _writable(),
        *excel_checks(machine, real_trial(in_excel=in_excel)),
        _office(machine),
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


def _trees(machine: Machine) -> list[Check]:
    """Return whether lightgbm, where it is installed, also loads: it needs libraries of the system that no wheel brings."""
    if _version("lightgbm") is None:
        return []
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError) as error:
        found = f"lightgbm is installed but does not load, so plans do without: {str(error).splitlines()[0]}"
    else:
        return [Check("Boosted trees", True, "lightgbm loads")]
    fixes = {
        "win32": "Run the InvOpt XL installer again, or ask IT for the Microsoft Visual C++ Redistributable (x64).",
        "darwin": "Install libomp, with Homebrew: brew install libomp",
    }
    return [
        Check("Boosted trees", False, found, fixes.get(machine.system, "Install libgomp (Debian, Ubuntu: libgomp1)."))
    ]


def _compiled() -> Check:
    """Return whether the kernels are compiled already: a plan that has to compile them takes a minute longer, once."""
    from invopt_xl.adapters.warming import kept_kernels

    try:
        kept = kept_kernels()
    except ComputeError as error:
        return Check("Compiled kernels", False, str(error), "Without them nothing can be planned.")
    except (ImportError, OSError) as error:
        return Check("Compiled kernels", False, f"the engine does not load: {error}", "Install InvOpt XL again.")
    found = f"{kept.compiled} of {kept.all} kept in {kept.folder}"
    if kept.missing:
        found += "; the first plan compiles what it needs (a minute, once), and so does 'invopt addin install'"
    return Check("Compiled kernels", True, found)


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


def _office(machine: Machine) -> Check:
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        return Check("LibreOffice (optional)", True, "not found; only planners without Excel need it")
    pattern = "4/user/uno_packages/cache/uno_packages/*/InvOptXL.oxt"
    put_in = any(next(profile.glob(pattern), None) is not None for profile in _office_profiles(machine))
    extension = "with our extension" if put_in else "without our extension; 'invopt addin install --host calc' adds it"
    return Check("LibreOffice (optional)", True, f"{soffice}, {extension}")


def _office_profiles(machine: Machine) -> tuple[Path, ...]:
    """Return where LibreOffice keeps what belongs to the user, such as extensions."""
    if machine.system == "win32":
        return (machine.app_data / "LibreOffice",)
    if machine.system == "darwin":
        return (machine.home / "Library" / "Application Support" / "LibreOffice",)
    settings = Path(machine.variables.get("XDG_CONFIG_HOME") or machine.home / ".config")
    return (settings / "libreoffice",)
