"""The import rule of the project: one direction, read from the sources."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "invopt_xl"
#: Libraries and modules that the core may never see: hosts, files, clocks, the environment.
_BANNED_IN_CORE = {
    "openpyxl",
    "xlwings",
    "os",
    "pathlib",
    "io",
    "time",
    "random",
    "sys",
    "subprocess",
    "tempfile",
    "shutil",
    "zipfile",
    "lxml",
    "fastexcel",
    "python_calamine",
    "logging",
}
_HEAVY = ("pandas", "scipy", "lightgbm", "shap", "openpyxl", "fastexcel", "pyarrow", "torch", "statsforecast")


def _imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _files(folder: str) -> list[Path]:
    return sorted((PACKAGE / folder).rglob("*.py"))


def _ours(file: Path) -> set[str]:
    return {name.removeprefix("invopt_xl.") for name in _imports(file) if name.startswith("invopt_xl.")}


def test_core_imports_only_core_settings_and_errors() -> None:
    for file in _files("core"):
        for name in _ours(file):
            assert name.split(".")[0] in ("core", "settings", "errors"), f"{file.name} imports {name}"


def test_core_sees_no_host_file_clock_or_environment() -> None:
    for file in _files("core"):
        banned = {name.split(".")[0] for name in _imports(file)} & _BANNED_IN_CORE
        assert not banned, f"{file} imports {banned}"


def test_core_calls_no_clock_print_open_or_global_random_state() -> None:
    for file in _files("core"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "open", "input"), f"{file}:{node.lineno} calls {called}"
                assert not called.endswith((".now", ".today", ".utcnow")), f"{file}:{node.lineno} reads the clock"
                assert not called.startswith("np.random.") or called == "np.random.default_rng", (
                    f"{file}:{node.lineno} {called}"
                )


@pytest.mark.parametrize("name", ["errors", "settings"])
def test_errors_and_settings_import_nothing_but_each_other(name: str) -> None:
    assert _ours(PACKAGE / f"{name}.py") <= {"errors", "errors.SettingError", "errors.near_names", "settings"}


def test_pipeline_imports_no_adapter() -> None:
    assert not {name for name in _ours(PACKAGE / "pipeline.py") if name.startswith("adapters")}


def test_nothing_imports_the_command_line() -> None:
    for file in PACKAGE.rglob("*.py"):
        edge = [name.split(".")[1] for name in _ours(file) if name.startswith("adapters.")]
        assert not {"cli", "functions", "ribbon"} & set(edge), file


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = f"import sys, invopt_xl; print([m for m in {_HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
