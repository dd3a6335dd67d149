"""What the doctor says of this installation, whatever the computer."""

from __future__ import annotations

from pathlib import Path

import pytest

from invopt_xl.adapters import doctor
from invopt_xl.adapters.addin.machine import Machine


def _linux(home: Path) -> Machine:
    return Machine("linux", home, home, {}, None, lambda: False, None)


def test_each_check_says_what_was_found_and_a_problem_what_to_do(tmp_path: Path) -> None:
    checks = doctor.examine(_linux(tmp_path))
    assert all(each.what and each.found for each in checks)
    assert all(each.fix for each in checks if not each.ok)
    assert [each.what for each in checks][:3] == ["InvOpt XL", "Python", "System"]


def test_a_library_that_is_missing_is_a_problem_with_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "pandas" else version(name))
    (problem,) = [each for each in doctor.examine(_linux(tmp_path)) if not each.ok]
    assert problem.what == "pandas"
    assert problem.fix


def test_the_calc_extension_is_found_in_the_users_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")

    def found() -> str:
        return next(each.found for each in doctor.examine(_linux(tmp_path)) if each.what.startswith("LibreOffice"))

    assert "without our extension" in found()
    cache = tmp_path / ".config/libreoffice/4/user/uno_packages/cache/uno_packages/lu1.tmp_"
    (cache / "InvOptXL.oxt").mkdir(parents=True)
    assert "with our extension" in found()
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert "not found" in found()
