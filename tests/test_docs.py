"""Documents and shipped workbooks are never stale, and nothing in the repository names a machine or a registry."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import invopt_xl
from invopt_xl.adapters.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"made_{path.parent.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_page_is_what_the_code_says() -> None:
    made = _load(ROOT / "docs" / "generate.py").page()
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == made, "run: python docs/generate.py"


@pytest.mark.parametrize("name", ["invopt_template.xlsx", "invopt_sample.xlsx"])
def test_shipped_workbooks_are_what_the_contracts_make(name: str, tmp_path: Path) -> None:
    _load(ROOT / "templates" / "generate.py").generate(tmp_path)
    with zipfile.ZipFile(tmp_path / name) as made, zipfile.ZipFile(ROOT / "templates" / name) as shipped:
        assert made.namelist() == shipped.namelist()
        for part in made.namelist():
            assert made.read(part) == shipped.read(part), f"{part} differs; run: python templates/generate.py"


def test_every_command_is_in_the_readme_or_the_reference() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "reference.md").read_text(
        encoding="utf-8"
    )
    for command in next(action for action in build_parser()._actions if action.dest == "command").choices:  # type: ignore[union-attr]
        assert f"invopt {command}" in text


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == invopt_xl.__version__
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_lock_file_pins_every_dependency_with_hashes_and_no_address() -> None:
    lock = (ROOT / "install" / "lock.txt").read_text()
    assert "://" not in lock
    assert "--index" not in lock
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    for requirement in wanted:
        name = re.split(r"[>=<\[ ]", requirement)[0].lower()
        assert name in pinned, f"{name} is not locked; see CONTRIBUTING.md"
    assert lock.count("--hash=sha256:") > len(pinned)


def test_links_between_our_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_no_tracked_text_names_a_machine_path_or_an_index_address() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in files:
        path = ROOT / name
        if not path.is_file() or path == Path(__file__) or b"\0" in path.read_bytes():  # a workbook, not a text
            continue
        text = path.read_text(encoding="utf-8")
        assert "index-url" not in text.replace("--no-emit-index-url", ""), name
        assert str(ROOT) not in text, name  # a path of this machine
