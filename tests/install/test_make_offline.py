"""The installer for planners: what is put into it, and that its pins and lists agree with the lock file."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

_INSTALL = Path(__file__).resolve().parents[2] / "install"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_offline", _INSTALL / "make_offline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_offline = _load()
_PINS = json.loads((_INSTALL / "pins.json").read_text(encoding="utf-8"))


def _pins(path: Path) -> dict[str, set[str]]:
    """Return name==version -> its hashes, markers left out."""
    found: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()):
        found[entry.split()[0]] = set(re.findall(r"sha256:([0-9a-f]{64})", entry))
    return found


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_planners_get_versions_and_hashes_of_the_lock_file(system: str) -> None:
    lock, ours = _pins(_INSTALL / "lock.txt"), _pins(_INSTALL / system / "requirements.txt")
    assert set(ours) <= set(lock), "stale: see install/README.md, 'For who makes the installer'"
    assert all(hashes and hashes <= lock[name] for name, hashes in ours.items())


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_planners_get_what_the_package_needs_and_no_tools_of_developers(system: str) -> None:
    project = tomllib.loads((_INSTALL.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["excel"], *extras["learn"]]
    names = {name.split("==")[0] for name in _pins(_INSTALL / system / "requirements.txt")}
    assert {re.split(r"[<>=;\[ ]", each)[0].lower() for each in needed} <= names
    # readers of macros among them alarm antivirus software
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "oletools", "pyopenvba", "build"}


def test_the_list_for_windows_needs_no_condition_evaluated_elsewhere() -> None:
    text = (_INSTALL / "windows" / "requirements.txt").read_text(encoding="ascii")
    assert ";" not in text
    assert re.search(r"^pywin32==", text, re.MULTILINE)


def test_pins_are_complete() -> None:
    interpreter, pip = _PINS["interpreter"], _PINS["pip"]
    for each in (interpreter, pip):
        assert re.fullmatch(r"[0-9a-f]{64}", each["sha256"])
        assert each["version"] in each["file"]
    assert interpreter["url"].startswith("https://www.python.org/ftp/python/")
    assert interpreter["url"].endswith("/" + interpreter["file"])


def test_pip_is_asked_for_windows_files_whatever_system_this_is() -> None:
    command = make_offline.download_command(Path("r.txt"), Path("wheels"), _PINS, system="windows")
    text = " ".join(command)
    assert "--platform win_amd64 --python-version 3.11 --implementation cp" in text
    assert "--require-hashes --only-binary :all:" in text
    assert "--platform" not in make_offline.download_command(Path("r.txt"), Path("w"), _PINS, system="macos")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "invopt_xl-0.2.0-py3-none-any.whl"
    path.write_bytes(b"wheel")
    return path


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_every_file_stands_in_the_manifest_with_its_hash(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(make_offline.subprocess, "run", lambda *_, **__: None)
    words = ["--system", system, "--small", "--wheel", str(wheel), "--out", str(tmp_path / "out")]
    assert make_offline.main(words) == 0
    folder = tmp_path / "out" / f"InvOptXL-0.2.0-{system}"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="ascii"))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    assert all(make_offline.digest(folder / name) == told for name, told in manifest["files"].items())
    assert "wheels/" + wheel.name in files
    assert (folder.parent / (folder.name + ".zip")).exists()
    start = "Install-InvOptXL.cmd" if system == "windows" else "install.command"
    assert start in files


def test_another_interpreter_than_the_pinned_one_is_refused(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / _PINS["interpreter"]["file"]
    other.write_bytes(b"other")
    words = ["--interpreter", str(other), "--wheel", str(wheel), "--out", str(tmp_path / "out")]
    assert make_offline.main(words) == 2
    assert _PINS["interpreter"]["url"] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="on a Mac it is possible")
def test_libraries_for_a_mac_are_collected_on_a_mac(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_offline.main(["--system", "macos", "--wheel", str(wheel)]) == 2
    assert "--small" in capsys.readouterr().err
