"""The measures of the Accuracy and Coverage tables as plain loops over series and windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried


def counts(tried: Tried, held: HeldBack, i: int, k: int) -> bool:
    """Return whether window k of series i counts for a method."""
    known = not np.isnan(held.actual[i, k]) and not np.isnan(tried.total[i, k])
    return bool(known and not np.isnan(tried.quantiles[i, k]).any())


def pinball(actual: float, quantile: float, level: float) -> float:
    """Return the pinball loss of one quantile."""
    return level * (actual - quantile) if actual >= quantile else (1 - level) * (quantile - actual)


def slow_measures(tried: Tried, other: Tried, held: HeldBack, members: Sequence[int]) -> dict[str, tuple[float, float]]:
    """Return each measure of a method and of the other on the windows of the series `members` where both ran."""
    return {
        name: (value, slow_values(other, held, members, both=tried)[name])
        for name, value in slow_values(tried, held, members, both=other).items()
    }


def slow_values(tried: Tried, held: HeldBack, members: Sequence[int], *, both: Tried) -> dict[str, float]:
    """Return each measure of a method on the windows where `both` ran as well."""
    windows = [
        (i, k)
        for i in members
        for k in range(held.actual.shape[1])
        if counts(tried, held, i, k) and counts(both, held, i, k)
    ]
    errors = [tried.total[i, k] - held.actual[i, k] for i, k in windows]
    demand = sum(held.actual[i, k] for i, k in windows)
    found = {"WAPE": sum(abs(e) for e in errors) / demand, "bias": sum(errors) / demand}
    scaled = [i for i in members if held.scale[i] > 0 and any(i == j for j, _ in windows)]
    roots = []
    for i in scaled:
        squares = [(tried.total[i, k] - held.actual[i, k]) ** 2 for j, k in windows if j == i]
        roots.append(np.sqrt(np.mean(squares) / held.square_scale[i]))
    found["RMSSE"] = float(np.mean(roots))
    per_level = []
    for at, level in enumerate(LEVELS):
        of_series = []
        for i in scaled:
            losses = [pinball(held.actual[i, k], tried.quantiles[i, k, at], level) for j, k in windows if j == i]
            of_series.append(np.mean(losses) / held.scale[i])
        per_level.append(float(np.mean(of_series)))
        found[f"scaled pinball {level:.0%}"] = per_level[-1]
        covered = [held.actual[i, k] <= tried.quantiles[i, k, at] for i, k in windows]
        if level in (0.8, 0.9, 0.95):
            found[f"coverage of {level:.0%}"] = float(np.mean(covered))
    found["scaled pinball"] = float(np.mean(per_level))
    return found
