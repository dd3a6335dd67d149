"""The last plan, found again wherever the next one goes to: workbook, table files, functions; damping then starts from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.last_plan import last_plan
from invopt_xl.adapters.own_files import is_own_file, read_own_file
from invopt_xl.adapters.plan_cache import PlanCache
from invopt_xl.adapters.plan_output import write_plan_files
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.template_output import write_filled
from invopt_xl.core.contracts import MORE_OUTPUT, OUTPUT
from invopt_xl.core.plan import Plan
from invopt_xl.core.scenarios.change import read_changes
from invopt_xl.errors import WorkbookError
from invopt_xl.pipeline import plan
from tests.small_world import AS_OF, weekly_sales, world

SETTINGS = {"boosted_trees": "off", "damping_slack": 0.2}
LEVELS = {"007": 40.0, "NA": 25.0}


def tables() -> dict[str, pd.DataFrame]:
    made = world(LEVELS, Sales=weekly_sales(LEVELS, noise=0.4), on_hand=20.0)
    settings = pd.DataFrame({"setting": list(SETTINGS), "value": [str(value) for value in SETTINGS.values()]})
    return {**made, "Settings": settings}


def first() -> Plan:
    """The plan of the week before, which kept twice what was needed."""
    made = plan(iv.read_tables(tables()), as_of="2026-11-08", settings=SETTINGS)
    assert made.basis is not None
    return replace(made, basis=made.basis.assign(run_safety_stock=2 * made.basis["run_safety_stock"]))


@pytest.fixture(scope="module")
def before() -> Plan:
    return first()


@pytest.fixture(scope="module")
def damped(before: Plan) -> list[float]:
    made = plan(
        iv.read_tables(tables()),
        as_of=AS_OF,
        settings=SETTINGS,
        previous=before.recommendations,
        previous_basis=before.basis,
    )
    stock = made.recommendations["safety_stock"].tolist()
    free = plan(iv.read_tables(tables()), as_of=AS_OF, settings=SETTINGS)
    assert all(a > b + 1 for a, b in zip(stock, free.recommendations["safety_stock"], strict=True))
    return stock


def _folder(path: Path) -> Path:
    path.mkdir()
    for name, frame in tables().items():
        frame.to_csv(path / f"{name}.csv", index=False)
    return path


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("kind", ["folder", "workbook"])
def test_the_next_run_starts_from_the_last_one(
    tmp_path: Path, before: Plan, damped: list[float], form: str, kind: str
) -> None:
    path = _folder(tmp_path / "book") if kind == "folder" else write_filled(tables(), tmp_path / "book.xlsx")
    source = Source(path)
    assert last_plan(source, form=form).basis is None
    write_plan_files(before, source, out=None, form=form)
    last = last_plan(source, form=form)
    made = plan(
        iv.read_tables(path),
        as_of=AS_OF,
        settings=SETTINGS,
        previous=last.recommendations,
        previous_basis=last.basis,
    )
    assert made.recommendations["safety_stock"].tolist() == pytest.approx(damped, abs=1e-5)
    assert made.changed is not None


def test_table_files_hold_what_only_some_runs_have_and_old_ones_go(tmp_path: Path, before: Plan) -> None:
    changes = read_changes([{"scenario": "more", "what": "all", "field": "demand", "value": "x2"}])
    compared = plan(
        iv.read_tables(tables()),
        as_of=AS_OF,
        settings=SETTINGS,
        previous_basis=before.basis,
        scenarios=changes,
    )
    source, out = Source(_folder(tmp_path / "book")), tmp_path / "out"
    write_plan_files(compared, source, out=out, form="csv")
    assert {file.stem for file in out.iterdir()} == {*OUTPUT, *MORE_OUTPUT}
    for name, fields in (OUTPUT | MORE_OUTPUT).items():
        assert list(pd.read_csv(out / f"{name}.csv").columns) == [field.name for field in fields]
    (out / "scenario_items.csv").write_text("scenario,remark\nmore,mine\n", encoding="utf-8")
    write_plan_files(before, source, out=out, form="csv")
    # a file of the planner's that has the name of ours stays
    assert {file.stem for file in out.iterdir()} == {*OUTPUT, "basis", "scenario_items"}
    # our own files in the folder of a source are not its input
    for file in out.iterdir():
        (source.path / file.name).write_bytes(file.read_bytes())
    again = plan(iv.read_tables(source.path), as_of=AS_OF, settings=SETTINGS)
    assert len(again.recommendations) == len(before.recommendations)


def test_item_numbers_of_a_text_file_keep_their_zeros_and_na_is_an_item(tmp_path: Path, before: Plan) -> None:
    source = Source(_folder(tmp_path / "book"))
    write_plan_files(before, source, out=None, form="csv")
    found = last_plan(source, form="csv")
    assert found.recommendations is not None
    assert found.basis is not None
    assert found.recommendations["sku"].tolist() == found.basis["sku"].tolist() == ["007", "NA"]


def test_files_are_known_by_their_columns(tmp_path: Path, before: Plan) -> None:
    write_plan_files(before, Source(_folder(tmp_path / "book")), out=tmp_path, form="csv")
    file = tmp_path / "recommendations.csv"
    assert is_own_file(file, "recommendations")
    # a planner's column at the end does not hide the decisions
    pd.read_csv(file, dtype="str").assign(remark="x").to_csv(file, index=False)
    assert not is_own_file(file, "recommendations")
    assert read_own_file(tmp_path, "recommendations", form="csv") is not None
    file.write_text("sku,what\nA,1\n", encoding="utf-8")
    assert read_own_file(tmp_path, "recommendations", form="csv") is None
    (tmp_path / "basis.parquet").write_bytes(b"no parquet")
    with pytest.raises(WorkbookError, match=r"basis\.parquet, left by an earlier plan, cannot be read"):
        read_own_file(tmp_path, "basis", form="parquet")


def test_functions_start_from_the_last_plan_in_the_file(tmp_path: Path, before: Plan, damped: list[float]) -> None:
    path = write_filled(tables(), tmp_path / "book.xlsx")
    write_plan_files(before, Source(path), out=None, form="xlsx")
    found = PlanCache(now=lambda: datetime(2026, 11, 16)).planned(str(path)).plan
    assert found.recommendations["safety_stock"].tolist() == pytest.approx(damped, abs=1e-5)


def test_functions_of_sheets_that_a_host_has_sent_start_from_the_plan_in_memory(
    before: Plan, damped: list[float]
) -> None:
    cache = PlanCache(now=lambda: datetime(2026, 11, 16))
    cache.keep("book", before)
    sheets = {
        name: [list(frame.columns), *frame.astype(object).to_numpy().tolist()] for name, frame in tables().items()
    }
    cache.offer("book", MemoryBook(sheets), stamp="1")
    assert cache.planned("book").plan.recommendations["safety_stock"].tolist() == pytest.approx(damped, abs=1e-5)
    # pressing again on one day moves nothing
    more = {**sheets, "Notes": [["anything"]]}
    more["Stock"] = [[*row[:2], 21.0] if at else row for at, row in enumerate(sheets["Stock"])]
    cache.offer("book", MemoryBook(more), stamp="2")
    assert cache.planned("book").plan.recommendations["safety_stock"].tolist() == pytest.approx(damped, abs=1e-5)
