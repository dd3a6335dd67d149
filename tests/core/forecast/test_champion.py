"""Champion and challengers."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.champion import Challenge, choose_champion, simulated_cost


def choose(stocks: list[float], margins: list[float], *, able: bool = True, segments: int = 1) -> np.ndarray:
    """Return the champions where demand is always 10, each method always stocks the same, and service is 90 %."""
    n, windows = 40, 20
    actual = np.full((n, windows), 10.0)
    first, *rest = (np.full((n, windows), s) for s in stocks)
    offers = [
        Challenge(stock, np.full(n, margin), np.full(n, able)) for stock, margin in zip(rest, margins, strict=True)
    ]
    return choose_champion(
        first,
        offers,
        actual,
        service=np.full(n, 0.9),
        value=np.ones(n),
        segment=np.arange(n) % segments,
    )


def test_missing_units_cost_as_much_as_the_service_level_says() -> None:
    cost = simulated_cost(np.array([[12.0, 8.0]]), np.array([[10.0, 10.0]]), np.array([0.95]))
    assert cost[0].tolist() == pytest.approx([2.0, 38.0])


def test_the_quantile_at_the_service_level_is_the_cheapest_stock() -> None:
    demand = np.random.default_rng(1).gamma(4, 5, (1, 20000))
    levels = np.linspace(0.7, 0.99, 59)
    costs = [
        simulated_cost(np.full_like(demand, np.quantile(demand, p)), demand, np.array([0.9])).mean() for p in levels
    ]
    assert levels[int(np.argmin(costs))] == pytest.approx(0.9, abs=0.006)


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
    nothing = np.full((n, 4), np.nan)
    offer = Challenge(nothing, np.zeros(n), np.ones(n, bool))
    champion = choose_champion(
        np.ones((n, 4)), [offer], np.ones((n, 4)), service=np.full(n, 0.9), value=np.ones(n), segment=np.zeros(n, int)
    )
    assert (champion == 0).all()


def test_segments_decide_for_themselves_when_they_have_windows_enough() -> None:
    n, windows = 200, 20
    segment = np.arange(n) % 2
    actual = np.full((n, windows), 10.0)
    first = np.full((n, windows), 12.0)
    stock = np.where(segment[:, None] == 0, 10.5, 14.0) * np.ones((n, windows))
    champion = choose_champion(
        first,
        [Challenge(stock, np.full(n, 0.05), np.ones(n, bool))],
        actual,
        service=np.full(n, 0.9),
        value=np.ones(n),
        segment=segment,
    )
    assert (champion[segment == 0] == 1).all()
    assert (champion[segment == 1] == 0).all()
