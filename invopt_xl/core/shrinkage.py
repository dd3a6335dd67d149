"""Estimates of many small groups that lean on their wider groups, as far as the data says that groups are alike. Serves uplifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Nest:
    """Groups within groups: `parents[0]` is the wider group of each of the n smallest, `parents[1]` that of each of those, and so on.

    The last of them is the root: zeros only.
    """

    parents: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Leaning:
    """What is believed of each group of each level, smallest groups first, root last.

    Parameters
    ----------
    mean : tuple of float array, shape (groups, k)
    covariance : tuple of float array, shape (groups, k, k)
    between : tuple of float array, shape (k, k)
        How much the groups of each level differ within their wider group, estimated anew from what is believed now.
    """

    mean: tuple[np.ndarray, ...]
    covariance: tuple[np.ndarray, ...]
    between: tuple[np.ndarray, ...]


def lean(
    evidence: np.ndarray,
    information: np.ndarray,
    nest: Nest,
    *,
    between: tuple[np.ndarray, ...],
    root_variance: np.ndarray,
    prior_between: np.ndarray,
    prior_groups: float,
) -> Leaning:
    """Return the posterior of a nested normal model whose smallest groups were measured.

    Parameters
    ----------
    evidence : float array, shape (n, k)
        Information times estimate of each smallest group: a group without data has zeros.
    information : float array, shape (n, k, k)
        Inverse of the squared standard error.
    nest : Nest
    between : tuple of float array, shape (k, k)
        Variance of the groups of each level within their wider group.
    root_variance : float array, shape (k, k)
        Variance of the root around 0.
    prior_between, prior_groups : float array (k, k), float
        What `between` is believed to be before seeing data, and how many groups that belief is worth.

    Notes
    -----
    Exact: messages up the tree and back (Gaussian belief propagation); `between` is one step of expectation maximisation. Groups without
    data follow their wider group and say nothing about how much groups differ.

    >>> nest = Nest((np.array([0, 0, 0]),))
    >>> one = np.eye(1)
    >>> found = lean(np.array([[2.0], [4.0], [0.0]]), np.array([[[1.0]], [[1.0]], [[0.0]]]), nest, between=(one,),
    ...              root_variance=1e6 * one, prior_between=one, prior_groups=1.0)
    >>> [round(float(x), 1) for x in found.mean[0][:, 0]]
    [2.5, 3.5, 3.0]
    """
    chain = nest.parents
    upward = _upward(evidence, information, chain, between)
    k = evidence.shape[1]
    eye = np.eye(k)
    last_h, last_j = upward[-1][0], upward[-1][1]
    root = np.linalg.inv(np.linalg.inv(root_variance)[None] + last_j)  # (1, k, k)
    mean, covariance = [_times(root, last_h)], [root]
    spread = []
    for level in range(len(chain) - 1, -1, -1):
        own_h, own_j, inner = upward[level]
        parent = chain[level]
        precision = np.linalg.inv(between[level])
        weight = inner @ precision  # (g, k, k): how much of the wider group is taken over
        above, above_cov = mean[-1][parent], covariance[-1][parent]
        own = _times(inner, own_h) + _times(weight, above)
        mean.append(own)
        covariance.append(inner + weight @ above_cov @ weight.transpose(0, 2, 1))
        rest = weight - eye
        apart = own - above
        square = apart[:, :, None] * apart[:, None, :] + inner + rest @ above_cov @ rest.transpose(0, 2, 1)
        measured = np.trace(own_j, axis1=1, axis2=2) > 0
        total = square[measured].sum(axis=0) + prior_groups * prior_between
        spread.append(total / (int(measured.sum()) + prior_groups))
    return Leaning(tuple(reversed(mean)), tuple(reversed(covariance)), tuple(reversed(spread)))


def _upward(
    evidence: np.ndarray, information: np.ndarray, chain: tuple[np.ndarray, ...], between: tuple[np.ndarray, ...]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return of each level what its groups' data says (evidence, information), and the covariance of a group given its wider one."""
    levels = []
    h, j = evidence, information
    for level, parent in enumerate(chain):
        precision = np.linalg.inv(between[level])
        inner = np.linalg.inv(precision[None] + j)
        levels.append((h, j, inner))
        groups = len(chain[level + 1]) if level + 1 < len(chain) else 1
        passed = precision @ inner
        h, j = _summed(_times(passed, h), parent, groups), _summed(precision[None] - passed @ precision, parent, groups)
    levels.append((h, j, np.zeros_like(j)))
    return levels


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    product: np.ndarray = np.einsum("gij,gj->gi", matrix, vector)
    return product


def _summed(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    flat = values.reshape(len(values), -1)
    columns = [np.bincount(group, weights=flat[:, c], minlength=groups) for c in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape((groups, *values.shape[1:]))
