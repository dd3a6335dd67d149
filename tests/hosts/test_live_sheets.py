"""Specs written into an open workbook: sheets and columns of an earlier run do not stay as if they were of this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from invopt_xl.adapters.live_sheets import write_live
from invopt_xl.adapters.ribbon_session import written
from invopt_xl.core.sheets import Block, Column, SheetSpec
from tests.hosts.planner_file import planner_file

if TYPE_CHECKING:
    from tests.hosts.openpyxl_engine import Excel


@pytest.fixture
def book(application: Excel, tmp_path: Path) -> Any:
    return application.open(planner_file(tmp_path))


def _spec(*figures: str, skus: tuple[str, ...] = ("a", "b"), only_refreshed: bool = False) -> SheetSpec:
    columns = (Column("sku", "key"), *(Column(f"order_value: {name}", "money") for name in figures))
    frame = pd.DataFrame({"sku": list(skus), **{each.name: [7.0] * len(skus) for each in columns[1:]}})
    block = Block("Scenarios", frame, columns, key=("sku",), own_prefixes=("order_value: ",))
    return SheetSpec("Scenarios", blocks=(block,), only_refreshed=only_refreshed)


def _write(book: Any, *specs: SheetSpec) -> None:
    written(book, "Refresh", lambda point: write_live(book, specs, point))


def _cells(book: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in book.impl.file["Scenarios"].iter_rows()]


def test_what_only_replaces_an_older_sheet_is_not_drawn_where_there_is_none(book: Any) -> None:
    _write(book, _spec(only_refreshed=True))
    assert "Scenarios" not in book.impl.file.sheetnames


def test_an_older_sheet_is_emptied_with_its_columns_of_other_scenarios(book: Any) -> None:
    _write(book, _spec("strong season", "less money"))
    assert _cells(book)[1] == ["a", 7.0, 7.0]
    _write(book, _spec(skus=(), only_refreshed=True))
    header, *lines = _cells(book)
    assert header == ["sku", "order_value: strong season", "order_value: less money"]
    assert all(cell in (None, "") for line in lines for cell in line)


def test_a_column_of_the_planners_stays_beside_them(book: Any) -> None:
    _write(book, _spec("strong season"))
    sheet = book.impl.file["Scenarios"]
    sheet.cell(2, 4).value = "ask Jo"
    _write(book, _spec(skus=("b", "a"), only_refreshed=True))
    assert [line[0] for line in _cells(book)[1:3]] == ["a", "b"], "rows with words of the planner stay where they are"
    assert (sheet.cell(2, 2).value or "", sheet.cell(2, 4).value) == ("", "ask Jo")


def test_hidden_sheets_are_hidden_after_they_were_copied(book: Any) -> None:
    # a workbook of hidden sheets only could not be opened
    _write(book, replace(_spec("one"), hidden=True))
    assert book.impl.file["Scenarios"].sheet_state == "hidden"
