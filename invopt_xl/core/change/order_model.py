"""The order that kept inputs lead to, as whole columns: the rules of `policy.policy` and `replenish.orders` on one row of numbers per item.

Demand over the protection interval of d days has mean demand_per_day x d x demand_correction and variance

    (cv x mean over d0 days)^2 (d / d0)^growth + demand_per_day^2 x variance of the lead time

(Silver, Pyke & Thomas 2017, sec. 6.10), and the level of a gamma with these moments (Burgin 1975, Oper. Res. Q. 26, 507-525) moved by `tail_correction`
standard deviations: with the inputs of one run this is the level of that run, and between two runs it follows the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import special

from invopt_xl.core.contracts import TAIL_LEVELS
from invopt_xl.core.policy.eoq import economic_order_quantity
from invopt_xl.core.replenish.rounding import order_step, round_order

DAYS_PER_YEAR = 365.25

#: As in `replenish.orders`.
_DUST = 1e-9

#: Halvings when a shortage is inverted: a part in 10^8 of the search interval.
_HALVINGS = 27

#: Least relative spread that is not certain demand.
_CERTAIN = 1e-6

#: Distance of normal scores over which the kept correction of a run's own target goes over to that between knots.
_NEAR = 0.25

Columns = Mapping[str, np.ndarray]


def order_quantity(c: Columns, *, level: np.ndarray | None = None) -> np.ndarray:
    """Return the orders (n,) [units] that the columns of `basis.BASIS` lead to, before limits that orders share.

    Parameters
    ----------
    c : mapping of str to array, shape (n,)
    level : float array, shape (n,), optional
        `corrected_level` of the same columns, if it is known already.
    """
    expected = expected_demand(c)
    level = corrected_level(c) if level is None else level
    review, lot, _ = _cycle(c)
    over_review = c["demand_per_day"] * review
    beyond = np.where(review > 0, np.maximum(lot - over_review, 0.0), lot)
    damped = np.maximum(level + c["damping_units"], 0.0)
    safety = damped - expected
    safety = _over(c["min_stock"], safety, c["min_stock"] > safety)
    safety = _over(c["override_safety_stock"], safety)
    s = np.where(safety == damped - expected, damped, np.maximum(expected + safety, 0.0))
    s = _over(c["override_reorder_point"], s)
    up_to = _over(c["override_order_up_to"], s + beyond)
    s = np.minimum(s, up_to)
    for cap in (c["shelf_cap"], c["max_stock"]):
        up_to = _over(cap, up_to, cap < up_to)
    s = np.minimum(s, up_to)
    blocked = c["blocked"].astype(bool)
    return _sized(c, np.where(blocked, 0.0, s), np.where(blocked, 0.0, up_to), blocked)


def _over(new: np.ndarray, old: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Return `new` where it is known (and `where` holds), else `old`."""
    known = ~np.isnan(new)
    return np.where(known if where is None else known & where, new, old)


def _sized(c: Columns, s: np.ndarray, up_to: np.ndarray, blocked: np.ndarray) -> np.ndarray:
    position = c["on_hand"] + c["on_order"] - c["backorders"] - c["reserved"]
    known = ~np.isnan(position)
    at = np.where(known, position, np.inf)
    dust = _DUST * np.maximum(1.0, np.abs(up_to))
    due = np.where(up_to - s > dust, at <= s + dust, at < s - dust) & (up_to - at > dust) & ~blocked
    wanted = np.where(due, up_to - np.where(known, position, 0.0), 0.0)
    step = order_step(c["pack_size"], whole=c["whole_units"].astype(bool))
    room = np.where(np.isnan(c["max_stock"] - position), np.inf, c["max_stock"] - position)
    return round_order(wanted, moq=c["moq"], pack_size=step, most=room).quantity


def expected_demand(c: Columns) -> np.ndarray:
    """Return expected demand over the protection interval (n,) [units]."""
    days = c["lead_time_days"] + c["review_period_days"]
    result: np.ndarray = c["demand_per_day"] * days * c["demand_correction"]
    return result


def standard_deviation(c: Columns) -> np.ndarray:
    """Return the standard deviation of demand over the protection interval (n,) [units]."""
    days, reference = c["lead_time_days"] + c["review_period_days"], c["demand_cv_days"]
    usual = c["demand_cv"] * c["demand_per_day"] * reference * c["demand_correction"]
    longer = np.divide(days, reference, out=np.ones(len(days)), where=reference > 0)
    variance = usual**2 * longer ** c["demand_cv_growth"] + (c["demand_per_day"] * c["lead_time_sd_days"]) ** 2
    result: np.ndarray = np.sqrt(variance)
    return result


def corrected_level(c: Columns) -> np.ndarray:
    """Return the level that the service target asks for (n,) [units]."""
    result: np.ndarray = reorder_level(c) + _tail(c) * standard_deviation(c)
    return result


def _tail(c: Columns) -> np.ndarray:
    """Return the correction of the level at the service target [standard deviations] (n,)."""
    wanted, own = special.ndtri(c["service_level"]), special.ndtri(c["tail_service"])
    near = np.clip(1 - np.abs(wanted - own) / _NEAR, 0.0, 1.0)
    between = _between_knots(c, wanted)
    result: np.ndarray = between + near * (c["tail_correction"] - _between_knots(c, own))
    return result


def _between_knots(c: Columns, score: np.ndarray) -> np.ndarray:
    scores = special.ndtri(np.array(list(TAIL_LEVELS.values())))
    kept = np.column_stack([c[name] for name in TAIL_LEVELS])
    inside = np.clip(score, scores[0], scores[-1])
    right = np.clip(np.searchsorted(scores, inside, side="right"), 1, len(scores) - 1)
    rows = np.arange(len(score))
    share = (inside - scores[right - 1]) / (scores[right] - scores[right - 1])
    result: np.ndarray = kept[rows, right - 1] + share * (kept[rows, right] - kept[rows, right - 1])
    return result


def reorder_level(c: Columns) -> np.ndarray:
    """Return the level of a gamma that meets the service target (n,) [units]."""
    mean, sd = expected_demand(c), standard_deviation(c)
    random = (mean > 0) & (sd > _CERTAIN * mean)
    shape = np.divide(mean, sd, out=np.ones(len(mean)), where=random) ** 2
    scale = np.where(random, mean / shape, 1.0)
    fill = c["service_measure"] == "fill"
    level = mean.copy()
    rows = np.flatnonzero(random & ~fill)
    level[rows] = special.gammaincinv(shape[rows], c["service_level"][rows]) * scale[rows]
    rows = np.flatnonzero(fill)
    if len(rows):
        allowed = (1 - c["service_level"][rows]) * _cycle(c)[2][rows]
        level[rows] = _level_for_loss(mean[rows], shape[rows], scale[rows], random[rows], allowed)
    return level


def _level_for_loss(
    mean: np.ndarray, shape: np.ndarray, scale: np.ndarray, random: np.ndarray, allowed: np.ndarray
) -> np.ndarray:
    """Return the lowest level with expected shortage of at most `allowed`, all (k,)."""
    low, high = np.zeros(len(mean)), mean + 12 * np.sqrt(shape) * scale + 30 * scale
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = mean * special.gammaincc(shape + 1, middle / scale) - middle * special.gammaincc(shape, middle / scale)
        short = np.where(random, short, np.maximum(mean - middle, 0.0))
        enough = short <= allowed
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return np.where(mean <= allowed, 0.0, high)


def _cycle(c: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return review period [days], lot and units per cycle [units], each (n,)."""
    review, per_day = c["review_period_days"], c["demand_per_day"]
    holding, order = c["unit_cost"] * c["holding_rate"], c["order_cost"]
    usable = (np.nan_to_num(holding) > 0) & (np.nan_to_num(order) > 0)
    best = economic_order_quantity(
        np.where(usable, per_day * DAYS_PER_YEAR, 0.0),
        order_cost=np.where(usable, order, 1.0),
        holding_cost=np.where(usable, holding, 1.0),
    )
    continuous = np.maximum(np.maximum(c["moq"], c["pack_size"]), per_day * c["period_days"])
    lot = np.where(usable, np.maximum(best, c["moq"]), np.where(review > 0, per_day * review, continuous))
    return review, lot, np.maximum(np.maximum(lot, per_day * review), c["moq"])
