"""The unit in which pooled trees count: what makes totals of small and large series alike. Serves the boosted trees."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.boosted.panel import Panel, share

#: The scale is not less than this share of the item's mean over its life: otherwise, where demand seems to have died out, one sale is
#: a hundredfold of the scale [share].
FLOOR = 0.25


def scale_at(panel: Panel, row: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Return what totals are divided by at each (row, origin): the reference, at least a share of the item's usual total.

    Parameters
    ----------
    panel : Panel
    row, origin : int array, shape (pairs,)

    Returns
    -------
    float array, shape (pairs,)
        NaN where neither a reference nor demand is known [units].
    """
    usual = share(panel.sums[row, origin + 1], panel.known[row, origin + 1]) * panel.width[row]
    said = panel.reference[row, origin]
    scale = np.fmax(said, FLOOR * usual)
    scale = np.where(np.isnan(said), usual, scale)
    result: np.ndarray = np.where(scale > 0, scale, np.nan)
    return result
