"""Where Excel for Windows keeps its add-ins: which values of the registry an installation writes, and which it takes away.

Excel loads the files that the values OPEN, OPEN1, OPEN2, ... of its Options key name; the Add-in Manager key lists those
that are known but not ticked. Both are per user and need no administrator. Excel writes both when it closes, so it must
not run meanwhile. The startup folder XLSTART, which may be missing, is not used.

The value OPEN is the one pointer of an upgrade: files of the new version lie ready before it is written.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from invopt_xl.adapters.addin.actions import Action, DeleteKey, DeleteValue, WriteValue
from invopt_xl.adapters.addin.registry import Registry, Value

#: Excel 2016, 2019, 2021, 2024 and Microsoft 365 all call themselves 16.0.
EXCEL = r"HKCU\Software\Microsoft\Office\16.0\Excel"
OPTIONS = EXCEL + r"\Options"
ADD_IN_MANAGER = EXCEL + r"\Add-in Manager"
TRUSTED_LOCATIONS = EXCEL + r"\Security\Trusted Locations"
#: What the add-in reads with VBA's GetSetting.
OWN_SETTINGS = r"HKCU\Software\VB and VBA Program Settings\InvOptXL"
#: The entry under Windows' installed apps.
UNINSTALL = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\InvOptXL"

FILE_NAME = "InvOptXL.xlam"
_OPEN = re.compile(r"OPEN([1-9][0-9]*)?", re.IGNORECASE)
_LOCATION = re.compile(r"Location([0-9]+)", re.IGNORECASE)
# Excel itself numbers its trusted locations from 0; ours keeps out of the way
_FIRST_LOCATION = 20


@dataclass(frozen=True)
class Opened:
    """One file that Excel opens when it starts: the number in the value's name (0 for OPEN), and what the value holds."""

    number: int
    value: Value

    @property
    def name(self) -> str:
        return f"OPEN{self.number or ''}"

    @property
    def path(self) -> str:
        """The file, without switches and quotes; a bare name means the user's AddIns folder.

        >>> Opened(0, Value('/R "C:\\\\Tools\\\\Solver.xlam"')).path
        'C:\\\\Tools\\\\Solver.xlam'
        """
        words = re.sub(r"^(/[A-Za-z]\s+)+", "", str(self.value.data).strip())
        return words.strip().strip('"')

    @property
    def is_ours(self) -> bool:
        return ntpath.basename(self.path).casefold() == FILE_NAME.casefold()


def opened(registry: Registry) -> tuple[Opened, ...]:
    """Return what Excel opens when it starts, in its order."""
    found = []
    for name, value in registry.values(OPTIONS).items():
        match = _OPEN.fullmatch(name)
        if match:
            found.append(Opened(int(match[1] or 0), value))
    return tuple(sorted(found, key=lambda each: each.number))


def switched_on(registry: Registry, addin: PureWindowsPath) -> list[Action]:
    """Return what has Excel open this add-in: the pointer first, then what an older entry left behind.

    Another entry that opens a file of our name is taken over: Excel cannot hold two files of one name.
    """
    entries = opened(registry)
    ours = [each for each in entries if each.is_ours]
    free = next(number for number in range(len(entries) + 1) if number not in {each.number for each in entries})
    name = ours[0].name if ours else Opened(free, Value("")).name
    # as Excel itself writes it for an .xlam of the user's choice: the path in quotes, without a switch
    pointer: Action = WriteValue(OPTIONS, name, Value(f'"{addin}"'))
    return [pointer, *_without(entries, ours[1:]), *_not_unticked(registry)]


def switched_off(registry: Registry) -> list[Action]:
    """Return what has Excel forget the add-in; everybody else's entries stay, in their order."""
    entries = opened(registry)
    return [*_without(entries, [each for each in entries if each.is_ours]), *_not_unticked(registry)]


def _without(entries: Sequence[Opened], gone: Sequence[Opened]) -> list[Action]:
    """Return what takes some entries out of the numbered row and closes the gaps: Excel may stop at one."""
    if not gone:
        return []
    # only the unbroken row from the first one taken out moves up; what stood behind an older gap is none of ours
    row = [each for each in entries if each.number >= gone[0].number]
    unbroken = [each for index, each in enumerate(row) if each.number == row[0].number + index]
    kept = [each for each in unbroken if each not in gone]
    slots = [each.number for each in unbroken]
    moved: list[Action] = [
        WriteValue(OPTIONS, Opened(slot, each.value).name, each.value)
        for slot, each in zip(slots, kept, strict=False)
        if slot != each.number
    ]
    emptied = [*slots[len(kept) :], *(each.number for each in gone if each not in unbroken)]
    # from the end, so that an interruption leaves an entry twice rather than not at all
    removed: list[Action] = [DeleteValue(OPTIONS, Opened(slot, Value("")).name) for slot in sorted(emptied)[::-1]]
    return [*moved, *removed]


def _not_unticked(registry: Registry) -> list[Action]:
    return [
        DeleteValue(ADD_IN_MANAGER, name)
        for name in registry.values(ADD_IN_MANAGER)
        if ntpath.basename(name).casefold() == FILE_NAME.casefold()
    ]


def trusted(registry: Registry, folder: PureWindowsPath) -> list[Action]:
    """Return what has Excel trust the macros below a folder."""
    key = f"{TRUSTED_LOCATIONS}\\{_location(registry, folder)}"
    wanted = {
        "Path": Value(f"{folder}\\"),
        "AllowSubfolders": Value(1, "number"),
        "Description": Value("InvOpt XL"),
    }
    return [WriteValue(key, name, value) for name, value in wanted.items()]


def no_longer_trusted(registry: Registry, folders: Sequence[PureWindowsPath]) -> list[Action]:
    """Return what takes our own trusted locations away."""
    return [
        DeleteKey(f"{TRUSTED_LOCATIONS}\\{name}")
        for name, path in locations(registry).items()
        if any(same_folder(path, str(folder)) for folder in folders)
    ]


def locations(registry: Registry, key: str = TRUSTED_LOCATIONS) -> dict[str, str]:
    """Return the trusted locations below a key, the user's unless given: name of the location's key -> folder."""
    found: dict[str, str] = {}
    for name in registry.keys(key):
        for value, content in registry.values(f"{key}\\{name}").items():
            if value.casefold() == "path" and isinstance(content.data, str):
                found[name] = content.data
    return found


def _location(registry: Registry, folder: PureWindowsPath) -> str:
    for name, path in locations(registry).items():
        if same_folder(path, str(folder)):
            return name
    taken = {int(match[1]) for name in registry.keys(TRUSTED_LOCATIONS) if (match := _LOCATION.fullmatch(name))}
    return f"Location{next(number for number in range(_FIRST_LOCATION, _FIRST_LOCATION + len(taken) + 1) if number not in taken)}"


def same_folder(one: str, other: str) -> bool:
    """Return whether two Windows paths name the same folder, whatever their capitals and last backslash.

    >>> same_folder("C:\\\\Tools\\\\", "c:\\\\tools")
    True
    """
    return ntpath.normcase(ntpath.normpath(one)) == ntpath.normcase(ntpath.normpath(other))
