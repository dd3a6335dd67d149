"""`invopt addin install | uninstall`: puts the add-in where the user's Excel finds it, and takes all of it away again.

Windows: the file lies in the folder of its version, or in `addin` when a Python of the user's own serves it; the registry
names it (excel_registration.py). macOS: it lies in Excel's startup folder, with the script that Excel may start, and a
link points to the Python. What an installation does is first made as a list (actions.py), so it can be shown, tested and
repeated. The last pointer is written when everything else lies ready.

The planner's settings and the logs are not touched by an installation. An uninstallation takes away what is ours, and
leaves the folders of versions and logs to the script that started it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from invopt_xl import __version__
from invopt_xl.adapters.addin.actions import (
    Action,
    DeleteKey,
    DeleteValue,
    LinkFolder,
    RemoveFile,
    Shortcut,
    WriteFile,
    WriteValue,
    carry_out,
)
from invopt_xl.adapters.addin.command import addin_bytes
from invopt_xl.adapters.addin.excel_registration import (
    FILE_NAME,
    OWN_SETTINGS,
    UNINSTALL,
    locations,
    no_longer_trusted,
    opened,
    same_folder,
    switched_off,
    switched_on,
    trusted,
)
from invopt_xl.adapters.addin.machine import Machine, this_machine
from invopt_xl.adapters.addin.registry import Registry, Value, text
from invopt_xl.adapters.addin.sources import read_sources, sources_folder
from invopt_xl.errors import SettingError, WorkbookBusyError

SCRIPT_NAME = "InvOptXL.applescript"
_INSTALL = OWN_SETTINGS + r"\Install"
_SERVER, _DOCTOR = "InvOpt XL server.lnk", "InvOpt XL doctor.lnk"


@dataclass(frozen=True)
class Installation:
    """What was done, or would be.

    Parameters
    ----------
    actions : tuple of Action
        In the order in which they are done.
    done : bool
        False for a dry run.
    lines : tuple of str
        For the planner: what happened and the next step.
    """

    actions: tuple[Action, ...]
    done: bool
    lines: tuple[str, ...]

    @property
    def data(self) -> dict[str, Any]:
        """The same for a script."""
        return {"done": self.done, "actions": [each.described() for each in self.actions], "said": list(self.lines)}


def install(*, dry_run: bool = False, machine: Machine | None = None) -> Installation:
    """Have the user's Excel load the add-in of this version.

    Parameters
    ----------
    dry_run : bool
        Only say what would be done.
    machine : Machine, optional
        The computer; this one unless given.

    Raises
    ------
    WorkbookBusyError
        Excel is open.
    SettingError
        The system has no Excel, or this Python cannot serve it.
    WorkbookError
        A step was refused by the system.
    """
    machine = machine or this_machine()
    actions = _installing_on_windows(machine) if machine.system == "win32" else _installing_on_a_mac(machine)
    if not dry_run:
        _refuse_open_excel(machine)
        carry_out(actions, registry=machine.registry, write_shortcut=machine.write_shortcut)
    said = [
        f"InvOpt XL {__version__} {'would be' if dry_run else 'is'} installed for Excel.",
        "Next step: start Excel; the tab Inventory is at the right end of the ribbon.",
        *_second_copies(machine),
    ]
    return Installation(tuple(actions), not dry_run, tuple(said))


def uninstall(*, dry_run: bool = False, machine: Machine | None = None) -> Installation:
    """Have the user's Excel forget the add-in, and remove what an installation made outside its own folder.

    Parameters and errors are those of `install`.
    """
    machine = machine or this_machine()
    actions = _removing_on_windows(machine) if machine.system == "win32" else _removing_on_a_mac(machine)
    if not dry_run:
        _refuse_open_excel(machine)
        carry_out(actions, registry=machine.registry, write_shortcut=machine.write_shortcut)
    verb = "would be" if dry_run else "was"
    said = (
        f"The add-in {verb} taken out of Excel." if actions else "Excel had no add-in InvOpt XL; nothing to remove.",
        "Formulas INV_... in workbooks keep their last values.",
    )
    return Installation(tuple(actions), not dry_run, said)


def addin_file(machine: Machine) -> Path:
    """Return where the add-in of this Python lies on this computer."""
    if machine.system == "darwin":
        return mac_startup_folder(machine) / FILE_NAME
    return (machine.python_home.parent if machine.is_private else machine.root / "addin") / FILE_NAME


def mac_startup_folder(machine: Machine) -> Path:
    """Return the folder from which Excel for Mac opens everything when it starts; its sandbox may read it."""
    office = machine.home / "Library" / "Group Containers" / "UBF8T346G9.Office"
    return office / "User Content.localized" / "Startup.localized" / "Excel"


def mac_script(machine: Machine) -> Path:
    """Return where the script lies that Excel for Mac may start."""
    return machine.home / "Library" / "Application Scripts" / "com.microsoft.Excel" / SCRIPT_NAME


def mac_python_link(machine: Machine) -> Path:
    """Return the link to the Python that the script starts."""
    return machine.home / "Library" / "InvOptXL" / "python"


def _refuse_open_excel(machine: Machine) -> None:
    if machine.excel_runs():
        raise WorkbookBusyError(
            "Excel is open. It writes its list of add-ins when it closes and would undo the change. "
            "Next step: save your work, close every Excel window, and run the installer again."
        )


def _installing_on_windows(machine: Machine) -> list[Action]:
    registry = _registry(machine)
    home, path = machine.python_home, addin_file(machine)
    program = windowless_python(home)
    if program is None:
        raise SettingError(
            f"Add-in: {home} holds no pythonw.exe, so Excel could not start it. Run the InvOpt XL installer, or use a Python from python.org."
        )
    if not any(home.glob("xlwings64-*.dll")):
        raise SettingError(
            f"Add-in: xlwings' bridge xlwings64-*.dll is not in {home}. Run: pip install 'invopt-xl[excel]' with this Python; "
            "if it was there before, antivirus software may have removed it."
        )
    # with subfolders: an upgrade to another version changes nothing here
    folder = _windows(machine.versions if machine.is_private else path.parent)
    actions: list[Action] = [WriteFile(path, addin_bytes(read_sources())), *trusted(registry, folder)]
    if machine.is_private:
        # the add-in finds the Python beside itself, so its own entry is the one pointer
        actions += switched_on(registry, _windows(path))
        if text(registry, _INSTALL, "Python") is not None:
            actions.append(DeleteValue(_INSTALL, "Python"))
        actions += _listed_under_installed_apps(machine)
    else:
        actions += [
            WriteValue(_INSTALL, "Python", Value(str(_windows(home)))),
            *switched_on(registry, _windows(path)),
        ]
    former = [each for each in _own_locations(registry, machine) if not same_folder(str(each), str(folder))]
    actions += no_longer_trusted(registry, former)
    return [*actions, *_shortcuts(machine, program)]


def _shortcuts(machine: Machine, windowless: Path) -> list[Action]:
    server = Shortcut(
        _start_menu(machine) / _SERVER,
        windowless,
        "-I -X utf8 -m invopt_xl.adapters.addin.server --shared",
        "Answers Excel where a company rule forbids Excel to start programs",
    )
    python = _windows(windowless.with_name("python.exe"))
    doctor = Shortcut(
        _start_menu(machine) / _DOCTOR,
        Path(machine.variables.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "cmd.exe",
        # cmd takes the outer quotes off; /k leaves the window open for reading
        f'/k ""{python}" -I -X utf8 -m invopt_xl.adapters.cli doctor"',
        "Looks for what keeps InvOpt XL from working and says what to do",
    )
    return [server, doctor]


def windowless_python(home: Path) -> Path | None:
    """Return the Python without a window in a folder, or in its `Scripts` as in a virtual environment."""
    return next((path for path in (home / "pythonw.exe", home / "Scripts" / "pythonw.exe") if path.is_file()), None)


def _own_locations(registry: Registry, machine: Machine) -> list[PureWindowsPath]:
    return [PureWindowsPath(path) for path in locations(registry).values() if _below(path, machine)]


def _below(path: str, machine: Machine) -> bool:
    root = str(_windows(machine.root)).casefold() + "\\"
    return (str(PureWindowsPath(path)).casefold() + "\\").startswith(root)


def _listed_under_installed_apps(machine: Machine) -> list[Action]:
    script = machine.python_home.parent / "setup" / "Uninstall-InvOptXL.ps1"
    shell = PureWindowsPath(machine.variables.get("SYSTEMROOT", r"C:\Windows"))
    program = shell / "System32" / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    command = f'"{program}" -NoProfile -ExecutionPolicy Bypass -File "{_windows(script)}"'
    values = {
        "DisplayName": Value("InvOpt XL"),
        "DisplayVersion": Value(__version__),
        "Publisher": Value("InvOpt XL"),
        "InstallLocation": Value(str(_windows(machine.root))),
        "UninstallString": Value(command),
        "QuietUninstallString": Value(command + " -Silent"),
        "NoModify": Value(1, "number"),
        "NoRepair": Value(1, "number"),
    }
    return [WriteValue(UNINSTALL, name, value) for name, value in values.items()]


def _removing_on_windows(machine: Machine) -> list[Action]:
    registry = _registry(machine)
    actions: list[Action] = [
        *switched_off(registry),
        *no_longer_trusted(registry, _own_locations(registry, machine)),
    ]
    actions += [DeleteKey(key) for key in (OWN_SETTINGS, UNINSTALL) if registry.values(key) or registry.keys(key)]
    for path in (_start_menu(machine) / _SERVER, _start_menu(machine) / _DOCTOR, machine.root / "addin" / FILE_NAME):
        if path.exists():
            actions.append(RemoveFile(path, with_empty_folder=True))
    return actions


def _installing_on_a_mac(machine: Machine) -> list[Action]:
    machine.root  # noqa: B018 - says so where Excel does not run
    script = (sources_folder() / "mac" / SCRIPT_NAME).read_bytes()
    return [
        WriteFile(mac_script(machine), script),
        WriteFile(addin_file(machine), addin_bytes(read_sources())),
        LinkFolder(mac_python_link(machine), machine.python_home),
    ]


def _removing_on_a_mac(machine: Machine) -> list[Action]:
    machine.root  # noqa: B018 - says so where Excel does not run
    # Excel's own two folders stay, our folder of the link goes
    actions: list[Action] = [RemoveFile(path) for path in (addin_file(machine), mac_script(machine)) if path.exists()]
    if mac_python_link(machine).is_symlink():
        actions.append(RemoveFile(mac_python_link(machine), with_empty_folder=True))
    return actions


def second_copies(machine: Machine) -> list[Path]:
    """Return copies of the add-in in the folders from which Excel opens everything: two of one name hinder each other."""
    if machine.system != "win32":
        return []
    folder = machine.app_data / "Microsoft" / "Excel" / "XLSTART"
    return [path for path in (folder / FILE_NAME,) if path.exists()]


def _second_copies(machine: Machine) -> list[str]:
    return [
        f"Another copy lies in {path.parent}; Excel would open both. Next step: delete {path}."
        for path in second_copies(machine)
    ]


def registered_file(registry: Registry) -> str | None:
    """Return the add-in file that Excel opens when it starts, or None."""
    return next((each.path for each in opened(registry) if each.is_ours), None)


def _start_menu(machine: Machine) -> Path:
    return machine.app_data / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "InvOpt XL"


def _registry(machine: Machine) -> Registry:
    if machine.registry is None:
        raise SettingError("Add-in: this system has no registry.")
    return machine.registry


def _windows(path: Path) -> PureWindowsPath:
    return PureWindowsPath(str(path))
