from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.shrinkage import Nest, lean

RNG = np.random.default_rng(11)
PARENTS = (np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 0, 1]), np.array([0, 0]))


def _spd(k, scale=1.0):
    a = RNG.normal(size=(k, k))
    return scale * (a @ a.T + np.eye(k))


def _dense(evidence, information, between, root):
    """The same model written out as one normal distribution of all groups of all levels."""
    k = evidence.shape[1]
    sizes = [len(each) for each in PARENTS] + [1]
    offset = np.r_[0, np.cumsum(sizes)]
    precision = np.zeros((offset[-1] * k, offset[-1] * k))
    h = np.zeros(offset[-1] * k)

    def at(level, group):
        begin = (offset[level] + group) * k
        return slice(begin, begin + k)

    for level, parents in enumerate(PARENTS):
        inverse = np.linalg.inv(between[level])
        for group, parent in enumerate(parents):
            own, above = at(level, group), at(level + 1, parent)
            precision[own, own] += inverse
            precision[above, above] += inverse
            precision[own, above] -= inverse
            precision[above, own] -= inverse
    precision[at(3, 0), at(3, 0)] += np.linalg.inv(root)
    for i in range(sizes[0]):
        precision[at(0, i), at(0, i)] += information[i]
        h[at(0, i)] += evidence[i]
    covariance = np.linalg.inv(precision)
    mean = covariance @ h
    return [
        ([mean[at(level, g)] for g in range(size)], [covariance[at(level, g), at(level, g)] for g in range(size)])
        for level, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_messages_up_and_down_the_tree_give_the_exact_posterior(k):
    information = np.stack([_spd(k) for _ in range(7)])
    information[3] = 0.0
    evidence = np.einsum("gij,gj->gi", information, RNG.normal(size=(7, k)))
    between, root = tuple(_spd(k, 0.3) for _ in range(3)), _spd(k, 4.0)
    found = lean(
        evidence,
        information,
        Nest(PARENTS),
        between=between,
        root_variance=root,
        prior_between=np.eye(k),
        prior_groups=1.0,
    )
    for level, (mean, covariance) in enumerate(_dense(evidence, information, between, root)):
        np.testing.assert_allclose(found.mean[level], mean, atol=1e-9)
        np.testing.assert_allclose(found.covariance[level], covariance, atol=1e-9)


def _estimated(sd, groups=400, error=0.3):
    rng = np.random.default_rng(2)
    measured = 0.5 + sd * rng.standard_normal(groups) + error * rng.standard_normal(groups)
    information = np.full((groups, 1, 1), 1 / error**2)
    between = (np.eye(1),)
    for _ in range(200):
        found = lean(
            measured[:, None] / error**2,
            information,
            Nest((np.zeros(groups, dtype=int),)),
            between=between,
            root_variance=np.eye(1),
            prior_between=0.04 * np.eye(1),
            prior_groups=2.0,
        )
        between = found.between
    return float(np.sqrt(between[0][0, 0])), found


@pytest.mark.parametrize("sd", [0.2, 0.5])
def test_the_spread_between_groups_is_recovered(sd):
    # standard error of a standard deviation from 400 groups measured with error 0.3: about 0.03
    assert _estimated(sd)[0] == pytest.approx(sd, abs=0.07)


def test_groups_that_differ_less_lean_more_on_each_other():
    alike, different = _estimated(0.05)[1], _estimated(0.6)[1]
    assert alike.mean[0].std() < 0.1 < 0.4 < different.mean[0].std()


def test_a_group_without_data_is_its_wider_group():
    information = np.ones((3, 1, 1))
    information[2] = 0.0
    found = lean(
        np.array([[1.0], [2.0], [0.0]]),
        information,
        Nest((np.zeros(3, dtype=int),)),
        between=(np.eye(1),),
        root_variance=np.eye(1),
        prior_between=np.eye(1),
        prior_groups=1.0,
    )
    assert found.mean[0][2, 0] == pytest.approx(found.mean[1][0, 0])
    assert found.covariance[0][2, 0, 0] > found.covariance[0][0, 0, 0]
