"""The Coverage table: shares against plain counting, verdicts against what is known of simulated demand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.forecast.coverage_table import COVERAGE, TOO_FEW, TOO_HIGH, TOO_LOW, WITHIN, coverage_table
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried
from tests.reference.slow_accuracy import counts


def held_of(actual: np.ndarray) -> HeldBack:
    n = len(actual)
    return HeldBack(actual, np.ones(n), np.ones(n), np.ones(n, dtype=int))


def simulated(n: int, windows: int, *, factor: float = 1.0, seed: int = 2) -> tuple[HeldBack, Tried]:
    """Return gamma demand and its true quantiles, times a factor."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(2.0, 50.0, n)
    actual = rng.gamma(4.0, mean[:, None] / 4.0, (n, windows))
    quantiles = factor * stats.gamma.ppf(LEVELS, 4.0) * mean[:, None] / 4.0
    shape = (n, windows, len(LEVELS))
    return held_of(actual), Tried(
        "chosen", np.repeat(mean[:, None], windows, axis=1), np.broadcast_to(quantiles[:, None], shape)
    )


def test_true_quantiles_cover_what_they_say_within_the_binomial_error() -> None:
    held, tried = simulated(400, 50)
    table = coverage_table([tried], held, np.full(400, "AX"))
    everything = table[table["segment"] == "all"]
    assert list(everything["nominal"]) == list(LEVELS)
    assert (everything["windows"] == 20_000).all()
    error = np.sqrt(everything["nominal"] * (1 - everything["nominal"]) / 20_000)
    # four standard errors: one seed in 3,000 would fail
    assert (np.abs(everything["covered"] - everything["nominal"]) < 4 * error).all()
    assert (everything["verdict"] == WITHIN).all()


@pytest.mark.parametrize(("factor", "said"), [(0.8, TOO_LOW), (1.3, TOO_HIGH)])
def test_quantiles_that_are_off_are_called_so(factor: float, said: str) -> None:
    held, tried = simulated(400, 50, factor=factor)
    table = coverage_table([tried], held, np.full(400, "AX"))
    # at 98 % not more than two points are left above
    judged = table[table["nominal"] < 0.95]
    assert (judged["verdict"] == said).all()


def test_a_handful_of_windows_tells_nothing() -> None:
    held, tried = simulated(3, 3)
    assert (coverage_table([tried], held, np.full(3, "AX"))["verdict"] == TOO_FEW).all()


def test_rare_demand_in_whole_units_is_not_called_too_high_because_zero_is_at_or_below_zero() -> None:
    rng = np.random.default_rng(4)
    actual = rng.binomial(1, 0.1, (100, 100)).astype(float)
    quantiles = stats.binom.ppf(LEVELS, 1, 0.1)
    tried = Tried("chosen", np.full(actual.shape, 0.1), np.broadcast_to(quantiles, (*actual.shape, len(LEVELS))))
    table = coverage_table([tried], held_of(actual), np.full(100, "CZ"))
    assert table["covered"].iloc[0] > 0.85
    assert (table["verdict"] == WITHIN).all()


def test_shares_are_those_of_plain_counting_per_segment() -> None:
    rng = np.random.default_rng(9)
    actual = rng.integers(0, 6, (12, 7)).astype(float)
    actual[rng.random(actual.shape) < 0.2] = np.nan
    total = rng.integers(0, 6, actual.shape).astype(float)
    total[rng.random(actual.shape) < 0.2] = np.nan
    quantiles = total[:, :, None] + np.arange(len(LEVELS))
    tried, held = Tried("SBA", total, quantiles), held_of(actual)
    segment = np.array(["AX", "BX", "CZ"] * 4)
    table = coverage_table([tried], held, segment)
    for row in table.itertuples():
        at = LEVELS.index(row.nominal)
        cells = [
            (i, k)
            for i in range(12)
            for k in range(7)
            if row.segment in ("all", segment[i]) and counts(tried, held, i, k)
        ]
        assert row.windows == len(cells)
        assert row.covered == pytest.approx(np.mean([actual[c] <= quantiles[(*c, at)] for c in cells]))
        assert row.below == pytest.approx(np.mean([actual[c] < quantiles[(*c, at)] for c in cells]))


def test_nothing_tried_gives_an_empty_typed_table() -> None:
    held, tried = simulated(3, 3)
    names = [each.name for each in COVERAGE]
    empty = coverage_table([], held, np.full(3, "AX"))
    assert list(empty.columns) == names
    assert (
        empty.dtypes.astype(str).tolist() == coverage_table([tried], held, np.full(3, "AX")).dtypes.astype(str).tolist()
    )
