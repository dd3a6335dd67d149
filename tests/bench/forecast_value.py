"""Value of the chosen forecast on real data: demand of 3 periods ahead, on windows that no stage has seen.

    python tests/bench/forecast_value.py [data set ...]

Prints a markdown table: scaled pinball loss (mean over .5 .8 .9 .95 .98, over the mean of demand) of the chosen method; its gain on a moving
average of the usual window with normal quantiles, and on one whose window and z per level were tuned on the past of each round, as a careful
planner would; and how often demand stayed at or below the .8, .9 and .95 quantiles.

"latest" are the last four rounds; on those of the first four data sets the constants of the forecast stage were settled, so they prove
nothing. "older" are the four rounds before. The other data sets were not looked at before this table.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.forecast.methods import BASELINE_PERIODS
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

DATA = Path(__file__).parents[3] / "shared" / "data"
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
WIDTH = 3
ROUNDS = 4

#: File, key, time, quantity and period of each data set.
SETS = {
    "stallion_beer": ("sales.parquet", ["agency", "sku"], "month", "volume", "month"),
    "carparts": ("demand.parquet", ["item"], "period_index", "quantity", "month"),
    "hospital": ("demand.parquet", ["item"], "period_index", "quantity", "month"),
    "spareparts_man": ("demand.parquet", ["sku"], "week_start", "quantity", "week"),
    "jewelry": ("demand.parquet", ["item"], "period_index", "quantity", "week"),
    "spareparts_auto": ("demand.parquet", ["sku"], "period_index", "quantity", "month"),
    "usaid_contraceptive": (
        "stock_ledger.parquet",
        ["site_code", "product_code"],
        "month_start",
        "stock_distributed",
        "month",
    ),
    "orangejuice_dominicks": ("sales.parquet", ["store", "brand"], "week", "packs", "week"),
}

#: Series taken of a larger data set.
SAMPLE = {"week": 300, "month": 3000}

#: Data sets and rounds on which the constants of the forecast stage were settled.
SEEN = ("stallion_beer", "carparts", "hospital", "spareparts_man")

#: What the tuned moving average may choose from.
WINDOWS = {"week": (4, 8, 13, 26, 52), "month": (3, 6, 9, 12, 24)}
Z_GRID = np.linspace(-1.0, 4.0, 51)
TRAINING = 6


def matrix(frame: pd.DataFrame, key: list[str], time_column: str, value: str) -> np.ndarray:
    """Return demand (n, T), NaN before the first sale."""
    wide = frame.pivot_table(index=key, columns=time_column, values=value, aggfunc="sum").fillna(0.0)
    values = wide.to_numpy(dtype=float)
    values = values[(values > 0).any(axis=1)]
    started = np.maximum.accumulate(values > 0, axis=1)
    return np.where(started, values, np.nan)


def load(name: str) -> tuple[np.ndarray, str]:
    """Return demand and the period of a data set."""
    file, key, time_column, value, period = SETS[name]
    values = matrix(pd.read_parquet(DATA / name / file), key, time_column, value)
    if name == "spareparts_man":
        # its first and last week were not recorded
        values = values[:, 1:-1]
        values = values[(np.nan_to_num(values) > 0).any(axis=1)]
    if len(values) > SAMPLE[period]:
        values = values[np.sort(np.random.default_rng(1).permutation(len(values))[: SAMPLE[period]])]
    return values, period


def moving(past: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and spread (n,) of the next WIDTH periods as planners compute them: mean x 3, sd of demand x sqrt(3)."""
    last = past[:, -window:]
    known = ~np.isnan(last)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.nansum(last, axis=1) / count
    sd = np.sqrt(np.where(known, (last - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(count - 1, 1))
    return mean * WIDTH, sd * np.sqrt(WIDTH)


def baseline_quantiles(past: np.ndarray, period: str) -> np.ndarray:
    """Return normal quantiles (n, levels) of the moving average with the usual window."""
    mean, sd = moving(past, BASELINE_PERIODS[period])
    return np.maximum(mean[:, None] + special.ndtri(LEVELS) * sd[:, None], 0.0)


def tuned_quantiles(past: np.ndarray, period: str) -> np.ndarray:
    """Return quantiles of the moving average whose window, and z of each level, had the lowest pinball loss on the last origins of `past`."""
    best, window, z = np.inf, 0, np.zeros(len(LEVELS))
    for candidate in WINDOWS[period]:
        seen = [_training(past, candidate, past.shape[1] - WIDTH * (back + 1)) for back in range(TRAINING)]
        mean, sd, actual = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        losses = np.empty((len(LEVELS), len(Z_GRID)))
        for j, each in enumerate(Z_GRID):
            short = actual - np.maximum(mean + each * sd, 0.0)
            losses[:, j] = [np.maximum(p * short, (p - 1) * short).sum() for p in LEVELS]
        total = losses.min(axis=1).sum()
        if total < best:
            best, window, z = total, candidate, Z_GRID[losses.argmin(axis=1)]
    mean, sd = moving(past, window)
    return np.maximum(mean[:, None] + z * sd[:, None], 0.0)


def _training(past: np.ndarray, window: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, spread and what came of the series known at `end`; nothing where `end` is too early."""
    if end < WIDTH:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    known = ~np.isnan(past[:, end - 1])
    mean, sd = moving(past[known, :end], window)
    return mean, sd, past[known, end : end + WIDTH].sum(axis=1)


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


def line(name: str, demand: np.ndarray, period: str, *, skip: int) -> str:
    """Return a row of the table: four rounds that end `skip` rounds before the last period."""
    losses, covers, total, start = np.zeros(3), [], 0.0, time.perf_counter()
    for back in range(skip, skip + ROUNDS):
        end = demand.shape[1] - WIDTH * (back + 1)
        past, actual = demand[:, :end], demand[:, end : end + WIDTH].sum(axis=1)
        keep = ~np.isnan(actual) & (~np.isnan(past)).any(axis=1)
        past, actual = past[keep], actual[keep]
        chosen, models = chosen_quantiles(past, period)
        rivals = [chosen, baseline_quantiles(past, period), tuned_quantiles(past, period)]
        losses += [pinball(q, actual) for q in rivals]
        covers.append([(actual[:, None] <= q + 1e-9).mean(axis=0) for q in rivals])
        total += actual.sum()
    own, usual, tuned = losses / total
    shares = [" ".join(f"{x:.3f}" for x in cover[1:4]) for cover in np.mean(covers, axis=0)]
    rounds = "latest" if skip == 0 else "older"
    note = "looked at" if name in SEEN and skip == 0 else "new"
    common = ", ".join(f"{k} {v}" for k, v in models.head(3).items())
    return (
        f"| {name} | {rounds}, {note} | {len(demand)} | {own:.4f} | {1 - own / usual:.1%} | {1 - own / tuned:.1%} | "
        f"{' | '.join(shares)} | {time.perf_counter() - start:.0f} | {common} |"
    )


def main() -> None:
    """Print the table."""
    print(
        "| data | rounds | series | pinball | gain on usual | gain on tuned | cover .8 .9 .95 | usual | tuned | s | models |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in sys.argv[1:] or list(SETS):
        demand, period = load(name)
        for skip in (0, ROUNDS) if name in SEEN else (0,):
            print(line(name, demand, period, skip=skip), flush=True)


if __name__ == "__main__":
    main()
