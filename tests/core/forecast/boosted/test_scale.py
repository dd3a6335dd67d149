"""The scale: mostly the reference, with a floor from the item's own life."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted.panel import panel_of
from invopt_xl.core.forecast.boosted.scale import FLOOR, RECENT_SHARE, scale_at
from tests.core.forecast.boosted.planted import planted


def scale(demand: list[float], reference: float, *, width: int = 3) -> float:
    task = planted(series=1, width=width, young=False, periods=20, held_back=2)
    given = np.array([demand])
    task = replace(task, demand=given, reference=np.full_like(given, reference))
    last = np.array([len(demand) - 1])
    return float(scale_at(panel_of(task, np.array([0])), np.array([0]), last, period="month")[0])


def mixed(reference: float, recent: float) -> float:
    result: float = reference ** (1 - RECENT_SHARE) * recent**RECENT_SHARE
    return result


def test_the_scale_lies_between_reference_and_recent_total_nearer_to_the_reference() -> None:
    assert scale([4.0, 4.0, 4.0], 24.0) == pytest.approx(mixed(24.0, 12.0))
    assert 18.0 < scale([4.0, 4.0, 4.0], 24.0) < 24.0


def test_only_the_last_half_year_is_recent() -> None:
    assert scale([40.0, *[4.0] * 6], 24.0) == pytest.approx(mixed(24.0, 12.0))


def test_a_reference_near_nothing_is_lifted_to_a_share_of_the_usual_total() -> None:
    assert scale([8.0, 0.0, 0.0, 0.0], 0.0) == pytest.approx(mixed(FLOOR * 2.0 * 3, 2.0 * 3))


def test_without_a_reference_the_recent_total_is_the_scale() -> None:
    assert scale([np.nan, 8.0, 4.0], np.nan) == pytest.approx(18.0)


def test_before_the_first_sale_the_reference_is_the_scale() -> None:
    assert scale([np.nan, np.nan], 5.0) == pytest.approx(5.0)
    assert scale([0.0, 0.0], 5.0) == pytest.approx(5.0)


def test_without_reference_and_demand_there_is_no_scale() -> None:
    assert np.isnan(scale([np.nan, np.nan], np.nan))
    assert np.isnan(scale([0.0, 0.0], 0.0))
