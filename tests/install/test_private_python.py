"""Filling a private Python: the order of its steps, hashes, and what an interruption leaves. No library is really installed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_FILE = Path(__file__).resolve().parents[2] / "install" / "private_python.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("private_python", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["private_python"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


private_python = _load()
_PINS = json.loads((_FILE.parent / "pins.json").read_text(encoding="utf-8"))


def _bundle(folder: Path, *, libraries: bool = True) -> Path:
    wheels = folder / "bundle" / "wheels"
    wheels.mkdir(parents=True)
    names = [_PINS["pip"]["file"], "invopt_xl-0.2.0-py3-none-any.whl"]
    for name in [*names, "numpy-1-x.whl", "pandas-1-x.whl"] if libraries else names:
        (wheels / name).write_bytes(name.encode())
    bundle = wheels.parent
    (bundle / "requirements.txt").write_text("numpy==1\n", encoding="ascii")
    (bundle / "pins.json").write_text(json.dumps(_PINS), encoding="ascii")
    files = [path for path in bundle.rglob("*") if path.is_file()]
    told = {path.relative_to(bundle).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (bundle / "manifest.json").write_text(json.dumps({"version": "0.2.0", "files": told}), encoding="ascii")
    return bundle


def _private(folder: Path, *, offline: bool = False, libraries: bool = True) -> Any:
    home = folder / "versions" / "0.2.0-2" / "python"
    home.mkdir(parents=True)
    (home / "python311._pth").write_text("python311.zip\n.\n#import site\n", encoding="ascii")
    old = folder / "versions" / "0.1.0-1" / "python"
    old.mkdir(parents=True)
    (old / "kept").write_bytes(b"")
    return private_python.Private(
        home, home / "python.exe", _bundle(folder, libraries=libraries), offline, folder / "logs" / "install.log"
    )


class _Runs:
    """Stands for subprocess.run: notes the commands, fails at one of them."""

    def __init__(self, private: Any, *, failing: str = "", code: int = 1) -> None:
        self.private, self.failing, self.code = private, failing, code
        self.commands: list[tuple[str, ...]] = []
        self.complete_before_excel = False

    def __call__(self, command: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[bytes]:
        self.commands.append(command)
        if "addin" in command:
            self.complete_before_excel = (self.private.version_folder / "complete.json").is_file()
        bad = bool(self.failing) and self.failing in " ".join(command)
        return subprocess.CompletedProcess(command, self.code if bad else 0, b"a line of the program\n")


def _run(monkeypatch: pytest.MonkeyPatch, private: Any, **how: Any) -> tuple[int, _Runs]:
    runs = _Runs(private, **how)
    monkeypatch.setattr(private_python.subprocess, "run", runs)
    return private_python.carry_out(private), runs


def test_excel_is_told_after_everything_is_tried_and_former_versions_go_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = _private(tmp_path)
    code, runs = _run(monkeypatch, private)
    assert code == 0
    assert runs.complete_before_excel
    assert runs.commands[-1][-2:] == ("addin", "install")
    assert [path.name for path in private.version_folder.parent.iterdir()] == ["0.2.0-2"]
    told = json.loads((private.version_folder / "complete.json").read_text(encoding="utf-8"))
    assert told["version"] == "0.2.0"


@pytest.mark.parametrize(
    "failing", ["requirements.txt", "invopt_xl-0.2.0", "import numpy", "--version", "addin install"]
)
def test_a_step_that_fails_leaves_the_former_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    private = _private(tmp_path)
    code, runs = _run(monkeypatch, private, failing=failing)
    assert code == 2
    assert failing in " ".join(runs.commands[-1]), "went on after a failure"
    assert (tmp_path / "versions" / "0.1.0-1" / "python" / "kept").exists()
    # complete means: may be used. Only the last failure comes after that.
    assert (private.version_folder / "complete.json").exists() == (failing == "addin install")
    log = private.log.read_text(encoding="utf-8")
    assert "a line of the program" in log


def test_an_open_excel_has_its_own_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, _private(tmp_path), failing="addin install", code=3)[0] == 3


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_file_that_is_not_as_packed_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    private = _private(tmp_path)
    path = private.bundle / "wheels" / "numpy-1-x.whl"
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"other")
    code, runs = _run(monkeypatch, private)
    assert code == 2
    assert runs.commands == []
    assert "numpy-1-x.whl" in capsys.readouterr().out


def test_libraries_come_by_hash_as_built_files_and_from_the_folder_alone(tmp_path: Path) -> None:
    command = private_python.steps(_private(tmp_path))[2].command
    for word in ("--require-hashes", "--no-deps", "--isolated", "--no-index", "--find-links"):
        assert word in command
    assert command[command.index("--only-binary") + 1] == ":all:"
    # our Python, kept apart from the user's, running pip from its wheel
    assert command[1:4] == ("-I", "-X", "utf8")
    assert command[4].endswith(f"{_PINS['pip']['file']}/pip".replace("/", private_python.os.sep))


def test_a_small_installer_heeds_the_companys_index_and_still_checks_hashes(tmp_path: Path) -> None:
    planned = private_python.steps(_private(tmp_path, libraries=False))
    assert "--require-hashes" in planned[2].command
    assert "--no-index" not in planned[2].command
    assert "--isolated" not in planned[2].command
    # our own package is in no index, and a foreign one of that name must not be taken
    assert "--no-index" in planned[4].command


def test_offline_never_asks_the_network(tmp_path: Path) -> None:
    planned = private_python.steps(_private(tmp_path, libraries=False, offline=True))
    assert all("--no-index" in step.command for step in (planned[2], planned[4]))


def test_the_embeddable_python_is_closed_to_the_registry_and_opened_to_its_own_libraries(tmp_path: Path) -> None:
    private = _private(tmp_path)
    private_python.write_path_file(private.home)
    lines = (private.home / "python311._pth").read_text(encoding="ascii").split()
    assert lines == ["python311.zip", ".", "Lib\\site-packages", "import", "site"]


@pytest.mark.parametrize("windows_has_it", [True, False])
def test_the_cpp_runtime_is_laid_beside_python_only_where_windows_lacks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows_has_it: bool
) -> None:
    private = _private(tmp_path)
    libraries = private.home / "Lib" / "site-packages" / "sklearn" / ".libs"
    system = tmp_path / "Windows" / "System32"
    for folder in (libraries, system) if windows_has_it else (libraries,):
        folder.mkdir(parents=True)
        for name in private_python.RUNTIME:
            (folder / name).write_bytes(b"")
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path / "Windows"))
    private_python.place_runtime(private)
    assert [(private.home / name).exists() for name in private_python.RUNTIME] == [not windows_has_it] * 2


def test_a_dry_run_prints_json_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    private = _private(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(private_python.subprocess, "run", lambda *_, **__: pytest.fail("ran something"))
    assert private_python.carry_out(private, dry_run=True) == 0
    assert len(json.loads(capsys.readouterr().out)) == 10
    assert sorted(tmp_path.rglob("*")) == before


def test_a_former_version_in_use_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = _private(tmp_path)

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "in use", str(self))

    monkeypatch.setattr(Path, "rename", refuse)
    private_python.remove_former(private)
    assert (tmp_path / "versions" / "0.1.0-1" / "python" / "kept").exists()
    assert "in use" in private.log.read_text(encoding="utf-8")


def test_two_wheels_of_ours_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private = _private(tmp_path)
    (private.bundle / "wheels" / "invopt_xl-0.1.0-py3-none-any.whl").write_bytes(b"")
    assert private_python.carry_out(private) == 2
    assert "found 2" in capsys.readouterr().out


def test_what_is_tried_is_what_the_package_needs() -> None:
    import tomllib

    project = tomllib.loads((_FILE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    words = {each.split(">")[0].split("<")[0].replace("-", "_") for each in project["dependencies"]}
    assert words - set(private_python.TRIED) == {"tqdm"}
    assert "xlwings" in private_python.TRIED
