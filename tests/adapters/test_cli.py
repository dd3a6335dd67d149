"""The command line: exit codes, one failing source among good ones, JSON, files written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.adapters import cli, commands
from invopt_xl.adapters.template_output import write_filled
from invopt_xl.errors import InvOptError, WorkbookBusyError
from tests.small_world import world

OUR_SHEETS = [
    "Dashboard",
    "Recommendations",
    "Exceptions",
    "Orders",
    "Priorities",
    "Limits",
    "Forecast",
    "Explanations",
    "Accuracy",
    "Data Check",
    "Kept Inputs",
]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_filled(world({"A": 20, "B": 5}, on_hand=10), tmp_path / "book.xlsx")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_plan_writes_our_sheets_behind_the_planners(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = openpyxl.load_workbook(book).sheetnames
    code, out, _ = run(capsys, "plan", str(book), "--quiet")
    assert code == 0
    assert out == ""
    assert openpyxl.load_workbook(book).sheetnames == before + OUR_SHEETS


def test_plan_says_what_to_order_and_where_it_was_written(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "plan", str(book))
    assert code == 0
    assert "Order 2 lines for" in out
    assert f"Written to {book}" in out
    assert "forecast" in err  # progress as plain lines, as there is no terminal


def test_out_leaves_the_source_as_it_is(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = book.read_bytes()
    assert run(capsys, "plan", str(book), "--out", str(tmp_path / "new.xlsx"), "--quiet")[0] == 0
    assert book.read_bytes() == before
    assert "Recommendations" in openpyxl.load_workbook(tmp_path / "new.xlsx").sheetnames


def test_json_is_one_object_with_the_figures(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "plan", str(book), "--json")
    said = json.loads(out)
    assert (code, said["exit_code"], err) == (0, 0, "")
    assert said["sources"][0]["order_lines"] == 2


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_can_be_written_as_files(
    book: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "plan", str(book), "--format", form, "--out", str(tmp_path / "out"), "--quiet")[0] == 0
    read = pd.read_csv if form == "csv" else pd.read_parquet
    assert list(read(tmp_path / "out" / f"recommendations.{form}")["sku"]) == ["A", "B"]
    assert not list((tmp_path / "out").glob(".invopt*"))


def test_one_failing_workbook_never_stops_the_others(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    shutil.copy(book, folder / "b_good.xlsx")
    (folder / "a_broken.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    code, out, err = run(capsys, "plan", str(folder))
    assert code == 2
    assert "2 sources: 1 done, 1 failed." in out
    assert "a_broken.xlsx" in err
    assert "Traceback" not in err
    assert "Recommendations" in openpyxl.load_workbook(folder / "b_good.xlsx").sheetnames


def test_rows_kept_out_give_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = world({"A": 20})
    sales = tables["Sales"].astype({"quantity": object})
    sales.loc[3, "quantity"] = "abc"
    sales.to_csv(tmp_path / "Sales.csv", index=False)
    tables["Stock"].to_csv(tmp_path / "Stock.csv", index=False)
    code, out, _ = run(capsys, "check", str(tmp_path))
    assert code == 1
    assert "'abc'" in out
    assert "row 5" in out  # fourth row of data, below the header


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "nowhere.xlsx"], "no such file"),
        (["plan", "{book}", "--set", "service_levl=0.9"], "Did you mean 'service_level'"),
        (["plan", "{book}", "--set", "service_level"], "KEY=VALUE"),
        (["plan", "{book}", "--as-of", "yesterday-ish"], "as-of"),
        (["plan", "{book}", "--as-of", "1999-01-01"], "Nothing can be planned|No usable|None of"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    book: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    code, _, err = run(capsys, *[word.format(book=book) for word in words], "--quiet")
    assert code == 2
    assert re.search(said, err), err
    assert len(err.strip().splitlines()) == 1


def test_bad_usage_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["plan"])
    assert stopped.value.code == 2
    assert "SOURCE" in capsys.readouterr().err


def test_an_open_workbook_gives_exit_code_3(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book.parent / f"~${book.name}").write_bytes(b"\x05Petra" + b" " * 49)
    before = book.read_bytes()
    code, _, err = run(capsys, "plan", str(book), "--quiet")
    assert code == 3
    assert "open" in err
    assert book.read_bytes() == before


def test_an_internal_error_gives_exit_code_70_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> commands.Outcome:
        raise ZeroDivisionError("boom")

    monkeypatch.setitem(commands.COMMANDS, "doctor", broken)
    code, _, err = run(capsys, "doctor")
    assert code == 70
    assert "Internal error (ZeroDivisionError" in err


def test_every_error_class_has_an_exit_code_of_the_contract() -> None:
    def all_below(kind: type[InvOptError]) -> list[type[InvOptError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in all_below(child))]

    assert {kind.exit_code for kind in all_below(InvOptError)} == {2, 3}
    assert WorkbookBusyError.exit_code == 3


def test_template_writes_a_blank_workbook_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.xlsx"
    assert run(capsys, "template", "--out", str(path))[0] == 0
    assert {"Read me", "Sales", "Stock", "Items"} <= set(openpyxl.load_workbook(path).sheetnames)
    code, _, err = run(capsys, "template", "--out", str(path))
    assert code == 2
    assert "exists already" in err


def test_doctor_finds_everything_that_is_needed_here(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "Everything that is needed is there." in out


def test_a_refresh_keeps_the_planners_decisions(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "plan", str(book), "--quiet")
    workbook = openpyxl.load_workbook(book)
    sheet = workbook["Recommendations"]
    head = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(3, head["decision"], "Reject")
    sheet.cell(3, head["reason"], "=not a formula")
    rejected = sheet.cell(3, head["sku"]).value
    workbook.save(book)
    assert run(capsys, "plan", str(book), "--quiet")[0] == 0
    plan = iv.read_tables(book)
    assert "Recommendations" not in plan.frames
    rows = pd.read_excel(book, sheet_name="Recommendations", dtype={"sku": str}, engine="openpyxl").set_index("sku")
    assert rows.loc[rejected, "decision"] == "Reject"
    assert rejected not in set(pd.read_excel(book, sheet_name="Orders", dtype={"sku": str}, engine="openpyxl")["sku"])
