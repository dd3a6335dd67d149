"""`invopt backtest`: what it prints, what it writes and where, and what it leaves alone."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from invopt_xl.adapters import cli
from invopt_xl.adapters.backtest_output import backtest_path
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.template_output import write_filled
from invopt_xl.adapters.writing import read_own_table
from tests.libreoffice import convert, needs_libreoffice
from tests.small_world import weekly_sales, world

SHEETS = ["Backtest", "Backtest Accuracy", "Backtest Coverage", "Backtest Decisions", "Backtest Rounds"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_filled(world({"A": 20, "B": 5}, on_hand=10), tmp_path / "book.xlsx")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["backtest", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_prints_the_comparison_the_conclusion_and_where_it_wrote(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = book.read_bytes()
    code, out, err = run(capsys, str(book), "--rounds", "2")
    assert code == 0
    assert "2 rounds from sales known at 2026-" in out
    assert "The chosen forecast" in out
    assert "simulated cost" in out
    assert "Demand stayed within its 95% quantile in" in out
    assert f"Written to {book.with_name('book.backtest.xlsx')}" in out
    assert book.read_bytes() == before
    assert [step for step in ("round 1 of 2", "round 2 of 2", "writing") if step not in err] == []
    assert openpyxl.load_workbook(book.with_name("book.backtest.xlsx")).sheetnames == SHEETS
    rows = [line for line in out.splitlines() if " | " in line]
    # heads, names of columns, "all" and the segments stand under each other
    assert len({tuple(at for at, sign in enumerate(line) if sign == "|") for line in rows}) == 1
    assert rows[2].split()[0] == "all"


def test_json_is_one_object_with_the_tables(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, str(book), "--rounds", "2", "--json", "--seed", "9")
    assert (code, err) == (0, "")

    def refuse(name: str) -> object:
        raise AssertionError(f"{name} is no JSON")

    said = json.loads(out, parse_constant=refuse)["sources"][0]
    assert said["seed"] == 9
    assert len(said["rounds"]) == 2
    assert said["rounds"][0]["as_of"] < said["rounds"][1]["as_of"] < said["as_of"] == "2026-11-15"
    assert {row["segment"] for row in said["comparison"]} >= {"all"}
    assert said["accuracy"][0].keys() == {
        "segment",
        "model",
        "horizon_periods",
        "measure",
        "value",
        "baseline_value",
        "value_added",
    }
    assert any(row["value_added"] is None for row in said["accuracy"])
    assert said["conclusion"].startswith("The chosen forecast")


def test_into_the_planners_own_workbook_only_when_it_is_named(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", str(book), "--quiet"]) == 0
    sheets = openpyxl.load_workbook(book).sheetnames
    accuracy = read_own_table(book, "Accuracy")
    with zipfile.ZipFile(book) as package:
        inputs = package.read("xl/worksheets/sheet2.xml")
    assert run(capsys, str(book), "--rounds", "1", "--out", str(book), "--quiet")[:2] == (0, "")
    assert openpyxl.load_workbook(book).sheetnames == sheets + SHEETS
    again = read_own_table(book, "Accuracy")
    assert accuracy is not None
    assert again is not None
    pd.testing.assert_frame_equal(accuracy, again)
    with zipfile.ZipFile(book) as package:
        assert package.read("xl/worksheets/sheet2.xml") == inputs
    # a second time refreshes the sheets
    assert run(capsys, str(book), "--rounds", "2", "--out", str(book), "--quiet")[0] == 0
    assert openpyxl.load_workbook(book).sheetnames == sheets + SHEETS
    rounds = read_own_table(book, "Backtest Rounds")
    assert rounds is not None
    assert len(rounds) == 2


def test_a_folder_of_workbooks_gets_one_each_and_earlier_ones_are_no_source(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    shutil.copy(book, folder / "one.xlsx")
    (folder / "two.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    for _ in range(2):
        code, out, err = run(capsys, str(folder), "--rounds", "1")
        assert code == 2
        assert "2 sources: 1 done, 1 failed." in out
        assert "two.xlsx" in err
        assert "Traceback" not in err
    assert sorted(path.name for path in folder.iterdir()) == ["one.backtest.xlsx", "one.xlsx", "two.xlsx"]


def test_a_folder_of_tables_is_written_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    weekly_sales({"A": 20, "B": 5}).to_csv(folder / "Sales.csv", index=False)
    code, out, _ = run(capsys, str(folder), "--rounds", "1")
    assert code == 0
    assert (tmp_path / "data.backtest.xlsx").is_file()
    assert "The chosen forecast" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rounds", "0"], "at least 1, got 0"),
        (["--as-of", "2024-12-22"], "A backtest needs at least"),
        (["--set", "service_levl=0.9"], "Did you mean 'service_level'"),
        (["--seed", "-1"], "Setting seed: expected a number of at least 0|Setting seed: expected a number from 0"),
        (["--out", "copy.xlsb"], "give it a name that ends in .xlsx"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    book: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.parent)
    code, _, err = run(capsys, str(book), *words, "--quiet")
    assert code == 2
    assert re.search(said, err), err
    assert len(err.strip().splitlines()) == 1


def test_rows_kept_out_give_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sales = weekly_sales({"A": 20}).astype({"quantity": object})
    sales.loc[3, "quantity"] = "abc"
    sales.to_csv(tmp_path / "Sales.csv", index=False)
    assert run(capsys, str(tmp_path), "--rounds", "1", "--quiet", "--out", str(tmp_path / "b.xlsx"))[0] == 1


def test_an_open_workbook_gives_exit_code_3(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = book.with_name("book.backtest.xlsx")
    target.write_bytes(book.read_bytes())
    target.with_name(f"~${target.name}").write_bytes(b"\x05Petra" + b" " * 49)
    code, _, err = run(capsys, str(book), "--rounds", "1", "--quiet")
    assert code == 3
    assert "open" in err
    assert target.read_bytes() == book.read_bytes()


@pytest.mark.parametrize(
    ("out", "expected"),
    [(None, "books/tea.backtest.xlsx"), ("other", "other/tea.backtest.xlsx"), ("other/x.xlsx", "other/x.xlsx")],
)
def test_where_it_is_written(out: str | None, expected: str) -> None:
    assert backtest_path(Source(Path("books/tea.xlsm")), None if out is None else Path(out)) == Path(expected)


@pytest.mark.libreoffice
def test_libreoffice_opens_it_and_reads_the_same_numbers(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_libreoffice()
    assert run(capsys, str(book), "--rounds", "2", "--quiet")[0] == 0
    written = book.with_name("book.backtest.xlsx")
    folder = tmp_path / "office"
    folder.mkdir()
    saved = convert(written, "xlsx", folder)
    for sheet in SHEETS[1:]:
        ours, theirs = (pd.read_excel(path, sheet_name=sheet, engine="openpyxl") for path in (written, saved))
        # a table's chart and empty rows below it hold no cells
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
