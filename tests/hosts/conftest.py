"""Fixtures of the tests of the ribbon."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from invopt_xl.adapters.plan_cache import PLANS
from tests.hosts import planner_book
from tests.hosts.desk import Desk, known_plan
from tests.hosts.planner_file import planner_file

#: Runs in the system's Python, which has `uno`.
collect_ignore = ["calc_bridge.py"]

if TYPE_CHECKING:
    from tests.hosts.openpyxl_engine import Excel


@contextmanager
def _excel() -> Iterator[Excel]:
    pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")
    from tests.hosts.openpyxl_engine import excel

    with excel() as found:
        yield found


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    """Excel with nothing open."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with _excel() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workbook without a plan, just opened."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = planner_file(tmp_path)
    with _excel() as application:
        yield Desk(application, application.open(file), str(file))
    PLANS.forget(str(file))


@pytest.fixture(scope="session")
def planned_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook after its first Refresh, saved."""
    folder = tmp_path_factory.mktemp("planned")
    file = planner_file(folder)
    with _excel() as application, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setattr("invopt_xl.adapters.ribbon_plan.plan", known_plan)
        desk = Desk(application, application.open(file), str(file))
        assert desk.press("refresh").startswith("done")
        desk.book.save(str(folder / "planned.xlsx"))
    PLANS.forget(str(file))
    return folder / "planned.xlsx"


@pytest.fixture
def planned(planned_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workbook with a plan, in which planning again is done in no time."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", known_plan)
    file = tmp_path / "Planner.xlsx"
    shutil.copy(planned_file, file)
    with _excel() as application:
        PLANS.keep(str(file), planner_book.plan(), tables=planner_book.tables())
        yield Desk(application, application.open(file), str(file))
    PLANS.forget(str(file))
