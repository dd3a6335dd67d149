"""Standard loss functions: expected demand beyond a stock level, E(X - x)+, on plain numbers or arrays.

Source: Snyder & Shen (2019), Fundamentals of Supply Chain Theory, 2nd ed., appendix C; tests/worked_examples holds their numbers.
"""

from __future__ import annotations

import numpy as np
from scipy import special

Numbers = np.ndarray | float

_ROOT_TWO_PI = np.sqrt(2 * np.pi)


def standard_normal_loss(z: Numbers) -> np.ndarray:
    """Return E(Z - z)+ of a standard normal Z.

    >>> standard_normal_loss(1.3).round(10)
    np.float64(0.0455279621)
    """
    # [()] makes a single value a plain number, with which numpy is five times faster; an array stays one
    z = np.asarray(z, dtype=float)[()]
    loss: np.ndarray = np.exp(z * z / -2) / _ROOT_TWO_PI - z * special.ndtr(-z)
    return loss


def normal_loss(x: Numbers, *, mean: Numbers, sd: Numbers) -> np.ndarray:
    """Return E(X - x)+ of normal demand [units].

    Parameters
    ----------
    x : float or array
        Stock level [units].
    mean, sd : float or array
        Of demand [units]; sd above 0.

    >>> normal_loss(18.6, mean=15, sd=3).round(10)
    np.float64(0.1683073522)
    """
    loss: np.ndarray = sd * standard_normal_loss((np.asarray(x, dtype=float) - mean) / sd)
    return loss


def lognormal_loss(x: Numbers, *, log_mean: Numbers, log_sd: Numbers) -> np.ndarray:
    """Return E(X - x)+ of lognormal demand; `log_mean` and `log_sd` are those of log X, x above 0.

    >>> lognormal_loss(10, log_mean=2, log_sd=0.3).round(10)
    np.float64(0.2836497389)
    """
    z = (np.log(np.asarray(x, dtype=float)) - log_mean) / log_sd
    mean = np.exp(np.asarray(log_mean, dtype=float) + np.square(log_sd) / 2)
    loss: np.ndarray = mean * special.ndtr(log_sd - z) - x * special.ndtr(-z)
    return loss


def poisson_loss(x: Numbers, *, mean: Numbers) -> np.ndarray:
    """Return E(X - x)+ of Poisson demand for whole x, at least 0.

    >>> poisson_loss(18, mean=15).round(10)
    np.float64(0.5176095283)
    """
    x = np.asarray(x, dtype=float)
    density = np.exp(x * np.log(mean) - mean - special.gammaln(x + 1))
    loss: np.ndarray = (mean - x) * special.pdtrc(x, mean) + mean * density
    return loss


def gamma_loss(x: Numbers, *, mean: Numbers, sd: Numbers) -> np.ndarray:
    """Return E(X - x)+ of gamma demand, x at least 0; sd above 0.

    >>> gamma_loss(0.0, mean=15.0, sd=3.0).round(9)
    np.float64(15.0)
    """
    x, mean = np.asarray(x, dtype=float), np.asarray(mean, dtype=float)
    shape, scale = np.square(mean / sd), np.square(sd) / mean
    loss: np.ndarray = mean * special.gammaincc(shape + 1, x / scale) - x * special.gammaincc(shape, x / scale)
    return loss


def negative_binomial_loss(x: Numbers, *, mean: Numbers, sd: Numbers) -> np.ndarray:
    """Return E(X - x)+ of negative binomial demand for whole x, at least 0; the variance must exceed the mean.

    >>> negative_binomial_loss(0, mean=2.0, sd=2.0).round(9)
    np.float64(2.0)
    """
    x, mean = np.asarray(x, dtype=float), np.asarray(mean, dtype=float)
    variance = np.square(sd)
    chance, successes = mean / variance, mean**2 / (variance - mean)
    # E(X; X > x) = mean x P(Y > x - 1), Y with one success more
    beyond = 1 - special.betainc(successes, x + 1, chance)
    shifted = np.where(x > 0, 1 - special.betainc(successes + 1, np.maximum(x, 1), chance), 1.0)
    loss: np.ndarray = mean * shifted - x * beyond
    return loss
