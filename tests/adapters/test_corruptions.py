"""Bad input of more than 200 kinds: a finding or a one-line error, never a traceback, never a damaged file.

Each corruption takes the same small workbook and spoils one thing. Afterwards: the exit code is one of the contract's, nothing says
"internal error", a refused workbook is byte for byte what it was, and a written one still opens.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook

from invopt_xl.adapters import cli

MONDAYS = pd.date_range("2026-02-02", periods=40, freq="7D")

#: Cell values that no planner means and every workbook has somewhere.
NASTY: dict[str, object] = {
    "text": "abc",
    "blank text": "   ",
    "huge": 1e300,
    "huge negative": -1e300,
    "tiny": 1e-300,
    "nan text": "NaN",
    "inf text": "inf",
    "minus inf text": "-Infinity",
    "negative": -5,
    "date 1900": dt.datetime(1900, 1, 1),
    "date 9999": dt.datetime(9999, 12, 31),
    "serial far ahead": 2958465,
    "negative serial": -1,
    "emoji": "📦🚚",
    "long text": "x" * 32767,
    "control escapes": "_x0000__x0008_a",
    "error N/A": "#N/A",
    "error REF": "#REF!",
    "error DIV": "#DIV/0!",
    "formula without value": "=1+1",
    "bool": True,
    "percent text": "95%",
    "thousands text": "1.234.567,89",
    "two commas": "1,2,3",
    "leading apostrophe": "'007",
    "html": "<b>&amp;</b>",
    "sql": "'; DROP TABLE sales; --",
    "right to left": "مرحبا",
    "date text nonsense": "31.02.2026",
    "date text two styles": "2026/13/45",
    "newlines": "a\nb\r\nc",
    "tab": "a\tb",
    "formula injection": '=HYPERLINK("http://x")',
    "plus": "+12",
    "none": None,
}

COLUMNS = [
    ("Sales", "date"),
    ("Sales", "sku"),
    ("Sales", "quantity"),
    ("Stock", "sku"),
    ("Stock", "on_hand"),
    ("Items", "moq"),
]


def base() -> Workbook:
    """Return a small, healthy workbook: 2 items, 40 weeks."""
    book = Workbook()
    sales = book.active
    assert sales is not None
    sales.title = "Sales"
    sales.append(["date", "sku", "quantity", "price"])
    rng = np.random.default_rng(1)
    for day, sku in itertools.product(MONDAYS, ("A-1", "B-2")):
        sales.append([day.to_pydatetime(), sku, int(rng.poisson(12)), 5.0])
    stock = book.create_sheet("Stock")
    for line in (["sku", "on_hand", "on_order"], ["A-1", 10, 0], ["B-2", 80, 0]):
        stock.append(line)
    items = book.create_sheet("Items")
    for line in (
        ["sku", "supplier", "unit_cost", "moq", "pack_size"],
        ["A-1", "Acme", 2.0, 12, 6],
        ["B-2", "Acme", 3.0, 1, 1],
    ):
        items.append(line)
    return book


def spoil_cell(sheet: str, column: str, value: object, row: int) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        cells = book[sheet]
        position = [cell.value for cell in cells[1]].index(column) + 1
        cells.cell(row, position).value = value  # type: ignore[assignment]

    return change


def spoil_column(sheet: str, column: str, value: object) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        cells = book[sheet]
        position = [cell.value for cell in cells[1]].index(column) + 1
        for row in range(2, cells.max_row + 1):
            cells.cell(row, position).value = value  # type: ignore[assignment]

    return change


def structural() -> dict[str, Callable[[Workbook], None]]:
    """Return corruptions of sheets and headers."""
    made: dict[str, Callable[[Workbook], None]] = {}
    for sheet in ("Sales", "Stock", "Items"):
        made[f"no sheet {sheet}"] = lambda book, s=sheet: book.remove(book[s])  # type: ignore[misc]
        made[f"empty sheet {sheet}"] = lambda book, s=sheet: book[s].delete_rows(1, 500)  # type: ignore[misc]
        made[f"only the header in {sheet}"] = lambda book, s=sheet: book[s].delete_rows(2, 500)  # type: ignore[misc]
        made[f"no header in {sheet}"] = lambda book, s=sheet: book[s].delete_rows(1, 1)  # type: ignore[misc]
        made[f"title rows above {sheet}"] = lambda book, s=sheet: book[s].insert_rows(1, 3)  # type: ignore[misc]
        made[f"empty first column in {sheet}"] = lambda book, s=sheet: book[s].insert_cols(1, 2)  # type: ignore[misc]
        made[f"merged header in {sheet}"] = lambda book, s=sheet: book[s].merge_cells("A1:B1")  # type: ignore[misc]
        made[f"merged body in {sheet}"] = lambda book, s=sheet: book[s].merge_cells("A2:A3")  # type: ignore[misc]
        made[f"renamed sheet {sheet}"] = lambda book, s=sheet: setattr(book[s], "title", "Blatt 1")  # type: ignore[misc]
        made[f"hidden sheet {sheet}"] = lambda book, s=sheet: setattr(book[s], "sheet_state", "hidden")  # type: ignore[misc]
        made[f"far cell in {sheet}"] = lambda book, s=sheet: book[s].cell(5000, 200, "stray")  # type: ignore[misc]
        made[f"total row in {sheet}"] = lambda book, s=sheet: book[s].append(["Total", None, 99999])  # type: ignore[misc]
    for sheet, column in COLUMNS:

        def drop(book: Workbook, s: str = sheet, c: str = column) -> None:
            book[s].delete_cols([cell.value for cell in book[s][1]].index(c) + 1)

        def twice(book: Workbook, s: str = sheet, c: str = column) -> None:
            book[s].cell(1, book[s].max_column + 1, c)

        made[f"no column {sheet}.{column}"] = drop
        made[f"column twice {sheet}.{column}"] = twice
    made["a sheet of pictures' names"] = lambda book: book.create_sheet("📈" * 10).append(["nothing", "here"])  # type: ignore[func-returns-value]
    made["two sales sheets"] = lambda book: setattr(book.copy_worksheet(book["Sales"]), "title", "Sales 2")
    made["own sheet named Forecast"] = lambda book: book.create_sheet("Forecast").append(["mine"])  # type: ignore[func-returns-value]
    made["own sheet named Dashboard"] = lambda book: book.create_sheet("Dashboard").append(["mine"])  # type: ignore[func-returns-value]
    return made


def cells() -> dict[str, Callable[[Workbook], None]]:
    made = {}
    for (sheet, column), (name, value) in itertools.product(COLUMNS, NASTY.items()):
        made[f"{name} in {sheet}.{column}"] = spoil_cell(sheet, column, value, 3)
    for column in ("date", "sku", "quantity"):
        for name in ("text", "none", "huge", "error N/A", "bool", "formula without value", "date 9999"):
            made[f"{name} all over Sales.{column}"] = spoil_column("Sales", column, NASTY[name])
    return made


def saved(change: Callable[[Workbook], None]) -> bytes:
    book = base()
    change(book)
    if not any(sheet.sheet_state == "visible" for sheet in book.worksheets):
        book.create_sheet("Shown")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def bytes_corruptions() -> Iterator[tuple[str, bytes]]:
    """Yield spoiled packages: truncated, shuffled, missing parts, foreign formats."""
    whole = saved(lambda book: None)
    for share in (0.0, 0.01, 0.3, 0.6, 0.9, 0.99):
        yield f"truncated to {share:.0%}", whole[: int(len(whole) * share)]
    yield "html called xlsx", b"<html><table><tr><td>sku</td></tr></table></html>"
    yield "csv called xlsx", b"date,sku,quantity\n2026-01-01,A,3\n"
    yield "random bytes", random.Random(1).randbytes(4000)
    yield "OLE container", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4000)
    for seed in range(12):
        spoiled = bytearray(whole)
        rng = random.Random(seed)
        for _ in range(40):
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
        yield f"40 bytes flipped, seed {seed}", bytes(spoiled)
    with zipfile.ZipFile(io.BytesIO(whole)) as source:
        names = source.namelist()
        for missing in names:
            yield f"without {missing}", _repacked(source, {missing: None})
        for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/styles.xml"):
            yield f"{part} is no XML", _repacked(source, {part: b"<not xml"})
            yield f"{part} is empty", _repacked(source, {part: b""})
        bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;</workbook>'
        yield "entities in the workbook part", _repacked(source, {"xl/workbook.xml": bomb})


def _repacked(source: zipfile.ZipFile, changes: dict[str, bytes | None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = changes.get(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return buffer.getvalue()


CELL_CASES = {**cells(), **structural()}


def check_harmless(content: bytes, path: Path, capsys: pytest.CaptureFixture[str]) -> int:
    path.write_bytes(content)
    code = cli.main(["plan", str(path), "--quiet"])
    out, err = capsys.readouterr()
    assert code in (0, 1, 2, 3), err
    assert "Internal error" not in err
    assert "Traceback" not in out + err
    if code >= 2:
        assert path.read_bytes() == content, "a refused workbook was changed"
        assert len(err.strip().splitlines()) == 1, err
    else:
        book = openpyxl.load_workbook(path, read_only=True)
        names = book.sheetnames
        book.close()
        assert any(name.startswith("Recommendations") for name in names)
    assert [file.name for file in path.parent.iterdir()] == [path.name], "something was left behind"
    return code


def test_there_are_at_least_200_corruptions() -> None:
    assert len(CELL_CASES) + sum(1 for _ in bytes_corruptions()) >= 200


def test_the_healthy_workbook_is_planned_without_a_row_kept_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_harmless(saved(lambda book: None), tmp_path / "book.xlsx", capsys) == 0


@pytest.mark.parametrize("case", list(CELL_CASES))
def test_a_spoiled_sheet_gives_findings_or_one_line(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_harmless(saved(CELL_CASES[case]), tmp_path / "book.xlsx", capsys)


def test_a_spoiled_package_gives_one_line_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (name, content) in enumerate(bytes_corruptions()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            check_harmless(content, folder / "book.xlsx", capsys)
        except Exception as error:
            raise AssertionError(f"{name}: {error}") from error
