"""Saved models: the same forecasts after a trip through JSON; anything foreign or damaged is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted.boost import boost
from invopt_xl.core.forecast.boosted.task import Boosted, Task
from invopt_xl.errors import ComputeError, InputError
from tests.core.forecast.boosted.planted import planted


@pytest.fixture(scope="module")
def task() -> Task:
    return planted(series=30)


@pytest.fixture(scope="module")
def said(task: Task) -> Boosted:
    return boost(task, seed=1, judge=False, threads=1)


def copy_of(said: Boosted) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(said.learned))
    return result


def test_models_saved_as_json_give_the_same_forecasts(task: Task, said: Boosted) -> None:
    again = boost(task, seed=2, learned=copy_of(said), threads=1)
    np.testing.assert_array_equal(again.total, said.total)
    np.testing.assert_array_equal(again.quantiles, said.quantiles)
    np.testing.assert_array_equal(again.contributions, said.contributions)
    assert not np.isnan(again.judged_total[task.origins >= 0]).any()
    assert json.loads(json.dumps(again.learned)) == copy_of(said)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 99, "format 99, expected 1"),
        ("lightgbm", "9.0.0", "made by LightGBM 9.0.0"),
        ("period", "week", "made for period week, this plan uses month"),
        ("levels", [0.5], "other quantile levels"),
        ("scale", {"floor": 0.9}, "another scale"),
        ("features", ["level_width"], "other features"),
    ],
)
def test_models_made_for_something_else_are_refused(
    task: Task, said: Boosted, key: str, value: Any, message: str
) -> None:
    with pytest.raises(ComputeError, match=message):
        boost(task, seed=1, learned=copy_of(said) | {key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("format", "x"), ("features", None), ("vocabulary", {}), ("models", {"mean": 3}), ("rows", True), ("period", 5)],
)
def test_values_of_the_wrong_shape_are_refused(task: Task, said: Boosted, key: str, value: Any) -> None:
    with pytest.raises(InputError, match="Saved models: "):
        boost(task, seed=1, learned=copy_of(said) | {key: value})


def test_a_model_text_with_any_wrong_number_is_refused_before_it_is_read(task: Task, said: Boosted) -> None:
    text = said.learned["models"]["mean"]
    first = text.index("Tree=0")

    def line(name: str) -> str:
        start = text.index(f"\n{name}=", first) + 1
        return str(text[start : text.index("\n", start)])

    def replaced(old: str, new: str) -> str:
        """Same length, so that only the number is wrong and not the sizes."""
        assert len(new) <= len(old)
        return text[:first] + text[first:].replace(old, new.ljust(len(old)), 1)

    left, split = line("left_child"), line("split_feature")
    damaged = {
        "cut off": text[: len(text) // 2],
        "not a model": "tree\nrubbish",
        "empty": "",
        "a tree too many": text.replace("tree_sizes=", "tree_sizes=9 ", 1),
        "a loop": replaced(left, "left_child=" + " ".join(["0", *left.split("=")[1].split()[1:]])),
        "a leaf that is not there": replaced(left, "left_child=" + left.split("=")[1].rsplit(" ", 1)[0] + " -99"[:3]),
        "a feature that is not there": replaced(
            split, "split_feature=" + " ".join(["99", *split.split("=")[1].split()[1:]])[: len(split) - 14]
        ),
        "leaves missing": replaced(line("leaf_value"), "leaf_value=1"),
        "other leaves": replaced(line("num_leaves"), "num_leaves=3"),
    }
    for bad in damaged.values():
        values = copy_of(said)
        values["models"]["mean"] = bad
        with pytest.raises(InputError, match="Saved models: model mean"):
            boost(task, seed=1, learned=values)
