"""Numbers of textbooks and papers; each case in the JSON files names its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.policy import loss
from invopt_xl.core.policy.eoq import (
    all_units_discount,
    economic_order_quantity,
    incremental_discount,
    order_cost_per_year,
)
from invopt_xl.core.policy.newsvendor import (
    margin_costs,
    normal_newsvendor,
    normal_newsvendor_cost,
    normal_newsvendor_profit,
    poisson_newsvendor,
    poisson_newsvendor_cost,
    poisson_newsvendor_profit,
)
from invopt_xl.core.policy.normal_stock import cycle_safety_stock, cycle_service, fill_rate, protection_sd
from invopt_xl.errors import SettingError
from tests.reference.intermittent import croston_levels, tsb_levels


def cases(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", cases("lot_sizing"), ids=lambda c: c["name"])
def test_lot_sizing(case: dict[str, Any]) -> None:
    given, expected = dict(case["inputs"]), case["expected"]
    demand = given.pop("demand")
    if case["function"] == "eoq":
        quantity = float(economic_order_quantity(demand, **given))
        cost = order_cost_per_year(quantity, demand=demand, **given)
    else:
        function = {"all_units_discount": all_units_discount, "incremental_discount": incremental_discount}
        found = function[case["function"]](demand, **given)
        quantity, cost = found.quantity, found.annual_cost
    assert quantity == pytest.approx(expected["quantity"], rel=1e-9)
    assert cost == pytest.approx(expected["cost"], rel=1e-9)


@pytest.mark.parametrize("case", cases("newsvendor"), ids=lambda c: c["name"])
def test_newsvendor(case: dict[str, Any]) -> None:
    keys = ("mean", "underage_cost", "overage_cost") + (("sd",) if case["law"] == "normal" else ())
    given = {key: case[key] for key in keys}
    best, cost = (
        (normal_newsvendor, normal_newsvendor_cost)
        if case["law"] == "normal"
        else (poisson_newsvendor, poisson_newsvendor_cost)
    )
    assert best(**given) == pytest.approx(case["quantity"], abs=1e-9)
    assert cost(case["quantity"], **given) == pytest.approx(case["cost"], abs=1e-9)
    for quantity, expected in case["other_costs"]:
        # the printed 7.3561315478 is 5e-9 off: cost(40) - cost(60) must be 5.2 exactly
        assert cost(quantity, **given) == pytest.approx(expected, abs=1e-8)


def test_newsvendor_profit() -> None:
    # Snyder & Shen, sec. 4.3, profit form
    prices = {"price": 1.0, "cost": 0.3, "salvage": 0.12}
    under, over = margin_costs(**prices)
    best = normal_newsvendor(mean=50, sd=8, underage_cost=under, overage_cost=over)
    assert normal_newsvendor_profit(best, mean=50, sd=8, **prices) == pytest.approx(33.0023948068, abs=1e-9)
    # Poisson: the expectation itself, term by term
    demand = np.arange(400.0)
    chance = stats.poisson.pmf(demand, 50)
    sold = np.minimum(demand, 56)
    slow = (chance * (1.0 * sold + 0.12 * (56 - sold))).sum() - 0.3 * 56
    assert poisson_newsvendor_profit(56, mean=50, **prices) == pytest.approx(slow, abs=1e-9)


@pytest.mark.parametrize("prices", [(1.0, 1.0, 0.1), (1.0, 0.3, 0.3), (1.0, 2.0, 0.0)])
def test_newsvendor_without_a_margin_is_refused(prices: tuple[float, float, float]) -> None:
    with pytest.raises(SettingError, match="price must be above cost"):
        margin_costs(price=prices[0], cost=prices[1], salvage=prices[2])


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.7])
def test_exchange_curve(rate: float) -> None:
    # identity for any order cost and carrying rate: cycle stock x orders per year = (sum of sqrt(D v))^2 / 2
    demand, value = np.array([1000.0, 500, 200, 5000, 50]), np.array([2.0, 10, 50, 0.5, 300])
    quantity = economic_order_quantity(demand, order_cost=30.0, holding_cost=rate * value)
    product = (quantity * value / 2).sum() * (demand / quantity).sum()
    assert product == pytest.approx(75235.736, abs=1e-3)
    assert product == pytest.approx(np.sqrt(demand * value).sum() ** 2 / 2, rel=1e-12)


@pytest.mark.parametrize("case", cases("loss"), ids=lambda c: f"{c['law']}({c['x']})")
def test_loss(case: dict[str, Any]) -> None:
    value = getattr(loss, f"{case['law']}_loss")(case["x"], **case["parameters"])
    assert round(float(value), case["digits"]) == case["expected"]


@pytest.mark.parametrize("case", cases("intermittent"), ids=lambda c: c["name"])
def test_intermittent(case: dict[str, Any]) -> None:
    demand = np.array(case["demand"], dtype=float)[:, None]
    found = {
        "croston": croston_levels(demand, alpha=0.1),
        "sba": croston_levels(demand, alpha=0.1, bias_factor=0.95),
        "tsb": tsb_levels(demand, alpha_size=0.1, alpha_chance=0.1),
    }
    for name, expected in case["expected"].items():
        assert round(float(found[name][-1, 0]), case["digits"]) == expected


def test_chopra_meindl_fill_rate() -> None:
    c = cases("safety_stock")["chopra_meindl"]
    mean, sd = c["demand"] * c["lead_time"], float(protection_sd(sd_per_period=c["sd"], periods=c["lead_time"]))
    assert c["reorder_point"] - mean == c["safety_stock"]
    assert round(float(cycle_service(c["reorder_point"], mean=mean, sd=sd)), 4) == c["service"]
    assert round(float(loss.normal_loss(c["reorder_point"], mean=mean, sd=sd)), 3) == c["shortage"]
    assert round(float(fill_rate(c["reorder_point"], mean=mean, sd=sd, cycle_units=c["quantity"])), 4) == c["fill"]


def test_lead_time_spread() -> None:
    c = cases("safety_stock")["lead_time_spread"]
    sd = protection_sd(
        sd_per_period=c["sd"],
        periods=c["lead_time"],
        demand_per_period=c["demand"],
        sd_periods=np.array(c["sd_lead_time"], dtype=float),
    )
    assert cycle_safety_stock(c["service"], sd=sd).round(1).tolist() == c["safety_stock"]
