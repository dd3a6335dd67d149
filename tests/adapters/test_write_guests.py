"""What planners put onto our sheets besides entries: conversations, pivots, tables, totals; and columns of ours that they deleted."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table, TableColumn
from python_calamine import CalamineWorkbook

from invopt_xl.adapters.writing import write_sheets
from invopt_xl.core.sheets import Block, Column, SheetSpec
from invopt_xl.errors import WorkbookError

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
THREADED = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def spec(skus: list[str]) -> SheetSpec:
    names = ("sku", "location", "quantity", "decision")
    roles = ("key", "key", "units", "input")
    frame = pd.DataFrame({"sku": skus, "location": "MAIN", "quantity": range(1, len(skus) + 1), "decision": ""})
    columns = tuple(Column(name, role) for name, role in zip(names, roles, strict=True))
    block = Block("Recommendations", frame, columns, key=("sku", "location"), kept=("decision",))
    return SheetSpec("Recommendations", blocks=(block,))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_sheets([spec(["001", "002", "003"])], None, out=tmp_path / "plan.xlsx").path


def sheet(path: Path):  # type: ignore[no-untyped-def]
    return openpyxl.load_workbook(path)["Recommendations"]


def edit(path: Path, change) -> None:  # type: ignore[no-untyped-def]
    book = openpyxl.load_workbook(path)
    change(book["Recommendations"])
    book.save(path)


def add_part(path: Path, part: str, content: str, kind: str, content_type: str) -> None:
    """Add a part to the only sheet of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    relations = "xl/worksheets/_rels/sheet1.xml.rels"
    link = f'<Relationship Id="rIdGuest" Type="{kind}" Target="/{part}"/></Relationships>'
    declared = f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>'
    parts[relations] = parts[relations].replace(b"</Relationships>", link.encode())
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", declared.encode())
    parts[part] = content.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def add_pivot(path: Path, reference: str) -> None:
    content = f'<pivotTableDefinition xmlns="{MAIN}" name="Mine" cacheId="1"><location ref="{reference}"/></pivotTableDefinition>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml"
    add_part(path, "xl/pivotTables/pivotTable1.xml", content, f"{OFFICE}/pivotTable", kind)


def test_a_conversation_moves_with_its_row(book: Path) -> None:
    def change(own) -> None:  # type: ignore[no-untyped-def]
        own["C3"].comment = Comment("[Threaded comment] why?", "tc={11111111-2222-3333-4444-555555555555}")

    edit(book, change)
    thread = '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment ref="C3" id="{11111111-2222-3333-4444-555555555555}" personId="{0}"><text>why?</text></threadedComment></ThreadedComments>'
    name = "xl/threadedComments/threadedComment1.xml"
    add_part(book, name, thread, THREADED, "application/vnd.ms-excel.threadedcomments+xml")
    write_sheets([spec(["000", "003", "004", "002"])], book)
    assert sheet(book)["C5"].comment.author.startswith("tc=")
    assert etree.fromstring(part(book, name))[0].get("ref") == "C5"
    assert b"threadedComment1.xml" in part(book, "xl/worksheets/_rels/sheet1.xml.rels")


def test_a_note_on_an_item_that_is_gone_stays_with_the_item(book: Path) -> None:
    def change(own) -> None:  # type: ignore[no-untyped-def]
        own["C3"].comment = Comment("why so much?", "Ann")

    edit(book, change)
    write_sheets([spec(["001", "003"])], book)
    own = sheet(book)
    assert (own["A4"].value, own["C4"].comment.text) == ("002", "why so much?")
    assert own["C3"].comment is None


def test_a_pivot_beside_our_table_stays_as_it_is(book: Path) -> None:
    edit(book, lambda own: [own.cell(row, 7, f"p{row}") for row in range(3, 7)])
    add_pivot(book, "G3:H6")
    before = part(book, "xl/pivotTables/pivotTable1.xml")
    write_sheets([spec([f"{at:03d}" for at in range(40)])], book)
    # openpyxl refuses a pivot without a cache
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("Recommendations").to_python(skip_empty_area=False)
    assert [row[6] for row in rows[1:7]] == ["", "p3", "p4", "p5", "p6", ""]
    assert part(book, "xl/pivotTables/pivotTable1.xml") == before
    assert b"pivotTable1.xml" in part(book, "xl/worksheets/_rels/sheet1.xml.rels")


def test_a_pivot_in_the_way_is_named_and_nothing_is_written(book: Path) -> None:
    add_pivot(book, "A7:B9")
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match=r"your pivot table 'Mine' stands where .* needs to grow"):
        write_sheets([spec([f"{at:03d}" for at in range(40)])], book)
    assert book.read_bytes() == before
    write_sheets([spec(["001", "002"])], book)


def test_a_table_in_the_way_is_named_and_nothing_is_written(book: Path) -> None:
    def change(own) -> None:  # type: ignore[no-untyped-def]
        for at, value in enumerate(["rate", 1, 2]):
            own.cell(6 + at, 2).value = value
        own.add_table(Table(displayName="Rates", ref="B6:B8"))

    edit(book, change)
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match=r"your table 'Rates' stands where .* Move it to a sheet of your own"):
        write_sheets([spec(["001", "002", "003", "004", "005"])], book)
    assert book.read_bytes() == before
    write_sheets([spec(["001", "002", "003", "004"])], book)
    assert [sheet(book).cell(row, 2).value for row in (6, 7, 8)] == ["rate", 1, 2]


def test_a_totals_row_stays_under_the_table(book: Path) -> None:
    def change(own) -> None:  # type: ignore[no-untyped-def]
        table = own.tables["InvOpt_Recommendations"]
        table.ref, table.totalsRowCount = "A1:D5", 1
        columns = ("sku", "location", "quantity", "decision")
        table.tableColumns = [TableColumn(id=at, name=name) for at, name in enumerate(columns, 1)]
        table.tableColumns[0].totalsRowLabel, table.tableColumns[2].totalsRowFunction = "Total", "sum"
        own["A5"], own["C5"] = "Total", "=SUBTOTAL(109,InvOpt_Recommendations[quantity])"
        own["D2"] = "Approve"

    edit(book, change)
    write_sheets([spec(["001", "002", "003", "004", "005"])], book)
    own = sheet(book)
    assert own.tables["InvOpt_Recommendations"].ref == "A1:D6"
    assert (own["A7"].value, own["C7"].value) == ("Total", "=SUBTOTAL(109,InvOpt_Recommendations[quantity])")
    assert [own.cell(row, 1).value for row in (2, 6)] == ["001", "005"]
    assert own["D2"].value == "Approve"


def rebuild(path: Path, columns: Mapping[str, list[object]]) -> None:
    """Make our table one of these columns, as it is after columns were deleted in Excel."""

    def change(own) -> None:  # type: ignore[no-untyped-def]
        own.delete_cols(1, 4)
        for at, (name, values) in enumerate(columns.items(), 1):
            for row, value in enumerate([name, *values], 1):
                own.cell(row, at).value = value  # type: ignore[assignment]
        table = own.tables.pop("InvOpt_Recommendations")
        last = re.sub(r"\d", "", own.cell(1, len(columns)).coordinate)
        own.add_table(Table(displayName=table.displayName, ref=f"A1:{last}4", id=table.id))

    edit(path, change)


def test_a_column_of_ours_that_was_deleted_comes_back(book: Path) -> None:
    rebuild(book, {"sku": ["001", "002", "003"], "location": ["MAIN"] * 3, "decision": [None, "Reject", None]})
    write_sheets([spec(["003", "002"])], book)
    own = [[cell.value for cell in row] for row in sheet(book)["A1:D3"]]
    assert own == [
        ["sku", "location", "quantity", "decision"],
        ["003", "MAIN", 1, None],
        ["002", "MAIN", 2, "Reject"],
    ]


def test_entries_are_found_by_what_is_left_of_the_key(book: Path) -> None:
    rebuild(book, {"sku": ["001", "002", "003"], "decision": ["Approve", "Reject", "Change"]})
    write_sheets([spec(["003", "002"])], book)
    own = [[cell.value for cell in row] for row in sheet(book)["A2:D4"]]
    assert own == [
        ["003", "MAIN", 1, "Change"],
        ["002", "MAIN", 2, "Reject"],
        ["001", None, None, "Approve"],
    ]


def test_a_table_of_ours_without_any_key_is_not_overwritten(book: Path) -> None:
    rebuild(book, {"quantity": [1, 2, 3], "decision": ["Approve", "Reject", "Change"]})
    with pytest.raises(WorkbookError, match=r"your table 'InvOpt_Recommendations' stands where"):
        write_sheets([spec(["003", "002"])], book)
