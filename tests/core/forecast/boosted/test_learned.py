"""Saved models: the same forecasts after a trip through JSON; anything foreign or damaged is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted.boost import boost
from invopt_xl.core.forecast.boosted.task import Boosted, Task
from invopt_xl.core.forecast.boosted.tree_text import check_tree_text
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


def with_line(text: str, name: str, values: str) -> str:
    """Return the model text with other values in one line of its first tree, and the sizes in its head made to fit."""
    start = text.index(f"\n{name}=", text.index("Tree=0")) + 1
    old = text[start : text.index("\n", start)]
    sizes = next(line for line in text.split("\n") if line.startswith("tree_sizes="))
    first, *others = sizes.removeprefix("tree_sizes=").split(" ")
    new = f"{name}={values}"
    grown = " ".join([str(int(first) + len(new) - len(old)), *others])
    return text.replace(sizes, f"tree_sizes={grown}", 1).replace(old, new, 1)


def values_of(text: str, name: str) -> list[str]:
    start = text.index(f"\n{name}=", text.index("Tree=0")) + len(name) + 2
    return text[start : text.index("\n", start)].split()


def is_refused(text: str, features: list[str]) -> bool:
    try:
        check_tree_text(text, features=features, where="it")
    except InputError:
        return True
    return False


def test_a_model_text_with_any_wrong_number_is_refused_before_it_is_read(task: Task, said: Boosted) -> None:
    text = str(said.learned["models"]["mean"])
    left, split, leaf = (values_of(text, name) for name in ("left_child", "split_feature", "leaf_value"))
    check_tree_text(with_line(text, "left_child", " ".join(left)), features=said.learned["features"], where="it")
    damaged = {
        "cut off": text[: len(text) // 2],
        "not a model": "tree\nrubbish",
        "empty": "",
        "a tree too many": text.replace("tree_sizes=", "tree_sizes=9 ", 1),
        "other features": text.replace("feature_names=", "feature_names=x ", 1),
        "a loop": with_line(text, "left_child", " ".join(["0", *left[1:]])),
        "a leaf that is not there": with_line(text, "left_child", " ".join([*left[:-1], "-99"])),
        "a node that is not there": with_line(text, "left_child", " ".join([*left[:-1], "99"])),
        "a feature that is not there": with_line(text, "split_feature", " ".join(["999", *split[1:]])),
        "a feature below none": with_line(text, "split_feature", " ".join(["-1", *split[1:]])),
        "no number": with_line(text, "split_feature", " ".join(["x", *split[1:]])),
        "leaves missing": with_line(text, "leaf_value", " ".join(leaf[1:])),
        "other leaves": with_line(text, "num_leaves", "3"),
        "a category that is not there": with_line(
            with_line(text, "decision_type", " ".join(["1"] * len(left))), "threshold", " ".join(["9"] * len(left))
        ),
    }
    accepted = [what for what, bad in damaged.items() if not is_refused(bad, said.learned["features"])]
    assert accepted == []


def test_a_damaged_model_is_refused_when_it_is_to_forecast(task: Task, said: Boosted) -> None:
    values = copy_of(said)
    values["models"]["mean"] = values["models"]["mean"].replace("Tree=0", "Tree=1", 1)
    with pytest.raises(InputError, match=r"model mean: tree 0 is damaged\. Fit the models again"):
        boost(task, seed=1, learned=values)
