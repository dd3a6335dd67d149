"""Attribute neighbours: what level of demand an item's category, supplier, location and price speak for. Serves forecasts of new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Attributes whose values are groups of like items; those that the table has are used.
FACTORS = ("sku", "category", "supplier", "location")

#: Rounds of fitting the effects in turn.
_ROUNDS = 20

#: Levels further from their neighbours' than this are drawn in [robust standard deviations].
_FAR = 3.5

#: Least variance of a log level around its neighbours' [squared log]: no two items are quite alike.
_LEAST_VARIANCE = 0.02


@dataclass(frozen=True)
class Prior:
    """Log-normal belief about the level of n items from their neighbours; shapes (n,).

    Parameters
    ----------
    mean, variance : float array
        Of the log level.
    without_self : float array
        The mean as it would be without the item's own level; equal to `mean` where that is not known.
    """

    mean: np.ndarray
    variance: np.ndarray
    without_self: np.ndarray


def level_prior(log_level: np.ndarray, attributes: pd.DataFrame, *, launch: np.ndarray, weight: np.ndarray) -> Prior:
    """Return what neighbours say of the level of each item.

    A mixed linear model on the log level: random effects of the groups of FACTORS, whose variances are found by moments, a slope on
    log price, and one shift between launches and established items. Groups are drawn towards the mean of all by the number of their items.

    Parameters
    ----------
    log_level : float array, shape (n,)
        NaN where not known (the new items).
    attributes : DataFrame
        n rows; text columns of FACTORS ("" for unknown), unit_price and unit_cost.
    launch : bool array, shape (n,)
        Launched inside the record; the prior is for such items.
    weight : float array, shape (n,)
        How much each known level counts.

    References
    ----------
    Henderson (1975), Biometrics 31, 423-447: best linear unbiased prediction of random effects.
    """
    known = np.isfinite(log_level)
    y = given = np.where(known, log_level, 0.0)
    w = np.where(known, weight, 0.0)
    fixed = _fixed_design(attributes, launch, w)
    groups = [_groups(attributes[name], known) for name in FACTORS if name in attributes.columns]
    effects = [np.zeros(len(y)) for _ in groups]
    others = [np.zeros(len(y)) for _ in groups]
    extra = [np.zeros(len(y)) for _ in groups]
    variance = _mean(y**2, w) - _mean(y, w) ** 2
    spread = [variance / (len(groups) + 1.0)] * len(groups)
    line = np.zeros(len(y))
    for _ in range(_ROUNDS):
        line = fixed @ _least_squares(fixed, y - sum(effects), w)
        used = fixed.shape[1] * 1.0
        for at, code in enumerate(groups):
            rest = y - line - sum(e for other, e in enumerate(effects) if other != at)
            effects[at], others[at], extra[at], spread[at], freedom = _effect(rest, w, code, variance, spread[at])
            used += freedom
        fitted = line + sum(effects)
        left, total = y - fitted, w.sum()
        variance = max((w * left**2).sum() / max(total - used, total / 4, 1e-9), _LEAST_VARIANCE)
        y = _drawn_in(given, fitted, known)
    as_launch = fixed.copy()
    as_launch[:, 1] = 1.0
    shift = (as_launch - fixed) @ _least_squares(fixed, y - sum(effects), w)
    fixed_part: np.ndarray = line + shift
    return Prior(sum(effects, fixed_part), sum(extra, np.full(len(y), variance)), sum(others, fixed_part))


def _drawn_in(y: np.ndarray, fitted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return levels (n,), those far from what is fitted drawn in."""
    left = y - fitted
    spread = 1.4826 * np.median(np.abs(left[known])) if known.any() else 0.0
    spread = max(spread, np.sqrt(_LEAST_VARIANCE))
    return np.where(known, fitted + np.clip(left, -_FAR * spread, _FAR * spread), 0.0)


def _mean(values: np.ndarray, w: np.ndarray) -> float:
    return float((w * values).sum() / max(w.sum(), 1e-12))


def _fixed_design(attributes: pd.DataFrame, launch: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return constant, launch, and log price and cost (0 = the average, also where unknown), shape (n, 4)."""
    columns = [np.ones(len(attributes)), launch.astype(float)]
    for name in ("unit_price", "unit_cost"):
        given = attributes[name].to_numpy(dtype=float)
        some = np.isfinite(given) & (given > 0)
        logs = np.log(np.where(some, given, 1.0))
        columns.append(np.where(some, logs - _mean(logs, w * some), 0.0))
    return np.column_stack(columns)


def _least_squares(design: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    # a weak ridge: launch and price effects need some items to be believed, and may be the same for all
    ridge = np.diag([1e-9] + [2.0] * (design.shape[1] - 1))
    result: np.ndarray = np.linalg.solve((design * w[:, None]).T @ design + ridge, (design * w[:, None]).T @ y)
    return result


def _groups(values: pd.Series, known: np.ndarray) -> np.ndarray:
    """Return the group of each row (n,), -1 for none: a group needs two known items, else nothing tells it from chance."""
    text = values.astype("str").to_numpy(dtype=object)
    code, _ = pd.factorize(text)
    count = np.bincount(code, weights=known, minlength=code.max(initial=-1) + 1)
    result: np.ndarray = np.where((text != "") & (count[code] >= 2), code, -1)
    return result


def _effect(
    rest: np.ndarray, w: np.ndarray, code: np.ndarray, variance: float, spread: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Return effects of one factor (n,), the same without each item itself, the doubt left, the variance of effects and their freedom."""
    member = code >= 0
    if not member.any():
        nothing = np.zeros(len(rest))
        return nothing, nothing, nothing, 0.0, 0.0
    number = int(code.max()) + 1
    count = np.bincount(code[member], weights=w[member], minlength=number)
    total = np.bincount(code[member], weights=(w * rest)[member], minlength=number)
    mean = np.divide(total, count, out=np.zeros(number), where=count > 0)
    some = count > 0
    between = ((count * mean**2).sum() - variance * some.sum()) / max(count.sum(), 1e-12)
    # half a step: the effects and their variance are found together
    spread = 0.5 * spread + 0.5 * max(between, 0.0)
    ratio = variance / max(spread, 1e-9)
    at = np.maximum(code, 0)
    effect = np.where(member, total[at] / (count[at] + ratio), 0.0)
    without = np.where(member, (total[at] - w * rest) / np.maximum(count[at] - w + ratio, 1e-9), 0.0)
    doubt = np.where(member, spread * ratio / (count[at] + ratio), spread)
    return effect, without, doubt, spread, float((count / (count + ratio)).sum())
