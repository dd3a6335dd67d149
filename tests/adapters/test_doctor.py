"""What the doctor says of this installation, whatever the computer."""

from __future__ import annotations

import sys
from dataclasses import replace
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


@pytest.mark.parametrize(
    ("system", "fix"), [("darwin", "brew install libomp"), ("linux", "libgomp1"), ("win32", "Visual C++")]
)
def test_trees_that_are_installed_but_do_not_load_are_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, fix: str
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
    (problem,) = doctor._trees(replace(_linux(tmp_path), system=system))
    assert not problem.ok
    assert fix in problem.fix
    monkeypatch.setattr(doctor, "_version", lambda name: None)
    assert doctor._trees(_linux(tmp_path)) == []


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
