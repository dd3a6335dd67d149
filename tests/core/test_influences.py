"""Influences on demand in the explanations: they split the demand, the rows still add up, and the sentence says the largest one."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.checks import check
from invopt_xl.core.explain import explain
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.forecast.reasons import PROMOTION, SEASON, TREND, USUAL, Reasons
from invopt_xl.core.history import build_history
from invopt_xl.core.influences import PLANNED, Influences, influences
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.segments import segment
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import resolve_terms
from invopt_xl.settings import Settings
from tests.core.test_explain import _parts
from tests.small_world import AS_OF, world

GROUPS = (USUAL, SEASON, TREND, PROMOTION, "stock-outs")


def stages_of(tables: dict[str, pd.DataFrame]) -> Stages:
    settings = Settings()
    checked = check(iv.read_tables(tables), settings=settings, as_of=pd.Timestamp(AS_OF))
    history = build_history(checked, settings=settings)
    segments = segment(history, checked, settings=settings)
    terms = resolve_terms(checked, history, segments, settings=settings)
    lead_times = estimate_lead_times(checked, history, terms, settings=settings)
    demand = forecast(history, segments, terms, lead_times, settings=settings)
    policy = set_policy(demand, terms, lead_times, history, settings=settings)
    orders = size_orders(policy, demand, lead_times, terms, history, settings=settings)
    return Stages(history, segments, terms, lead_times, demand, policy, orders)


@pytest.fixture(scope="module")
def stages() -> Stages:
    promotion = pd.DataFrame(
        {
            "sku": ["C"],
            "start_date": pd.to_datetime(["2026-11-23"]),
            "end_date": pd.to_datetime(["2026-11-29"]),
            "uplift": [1.2],
        }
    )
    return stages_of(world({"A": 20, "B": 300, "C": 40, "D": 60}, on_hand=55, Promotions=promotion))


def because(stages: Stages, shares: list[list[float]]) -> Stages:
    """Return the stages with reasons of these shares of 1000 units, whatever the forecast is."""
    reasons = Reasons(GROUPS, 1000 * np.array(shares))
    return dataclasses.replace(stages, forecast=dataclasses.replace(stages.forecast, reasons=reasons))


#: Mostly season; a falling trend; promotion; all usual.
SHARES = [[0.7, 0.2, 0.08, 0, 0.02], [1.3, 0, -0.3, 0, 0], [0.6, 0, 0, 0.39, 0.01], [1.0, 0.001, -0.001, 0.003, -0.003]]


def test_driver_shares_add_up_to_every_order_exactly(stages: Stages) -> None:
    drivers = explain(because(stages, SHARES)).drivers.groupby("sku", sort=True)["share_units"].agg(math.fsum)
    assert drivers.tolist() == stages.orders.frame["order_quantity"].tolist()
    assert (stages.orders.frame["order_quantity"] > 0).sum() >= 2


def test_each_influence_is_a_driver_with_its_share_of_the_demand(stages: Stages) -> None:
    drivers = explain(because(stages, SHARES)).drivers.set_index(["sku", "driver"])
    demand = stages.policy.frame["forecast_protection"].to_numpy()
    assert drivers.loc[("A", "season"), "value"] == pytest.approx(0.2)
    assert drivers.loc[("A", "season"), "share_units"] == pytest.approx(0.2 * demand[0], abs=1e-3)
    assert drivers.loc[("B", "recent trend"), "share_units"] == pytest.approx(-0.3 * demand[1], abs=1e-3)
    assert drivers.loc[("A", "season"), "unit"] == "share of demand"
    usual = drivers.xs("A").loc[["demand over the lead time", "demand until the next review"], "share_units"].sum()
    assert usual == pytest.approx(0.7 * demand[0], abs=1e-2)


def test_trifles_count_as_usual(stages: Stages) -> None:
    drivers = explain(because(stages, SHARES)).drivers
    assert not set(drivers.loc[drivers["sku"] == "D", "driver"]) & {*GROUPS, PLANNED}


def test_promotion_is_called_planned_only_where_one_is_planned(stages: Stages) -> None:
    shares = [SHARES[2]] * 4
    drivers = explain(because(stages, shares)).drivers.set_index(["sku", "driver"])
    assert drivers.loc[("C", PLANNED), "value"] == pytest.approx(0.39)
    assert ("C", PROMOTION) not in drivers.index
    assert drivers.loc[("A", PROMOTION), "value"] == pytest.approx(0.39)
    assert ("A", PLANNED) not in drivers.index


def test_a_promotion_planned_for_after_the_interval_is_none_of_it() -> None:
    late = pd.DataFrame(
        {
            "sku": ["A"],
            "start_date": pd.to_datetime(["2027-06-01"]),
            "end_date": pd.to_datetime(["2027-06-29"]),
            "uplift": [2.0],
        }
    )
    found = because(stages_of(world({"A": 20}, Promotions=late)), [SHARES[2]])
    made = influences(found.forecast, found.history)
    assert dict(zip(made.groups, made.shares[0], strict=True))[PLANNED] == 0


def test_the_sentence_says_the_largest_influence_and_its_numbers_still_add_up(stages: Stages) -> None:
    why = explain(because(stages, SHARES)).why
    assert "29% more than usual because of the season" in why[0]
    assert "23% less than usual because of the recent trend" in why[1]
    assert "39% of it from a planned promotion" in why[2]
    assert "than usual" not in why[2]
    assert "than usual" not in why[3]
    quantity = stages.orders.frame["order_quantity"].to_numpy()
    assert (quantity[:2] >= 10).any()
    for text, ordered in zip(why, quantity, strict=True):
        if ordered >= 10:
            parts = _parts(text.replace(",", ""))
            assert parts is not None, text
            assert sum(parts) == pytest.approx(ordered, abs=0.6), text


def test_an_influence_many_times_the_usual_level_is_told_without_a_number() -> None:
    made = Influences((USUAL, SEASON), np.array([[0.01, 0.99], [-0.2, 1.2], [3.0, -2.0]]))
    assert made.largest_in_words().tolist() == [
        "much more than usual because of the season",
        "much more than usual because of the season",
        "67% less than usual because of the season",
    ]


def test_a_planned_promotion_is_told_from_the_rest_by_the_forecast_itself(stages: Stages) -> None:
    made = influences(stages.forecast, stages.history)
    assert made.planned[2] > 0.02
    np.testing.assert_array_equal(made.planned[[0, 1, 3]], 0)
    np.testing.assert_allclose(made.shares.sum(axis=1), 1.0)
