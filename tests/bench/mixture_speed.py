"""CPU seconds of the distribution function of a mixture over lead times, scipy point by point beside the walk along the grid.

    python tests/bench/mixture_speed.py [--rows 10000] [--lead-times 11]

Series of each kind are drawn with a seed; all have different lead times. One thread; both are warmed up before. "Largest difference" is that of all
points of all grids; where demand is nearly certain it is an error of scipy (tests/core/forecast/test_mixed_cdf.py).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast import mixture
from invopt_xl.core.forecast.mixed_cdf import mixed_cdf
from tests.reference.slow_mixture import mixed_cdf as point_by_point

#: Kind -> counts?, powers of ten of the mean and of the squared coefficient of variation, largest chance of no demand.
KINDS = {
    "counts, mean 0.01 to 15": (True, (-2.0, 1.2), (-1.0, 0.5), 0.0),
    "counts, mean 1 to 1,000": (True, (0.0, 3.0), (-1.0, 0.5), 0.0),
    "counts of any size and spread": (True, (-6.0, 9.0), (-3.0, 8.0), 0.0),
    "gamma, usual": (False, (-1.0, 3.0), (-1.5, 0.5), 0.0),
    "gamma, often no demand": (False, (-1.0, 3.0), (-1.5, 1.0), 0.9),
    "gamma, nearly certain": (False, (-6.0, 9.0), (-11.9, -2.0), 0.0),
    "gamma of any size and spread": (False, (-6.0, 9.0), (-3.0, 30.0), 0.0),
}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rows", type=int, default=10_000)
    words.add_argument("--lead-times", type=int, default=11)
    asked = words.parse_args()
    numba.set_num_threads(1)
    print("| series | scipy, CPU s | walked, CPU s | times as fast | largest difference |\n|---|---|---|---|---|")
    for name, (counts, size, spread, nothing) in KINDS.items():
        rng = np.random.default_rng(1)
        lead = np.sort(rng.gamma(4.0, 0.25, (asked.rows, asked.lead_times)), axis=1)
        mean = 10 ** rng.uniform(*size, (asked.rows, 1)) * lead
        variance = 10 ** rng.uniform(*spread, (asked.rows, 1)) * mean**2
        variance = np.maximum(variance, mean) if counts else variance
        whole, none = np.full(asked.rows, counts), rng.uniform(0, nothing, (asked.rows, 1)) ** lead * (nothing > 0)
        grid = mixture._grid(mean, variance, whole)
        mixed_cdf(grid[:2], mean[:2], variance[:2], whole=whole[:2], no_demand=none[:2])
        start = time.process_time()
        fast = mixed_cdf(grid, mean, variance, whole=whole, no_demand=none)
        middle = time.process_time()
        slow = np.concatenate(
            [
                point_by_point(grid[at], mean[at], variance[at], whole[at], none[at])
                for at in (slice(start, start + 2000) for start in range(0, asked.rows, 2000))
            ]
        )
        end = time.process_time()
        ours, theirs = middle - start, end - middle
        off = np.abs(fast - slow)[:, :-1].max()
        print(f"| {name} | {theirs:.2f} | {ours:.2f} | {theirs / ours:.1f} | {off:.1e} |", flush=True)


if __name__ == "__main__":
    main()
