"""Weights of methods, series by series: what a method's past errors say, of the series itself and of all series like it.

Under normal errors the likelihood of a method falls with the logarithm of its squared error, once per independent window; the weights are the
posterior of that model average (Hoeting et al. 1999, Statistical Science 14, 382-417), tempered because windows are not quite independent. What
the series of the same demand class say counts like a number of windows of its own: a short history takes what works for its like, a long one
goes its own way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Windows that the experience of the class counts as.
_CLASS_WINDOWS = 12.0

#: What an error of the next period tells, relative to a whole independent window.
_ONE_STEP = 0.2

#: Tempering of the evidence.
_TEMPER = 0.4

#: Methods that are combined for a series at most, and the least weight kept.
_MOST, _LEAST = 12, 0.01


@dataclass(frozen=True)
class Evidence:
    """What is known of P methods on n series.

    Parameters
    ----------
    total, one : float arrays, shape (n, P)
        Log of the mean squared error of interval totals and of the next period, relative to the baseline; NaN where not measured.
    windows, steps : float arrays, shape (n,)
        Independent windows and single periods they were measured on.
    """

    total: np.ndarray
    one: np.ndarray
    windows: np.ndarray
    steps: np.ndarray


def weights(
    evidence: Evidence, *, prior: np.ndarray, allowed: np.ndarray, like: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the methods combined for each series, best first, and their weights, both of shape (n, C); -1 and 0 for none.

    Parameters
    ----------
    evidence : Evidence
    prior : float array, shape (P,)
    allowed : bool array, shape (n, P)
        Element 0, the baseline, is always allowed.
    like : int array, shape (n,)
        Class of the series.
    """
    score = log_posterior(evidence, prior=prior, allowed=allowed, like=like)
    count = min(_MOST, score.shape[1])
    top = np.argpartition(-score, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(score, top, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    top, found = np.take_along_axis(top, order, axis=1), np.take_along_axis(found, order, axis=1)
    share = np.exp(found - found[:, :1])
    share = np.where(share >= _LEAST, share, 0.0)
    share /= share.sum(axis=1, keepdims=True)
    return np.where(share > 0, top, -1).astype(np.int64), share


def log_posterior(evidence: Evidence, *, prior: np.ndarray, allowed: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the tempered log weight of each method for each series, shape (n, P); -inf where it may not be used."""
    total, one = evidence.total.astype(np.float64), evidence.one.astype(np.float64)
    usable = allowed & ~np.isnan(one)
    usable[:, 0] = True
    total[:, 0], one[:, 0] = 0.0, 0.0
    # too few whole windows: then only the next period speaks
    whole = np.where(np.isnan(total), 0.0, total)
    class_total = _class_mean(np.where(usable, total, np.nan), evidence.windows, like)
    class_one = _class_mean(np.where(usable, one, np.nan), evidence.steps, like)
    blended = np.where(np.isnan(class_total), class_one, class_total)
    pooled = np.nan_to_num(blended)[like]
    own = evidence.windows[:, None] * whole + _ONE_STEP * evidence.steps[:, None] * np.nan_to_num(one)
    score = -0.5 * _TEMPER * (own + _CLASS_WINDOWS * pooled) + np.log(prior)
    return np.where(usable, score, -np.inf)


def _class_mean(loss: np.ndarray, number: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the mean loss of each class and method, shape (classes, P); a series counts by its windows, up to a few; NaN for none."""
    weight = np.where(np.isnan(loss), 0.0, np.minimum(number, _CLASS_WINDOWS)[:, None])
    size = int(like.max(initial=-1)) + 1
    sums, counts = np.zeros((size, loss.shape[1])), np.zeros((size, loss.shape[1]))
    np.add.at(sums, like, weight * np.nan_to_num(loss))
    np.add.at(counts, like, weight)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
