"""What `invopt doctor` looks at on a computer with Excel: the add-in's registration, what answers it, and what may forbid either.

Everything is read only; nothing is mended here. What a company has decided (policies) is named as such: only IT changes it.
"""

from __future__ import annotations

import ntpath
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from invopt_xl.adapters.addin.command import addin_bytes
from invopt_xl.adapters.addin.excel_registration import (
    ADD_IN_MANAGER,
    EXCEL,
    FILE_NAME,
    OWN_SETTINGS,
    TRUSTED_LOCATIONS,
    locations,
)
from invopt_xl.adapters.addin.installing import (
    addin_file,
    mac_python_link,
    mac_script,
    registered_file,
    second_copies,
    windowless_python,
)
from invopt_xl.adapters.addin.machine import Machine
from invopt_xl.adapters.addin.registry import Registry, number, text
from invopt_xl.adapters.addin.sources import read_sources
from invopt_xl.adapters.check import Check

_AGAIN = "Run the InvOpt XL installer again."
_CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
# the key's own value, whose name is empty
_EXCEL_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0"
_ASR_RULES = (
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
)
# "Block all Office applications from creating child processes"; learn.microsoft.com, attack surface reduction rules reference
_NO_CHILDREN = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
_MACROS = {1: "all run", 2: "off, with a notification", 3: "off unless signed", 4: "off, without a word"}
# what numba and lightgbm need and do not bring; the installer lays them beside python.exe where Windows has none
_RUNTIMES = ("msvcp140.dll", "vcomp140.dll")


@dataclass(frozen=True)
class Trial:
    """What the doctor tries beyond reading.

    Parameters
    ----------
    server : callable
        Takes a Python program and a class id; starts the server as the add-in does, calls it once and returns nothing
        when it answered, else what went wrong.
    mark : callable
        Returns the mark of the web of a file, or None.
    """

    server: Callable[[Path, str], str | None]
    mark: Callable[[Path], str | None]


def excel_checks(machine: Machine, trial: Trial) -> list[Check]:
    """Return the checks of Excel and the add-in on this computer; on a system without Excel, one that says so."""
    if machine.system == "darwin":
        return _mac_checks(machine)
    if machine.system != "win32" or machine.registry is None:
        return [
            Check(
                "Excel",
                True,
                "its checks are left out: Excel runs on Windows and macOS only. LibreOffice can have the functions: invopt addin install --host calc",
            )
        ]
    registry = machine.registry
    excel = _excel(registry)
    if excel is None:
        return [
            Check(
                "Excel",
                True,
                "not found on this computer, so its checks are left out. One from the Microsoft Store keeps its own registry: tick the add-in there by hand",
            )
        ]
    home = _python_that_answers(machine, registry)
    checks = [
        excel,
        _registered(machine, registry),
        *_same_version(machine, registry),
        _disabled(registry),
        _bridge(registry, home),
        _server(home, trial),
        *_marks(machine, registry, home, trial),
        _trusted(machine, registry),
        _macros(registry),
        _startup(machine),
        _children(registry),
        _runtimes(machine, home),
    ]
    if machine.is_private or registered_file(registry) is not None:
        return checks
    # a Python that was never meant for Excel has no problem; what is missing is only told
    return [replace(each, ok=True, fix="") for each in checks]


def _excel(registry: Registry) -> Check | None:
    version = text(registry, _CLICK_TO_RUN, "VersionToReport")
    path = text(registry, _EXCEL_PATH, "")
    if version is None and path is None and not registry.keys(EXCEL):
        return None
    bits = excel_bits(registry)
    return Check(
        "Excel",
        True,
        f"version {version or '(not told)'}, {f'{bits} bit' if bits else 'bitness not told'}, at {path or '(not told)'}",
    )


def excel_bits(registry: Registry) -> int | None:
    """Return whether Excel is a program of 32 or 64 bits, or None when nothing tells."""
    platform = text(registry, _CLICK_TO_RUN, "Platform")
    bitness = text(registry, r"HKLM\SOFTWARE\Microsoft\Office\16.0\Outlook", "Bitness")
    for word in (platform, bitness):
        if word is not None and word.casefold() in ("x64", "x86"):
            return 64 if word.casefold() == "x64" else 32
    path = text(registry, _EXCEL_PATH, "")
    if path is None:
        return None
    return 32 if "(x86)" in path else 64


def _registered(machine: Machine, registry: Registry) -> Check:
    path = registered_file(registry)
    if path is None:
        unticked = any(
            ntpath.basename(name).casefold() == FILE_NAME.casefold() for name in registry.values(ADD_IN_MANAGER)
        )
        if unticked:
            return Check(
                "Add-in in Excel",
                False,
                "known, but not ticked",
                "In Excel: File, Options, Add-ins, Manage: Excel Add-ins, Go, tick Invoptxl.",
            )
        return Check("Add-in in Excel", False, "Excel does not know it", _AGAIN)
    if not _local(path, machine).is_file():
        return Check("Add-in in Excel", False, f"Excel looks for {path}, which is not there", _AGAIN)
    return Check("Add-in in Excel", True, f"opened from {path} when Excel starts")


def _same_version(machine: Machine, registry: Registry) -> list[Check]:
    path = registered_file(registry)
    if path is None or not _local(path, machine).is_file():
        return []
    same = _local(path, machine).read_bytes() == addin_bytes(read_sources())
    return [
        Check(
            "Add-in's version",
            same,
            "the same as this package" if same else f"{path} was not made by this package",
            "Run the installer again, or: invopt addin install. Excel must be closed.",
        )
    ]


def _local(path: str, machine: Machine) -> Path:
    """Return the file that an entry names; a bare name lies in the user's AddIns folder."""
    if "\\" in path or "/" in path:
        return Path(PureWindowsPath(path).as_posix())
    return machine.app_data / "Microsoft" / "AddIns" / path


def _disabled(registry: Registry) -> Check:
    key = EXCEL + r"\Resiliency\DisabledItems"
    for value in registry.values(key).values():
        if isinstance(value.data, bytes) and FILE_NAME.casefold() in _readable(value.data):
            return Check(
                "Disabled items",
                False,
                "Excel has disabled the add-in, as it does after a crash",
                "In Excel: File, Options, Add-ins, Manage: Disabled Items, Go, choose InvOptXL, Enable; then restart Excel.",
            )
    return Check("Disabled items", True, "the add-in is not among them")


def _readable(data: bytes) -> str:
    # the path stands in UTF-16 somewhere in it, at an even or an odd place
    return "".join(data[start:].decode("utf-16-le", "replace").casefold() for start in (0, 1))


def _python_that_answers(machine: Machine, registry: Registry) -> Path | None:
    """Return the folder of the Python that the add-in starts, looked for where the add-in looks."""
    path = registered_file(registry)
    beside = [] if path is None else [str(_local(path, machine).parent / "python")]
    named = text(registry, OWN_SETTINGS + r"\Install", "Python")
    folders = [
        Path(PureWindowsPath(each).as_posix()) for each in (named, *beside, str(machine.root / "python")) if each
    ]
    return next((each for each in folders if windowless_python(each) is not None), None)


def _bridge(registry: Registry, home: Path | None) -> Check:
    if home is None:
        return Check("Python of the add-in", False, "not found where the add-in looks for it", _AGAIN)
    bits = excel_bits(registry) or 64
    found = sorted(path.name for path in home.glob(f"xlwings{bits}-*.dll"))
    return Check(
        "Python of the add-in",
        bool(found),
        f"{home}; bridge for {bits}-bit Excel: {', '.join(found) or 'missing'}. Python itself may have other bits: it runs beside Excel",
        f"Antivirus software may have removed xlwings{bits}-*.dll: ask IT to allow it, then run the InvOpt XL installer again.",
    )


def _server(home: Path | None, trial: Trial) -> Check:
    program = None if home is None else windowless_python(home)
    if program is None:
        return Check("COM server", False, "not tried: there is no Python to start", _AGAIN)
    problem = trial.server(program, f"{{{uuid.uuid4()}}}".upper())
    return Check(
        "COM server",
        problem is None,
        problem or "started and answered; it needs no entry in the registry, it announces itself while it runs",
        "See logs\\server.log in %LOCALAPPDATA%\\InvOptXL. Antivirus software or a company rule may stop pythonw.exe: show IT this line.",
    )


def _marks(machine: Machine, registry: Registry, home: Path | None, trial: Trial) -> list[Check]:
    path = registered_file(registry)
    files = [] if path is None else [_local(path, machine)]
    files += [] if home is None else sorted(home.glob("xlwings*.dll"))
    marked = [str(each) for each in files if trial.mark(each) is not None]
    return [
        Check(
            "Mark of the web",
            not marked,
            f"on {', '.join(marked)}: Office blocks macros from the internet" if marked else "on none of our files",
            "Right-click the file, Properties, tick Unblock; or run the InvOpt XL installer again.",
        )
    ]


def _trusted(machine: Machine, registry: Registry) -> Check:
    where = r"Security\Trusted Locations"
    if _decided(registry, rf"Excel\{where}", "AllLocationsDisabled") == 1:
        return Check(
            "Trusted location",
            False,
            "all trusted locations are switched off",
            "In Excel: File, Options, Trust Center, Trusted Locations, untick Disable all; greyed out there, IT has decided it.",
        )
    path = registered_file(registry)
    if path is None:
        return Check("Trusted location", True, "none needed: no add-in is registered")
    folder = str(PureWindowsPath(str(_local(path, machine).parent)))
    if _covered(folder, rf"{_POLICY}\Excel\{where}", machine, registry):
        return Check("Trusted location", True, f"{folder} is trusted by your company")
    if number(registry, rf"{_POLICY}\Common\{where}", "Allow User Locations") == 0:
        return Check(
            "Trusted location",
            False,
            "your company allows only its own trusted locations",
            "Ask IT to trust %LOCALAPPDATA%\\InvOptXL\\versions, with subfolders (install/README.md says how).",
        )
    covered = _covered(folder, TRUSTED_LOCATIONS, machine, registry)
    return Check("Trusted location", covered, f"{folder} is {'' if covered else 'not '}trusted", _AGAIN)


def _covered(folder: str, key: str, machine: Machine, registry: Registry) -> bool:
    """Return whether a folder is a trusted location below a key, or lies in one that is trusted with its subfolders."""
    for name, location in locations(registry, key).items():
        trusted = PureWindowsPath(_expanded(location, machine))
        if PureWindowsPath(folder) == trusted:
            return True
        deep = number(registry, rf"{key}\{name}", "AllowSubfolders") == 1
        if deep and trusted in PureWindowsPath(folder).parents:
            return True
    return False


def _expanded(path: str, machine: Machine) -> str:
    """Return a path with its %VARIABLES% replaced; those unknown stay."""
    return re.sub(r"%(\w+)%", lambda match: machine.variables.get(match[1].upper(), match[0]), path)


def _macros(registry: Registry) -> Check:
    if number(registry, rf"{_POLICY}\Common", "VBAOff") == 1:
        return Check("Macros", False, "your company has switched VBA off in Office", "Only IT can change that.")
    security = r"Excel\Security"
    if _decided(registry, security, "DisableAllAddins") == 1:
        return Check(
            "Macros",
            False,
            "all add-ins are switched off",
            "In Excel: File, Options, Trust Center, Add-ins, untick Disable all; greyed out there, IT has decided it.",
        )
    if _decided(registry, security, "RequireAddinSig") == 1:
        return Check(
            "Macros",
            False,
            "add-ins must be signed, and ours is not",
            "Ask IT to sign InvOptXL.xlam or to lift the rule for it; by yourself: File, Options, Trust Center, Add-ins.",
        )
    setting = _decided(registry, security, "VBAWarnings")
    told = _MACROS.get(setting if setting is not None else 2, f"unknown setting {setting}")
    return Check("Macros", True, f"{told}; a trusted location is exempt from it")


def _decided(registry: Registry, below: str, name: str) -> int | None:
    """Return a setting of Office: the company's, or else the user's."""
    company = number(registry, rf"{_POLICY}\{below}", name)
    return company if company is not None else number(registry, rf"HKCU\Software\Microsoft\Office\16.0\{below}", name)


def _startup(machine: Machine) -> Check:
    copies = [str(path) for path in second_copies(machine)]
    return Check(
        "Startup folder XLSTART",
        not copies,
        f"holds another copy, so Excel opens two: {', '.join(copies)}"
        if copies
        else "holds no second copy of the add-in",
        "Delete that copy.",
    )


def _children(registry: Registry) -> Check:
    blocked = any(number(registry, key, _NO_CHILDREN) == 1 for key in _ASR_RULES)
    return Check(
        "Rule against child processes",
        not blocked,
        "Defender stops programs that Office starts" if blocked else "not set where this user may look",
        "Start 'InvOpt XL server' from the Start menu before Excel, or put it into Startup; or ask IT for an exclusion.",
    )


def _runtimes(machine: Machine, home: Path | None) -> Check:
    folders = [Path(machine.variables.get("SYSTEMROOT", r"C:\Windows")) / "System32", *([] if home is None else [home])]
    missing = [name for name in _RUNTIMES if not any((folder / name).exists() for folder in folders)]
    return Check(
        "Visual C++ runtime",
        not missing,
        f"{' and '.join(missing)} neither in {' nor in '.join(map(str, folders))}" if missing else "there",
        "Run the InvOpt XL installer again, or ask IT for the Microsoft Visual C++ Redistributable (x64).",
    )


def _mac_checks(machine: Machine) -> list[Check]:
    link, script, path = mac_python_link(machine), mac_script(machine), addin_file(machine)
    installed = path.is_file() or script.is_file() or link.is_symlink()
    if not installed and not machine.is_private:
        return [Check("Add-in in Excel", True, "not installed; 'invopt addin install' adds it")]
    same = path.is_file() and path.read_bytes() == addin_bytes(read_sources())
    python = link / "bin" / "python3"
    return [
        Check(
            "Add-in in Excel",
            same,
            f"{path}{'' if same else ' is missing' if not path.is_file() else ' was not made by this package'}",
            _AGAIN,
        ),
        Check("Script that Excel may start", script.is_file(), str(script), _AGAIN),
        Check("Python of the add-in", os.access(python, os.X_OK), f"{link} -> {_target(link)}", _AGAIN),
        Check(
            "Permission",
            True,
            "the first press of a button may ask whether python3 may control Microsoft Excel; the answer is kept in System Settings, "
            "Privacy & Security, Automation",
        ),
    ]


def _target(link: Path) -> str:
    return os.readlink(link) if link.is_symlink() else "nothing"
