"""The tuned rule: a long window for steady demand, a short one for demand that moves, and nothing of what comes later."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.decision_backtest.ground import Ground, ground_of
from invopt_xl.core.decision_backtest.origins import Rounds
from invopt_xl.core.decision_backtest.tuning import Tuned, tuned_rule
from tests.core.decision_backtest.views import made_view


def tuned(demand: np.ndarray, *, later: np.ndarray, service_level: float = 0.95) -> Tuned:
    """Return what is tuned on `demand` (n, T) when `later` (n, P) comes afterwards."""
    n = len(demand)
    view = made_view(demand, period="month", lead_days=30.4375, review_period_days=30.4375, service_level=service_level)
    today = made_view(np.concatenate([demand, later], axis=1), period="month").history
    ground: Ground = ground_of(
        view, today, np.full((n, 2), 30.4375), np.ones(n), lost_sales=False, crossover=True, replications=1
    )
    rounds = Rounds((demand.shape[1] - 1,), later.shape[1], today.demand.shape[1] - 1)
    return tuned_rule(view, np.arange(n), ground, rounds)


def steady(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(9.0, 10.0, (40, 96))


def moving(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 300 + np.cumsum(rng.normal(0, 25, (40, 96)), axis=1).clip(-250) + rng.normal(0, 3, (40, 96))


def test_steady_demand_is_given_a_longer_window_than_moving_demand() -> None:
    later = np.ones((40, 3))
    assert tuned(steady(), later=later).window >= 18
    assert tuned(moving(), later=later).window <= 6


def test_more_service_is_given_a_larger_z() -> None:
    later = np.ones((40, 3))
    found = [tuned(steady(), later=later, service_level=target).score for target in (0.7, 0.95, 0.99)]
    assert found == sorted(found)
    assert found[0] < found[2]


def test_nothing_that_comes_later_is_looked_at() -> None:
    one, other = (tuned(moving(), later=np.full((40, 3), value)) for value in (0.0, 9999.0))
    assert (one.window, one.score) == (other.window, other.score)


def test_a_short_history_is_tuned_as_far_as_it_goes() -> None:
    assert tuned(steady()[:, :4], later=np.ones((40, 3))).window == 3
