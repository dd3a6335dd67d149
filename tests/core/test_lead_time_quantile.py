"""Quantiles of lead times, from nodes and from moments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.lead_time_quantile import gamma_quantile, node_quantile
from invopt_xl.core.lead_times import NODES
from invopt_xl.core.weighted_nodes import weighted_nodes


@pytest.mark.parametrize("chance", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_quantiles_of_nodes_are_near_those_of_the_receipts(chance: float) -> None:
    days = np.random.default_rng(3).gamma(16.0, 1.25, 5000)
    nodes = weighted_nodes(np.zeros(len(days), dtype=int), days, np.ones(len(days)), groups=1, nodes=NODES)
    # eleven nodes: within 3 % between 10 and 90 %; they say little of the last twentieth on either side
    assert node_quantile(nodes, chance)[0] == pytest.approx(np.quantile(days, chance), rel=0.03)


def test_quantiles_of_nodes_rise_and_stay_within_them() -> None:
    nodes = np.sort(np.random.default_rng(4).gamma(4.0, 5.0, (6, NODES)), axis=1)
    found = np.array([node_quantile(nodes, chance) for chance in np.linspace(0.001, 0.999, 60)])
    assert (np.diff(found, axis=0) >= 0).all()
    np.testing.assert_allclose(found[0], nodes[:, 0])
    np.testing.assert_allclose(found[-1], nodes[:, -1])


@pytest.mark.parametrize(("mean", "sd"), [(20.0, 5.0), (14.25, 2.05), (3.0, 6.0)])
def test_quantile_by_moments_is_that_of_the_gamma(mean: float, sd: float) -> None:
    for chance in (0.05, 0.5, 0.95):
        wanted = stats.gamma.ppf(chance, (mean / sd) ** 2, scale=sd**2 / mean)
        assert gamma_quantile(mean_days=mean, sd_days=sd, chance=chance) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("sd", [0.0, float("nan")])
def test_without_spread_every_quantile_is_the_mean(sd: float) -> None:
    assert gamma_quantile(mean_days=9.0, sd_days=sd, chance=0.99) == 9.0
