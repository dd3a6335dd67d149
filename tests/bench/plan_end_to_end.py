"""How long a plan takes, stage by stage, without reading and writing: `python tests/bench/plan_end_to_end.py [series ...]`.

Weekly data of the demo generator, 156 weeks, 3 locations. Prints a table: series, seconds per stage, seconds in all, peak MB, and how
much longer ten times the series take.
"""

from __future__ import annotations

import itertools
import resource
import subprocess
import sys
import time

DEFAULT = (1_000, 10_000)


def measure(series: int) -> None:
    """Plan once in this process and print one line of `stage=seconds` and the peak memory."""
    import invopt_xl as iv
    from invopt_xl.core.demo import demo_tables

    frames = demo_tables(skus=-(-series // 3), locations=3, weeks=156)
    tables = iv.read_tables(frames)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    marks: list[tuple[str, float]] = []
    start = time.perf_counter()
    iv.plan(tables, progress=lambda stage: marks.append((stage, time.perf_counter())))
    end = time.perf_counter()
    marks.append(("end", end))
    stages = [f"{name}={later - now:.2f}" for (name, now), (_, later) in itertools.pairwise(marks)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(tables.frames['Stock'])}|{len(tables.frames['Sales'])}|{end - start:.2f}|{peak:.0f}|{before:.0f}|{' '.join(stages)}"
    )


def main(sizes: list[int]) -> None:
    print("| series | sales rows | seconds | peak MB (of it before) | where the time goes [s] |\n|---|---|---|---|---|")
    seconds: list[tuple[int, float]] = []
    for size in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], capture_output=True, text=True, check=True
        )
        count, rows, total, peak, before, stages = done.stdout.strip().split("|")
        seconds.append((int(count), float(total)))
        print(f"| {int(count):,d} | {int(rows):,d} | {total} | {peak} ({before}) | {stages} |", flush=True)
    for (few, short), (many, long) in itertools.pairwise(seconds):
        print(f"\n{many / few:.1f} times the series took {long / short:.1f} times as long.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        main([int(word) for word in sys.argv[1:]] or list(DEFAULT))
