"""The built add-in in the eyes of programs that others wrote; and each of them sees a fault that was planted."""

from __future__ import annotations

import io
import re
import subprocess
import warnings
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from invopt_xl.adapters.addin.command import PROJECT_NAME, addin_bytes, modules
from invopt_xl.adapters.addin.sources import Sources, read_sources
from invopt_xl.adapters.addin.vba_project import Module, module, vba_project
from tests.adapters.addin.readers import python_reader, validate
from tests.libreoffice import SOFFICE, needs_libreoffice

_SOURCES = read_sources()
_MODULES = {each.name: each for each in modules(_SOURCES)}


@pytest.fixture(scope="module")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addin") / "InvOptXL.xlam"
    path.write_bytes(addin_bytes(_SOURCES))
    return path


def _with(path: Path, part: str, data: bytes) -> Path:
    """Return a copy of an add-in with one part replaced."""
    changed = path.with_name("changed.xlam")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, data if name == part else old.read(name))
    return changed


def _project_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as package:
        return package.read("xl/vbaProject.bin")


# --- oletools


def _macros(path: Path) -> dict[str, str]:
    """Return the file names and sources that oletools reads."""
    olevba = python_reader("oletools.olevba", package="oletools")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = olevba.VBA_Parser(str(path))
        return {name: code for _, _, name, code in parser.extract_macros()}


def test_oletools_reads_every_source_byte_for_byte(addin: Path) -> None:
    assert _macros(addin) == {
        f"{each.name}.{'bas' if each.kind == 'standard' else 'cls'}": each.text for each in _MODULES.values()
    }


def test_oletools_misses_a_byte_that_was_changed(addin: Path) -> None:
    other = [*_MODULES.values()]
    other[3] = module(other[3].name, other[3].kind, other[3].text.replace("Option Explicit", "Option Explicjt", 1))
    changed = _with(addin, "xl/vbaProject.bin", vba_project(PROJECT_NAME, other))
    assert _macros(changed) != _macros(addin)


def _defects(project: bytes) -> list[Any]:
    olefile = python_reader("olefile", package="oletools")
    ole = olefile.OleFileIO(io.BytesIO(project), raise_defects=olefile.DEFECT_INCORRECT)
    for stream in ole.listdir():
        ole.openstream(stream).read()
    found: list[Any] = ole.parsing_issues
    return found


def test_olefile_finds_no_defect_in_the_container(addin: Path) -> None:
    assert _defects(_project_of(addin)) == []


def test_olefile_finds_a_planted_defect(addin: Path) -> None:
    project = bytearray(_project_of(addin))
    project[30:32] = (7).to_bytes(2, "little")  # a sector size that does not exist
    with pytest.raises((OSError, ValueError)):
        _defects(bytes(project))


def test_oletools_decompresses_what_hypothesis_wrote() -> None:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from invopt_xl.adapters.addin.ovba import compress

    olevba = python_reader("oletools.olevba", package="oletools")
    words = st.sampled_from(["Dim x", "\r\n", "    ", "é€", "InvOpt", "'", "()"]) | st.text("abc 123\r\n", max_size=30)

    @given(st.lists(words, min_size=1, max_size=600).map("".join))
    @settings(max_examples=30, deadline=None)
    def comes_back(text: str) -> None:
        data = text.encode("cp1252")
        if data:
            assert olevba.decompress_stream(bytearray(compress(data))) == data

    comes_back()


@pytest.mark.parametrize("size", [4095, 4096, 4097, 70_000])
def test_oletools_reads_a_module_of_any_size_among_many(size: int, addin: Path) -> None:
    line = "    Debug.Print 1\n"
    long = module("Longest", "standard", "Sub Main()\n" + line * (size // len(line)) + "End Sub\n")
    many = [module(f"Part{number}", "standard", "Option Explicit\n") for number in range(40)]
    changed = _with(addin, "xl/vbaProject.bin", vba_project(PROJECT_NAME, [*_MODULES.values(), long, *many]))
    read = _macros(changed)
    assert len(read) == len(_MODULES) + 41
    assert read["Longest.bas"].splitlines() == long.text.splitlines()


# --- LibreOffice


def _loaded(path: Path, folder: Path) -> dict[str, str]:
    """Return the modules that LibreOffice loads from an add-in: it saves them in a document of its own."""
    needs_libreoffice()
    assert SOFFICE
    command = [SOFFICE, f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}", "--headless"]
    command += ["--infilter=Calc MS Excel 2007 VBA XML", "--convert-to", "ods", "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    made = folder / f"{path.stem}.ods"
    assert made.exists(), done.stderr
    with zipfile.ZipFile(made) as package:
        texts = {
            Path(name).stem: ElementTree.fromstring(package.read(name)).text or ""
            for name in package.namelist()
            if re.fullmatch(rf"Basic/{PROJECT_NAME}/\w+\.xml", name)
        }
    return {
        name: text.split("Option VBASupport 1\n", 1)[1]
        for name, text in texts.items()
        if "Option VBASupport 1\n" in text
    }


@pytest.mark.libreoffice
def test_libreoffice_loads_every_module_line_by_line(addin: Path, tmp_path: Path) -> None:
    loaded = _loaded(addin, tmp_path)
    assert loaded.keys() == _MODULES.keys()
    for name, text in loaded.items():
        assert _code_lines(text) == _code_lines(_MODULES[name].text), name


@pytest.mark.libreoffice
def test_libreoffice_misses_a_module_that_is_not_declared(addin: Path, tmp_path: Path) -> None:
    fewer = [each for each in _MODULES.values() if each.name != "InvOptCells"]
    loaded = _loaded(_with(addin, "xl/vbaProject.bin", vba_project(PROJECT_NAME, fewer)), tmp_path)
    assert "InvOptCells" not in loaded


def _code_lines(text: str) -> list[str]:
    lines = [line.rstrip().removeprefix("Rem ") for line in text.replace("\r\n", "\n").split("\n")]
    return [line for line in lines if line and not line.startswith(("Attribute ", "Option ClassModule"))]


# --- Microsoft's Open XML SDK


def test_the_open_xml_sdk_finds_nothing_wrong(addin: Path) -> None:
    assert validate(addin) == []


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("customUI/customUI14.xml", 'size="large"', 'size="huge"'),
        ("customUI/customUI14.xml", "<splitButton id=", "<splitBatton id="),
        ("xl/workbook.xml", 'sheetId="1"', 'sheetId="one"'),
        ("xl/_rels/workbook.xml.rels", "styles.xml", "missing.xml"),
        ("customUI/customUI.xml", "2006/01/customui", "2009/07/customui"),
    ],
)
def test_the_open_xml_sdk_finds_a_planted_fault(addin: Path, part: str, old: str, new: str) -> None:
    with zipfile.ZipFile(addin) as package:
        text = package.read(part).decode()
    assert old in text
    text = text.replace(old, new, 1).replace(
        "</splitButton>", "</splitBatton>" if "Batton" in new else "</splitButton>", 1
    )
    assert validate(_with(addin, part, text.encode())) != []


# --- a VBA analyser


@pytest.fixture(scope="module")
def analyse(tmp_path_factory: pytest.TempPathFactory) -> Any:
    analysis = python_reader("pyvbaanalysis", package="pyvbaanalysis")

    def run(sources: Sources) -> list[str]:
        path = tmp_path_factory.mktemp("analysed") / "InvOptXL.xlam"
        path.write_bytes(addin_bytes(sources))
        found = analysis.analyze_office_file(str(path))
        return [f"{name} {problem.code}: {problem.message}" for name, problems in found.items() for problem in problems]

    return run


def test_the_analyser_finds_nothing_to_say(analyse: Any) -> None:
    assert analyse(_SOURCES) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Dim used As Object\n", "", "undeclared-variable"),
        ("InvOptLists.ErrorNumber(", "InvOptLists.ErorNumber(", "ErorNumber"),
        ("    Exit Function\nfailed:\n    Answer =", "    Exit Sub\nfailed:\n    Answer =", "exit"),
    ],
)
def test_the_analyser_finds_a_planted_fault(analyse: Any, old: str, new: str, code: str) -> None:
    text = _SOURCES.modules["InvOptCells.bas"]
    assert old in text
    found = analyse(Sources({**_SOURCES.modules, "InvOptCells.bas": text.replace(old, new, 1)}, _SOURCES.ribbon))
    assert any(code in each for each in found), found


def test_every_module_is_of_the_kind_that_excel_expects() -> None:
    def of(kind: str) -> set[str]:
        return {each.name for each in _MODULES.values() if each.kind == kind}

    assert of("workbook") == {"ThisWorkbook"}
    assert of("sheet") == {"InvOptSheet"}
    assert of("class") == {"InvOptEvents", "InvOptGuard"}
    documents: list[Module] = [_MODULES["ThisWorkbook"], _MODULES["InvOptSheet"]]
    assert all("Attribute VB_PredeclaredId = True" in each.text for each in documents)
