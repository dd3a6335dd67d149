"""How far demand may stray from its forecast: variance of the interval total from walk-forward errors, and how it grows with the interval.

The error of a total over `width` periods is measured directly (it contains trend, autocorrelation and the doubt about the level, which a sum of
one-step variances misses). Few windows are blended with the one-step error scaled up, and with what is usual for items of that size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Usual growth of the error variance with the length of the interval: 1 for independent errors around a known level.
_GROWTH = 1.15
_STEEPEST = 1.6

#: Independent windows at which direct and scaled errors count the same.
_HALF = 3.0

#: Parameters that a method was tuned by on the same windows: the errors there understate those to come, as in the final prediction error
#: of Akaike (1970), Ann. Inst. Stat. Math. 22, 203-217.
_TUNED = 2.0

#: One-step errors from which an item's own spread is taken alone.
_ENOUGH = 12.0

#: Squared coefficient of variation of an item nothing is known of, and of which no other item tells.
_UNKNOWN_CV2 = 0.25


@dataclass(frozen=True)
class Errors:
    """Walk-forward errors of n series, each of shape (n,): mean squared error of the interval total and number of windows; the same one
    period ahead."""

    squared: np.ndarray
    windows: np.ndarray
    one_squared: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class Spread:
    """Variance of interval totals of n series: `variance` at `width` periods, growing with the power `growth`, as sure as that of `observations`
    independent errors; all of shape (n,)."""

    variance: np.ndarray
    width: np.ndarray
    growth: np.ndarray
    observations: np.ndarray

    def at(self, periods: np.ndarray) -> np.ndarray:
        """Return the variance over `periods`, shape (n,) or (n, J) [units squared]."""
        wide = periods.ndim == 2
        variance, width, growth = (
            column[:, None] if wide else column for column in (self.variance, self.width, self.growth)
        )
        # below one period errors are taken as independent
        ratio = np.maximum(periods, 1.0) / width
        result: np.ndarray = variance * ratio**growth * np.minimum(periods, 1.0)
        return result


def walk_forward_errors(
    one: np.ndarray, total: np.ndarray, base: np.ndarray, *, width: np.ndarray, scored: np.ndarray, end: int
) -> Errors:
    """Return the errors on scored windows that end before period `end`.

    Parameters
    ----------
    one, total : float arrays, shape (n, T)
        From `panel.Run`.
    base : float array, shape (n, T)
    width : int array, shape (n,)
    scored : int array, shape (n, 2)
        First and last origin.
    end : int
    """
    n, periods = base.shape
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(base, axis=1)], axis=1)
    at = np.arange(periods)
    stop = np.minimum(at + 1 + width[:, None], periods)
    actual = np.take_along_axis(sums, stop, axis=1) - sums[:, 1:]
    inside = (at >= scored[:, :1]) & (at <= scored[:, 1:]) & (at + width[:, None] < end) & ~np.isnan(total)
    single = (at[:-1] >= scored[:, :1]) & (at[:-1] + 1 < end) & ~np.isnan(one[:, :-1])
    squared, windows = _mean_square(np.where(inside, total - actual, 0.0), inside)
    one_squared, steps = _mean_square(np.where(single, one[:, :-1] - base[:, 1:], 0.0), single)
    return Errors(squared, windows, one_squared, steps)


def _mean_square(error: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = known.sum(axis=1).astype(float)
    return (error**2).sum(axis=1) / np.maximum(count, 1.0), count


def interval_spread(errors: Errors, *, level: np.ndarray, age: np.ndarray, width: np.ndarray) -> Spread:
    """Return the spread of each series.

    Parameters
    ----------
    errors : Errors
    level : float array, shape (n,)
        Expected demand per period [units].
    age : float array, shape (n,)
        Periods of life.
    width : int array, shape (n,)
        Length of the windows [periods].
    """
    wide = width.astype(float)
    own = np.clip(errors.steps / _ENOUGH, 0.0, 1.0)
    usual = _usual_variance(errors.one_squared, level, trusted=(own >= 1) & (level > 0))
    one = own * errors.one_squared + (1 - own) * usual
    independent = errors.windows / wide
    trust = independent / (independent + _HALF)
    direct = errors.squared * (1 + _TUNED / np.maximum(independent, _TUNED))
    # a young series does not know its level well
    young = (1 - own) * one * wide**2 / np.maximum(age, 1.0)
    variance = trust * direct + (1 - trust) * (one * wide**_GROWTH + young)
    # relative sampling variances of two estimates, weighted as they are blended
    doubt = trust**2 / np.maximum(independent, 1.0) + (1 - trust) ** 2 / np.maximum(errors.steps, 1.0)
    return Spread(variance, wide, _growth(direct, errors.one_squared, wide, trust), 1 / doubt)


def _growth(direct: np.ndarray, one: np.ndarray, width: np.ndarray, trust: np.ndarray) -> np.ndarray:
    usable = (direct > 0) & (one > 0) & (width > 1)
    ratio = np.divide(direct, one, out=np.ones_like(one), where=usable)
    measured = np.log(ratio) / np.log(np.maximum(width, 2.0))
    blended = trust * np.clip(measured, 1.0, _STEEPEST) + (1 - trust) * _GROWTH
    return np.where(usable, blended, _GROWTH)


def _usual_variance(one: np.ndarray, level: np.ndarray, *, trusted: np.ndarray) -> np.ndarray:
    """Return the variance usual for that level: Taylor's power law over the well known series (Taylor 1961, Nature 189, 732-735)."""
    fallback = np.maximum(level, _UNKNOWN_CV2 * level**2)
    known = trusted & (one > 0)
    if known.sum() < 10:
        result: np.ndarray = fallback
        return result
    x, y = np.log(level[known]), np.log(one[known])
    spread = ((x - x.mean()) ** 2).sum()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / spread if spread > 0 else 1.5
    slope = float(np.clip(slope, 1.0, 2.0))
    usual = np.exp(y.mean() + slope * (np.log(np.maximum(level, 1e-12)) - x.mean()))
    return np.where(level > 0, usual, 0.0)
