"""Trees of the last Refresh are used again; those of another workbook of the same name are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import invopt_xl as iv
from invopt_xl.adapters.kept_models import kept_models_file, plan_with_kept_models
from invopt_xl.adapters.model_reuse import Planned
from invopt_xl.core.findings import Finding
from invopt_xl.errors import InputError
from tests.hosts import planner_book
from tests.small_world import world


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_without_trees_nothing_is_kept(state: Path) -> None:
    calls: list[Mapping[str, Any] | None] = []

    def make(learned: Mapping[str, Any] | None) -> Any:
        calls.append(learned)
        return planner_book.plan()

    assert plan_with_kept_models(make, planner_book.tables(), book="Book1") is planner_book.plan()
    assert calls == [None]
    assert not kept_models_file("Book1").exists()


def test_a_file_that_is_refused_makes_way_for_a_new_one(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def reuse(make: Any, path: Path, **_: Any) -> Planned:
        seen.append(path.exists())
        if path.exists():
            raise InputError("trees of other items")
        return Planned(replace(make(None), source="again"), Finding("info", "", "", "", ""))

    monkeypatch.setattr("invopt_xl.adapters.kept_models.plan_with_models", reuse)
    tables = iv.read_tables(world({"a": 10.0}))
    kept_models_file("Book1").parent.mkdir(parents=True)
    kept_models_file("Book1").write_text("old", encoding="utf-8")
    assert plan_with_kept_models(lambda _: planner_book.plan(), tables, book="Book1").source == "again"
    assert seen == [True, False]


def test_an_error_of_the_data_is_not_taken_for_one_of_the_file(state: Path) -> None:
    def make(_: Mapping[str, Any] | None) -> Any:
        raise InputError("no sales")

    with pytest.raises(InputError, match="no sales"):
        plan_with_kept_models(make, iv.read_tables(world({"a": 10.0})), book="Book1")


def test_each_workbook_has_a_file_of_its_own(state: Path) -> None:
    assert kept_models_file("C:\\A\\Plan.xlsx") == kept_models_file("c:\\a\\plan.xlsx")
    assert kept_models_file("C:\\A\\Plan.xlsx") != kept_models_file("C:\\B\\Plan.xlsx")
