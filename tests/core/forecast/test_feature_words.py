"""Words of features: each one the trees look at has some, and values are written in units a planner knows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted.features import feature_names
from invopt_xl.core.forecast.feature_words import COUNT, LOG, MONTH, NONE, RATE, TOTAL, value_text, words_of
from tests.reference.small_trees import small_task


def test_every_feature_has_words() -> None:
    task = small_task()
    drivers = dataclasses.replace(task.drivers, signals={"Max. Temp": task.drivers.price})
    for name in feature_names(dataclasses.replace(task, drivers=drivers)):
        words = words_of(name, period="month")
        assert words.text != name.replace("_", " ") or name.startswith("item_"), name


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (TOTAL, 1.5, "120"),
        (RATE, 1.5, "30 a week"),
        (COUNT, 3.0, "3"),
        (LOG, np.log(2.5), "2.5"),
        (MONTH, 12.0, "December"),
        (NONE, 7.0, ""),
        (TOTAL, np.nan, "unknown"),
    ],
)
def test_values_are_written_in_units(kind: str, value: float, said: str) -> None:
    assert value_text(value, kind, scale=80.0, width=4.0, period="week") == said
