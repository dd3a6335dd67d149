"""Value of the chosen forecast on real data: interval demand of 3 periods, on windows at the end that no stage has seen.

    python tests/bench/forecast_value.py

Scaled pinball loss (mean over .5 .8 .9 .95 .98, over the mean of demand) of the chosen method against the moving average with normal quantiles,
and how often demand stayed at or below the .8, .9 and .95 quantiles.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast.candidates import BASELINE_PERIODS
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

DATA = Path(__file__).parents[3] / "shared" / "data"
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
WIDTH = 3
ROUNDS = 4


def matrix(frame: pd.DataFrame, key: list[str], time_column: str, value: str) -> np.ndarray:
    """Return demand (n, T), NaN before the first sale."""
    wide = frame.pivot_table(index=key, columns=time_column, values=value, aggfunc="sum").fillna(0.0)
    values = wide.to_numpy(dtype=float)
    values = values[(values > 0).any(axis=1)]
    started = np.maximum.accumulate(values > 0, axis=1)
    return np.where(started, values, np.nan)


def load(name: str) -> tuple[np.ndarray, str]:
    """Return demand and the period of a data set."""
    if name == "stallion_beer":
        return matrix(pd.read_parquet(DATA / name / "sales.parquet"), ["agency", "sku"], "month", "volume"), "month"
    if name == "spareparts_man":
        frame = pd.read_parquet(DATA / name / "demand.parquet")
        values = matrix(frame, ["sku"], "week_start", "quantity")[:, 1:-1]
        values = values[(np.nan_to_num(values) > 0).any(axis=1)]
        keep = np.random.default_rng(1).permutation(len(values))[:500]
        return values[np.sort(keep)], "week"
    frame = pd.read_parquet(DATA / name / "demand.parquet")
    return matrix(frame, ["item"], "period_index", "quantity"), "month"


def baseline_quantiles(past: np.ndarray, period: str) -> np.ndarray:
    """Return normal quantiles (n, levels) of the moving average: mean x 3 + z x sd of demand x sqrt(3), as planners compute it."""
    window = past[:, -BASELINE_PERIODS[period] :]
    known = ~np.isnan(window)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.nansum(window, axis=1) / count
    sd = np.sqrt(np.where(known, (window - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(count - 1, 1))
    return np.maximum(mean[:, None] * WIDTH + special.ndtri(LEVELS) * sd[:, None] * np.sqrt(WIDTH), 0.0)


def chosen_quantiles(past: np.ndarray, period: str) -> tuple[np.ndarray, pd.Series]:
    """Return quantiles (n, levels) of the forecast stage and how often each model was chosen."""
    history = make_history(past, period=period)
    n = len(past)
    days = history.days_per_period
    terms, lead = make_terms(n, review_period_days=days), make_lead_times(n, (WIDTH - 1) * days)
    found = forecast(history, make_segments(past), terms, lead, settings=Settings())
    return np.stack([found.protection.quantile(p) for p in LEVELS], axis=1), pd.Series(found.model).value_counts()


def pinball(q: np.ndarray, actual: np.ndarray) -> float:
    """Return the sum of pinball losses over series, averaged over levels."""
    short = actual[:, None] - q
    p = np.array(LEVELS)
    return float(np.maximum(p * short, (p - 1) * short).sum() / len(LEVELS))


def main() -> None:
    """Print one line per data set."""
    print("data            series  seconds  pinball chosen  moving avg  gain   cover .8/.9/.95 chosen   moving average")
    for name in sys.argv[1:] or ["stallion_beer", "carparts", "hospital", "spareparts_man"]:
        demand, period = load(name)
        losses, covers, total, start = np.zeros(2), [], 0.0, time.perf_counter()
        for back in range(ROUNDS):
            end = demand.shape[1] - WIDTH * (back + 1)
            past, actual = demand[:, :end], demand[:, end : end + WIDTH].sum(axis=1)
            keep = ~np.isnan(actual) & (~np.isnan(past)).any(axis=1)
            past, actual = past[keep], actual[keep]
            chosen, models = chosen_quantiles(past, period)
            base = baseline_quantiles(past, period)
            losses += [pinball(chosen, actual), pinball(base, actual)]
            covers.append([(actual[:, None] <= q + 1e-9).mean(axis=0) for q in (chosen, base)])
            total += actual.sum()
        c, b = np.mean(covers, axis=0)[:, 1:4]
        seconds = time.perf_counter() - start
        scaled = losses / total
        print(
            f"{name:15s} {len(demand):6d} {seconds:8.1f} {scaled[0]:15.4f} {scaled[1]:11.4f} {1 - scaled[0] / scaled[1]:6.1%}"
            f"   {c[0]:.3f} {c[1]:.3f} {c[2]:.3f}          {b[0]:.3f} {b[1]:.3f} {b[2]:.3f}"
        )
        print("   last round:", ", ".join(f"{k} {v}" for k, v in models.items()))


if __name__ == "__main__":
    main()
