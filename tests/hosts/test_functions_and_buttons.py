"""The functions answer what the button Refresh writes: one way to a plan, the same trees, the same last plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from invopt_xl.adapters import kept_models
from invopt_xl.adapters.model_reuse import plan_with_models
from invopt_xl.adapters.plan_cache import PLANS, PlanCache
from invopt_xl.core.plan import Plan
from tests.hosts.desk import Desk

#: Everything that a function reads of a plan.
_TABLES = ("recommendations", "forecast", "exceptions", "supplier_lead_times")


def assert_same(one: Plan, other: Plan) -> None:
    for name in _TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True, obj=name)


@pytest.fixture
def tree_files(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files of trees that plans were made with."""
    used: list[Path] = []

    def recorded(make: Any, path: Path, **words: Any) -> Any:
        used.append(path)
        return plan_with_models(make, path, **words)

    monkeypatch.setattr(kept_models, "plan_with_models", recorded)
    return used


def test_functions_of_a_file_say_what_refresh_writes(desk: Desk, tree_files: list[Path]) -> None:
    # the sheets of the workbook switch trees off, so let them stand
    functions = PlanCache().planned(desk.name).plan
    assert desk.press("refresh").startswith("done")
    assert_same(functions, PLANS.planned(desk.name).plan)
    written = desk.table("Recommendations")
    assert written["order_quantity"].tolist() == functions.recommendations["order_quantity"].tolist()


def test_both_start_from_the_last_plan_in_the_workbook(desk: Desk, tree_files: list[Path]) -> None:
    assert desk.press("refresh").startswith("done")
    first = PLANS.planned(desk.name).plan
    desk.type_in("Recommendations", desk.row_of("A-1"), "decision", "reject")
    desk.book.save(desk.name)
    functions = PlanCache().planned(desk.name).plan
    assert desk.press("refresh").startswith("done")
    assert_same(functions, PLANS.planned(desk.name).plan)
    assert functions.recommendations["decision"].tolist() != first.recommendations["decision"].tolist()


def test_both_use_the_same_file_of_trees(desk: Desk, tree_files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _trees_on(desk)
    PlanCache().planned(desk.name)
    assert desk.press("refresh").startswith("done")
    assert len(tree_files) == 2
    assert len(set(tree_files)) == 1


def _trees_on(desk: Desk) -> None:
    settings = desk.book.impl.file["Settings"]
    for row in settings.iter_rows(min_row=2):
        if row[0].value == "boosted_trees":
            row[1].value = "auto"
    desk.book.save(desk.name)
