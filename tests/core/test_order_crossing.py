from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.order_crossing import crossing_table
from invopt_xl.core.weighted_nodes import weighted_nodes
from invopt_xl.settings import Settings
from tests.sample_tables import sold, staged
from tests.small_world import plan_of, world

_DAYS = np.array([5.0, 9, 12, 16, 20, 25, 33, 40, 51, 60, 90])


def lines(days, *, gap=7, sku="A", supplier="Acme", start="2023-01-02") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": sku,
            "location": "MAIN",
            "supplier": supplier,
            "order_date": pd.date_range(start, periods=len(days), freq=f"{gap}D"),
            "days": np.asarray(days, dtype=float),
        }
    )


def own_draws(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).choice(_DAYS, n)


def first_in_first_out(days: np.ndarray, gap: int) -> np.ndarray:
    """Return lead times of orders that wait for those before them."""
    arrival = np.maximum.accumulate(np.arange(len(days)) * gap + days)
    return arrival - np.arange(len(days)) * gap


def table(*parts: pd.DataFrame, shrinkage: float = 5.0) -> pd.DataFrame:
    every = pd.concat(parts, ignore_index=True)
    group, names = pd.factorize(every["supplier"])
    days = every["days"].to_numpy(dtype=float)
    nodes = weighted_nodes(group, days, np.ones(len(days)), groups=len(names), nodes=49)
    return crossing_table(every, group, nodes=nodes, shrinkage=shrinkage).set_index(np.append(names, "all"))


def test_lead_times_drawn_for_each_order_are_seen_to_overtake():
    found = table(lines(own_draws(300))).loc["Acme"]
    assert found["overtook"] == pytest.approx(found["expected"], rel=0.15)
    assert found["independent"] > 0.85


def test_delays_that_last_are_seen_not_to_overtake():
    found = table(lines(np.repeat(own_draws(12), 25))).loc["Acme"]
    assert found["correlation"] > 0.8
    assert found["independent"] < 0.2


def test_orders_that_wait_are_seen_not_to_overtake():
    found = table(lines(first_in_first_out(own_draws(300), 7))).loc["Acme"]
    assert found["overtook"] == 0
    assert found["independent"] < 0.1


def test_a_mixture_of_both_lies_between():
    rng = np.random.default_rng(4)
    half = np.where(rng.random(600) < 0.5, own_draws(600), np.repeat(own_draws(24, 2), 25))
    assert 0.3 < table(lines(half)).loc["Acme", "independent"] < 0.85


def test_few_receipts_are_drawn_towards_all_suppliers_and_those_towards_held():
    many, few = lines(own_draws(400)), lines([20.0, 20, 21], supplier="Best", sku="B")
    alone, beside = table(few), table(many, few)
    assert alone.loc["all", "independent"] < 0.3
    assert beside.loc["Best", "independent"] == pytest.approx(beside.loc["all", "independent"], abs=0.15)
    assert beside.loc["all", "independent"] > 0.7


def test_orders_of_different_items_are_no_pair():
    found = table(lines([90.0], sku="A"), lines([5.0], sku="B", start="2023-01-09"))
    assert found.loc["all", "pairs"] == 0
    assert found.loc["all", "independent"] == 0


def test_lines_of_one_day_are_one_order():
    found = table(lines([10.0, 12]), lines([10.0, 12]))
    assert found.loc["Acme", "pairs"] == 1


def test_the_expected_overtakings_are_those_of_all_pairs_of_lead_times():
    days, gap = [10.0, 30.0, 50.0], 15
    found = table(lines(days, gap=gap), shrinkage=0.0)
    ahead = np.mean([[later + gap < earlier for later in days] for earlier in days])
    assert found.loc["Acme", "expected"] == pytest.approx(2 * ahead, abs=0.05)


_SALES = sold("A", [10.0] * 30)


def planned(days, **given) -> LeadTimes:
    ordered = pd.date_range("2020-01-06", periods=len(days), freq="7D")
    receipts = [
        {"sku": "A", "supplier": "Acme", "order_date": day, "receipt_date": day + pd.Timedelta(days=wait)}
        for day, wait in zip(ordered, days, strict=True)
    ]
    rows = {"LeadTimes": receipts} if receipts else {}
    items = [{"sku": "A", "supplier": "Acme"}]
    suppliers = [{"supplier": "Acme", "lead_time_days": 30, "lead_time_sd_days": 15}]
    return staged(None, Settings(**given), Sales=_SALES, Items=items, Suppliers=suppliers, **rows)[3]


def spread(lead: LeadTimes) -> float:
    return float(lead.protection_days(np.array([7.0])).std())


def test_a_plan_takes_from_receipts_whether_orders_overtake():
    drawn, lasting = planned(own_draws(150)), planned(np.repeat(own_draws(6), 25))
    assert spread(drawn) < 0.7 * drawn.atoms.std()
    assert spread(lasting) > 0.85 * lasting.atoms.std()


def test_without_receipts_all_orders_under_way_are_taken_to_be_late_together():
    lead = planned([])
    np.testing.assert_array_equal(lead.protection_days(np.array([7.0])), lead.atoms + 7.0)
    assert lead.crossing_in_words(np.array([7.0])).tolist() == [""]


def test_what_is_shown_of_lead_times_does_not_depend_on_overtaking():
    frames = [planned(own_draws(60), order_crossing=word).frame for word in ("auto", "yes", "no", "held")]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])


def test_what_is_said_decides():
    yes, no, held = (planned(own_draws(60), order_crossing=word) for word in ("yes", "no", "held"))
    assert spread(yes) < spread(held)
    np.testing.assert_array_equal(held.protection_days(np.array([7.0])), held.atoms + 7.0)
    assert no.protection_days(np.array([7.0])).mean() > held.atoms.mean() + 10
    review = np.array([7.0])
    assert "later orders overtake late ones" in yes.crossing_in_words(review)[0]
    assert "orders wait for those before them" in no.crossing_in_words(review)[0]


def test_every_way_of_overtaking_leaves_what_is_shown_and_explains_orders_exactly():
    waits = own_draws(90)
    ordered = pd.date_range("2024-11-25", periods=len(waits), freq="7D")
    receipts = pd.DataFrame(
        {"supplier": "Acme", "order_date": ordered, "receipt_date": ordered + pd.to_timedelta(waits, unit="D")}
    )
    tables = world({"A": 40, "B": 9}, on_hand=20.0, LeadTimes=receipts)
    plans = {word: plan_of(tables, boosted_trees="off", order_crossing=word) for word in ("yes", "no", "held")}
    safety = {}
    for word, plan in plans.items():
        rows = plan.recommendations.set_index("sku")
        shares = plan.explanations.groupby("sku")["share_units"].sum()
        assert (shares[rows.index] == rows["order_quantity"]).all()
        for name in ("lead_time_days", "protection_periods", "demand_per_period"):
            pd.testing.assert_series_equal(rows[name], plans["held"].recommendations.set_index("sku")[name])
        usual = rows["demand_per_period"] * rows["protection_periods"]
        assert rows["forecast_protection"].to_numpy() == pytest.approx(usual.to_numpy(), rel=0.03)
        np.testing.assert_allclose(rows["reorder_point"], rows["forecast_protection"] + rows["safety_stock"])
        safety[word] = rows["safety_stock"]
    assert (safety["yes"] < 0.7 * safety["held"]).all()
    assert (safety["no"] > safety["held"]).all()
    told = plans["yes"].explanations.query("driver == 'lead time'")["unit"]
    assert told.str.contains("later orders overtake late ones").all()
