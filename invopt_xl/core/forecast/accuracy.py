"""The Accuracy table: what each method, and the chosen mix, did on walk-forward windows per segment, against the moving average.

Sums are collected chunk by chunk, so that nothing of size series x periods stays in memory. The windows are those the methods were chosen on:
the gain shown is a little rosier than what the future brings; `invopt backtest` measures it on windows nobody has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.contest import Outcome, Score

CHOSEN = "chosen"
ALL_SEGMENTS = "all"

#: Probability levels at which quantiles of the interval total are judged.
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)

#: Latest windows per series on which quantiles are judged.
_JUDGED_WINDOWS = 12


@dataclass
class AccuracySums:
    """Sums per segment and method while chunks come in: for the method and for the moving average on the same windows."""

    segments: np.ndarray
    parts: list[pd.DataFrame] = field(default_factory=list)

    @classmethod
    def start(cls, segments: np.ndarray) -> AccuracySums:
        """Return empty sums for series of these segments, shape (n,)."""
        return cls(np.asarray(segments))

    def add(self, rows: np.ndarray, outcome: Outcome, width: np.ndarray) -> None:
        """Add the outcome of the series `rows`, with windows of `width` periods."""
        segment = self.segments[rows]
        frames = [_frame(segment, name, mine, theirs, width) for name, (mine, theirs) in outcome.families.items()]
        chosen = _frame(segment, CHOSEN, outcome.score, outcome.baseline, width)
        mine, theirs = _quantile_sums(outcome)
        for name in mine:
            chosen[name], chosen[_BASE + name] = mine[name], theirs[name]
        for frame in [chosen, *frames]:
            self.parts.append(frame.groupby(["segment", "model"], as_index=False).sum())


#: Prefix of the sums of the moving average on the same windows.
_BASE = "baseline "


def _frame(segment: np.ndarray, name: str, mine: Score, theirs: Score, width: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({"segment": segment, "model": name, "width": width * mine.windows})
    for prefix, score in (("", mine), (_BASE, theirs)):
        for key in ("absolute", "signed", "squared", "actual", "windows"):
            frame[prefix + key] = vars(score)[key]
    return frame


def _quantile_sums(outcome: Outcome) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return per series the pinball sums and coverage of the chosen method (gamma) and of the moving average (normal)."""
    last = _last_windows(outcome.actual, _JUDGED_WINDOWS)
    actual = np.take_along_axis(outcome.actual, last, axis=1)
    chosen, base = (np.take_along_axis(t, last, axis=1) for t in (outcome.total, outcome.baseline_total))
    sd = [
        np.sqrt(s.squared / np.maximum(s.windows, 1))[:, None] * np.ones_like(actual)
        for s in (outcome.score, outcome.baseline)
    ]
    both = []
    for mean, spread, law in ((chosen, sd[0], _gamma_quantile), (base, sd[1], _normal_quantile)):
        usable = ~np.isnan(actual) & ~np.isnan(chosen)
        found: dict[str, np.ndarray] = {}
        for p in LEVELS:
            q = law(np.nan_to_num(mean), spread, p)
            short = np.nan_to_num(actual) - q
            found[f"pinball {p:.0%}"] = np.where(usable, np.maximum(p * short, (p - 1) * short), 0.0).sum(axis=1)
            if p == 0.95:
                found["covered"] = (usable & (short <= 0)).sum(axis=1).astype(float)
        found["judged"] = usable.sum(axis=1).astype(float)
        found["judged actual"] = np.where(usable, np.nan_to_num(actual), 0.0).sum(axis=1)
        both.append(found)
    return both[0], both[1]


def _last_windows(actual: np.ndarray, count: int) -> np.ndarray:
    """Return the columns of the latest known windows, spread over the known ones, shape (n, count)."""
    known = ~np.isnan(actual)
    number = known.sum(axis=1)
    latest = actual.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    step = np.maximum(number // count, 1)
    columns: np.ndarray = np.maximum(latest[:, None] - step[:, None] * np.arange(count), 0)
    return columns


def _gamma_quantile(mean: np.ndarray, sd: np.ndarray, p: float) -> np.ndarray:
    random = (mean > 0) & (sd > 0)
    shape = np.divide(mean**2, sd**2, out=np.ones_like(mean), where=random)
    shape = np.clip(shape, 1e-3, 1e9)
    quantile: np.ndarray = np.where(random, special.gammaincinv(shape, p) * mean / shape, mean)
    return quantile


def _normal_quantile(mean: np.ndarray, sd: np.ndarray, p: float) -> np.ndarray:
    quantile: np.ndarray = np.maximum(mean + special.ndtri(p) * sd, 0.0)
    return quantile


def accuracy_table(sums: AccuracySums) -> pd.DataFrame:
    """Return the Accuracy table (contracts.ACCURACY): one row per segment, method and measure; empty when nothing could be measured."""
    columns = [each.name for each in ACCURACY]
    if not sums.parts:
        return _typed(pd.DataFrame(columns=columns))
    total = pd.concat(sums.parts, ignore_index=True).groupby(["segment", "model"], as_index=False).sum()
    overall = total.drop(columns="segment").groupby("model", as_index=False).sum().assign(segment=ALL_SEGMENTS)
    total = pd.concat([overall, total], ignore_index=True)
    total = total[total["windows"] > 0].reset_index(drop=True)
    table = _measures(total, "").assign(baseline_value=_measures(total, _BASE)["value"])
    table = table[table["value"].notna()].sort_values(["segment", "model"], kind="stable", ignore_index=True)
    own, other = table["value"].to_numpy(dtype=float), table["baseline_value"].to_numpy(dtype=float)
    table["value_added"] = _value_added(table["measure"].to_numpy(dtype=str), own, other)
    return _typed(table[columns])


def _measures(total: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Return segment, model, horizon_periods, measure, value in a fixed order of rows; NaN where it was not measured."""

    def summed(name: str) -> np.ndarray:
        return total[prefix + name].fillna(0.0).to_numpy(dtype=float)

    actual, windows = summed("actual"), summed("windows")
    found = {
        "WAPE": _ratio(summed("absolute"), actual),
        "bias": _ratio(summed("signed"), actual),
        "RMSE / mean": _ratio(np.sqrt(_ratio(summed("squared"), windows)), _ratio(actual, windows)),
    }
    found |= {f"pinball {p:.0%}": _ratio(summed(f"pinball {p:.0%}"), summed("judged actual")) for p in LEVELS}
    found["coverage of 95%"] = _ratio(summed("covered"), summed("judged"))
    key = total[["segment", "model"]].assign(
        horizon_periods=total["width"].to_numpy(dtype=float) / total["windows"].to_numpy(dtype=float)
    )
    return pd.concat([key.assign(measure=name, value=value) for name, value in found.items()], ignore_index=True)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return result


def _value_added(measure: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the improvement as a share of the moving average's loss; NaN for bias and coverage.

    These two may be near their ideal by chance, and a share of next to nothing says nothing.
    """
    added = np.divide(other - own, other, out=np.zeros(len(own)), where=other > 0)
    result: np.ndarray = np.where(np.isin(measure, ("bias", "coverage of 95%")), np.nan, added)
    return result


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = [each.name for each in ACCURACY if each.role in ("number", "share")]
    return table.astype({each.name: ("float64" if each.name in numbers else "str") for each in ACCURACY})
