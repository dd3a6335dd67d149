"""Boosted trees as challengers of the statistical forecast: alone, and half and half with it; calibrated like everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.boosted.task import LEVELS as TREE_LEVELS
from invopt_xl.core.forecast.boosted.task import Boosted, Task
from invopt_xl.core.forecast.calibrate import NODES, Calibration, shifts
from invopt_xl.core.forecast.champion import SERVICE_LEVELS
from invopt_xl.core.forecast.common_shock import Clusters
from invopt_xl.core.forecast.fan import fan_quantile
from invopt_xl.core.forecast.held_back import HeldBackOrigins
from invopt_xl.core.forecast.situation import Situation
from invopt_xl.core.forecast.statistical import Statistical
from invopt_xl.core.forecast.tried import LEVELS, Tried

TREES = "boosted trees"
BLEND = "combination with boosted trees"

#: Series and demand figures below which trees are not tried: they would learn single series by heart.
_FEWEST_SERIES = 20
_FEWEST_FIGURES = 4000


@dataclass(frozen=True)
class Challenger:
    """A forecast by trees or with trees.

    Parameters
    ----------
    tried : Tried
        On held-back windows.
    stock : float array, shape (n, K, levels)
        Its quantiles at champion.SERVICE_LEVELS there [units].
    ahead_total : float array, shape (n,)
        Expected total of the interval that lies ahead; NaN for none [units].
    ahead : float array, shape (n, Q)
        Its quantiles at boosted.task.LEVELS.
    share : float
        Weight of the trees.
    """

    tried: Tried
    stock: np.ndarray
    ahead_total: np.ndarray
    ahead: np.ndarray
    share: float

    def ahead_at_levels(self) -> np.ndarray:
        """Return the quantiles ahead at tried.LEVELS, shape (n, 5)."""
        n = len(self.ahead)
        return np.stack([fan_quantile(self.ahead, TREE_LEVELS, np.full(n, p)) for p in LEVELS], axis=1)


@dataclass(frozen=True)
class Challengers:
    """Both challengers, what they were made from, and what must be said; `both` is empty where trees were not tried."""

    both: tuple[Challenger, ...] = ()
    task: Task | None = None
    boosted: Boosted | None = None
    findings: tuple[Finding, ...] = ()


def challenge(
    situation: Situation,
    held: HeldBackOrigins,
    actual: np.ndarray,
    judged: Statistical,
    statistical: Statistical,
    reference: np.ndarray,
    clusters: Clusters,
    *,
    learned: Mapping[str, Any] | None,
    progress: Callable[[str], None] = lambda _: None,
) -> Challengers:
    """Return what boosted trees say, fitted now or `learned` before.

    Parameters
    ----------
    situation : Situation
    held : HeldBackOrigins
    actual : float array, shape (n, K)
    judged, statistical : Statistical
        What is challenged and blended with: as it was on the held-back windows, and as it is now.
    reference : float array, shape (n, T)
        Its forecast of the interval total at each origin, promotions included [units].
    clusters : Clusters
    learned : mapping or None
    """
    figures = int((~np.isnan(situation.base)).sum())
    if situation.settings.boosted_trees == "off" or not (held.origins >= 0).any():
        return Challengers()
    if len(actual) < _FEWEST_SERIES or figures < _FEWEST_FIGURES:
        return Challengers()
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return Challengers(findings=(_missing(),))
    from invopt_xl.core.forecast.boosted.boost import boost

    task = _task(situation, held, reference)
    boosted = boost(task, seed=situation.settings.seed, learned=learned, progress=progress)
    if np.isnan(boosted.judged_total).all() or np.isnan(boosted.total).all():
        return Challengers(task=task, boosted=boosted)
    trees = _Fan(boosted.judged_total, boosted.judged_quantiles, boosted.total, boosted.quantiles)
    trees = _calibrated(trees, actual, judged.group, clusters)
    blend = _calibrated(_blended(trees, judged, statistical), actual, judged.group, clusters)
    both = tuple(_challenger(name, fan, share) for name, fan, share in ((BLEND, blend, 0.5), (TREES, trees, 1.0)))
    return Challengers(both, task, boosted)


@dataclass(frozen=True)
class _Fan:
    """Totals and quantiles at boosted.task.LEVELS: held back (n, K), (n, K, Q), and ahead (n,), (n, Q)."""

    total: np.ndarray
    quantiles: np.ndarray
    ahead_total: np.ndarray
    ahead: np.ndarray


def _missing() -> Finding:
    return Finding(
        "info",
        "Settings",
        "boosted_trees",
        "Boosted trees did not compete: LightGBM is not installed or cannot be loaded.",
        "Install the extra 'learn', or set boosted_trees to off.",
    )


def _task(situation: Situation, held: HeldBackOrigins, reference: np.ndarray) -> Task:
    history, terms, segments = situation.history, situation.terms.frame, situation.segments.frame
    n = len(situation.width)

    def text(values: pd.Series) -> np.ndarray:
        return values.astype("str").fillna("").to_numpy(dtype=object)

    attributes = pd.DataFrame(
        {
            "category": text(terms["category"]),
            "supplier": text(terms["supplier"]),
            "location": text(history.series["location"]),
            "abc": text(segments["abc"]),
            "demand_class": text(segments["demand_class"]),
            "unit_cost": terms["unit_cost"].to_numpy(dtype=float),
            "unit_price": terms["unit_price"].to_numpy(dtype=float),
        }
    )
    return Task(
        demand=history.demand,
        censored=history.censored,
        width=situation.width,
        reference=reference,
        starts=history.starts,
        period=history.period,
        drivers=situation.drivers,
        attributes=attributes,
        age_at_start=np.zeros(n),
        origins=held.origins,
        cutoff=held.cutoff,
    )


def _blended(trees: _Fan, judged: Statistical, statistical: Statistical) -> _Fan:
    """Return the mean of totals and of quantiles (Vincent averaging; Lichtendahl, Grushka-Cockayne & Winkler 2013, Mgmt. Sci. 59, 1594-1611)."""
    held = np.stack([judged.held(level) for level in TREE_LEVELS], axis=2)
    ahead = np.stack([statistical.ahead(level) for level in TREE_LEVELS], axis=1)
    return _Fan(
        (trees.total + judged.trial.mean) / 2,
        (trees.quantiles + held) / 2,
        (trees.ahead_total + statistical.coming.mean[:, 0]) / 2,
        (trees.ahead + ahead) / 2,
    )


def _calibrated(fan: _Fan, actual: np.ndarray, group: np.ndarray, clusters: Clusters) -> _Fan:
    """Return the fan with its quantiles moved by what came, in parts of its own width."""
    n, k, q = fan.quantiles.shape
    flat = fan.quantiles.reshape(n * k, q)
    width, width_ahead = (np.where(w > 0, w, np.nan) for w in (_width(flat).reshape(n, k), _width(fan.ahead)))
    exceeded = np.stack(
        [(actual - fan_quantile(flat, TREE_LEVELS, np.full(n * k, p)).reshape(n, k)) / width for p in NODES], axis=2
    )
    found = Calibration(shifts(exceeded, group, clusters, classes=int(group.max(initial=-1)) + 1), np.ones(0))
    held, ahead = fan.quantiles.copy(), fan.ahead.copy()
    for j, level in enumerate(TREE_LEVELS):
        shift = found.shift_at(np.full(n, level), group)
        held[:, :, j] = np.maximum(held[:, :, j] + shift[:, None] * np.nan_to_num(width), 0.0)
        ahead[:, j] = np.maximum(ahead[:, j] + shift * np.nan_to_num(width_ahead), 0.0)
    return _Fan(fan.total, np.maximum.accumulate(held, axis=2), fan.ahead_total, np.maximum.accumulate(ahead, axis=1))


def _width(quantiles: np.ndarray) -> np.ndarray:
    """Return how far the highest quantile lies above the median, shape (m,)."""
    width: np.ndarray = quantiles[:, -1] - quantiles[:, TREE_LEVELS.index(0.5)]
    return width


def _challenger(name: str, fan: _Fan, share: float) -> Challenger:
    n, k, q = fan.quantiles.shape
    flat = fan.quantiles.reshape(n * k, q)
    at_levels, stock = (
        np.stack([fan_quantile(flat, TREE_LEVELS, np.full(n * k, p)) for p in levels], axis=1)
        for levels in (LEVELS, SERVICE_LEVELS)
    )
    return Challenger(
        Tried(name, fan.total, at_levels.reshape(n, k, -1)), stock.reshape(n, k, -1), fan.ahead_total, fan.ahead, share
    )
