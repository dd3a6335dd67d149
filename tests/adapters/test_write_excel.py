"""Our sheets as Excel leaves them after a save: shared texts, shared and calculated formulas, values of every kind."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree

from invopt_xl.adapters.writing import read_kept, read_own_table, write_sheets
from invopt_xl.core.sheets import Block, Column, SheetSpec

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRINGS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
SHEET, TABLE = "xl/worksheets/sheet1.xml", "xl/tables/table1.xml"


def spec(skus: list[str]) -> SheetSpec:
    names, roles = ("sku", "location", "quantity", "decision", "reason"), ("key", "key", "units", "input", "input")
    frame = pd.DataFrame(
        {"sku": skus, "location": "MAIN", "quantity": [float(len(sku)) for sku in skus], "decision": "", "reason": ""}
    )
    columns = tuple(Column(name, role) for name, role in zip(names, roles, strict=True))  # type: ignore[arg-type]
    block = Block("Recommendations", frame, columns, key=("sku", "location"), kept=("decision", "reason"))
    return SheetSpec("Recommendations", blocks=(block,))


def tag(name: str) -> str:
    return f"{{{MAIN}}}{name}"


def as_excel_saves(path: Path, cells: dict[str, str], *, column: str = "", formula: str = "") -> None:
    """Put cells, given as XML after their address, onto the sheet, share all texts, and add a column to the table."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = etree.fromstring(parts[SHEET])
    rows = {int(row.get("r")): row for row in root.iter(tag("row"))}
    for address, xml in cells.items():
        row = rows[int(address[1:])]
        old = next((cell for cell in row if cell.get("r") == address), None)
        new = etree.fromstring(f'<c xmlns="{MAIN}" r="{address}"{xml}')
        row.replace(old, new) if old is not None else row.append(new)
    texts = []
    for cell in root.iter(tag("c")):
        inline = cell.find(tag("is"))
        if inline is not None:
            cell.remove(inline)
            cell.set("t", "s")
            etree.SubElement(cell, tag("v")).text = str(len(texts))
            content = "".join(etree.tostring(each, encoding="unicode") for each in inline)
            texts.append(f"<si>{content}</si>")
    parts[SHEET] = etree.tostring(root)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{"".join(texts)}</sst>'.encode()
    link = f'<Relationship Id="rIdTexts" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    names = {
        "xl/_rels/workbook.xml.rels": ("</Relationships>", link),
        "[Content_Types].xml": (
            "</Types>",
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{STRINGS}"/></Types>',
        ),
    }
    if column:
        new = f'<tableColumn id="6" name="{column}"><calculatedColumnFormula>{formula}</calculatedColumnFormula></tableColumn></tableColumns>'
        parts[TABLE] = parts[TABLE].replace(b":E", b":F").replace(b'tableColumns count="5"', b'tableColumns count="6"')
        names[TABLE] = ("</tableColumns>", new)
    for name, (end, text) in names.items():
        parts[name] = parts[name].replace(end.encode(), text.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def inline(text: str) -> str:
    return f' t="inlineStr"><is>{text}</is></c>'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_sheets([spec(["001", "0002", "00003"])], None, out=tmp_path / "plan.xlsx").path


def test_texts_that_excel_shares_are_found(book: Path) -> None:
    rich = "<r><t>end of </t></r><r><rPr><b/></rPr><t>season</t></r>"
    as_excel_saves(book, {"D3": inline("<t>Reject</t>"), "E3": inline(rich)})
    kept = read_kept(book)["Recommendations"]
    assert kept.iloc[0].tolist() == ["0002", "MAIN", "Reject", "end of season"]
    write_sheets([spec(["00003", "9", "0002"])], book)
    own = openpyxl.load_workbook(book)["Recommendations"]
    assert [cell.value for cell in own[4]] == ["0002", "MAIN", 4, "Reject", "end of season"]
    assert [own["D2"].value, own["D3"].value] == [None, None]


def test_values_of_every_kind_are_read(book: Path) -> None:
    cells = {
        "D2": ' t="b"><v>1</v></c>',
        "D3": ' t="e"><v>#N/A</v></c>',
        "D4": ' t="d"><v>2026-11-15</v></c>',
        "E2": ' t="str"><f>"a"&amp;"b"</f><v>ab</v></c>',
        "E3": "><v>4.5</v></c>",
    }
    as_excel_saves(book, cells)
    found = read_own_table(book, "Recommendations")
    assert found is not None
    assert found["decision"].tolist() == [True, "#N/A", pd.Timestamp("2026-11-15")]
    assert found["reason"].tolist() == ["ab", 4.5, None]
    write_sheets([spec(["00003", "0002", "001"])], book)
    again = read_own_table(book, "Recommendations", columns=("decision", "reason", "unknown"))
    assert again is not None
    assert list(again) == ["decision", "reason"]
    assert again["decision"].tolist() == [pd.Timestamp("2026-11-15"), "#N/A", True]


def test_a_formula_that_excel_wrote_once_for_a_range_moves_with_each_row(book: Path) -> None:
    cells = {
        "F1": inline("<t>twice</t>"),
        "F2": '><f t="shared" ref="F2:F4" si="0">C2*2</f><v>6</v></c>',
        "F3": '><f t="shared" si="0"/><v>8</v></c>',
        "F4": '><f t="shared" si="0"/><v>10</v></c>',
    }
    as_excel_saves(book, cells)
    result = write_sheets([spec(["00003", "9", "001"])], book)
    own = openpyxl.load_workbook(book)["Recommendations"]
    assert [own.cell(row, 6).value for row in (1, 2, 3, 4)] == ["twice", "=C2*2", None, "=C4*2"]
    assert result.findings == ()


def test_a_calculated_column_also_fills_rows_that_are_new(book: Path) -> None:
    formula = "InvOpt_Recommendations[[#This Row],[quantity]]*2"
    cells = {"F1": inline("<t>twice</t>")} | {f"F{row}": f' s="2"><f>{formula}</f><v>6</v></c>' for row in (2, 3, 4)}
    cells["F3"] = "><v>99</v></c>"
    as_excel_saves(book, cells, column="twice", formula=formula)
    write_sheets([spec(["00003", "9", "0002"])], book)
    own = openpyxl.load_workbook(book)["Recommendations"]
    assert [own.cell(row, 6).value for row in (2, 3, 4)] == [f"={formula}", f"={formula}", 99]
    assert own["F3"].number_format == own["F2"].number_format
    columns = own.tables["InvOpt_Recommendations"].tableColumns
    assert [columns[5].name, columns[5].calculatedColumnFormula.attr_text] == ["twice", formula]


def test_our_cells_are_found_again_however_they_are_written(book: Path) -> None:
    """Comments, other prefixes and odd attributes only make reading slower."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    odd = b'<!-- <c r="C3"><is> --><c t="str" r="D3"'
    wanted = parts[SHEET].replace(b'<c r="D3"', odd)
    cell = wanted.index(b'<c t="str" r="D3"')
    end = wanted.index(b"/>", cell)
    parts[SHEET] = wanted[:end] + b"><v>Reject</v></c>" + wanted[end + 2 :]
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    write_sheets([spec(["00003", "0002", "001"])], book)
    own = openpyxl.load_workbook(book)["Recommendations"]
    assert [own.cell(row, 4).value for row in (2, 3, 4)] == [None, "Reject", None]
