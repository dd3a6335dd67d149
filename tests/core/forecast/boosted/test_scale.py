"""The scale: the reference, with a floor from the item's own life."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from invopt_xl.core.forecast.boosted.panel import panel_of
from invopt_xl.core.forecast.boosted.scale import FLOOR, scale_at
from tests.core.forecast.boosted.planted import planted


def scale(demand: list[float], reference: float, *, width: int = 3) -> float:
    task = planted(series=1, width=width, young=False, periods=20, held_back=2)
    given = np.array([demand])
    task = replace(task, demand=given, reference=np.full_like(given, reference))
    return float(scale_at(panel_of(task, np.array([0])), np.array([0]), np.array([len(demand) - 1]))[0])


def test_the_reference_is_the_scale() -> None:
    assert scale([4.0, 4.0, 4.0], 15.0) == 15.0


def test_a_reference_near_nothing_is_lifted_to_a_share_of_the_usual_total() -> None:
    assert scale([8.0, 0.0, 0.0, 0.0], 0.0) == FLOOR * 2.0 * 3


def test_without_a_reference_the_usual_total_is_the_scale() -> None:
    assert scale([np.nan, 8.0, 4.0], np.nan) == 18.0


def test_without_reference_and_demand_there_is_no_scale() -> None:
    assert np.isnan(scale([np.nan, np.nan], np.nan))
    assert np.isnan(scale([0.0, 0.0], 0.0))
