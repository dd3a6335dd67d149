"""The rules that the plan is compared with, against their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.decision_backtest.ground import ground_of
from invopt_xl.core.decision_backtest.origins import Rounds
from invopt_xl.core.decision_backtest.rules import (
    FROZEN_PLAN,
    FROZEN_RULE,
    PLAN,
    WINDOWS,
    foresight,
    planners_rule,
    usual_rules,
    window_moments,
)
from invopt_xl.core.decision_backtest.smoothing import smoothing_forecast
from invopt_xl.core.decision_backtest.trial import try_foresight, try_rule
from tests.core.decision_backtest.views import made_view


def noisy(n: int = 6, periods: int = 104, *, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.uniform(2, 30, (n, 1)), (n, periods)).astype(float)


@pytest.mark.parametrize("period", ["week", "month"])
def test_planners_rule_is_mean_and_spread_of_its_window(period: str) -> None:
    demand = noisy()
    demand[2, :95] = np.nan
    view = made_view(demand, period=period, lead_days=21.0, moq=np.arange(6.0), review_period_days=7.0)
    window, name = WINDOWS[period][0]  # type: ignore[index]
    rule = planners_rule(window, name)
    s, up_to = rule.prepare(view)(stats.norm.ppf(0.95))
    cover = 28.0 / view.history.days_per_period
    for row in range(6):
        values = demand[row, -window:]
        values = values[~np.isnan(values)]
        wanted = values.mean() * cover + 1.6448536 * values.std(ddof=1) * cover**0.5
        assert s[row] == pytest.approx(wanted, rel=1e-6)
        assert up_to[row] == pytest.approx(wanted + row, rel=1e-6)
    np.testing.assert_allclose(rule.own(view), stats.norm.ppf(0.95))


def test_a_single_known_period_has_no_spread_and_a_negative_level_is_none() -> None:
    demand = np.full((1, 10), np.nan)
    demand[0, -1] = 4.0
    mean, sd = window_moments(demand, 5)
    assert (mean[0], sd[0]) == (4.0, 0.0)
    assert planners_rule(5, "r").prepare(made_view(noisy(1, 20)))(-50.0)[0][0] == 0.0


def test_usual_rules_start_with_the_plan_and_freeze_two() -> None:
    rules = usual_rules("month")
    assert rules[0].name == PLAN
    assert [rule.name for rule in rules if rule.frozen] == [FROZEN_PLAN, FROZEN_RULE]
    assert len({rule.name for rule in rules}) == len(rules)


def test_smoothing_follows_the_level_and_the_season_of_each_item() -> None:
    month = np.arange(72)
    rng = np.random.default_rng(2)
    flat = 50 + rng.normal(0, 1, 72)
    wave = 50 + 30 * np.sin(2 * np.pi * month / 12) + rng.normal(0, 1, 72)
    jump = np.where(month < 60, 20.0, 80.0) + rng.normal(0, 1, 72)
    view = made_view(np.stack([flat, wave, jump]), period="month")
    total, error = smoothing_forecast(view, np.full(3, 3.0))
    coming = [50 * 3, (50 + 30 * np.sin(2 * np.pi * np.arange(72, 75) / 12)).sum(), 80 * 3]
    np.testing.assert_allclose(total, coming, rtol=0.06)
    # the spread of a season that is followed is noise, not the season; that of a level is its noise
    assert error[1] < 0.4 * np.std(wave)
    assert 0.9 < error[0] < 1.5


def test_smoothing_of_a_young_item_says_something() -> None:
    demand = np.full((2, 40), np.nan)
    demand[:, -2:] = 6.0
    demand[1] = 6.0
    total, error = smoothing_forecast(made_view(demand, period="month"), np.full(2, 2.0))
    np.testing.assert_allclose(total, 12.0, rtol=0.01)
    np.testing.assert_allclose(error, 0.0, atol=1e-9)


@pytest.mark.parametrize("review_days", [7.0, 21.0])
@pytest.mark.parametrize("period", ["week", "month"])
def test_foresight_serves_everything_with_less_stock_than_anybody(review_days: float, period: str) -> None:
    demand = noisy()
    view = made_view(demand, lead_days=14.0, review_period_days=review_days, period=period)
    ground = ground_of(
        view,
        view.history,
        view.lead_times.atoms,
        np.ones(6),
        lost_sales=False,
        crossover=True,
        replications=3,
    )
    rounds = Rounds((73, 83, 93), 10, 103)
    bound = try_foresight(ground, rounds, own=0.95)
    assert bound.own["short"].sum() == pytest.approx(0.0, abs=1e-9)
    name = WINDOWS[period][1][1]  # type: ignore[index]
    rule = planners_rule(WINDOWS[period][1][0], name)  # type: ignore[index]
    usual = try_rule(rule, [view] * 3, [np.arange(6)] * 3, ground, rounds)
    served = usual.sums["short"].sum(axis=1) <= 1e-9
    assert served.any()
    if ground.steps == 1:
        assert bound.own["average_value"].sum() < 0.8 * usual.sums["average_value"].sum(axis=1)[served].min()


def test_foresight_levels_are_the_demand_until_the_next_order_arrives() -> None:
    demand = np.arange(1.0, 21.0)[None, :]
    view = made_view(demand, lead_days=14.0, review_period_days=7.0)
    ground = ground_of(
        view, view.history, np.full((1, 4), 14.0), np.ones(1), lost_sales=False, crossover=True, replications=1
    )
    level, _ = foresight(ground, Rounds((15,), 4, 19), 0.95)
    # periods of 16 .. 19 are the last four columns; two periods of lead time and one of review
    assert level[0, -4] == pytest.approx(demand[0, 16:19].sum())
    assert level[0, -3] == pytest.approx(demand[0, 17:20].sum())


def test_a_frozen_rule_keeps_the_levels_of_the_first_day() -> None:
    demand = noisy()
    views = [made_view(demand), made_view(demand * 3)]
    ground = ground_of(
        views[0],
        views[0].history,
        views[0].lead_times.atoms,
        np.ones(6),
        lost_sales=False,
        crossover=True,
        replications=1,
    )
    rounds, places = Rounds((83, 93), 10, 103), [np.arange(6)] * 2
    plain = planners_rule(26, "rule")
    frozen = replace(plain, frozen=True)
    stock = [
        try_rule(rule, seen, places, ground, rounds).own["average_value"].sum()
        for rule, seen in ((plain, views), (frozen, views), (plain, views[:1] * 2))
    ]
    assert stock[1] == pytest.approx(stock[2])
    assert stock[0] > 1.5 * stock[1]
