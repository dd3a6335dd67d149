"""Series per second of our smoothing path beside AutoETS of statsforecast: 30,000 weekly series of 156 weeks, season 52.

    python tests/bench/smoothing_speed.py --peers PYTHON [series ...] [--sample 40] [--jobs 2]

PYTHON is the interpreter of the peers' environment (see demand_peers.py); without it only ours is timed. Both run one after the other on the
same generated series, compiled and warmed up before; the peer with --jobs processes and on a sample, as all series would take hours.
Ours is the whole forecast stage without boosted trees: every smoothing candidate at every past moment, choice, spread and quantiles.
CPU seconds, all threads and processes together, hardly change with other work on the machine; the last column compares those.
Memory is the peak of a process of its own, in MB; the peer's is that of its largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

WEEKS, SEASON = 156, 52


def generated(n: int) -> np.ndarray:
    """Return weekly demand (n, WEEKS): slow to fast, seasonal, some with a trend."""
    rng = np.random.default_rng(1)
    level = 5 + rng.gamma(2.0, 40, n)
    depth = rng.uniform(0, 0.5, n)
    turn = rng.uniform(0, 2 * np.pi, n)
    growth = np.where(rng.random(n) < 0.3, rng.normal(0, 0.003, n), 0.0)
    week = np.arange(WEEKS)
    season = 1 + depth[:, None] * np.sin(2 * np.pi * week / SEASON + turn[:, None])
    mean = level[:, None] * season * np.exp(growth[:, None] * week)
    # spread a little above that of counts
    result: np.ndarray = rng.poisson(mean * rng.gamma(20, 1 / 20, (n, WEEKS))).astype(float)
    return result


def time_ours(n: int) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and peak MB of the forecast stage."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from invopt_xl.core.forecast.choose import forecast
    from invopt_xl.settings import Settings
    from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

    settings = Settings(boosted_trees="off")
    for count in (200, n):
        demand = generated(count)
        values = make_history(demand), make_segments(demand), make_terms(count), make_lead_times(count, 14.0)
        start, cpu = time.perf_counter(), _cpu()
        forecast(*values, settings=settings)
        seconds, cpu = time.perf_counter() - start, _cpu() - cpu
    return seconds, cpu, _peak(resource.RUSAGE_SELF)


def time_peer(n: int, jobs: int) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and peak MB of AutoETS(season_length=52)."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    demand = generated(n)
    frame = pd.DataFrame(
        {"unique_id": np.repeat(np.arange(n), WEEKS), "ds": np.tile(np.arange(WEEKS), n), "y": demand.ravel()}
    )
    for rows in (frame[frame["unique_id"] < 2 * jobs], frame):
        model = StatsForecast([AutoETS(season_length=SEASON)], freq=1, n_jobs=jobs)
        start, cpu = time.perf_counter(), _cpu()
        model.forecast(df=rows, h=13)
        seconds, cpu = time.perf_counter() - start, _cpu() - cpu
    return seconds, cpu, max(_peak(resource.RUSAGE_SELF), _peak(resource.RUSAGE_CHILDREN))


def _peak(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _apart(python: str, *arguments: str) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and MB that this file reports from a process of its own."""
    done = subprocess.run([python, __file__, *arguments], check=True, capture_output=True, text=True, env=os.environ)
    seconds, cpu, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, cpu, peak


def main() -> None:
    """Print the table, or with --only one measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", nargs="*", type=int, default=[30_000])
    parser.add_argument("--peers", default="", help="Python of the peers' environment")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=("ours", "peer"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        found = time_ours(given.series[0]) if given.only == "ours" else time_peer(given.series[0], given.jobs)
        print(json.dumps(found))
        return
    print(
        "| what | series | seconds | CPU s | series per second | series per CPU s | peak MB | times the peer | by CPU |"
    )
    print("|" + "---|" * 9)
    peer = np.nan, np.nan
    runs = [("AutoETS(52)", given.peers, given.sample, "peer")] if given.peers else []
    for name, python, n, which in [*runs, *(("ours", sys.executable, n, "ours") for n in given.series)]:
        seconds, cpu, peak = _apart(python, str(n), "--only", which, "--jobs", str(given.jobs))
        pace = n / seconds, n / cpu
        peer = pace if which == "peer" else peer
        print(
            f"| {name} | {n:,} | {seconds:.1f} | {cpu:.1f} | {pace[0]:.1f} | {pace[1]:.1f} | {peak:.0f} | "
            f"{pace[0] / peer[0]:.0f} | {pace[1] / peer[1]:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
