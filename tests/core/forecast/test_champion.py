"""Champion and challengers."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.champion import SERVICE_LEVELS, Challenge, choose_champion, simulated_cost
from invopt_xl.core.forecast.common_shock import Clusters

APART = Clusters(np.zeros(9), 20.0)


def stocked(units: float | np.ndarray, n: int, windows: int) -> np.ndarray:
    """Return the same stock at every service level."""
    return np.broadcast_to(np.asarray(units, dtype=float), (n, windows))[:, :, None] * np.ones(len(SERVICE_LEVELS))


def choose(stocks: list[float], margins: list[float], *, able: bool = True) -> np.ndarray:
    """Return the champions where demand is always 10 and each method always stocks the same."""
    n, windows = 40, 20
    first, *rest = (stocked(s, n, windows) for s in stocks)
    offers = [
        Challenge(stock, np.full(n, margin), np.full(n, able)) for stock, margin in zip(rest, margins, strict=True)
    ]
    return choose_champion(
        first,
        offers,
        np.full((n, windows), 10.0),
        value=np.ones(n),
        segment=np.zeros(n, dtype=np.int64),
        clusters=APART,
    )


def test_missing_units_cost_as_much_more_as_the_service_level_says() -> None:
    over, under = (simulated_cost(stocked(s, 1, 1), np.array([[10.0]]))[0, 0] for s in (12.0, 8.0))
    assert over == pytest.approx(2 * np.mean([1 - p for p in SERVICE_LEVELS]))
    assert under == pytest.approx(2 * np.mean(SERVICE_LEVELS))


def test_the_quantile_at_each_service_level_is_the_cheapest_stock() -> None:
    demand = np.random.default_rng(1).gamma(4, 5, (1, 20000))
    right = np.quantile(demand, SERVICE_LEVELS)

    def cost(stock: np.ndarray) -> float:
        return float(simulated_cost(np.broadcast_to(stock, (1, 20000, 4)), demand).mean())

    for level in range(len(SERVICE_LEVELS)):
        for factor in (0.95, 1.05):
            other = right.copy()
            other[level] *= factor
            assert cost(other) > cost(right)


def test_a_challenger_wins_by_its_margin_only() -> None:
    # left over 2 against 1.8: ten percent cheaper
    assert (choose([12.0, 11.8], [0.05]) == 1).all()
    assert (choose([12.0, 11.8], [0.15]) == 0).all()


def test_challengers_must_beat_the_champion_so_far() -> None:
    assert (choose([12.0, 11.0, 10.99], [0.05, 0.05]) == 1).all()
    assert (choose([12.0, 11.0, 10.5], [0.05, 0.05]) == 2).all()


def test_who_cannot_forecast_now_does_not_win() -> None:
    assert (choose([12.0, 10.0], [0.05], able=False) == 0).all()


def test_no_common_window_leaves_the_simple_forecast() -> None:
    n = 3
    offer = Challenge(stocked(np.nan, n, 4), np.zeros(n), np.ones(n, bool))
    champion = choose_champion(
        stocked(1.0, n, 4),
        [offer],
        np.ones((n, 4)),
        value=np.ones(n),
        segment=np.zeros(n, dtype=np.int64),
        clusters=APART,
    )
    assert (champion == 0).all()


def test_segments_decide_for_themselves_when_they_have_windows_enough() -> None:
    n, windows = 200, 20
    segment = np.arange(n) % 2
    actual = np.full((n, windows), 10.0)
    stock = stocked(np.where(segment[:, None] == 0, 10.5, 14.0), n, windows)
    champion = choose_champion(
        stocked(12.0, n, windows),
        [Challenge(stock, np.full(n, 0.05), np.ones(n, bool))],
        actual,
        value=np.ones(n),
        segment=segment,
        clusters=APART,
    )
    assert (champion[segment == 0] == 1).all()
    assert (champion[segment == 1] == 0).all()
