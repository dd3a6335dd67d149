"""The unit in which pooled trees count: what makes totals of small and large series alike. Serves the boosted trees."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.boosted.panel import Panel, share

#: Neither part of the scale is less than this share of the item's mean over its life: otherwise, where demand seems to have died out, one sale
#: is a hundredfold of the scale [share].
FLOOR = 0.25

#: Weight of the recent mean in the geometric mean with the reference. Measured on the earlier windows of four public sets (scaled pinball; 0, 1/4,
#: 1/2, 1): with the reference alone the trees inherit its mistakes where it is poor (jewelry 0.262, 0.226, 0.208, 0.185), with the recent mean alone
#: they must find the season again that a good reference knows (hospital 0.255, 0.259, 0.260, 0.261; stallion beer 0.424, 0.422, 0.427, 0.430).
RECENT_SHARE = 0.25

#: Length of the recent mean: about half a year [periods].
RECENT: dict[Period, int] = {"day": 91, "week": 26, "month": 6}


def scale_at(panel: Panel, row: np.ndarray, origin: np.ndarray, *, period: Period) -> np.ndarray:
    """Return what totals are divided by at each (row, origin): mostly the reference, in part the item's recent mean.

    Parameters
    ----------
    panel : Panel
    row, origin : int array, shape (pairs,)
    period : {"day", "week", "month"}

    Returns
    -------
    float array, shape (pairs,)
        reference^(1 - RECENT_SHARE) x recent^RECENT_SHARE, each at least FLOOR of the usual total of such an interval; NaN where neither a
        reference nor demand is known [units].
    """
    width = panel.width[row]
    usual = share(panel.sums[row, origin + 1], panel.known[row, origin + 1]) * width
    recent = np.fmax(panel.mean(row, origin + 1, RECENT[period]) * width, FLOOR * usual)
    said = panel.reference[row, origin]
    reference = np.where(np.isnan(said), recent, np.fmax(said, FLOOR * usual))
    recent = np.where(recent > 0, recent, reference)  # not sold yet: the reference alone
    result: np.ndarray = np.where(
        reference > 0,
        np.maximum(reference, 0.0) ** (1 - RECENT_SHARE) * np.maximum(recent, 0.0) ** RECENT_SHARE,
        np.nan,
    )
    return result
