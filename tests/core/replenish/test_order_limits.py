"""Limits of a run from settings and rules, and what they do to a plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.plan import Plan
from invopt_xl.core.replenish.order_limits import closed_days
from invopt_xl.errors import SettingError


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return iv.demo_tables(skus=25, locations=1, weeks=80)


def planned(frames: dict[str, pd.DataFrame], **settings: object) -> Plan:
    return iv.plan(iv.read_tables(frames), settings={"boosted_trees": "off", **settings})


@pytest.fixture(scope="module")
def free(frames: dict[str, pd.DataFrame]) -> Plan:
    suppliers = frames["Suppliers"].assign(min_order_value=0.0)
    return planned({**frames, "Suppliers": suppliers})


def test_a_budget_is_kept_and_every_order_still_adds_up(frames: dict[str, pd.DataFrame], free: Plan) -> None:
    budget = 0.6 * free.orders["value"].sum()
    plan = planned(frames, order_budget=budget)
    assert 0 < plan.orders["value"].sum() <= budget
    shares = plan.explanations.groupby(["sku", "location"])["share_units"].sum()
    wanted = plan.recommendations.set_index(["sku", "location"])["order_quantity"]
    assert (shares.reindex(wanted.index) == wanted).all()
    moved = plan.explanations[plan.explanations["driver"] == "budget"]
    assert (moved["share_units"] <= 0).all()
    assert len(moved)
    less = plan.recommendations.merge(moved[["sku", "location", "share_units"]], on=["sku", "location"])
    assert less["why"].str.contains("budget").all()
    assert plan.findings["text"].str.contains("more budget would save").any()


def test_a_supplier_minimum_is_reached_or_nothing_is_ordered_there(frames: dict[str, pd.DataFrame]) -> None:
    least = 2_000.0
    plan = planned({**frames, "Suppliers": frames["Suppliers"].assign(min_order_value=least)})
    total = plan.orders.groupby(["supplier", "location"])["value"].sum()
    assert len(total)
    assert (total >= least - 1e-6).all()


def test_without_limits_orders_stay_as_the_policy_sized_them(frames: dict[str, pd.DataFrame], free: Plan) -> None:
    roomy = planned({**frames, "Suppliers": frames["Suppliers"].assign(min_order_value=0.0)}, order_budget=1e9)
    np.testing.assert_array_equal(roomy.recommendations["order_quantity"], free.recommendations["order_quantity"])


def test_shutdown_days_are_read_and_mistakes_named() -> None:
    assert closed_days("") == []
    assert closed_days("2026-12-24") == [(np.datetime64("2026-12-24"), np.datetime64("2026-12-24"))]
    with pytest.raises(SettingError, match="found 'Christmas'"):
        closed_days("Christmas")
    with pytest.raises(SettingError, match="ends before it begins"):
        closed_days("2026-12-24 to 2026-12-01")


def test_a_word_that_is_no_day_of_the_week_is_named(frames: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(SettingError, match=r"order_days.*'Someday'"):
        planned(frames, order_days="Someday")
