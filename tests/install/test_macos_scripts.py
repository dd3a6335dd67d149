"""The installer for a Mac, run by bash with made-up Mac programs in front: its own steps are real, Python's filling is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_INSTALL = Path(__file__).resolve().parents[2] / "install"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")

_FILLING = """
import json, pathlib, sys
folder = pathlib.Path(sys.prefix).parent
if {succeeds}:
    (folder / "complete.json").write_text("{{}}")
sys.exit({code})
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle with space"
    folder.mkdir()
    for name in ("install.command", "uninstall.command"):
        shutil.copy(_INSTALL / "macos" / name, folder)
    (folder / "manifest.json").write_text(json.dumps({"version": "0.2.0"}), encoding="ascii")
    (folder / "README.md").write_text("read me", encoding="ascii")
    (folder / "private_python.py").write_text(_FILLING.format(succeeds=True, code=0), encoding="ascii")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("uname", "echo Darwin"), ("pgrep", f"test -f '{tmp_path}/excel-is-open'")):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (programs / name).chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    return folder


def _run(bundle: Path, script: str, *words: str) -> tuple[int, str]:
    tmp_path = bundle.parent
    (tmp_path / "home").mkdir(exist_ok=True)
    variables = {**os.environ, "HOME": str(tmp_path / "home"), "PATH": f"{tmp_path / 'programs'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", str(bundle / script), *words], env=variables, capture_output=True, check=False, input=b"q\n"
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def _versions(bundle: Path) -> list[Path]:
    return sorted((bundle.parent / "home" / "Library" / "Application Support" / "InvOpt XL" / "versions").glob("*"))


def test_a_version_lies_in_a_folder_of_its_own_with_a_private_python(bundle: Path) -> None:
    code, said = _run(bundle, "install.command", "--silent")
    assert code == 0, said
    (folder,) = _versions(bundle)
    assert (folder / "python" / "pyvenv.cfg").exists()
    assert (folder / "setup" / "uninstall.command").exists()
    assert "Next step: start Excel" in said
    assert "is installed" in (bundle.parent / "home/Library/Logs/InvOptXL/install.log").read_text(encoding="utf-8")


def test_a_failure_takes_the_unfinished_version_back_and_passes_its_code_on(bundle: Path) -> None:
    (bundle / "private_python.py").write_text(_FILLING.format(succeeds=False, code=3), encoding="ascii")
    code, said = _run(bundle, "install.command", "--silent")
    assert code == 3
    assert "unchanged" in said
    assert _versions(bundle) == []


def test_an_open_excel_stops_a_silent_run_and_can_stop_another(bundle: Path) -> None:
    (bundle.parent / "excel-is-open").touch()
    for script in ("install.command", "uninstall.command"):
        for words in (("--silent",), ()):
            assert _run(bundle, script, *words)[0] == 3
    assert _versions(bundle) == []


def test_a_dry_run_is_json_and_makes_nothing(bundle: Path) -> None:
    code, said = _run(bundle, "install.command", "--dry-run")
    assert code == 0
    assert next(each["step"] for each in json.loads(said)) == "make a virtual environment"
    assert list((bundle.parent / "home").iterdir()) == []


@pytest.mark.parametrize("script", ["install.command", "uninstall.command"])
def test_an_unknown_option_is_refused(bundle: Path, script: str) -> None:
    assert _run(bundle, script, "--quiet")[0] == 2


def test_removal_takes_all_of_ours_even_with_a_damaged_python_and_leaves_the_rest(bundle: Path) -> None:
    assert _run(bundle, "install.command", "--silent")[0] == 0
    library = bundle.parent / "home" / "Library"
    startup = library / "Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
    scripts = library / "Application Scripts/com.microsoft.Excel"
    for folder, names in (
        (startup, ("InvOptXL.xlam", "Solver.xlam")),
        (scripts, ("InvOptXL.applescript", "mine.scpt")),
    ):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).touch()
    (library / "InvOptXL").mkdir()
    (library / "InvOptXL" / "python").symlink_to(library / "nowhere")
    state = library / "Application Support" / "InvOptXL" / "order numbers.json"
    state.parent.mkdir()
    state.touch()
    code, said = _run(bundle, "uninstall.command", "--silent")
    assert code == 0, said
    assert "order numbers already issued" in said
    left = sorted(path.name for path in library.rglob("*") if path.is_file() or path.is_symlink())
    assert left == ["Solver.xlam", "mine.scpt", state.name]
    assert not (library / "InvOptXL").exists()
    assert not (library / "Application Support" / "InvOpt XL").exists()
