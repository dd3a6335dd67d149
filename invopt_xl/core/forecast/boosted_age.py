"""How long fitted trees may be used: their age, the settings they were fitted with, and whether they still forecast as well. Serves saving and reusing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.boosted.task import LEVELS, Task
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.settings import Settings

#: Settings that change what is learned.
SETTINGS_THAT_MATTER = ("country", "seed")

#: Share of today's items that the trees must have been fitted on; below it they are those of another range.
LEAST_KNOWN = 0.5


@dataclass(frozen=True)
class Saved:
    """Trees that were fitted in an earlier run, with what is to be known of that run.

    Parameters
    ----------
    learned : mapping
        `Boosted.learned`.
    trained_on : Timestamp
        Last day with known sales of the run.
    skus : frozenset of str
        Marks of the items (`sku_mark`): enough to know them again, not to read them.
    loss : float
        `held_back_loss` of the run; NaN if unknown.
    settings : mapping
        Values of SETTINGS_THAT_MATTER.
    """

    learned: Mapping[str, Any]
    trained_on: pd.Timestamp
    skus: frozenset[str]
    loss: float
    settings: Mapping[str, object]

    @property
    def data_hash(self) -> str:
        """SHA-256 of what the trees were fitted on: period, features and items."""
        return data_hash(str(self.learned["period"]), self.learned["features"], self.skus)


def sku_mark(sku: str) -> str:
    """Return the mark by which an item is known again.

    >>> sku_mark("A-1")
    'bc4e7be9'
    """
    return hashlib.sha256(sku.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def data_hash(period: str, features: Iterable[str], skus: Iterable[str]) -> str:
    """Return the SHA-256 digest of a period, features in their order, and marks of items in any order."""
    parts = [period, *features, "", *sorted(skus)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def known_share(saved: Saved, skus: Iterable[str]) -> float:
    """Return the share of these items that the trees were fitted on, in 0..1; 1 for no items."""
    marks = {sku_mark(sku) for sku in skus}
    return len(marks & saved.skus) / len(marks) if marks else 1.0


def is_stale(saved: Saved, as_of: pd.Timestamp, settings: Settings, latest_loss: float) -> str:
    """Return why saved trees must be fitted anew, or an empty text where they may be used.

    Parameters
    ----------
    saved : Saved
    as_of : Timestamp
        Last day with known sales of the plan.
    settings : Settings
        retrain_days and drift_limit are used, and the settings that matter are compared.
    latest_loss : float
        `held_back_loss` of the saved trees on windows that ended since they were fitted; NaN if unknown.

    >>> saved = Saved({}, pd.Timestamp("2026-10-01"), frozenset(), 0.2, {"country": "", "seed": 1})
    >>> is_stale(saved, pd.Timestamp("2026-10-15"), Settings(), 0.21)
    ''
    >>> is_stale(saved, pd.Timestamp("2026-11-15"), Settings(), 0.21)
    'they are 45 days old, more than retrain_days = 28'
    """
    age = (as_of - saved.trained_on).days
    if age < 0:
        return f"they know sales up to {saved.trained_on:%Y-%m-%d}, after the day of this plan, {as_of:%Y-%m-%d}"
    if age > settings.retrain_days:
        return f"they are {age} days old, more than retrain_days = {settings.retrain_days:g}"
    for name in SETTINGS_THAT_MATTER:
        now, then = getattr(settings, name), saved.settings.get(name)
        if now != then:
            return f"the setting {name} is {now!r} now and was {then!r}"
    if latest_loss > saved.loss * (1 + settings.drift_limit):
        return (
            f"their loss on the latest demand, {latest_loss:.3f}, is more than drift_limit = {settings.drift_limit:.0%} above "
            f"the {saved.loss:.3f} when they were fitted"
        )
    return ""


def held_back_loss(trees: Trees, *, since: pd.Timestamp | None = None) -> float:
    """Return the pinball loss of the trees on held-back windows, as a share of the demand in them; NaN where there is none.

    Parameters
    ----------
    trees : Trees
    since : Timestamp, optional
        Only windows that ended after this day.

    Notes
    -----
    Mean over `boosted.task.LEVELS` of 2 x (p - [y < q]) x (y - q), summed over all windows, over the sum of y. The factor makes it the absolute
    error at p = 0.5. Source: Gneiting & Raftery (2007), JASA 102, 359-378, for the loss.
    """
    task, quantiles = trees.task, trees.boosted.judged_quantiles
    actual = _window_totals(task)
    counted = np.isfinite(actual) & np.isfinite(quantiles).all(axis=-1)
    if since is not None:
        counted &= _last_days(task) > np.datetime64(since, "D")
    total = actual[counted].sum()
    if total <= 0:
        return float("nan")
    missed = actual[counted][:, None] - quantiles[counted]  # (windows, Q)
    loss = 2 * np.maximum(np.array(LEVELS) * missed, (np.array(LEVELS) - 1) * missed).mean(axis=1)
    return float(loss.sum() / total)


def _window_totals(task: Task) -> np.ndarray:
    """Return the demand of each held-back window, shape (n, K); NaN for none."""
    known = np.isfinite(task.demand)
    sums = np.concatenate([np.zeros((len(known), 1)), np.cumsum(np.where(known, task.demand, 0.0), axis=1)], axis=1)
    end = task.origins + 1 + task.width[:, None]
    there = (task.origins >= 0) & (end <= known.shape[1])
    rows = np.arange(len(known))[:, None]
    total = sums[rows, np.where(there, end, 0)] - sums[rows, np.where(there, task.origins + 1, 0)]
    result: np.ndarray = np.where(there, total, np.nan)
    return result


def _last_days(task: Task) -> np.ndarray:
    """Return the last day of each held-back window, shape (n, K) datetime64[D]."""
    last = np.clip(task.origins + task.width[:, None], 0, len(task.starts) - 1)
    start = task.starts.astype("datetime64[D]")[last]
    if task.period == "month":
        start = (start.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    result: np.ndarray = start + (6 if task.period == "week" else 0)
    return result
