"""The doctor on a made-up Windows: one fault at a time is found, named, and comes with the next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from invopt_xl.adapters.addin import excel_checks, installing
from invopt_xl.adapters.addin.command import addin_bytes
from invopt_xl.adapters.addin.excel_checks import Trial, excel_bits
from invopt_xl.adapters.addin.excel_registration import ADD_IN_MANAGER, EXCEL, OPTIONS, OWN_SETTINGS, TRUSTED_LOCATIONS
from invopt_xl.adapters.addin.installing import addin_file, install, mac_script
from invopt_xl.adapters.addin.machine import Machine
from invopt_xl.adapters.addin.registry import Value
from invopt_xl.adapters.addin.sources import read_sources
from invopt_xl.adapters.check import Check
from tests.adapters.addin.fake_registry import FakeRegistry, mac, windows

_CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0"
_WELL = Trial(server=lambda program, class_id: None, mark=lambda path: None)


@pytest.fixture(scope="module", autouse=True)
def _one_build() -> object:
    """Build the add-in once: what it holds is tested elsewhere."""
    data = addin_bytes(read_sources())
    patch = pytest.MonkeyPatch()
    for module in (installing, excel_checks):
        patch.setattr(module, "addin_bytes", lambda _: data)
    yield data
    patch.undo()


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry({_CLICK_TO_RUN: {"VersionToReport": "16.0.18000.1", "Platform": "x64"}})


@pytest.fixture
def machine(tmp_path: Path, registry: FakeRegistry) -> Machine:
    made = windows(tmp_path, registry)
    install(machine=made)
    return made


def _problems(machine: Machine, trial: Trial = _WELL) -> dict[str, Check]:
    return {each.what: each for each in excel_checks.excel_checks(machine, trial) if not each.ok}


def test_a_fresh_installation_has_no_problem(machine: Machine) -> None:
    checks = excel_checks.excel_checks(machine, _WELL)
    assert [each.what for each in checks if not each.ok] == []
    assert len(checks) >= 12


def _without_registration(machine: Machine, registry: FakeRegistry) -> None:
    registry.delete_value(OPTIONS, "OPEN")


def _unticked(machine: Machine, registry: FakeRegistry) -> None:
    registry.delete_value(OPTIONS, "OPEN")
    registry.write(ADD_IN_MANAGER, str(addin_file(machine)), Value(""))


def _file_gone(machine: Machine, registry: FakeRegistry) -> None:
    addin_file(machine).unlink()


def _older_file(machine: Machine, registry: FakeRegistry) -> None:
    addin_file(machine).write_bytes(b"of yesterday")


def _disabled(machine: Machine, registry: FakeRegistry) -> None:
    content = b"\x01\x00\x00\x00\x05" + str(addin_file(machine)).lower().encode("utf-16-le") + b"\0\0"
    registry.write(EXCEL + r"\Resiliency\DisabledItems", "1A2B", Value(content, "bytes"))


def _bridge_gone(machine: Machine, registry: FakeRegistry) -> None:
    (machine.python_home / "xlwings64-0.37.8.dll").unlink()


def _bridge_of_other_bits(machine: Machine, registry: FakeRegistry) -> None:
    registry.write(_CLICK_TO_RUN, "Platform", Value("x86"))
    (machine.python_home / "xlwings32-0.37.8.dll").unlink()


def _python_gone(machine: Machine, registry: FakeRegistry) -> None:
    (machine.python_home / "pythonw.exe").unlink()


def _no_location(machine: Machine, registry: FakeRegistry) -> None:
    registry.delete_key(TRUSTED_LOCATIONS)


def _no_subfolders(machine: Machine, registry: FakeRegistry) -> None:
    registry.write(TRUSTED_LOCATIONS + r"\Location20", "AllowSubfolders", Value(0, "number"))


def _policy(below: str, name: str, data: int | str) -> Callable[[Machine, FakeRegistry], None]:
    def change(machine: Machine, registry: FakeRegistry) -> None:
        registry.write(below, name, Value(data, "number" if isinstance(data, int) else "text"))

    return change


def _no_runtime(machine: Machine, registry: FakeRegistry) -> None:
    (Path(machine.variables["SYSTEMROOT"]) / "System32" / "msvcp140.dll").unlink()


def _copy(machine: Machine, registry: FakeRegistry) -> None:
    path = machine.app_data / "Microsoft" / "Excel" / "XLSTART" / "InvOptXL.xlam"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")


_FAULTS: list[tuple[str, str, str, Callable[[Machine, FakeRegistry], None]]] = [
    ("Add-in in Excel", "does not know it", "installer", _without_registration),
    ("Add-in in Excel", "not ticked", "tick", _unticked),
    ("Add-in in Excel", "not there", "installer", _file_gone),
    ("Add-in's version", "not made by this package", "invopt addin install", _older_file),
    ("Disabled items", "after a crash", "Enable", _disabled),
    ("Python of the add-in", "missing", "Antivirus", _bridge_gone),
    ("Python of the add-in", "32-bit Excel", "Antivirus", _bridge_of_other_bits),
    ("Python of the add-in", "not found", "installer", _python_gone),
    ("COM server", "no Python to start", "installer", _python_gone),
    ("Trusted location", "not trusted", "installer", _no_location),
    ("Trusted location", "not trusted", "installer", _no_subfolders),
    (
        "Trusted location",
        "switched off",
        "Trust Center",
        _policy(EXCEL + r"\Security\Trusted Locations", "AllLocationsDisabled", 1),
    ),
    (
        "Trusted location",
        "company allows only",
        "Ask IT",
        _policy(_POLICY + r"\Common\Security\Trusted Locations", "Allow User Locations", 0),
    ),
    ("Macros", "VBA off", "Only IT", _policy(_POLICY + r"\Common", "VBAOff", "1")),
    ("Macros", "add-ins are switched off", "Trust Center", _policy(EXCEL + r"\Security", "DisableAllAddins", 1)),
    ("Macros", "must be signed", "Ask IT", _policy(_POLICY + r"\Excel\Security", "RequireAddinSig", 1)),
    ("Visual C++ runtime", "msvcp140.dll neither in", "Redistributable", _no_runtime),
    ("Startup folder XLSTART", "another copy", "Delete", _copy),
    (
        "Rule against child processes",
        "Defender",
        "Start menu",
        _policy(
            r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
            "d4f940ab-401b-4efc-aadc-ad5f3c50688a",
            "1",
        ),
    ),
]


@pytest.mark.parametrize(("what", "found", "fix", "fault"), _FAULTS, ids=lambda each: getattr(each, "__name__", None))
def test_a_fault_is_found_and_comes_with_the_next_step(
    machine: Machine,
    registry: FakeRegistry,
    what: str,
    found: str,
    fix: str,
    fault: Callable[[Machine, FakeRegistry], None],
) -> None:
    fault(machine, registry)
    problem = _problems(machine)[what]
    assert found in problem.found
    assert fix in problem.fix


def test_a_server_that_does_not_answer_is_told_with_its_reason(machine: Machine) -> None:
    problem = _problems(machine, replace(_WELL, server=lambda program, class_id: "no answer within 20 seconds"))
    assert problem["COM server"].found == "no answer within 20 seconds"
    assert "IT" in problem["COM server"].fix


def test_the_server_is_tried_with_the_python_that_the_add_in_would_start(
    machine: Machine, registry: FakeRegistry, tmp_path: Path
) -> None:
    tried: list[Path] = []

    def server(program: Path, class_id: str) -> None:
        assert class_id == class_id.upper()
        tried.append(program)

    trial = replace(_WELL, server=server)
    excel_checks.excel_checks(machine, trial)
    # the value that the add-in reads first
    other = windows(tmp_path, registry, private=False)
    registry.write(OWN_SETTINGS + r"\Install", "Python", Value(str(other.python_home).replace("/", "\\")))
    excel_checks.excel_checks(machine, trial)
    assert tried == [machine.python_home / "pythonw.exe", other.python_home / "Scripts" / "pythonw.exe"]


def test_a_file_from_the_internet_is_named(machine: Machine) -> None:
    problem = _problems(machine, replace(_WELL, mark=lambda path: "[ZoneTransfer]" if path.suffix == ".xlam" else None))
    assert str(addin_file(machine).name) in problem["Mark of the web"].found
    assert "Unblock" in problem["Mark of the web"].fix


def test_a_companys_setting_wins_over_the_users(machine: Machine, registry: FakeRegistry) -> None:
    registry.write(EXCEL + r"\Security", "RequireAddinSig", Value(1, "number"))
    registry.write(_POLICY + r"\Excel\Security", "RequireAddinSig", Value(0, "number"))
    assert "Macros" not in _problems(machine)


@pytest.mark.parametrize("folder", ["%LocalAppData%\\InvOptXL\\Versions", "%unknown%\\InvOptXL"])
def test_a_folder_that_the_company_trusts_needs_no_location_of_the_user(
    machine: Machine, registry: FakeRegistry, folder: str
) -> None:
    registry.delete_key(TRUSTED_LOCATIONS)
    registry.write(_POLICY + r"\Common\Security\Trusted Locations", "Allow User Locations", Value(0, "number"))
    key = _POLICY + r"\Excel\Security\Trusted Locations\Location1"
    registry.write(key, "Path", Value(folder, "expandable text"))
    registry.write(key, "AllowSubfolders", Value(1, "number"))
    assert ("Trusted location" in _problems(machine)) == ("unknown" in folder)


def test_a_bare_name_lies_in_the_add_ins_folder(machine: Machine, registry: FakeRegistry) -> None:
    registry.write(OPTIONS, "OPEN", Value('"InvOptXL.xlam"'))
    assert "Add-in in Excel" in _problems(machine)
    path = machine.app_data / "Microsoft" / "AddIns" / "InvOptXL.xlam"
    path.parent.mkdir(parents=True)
    path.write_bytes(addin_file(machine).read_bytes())
    assert "Add-in in Excel" not in _problems(machine)


def test_a_python_never_meant_for_excel_has_no_problem(tmp_path: Path, registry: FakeRegistry) -> None:
    machine = windows(tmp_path, registry, private=False)
    assert _problems(machine) == {}
    assert any("does not know it" in each.found for each in excel_checks.excel_checks(machine, _WELL))


def test_a_windows_without_excel_says_so(tmp_path: Path) -> None:
    (check,) = excel_checks.excel_checks(windows(tmp_path, FakeRegistry()), _WELL)
    assert check.ok
    assert "left out" in check.found


@pytest.mark.parametrize(
    ("content", "bits"),
    [
        ({_CLICK_TO_RUN: {"Platform": "x86"}}, 32),
        ({_CLICK_TO_RUN: {"Platform": "x64"}}, 64),
        ({r"HKLM\SOFTWARE\Microsoft\Office\16.0\Outlook": {"Bitness": "x86"}}, 32),
        (
            {
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe": {
                    "": r"C:\Program Files (x86)\Microsoft Office\EXCEL.EXE"
                }
            },
            32,
        ),
        (
            {
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe": {
                    "": r"C:\Program Files\Microsoft Office\EXCEL.EXE"
                }
            },
            64,
        ),
        ({}, None),
    ],
)
def test_excels_bitness_is_read_where_office_keeps_it(
    content: dict[str, dict[str, str | int | bytes]], bits: int | None
) -> None:
    assert excel_bits(FakeRegistry(content)) == bits


def test_linux_leaves_the_checks_out_and_says_so(tmp_path: Path) -> None:
    (check,) = excel_checks.excel_checks(Machine("linux", tmp_path, tmp_path, {}, None, lambda: False, None), _WELL)
    assert check.ok
    assert "left out" in check.found
    assert "--host calc" in check.found


def test_a_mac_is_examined_where_its_add_in_lies(tmp_path: Path) -> None:
    machine = mac(tmp_path)
    install(machine=machine)
    assert _problems(machine) == {}
    mac_script(machine).unlink()
    addin_file(machine).write_bytes(b"of yesterday")
    (machine.python_home / "bin" / "python3").unlink()
    assert set(_problems(machine)) == {"Add-in in Excel", "Script that Excel may start", "Python of the add-in"}
