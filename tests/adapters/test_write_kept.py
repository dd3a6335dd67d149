"""Nothing that a planner typed on our sheets is ever lost."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from invopt_xl.adapters.kept import with_entries
from invopt_xl.adapters.writing import read_kept, read_own_table, write_sheets
from invopt_xl.adapters.xlsx.formula_rows import move_formula
from invopt_xl.core.findings import Finding
from invopt_xl.core.sheets import Alert, Block, Column, SheetSpec

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
COLUMNS = (
    Column("sku", "key", "Item."),
    Column("location", "key"),
    Column("quantity", "units"),
    Column("decision", "input", "Yours."),
    Column("reason", "input"),
)


def spec(skus: list[str], columns: tuple[Column, ...] = COLUMNS) -> SheetSpec:
    data = {
        "sku": skus,
        "location": ["MAIN"] * len(skus),
        "quantity": [float(len(sku)) for sku in skus],
        "decision": [""] * len(skus),
        "reason": [""] * len(skus),
    }
    frame = pd.DataFrame(data).assign(**{each.name: "new" for each in columns if each.name not in data})
    block = Block(
        "Recommendations",
        frame,
        columns,
        key=("sku", "location"),
        kept=("decision", "reason"),
        alerts=(Alert("quantity", ">", 1.0, "good"),),
    )
    return SheetSpec("Recommendations", blocks=(block,), freeze=(1, 2))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    own = openpyxl.Workbook()
    own.active.title = "Mine"
    own.save(path)
    write_sheets([spec(["001", "002", "003"])], path)
    return path


def edit(path: Path, change) -> None:  # type: ignore[no-untyped-def]
    """Save the workbook through another program, which turns our texts into shared strings and renumbers formats."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)


def rows(path: Path, sheet: str = "Recommendations") -> dict[str, tuple[object, ...]]:
    return {str(row[0]): row[1:] for row in openpyxl.load_workbook(path)[sheet].iter_rows(min_row=2, values_only=True)}


def table(path: Path, sheet: str = "Recommendations"):  # type: ignore[no-untyped-def]
    return next(iter(openpyxl.load_workbook(path)[sheet].tables.values()))


def test_entries_follow_their_key_to_another_row(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        own["Recommendations"]["D3"] = "Approve"
        own["Recommendations"]["E3"] = 12.5

    edit(book, change)
    write_sheets([spec(["000", "003", "002"])], book)
    found = rows(book)
    assert found["002"] == ("MAIN", 3, "Approve", 12.5)
    assert found["000"][2:] == (None, None)
    assert table(book).ref == "A1:E4"


def test_entries_of_a_key_that_is_gone_stand_at_the_end_and_come_back(book: Path) -> None:
    edit(book, lambda own: own["Recommendations"].__setitem__("D3", "Reject"))
    result = write_sheets([spec(["001"])], book)
    assert rows(book)["002"] == ("MAIN", None, "Reject", None)
    assert table(book).ref == "A1:E3"
    assert "no longer in the plan" in result.findings[0].text
    write_sheets([spec(["002", "001"])], book)
    assert rows(book) == {"002": ("MAIN", 3, "Reject", None), "001": ("MAIN", 3, None, None)}


def test_columns_that_the_planner_added_move_with_their_rows(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        sheet = own["Recommendations"]
        for at, value in enumerate(["twice", "=C2*2", "=C3*2", "=C4*2"], 1):
            sheet.cell(at, 6).value = value
        sheet["H3"] = "far note"
        sheet["H3"].font = openpyxl.styles.Font(bold=True)
        old = sheet.tables.pop("InvOpt_Recommendations")
        new = Table(displayName=old.displayName, ref="A1:F4", id=old.id)
        sheet.add_table(new)
        sheet.column_dimensions["C"].width = 33
        sheet.column_dimensions["F"].width = 21

    edit(book, change)
    write_sheets([spec(["003", "001", "002", "004"], (*COLUMNS, Column("extra_of_ours", "text")))], book)
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert [cell.value for cell in sheet[1]][:7] == [
        "sku",
        "location",
        "quantity",
        "decision",
        "reason",
        "extra_of_ours",
        "twice",
    ]
    assert [sheet.cell(row, 7).value for row in range(2, 6)] == ["=C2*2", "=C3*2", "=C4*2", None]
    assert sheet["I4"].value == "far note"
    assert sheet["I4"].font.bold
    assert (sheet.column_dimensions["C"].width, sheet.column_dimensions["G"].width) == (33, 21)
    assert table(book).ref == "A1:G5"


def test_a_formula_over_other_rows_becomes_its_value_and_says_so(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        own["Recommendations"]["G3"] = "=C2+C3"

    edit(book, change)
    found = write_sheets([spec(["001", "002", "003"])], book).findings
    assert any("structured references" in each.fix for each in found)


def test_notes_below_and_notes_on_cells_move_along(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        sheet = own["Recommendations"]
        sheet["A7"] = "checked by Ann"
        sheet["C5"] = 4.5
        sheet["C7"] = "=SUM(C2:C4)"
        sheet["C3"].comment = Comment("why so much?", "Ann")

    edit(book, change)
    write_sheets([spec(["a", "b", "c", "d", "002"])], book)
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert sheet["A9"].value == "checked by Ann"
    assert [sheet["C6"].value, sheet["C7"].value] == [3, 4.5]
    assert sheet["C9"].value == "=SUM(C2:C6)"
    assert (sheet["C6"].comment.text, sheet["C6"].comment.author) == ("why so much?", "Ann")
    assert sheet["C3"].comment is None
    assert sheet["A1"].comment.text.strip().endswith("Item.")


def test_our_notes_without_an_author_are_not_doubled(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        own["Recommendations"]["A1"].comment = Comment("Item, as it was.", "")
        own["Recommendations"]["D1"].comment = Comment("Yours.", "Ann")

    edit(book, change)
    write_sheets([spec(["001"])], book)
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert [cell.coordinate for row in sheet for cell in row if cell.comment] == ["A1", "D1"]


def test_a_renamed_and_moved_sheet_is_refreshed_where_it_is(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        sheet = own["Recommendations"]
        sheet.title = "It's due"
        own.defined_names["InvOpt.Recommendations"].value = "'It''s due'!$A$1"
        own.move_sheet(sheet, -1)
        sheet.sheet_properties.tabColor = "112233"
        own["Mine"]["A1"] = "='It''s due'!C2"
        sheet.tables["InvOpt_Recommendations"].displayName = "My_table"

    edit(book, change)
    assert write_sheets([spec(["9"])], book).sheets == ("It's due",)
    own = openpyxl.load_workbook(book)
    assert own.sheetnames == ["It's due", "Mine"]
    assert own["It's due"].sheet_properties.tabColor.rgb == "00112233"
    assert own.calculation.fullCalcOnLoad
    assert table(book, "It's due").displayName == "My_table"


def test_the_planners_own_sheet_of_our_name_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    own = openpyxl.Workbook()
    own.active.title = "recommendations"
    own.active["A1"] = "mine"
    own.save(path)
    with zipfile.ZipFile(path) as archive:
        before = archive.read("xl/worksheets/sheet1.xml")
    result = write_sheets([spec(["1"])], path)
    result = write_sheets([spec(["1"])], path)
    assert result.sheets == ("Recommendations (InvOpt)",)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("xl/worksheets/sheet1.xml") == before


def test_a_deleted_sheet_of_ours_comes_back(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        del own["Recommendations"]
        own.defined_names["InvOpt.Recommendations"].value = "#REF!$A$1"

    edit(book, change)
    write_sheets([spec(["1"])], book)
    write_sheets([spec(["1"])], book)
    own = openpyxl.load_workbook(book)
    assert own.sheetnames == ["Mine", "Recommendations"]
    assert own.defined_names["InvOpt.Recommendations"].value == "'Recommendations'!$A$1"


def test_a_name_that_came_with_a_copied_sheet_does_not_make_it_ours(book: Path) -> None:
    """Excel copies the mark as a name local to the copy; the planner's snapshot must stay as it is."""

    def change(own: openpyxl.Workbook) -> None:
        copied = own.copy_worksheet(own["Recommendations"])
        copied.title = "Snapshot"
        copied.defined_names["InvOpt.Recommendations"] = DefinedName(
            "InvOpt.Recommendations", attr_text="'Snapshot'!$A$1"
        )

    edit(book, change)
    write_sheets([spec(["9"])], book)
    assert list(rows(book, "Snapshot")) == ["001", "002", "003"]
    assert list(rows(book)) == ["9"]


def test_a_table_of_the_planner_beside_ours_stays_in_its_place(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        sheet = own["Recommendations"]
        for at, value in enumerate(["rate", 1, 2]):
            sheet.cell(2 + at, 9).value = value
        sheet.add_table(Table(displayName="Rates", ref="I2:I4"))

    edit(book, change)
    write_sheets([spec(["003", "001"])], book)
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert [sheet.cell(row, 9).value for row in range(2, 5)] == ["rate", 1, 2]
    assert set(sheet.tables) == {"InvOpt_Recommendations", "Rates"}


def test_a_table_made_a_plain_range_is_found_by_its_headers(book: Path) -> None:
    def change(own: openpyxl.Workbook) -> None:
        own["Recommendations"].tables.clear()
        own["Recommendations"]["D2"] = "Approve"

    edit(book, change)
    write_sheets([spec(["003", "001"])], book)
    assert rows(book)["001"][2] == "Approve"
    assert table(book).ref == "A1:E3"


def test_entries_and_the_last_plan_can_be_read_back(book: Path) -> None:
    edit(book, lambda own: own["Recommendations"].__setitem__("D3", "Approve"))
    kept = read_kept(book)["Recommendations"]
    assert kept[["sku", "decision"]].to_numpy().tolist() == [["002", "Approve"]]
    found = read_own_table(book, "Recommendations")
    assert found is not None
    assert found["quantity"].tolist() == [3, 3, 3]
    assert read_own_table(book, "Orders") is None
    assert read_own_table(book.with_name("none.xlsx"), "Orders") is None


def test_an_empty_entry_of_the_copy_takes_nothing_away() -> None:
    given = spec(["001", "002"])
    block = given.blocks[0]
    frame = block.frame.assign(reason=["season", ""])
    given = dataclasses.replace(given, blocks=(dataclasses.replace(block, frame=frame),))
    entries = pd.DataFrame(
        {"sku": [1.0, "001"], "location": ["MAIN"] * 2, "decision": [None, "Reject"], "reason": ["x", None]},
        dtype=object,
    )
    findings: list[Finding] = []
    made = with_entries(given, entries, findings).blocks[0].frame
    assert made[["sku", "decision", "reason"]].astype(object).fillna("").to_numpy().tolist() == [
        ["001", "Reject", "season"],
        ["002", "", ""],
        [1.0, "", "x"],
    ]
    assert len(findings) == 1
    assert with_entries(given, None, findings) is given


def test_a_copy_over_a_file_with_entries_leaves_a_backup(book: Path) -> None:
    copy = book.with_name("copy.xlsx")
    write_sheets([spec(["001"])], book, out=copy)
    edit(copy, lambda own: own["Recommendations"].__setitem__("D2", "Approve"))
    result = write_sheets([spec(["001"])], book, out=copy)
    assert result.backup is not None
    assert rows(result.backup)["001"][2] == "Approve"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("C2*2", "D9*2"),
        ('$C2&"C2"', '$D9&"C2"'),
        ("SUM(A2:C2)", "SUM(A9:D9)"),
        ("C$1*C2", "D$1*D9"),
        ("C2+C3", None),
        ("Rates!C5:C7+C2", "Rates!C5:C7+D9"),
        ("'My C2'!C3*2", "'My C2'!C3*2"),
        ("InvOpt_R[[#This Row],[C5]]*2", "InvOpt_R[[#This Row],[C5]]*2"),
        ("LOG10(C2)", "LOG10(D9)"),
        ("Own!C2", None),
    ],
)
def test_a_formula_moves_with_its_row(formula: str, expected: str | None) -> None:
    moved = move_formula(formula, row=lambda row: {2: 9, 1: 1}.get(row), column={3: 4}, own_sheet="Own")
    assert moved == expected
