"""Reasons: they add up to the expected demand exactly, whatever the forecast is made of, and say what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.forecast.reasons import (
    PRICE,
    PROMOTION,
    SEASON,
    TREND,
    USUAL,
    Reasons,
    blended,
    statistical_reasons,
)


def slow_reasons(
    path: np.ndarray,
    usual: np.ndarray,
    level: float,
    trend: np.ndarray,
    periods: float,
    elapsed: float,
    promoted: np.ndarray,
) -> list[float]:
    """Walk through the interval of one series period by period and add up what each group brings."""
    usual_level = season = recent = promotion = price = 0.0
    priced = np.where(promoted, 0.0, path - usual)
    at, left = elapsed, periods
    while left > 1e-12:
        period = int(at + 1e-12)
        part = min(left, period + 1 - at)
        inside = period < len(path)
        p, u, t, c = (each[period] if inside else each.mean() for each in (path, usual, trend, priced))
        usual_level += part * level
        season += part * (u - level - t)
        recent += part * t
        promotion += part * (p - u - c)
        price += part * c
        at, left = period + 1, left - part
    return [usual_level, season, recent, promotion, price]


@given(
    seed=st.integers(0, 10_000),
    periods=st.floats(0.1, 12.0),
    elapsed=st.floats(0.0, 1.0),
)
def test_the_parts_are_those_of_a_walk_through_the_interval(seed: int, periods: float, elapsed: float) -> None:
    rng = np.random.default_rng(seed)
    usual = rng.gamma(2.0, 10.0, (3, 8))
    path = usual * rng.choice([1.0, 1.8, 0.7], usual.shape)
    level, trend = rng.uniform(1, 30, 3), np.cumsum(rng.normal(0, 1, usual.shape), axis=1)
    promoted = rng.random(usual.shape) < 0.5
    made = statistical_reasons(path, usual, level, trend, np.full(3, periods), elapsed, promoted=promoted)
    slow = [slow_reasons(path[i], usual[i], level[i], trend[i], periods, elapsed, promoted[i]) for i in range(3)]
    np.testing.assert_allclose(made.units, slow, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(
        made.units.sum(axis=1), path_total(path, np.full(3, periods), elapsed=elapsed), rtol=1e-12, atol=1e-9
    )


def test_a_level_forecast_is_all_usual() -> None:
    path = np.full((2, 4), 7.0)
    made = statistical_reasons(path, path, np.full(2, 7.0), None, np.array([3.0, 9.5]), elapsed=0.25)
    np.testing.assert_allclose(made.units, [[21.0, 0, 0, 0, 0], [66.5, 0, 0, 0, 0]], atol=1e-9)


def test_demand_without_a_level_is_usual_and_no_season() -> None:
    path = np.full((1, 4), 5.0)
    made = statistical_reasons(path * 2, path, np.zeros(1), np.ones((1, 4)), np.array([2.0]), elapsed=0.0)
    assert dict(zip(made.groups, made.units[0].tolist(), strict=True)) == {
        USUAL: 10.0,
        SEASON: 0.0,
        TREND: 0.0,
        PROMOTION: 10.0,
        PRICE: 0.0,
    }


LAW = Reasons((USUAL, SEASON, TREND, PROMOTION), np.array([[80.0, 20.0, 0.0, 0.0], [50.0, -10.0, 0.0, 20.0]]))


def test_trees_without_a_share_change_no_number() -> None:
    made = blended(LAW, (USUAL, "weather"), np.array([[10.0, 90.0], [1.0, 2.0]]), np.zeros(2))
    assert made.groups == (*LAW.groups, "weather")
    np.testing.assert_array_equal(made.units, np.column_stack([LAW.units, np.zeros(2)]))


def test_trees_with_all_the_share_bring_their_parts_to_the_expected_demand() -> None:
    made = blended(LAW, (USUAL, SEASON), np.array([[30.0, 20.0], [30.0, 10.0]]), np.ones(2))
    np.testing.assert_allclose(made.units, [[60.0, 40.0, 0, 0], [45.0, 15.0, 0, 0]])


def test_groups_of_the_trees_go_by_name_and_the_first_is_usual_whatever_its_name() -> None:
    made = blended(LAW, ("base", PROMOTION, PROMOTION), np.array([[50.0, 20.0, 30.0], [60.0, 0.0, 0.0]]), np.ones(2))
    assert made.groups == LAW.groups
    np.testing.assert_allclose(made.units, [[50.0, 0, 0, 50.0], [60.0, 0, 0, 0]])


@pytest.mark.parametrize("units", [[np.nan, np.nan], [-5.0, 1.0], [0.0, 0.0], [np.inf, -np.inf]])
def test_where_trees_say_nothing_usable_the_statistical_reasons_stay(units: list[float]) -> None:
    made = blended(LAW, (USUAL, "weather"), np.array([units, units]), np.ones(2))
    np.testing.assert_array_equal(made.units, np.column_stack([LAW.units, np.zeros(2)]))


def test_influences_that_nearly_cancel_are_not_blown_up() -> None:
    made = blended(LAW, (USUAL, "weather"), np.array([[100.0, -99.9]] * 2), np.ones(2))
    assert (np.abs(made.units[:, -1]) <= 400).all()
    np.testing.assert_allclose(made.units.sum(axis=1), LAW.units.sum(axis=1))


@given(seed=st.integers(0, 10_000))
def test_blended_rows_add_up_to_the_expected_demand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    law = Reasons(LAW.groups, rng.normal(20, 30, (6, 4)))
    made = blended(law, (USUAL, SEASON, "stock-outs"), rng.normal(5, 50, (6, 3)), rng.uniform(0, 1, 6))
    np.testing.assert_allclose(made.units.sum(axis=1), law.units.sum(axis=1), rtol=1e-9, atol=1e-9)
    shares = made.shares()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    assert (shares[made.units.sum(axis=1) <= 0, 0] == 1).all()
