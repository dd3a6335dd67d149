"""A registry in memory, and a Windows computer around it, for tests of the installer and the doctor."""

from __future__ import annotations

from pathlib import Path

from invopt_xl.adapters.addin.actions import Shortcut
from invopt_xl.adapters.addin.machine import Machine
from invopt_xl.adapters.addin.registry import Value


class FakeRegistry:
    """Keys and names as Windows treats them: capitals kept, but not told apart."""

    def __init__(self, content: dict[str, dict[str, str | int | bytes]] | None = None) -> None:
        self.content: dict[str, dict[str, Value]] = {}
        for key, values in (content or {}).items():
            self.content.setdefault(key, {})
            for name, data in values.items():
                kind = {str: "text", int: "number", bytes: "bytes"}[type(data)]
                self.content[key][name] = Value(data, kind)  # type: ignore[arg-type]

    def _key(self, key: str) -> str:
        return next((each for each in self.content if each.casefold() == key.casefold()), key)

    def values(self, key: str) -> dict[str, Value]:
        return dict(self.content.get(self._key(key), {}))

    def keys(self, key: str) -> tuple[str, ...]:
        start = key.casefold() + "\\"
        below = [each[len(start) :] for each in self.content if each.casefold().startswith(start)]
        return tuple(dict.fromkeys(each.split("\\")[0] for each in below))

    def write(self, key: str, name: str, value: Value) -> None:
        values = self.content.setdefault(self._key(key), {})
        kept = next((each for each in values if each.casefold() == name.casefold()), name)
        values[kept] = value

    def delete_value(self, key: str, name: str) -> None:
        values = self.content.get(self._key(key), {})
        for each in [each for each in values if each.casefold() == name.casefold()]:
            del values[each]

    def delete_key(self, key: str) -> None:
        start = key.casefold() + "\\"
        for each in [each for each in self.content if (each.casefold() + "\\").startswith(start)]:
            del self.content[each]

    def data(self, key: str) -> dict[str, object]:
        """The plain data of a key's values."""
        return {name: value.data for name, value in self.values(key).items()}

    def copy(self) -> FakeRegistry:
        other = FakeRegistry()
        other.content = {key: dict(values) for key, values in self.content.items()}
        return other


def windows(
    folder: Path, registry: FakeRegistry, *, version: str = "0.1.0-1", private: bool = True, excel_open: bool = False
) -> Machine:
    """Return a Windows computer below a folder, with a Python of a version of ours, or one of the user's own."""
    home = folder / "home"
    local, roaming = home / "AppData" / "Local", home / "AppData" / "Roaming"
    python = local / "InvOptXL" / "versions" / version / "python" if private else home / "venv"
    program = python / "pythonw.exe" if private else python / "Scripts" / "pythonw.exe"
    program.parent.mkdir(parents=True, exist_ok=True)
    for path in (program, python / "xlwings64-0.37.8.dll", python / "xlwings32-0.37.8.dll"):
        path.write_bytes(b"")
    system = folder / "Windows" / "System32"
    system.mkdir(parents=True, exist_ok=True)
    for name in ("msvcp140.dll", "vcomp140.dll"):
        (system / name).write_bytes(b"")
    return Machine(
        system="win32",
        home=home,
        python_home=python,
        variables={"LOCALAPPDATA": str(local), "APPDATA": str(roaming), "SYSTEMROOT": str(folder / "Windows")},
        registry=registry,
        excel_runs=lambda: excel_open,
        write_shortcut=_note,
    )


def _note(shortcut: Shortcut) -> None:
    shortcut.path.write_text(f"{shortcut.program} {shortcut.arguments}", encoding="utf-8")


def mac(folder: Path, *, version: str = "0.1.0-1", excel_open: bool = False) -> Machine:
    """Return a Mac below a folder, with a Python of a version of ours."""
    home = folder / "home"
    python = home / "Library" / "Application Support" / "InvOpt XL" / "versions" / version / "python"
    program = python / "bin" / "python3"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_bytes(b"")
    program.chmod(0o755)
    return Machine("darwin", home, python, {}, None, lambda: excel_open, None)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, links with what they point to."""
    return {
        str(path.relative_to(folder)): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
