"""The Windows registry as the installer sees it: one small protocol, and the real one behind it.

A key is written as `HKCU\\Software\\...`; the installer writes only under HKCU, the doctor reads HKLM too.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["text", "expandable text", "number", "bytes", "other"]


@dataclass(frozen=True)
class Value:
    """One value of a key.

    Parameters
    ----------
    data : str, int, bytes or other
        What it holds.
    kind : str
        How it is stored: "text" is REG_SZ, "number" REG_DWORD, "bytes" REG_BINARY.
    """

    data: Any
    kind: Kind = "text"


class Registry(Protocol):
    """What the installer and the doctor need of a registry. Names and keys are found whatever their capitals."""

    def values(self, key: str) -> dict[str, Value]:
        """Return the values of a key by name; none when there is no such key or it may not be read."""

    def keys(self, key: str) -> tuple[str, ...]:
        """Return the names of the keys below a key; none when there is no such key or it may not be read."""

    def write(self, key: str, name: str, value: Value) -> None:
        """Write a value, with the key when it is not there."""

    def delete_value(self, key: str, name: str) -> None:
        """Delete a value; nothing happens when it is not there."""

    def delete_key(self, key: str) -> None:
        """Delete a key with all below it; nothing happens when it is not there."""


def text(registry: Registry, key: str, name: str) -> str | None:
    """Return a value as text, or None when there is none."""
    for each, value in registry.values(key).items():
        if each.casefold() == name.casefold() and isinstance(value.data, str):
            return value.data
    return None


def number(registry: Registry, key: str, name: str) -> int | None:
    """Return a value as a whole number, or None when there is none. Policies are at times written as text."""
    for each, value in registry.values(key).items():
        if each.casefold() != name.casefold():
            continue
        if isinstance(value.data, int):
            return value.data
        if isinstance(value.data, str) and value.data.strip().isdigit():
            return int(value.data)
    return None


if sys.platform == "win32":
    import winreg

    _ROOTS = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
    _TYPES: dict[Kind, int] = {
        "text": winreg.REG_SZ,
        "expandable text": winreg.REG_EXPAND_SZ,
        "number": winreg.REG_DWORD,
        "bytes": winreg.REG_BINARY,
    }
    _KINDS: dict[int, Kind] = {number: kind for kind, number in _TYPES.items()}

    class WindowsRegistry:
        """The registry of this computer, as a 64-bit program sees it."""

        def values(self, key: str) -> dict[str, Value]:
            found: dict[str, Value] = {}
            try:
                with self._opened(key) as handle:
                    for index in range(winreg.QueryInfoKey(handle)[1]):
                        name, data, type_ = winreg.EnumValue(handle, index)
                        found[name] = Value(data, _KINDS.get(type_, "other"))
            except (FileNotFoundError, PermissionError):
                return {}
            return found

        def keys(self, key: str) -> tuple[str, ...]:
            try:
                with self._opened(key) as handle:
                    return tuple(winreg.EnumKey(handle, index) for index in range(winreg.QueryInfoKey(handle)[0]))
            except (FileNotFoundError, PermissionError):
                return ()

        def write(self, key: str, name: str, value: Value) -> None:
            root, below = _split(key)
            with winreg.CreateKeyEx(root, below, 0, winreg.KEY_SET_VALUE | winreg.KEY_WOW64_64KEY) as handle:
                winreg.SetValueEx(handle, name, 0, _TYPES[value.kind], value.data)

        def delete_value(self, key: str, name: str) -> None:
            root, below = _split(key)
            try:
                with winreg.OpenKeyEx(root, below, 0, winreg.KEY_SET_VALUE | winreg.KEY_WOW64_64KEY) as handle:
                    winreg.DeleteValue(handle, name)
            except FileNotFoundError:
                return

        def delete_key(self, key: str) -> None:
            for each in self.keys(key):
                self.delete_key(f"{key}\\{each}")
            root, below = _split(key)
            try:
                winreg.DeleteKeyEx(root, below, winreg.KEY_WOW64_64KEY, 0)
            except FileNotFoundError:
                return

        def _opened(self, key: str) -> winreg.HKEYType:
            root, below = _split(key)
            return winreg.OpenKeyEx(root, below, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY)

    def _split(key: str) -> tuple[int, str]:
        root, _, below = key.partition("\\")
        return _ROOTS[root], below
