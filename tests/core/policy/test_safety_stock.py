"""Safety stock and fill rate from a mean and a spread: worked examples, a simulation of the definition, and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from invopt_xl.core.policy.loss import standard_normal_loss
from invopt_xl.core.policy.safety_stock import (
    fill_rate_of_level,
    fill_safety_stock,
    protection_demand,
    safety_stock,
    standard_normal_loss_inverse,
)

_SHARES = st.floats(0.5, 0.9999)
_UNITS = st.floats(0.1, 1e5)


def test_chopra_reorder_point_of_600_serves_68_percent_of_cycles() -> None:
    # Chopra & Meindl (2016), ch. 12: R = 250, sd = 150, L = 2 weeks
    week = protection_demand(mean=250.0, sd=150.0, lead_time=2.0, review=0.0)
    assert safety_stock(week, service_level=stats.norm.cdf(100 / (150 * 2**0.5))) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("lead_time_sd", "stock"),
    [(0, 1695.3), (1, 3624.8), (2, 6628.2), (3, 9760.0), (4, 12927.2), (5, 16108.9), (6, 19297.9), (7, 22491.1)],
)
def test_chopra_lead_time_spread_drives_safety_stock(lead_time_sd: float, stock: float) -> None:
    # Chopra & Meindl (2016), ch. 12: D = 2500, sd = 500, L = 7 days, 90 % service
    found = protection_demand(mean=2500.0, sd=500.0, lead_time=7.0, lead_time_sd=lead_time_sd, review=0.0)
    assert safety_stock(found, service_level=0.9) == pytest.approx(stock, abs=0.06)


def test_chopra_fill_rate_of_a_reorder_point_is_inverted() -> None:
    # same source: a shortage of 43.861 units per cycle of 1000 units belongs to a safety stock of 100
    assert fill_safety_stock(1 - 43.861 / 1000, sd=150 * 2**0.5, cycle_units=1000.0) == pytest.approx(100.0, abs=1e-3)


@pytest.mark.parametrize("z", [-5.0, -1.0, 0.0, 0.5, 1.3, 2.5, 4.0, 6.0, 8.0])
def test_loss_inverse_gives_back_what_the_definition_makes_of_it(z: float) -> None:
    by_definition, _ = integrate.quad(lambda x: (x - z) * stats.norm.pdf(x), z, max(z, 0) + 12, epsabs=1e-30)
    assert standard_normal_loss_inverse(by_definition) == pytest.approx(z, abs=1e-6)


@given(st.floats(1e-14, 1e4))
def test_loss_inverse_is_exact(loss: float) -> None:
    assert standard_normal_loss(standard_normal_loss_inverse(loss)) == pytest.approx(loss, rel=1e-6)


@given(_SHARES, _UNITS, _UNITS, st.floats(0.0, 20.0), st.floats(0.1, 10.0))
def test_fill_rate_of_the_stock_for_a_fill_rate_is_that_fill_rate(
    fill: float, mean: float, sd: float, lead_time: float, review: float
) -> None:
    demand = protection_demand(mean=mean, sd=sd, lead_time=lead_time, review=review)
    stock = safety_stock(demand, service_level=fill, fill=True)
    assert fill_rate_of_level(demand.mean + stock, demand) == pytest.approx(fill, abs=1e-6)


@given(_SHARES, _SHARES, st.booleans(), _UNITS, _UNITS)
def test_more_service_never_takes_less_stock(one: float, other: float, fill: bool, mean: float, sd: float) -> None:
    demand = protection_demand(mean=mean, sd=sd, lead_time=3.0, review=1.0)
    low, high = sorted((one, other))
    assert (
        safety_stock(demand, service_level=low, fill=fill)
        <= safety_stock(demand, service_level=high, fill=fill) + 1e-9 * sd
    )


def test_simulated_cycles_run_out_as_often_as_the_target_says() -> None:
    rng = np.random.default_rng(5)
    lead_times = rng.gamma(16.0, 0.25, 200_000)  # mean 4, sd 1
    totals = 100.0 * (lead_times + 1) + 30.0 * np.sqrt(lead_times + 1) * rng.standard_normal(len(lead_times))
    demand = protection_demand(mean=100.0, sd=30.0, lead_time=4.0, lead_time_sd=1.0, review=1.0)
    level = demand.mean + safety_stock(demand, service_level=0.95)
    # a gamma lead time is a little skewed, the formula takes the total as normal
    assert (totals <= level).mean() == pytest.approx(0.95, abs=0.012)


def test_certain_demand_needs_no_safety_stock_for_cycles_and_gives_a_step_of_fill() -> None:
    demand = protection_demand(mean=10.0, sd=0.0, lead_time=1.0, review=1.0)
    assert safety_stock(demand, service_level=0.99) == 0.0
    assert safety_stock(demand, service_level=0.9, fill=True) == pytest.approx(-1.0)
    np.testing.assert_allclose(fill_rate_of_level(np.array([19.0, 20.0, 25.0]), demand), [0.9, 1.0, 1.0], atol=1e-9)


def test_series_are_worked_out_side_by_side() -> None:
    mean, sd = np.array([10.0, 200.0]), np.array([3.0, 80.0])
    both = safety_stock(protection_demand(mean=mean, sd=sd, lead_time=2.0), service_level=0.98, fill=True)
    alone = [
        safety_stock(protection_demand(mean=m, sd=s, lead_time=2.0), service_level=0.98, fill=True)
        for m, s in zip(mean, sd, strict=True)
    ]
    np.testing.assert_allclose(both, alone)
