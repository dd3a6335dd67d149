"""Seconds and memory of the forecast, policy and order stages on generated history.

python tests/bench/plan_series.py [series ...]
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

WEEKS = 156


def generated(n: int) -> np.ndarray:
    """Return weekly demand (n, WEEKS): from slow to fast, seasonal, a tenth of the items young."""
    rng = np.random.default_rng(1)
    level = rng.gamma(0.7, 8, n)
    season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    demand = rng.poisson(level[:, None] * season).astype(float)
    demand[: n // 10, :100] = np.nan
    return demand


def main() -> None:
    """Print one line per number of series."""
    print("series  weeks  forecast s  policy s  orders s  peak MB (whole process)")
    for n in [int(a) for a in sys.argv[1:]] or [1000, 10000]:
        demand = generated(n)
        nodes = np.sort(np.random.default_rng(2).gamma(4, 6, (n, 11)).round(), axis=1)
        history, segments = make_history(demand), make_segments(demand)
        lead, settings = make_lead_times(n, atoms=nodes), Settings()
        terms = make_terms(n, on_hand=30.0, pack_size=12.0, moq=20.0, service_measure="fill")
        marks = [time.perf_counter()]
        found = forecast(history, segments, terms, lead, settings=settings)
        marks.append(time.perf_counter())
        policy = set_policy(found, terms, lead, history, settings=settings)
        marks.append(time.perf_counter())
        size_orders(policy, found, lead, terms, history, settings=settings)
        marks.append(time.perf_counter())
        seconds = np.diff(marks)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{n:6d} {WEEKS:6d} {seconds[0]:11.1f} {seconds[1]:9.2f} {seconds[2]:9.2f} {peak:8.0f}")


if __name__ == "__main__":
    main()
