"""`invopt addin build`: one file, the same bytes everywhere, from sources in a clone or in an installed package."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

import invopt_xl
from invopt_xl.adapters.addin import sources
from invopt_xl.adapters.addin.command import addin_bytes, build, modules
from invopt_xl.adapters.addin.sources import Sources, read_sources
from invopt_xl.errors import ComputeError, WorkbookError

_ROOT = Path(invopt_xl.__file__).resolve().parent.parent


def test_the_file_is_written_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = build(tmp_path / "new" / "Other.xlam")
    assert asked == tmp_path / "new" / "Other.xlam"
    assert build(tmp_path) == tmp_path / "InvOptXL.xlam"
    monkeypatch.chdir(tmp_path / "new")
    assert build(None).resolve() == (tmp_path / "new" / "InvOptXL.xlam").resolve()
    assert asked.read_bytes() == (tmp_path / "InvOptXL.xlam").read_bytes()


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"ending \.xlam"):
        build(tmp_path / "InvOptXL.xlsx")


def test_two_builds_are_equal_to_the_byte() -> None:
    assert addin_bytes(read_sources()) == addin_bytes(read_sources())


def test_time_zone_folder_hash_seed_and_line_endings_change_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "workbook"
    shutil.copytree(_ROOT / "workbook", copy)
    for path in [*copy.rglob("*.bas"), *copy.rglob("*.cls"), *copy.rglob("*.xml")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        os.utime(path, (0, 0))
    code = (
        "import hashlib, pathlib, sys; from invopt_xl.adapters.addin.command import addin_bytes;"
        "from invopt_xl.adapters.addin.sources import read_sources;"
        "print(hashlib.sha256(addin_bytes(read_sources(pathlib.Path(sys.argv[1])))).hexdigest())"
    )
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(copy)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(addin_bytes(read_sources())).hexdigest()


def test_a_changed_source_changes_the_file() -> None:
    kept = read_sources()
    changed = Sources({**kept.modules, "InvOptMac.bas": kept.modules["InvOptMac.bas"] + "' more\n"}, kept.ribbon)
    assert addin_bytes(changed) != addin_bytes(kept)


def test_the_sources_are_found_in_an_installed_package_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sources.sources_folder() == _ROOT / "workbook"
    shutil.copytree(_ROOT / "workbook", tmp_path / "inside")
    monkeypatch.setattr(sources, "_PLACES", (tmp_path / "inside", _ROOT / "workbook"))
    assert sources.sources_folder() == tmp_path / "inside"
    assert read_sources() == read_sources(_ROOT / "workbook")


def test_missing_sources_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_PLACES", (tmp_path / "inside", tmp_path / "workbook"))
    with pytest.raises(WorkbookError, match="Install InvOpt XL again"):
        read_sources()


def test_a_source_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    shutil.copytree(_ROOT / "workbook", tmp_path / "workbook")
    path = tmp_path / "workbook" / "vba" / "InvOptMac.bas"
    path.write_bytes(path.read_bytes() + "' é".encode("cp1252"))
    with pytest.raises(WorkbookError, match=r"InvOptMac\.bas, byte \d+: not UTF-8"):
        read_sources(tmp_path / "workbook")


def test_a_source_named_like_the_project_is_refused() -> None:
    kept = read_sources()
    with pytest.raises(ComputeError, match="named like the project"):
        addin_bytes(Sources({**kept.modules, "InvOptXL.bas": "Option Explicit\n"}, kept.ribbon))


def test_excel_is_told_that_the_file_is_an_add_in(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as package:
        assert package.testzip() is None
        names = package.namelist()
        types = package.read("[Content_Types].xml").decode()
        workbook = package.read("xl/workbook.xml").decode()
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        for name in names:
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(package.read(name))
    assert names[0] == "[Content_Types].xml"
    assert "application/vnd.ms-excel.addin.macroEnabled.main+xml" in types
    by_name = {each.name: each for each in modules(read_sources())}
    assert 'codeName="ThisWorkbook"' in workbook
    assert by_name["ThisWorkbook"].kind == "workbook"
    assert 'codeName="InvOptSheet"' in sheet
    assert by_name["InvOptSheet"].kind == "sheet"


def test_no_entry_shows_when_or_where_it_was_made(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as package:
        for entry in package.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.create_system, entry.external_attr, entry.extra) == (0, 0x20, b"")
