"""Curves are read at the same service or the same stock, and never beyond what was tried."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.decision_backtest.curves import Curve, curve
from tests.core.decision_backtest.tried import FILL, made_rule


def once(n: int = 30) -> np.ndarray:
    return np.ones((1, n))


@pytest.mark.parametrize("measure", ["units", "value"])
def test_a_curve_goes_through_its_points_and_logarithmically_between(measure: str) -> None:
    tried = made_rule("plan", 1.0)
    found = curve(tried, once(), measure=measure)
    total = tried.own["demand"].sum()
    np.testing.assert_allclose(found.fill[0], FILL)
    for fill in (*FILL, 0.85, 0.98):
        assert found.at_fill(fill)[0][0] == pytest.approx(-np.log(1 - fill) * total)


def test_what_was_not_tried_is_not_made_up() -> None:
    found = curve(made_rule("plan", 1.0), once(), measure="units")
    assert np.isnan(found.at_fill(0.79)[0][0])
    assert np.isnan(found.at_fill(0.99999)[0][0])
    assert np.isnan(found.stockouts_at_value(np.array([1e9]))[0])


def test_stockouts_are_read_at_the_same_stock() -> None:
    found = curve(made_rule("plan", 1.0, stockouts=3.0), once(), measure="units")
    value, stockouts = found.at_fill(0.91)
    assert found.stockouts_at_value(value)[0] == pytest.approx(stockouts[0]) == pytest.approx(3 * 0.09 * 30)


def test_weights_count_items_as_often_as_they_were_drawn() -> None:
    tried = made_rule("plan", np.arange(30.0) + 1)
    weight = np.zeros((2, 30))
    weight[0, 4], weight[1, [4, 7]] = 3.0, 1.0
    found = curve(tried, weight, measure="units")
    np.testing.assert_allclose(found.value[0], 3 * tried.sums["average_value"][:, 4])
    np.testing.assert_allclose(found.value[1], tried.sums["average_value"][:, [4, 7]].sum(axis=1))


def test_a_bound_serves_for_every_lower_fill_rate() -> None:
    found = Curve(np.array([[0.97, 0.99]]), np.array([[5.0, 8.0]]), np.array([[2.0, 1.0]]))
    assert [found.at_least(fill)[0][0] for fill in (0.5, 0.97, 0.98)] == [5.0, 5.0, 8.0]
    assert np.isnan(found.at_least(0.995)[0][0])


def test_a_dip_of_service_with_more_stock_does_not_confuse_the_reading() -> None:
    found = Curve(np.array([[0.80, 0.90, 0.89, 0.95]]), np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[9.0, 5, 5, 2]]))
    values = [found.at_fill(fill)[0][0] for fill in (0.85, 0.90, 0.93, 0.95)]
    assert values == sorted(values)
    assert not np.isnan(values).any()


def test_full_service_is_no_end_of_the_scale() -> None:
    found = Curve(np.array([[0.9, 1.0, 1.0]]), np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, 0.0]]))
    assert 1.0 < found.at_fill(0.98)[0][0] < 2.0
