"""Planned promotions raise what is expected; past ones are not learned."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.buckets import bucket_numbers, bucket_starts
from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.promoted import uplift_ahead
from invopt_xl.settings import Settings
from tests.reference.slow_forecast import uplift_of_period
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms
from tests.small_world import plan_of, world

RNG = np.random.default_rng(1)
DEMAND = RNG.poisson(np.array([[40.0], [6.0], [400.0]]), (3, 120)).astype(float)
SPORADIC = np.where(RNG.random((1, 120)) < 0.2, RNG.poisson(5, (1, 120)), 0).astype(float)


def planned(*lines: tuple[int, int, int, float]) -> pd.DataFrame:
    """Return planned promotions (series, first day, last day, uplift), days counted from the day after as_of of DEMAND's history."""
    begin = make_history(DEMAND).as_of + pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "series": [line[0] for line in lines],
            "start_date": [begin + pd.Timedelta(days=line[1]) for line in lines],
            "end_date": [begin + pd.Timedelta(days=line[2]) for line in lines],
            "uplift": [line[3] for line in lines],
        }
    )


def run(
    promotions: pd.DataFrame | None, *, demand: np.ndarray = DEMAND, days: float = 14.0, **terms: object
) -> Forecast:
    history = make_history(demand)
    if promotions is not None:
        history = replace(history, promotions_ahead=promotions)
    n = len(demand)
    return forecast(
        history, make_segments(demand), make_terms(n, **terms), make_lead_times(n, days), settings=Settings()
    )


def test_uplift_raises_the_week_and_the_protection_interval_it_falls_into() -> None:
    before, after = run(None), run(planned((0, 0, 6, 2.0)))
    # what the calibration adds depends a little on the spread of the whole interval
    assert after.path[0, 0] == pytest.approx(2 * before.path[0, 0], rel=0.002)
    np.testing.assert_allclose(after.path[0, 1:], before.path[0, 1:], rtol=0.002)
    np.testing.assert_allclose(after.path[1:], before.path[1:])
    # two weeks of lead time and one of review: one week in three counts twice
    for name in ("protection", "lead"):
        old, new = getattr(before, name).mean(), getattr(after, name).mean()
        factor = 4 / 3 if name == "protection" else 3 / 2
        assert new[0] == pytest.approx(factor * old[0], rel=0.01)
        np.testing.assert_allclose(new[1:], old[1:])
    assert after.demand_per_period[0] == pytest.approx(4 / 3 * before.demand_per_period[0], rel=0.002)


def test_quantiles_and_spread_scale_with_the_promotion() -> None:
    before, after = run(None), run(planned(*((i, 0, 100, 2.0) for i in range(3))))
    np.testing.assert_allclose(after.sd_total, 2 * before.sd_total)
    ratio = after.protection.quantile(0.95) / before.protection.quantile(0.95)
    np.testing.assert_allclose(ratio, 2.0, rtol=0.07)
    np.testing.assert_allclose(after.path_quantiles[2, 0] / before.path_quantiles[2, 0], 2.0, rtol=0.03)


def test_intermittent_demand_is_promoted_as_well() -> None:
    before, after = run(None, demand=SPORADIC), run(planned((0, 0, 20, 3.0)), demand=SPORADIC)
    assert after.protection.mean()[0] == pytest.approx(3 * before.protection.mean()[0], rel=0.01)


def test_a_promotion_after_the_interval_leaves_the_interval_alone() -> None:
    before, after = run(None), run(planned((0, 28, 34, 5.0)))
    np.testing.assert_allclose(after.protection.mean(), before.protection.mean())
    assert after.path[0, 4] == pytest.approx(5 * before.path[0, 4])


def test_a_planners_own_demand_includes_promotions() -> None:
    found = run(planned((0, 0, 6, 2.0)), override_demand_per_period=np.array([60.0, np.nan, np.nan]))
    assert found.demand_per_period[0] == pytest.approx(60.0)
    assert found.protection.mean()[0] == pytest.approx(180.0, rel=0.01)


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("seed", range(3))
def test_uplift_of_periods_agrees_with_a_loop_over_days(period: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    as_of = dt.date(2026, 3, 9) + dt.timedelta(days=int(rng.integers(0, 40)))
    number = bucket_numbers(np.array([np.datetime64(as_of) + 1]), period=period)[0]
    starts = bucket_starts(number - 1 + np.arange(9), period=period).tolist()
    lines = []
    for series in (0, 2):
        for _ in range(4):
            first = as_of + dt.timedelta(days=int(rng.integers(-20, 60)))
            lines.append(
                (series, first, first + dt.timedelta(days=int(rng.integers(0, 25))), float(rng.integers(0, 5)))
            )
    frame = pd.DataFrame(lines, columns=["series", "start_date", "end_date", "uplift"])
    frame[["start_date", "end_date"]] = frame[["start_date", "end_date"]].apply(pd.to_datetime)
    frame.loc[len(frame)] = [2, frame["start_date"].iloc[0], frame["end_date"].iloc[0], np.nan]
    found = uplift_ahead(
        frame, series=3, last_start=np.datetime64(starts[0]), as_of=pd.Timestamp(as_of), period=period, length=7
    )
    for series in range(3):
        own = [(a, b, u) for s, a, b, u in lines if s == series]
        slow = [uplift_of_period(own, starts[i], starts[i + 1], as_of) for i in range(1, 8)]
        np.testing.assert_allclose(found[series], slow)


def test_whole_plan_orders_for_the_promotion_and_says_what_it_cannot_count() -> None:
    promotions = pd.DataFrame(
        {
            "sku": ["A", "B"],
            "start_date": pd.to_datetime(["2026-11-16", "2026-11-16"]),
            "end_date": pd.to_datetime(["2026-11-22", "2026-11-22"]),
            "uplift": [2.0, np.nan],
        }
    )
    tables = world({"A": 50, "B": 80})
    without, found = plan_of(tables), plan_of({**tables, "Promotions": promotions})
    means = [plan.forecast.set_index("sku").loc["A", "mean"].to_numpy() for plan in (without, found)]
    assert means[1][0] == pytest.approx(2 * means[0][0], rel=1e-5)
    np.testing.assert_allclose(means[1][1:], means[0][1:])
    old, new = (plan.recommendations.set_index("sku")["order_quantity"] for plan in (without, found))
    assert new["A"] >= old["A"] + means[0][0] - 1
    assert new["B"] == old["B"]
    assert found.findings["text"].str.contains("without an uplift").any()


def test_past_promotions_are_not_learned_as_base_demand() -> None:
    sales = np.round(np.random.default_rng(5).normal(50, 4, 103))
    lifted = sales.copy()
    lifted[95:101] *= 3
    days = pd.date_range("2024-11-25", periods=103, freq="7D")
    promotions = pd.DataFrame(
        {"sku": ["A"], "start_date": days[[95]], "end_date": days[[100]] + pd.Timedelta(days=6), "uplift": [3.0]}
    )
    usual = plan_of(world({"A": sales})).forecast["mean"].mean()
    unmarked = plan_of(world({"A": lifted}), outlier_cut=50.0).forecast["mean"].mean()
    marked = plan_of({**world({"A": lifted}), "Promotions": promotions}).forecast["mean"].mean()
    assert marked == pytest.approx(usual, rel=0.03)
    assert unmarked > 1.2 * usual
