"""Editing a package loses nothing, and what cannot be edited is refused with a reason."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from invopt_xl.adapters.package import Package
from invopt_xl.adapters.writing import write_sheets
from invopt_xl.core.sheets import Block, Chart, Column, Series, SheetSpec
from invopt_xl.errors import WorkbookError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*extension is not supported"
)  # what openpyxl says of what it would lose
TOUCHED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}


def spec(name: str = "Recommendations", rows: int = 3) -> SheetSpec:
    frame = pd.DataFrame({"sku": [f"{at:03d}" for at in range(rows)], "quantity": [float(at) for at in range(rows)]})
    block = Block(name, frame, (Column("sku", "key", "Item number."), Column("quantity", "units")), key=("sku",))
    chart = Chart("column", "Quantity", name, "sku", (Series("quantity"),), 2, 5)
    return SheetSpec(name, blocks=(block,), charts=(chart,))


def raw_members(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return method, checksum and compressed bytes of every member."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
            start = info.header_offset + 30 + name_length + extra_length
            found[info.orig_filename] = (info.compress_type, info.CRC, data[start : start + info.compress_size])
    return found


def rezip(path: Path, *, method: int = zipfile.ZIP_DEFLATED, streamed: bool = False, change=None, extra=()) -> None:  # type: ignore[no-untyped-def]
    """Write the package anew: stored, or with data descriptors, or with changed and further members."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    buffer = _Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in [(change(name, data) if change else (name, data)) for name, data in members] + list(extra):
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A planner's workbook with what libraries lose: macros, chart, shape, sparkline, note, image, rules, custom XML, unknown parts."""
    path = tmp_path / "plan.xlsm"
    macros = tmp_path / "vbaProject.bin"
    macros.write_bytes(bytes(range(256)) * 20)
    book = xlsxwriter.Workbook(str(path))
    book.add_vba_project(str(macros))
    sheet = book.add_worksheet("Sales")
    sheet.write_column(0, 0, [1, 2, 3])
    sheet.write_formula("B1", "=SUM(A1:A3)", None, 6)
    sheet.write_comment("A1", "mine")
    sheet.insert_textbox("D4", "note to self")
    sheet.add_sparkline("C1", {"range": "Sales!A1:A3"})
    sheet.conditional_format("A1:A3", {"type": "data_bar"})
    sheet.data_validation("A5", {"validate": "list", "source": ["a", "b"]})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Sales!$A$1:$A$3"})
    sheet.insert_chart("F2", chart)
    sheet.add_table("H1:I3", {"name": "Mine"})
    book.define_name("Rate", "=Sales!$A$1")
    book.close()
    rezip(
        path,
        extra=[
            ("customXml/item1.xml", b"<a/>"),
            ("xl/pivotCache/pivotCacheDefinition1.xml", b"<?unknown ?><p/>"),
            ("xl/model/item.data", bytes(1000)),
        ],
    )
    return path


def untouched(before: dict[str, tuple[int, int, bytes]], after: dict[str, tuple[int, int, bytes]]) -> None:
    for name, member in before.items():
        if name.lower() not in {each.lower() for each in TOUCHED}:
            assert after[name] == member, name


def test_every_other_member_keeps_its_compressed_bytes(rich: Path) -> None:
    before = raw_members(rich)
    write_sheets([spec()], rich)
    after = raw_members(rich)
    untouched(before, after)
    assert list(after)[: len(before)] == list(before)
    book = openpyxl.load_workbook(rich, keep_vba=True)
    assert book.sheetnames == ["Sales", "Recommendations"]
    assert {each.id for sheet in book for each in sheet.tables.values()} == {1, 2}


def test_a_hundred_refreshes_do_not_grow_the_workbook(rich: Path) -> None:
    write_sheets([spec()], rich)
    first = rich.read_bytes()
    write_sheets([spec()], rich)
    second = raw_members(rich)
    for _ in range(20):
        write_sheets([spec()], rich)
    assert raw_members(rich) == second
    assert abs(len(rich.read_bytes()) - len(first)) < 500


@pytest.mark.parametrize("form", [{"method": zipfile.ZIP_STORED}, {"streamed": True}])
def test_stored_and_streamed_packages_are_kept(rich: Path, form: dict[str, object]) -> None:
    rezip(rich, **form)  # type: ignore[arg-type]
    before = raw_members(rich)
    write_sheets([spec()], rich)
    untouched(before, raw_members(rich))
    with zipfile.ZipFile(rich) as archive:
        assert archive.testzip() is None
        # sizes stand in the local headers, so no reader looks for descriptors that are not there
        assert not any(info.flag_bits & 0x08 for info in archive.infolist())


def test_extension_prefixes_of_the_workbook_part_survive(rich: Path) -> None:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "xl/workbook.xml":
            data = data.replace(
                b"<workbook ",
                b'<workbook xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x15" xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" ',
            ).replace(b"</workbook>", b'<extLst><ext uri="{A}" xmlns:z="urn:z"><z:q/></ext></extLst></workbook>')
        return name, data

    rezip(rich, change=change)
    write_sheets([spec()], rich)
    text = zipfile.ZipFile(rich).read("xl/workbook.xml").decode()
    assert 'mc:Ignorable="x15"' in text
    assert "xmlns:x15=" in text
    assert text.index("<definedName") < text.index("<calcPr") < text.index("z:q")


@pytest.mark.parametrize("target", ["/xl/workbook.xml", "xl\\workbook.xml", "XL/Workbook.xml", "./xl/workbook.xml"])
def test_unusual_part_names_are_followed(rich: Path, target: str) -> None:
    rezip(
        rich,
        change=lambda name, data: (
            name,
            data.replace(b'"xl/workbook.xml"', b'"' + target.encode() + b'"') if name == "_rels/.rels" else data,
        ),
    )
    before = raw_members(rich)
    write_sheets([spec()], rich)
    untouched(before, raw_members(rich))
    assert len(openpyxl.load_workbook(rich).sheetnames) == 2 if not target.startswith(("xl\\", "XL", "./")) else True


def test_the_strict_dialect_is_written_in_its_own_namespaces(tmp_path: Path) -> None:
    path = tmp_path / "strict.xlsx"
    openpyxl.Workbook().save(path)

    def strict(name: str, data: bytes) -> tuple[str, bytes]:
        data = data.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        return name, data.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    rezip(path, change=strict)
    write_sheets([spec()], path)
    write_sheets([spec()], path)
    with zipfile.ZipFile(path) as archive:
        assert sum(name.startswith("xl/worksheets/sheet") for name in archive.namelist()) == 2
        text = archive.read("xl/worksheets/sheet2.xml").decode()
    assert "purl.oclc.org/ooxml/spreadsheetml/main" in text
    assert "schemas.openxmlformats.org/spreadsheetml" not in text


def plain(path: Path) -> Path:
    openpyxl.Workbook().save(path)
    return path


def workbook_change(old: bytes, new: bytes):  # type: ignore[no-untyped-def]
    return lambda name, data: (name, data.replace(old, new, 1) if name == "xl/workbook.xml" else data)


def _truncated(path: Path) -> None:
    path.write_bytes(plain(path).read_bytes()[:3000])


def _bomb(path: Path) -> None:
    rezip(
        plain(path),
        change=lambda name, data: (name, b"<styleSheet/>" + b" " * (80 << 20) if name == "xl/styles.xml" else data),
    )


REFUSED = {
    "password": lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "cut off": _truncated,
    "not a workbook or is cut off": lambda p: p.write_bytes(b"hello"),
    "but not a workbook": lambda p: zipfile.ZipFile(p, "w").close(),
    "binary .xlsb": lambda p: rezip(
        plain(p),
        change=lambda n, d: (
            n.replace("workbook.xml", "workbook.bin"),
            d.replace(b"xl/workbook.xml", b"xl/workbook.bin") if n == "_rels/.rels" else d,
        ),
    ),
    "protected structure": lambda p: rezip(
        plain(p), change=workbook_change(b"<workbookProtection", b'<workbookProtection lockStructure="1"')
    ),
    "signed": lambda p: rezip(plain(p), extra=[("_xmlsignatures/sig1.xml", b"<s/>")]),
    "shared workbook": lambda p: rezip(plain(p), extra=[("xl/revisions/revisionHeaders.xml", b"<s/>")]),
    "twice": lambda p: rezip(plain(p), extra=[("XL/Workbook.xml", b"<s/>")]),
    "known kind": lambda p: rezip(
        plain(p), change=workbook_change(b"spreadsheetml/2006/main", b"spreadsheetml/2099/main")
    ),
    "document type": lambda p: rezip(
        plain(p), change=workbook_change(b"<workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook')
    ),
    "is not readable": lambda p: rezip(plain(p), change=workbook_change(b"</workbook>", b"")),
    "lists no sheets": lambda p: rezip(
        plain(p), change=lambda n, d: (n, d.replace(b"sheets>", b"sheetz>") if n == "xl/workbook.xml" else d)
    ),
    "not safe to open": _bomb,
}


@pytest.mark.parametrize("reason", REFUSED)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_cannot_be_edited_is_refused_and_left_as_it_is(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "book.xlsx"
    REFUSED[reason](path)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=reason) as caught:
        write_sheets([spec()], path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]


def test_a_damaged_member_that_must_be_read_is_refused(tmp_path: Path) -> None:
    path = plain(tmp_path / "book.xlsx")
    members = raw_members(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(members["xl/styles.xml"][2], bytes(len(members["xl/styles.xml"][2]))))
    with pytest.raises(WorkbookError, match="cannot be unpacked"):
        write_sheets([spec()], path)


def test_a_binary_workbook_gets_a_copy_with_our_sheets_only(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsb"
    path.write_bytes(b"binary")
    with pytest.raises(WorkbookError, match="--out"):
        write_sheets([spec()], path)
    result = write_sheets([spec()], path, out=tmp_path / "copy.xlsx")
    assert openpyxl.load_workbook(result.path).sheetnames == ["Recommendations"]
    assert path.read_bytes() == b"binary"
    assert "copy.xlsx" in result.findings[0].fix


def test_large_directory_values_use_zip64(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    rezip(plain(path), extra=[(f"customXml/item{at}.xml", b"<a/>") for at in range(66_000)])
    write_sheets([spec()], path)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) > 66_000
        assert archive.read("customXml/item65999.xml") == b"<a/>"


@pytest.mark.realdata
@pytest.mark.parametrize(
    "path",
    sorted(DATA.glob("frepple_examples/*.xlsx")) + sorted(DATA.glob("spareparts_man/*.xlsx")),
    ids=lambda each: each.name,
)
def test_real_workbooks_keep_every_part(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    before = raw_members(path)
    for _ in range(2):
        write_sheets([spec(), spec("Exceptions")], copy if copy.exists() else path, out=copy)
    untouched(before, raw_members(copy))
    if copy.stat().st_size < 100_000:
        assert openpyxl.load_workbook(copy).sheetnames[-2:] == ["Recommendations", "Exceptions"]


def test_a_package_without_changes_is_copied_whole(rich: Path) -> None:
    buffer = io.BytesIO()
    with Package.open(rich) as package:
        package.save(buffer)
    copy = rich.with_name("copy.xlsm")
    copy.write_bytes(buffer.getvalue())
    assert raw_members(copy) == raw_members(rich)
