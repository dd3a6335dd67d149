"""What an installation does, as a list that can be printed before it is done: files, one link, registry values, shortcuts.

Each step can be done twice without harm, so an installation that was interrupted is simply run again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from invopt_xl.adapters.addin.registry import Registry, Value
from invopt_xl.adapters.atomic import replace_file
from invopt_xl.errors import WorkbookError


@dataclass(frozen=True)
class WriteFile:
    """Put a file in its place in one step; its folder is made when it is missing."""

    path: Path
    data: bytes

    def described(self) -> dict[str, Any]:
        return {
            "do": "write file",
            "path": str(self.path),
            "bytes": len(self.data),
            "sha256": hashlib.sha256(self.data).hexdigest(),
        }


@dataclass(frozen=True)
class RemoveFile:
    """Remove a file, and then its folder if nothing is left in it and the folder is ours."""

    path: Path
    with_empty_folder: bool = False

    def described(self) -> dict[str, Any]:
        return {"do": "remove file", "path": str(self.path), "with_empty_folder": self.with_empty_folder}


@dataclass(frozen=True)
class LinkFolder:
    """Point a link at a folder, in one step."""

    path: Path
    target: Path

    def described(self) -> dict[str, Any]:
        return {"do": "link folder", "path": str(self.path), "target": str(self.target)}


@dataclass(frozen=True)
class WriteValue:
    """Write a value of the registry."""

    key: str
    name: str
    value: Value

    def described(self) -> dict[str, Any]:
        return {"do": "write value", "key": self.key, "name": self.name, "data": self.value.data}


@dataclass(frozen=True)
class DeleteValue:
    """Delete a value of the registry."""

    key: str
    name: str

    def described(self) -> dict[str, Any]:
        return {"do": "delete value", "key": self.key, "name": self.name}


@dataclass(frozen=True)
class DeleteKey:
    """Delete a key of the registry that is ours alone, with all below it."""

    key: str

    def described(self) -> dict[str, Any]:
        return {"do": "delete key", "key": self.key}


@dataclass(frozen=True)
class Shortcut:
    """Write a shortcut (.lnk) that starts a program."""

    path: Path
    program: Path
    arguments: str
    description: str

    def described(self) -> dict[str, Any]:
        return {
            "do": "write shortcut",
            "path": str(self.path),
            "program": str(self.program),
            "arguments": self.arguments,
        }


Action = WriteFile | RemoveFile | LinkFolder | WriteValue | DeleteValue | DeleteKey | Shortcut


def carry_out(
    actions: Sequence[Action], *, registry: Registry | None, write_shortcut: Callable[[Shortcut], None] | None
) -> None:
    """Do every action, in order.

    Raises
    ------
    WorkbookError
        A step was refused by the system; the message names it.
    """
    for action in actions:
        try:
            _do(action, registry=registry, write_shortcut=write_shortcut)
        except OSError as error:
            told = action.described()
            where = told.get("path") or f"{told.get('key')}, value {told.get('name', '(all)')}"
            raise WorkbookError(
                f"Installation: '{told['do']}' was refused for {where}: {error.strerror or error}. "
                "Next step: close Excel, let antivirus software finish, and run the installer again; what was done so far does no harm."
            ) from error


def _do(action: Action, *, registry: Registry | None, write_shortcut: Callable[[Shortcut], None] | None) -> None:
    match action:
        case WriteFile(path, data):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, lambda stream: _write(stream, data))
        case RemoveFile(path, with_empty_folder):
            path.unlink(missing_ok=True)
            if with_empty_folder:
                # somebody else's file in it: then the folder stays
                with contextlib.suppress(OSError):
                    path.parent.rmdir()
        case LinkFolder(path, target):
            _link(path, target)
        case Shortcut():
            if write_shortcut is None:
                raise WorkbookError(f"Installation: a shortcut cannot be made on this system ({action.path.name}).")
            action.path.parent.mkdir(parents=True, exist_ok=True)
            write_shortcut(action)
        case WriteValue(key, name, value):
            _given(registry).write(key, name, value)
        case DeleteValue(key, name):
            _given(registry).delete_value(key, name)
        case DeleteKey(key):
            _given(registry).delete_key(key)


def _given(registry: Registry | None) -> Registry:
    if registry is None:
        raise WorkbookError("Installation: this system has no registry.")
    return registry


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)


def _link(path: Path, target: Path) -> None:
    if path.exists() and not path.is_symlink():
        raise WorkbookError(
            f"{path} is a folder of its own, not the installer's link. Move it away, then run the installer again."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target, target_is_directory=True)
    os.replace(temporary, path)
