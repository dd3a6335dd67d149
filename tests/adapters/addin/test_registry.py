"""The real registry's code, run over a made-up `winreg` that is as picky as the real one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from invopt_xl.adapters.addin import registry as real
from tests.adapters.addin.fake_registry import FakeRegistry

_KEY = r"HKCU\Software\Test"


class _Handle:
    def __init__(self, path: str, access: int) -> None:
        self.path, self.access = path, access

    def __enter__(self) -> _Handle:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _winreg() -> Any:
    """Return a module with the calls of winreg that we use; keys in one dict, whatever the capitals."""
    module: Any = ModuleType("winreg")
    module.HKEY_CURRENT_USER, module.HKEY_LOCAL_MACHINE = 1, 2
    module.REG_SZ, module.REG_EXPAND_SZ, module.REG_BINARY, module.REG_DWORD, module.REG_MULTI_SZ = 1, 2, 3, 4, 7
    module.KEY_READ, module.KEY_SET_VALUE, module.KEY_WOW64_64KEY = 0x20019, 0x2, 0x100
    module.HKEYType = _Handle
    keys: dict[str, dict[str, tuple[object, int]]] = {}
    module.content = keys

    def path(root: int, below: str) -> str:
        return f"{root}\\{below}".casefold()

    def open_key(root: int, below: str, reserved: int, access: int) -> _Handle:
        if "forbidden" in below:
            raise PermissionError(13, "denied")
        if path(root, below) not in keys:
            raise FileNotFoundError(2, "no key")
        return _Handle(path(root, below), access)

    def create_key(root: int, below: str, reserved: int, access: int) -> _Handle:
        parts = below.split("\\")
        for end in range(1, len(parts) + 1):
            keys.setdefault(path(root, "\\".join(parts[:end])), {})
        return _Handle(path(root, below), access)

    def children(handle: _Handle) -> list[str]:
        start = handle.path + "\\"
        return [key[len(start) :] for key in keys if key.startswith(start) and "\\" not in key[len(start) :]]

    def query(handle: _Handle) -> tuple[int, int, int]:
        return len(children(handle)), len(keys[handle.path]), 0

    def set_value(handle: _Handle, name: str, reserved: int, type_: int, data: object) -> None:
        assert handle.access & module.KEY_SET_VALUE
        assert isinstance(data, {1: str, 2: str, 3: bytes, 4: int}[type_])
        keys[handle.path][name] = (data, type_)

    def delete_value(handle: _Handle, name: str) -> None:
        if name not in keys[handle.path]:
            raise FileNotFoundError(2, "no value")
        del keys[handle.path][name]

    def delete_key(root: int, below: str, access: int, reserved: int) -> None:
        if path(root, below) not in keys:
            raise FileNotFoundError(2, "no key")
        if children(_Handle(path(root, below), 0)):
            raise PermissionError(13, "has keys below it")
        del keys[path(root, below)]

    module.OpenKeyEx, module.CreateKeyEx, module.QueryInfoKey = open_key, create_key, query
    module.EnumKey = lambda handle, index: children(handle)[index]
    module.EnumValue = lambda handle, index: [(name, *told) for name, told in keys[handle.path].items()][index]
    module.SetValueEx, module.DeleteValue, module.DeleteKeyEx = set_value, delete_value, delete_key
    return module


@pytest.fixture(params=["windows", "made up"])
def registry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[real.Registry]:
    if request.param == "made up":
        yield FakeRegistry()
        return
    monkeypatch.setitem(sys.modules, "winreg", _winreg())
    spec = importlib.util.spec_from_file_location("registry_of_windows", str(real.__file__))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "registry_of_windows", module)
    monkeypatch.setattr(sys, "platform", "win32")
    spec.loader.exec_module(module)
    yield module.WindowsRegistry()


def test_what_was_written_is_read_with_its_kind(registry: real.Registry) -> None:
    written = {
        "a": real.Value("text"),
        "b": real.Value("%x%", "expandable text"),
        "c": real.Value(7, "number"),
        "d": real.Value(b"\0", "bytes"),
    }
    for name, value in written.items():
        registry.write(_KEY, name, value)
    found = {name: (value.data, value.kind) for name, value in registry.values(_KEY).items()}
    assert found == {name: (value.data, value.kind) for name, value in written.items()}
    assert real.text(registry, _KEY, "A") == "text"
    assert real.number(registry, _KEY, "C") == 7
    assert real.number(registry, _KEY, "a") is None


def test_what_is_not_there_or_may_not_be_read_is_nothing(registry: real.Registry) -> None:
    assert registry.values(_KEY) == {}
    assert registry.keys(_KEY) == ()
    assert registry.values(r"HKLM\forbidden") == {}
    registry.delete_value(_KEY, "x")
    registry.delete_key(_KEY)
    registry.write(_KEY, "y", real.Value("1"))
    registry.delete_value(_KEY, "x")
    assert set(registry.values(_KEY)) == {"y"}


def test_a_key_goes_with_all_below_it_and_leaves_its_neighbours(registry: real.Registry) -> None:
    for below in (r"\One", r"\One\Deep\Deeper", r"\OneMore"):
        registry.write(_KEY + below, "x", real.Value("1"))
    assert {each.casefold() for each in registry.keys(_KEY)} == {"one", "onemore"}
    registry.delete_key(_KEY + r"\One")
    assert {each.casefold() for each in registry.keys(_KEY)} == {"onemore"}
