"""The VBA project's streams, read back step by step."""

from __future__ import annotations

import struct

import pytest

from invopt_xl.adapters.addin.vba_project import module, vba_project
from invopt_xl.errors import ComputeError
from tests.reference.slow_ovba import decompress, read_compound

_BOOK = module("ThisWorkbook", "workbook", "Option Explicit\n")
_CLASS_TEXT = """VERSION 1.0 CLASS
BEGIN
  MultiUse = -1  'True
END
Attribute VB_Name = "Guard"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = False
Attribute VB_Exposed = False
Option Explicit
Private WithEvents mExcel As Application
Attribute mExcel.VB_VarHelpID = -1
"""


def records(directory: bytes) -> list[tuple[int, bytes]]:
    """Return the records of a dir stream (MS-OVBA 2.3.4.2); the version record alone has no honest size."""
    out, at = [], 0
    while at < len(directory):
        number, size = struct.unpack_from("<HI", directory, at)
        size = 6 if number == 0x09 else size
        out.append((number, directory[at + 6 : at + 6 + size]))
        at += 6 + size
    assert at == len(directory)
    return out


def test_modules_are_stored_as_source_without_a_cache() -> None:
    sums = module("Sums", "standard", "Option Explicit\nSub Main()\nEnd Sub\n")
    streams = read_compound(vba_project("Project1", [_BOOK, sums]))
    assert streams["VBA/_VBA_PROJECT"] == bytes.fromhex("cc61ffff000100")
    assert (
        decompress(streams["VBA/Sums"]) == b'Attribute VB_Name = "Sums"\r\nOption Explicit\r\nSub Main()\r\nEnd Sub\r\n'
    )
    directory = records(decompress(streams["VBA/dir"]))
    assert [data for number, data in directory if number == 0x31] == [bytes(4)] * 2
    assert directory[-1] == (0x10, b"")


def test_the_directory_names_every_module_and_its_kind() -> None:
    guard = module("Guard", "class", _CLASS_TEXT)
    sums = module("Sums", "standard", "")
    streams = read_compound(vba_project("Project1", [_BOOK, guard, sums]))
    directory = records(decompress(streams["VBA/dir"]))
    assert [data.decode() for number, data in directory if number == 0x1A] == ["ThisWorkbook", "Guard", "Sums"]
    assert [number for number, _ in directory if number in (0x21, 0x22)] == [0x22, 0x22, 0x21]
    assert [data for number, data in directory if number == 0x0F] == [struct.pack("<H", 3)]
    assert [data.decode() for number, data in directory if number == 0x16] == ["stdole", "Office"]


def test_the_project_stream_declares_documents_classes_and_modules() -> None:
    guard, sums = module("Guard", "class", _CLASS_TEXT), module("Sums", "standard", "")
    streams = read_compound(vba_project("Project1", [_BOOK, guard, sums]))
    lines = streams["PROJECT"].decode("cp1252").split("\r\n")
    assert lines[1:5] == ["Document=ThisWorkbook/&H00000000", "Class=Guard", "Module=Sums", 'Name="Project1"']
    assert streams["PROJECTwm"] == b"".join(
        name.encode() + b"\0" + name.encode("utf-16-le") + b"\0\0" for name in ("ThisWorkbook", "Guard", "Sums")
    ) + bytes(2)


def test_a_class_as_the_editor_exports_it_keeps_its_code_and_gets_its_base() -> None:
    text = module("Guard", "class", _CLASS_TEXT).text
    assert "VERSION" not in text
    assert text.count("Attribute VB_Name") == 1
    assert "Attribute VB_PredeclaredId = False\r\n" in text
    assert "Attribute VB_Exposed = False\r\n" in text
    assert 'Attribute VB_Base = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"\r\n' in text
    assert text.endswith("Private WithEvents mExcel As Application\r\nAttribute mExcel.VB_VarHelpID = -1\r\n")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_becomes_the_editors(ending: str) -> None:
    text = module("Sums", "standard", ending.join(["Option Explicit", "' é and €", ""])).text
    assert text == 'Attribute VB_Name = "Sums"\r\nOption Explicit\r\n\' é and €\r\n'


def test_a_line_beyond_the_editors_is_refused() -> None:
    module("Sums", "standard", "'" + "x" * 1022 + "\n")
    with pytest.raises(ComputeError, match="Module Sums, line 2 as stored: 1024 characters"):
        module("Sums", "standard", "'" + "x" * 1023 + "\n")


def test_a_character_outside_the_code_page_is_refused() -> None:
    with pytest.raises(ComputeError, match=r"'→' is not in code page 1252. Write it as ChrW\$\(8594\)"):
        module("Sums", "standard", "' a → b\n")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Project1"], "may not be named like the project"),
        (["Sums", "sums"], "clashes"),
        (["Date"], "word of VBA's own"),
        (["9lives"], "letter first"),
        (["x" * 32], "1 to 31"),
    ],
)
def test_a_module_name_that_vba_trips_over_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(ComputeError, match=message):
        vba_project("Project1", [_BOOK, *(module(name, "standard", "") for name in names)])


def test_a_project_without_a_workbook_module_is_refused() -> None:
    with pytest.raises(ComputeError, match="exactly one module"):
        vba_project("Project1", [module("Sums", "standard", "")])


def test_seventy_modules_and_one_of_200_kb_come_back() -> None:
    long = module("Longest", "standard", "".join(f"    total = total + {number} ' é\n" for number in range(8000)))
    many = [module(f"Part{number}", "standard", f"Const N = {number}\n") for number in range(70)]
    streams = read_compound(vba_project("Project1", [_BOOK, long, *many]))
    assert decompress(streams["VBA/Longest"]).decode("cp1252") == long.text
    assert len(long.text) > 200_000
    assert all(decompress(streams[f"VBA/{each.name}"]).decode("cp1252") == each.text for each in many)
