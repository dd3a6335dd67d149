"""Files of scenarios: as text and as a workbook, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from invopt_xl.adapters.scenario_file import read_scenario_file
from invopt_xl.errors import InputError, SettingError, WorkbookError


def _file(folder: Path, text: str, name: str = "what if.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_text_file_is_read_row_by_row(tmp_path: Path) -> None:
    text = "Scenario,What,Field,Value\nhigh,abc=A,demand,x1.2\n,all,service,98%\n\nlate,supplier=Acme,lead time,+50%\n"
    found = read_scenario_file(_file(tmp_path, text))
    assert [(c.scenario, c.what, c.field, c.how, c.amount) for c in found] == [
        ("high", "abc=A", "demand_factor", "times", 1.2),
        ("high", "all", "service_level", "set", 0.98),
        ("late", "supplier=Acme", "lead_time_days", "times", 1.5),
    ]


def test_semicolons_and_decimal_commas_are_understood(tmp_path: Path) -> None:
    found = read_scenario_file(_file(tmp_path, "scenario;items;input;new value\nhigh;all;demand;x1,2\n"))
    assert (found[0].how, found[0].amount) == ("times", 1.2)


def test_the_column_what_may_be_left_out(tmp_path: Path) -> None:
    assert read_scenario_file(_file(tmp_path, "scenario,field,value\nhigh,moq,3\n"))[0].what == "all"


def test_a_sku_keeps_its_leading_zeros(tmp_path: Path) -> None:
    assert read_scenario_file(_file(tmp_path, "scenario,what,field,value\nhigh,00114,moq,3\n"))[0].what == "00114"


def test_a_workbook_is_searched_for_the_table(tmp_path: Path) -> None:
    import datetime

    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Some other sheet", 1])
    sheet = book.create_sheet("What if")
    for line in (
        ["Our scenarios"],
        [],
        ["scenario", "what", "field", "value", "remark"],
        ["out", "Acme", "disrupted", datetime.datetime(2026, 12, 31), "strike"],
        ["out", 114, "moq", 12.0, None],
    ):
        sheet.append(line)
    book.save(tmp_path / "cases.xlsx")
    found = read_scenario_file(tmp_path / "cases.xlsx")
    assert f"{found[0].until:%Y-%m-%d}" == "2026-12-31"
    assert (found[1].what, found[1].amount) == ("114", 12.0)


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "scenario,what,field,value\nhigh,all,demand,x1.2\nhigh,all,demand,lots\n")
    with pytest.raises(SettingError, match=r"File what if.csv, row 3: scenario 'high': expected a number.*'lots'"):
        read_scenario_file(path)


@pytest.mark.parametrize("text", ["sku,quantity\nA,1\n", "scenario,what,field,value\n", ""])
def test_a_file_without_scenarios_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="for example scenario,what,field,value"):
        read_scenario_file(_file(tmp_path, text))


def test_a_missing_file_and_a_wrong_kind_are_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no such file"):
        read_scenario_file(tmp_path / "none.csv")
    with pytest.raises(WorkbookError, match=r"Save it as \.csv or \.xlsx"):
        read_scenario_file(_file(tmp_path, "x", "notes.pdf"))
