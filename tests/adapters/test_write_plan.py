"""A plan goes to its workbook again and again; what the planner wrote there meanwhile is carried along."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.adapters.last_plan import last_plan
from invopt_xl.adapters.plan_output import write_plan, write_plan_files
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.template_output import write_filled
from invopt_xl.adapters.writing import fingerprint
from invopt_xl.core.plan import Plan
from invopt_xl.errors import WorkbookBusyError
from tests.small_world import plan_of, world

SKUS = ("A", "B", "C")


@cache
def plan() -> Plan:
    return plan_of(world({"A": 20, "B": 5, "C": 8}, on_hand=10))


@cache
def smaller_plan() -> Plan:
    return plan_of(world({"A": 20, "C": 8}, on_hand=10))


def write(source: Path, out: Path | None, made: Plan | None = None) -> Path:
    made = made or plan()
    if source.suffix == ".xlsx":
        made = dataclasses.replace(made, source=source.name, fingerprint=fingerprint(source).sha256)
    return write_plan_files(made, Source(source), out=out, form="xlsx").path


def enter(path: Path, sheet: str, sku: str, **entries: object) -> None:
    """Type into the row of a sku, in columns of ours or in new ones to the right of the table."""
    book = openpyxl.load_workbook(path)
    here = book[sheet]
    headers = {cell.value: cell.column for cell in here[1]}
    row = next(r for r in range(2, here.max_row + 1) if here.cell(r, headers["sku"]).value == sku)
    for name, value in entries.items():
        if name not in headers:
            headers[name] = max(headers.values()) + 1
            here.cell(1, headers[name]).value = name
        here.cell(row, headers[name]).value = value  # type: ignore[assignment]
    book.save(path)


def column(path: Path, sheet: str, name: str) -> dict[str, object]:
    """Return a column of a sheet by sku."""
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    sku, at = rows[0].index("sku"), rows[0].index(name)
    return {str(row[sku]): row[at] for row in rows[1:]}


@pytest.mark.parametrize("name", ["old.xls", "binary.xlsb", "tables"])
@pytest.mark.parametrize("out", [None, "out/plan.xlsx", "folder"])
def test_a_source_that_cannot_be_written_into_gets_the_same_workbook_every_time(
    tmp_path: Path, name: str, out: str | None
) -> None:
    source = tmp_path / name
    if name == "tables":
        source.mkdir()
    else:
        source.write_bytes(b"not looked at")
    target = None if out is None else tmp_path / out
    path = write(source, target)
    enter(path, "Recommendations", "B", decision="Reject", reason="end of season")
    assert write(source, target) == path
    assert column(path, "Recommendations", "decision") == {"A": None, "B": "Reject", "C": None}
    assert column(path, "Recommendations", "reason")["B"] == "end of season"


def test_a_plan_of_another_file_of_the_same_name_may_be_written_into_a_copy(tmp_path: Path) -> None:
    source = write_filled(world({"A": 20}), tmp_path / "book.xlsx")
    made = dataclasses.replace(plan(), source=source.name, fingerprint=fingerprint(source).sha256)
    (tmp_path / "out").mkdir()
    for _ in range(2):
        write_plan(made, source, out=tmp_path / "out" / "book.xlsx")
    write_filled(world({"A": 21}), source)
    with pytest.raises(WorkbookBusyError, match="changed after it was read"):
        write_plan(made, source, out=tmp_path / "out" / "book.xlsx")


def test_entries_in_the_copy_are_carried_into_the_next_copy(tmp_path: Path) -> None:
    source, copy = write_filled(world({"A": 20}), tmp_path / "book.xlsx"), tmp_path / "copy.xlsx"
    write(source, copy)
    enter(copy, "Recommendations", "B", decision="Change", planner_quantity=7, reason="trial")
    enter(copy, "Recommendations", "C", planner_quantity="about 12")
    write(source, copy)
    assert column(copy, "Recommendations", "decision") == {"A": None, "B": "Change", "C": None}
    assert column(copy, "Recommendations", "planner_quantity") == {"A": None, "B": 7, "C": "about 12"}
    assert column(copy, "Recommendations", "reason") == {"A": None, "B": "trial", "C": None}


def test_entries_in_the_copy_win_over_older_ones_in_the_source(tmp_path: Path) -> None:
    source, copy = write_filled(world({"A": 20}), tmp_path / "book.xlsx"), tmp_path / "copy.xlsx"
    write(source, None)
    enter(source, "Recommendations", "A", decision="Approve", reason="as always")
    enter(source, "Recommendations", "B", decision="Approve")
    write(source, copy)
    enter(copy, "Recommendations", "B", decision="Reject")
    write(source, copy)
    assert column(copy, "Recommendations", "decision") == {"A": "Approve", "B": "Reject", "C": None}
    assert column(copy, "Recommendations", "reason") == {"A": "as always", "B": None, "C": None}
    assert column(source, "Recommendations", "decision")["B"] == "Approve"


def test_entries_in_the_copy_whose_item_is_gone_stand_at_the_end(tmp_path: Path) -> None:
    source, copy = write_filled(world({"A": 20}), tmp_path / "book.xlsx"), tmp_path / "copy.xlsx"
    write(source, copy)
    enter(copy, "Recommendations", "B", decision="Reject")
    made = dataclasses.replace(smaller_plan(), source=source.name, fingerprint=fingerprint(source).sha256)
    written = write_plan_files(made, Source(source), out=copy, form="xlsx")
    assert any("no longer in the plan" in each.text for each in written.findings)
    assert column(copy, "Recommendations", "decision") == {"A": None, "C": None, "B": "Reject"}
    write(source, copy)
    assert column(copy, "Recommendations", "decision") == {"A": None, "B": "Reject", "C": None}


def test_the_last_plan_is_read_from_where_the_next_one_goes(tmp_path: Path) -> None:
    source, copy = write_filled(world({"A": 20}), tmp_path / "book.xlsx"), tmp_path / "copy.xlsx"
    assert last_plan(Source(source), out=copy).recommendations is None
    write(source, None)
    write(source, copy)
    enter(copy, "Recommendations", "A", decision="Reject")
    found = last_plan(Source(source), out=copy).recommendations
    assert found is not None
    assert found.set_index("sku")["decision"]["A"] == "Reject"
    assert "why" not in found
    assert pd.to_numeric(found["reorder_point"]).gt(0).all()
    elsewhere = last_plan(Source(source), out=tmp_path / "new.xlsx").recommendations
    assert elsewhere is not None
    assert elsewhere["decision"].isna().all()
    assert last_plan(Source(tmp_path), out=copy).recommendations is not None


@pytest.mark.parametrize("sheet", ["Exceptions", "Orders"])
def test_a_note_beside_an_exception_or_order_stays_with_its_row(tmp_path: Path, sheet: str) -> None:
    path = write_filled(world({"A": 20}), tmp_path / "book.xlsx")
    write(path, None)
    enter(path, sheet, "C", my_note="called them")
    note = column(path, sheet, "my_note")
    assert list(note.values()).count("called them") == 1
    frame = getattr(plan(), sheet.lower())
    turned = dataclasses.replace(plan(), **{sheet.lower(): frame.iloc[::-1].reset_index(drop=True)})
    # texts and figures change from plan to plan; the row is still the same
    changed = turned.orders.assign(order_id="20261122-001", value=1.0) if sheet == "Orders" else turned.orders
    told = turned.exceptions.assign(message="now worse", money_at_stake=5.0)
    write(path, None, dataclasses.replace(turned, orders=changed, exceptions=told))
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    noted = [row for row in rows[1:] if row[rows[0].index("my_note")] == "called them"]
    assert [row[rows[0].index("sku")] for row in noted] == ["C"]
    assert [len(rows), rows[-1][rows[0].index("sku")]] == [len(frame) + 1, frame["sku"].iloc[0]]


def test_public_write_plan_keeps_entries_of_a_copy(tmp_path: Path) -> None:
    source, copy = write_filled(world({"A": 20}), tmp_path / "book.xlsx"), tmp_path / "copy.xlsx"
    iv.write_plan(plan(), source, out=copy)
    enter(copy, "Recommendations", "C", reason="mine")
    result = iv.write_plan(plan(), source, out=copy)
    assert column(copy, "Recommendations", "reason")["C"] == "mine"
    assert result.backup is not None
