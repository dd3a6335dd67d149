"""What damping of safety stock saves and costs: nervousness, stock and service beside undamped stock, on generated demand with known spread.

    python tests/bench/damping.py [--items 600] [--years 3] [--seed 1]

Every week safety stock is worked out anew from the forecast errors of the last 26 weeks (z x standard deviation x root of the protection interval, 95 %),
as planners do; orders lift the position to mean + safety stock, weekly, lead time 3 weeks, lost sales. "damped" keeps the safety stock of
`core/policy/damping.py`; "smoothed" follows a quarter of every change, without noise band or floor; "frozen" is worked out once. The worlds: steady demand;
a spread that grows by 60 % half-way for every item; one that falls by 40 %. Stock and service are those of the simulator, after one year of warm-up.
Flutter: mean absolute change of safety stock from week to week, relative to mean safety stock. Moved: share of item-weeks whose safety stock in whole units changed.
Below: mean shortfall against what 1 point less service needs, worst item-week, relative to safety stock needed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.policy.damping import damped_safety_stock, damping_terms
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.rule import base_stock
from invopt_xl.core.simulation.supply import Supply

WINDOW, PROTECTION, TARGET, SLACK = 26, 4, 0.95, 0.01
WORLDS = {"steady": 1.0, "spread +60 %": 1.6, "spread -40 %": 0.6}


def world(items: int, weeks: int, change: float, rng: np.random.Generator) -> np.ndarray:
    """Return gamma demand (items, weeks) whose coefficient of variation changes by `change` half-way, rounded to whole units."""
    mean, cv = rng.lognormal(3.5, 0.8, items)[:, None], rng.uniform(0.2, 0.8, items)[:, None]
    spread = np.where(np.arange(weeks) < weeks // 2, cv, cv * change)
    return np.rint(rng.gamma(1 / spread**2, mean * spread**2))


def rolling(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the WINDOW weeks before each week, (items, weeks); those of the first window before it is full."""
    windows = np.lib.stride_tricks.sliding_window_view(demand, WINDOW, axis=1)
    before = np.concatenate([np.repeat(windows[:, :1], WINDOW, axis=1), windows[:, :-1]], axis=1)
    return before.mean(axis=2), before.std(axis=2, ddof=1)


def kept(needed: np.ndarray, least: np.ndarray, follow: Callable[..., np.ndarray]) -> np.ndarray:
    """Return safety stock of every week (items, weeks) when each week follows from the one before."""
    path = needed.copy()
    for week in range(1, needed.shape[1]):
        path[:, week] = follow(path[:, week - 1], needed[:, week], least[:, week])
    return path


def damped(before: np.ndarray, needed: np.ndarray, least: np.ndarray) -> np.ndarray:
    n = len(needed)
    terms = damping_terms(
        needed,
        observations=np.full(n, float(WINDOW)),
        on_time_share=np.full(n, 0.9),
        critical=np.zeros(n, dtype=bool),
        lead_time_longer=np.zeros(n, dtype=bool),
    )
    return damped_safety_stock(before, needed, least=least, terms=terms).safety_stock


FOLLOW: dict[str, Callable[..., np.ndarray]] = {
    "undamped": lambda before, needed, least: needed,
    "smoothed": lambda before, needed, least: before + 0.25 * (needed - before),
    "damped": damped,
    "damped, no floor": lambda before, needed, least: damped(before, needed, np.full(len(needed), -np.inf)),
    "frozen": lambda before, needed, least: before,
}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--items", type=int, default=600)
    words.add_argument("--years", type=int, default=3)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    weeks, warm_up = 52 * asked.years, 52
    print(f"{asked.items} items, {weeks} weeks, {warm_up} of them warm-up, seed {asked.seed}")
    print("world         safety stock      flutter  moved   below  fill    cycle   stock  nervousness of orders")
    for name, change in WORLDS.items():
        demand = world(asked.items, weeks, change, np.random.default_rng(asked.seed))
        mean, sd = rolling(demand)
        needed = stats.norm.ppf(TARGET) * sd * np.sqrt(PROTECTION)
        least = stats.norm.ppf(TARGET - SLACK) * sd * np.sqrt(PROTECTION)
        for rule, follow in FOLLOW.items():
            stock = kept(needed, least, follow)
            up_to = np.maximum(mean * PROTECTION + stock, 0.0)
            found = simulate(demand, base_stock(up_to), Supply(lead_periods=PROTECTION - 1), warm_up=warm_up).total
            part, asked_for = stock[:, warm_up:], needed[:, warm_up:]
            step = np.abs(np.diff(part, axis=1))
            flutter = step.mean() / part.mean()
            moved = (np.abs(np.diff(np.ceil(part), axis=1)) > 0).mean()
            below = (np.maximum(least[:, warm_up:] - part, 0) / np.maximum(asked_for, 1e-9)).max()
            print(
                f"{name:<13} {rule:<17} {flutter:7.2%} {moved:6.1%} {below:7.1%} {found['fill_rate']:6.2%} {found['cycle_service']:7.2%} "
                f"{found['average_on_hand'] / asked.items:6.1f} {found['nervousness']:8.3f}"
            )


if __name__ == "__main__":
    main()
