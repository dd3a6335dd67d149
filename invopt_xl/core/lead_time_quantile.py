"""Quantiles of lead times: of an item from its nodes, of a supplier from mean and spread."""

from __future__ import annotations

import numpy as np


def node_quantile(atoms: np.ndarray, chance: float) -> np.ndarray:
    """Return the lead time that is not exceeded with this chance, from equal-probability nodes.

    Parameters
    ----------
    atoms : float array, shape (n, J)
        Ascending days; node j is the mean of the j-th slice of probability (`lead_times.LeadTimes`).
    chance : float in (0, 1)

    Returns
    -------
    float array, shape (n,)
        Days; straight between the middles of the slices, constant beyond the first and the last. With the eleven nodes of a plan within 3 %
        between 10 and 90 % (tests/core/test_lead_time_quantile.py); further out too near the middle.

    >>> node_quantile(np.array([[10.0, 20.0]]), 0.5), node_quantile(np.array([[10.0, 20.0]]), 0.99)
    (array([15.]), array([20.]))
    """
    middles = (np.arange(atoms.shape[1]) + 0.5) / atoms.shape[1]
    at = float(np.interp(chance, middles, np.arange(len(middles))))
    low = int(at)
    high = min(low + 1, len(middles) - 1)
    found: np.ndarray = atoms[:, low] + (at - low) * (atoms[:, high] - atoms[:, low])
    return found


def gamma_quantile(*, mean_days: float, sd_days: float, chance: float) -> float:
    """Return the lead time [days] that is not exceeded with this chance, for a gamma distribution with these moments.

    Without spread it is the mean.

    >>> round(gamma_quantile(mean_days=20.0, sd_days=5.0, chance=0.9), 4), gamma_quantile(mean_days=20.0, sd_days=0.0, chance=0.9)
    (26.6155, 20.0)
    """
    from scipy import special

    if not (sd_days > 0 and mean_days > 0):
        return float(mean_days)
    shape = (mean_days / sd_days) ** 2
    return float(special.gammaincinv(shape, chance) * mean_days / shape)
