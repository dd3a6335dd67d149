"""The scores of the benchmark of interval demand: small slow versions beside the fast ones."""

from __future__ import annotations

import doctest
import importlib.util
from pathlib import Path

import numpy as np
import pytest

_FILE = Path(__file__).parent / "bench" / "demand_scores.py"
_SPEC = importlib.util.spec_from_file_location("demand_scores", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
scores = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scores)


def test_examples_in_the_scores_hold() -> None:
    """tests/bench is not collected, so its examples are run here."""
    failed, tried = doctest.testmod(scores)
    assert tried >= 4
    assert failed == 0


@pytest.mark.parametrize("width", [1, 3])
def test_naive_error_is_the_mean_change_between_neighbouring_totals(width: int) -> None:
    rng = np.random.default_rng(1)
    past = rng.poisson(3.0, (4, 12)).astype(float)
    past[0, :3] = np.nan
    past[1, :9] = np.nan
    expected = []
    for row in past:
        life = row[~np.isnan(row)]
        ends = range(2 * width, len(life) + 1)
        changes = [abs(life[e - width : e].sum() - life[e - 2 * width : e - width].sum()) for e in ends]
        expected.append(np.mean(changes) if changes else np.nan)
    np.testing.assert_allclose(scores.naive_error(past, width), expected)


def test_pinball_is_lowest_at_the_true_quantiles() -> None:
    actual = np.random.default_rng(2).gamma(2.0, 5.0, 4000)
    true = np.tile(np.quantile(actual, scores.LEVELS), (len(actual), 1))
    best = scores.pinball(true, actual).mean()
    assert best < scores.pinball(true * 1.1, actual).mean()
    assert best < scores.pinball(true * 0.9, actual).mean()


def test_empirical_quantiles_hold_on_errors_like_those_seen() -> None:
    rng = np.random.default_rng(3)
    centre, scale = rng.uniform(50, 100, 3000), rng.uniform(1, 5, 3000)
    seen = scores.empirical(centre, scale, rng.standard_t(4, 3000))
    actual = centre + scale * rng.standard_t(4, 3000)
    np.testing.assert_allclose(scores.covered(seen, actual).mean(axis=0), scores.SHOWN, atol=0.02)


def test_normal_quantiles_are_not_below_zero() -> None:
    assert (scores.normal(np.array([-5.0, 0.0]), np.array([1.0, 0.0])) >= 0).all()
