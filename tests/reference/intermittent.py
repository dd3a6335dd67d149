"""Croston's method and what came of it, for demand with many empty periods; all series at once.

Croston (1972), Oper. Res. Q. 23, 289-303; SBA: Syntetos & Boylan (2005), IJF 21, 303-314; TSB: Teunter, Syntetos & Babai (2011), EJOR 214,
606-615.
"""

from __future__ import annotations

import numpy as np

from tests.reference.smoothing import flat_run
from tests.reference.windows import Run, Windows


def croston_levels(
    values: np.ndarray, *, alpha: float, bias_factor: float = 1.0, average_start: bool = False
) -> np.ndarray:
    """Return Croston's demand rate after each period, shape (T, n).

    Parameters
    ----------
    values : float array, shape (T, n)
        Demand; NaN before the first period of life.
    alpha : float in (0, 1]
        Smoothing of sizes and intervals.
    bias_factor : float
        1 for Croston, 1 - alpha / 2 for SBA.
    average_start : bool
        Start as the plain average of what was seen. Without it the first size and interval keep the weight that the textbook gives them; a life
        that starts with its first sale then starts with an interval of one period, which is no observation.

    >>> croston_levels(np.array([[1.0, 0, 0, 0, 2, 0, 0]]).T, alpha=0.1)[-1].round(7)
    array([0.8461538])
    """
    n = values.shape[1]
    size, interval, since = np.zeros(n), np.zeros(n), np.ones(n)
    started = np.zeros(n, dtype=bool)
    known, rates = ~np.isnan(values), np.empty(values.shape)
    filled, hits = np.nan_to_num(values), np.zeros(n)
    for t in range(len(values)):
        hit = filled[t] > 0
        first, again = hit & ~started, hit & started
        hits = hits + hit
        of_size = np.maximum(alpha, 1 / np.maximum(hits, 1)) if average_start else alpha
        of_interval = np.maximum(alpha, 1 / np.maximum(hits - 1, 1)) if average_start else alpha
        size = np.where(first, filled[t], np.where(again, size + of_size * (filled[t] - size), size))
        interval = np.where(first, since, np.where(again, interval + of_interval * (since - interval), interval))
        since = np.where(hit, 1.0, since + known[t])
        started |= hit
        rates[t] = np.divide(size, interval, out=np.zeros(n), where=interval > 0)
    return rates * bias_factor


def tsb_levels(
    values: np.ndarray, *, alpha_size: float, alpha_chance: float, average_start: bool = False
) -> np.ndarray:
    """Return the demand rate of Teunter, Syntetos & Babai after each period, shape (T, n): it fades when demand stops.

    Parameters
    ----------
    values : float array, shape (T, n)
        Demand; NaN before the first period of life.
    alpha_size, alpha_chance : float in (0, 1]
        Smoothing of sizes, and of the chance of demand.
    average_start : bool
        See `croston_levels`.
    """
    n = values.shape[1]
    size, chance, hits, seen = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    known, filled, rates = ~np.isnan(values), np.nan_to_num(values), np.empty(values.shape)
    for t in range(len(values)):
        hit = filled[t] > 0
        seen, hits = seen + known[t], hits + hit
        of_size = np.maximum(alpha_size, 1 / np.maximum(hits, 1)) if average_start else alpha_size
        of_size = np.where(hits == 1, 1.0, of_size)
        size = np.where(hit, size + of_size * (filled[t] - size), size)
        of_chance = np.maximum(alpha_chance, 1 / np.maximum(seen, 1)) if average_start else alpha_chance
        of_chance = np.where(seen == 1, 1.0, of_chance) * known[t]
        chance = chance + of_chance * (hit - chance)
        rates[t] = size * chance
    return rates


def croston(windows: Windows, *, alpha: float) -> Run:
    """Return Croston's method."""
    return flat_run(croston_levels(windows.demand, alpha=alpha, average_start=True), windows)


def sba(windows: Windows, *, alpha: float) -> Run:
    """Return the Syntetos-Boylan approximation: Croston less its bias."""
    rates = croston_levels(windows.demand, alpha=alpha, bias_factor=1 - alpha / 2, average_start=True)
    return flat_run(rates, windows)


def tsb(windows: Windows, *, alpha_size: float, alpha_chance: float) -> Run:
    """Return the Teunter-Syntetos-Babai method."""
    rates = tsb_levels(windows.demand, alpha_size=alpha_size, alpha_chance=alpha_chance, average_start=True)
    return flat_run(rates, windows)
