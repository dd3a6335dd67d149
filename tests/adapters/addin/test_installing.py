"""Install, upgrade, interruption and uninstall on a made-up Windows and a made-up Mac."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from invopt_xl.adapters.addin import installing
from invopt_xl.adapters.addin.actions import LinkFolder, Shortcut, WriteFile, WriteValue, carry_out
from invopt_xl.adapters.addin.command import addin_bytes
from invopt_xl.adapters.addin.excel_registration import ADD_IN_MANAGER, OPTIONS, OWN_SETTINGS, UNINSTALL, locations
from invopt_xl.adapters.addin.installing import addin_file, install, mac_python_link, registered_file, uninstall
from invopt_xl.adapters.addin.machine import Machine
from invopt_xl.adapters.addin.sources import read_sources
from invopt_xl.errors import SettingError, WorkbookBusyError, WorkbookError
from tests.adapters.addin.fake_registry import FakeRegistry, files, mac, windows

_OTHERS: dict[str, dict[str, str | int | bytes]] = {
    OPTIONS: {"Font": "Aptos,11", "OPEN": '"solver.xlam"', "OPEN1": '"other.xlam"'},
    ADD_IN_MANAGER: {r"C:\x\tools.xlam": ""},
    r"HKCU\Software\VB and VBA Program Settings\Other\Install": {"Python": "x"},
}


@pytest.fixture(scope="module", autouse=True)
def _one_build() -> object:
    """Build the add-in once: what it holds is tested elsewhere."""
    data = addin_bytes(read_sources())
    patch = pytest.MonkeyPatch()
    patch.setattr(installing, "addin_bytes", lambda _: data)
    yield data
    patch.undo()


def _registered(registry: FakeRegistry) -> Path:
    name = registered_file(registry)
    assert name is not None
    return Path(name.replace("\\", "/"))


def test_excel_is_told_of_an_add_in_that_lies_beside_its_python(tmp_path: Path) -> None:
    registry = FakeRegistry(_OTHERS)
    machine = windows(tmp_path, registry)
    done = install(machine=machine)
    assert done.done
    path = _registered(registry)
    assert path == addin_file(machine) == machine.python_home.parent / "InvOptXL.xlam"
    assert path.read_bytes() == addin_bytes(read_sources())
    # found beside the add-in: a second pointer could disagree with the first
    assert registry.values(OWN_SETTINGS + r"\Install") == {}


def test_nothing_needs_the_startup_folder_which_may_be_missing(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry(_OTHERS))
    install(machine=machine)
    assert not (machine.app_data / "Microsoft" / "Excel").exists()


def test_only_the_users_own_keys_and_folders_are_written(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry(_OTHERS))
    for action in install(dry_run=True, machine=machine).actions:
        told = action.described()
        assert str(told.get("key", "HKCU\\")).startswith("HKCU\\"), told
        assert Path(told.get("path", machine.home)).is_relative_to(machine.home), told


def test_a_dry_run_changes_nothing_and_prints_as_json(tmp_path: Path) -> None:
    registry = FakeRegistry(_OTHERS)
    machine = windows(tmp_path, registry, excel_open=True)
    before, files_before = registry.copy().content, files(tmp_path)
    told = json.loads(json.dumps(install(dry_run=True, machine=machine).data))
    assert registry.content == before
    assert files(tmp_path) == files_before
    assert told["done"] is False
    assert {"write file", "write value", "write shortcut"} <= {each["do"] for each in told["actions"]}


def test_uninstall_takes_away_all_that_install_made_and_nothing_else(tmp_path: Path) -> None:
    registry = FakeRegistry(_OTHERS)
    machine = windows(tmp_path, registry)
    before, files_before = registry.copy().content, files(tmp_path)
    install(machine=machine)
    uninstall(machine=machine)
    assert registry.content == before
    # the folder of the version belongs to the script that made it
    assert set(files(tmp_path)) - set(files_before) == {str(addin_file(machine).relative_to(tmp_path))}
    assert uninstall(machine=machine).actions == ()


def test_uninstall_for_a_python_of_ones_own_leaves_no_file(tmp_path: Path) -> None:
    registry = FakeRegistry(_OTHERS)
    machine = windows(tmp_path, registry, private=False)
    before, files_before = registry.copy().content, files(tmp_path)
    install(machine=machine)
    assert registry.data(OWN_SETTINGS + r"\Install") == {"Python": str(machine.python_home).replace("/", "\\")}
    uninstall(machine=machine)
    assert registry.content == before
    assert files(tmp_path) == files_before
    assert not (machine.root / "addin").exists()


def test_an_upgrade_keeps_settings_and_logs_and_moves_one_entry(tmp_path: Path) -> None:
    registry = FakeRegistry({**_OTHERS, OWN_SETTINGS + r"\Start": {"Seconds": "40"}})
    install(machine=windows(tmp_path, registry, version="0.1.0-1"))
    root = windows(tmp_path, registry).root
    for log in (root / "logs" / "server.log", root / "state" / "order numbers.json"):
        log.parent.mkdir(parents=True)
        log.write_text("kept", encoding="utf-8")
    before = registry.copy()
    new = windows(tmp_path, registry, version="0.2.0-1")
    install(machine=new)
    for log in (root / "logs" / "server.log", root / "state" / "order numbers.json"):
        assert log.read_text(encoding="utf-8") == "kept"
    assert registry.data(OWN_SETTINGS + r"\Start") == {"Seconds": "40"}
    changed = {
        (key, name)
        for key, values in registry.content.items()
        for name, value in values.items()
        if before.values(key).get(name) != value
    }
    assert changed == {(OPTIONS, "OPEN2"), (UNINSTALL, "UninstallString"), (UNINSTALL, "QuietUninstallString")}
    assert _registered(registry) == addin_file(new)


@pytest.mark.parametrize("private_before", [True, False])
def test_an_upgrade_stopped_anywhere_leaves_the_old_version_or_the_new(tmp_path: Path, private_before: bool) -> None:
    registry = FakeRegistry(_OTHERS)
    old = windows(tmp_path, registry, version="0.1.0-1", private=private_before)
    install(machine=old)
    new = windows(tmp_path, registry, version="0.2.0-1")
    actions = install(dry_run=True, machine=new).actions
    seen = set()
    for steps in range(len(actions) + 1):
        stopped = registry.copy()
        carry_out(actions[:steps], registry=stopped, write_shortcut=lambda _: None)
        path = _registered(stopped)
        assert path in (addin_file(old), addin_file(new))
        assert path.is_file(), "the pointer moved before the file was there"
        seen.add(path)
        # run again: the same end, whatever was done before
        again = windows(tmp_path, stopped, version="0.2.0-1")
        install(machine=again)
        assert _registered(stopped) == addin_file(new)
        assert "Python" not in stopped.values(OWN_SETTINGS + r"\Install")
        assert len([path for path in locations(stopped).values() if "InvOptXL" in path]) == 1
        addin_file(new).unlink()
    assert len(seen) == 2


def test_an_open_excel_is_refused_with_the_next_step(tmp_path: Path) -> None:
    registry = FakeRegistry(_OTHERS)
    machine = windows(tmp_path, registry, excel_open=True)
    before = registry.copy().content
    for act in (install, uninstall):
        with pytest.raises(WorkbookBusyError, match="close every Excel window"):
            act(machine=machine)
    assert registry.content == before


def test_a_python_that_excel_cannot_start_is_refused(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry())
    (machine.python_home / "pythonw.exe").unlink()
    with pytest.raises(SettingError, match=r"no pythonw\.exe"):
        install(machine=machine)


def test_a_bridge_that_antivirus_software_took_is_named(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry())
    (machine.python_home / "xlwings64-0.37.8.dll").unlink()
    with pytest.raises(SettingError, match="antivirus"):
        install(machine=machine)


def test_a_second_copy_in_the_startup_folder_is_told_and_left(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry())
    copy = machine.app_data / "Microsoft" / "Excel" / "XLSTART" / "InvOptXL.xlam"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"")
    assert any(str(copy) in line for line in install(machine=machine).lines)
    assert copy.exists()


def test_windows_lists_the_private_installation_with_a_quiet_removal(tmp_path: Path) -> None:
    registry = FakeRegistry()
    install(machine=windows(tmp_path, registry))
    told = registry.data(UNINSTALL)
    assert str(told["UninstallString"]).endswith('Uninstall-InvOptXL.ps1"')
    assert str(told["QuietUninstallString"]).endswith(" -Silent")
    other = FakeRegistry()
    install(machine=windows(tmp_path / "b", other, private=False))
    assert other.data(UNINSTALL) == {}


def test_a_refused_step_says_which_and_what_to_do(tmp_path: Path) -> None:
    class Refusing(FakeRegistry):
        def write(self, *_: object) -> None:
            raise PermissionError(13, "access is denied")

    action = WriteValue(OPTIONS, "OPEN", installing.Value("x"))
    with pytest.raises(WorkbookError, match=r"(?s)write value.*OPEN.*access is denied.*run the installer again"):
        carry_out([action], registry=Refusing(), write_shortcut=None)


def test_linux_has_no_excel_and_says_what_it_has(tmp_path: Path) -> None:
    machine = Machine("linux", tmp_path, tmp_path, {}, None, lambda: False, None)
    for act in (install, uninstall):
        with pytest.raises(SettingError, match="--host calc"):
            act(machine=machine)


def test_a_mac_gets_script_add_in_and_last_the_link_to_its_python(tmp_path: Path) -> None:
    machine = mac(tmp_path)
    done = install(machine=machine)
    assert isinstance(done.actions[-1], LinkFolder)
    assert all(isinstance(each, WriteFile) for each in done.actions[:-1])
    # what the script starts
    assert (machine.home / "Library/InvOptXL/python/bin/python3").is_file()
    script = machine.home / "Library/Application Scripts/com.microsoft.Excel/InvOptXL.applescript"
    assert "Library/InvOptXL/python/bin/python3" in script.read_text(encoding="utf-8")


def test_a_mac_is_left_as_it_was(tmp_path: Path) -> None:
    machine = mac(tmp_path)
    before = files(tmp_path)
    install(machine=machine)
    install(machine=mac(tmp_path, version="0.2.0-1"))
    assert mac_python_link(machine).resolve().parent.name == "0.2.0-1"
    uninstall(machine=machine)
    assert set(files(tmp_path)) - set(before) == {
        "home/Library/Application Support/InvOpt XL/versions/0.2.0-1/python/bin/python3"
    }
    assert not mac_python_link(machine).parent.exists()


def test_a_mac_interrupted_at_the_link_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = mac(tmp_path)
    install(machine=machine)
    replace = os.replace

    def stop_at_links(source: str | Path, target: str | Path) -> None:
        if Path(source).is_symlink():
            raise OSError(5, "stopped")
        replace(source, target)

    monkeypatch.setattr(os, "replace", stop_at_links)
    with pytest.raises(WorkbookError, match="link folder"):
        install(machine=mac(tmp_path, version="0.2.0-1"))
    assert mac_python_link(machine).resolve().parent.name == "0.1.0-1"


def test_a_folder_in_the_place_of_the_link_is_not_replaced(tmp_path: Path) -> None:
    machine = mac(tmp_path)
    (mac_python_link(machine) / "mine").mkdir(parents=True)
    with pytest.raises(WorkbookError, match="Move it away"):
        install(machine=machine)
    assert (mac_python_link(machine) / "mine").is_dir()


def test_the_shortcuts_start_the_server_that_any_excel_finds_and_the_doctor(tmp_path: Path) -> None:
    machine = windows(tmp_path, FakeRegistry())
    server, doctor = (each for each in install(machine=machine).actions if isinstance(each, Shortcut))
    assert server.program == machine.python_home / "pythonw.exe"
    assert server.arguments.endswith("invopt_xl.adapters.addin.server --shared")
    assert doctor.program.name == "cmd.exe"
    python = str(machine.python_home / "python.exe").replace("/", "\\")
    assert doctor.arguments == f'/k ""{python}" -I -X utf8 -m invopt_xl.adapters.cli doctor"'
