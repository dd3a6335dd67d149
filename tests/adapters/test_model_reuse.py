"""Saved trees in a run: used again while they are fresh, fitted anew with the reason told, and never in the place of a foreign file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from invopt_xl.adapters.model_reuse import Planned, models_path, plan_with_models
from invopt_xl.adapters.model_store import load_models
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.core.plan import Plan
from invopt_xl.errors import ComputeError, InputError
from invopt_xl.settings import Settings
from tests.reference.small_trees import small_trees
from tests.small_world import plan_of, world

DAY = pd.Timestamp("2025-12-31")


@pytest.fixture(scope="module")
def trees() -> Trees:
    return small_trees()


@pytest.fixture(scope="module")
def bare() -> Plan:
    return plan_of(world({"A": 20}))


class Runs:
    """Plans with given trees; remembers what it was asked to use."""

    def __init__(self, bare: Plan, trees: Trees | None, path: Path) -> None:
        self.bare, self.trees, self.path = bare, trees, path
        self.asked: list[Mapping[str, Any] | None] = []

    def run(self, day: pd.Timestamp = DAY, *, skus: list[str] | None = None, **settings: Any) -> Planned:
        def make(learned: Mapping[str, Any] | None) -> Plan:
            self.asked.append(learned)
            return dataclasses.replace(self.bare, as_of=day, trees=self.trees)

        self.asked.clear()
        items = skus or ["P01", "P02"]
        return plan_with_models(make, self.path, as_of=day, skus=items, settings=Settings(**settings))

    @property
    def fitted(self) -> list[bool]:
        return [learned is None for learned in self.asked]


@pytest.fixture
def runs(bare: Plan, trees: Trees, tmp_path: Path) -> Runs:
    return Runs(bare, trees, tmp_path / "models.json.gz")


def test_the_first_run_fits_and_saves(runs: Runs) -> None:
    made = runs.run()
    assert runs.fitted == [True]
    assert "fitted anew: there was no such file yet" in str(made.finding)
    saved = load_models(runs.path)
    assert saved.trained_on == DAY
    assert saved.learned == runs.trees.boosted.learned  # type: ignore[union-attr]
    assert saved.settings == {"country": "", "seed": 1}
    assert saved.loss > 0


def test_the_next_run_uses_them_again_and_leaves_the_file(runs: Runs) -> None:
    runs.run()
    before = runs.path.read_bytes()
    made = runs.run(DAY + pd.Timedelta(days=28))
    assert runs.fitted == [False]
    assert "fitted on sales up to 2025-12-31 were used again" in str(made.finding)
    assert runs.path.read_bytes() == before


def test_the_finding_stands_in_the_plan_too(runs: Runs, bare: Plan) -> None:
    made = runs.run()
    assert len(made.plan.findings) == len(bare.findings) + 1
    last = made.plan.findings.iloc[-1]
    assert (last["severity"], last["place"]) == ("info", "Saved models models.json.gz")
    assert list(made.plan.findings.dtypes) == list(bare.findings.dtypes)


def test_old_trees_are_fitted_anew_without_trying_them_and_saved(runs: Runs) -> None:
    runs.run()
    made = runs.run(DAY + pd.Timedelta(days=29))
    assert runs.fitted == [True]
    assert "29 days old" in str(made.finding)
    assert load_models(runs.path).trained_on == DAY + pd.Timedelta(days=29)


def test_trees_that_forecast_worse_than_they_did_are_fitted_anew(runs: Runs) -> None:
    assert runs.trees is not None
    early = DAY - pd.Timedelta(days=20)
    runs.run(early)
    said = runs.trees.boosted
    worse = dataclasses.replace(said, judged_quantiles=said.judged_quantiles * 3)
    runs.trees = dataclasses.replace(runs.trees, boosted=worse)
    made = runs.run(DAY)
    assert runs.fitted == [False, True]
    assert "their loss on the latest demand" in str(made.finding)
    assert load_models(runs.path).trained_on == DAY


def test_a_plan_of_the_past_fits_its_own_trees_and_keeps_the_newer_ones(runs: Runs) -> None:
    runs.run()
    before = runs.path.read_bytes()
    made = runs.run(DAY - pd.Timedelta(days=100))
    assert runs.fitted == [True]
    assert "They were not saved" in str(made.finding)
    assert runs.path.read_bytes() == before


def test_trees_of_other_items_are_refused_and_kept(runs: Runs) -> None:
    runs.run()
    before = runs.path.read_bytes()
    with pytest.raises(InputError, match=r"trees of other items: they know 33% .*Name another file"):
        runs.run(skus=["P01", "X", "Y"])
    assert runs.asked == []
    assert runs.path.read_bytes() == before


def test_trees_that_do_not_fit_the_plan_are_refused_and_kept(runs: Runs) -> None:
    runs.run()
    before = runs.path.read_bytes()

    def make(learned: Mapping[str, Any] | None) -> Plan:
        raise ComputeError("Saved models: made for period month, this plan uses week.")

    with pytest.raises(InputError, match=r"models\.json\.gz does not fit this plan: .*period month.*delete this one"):
        plan_with_models(make, runs.path, as_of=DAY, skus=["P01"], settings=Settings())
    assert runs.path.read_bytes() == before


def test_a_foreign_file_is_refused_before_anything_is_planned(runs: Runs) -> None:
    runs.path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="no file of saved models"):
        runs.run()
    assert runs.asked == []
    assert runs.path.read_bytes() == b"PK\x03\x04"


def test_without_trees_nothing_is_saved_and_it_is_said(runs: Runs) -> None:
    runs.trees = None
    made = runs.run()
    assert "none were saved" in str(made.finding)
    assert not runs.path.exists()


def test_a_plan_that_could_not_use_saved_trees_leaves_the_file(runs: Runs) -> None:
    runs.run()
    before = runs.path.read_bytes()
    runs.trees = None
    assert "were not used" in str(runs.run().finding)
    assert runs.path.read_bytes() == before


def test_a_folder_holds_one_file_per_source(tmp_path: Path) -> None:
    assert models_path(tmp_path, "book") == tmp_path / "book.models.json.gz"
    assert models_path(tmp_path / "new", "book") == tmp_path / "new" / "book.models.json.gz"
    assert models_path(tmp_path / "m.json", "book") == tmp_path / "m.json"
