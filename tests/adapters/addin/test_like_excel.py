"""The add-in beside one that Excel itself saved: pyOpenVBA ships it as its template."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from invopt_xl.adapters.addin.command import addin_bytes, modules
from invopt_xl.adapters.addin.sources import read_sources
from invopt_xl.adapters.addin.vba_project import module, vba_project
from tests.adapters.addin.readers import python_reader
from tests.adapters.addin.test_vba_project import records
from tests.reference.slow_ovba import decompress, read_compound

_PERFORMANCE_CACHE_COMPATIBILITY = 0x4A  # belongs to the compiled cache, which we do not write


@pytest.fixture(scope="module")
def by_excel() -> zipfile.ZipFile:
    package = python_reader("pyopenvba", package="pyopenvba")
    found = [*Path(package.__file__).parent.rglob("*addin*.xlam")]
    if not found:
        pytest.skip("this version of pyOpenVBA has no add-in saved by Excel")
    return zipfile.ZipFile(io.BytesIO(found[0].read_bytes()))


@pytest.fixture(scope="module")
def streams(by_excel: zipfile.ZipFile) -> dict[str, bytes]:
    return read_compound(by_excel.read("xl/vbaProject.bin"))


def _source(streams: dict[str, bytes], name: str) -> str:
    """Return a module's source: it begins where the directory says, behind Excel's compiled cache."""
    directory = records(decompress(streams["VBA/dir"]))
    names = [data.decode() for number, data in directory if number == 0x1A]
    offsets = [int.from_bytes(data, "little") for number, data in directory if number == 0x31]
    return decompress(streams[f"VBA/{name}"][offsets[names.index(name)] :]).decode("cp1252")


def test_the_slow_reader_reads_what_excel_wrote(streams: dict[str, bytes]) -> None:
    assert {"VBA/ThisWorkbook", "VBA/Sheet1", "VBA/Module1", "VBA/dir", "PROJECT", "PROJECTwm"} <= streams.keys()
    assert _source(streams, "Module1").startswith('Attribute VB_Name = "Module1"\r\n')


@pytest.mark.parametrize(("name", "kind"), [("ThisWorkbook", "workbook"), ("Sheet1", "sheet"), ("Module1", "standard")])
def test_modules_begin_as_excels_do(streams: dict[str, bytes], name: str, kind: Any) -> None:
    excels = _source(streams, name)
    head = [line for line in excels.split("\r\n") if line.startswith("Attribute ")]
    ours = module(name, kind, "").text.split("\r\n")
    assert [line for line in ours if line] == head


def test_the_directory_has_excels_records_in_excels_order(streams: dict[str, bytes]) -> None:
    excels = records(decompress(streams["VBA/dir"]))
    names = [data.decode() for number, data in excels if number == 0x1A]
    kinds: dict[str, Any] = {"ThisWorkbook": "workbook", "Sheet1": "sheet"}
    project = vba_project("VBAProject1", [module(name, kinds.get(name, "standard"), "") for name in names])
    ours = records(decompress(read_compound(project)["VBA/dir"]))
    assert [number for number, _ in ours] == [
        number for number, _ in excels if number != _PERFORMANCE_CACHE_COMPATIBILITY
    ]
    # project name, version, module offsets and cookies differ from file to file; everything else is the same
    own = {_PERFORMANCE_CACHE_COMPATIBILITY, 0x04, 0x09, 0x13, 0x31, 0x2C}
    assert [each for each in ours if each[0] not in own] == [each for each in excels if each[0] not in own]


def test_the_project_stream_has_excels_lines(streams: dict[str, bytes]) -> None:
    def keys(text: bytes) -> list[str]:
        return [line.split("=")[0] for line in text.decode("cp1252").split("\r\n")]

    ours = vba_project(
        "VBAProject1",
        [module("ThisWorkbook", "workbook", ""), module("Sheet1", "sheet", ""), module("Module1", "standard", "")],
    )
    assert keys(read_compound(ours)["PROJECT"]) == keys(streams["PROJECT"])
    assert read_compound(ours)["PROJECTwm"] == streams["PROJECTwm"]


def test_the_package_has_the_types_and_relations_of_excels(by_excel: zipfile.ZipFile) -> None:
    ours = zipfile.ZipFile(io.BytesIO(addin_bytes(read_sources())))
    for text in (
        "application/vnd.ms-excel.addin.macroEnabled.main+xml",
        'Extension="bin" ContentType="application/vnd.ms-office.vbaProject"',
    ):
        assert text in ours.read("[Content_Types].xml").decode()
        assert text in by_excel.read("[Content_Types].xml").decode()
    relation = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    assert relation in ours.read("xl/_rels/workbook.xml.rels").decode()
    assert relation in by_excel.read("xl/_rels/workbook.xml.rels").decode()
    assert set(by_excel.namelist()) - set(ours.namelist()) == {"xl/theme/theme1.xml"}


def test_pyopenvba_reads_every_module_and_both_references(tmp_path: Path) -> None:
    pyopenvba = python_reader("pyopenvba", package="pyopenvba")
    path = tmp_path / "InvOptXL.xlam"
    path.write_bytes(addin_bytes(read_sources()))
    with pyopenvba.ExcelFile(path) as book:
        read = book.vba_modules()
    assert read.keys() == {each.name for each in modules(read_sources())}
    for each in modules(read_sources()):
        assert [line for line in read[each.name].splitlines() if not line.startswith("Attribute VB_")] == [
            line for line in each.text.splitlines() if not line.startswith("Attribute VB_")
        ]
