"""Plans kept per workbook: computed once, dropped when the input tables change, never told wrongly."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from invopt_xl.adapters import kept_models, plan_cache, reading
from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.plan_cache import CHECK_SECONDS, NotPlannedError, PlanCache
from invopt_xl.core.plan import Plan
from invopt_xl.core.tables import Tables
from tests.hosts import planner_book


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def later(self) -> None:
        self.seconds += CHECK_SECONDS


class Counted:
    """Counts how often a plan is computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import invopt_xl.pipeline

        self.plans = self.reads = 0
        self._made, self._read = planner_book.plan(), reading.read_tables
        monkeypatch.setattr(reading, "read_tables", self._tables)
        monkeypatch.setattr(invopt_xl.pipeline, "plan", self._plan)

    def _tables(self, source: str) -> Tables:
        self.reads += 1
        return self._read(source)

    def _plan(self, *_: object, **__: object) -> Plan:
        self.plans += 1
        return self._made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> PlanCache:
    return PlanCache(clock=clock, now=lambda: datetime(2026, 5, 4, 9, 30))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A planner's workbook on disk."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in planner_book.sheets().items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "Planner.xlsx"
    book.save(path)
    return path


def _saved_again(path: Path, *, cell: str = "", sheet: str = "Stock", value: object = None) -> None:
    book = openpyxl.load_workbook(path)
    if cell:
        book[sheet][cell] = value
    book.save(path)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10_000_000))


def test_a_plan_that_refresh_kept_is_the_one_that_answers(cache: PlanCache, counted: Counted) -> None:
    cache.keep("Book1", planner_book.plan())
    assert cache.planned("Book1").plan is planner_book.plan()
    assert counted.plans == 0


def test_a_kept_plan_of_an_unsaved_workbook_lives_until_the_next_refresh(cache: PlanCache, clock: Clock) -> None:
    for book in ("Book1", "https://firm.sharepoint.com/Planner.xlsx"):
        cache.keep(book, planner_book.plan())
        clock.later()
        assert cache.planned(book).plan is planner_book.plan()
        assert "could not" not in cache.status(book)


def test_the_first_function_plans_the_file_as_it_was_saved(cache: PlanCache, saved: Path) -> None:
    found = cache.planned(str(saved)).plan
    assert found.source == "Planner.xlsx"
    assert "from Planner.xlsx as last saved, sales up to 2026-04-19" in cache.status(str(saved))
    assert (
        found.recommendations["order_quantity"].tolist()
        == planner_book.plan().recommendations["order_quantity"].tolist()
    )


def test_thousands_of_calls_look_at_the_file_once(
    cache: PlanCache, saved: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    monkeypatch.setattr(plan_cache, "_stamp", lambda *_: looks.append(1) or "same")
    for _ in range(1000):
        cache.planned(str(saved))
    assert (len(looks), counted.plans) == (1, 1)


def test_a_changed_input_cell_makes_a_new_plan(cache: PlanCache, clock: Clock, saved: Path, counted: Counted) -> None:
    cache.planned(str(saved))
    _saved_again(saved, cell="C2", value=77)
    cache.planned(str(saved))
    assert counted.plans == 1, "not looked at again yet"
    clock.later()
    cache.planned(str(saved))
    assert counted.plans == 2


def test_saving_without_a_changed_input_makes_no_new_plan(
    cache: PlanCache, clock: Clock, saved: Path, counted: Counted
) -> None:
    cache.planned(str(saved))
    _saved_again(saved)
    clock.later()
    cache.planned(str(saved))
    assert counted.plans == 1


def test_a_file_that_was_not_touched_is_read_once(
    cache: PlanCache, clock: Clock, saved: Path, counted: Counted
) -> None:
    for _ in range(3):
        cache.planned(str(saved))
        clock.later()
    assert counted.reads == 1
    _saved_again(saved)
    for _ in range(3):
        cache.planned(str(saved))
        clock.later()
    assert counted.reads == 2


def test_a_mended_workbook_is_planned_again(cache: PlanCache, clock: Clock, saved: Path, counted: Counted) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(b"half a file")
    with pytest.raises(NotPlannedError):
        cache.planned(str(saved))
    saved.write_bytes(whole)
    clock.later()
    cache.planned(str(saved))
    assert cache.status(str(saved)).startswith("Planned")
    assert "could not" not in cache.status(str(saved))
    assert counted.plans == 1


def test_a_failed_plan_is_not_tried_for_every_cell(cache: PlanCache, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"no workbook")
    reads = []
    for _ in range(3):
        with pytest.raises(NotPlannedError) as raised:
            cache.planned(str(path))
        reads.append(str(raised.value))
    assert len(set(reads)) == 1
    assert "broken.xlsx" in cache.status(str(path))
    clock.later()
    with pytest.raises(NotPlannedError, match="workbook"):
        cache.planned(str(path))


def test_an_old_plan_survives_a_workbook_that_cannot_be_read_any_more(
    cache: PlanCache, clock: Clock, saved: Path, counted: Counted
) -> None:
    cache.planned(str(saved))
    saved.write_bytes(b"half a file")
    clock.later()
    assert cache.planned(str(saved)).plan is planner_book.plan()
    assert "could not be planned again" in cache.status(str(saved))


def test_an_internal_error_is_logged_and_told_without_a_traceback(
    cache: PlanCache, saved: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import invopt_xl.pipeline

    def fails(*_: object, **__: object) -> Plan:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(invopt_xl.pipeline, "plan", fails)
    with pytest.raises(NotPlannedError):
        cache.planned(str(saved))
    assert cache.status(str(saved)) == "Not planned: an internal error; the log file of the functions tells more."
    assert "a mistake of ours" in caplog.text


def test_sheets_of_the_host_win_over_the_file(cache: PlanCache, clock: Clock, saved: Path, counted: Counted) -> None:
    other = {**planner_book.sheets(), "Stock": [["sku", "location", "on_hand"], ["A-1", "LEEDS", 1.0]]}
    cache.offer(str(saved), MemoryBook(other), stamp="1")
    used = cache.planned(str(saved)).tables
    assert used is not None
    assert len(used.frames["Stock"]) == 1
    _saved_again(saved, cell="C2", value=77)
    clock.later()
    cache.planned(str(saved))
    assert counted.plans == 1
    cache.offer(str(saved), planner_book.book(), stamp="2")
    cache.planned(str(saved))
    assert counted.plans == 2


def test_a_forgotten_workbook_has_no_plan(cache: PlanCache) -> None:
    cache.keep("Book1", planner_book.plan())
    cache.forget("Book1")
    with pytest.raises(NotPlannedError, match="press Refresh"):
        cache.planned("Book1")


@pytest.mark.parametrize(
    ("book", "said"),
    [
        ("Book1", "was not saved yet"),
        ("", "was not saved yet"),
        ("https://firm.sharepoint.com/Planner.xlsx", "OneDrive or SharePoint"),
    ],
)
def test_status_says_why_there_is_no_plan(cache: PlanCache, book: str, said: str) -> None:
    assert cache.status(book).startswith("Not planned yet")
    with pytest.raises(NotPlannedError):
        cache.planned(book)
    assert said in cache.status(book)


def test_status_says_when_on_what_and_with_how_many_findings(cache: PlanCache) -> None:
    cache.keep("Book1", planner_book.plan())
    assert cache.status("Book1") == (
        "Planned 2026-05-04 09:30 from Planner.xlsx, sales up to 2026-04-19: 8 items x places, 5 to order; "
        "findings in the data: 1."
    )


def test_a_plan_put_together_from_its_tables_has_no_stages(cache: PlanCache) -> None:
    cache.keep("Book1", dataclasses.replace(planner_book.plan(), stages=None))
    with pytest.raises(NotPlannedError, match="press Refresh"):
        _ = cache.planned("Book1").stages


@pytest.mark.parametrize(
    ("calls", "absent"),
    [
        ("call('INV_STATUS')", ("pandas", "scipy", "numba", "invopt_xl.pipeline", "xlwings")),
        ("call('INV_EOQ', [1300.0, 8.0, 1.0, 0.225])", ("pandas", "numba", "lightgbm", "invopt_xl.pipeline")),
        ("call('INV_SAFETYSTOCK', [((8.0, 12.0),), 3.0])", ("pandas", "numba", "lightgbm", "invopt_xl.pipeline")),
        ("call('INV_FILLRATE', [((8.0, 12.0),), 3.0, 40.0])", ("pandas", "numba", "lightgbm", "invopt_xl.pipeline")),
        ("call('INV_NEWSVENDOR', [50.0, 1.0, 0.3])", ("pandas", "numba", "lightgbm", "invopt_xl.pipeline")),
        ("call('INV_ABC', [5.0])", ("numba", "lightgbm", "shap", "invopt_xl.pipeline")),
        ("call('INV_DEMANDCLASS', [5.0])", ("numba", "lightgbm", "shap", "invopt_xl.pipeline")),
    ],
)
def test_a_first_answer_loads_no_more_than_it_needs(calls: str, absent: tuple[str, ...]) -> None:
    code = (
        "import sys; from invopt_xl.adapters.function_calls import call; "
        f"answer = {calls}; assert answer != '\\x01#VALUE!', answer; "
        f"print([m for m in {absent!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_trees_that_cannot_be_kept_hinder_no_plan(
    cache: PlanCache, saved: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Plan:
        raise OSError("no space left on device")

    monkeypatch.setattr(kept_models, "plan_with_kept_models", full)
    assert cache.planned(str(saved)).plan is planner_book.plan()
    assert counted.plans == 1


def test_trees_are_kept_by_file_and_never_for_a_workbook_without_one(
    cache: PlanCache, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def kept(make: Callable[[None], Plan], tables: Tables, *, book: str) -> Plan:
        asked.append(book)
        return planner_book.plan()

    monkeypatch.setattr(kept_models, "plan_with_kept_models", kept)
    cache.planned(str(saved))
    cache.offer("unsaved 7", MemoryBook(planner_book.sheets(), name="Untitled 1"), stamp="1")
    cache.planned("unsaved 7")
    assert asked == [str(saved)]
