"""What must hold for any plan, whatever the numbers: how recommendations move when one input moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms
from tests.small_world import MONDAYS, plan_of, world

SEEDS = range(3)

#: Columns of Recommendations that say what to do.
FIGURES = [
    "order_quantity",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "demand_per_period",
    "forecast_protection",
    "stockout_risk",
    "days_of_cover",
    "lead_time_days",
]


def stationary(seed: int, *, weeks: int = 130, low: float = 0.2, high: float = 60.0) -> np.ndarray:
    """Return weekly demand (12, weeks) without trend or season, from slow and lumpy to fast."""
    rng = np.random.default_rng(seed)
    level = np.geomspace(low, high, 12)[:, None]
    return rng.negative_binomial(3, 3 / (3 + level), (12, weeks)).astype(float)


def planned(demand: np.ndarray, *, days: object = 14.0, atoms: object = None, **columns: object) -> pd.DataFrame:
    """Return policy and orders of `demand` (n, T)."""
    n = len(demand)
    history, terms, lead = make_history(demand), make_terms(n, **columns), make_lead_times(n, days, atoms=atoms)
    found = forecast(history, make_segments(demand), terms, lead, settings=Settings())
    policy = set_policy(found, terms, lead, history, settings=Settings())
    orders = size_orders(policy, found, lead, terms, history, settings=Settings())
    return pd.concat([policy.frame, orders.frame], axis=1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("measure", ["cycle", "fill"])
def test_more_on_hand_never_raises_order_risk_or_haste(seed: int, measure: str) -> None:
    demand = stationary(seed)
    terms = {"service_measure": measure, "moq": 7.0, "pack_size": 5.0, "unit_cost": 2.0, "order_cost": 8.0}
    stocks = np.linspace(-3, 400, 14)
    plans = [planned(demand, on_hand=stock, **terms) for stock in stocks]
    assert (np.diff([p["order_quantity"] for p in plans], axis=0) <= 1e-9).all()
    assert (np.diff([p["stockout_risk"] for p in plans], axis=0) <= 1e-12).all()
    days = np.array([(p["order_by"] - make_history(demand).as_of).dt.days for p in plans])
    assert (np.diff(days, axis=0) >= 0).all()
    assert ((days == 0) == np.array([p["order_quantity"] > 0 for p in plans])).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("measure", ["cycle", "fill"])
def test_more_service_never_lowers_the_reorder_point(seed: int, measure: str) -> None:
    levels = (0.5, 0.8, 0.9, 0.95, 0.98, 0.995)
    atoms = np.array([7.0, 10.0, 14.0, 15.0, 30.0])
    points = [
        planned(stationary(seed), atoms=atoms, service_level=p, service_measure=measure)["reorder_point"]
        for p in levels
    ]
    assert (np.diff(points, axis=0) >= -1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_longer_lead_time_never_lowers_the_reorder_point(seed: int) -> None:
    points = [planned(stationary(seed), days=d)["reorder_point"] for d in (0.0, 3.0, 7.0, 14.0, 28.0, 56.0, 84.0)]
    assert (np.diff(points, axis=0) >= -1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_times_the_units_are_ten_times_the_order(seed: int) -> None:
    # in quarters of a unit, so that no count distribution holds for either size
    demand = stationary(seed, low=3.0) + 0.25
    terms = {"moq": 3.0, "pack_size": 2.5, "on_hand": 5.0, "on_order": 4.0, "unit_cost": 2.0, "order_cost": 8.0}
    small = planned(demand, **terms)
    large = planned(
        demand * 10,
        **{name: value * 10 for name, value in terms.items() if name not in ("unit_cost",)},
        unit_cost=2.0,
    )
    for name in ("order_quantity", "reorder_point", "order_up_to", "safety_stock"):
        np.testing.assert_allclose(large[name], 10 * small[name], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(large["stockout_risk"], small["stockout_risk"], atol=1e-9)


def several(seed: int, *, own_categories: bool = False) -> dict[str, pd.DataFrame]:
    """Return tables of 12 items with seasons, trends and gaps."""
    rng = np.random.default_rng(seed)
    weeks = np.arange(len(MONDAYS))
    levels = {}
    for i, level in enumerate(np.geomspace(0.4, 90, 12)):
        shape = 1 + (0.5 * np.sin(2 * np.pi * weeks / 52) if i % 3 == 0 else 0) + (0.004 * weeks if i % 4 == 0 else 0)
        levels[f"S{i:02d}"] = rng.poisson(level * shape, len(weeks)).astype(float)
    tables = world(levels, on_hand=20.0)
    category = [f"C{i if own_categories else i % 2}" for i in range(len(levels))]
    return {**tables, "Items": tables["Items"].assign(category=category)}


def figures(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return plan_of(tables).recommendations.set_index("sku")[[*FIGURES, "model"]].sort_index()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    np.testing.assert_allclose(
        one[FIGURES].to_numpy(dtype=float), other[FIGURES].to_numpy(dtype=float), rtol=1e-9, atol=2e-6
    )
    assert one["model"].tolist() == other["model"].tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    tables = several(seed)
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in tables.items()}
    same(figures(tables), figures(shuffled))


@pytest.mark.parametrize("seed", SEEDS)
def test_names_of_items_change_nothing(seed: int) -> None:
    tables = several(seed)
    # the new names sort the other way round
    names = {f"S{i:02d}": f"N{99 - i}" for i in range(12)}
    renamed = {
        name: frame.assign(sku=frame["sku"].map(names)) if "sku" in frame else frame for name, frame in tables.items()
    }
    before, after = figures(tables), figures(renamed)
    same(before, after.loc[[names[sku] for sku in before.index]])
