"""Reorder points and order-up-to levels against brute force, and how they move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

DEMAND = np.random.default_rng(1).poisson(np.array([[2.0], [9.0], [40.0], [0.3]]), (4, 120)).astype(float)


def policy(*, atoms: object = None, demand: np.ndarray = DEMAND, **columns: object) -> pd.DataFrame:
    n = len(demand)
    history, terms, lead = make_history(demand), make_terms(n, **columns), make_lead_times(n, 14.0, atoms=atoms)
    found = forecast(history, make_segments(demand), terms, lead, settings=Settings())
    frame = set_policy(found, terms, lead, history, settings=Settings()).frame
    return frame.assign(distribution=[found.protection.take(np.array([i])) for i in range(n)])


def test_cycle_reorder_point_is_the_lowest_level_that_serves() -> None:
    for row in policy(service_level=0.9).itertuples():
        assert row.distribution.cdf_at(np.array([row.reorder_point]))[0] >= 0.9 - 1e-9
        below = max(row.reorder_point - 1, 0) if row.distribution.whole[0] else row.reorder_point * 0.999
        assert row.reorder_point == 0 or row.distribution.cdf_at(np.array([below]))[0] < 0.9


def test_fill_reorder_point_matches_a_search() -> None:
    for row in policy(service_level=0.95, service_measure="fill", order_cost=20.0, unit_cost=5.0).itertuples():
        allowed = 0.05 * row.cycle_units
        levels = np.linspace(0, 400, 40001)
        losses = np.array([row.distribution.loss(np.array([x]))[0] for x in levels[::20]])
        first = levels[::20][np.argmax(losses <= allowed)]
        assert row.reorder_point == pytest.approx(first, abs=0.21)


@pytest.mark.parametrize("measure", ["cycle", "fill"])
def test_more_service_never_lowers_the_reorder_point(measure: str) -> None:
    points = [
        policy(service_level=p, service_measure=measure)["reorder_point"].to_numpy() for p in (0.6, 0.8, 0.95, 0.99)
    ]
    assert (np.diff(points, axis=0) >= -1e-9).all()


def test_lead_time_spread_never_lowers_safety_stock() -> None:
    nodes = [np.array([14.0 - w, 14.0, 14.0 + w]) for w in (0.0, 3.0, 7.0, 14.0)]
    stocks = np.array([policy(atoms=a, service_level=0.9)["reorder_point"].to_numpy() for a in nodes])
    assert (np.diff(stocks[:, 1:3], axis=0) >= -1e-6).all()


def test_no_demand_gives_no_stock() -> None:
    frame = policy(demand=np.zeros((1, 60)))
    assert frame[["safety_stock", "reorder_point", "order_up_to"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]


def test_blocked_items_keep_no_stock() -> None:
    assert (policy(blocked=True)[["reorder_point", "order_up_to"]].to_numpy() == 0).all()


def test_minimum_stock_is_a_floor_on_safety_stock() -> None:
    np.testing.assert_allclose(policy(min_stock=500.0)["safety_stock"], 500.0)


def test_maximum_stock_caps_the_order_up_to_level() -> None:
    frame = policy(max_stock=5.0)
    assert (frame["order_up_to"] <= 5).all()
    assert (frame["reorder_point"] <= frame["order_up_to"]).all()


def test_standing_decisions_win() -> None:
    frame = policy(override_reorder_point=77.0, override_order_up_to=99.0)
    assert frame["reorder_point"].tolist() == [77.0] * 4
    assert frame["order_up_to"].tolist() == [99.0] * 4
    np.testing.assert_allclose(policy(override_safety_stock=12.0)["safety_stock"], 12.0)


def test_continuous_review_adds_the_whole_lot() -> None:
    frame = policy(review_period_days=0.0, order_cost=20.0, unit_cost=5.0)
    np.testing.assert_allclose(frame["order_up_to"] - frame["reorder_point"], frame["eoq"])


def test_shelf_life_limits_the_order_up_to_level() -> None:
    frame = policy(order_cost=500.0, unit_cost=1.0, shelf_life_days=28.0)
    assert (frame["order_up_to"] < policy(order_cost=500.0, unit_cost=1.0)["order_up_to"]).all()
    assert frame["note"].str.contains("shelf life").all()
