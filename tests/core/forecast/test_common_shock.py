"""How far series err together."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.common_shock import Clusters, clusters


def errors(correlation: float, *, series: int = 200, periods: int = 400, seed: int = 1) -> np.ndarray:
    """Return standard errors with the given correlation between series."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, np.sqrt(correlation), periods)
    return common + rng.normal(0, np.sqrt(1 - correlation), (series, periods))


def found(error: np.ndarray, *, width: int = 1, origins: int = 8) -> Clusters:
    n, periods = error.shape
    at = np.broadcast_to(np.arange(periods - origins, periods), (n, origins))
    return clusters(error, np.zeros(n, dtype=np.int64), classes=1, width=np.full(n, width), origins=at)


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5])
def test_the_correlation_between_series_is_found(correlation: float) -> None:
    assert found(errors(correlation)).correlation[0] == pytest.approx(correlation, rel=0.25, abs=0.01)


def test_a_steady_bias_is_no_common_shock() -> None:
    """What is wrong the same way at every origin is what a correction is for."""
    assert found(errors(0.0) + 1.0).correlation[0] < 0.01


def test_windows_that_overlap_are_fewer_proofs() -> None:
    apart, wide = found(errors(0.0), width=1), found(errors(0.0), width=4)
    assert apart.blocks == pytest.approx(8.0)
    assert wide.blocks == pytest.approx((7 + 4) / 4)


def test_few_origins_are_not_believed() -> None:
    """With two origins both series of errors look alike: what is usual holds."""
    assert found(errors(0.8, periods=2), origins=2).correlation[0] < 0.5
    assert found(np.full((3, 20), np.nan)).correlation[0] == pytest.approx(0.03)


def test_more_series_never_tell_less_and_never_more_than_independent_ones() -> None:
    judged = Clusters(np.array([0.2, 0.05]), 3.0)
    told = [judged.effective(0, many) for many in (1, 2, 10, 100, 1000)]
    assert told == sorted(told)
    assert told[0] == 3.0
    assert told[-1] < 3.0 / 0.2
    assert judged.effective(-1, 10) == pytest.approx(30 / 1.45)
