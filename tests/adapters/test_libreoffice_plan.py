"""A planned workbook in a real spreadsheet: it opens, recalculates without an error, and shows what was written."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import invopt_xl as iv
from invopt_xl.adapters.template_output import write_filled
from tests.libreoffice import convert

pytestmark = pytest.mark.libreoffice

ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "Err:")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, iv.Plan]:
    folder = tmp_path_factory.mktemp("calc")
    path = write_filled(iv.demo_tables(skus=30, weeks=70), folder / "demo.xlsx")
    plan = iv.plan(iv.read_tables(path))
    iv.write_plan(plan, path)
    out = folder / "out"
    out.mkdir()
    return path, convert(path, "xlsx", out), plan


def test_all_sheets_open_in_order(opened: tuple[Path, Path, iv.Plan]) -> None:
    ours, theirs, _ = opened
    assert openpyxl.load_workbook(theirs).sheetnames == openpyxl.load_workbook(ours).sheetnames


def test_no_cell_holds_an_error_after_recalculation(opened: tuple[Path, Path, iv.Plan]) -> None:
    for sheet in openpyxl.load_workbook(opened[1], data_only=True).worksheets:
        for line in sheet.iter_rows():
            for cell in line:
                assert not (isinstance(cell.value, str) and cell.value.startswith(ERRORS)), (
                    f"{sheet.title}!{cell.coordinate}: {cell.value}"
                )


def test_recommendations_are_read_as_they_were_planned(opened: tuple[Path, Path, iv.Plan]) -> None:
    _, theirs, plan = opened
    rows = list(openpyxl.load_workbook(theirs, data_only=True)["Recommendations"].iter_rows(values_only=True))
    head = [name for name in rows[0] if name]
    assert head == list(plan.recommendations.columns)
    assert len([line for line in rows[1:] if line[0]]) == len(plan.recommendations)
    position = head.index("order_quantity")
    for line, wanted in zip(rows[1:], plan.recommendations.itertuples(), strict=False):
        assert line[0] == wanted.sku
        assert line[position] == pytest.approx(wanted.order_quantity)


def test_it_prints_every_sheet_of_ours(opened: tuple[Path, Path, iv.Plan], tmp_path: Path) -> None:
    pdf = convert(opened[0], "pdf", tmp_path)
    assert pdf.stat().st_size > 20_000
