"""How long a plan takes, stage by stage: `python tests/bench/plan_end_to_end.py [series ...] [--refresh]`.

Weekly data of the demo generator, 156 weeks, 3 locations, each size in a process of its own, which has planned a small book before: loops are compiled
and libraries loaded, as in the server behind Excel. Prints the stages of a plan without reading and writing; with --refresh the whole of it, from a
workbook to the same workbook with our sheets: trees fitted anew, trees kept from the last time, no trees, and anew in a process that has just started.

Seconds are those of the clock and, in brackets, of the processor: all threads together, which hardly change with other work on the machine.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

DEFAULT = (2_000, 10_000)
WAYS = ("trees fitted anew", "trees kept", "no trees", "anew, process just started")


class Clock:
    """Seconds and processor seconds between marks."""

    def __init__(self) -> None:
        self._marks = [("", *self._now())]

    @staticmethod
    def _now() -> tuple[float, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return time.perf_counter(), used.ru_utime + used.ru_stime

    def mark(self, name: str) -> None:
        """Begin a stage."""
        self._marks.append((name, *self._now()))

    def told(self) -> str:
        """Return `seconds|cpu|stages`: from the first mark to now."""
        self.mark("end")
        found = self._marks[1:]
        between = [(name, b - a, d - c) for (name, a, c), (_, b, d) in itertools.pairwise(found)]
        merged: dict[str, list[float]] = {}
        for name, seconds, cpu in between:
            sums = merged.setdefault(name, [0.0, 0.0])
            sums[0], sums[1] = sums[0] + seconds, sums[1] + cpu
        stages = ", ".join(f"{name} {seconds:.1f} ({cpu:.1f})" for name, (seconds, cpu) in merged.items() if cpu > 0.05)
        return f"{found[-1][1] - found[0][1]:.1f}|{found[-1][2] - found[0][2]:.1f}|{stages}"


def peak() -> float:
    """Return the largest memory this process has held [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm() -> None:
    """Plan a small book, with trees."""
    import invopt_xl as iv

    iv.plan(iv.read_tables(iv.demo_tables(skus=20, locations=3, weeks=156)))


def measure(series: int, chosen: dict[str, object]) -> None:
    """Plan once in this process and print rows, times and memory."""
    import invopt_xl as iv

    warm()
    tables = iv.read_tables(iv.demo_tables(skus=-(-series // 3), locations=3, weeks=156))
    before, clock = peak(), Clock()
    iv.plan(tables, settings=chosen, progress=clock.mark)
    said = clock.told()
    print(f"{len(tables.frames['Stock'])}|{len(tables.frames['Sales'])}|{said}|{peak():.0f}|{before:.0f}")


def refresh(book: Path, way: str, models: Path, chosen: dict[str, object]) -> None:
    """Read, plan and write one workbook in this process and print times and memory."""
    clock = Clock()
    clock.mark("start")
    import invopt_xl as iv
    from invopt_xl.adapters.model_reuse import plan_with_models
    from invopt_xl.adapters.writing import write_sheets
    from invopt_xl.core.checks import check
    from invopt_xl.core.report import sheet_specs
    from invopt_xl.core.settings_sheet import settings_of

    if way != WAYS[3]:
        warm()
        clock = Clock()
    clock.mark("reading")
    tables = iv.read_tables(book)
    clock.mark("kept trees looked at")
    wanted = chosen | ({"boosted_trees": "off"} if way == WAYS[2] else {})
    settings, _ = settings_of(tables, wanted)

    def make(learned: Any) -> Any:
        return iv.plan(tables, settings=wanted, learned=learned, progress=clock.mark)

    if way == WAYS[2]:
        plan = make(None)
    else:
        checked = check(tables, settings=settings)
        skus = checked.frames["Sales"]["sku"].unique()
        plan = plan_with_models(make, models, as_of=checked.as_of, skus=skus, settings=settings).plan
    clock.mark("writing")
    write_sheets(sheet_specs(plan), book)
    print(f"{way}|{clock.told()}|{peak():.0f}")


def workbook(series: int, path: Path) -> None:
    """Write the demo tables to a workbook."""
    import pandas as pd

    import invopt_xl as iv

    with pd.ExcelWriter(path, engine="xlsxwriter", datetime_format="yyyy-mm-dd") as writer:
        for name, frame in iv.demo_tables(skus=-(-series // 3), locations=3, weeks=156).items():
            frame.to_excel(writer, sheet_name=name, index=False)


def child(*words: str) -> list[str]:
    """Run this script in a process of its own and return what it says."""
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip().split("|")


def plans(sizes: list[int], settings: list[str]) -> None:
    """Print the table of plans."""
    print("| series | sales rows | seconds (CPU) | peak MB (of it before) | where the time goes [s (CPU)] |")
    print("|---|---|---|---|---|")
    seconds: list[tuple[int, float]] = []
    for size in sizes:
        count, rows, total, cpu, stages, most, before = child("--one", str(size), *settings)
        seconds.append((int(count), float(cpu)))
        print(f"| {int(count):,d} | {int(rows):,d} | {total} ({cpu}) | {most} ({before}) | {stages} |", flush=True)
    for (few, short), (many, long) in itertools.pairwise(seconds):
        print(f"\n{many / few:.1f} times the series took {long / short:.1f} times the CPU seconds.")


def refreshes(sizes: list[int], settings: list[str]) -> None:
    """Print the table of refreshes."""
    print(
        "| series | MB | refresh | seconds (CPU) | peak MB | where the time goes [s (CPU)] |\n|---|---|---|---|---|---|"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            book, models, fresh = (Path(folder) / name for name in ("book.xlsx", "kept.models.json.gz", "fresh.xlsx"))
            workbook(size, fresh)
            for way in WAYS:
                shutil.copy(fresh, book)
                if way != WAYS[1]:
                    models.unlink(missing_ok=True)
                name, total, cpu, stages, most = child("--book", str(book), way, str(models), *settings)
                shown = f"{size:,d} | {fresh.stat().st_size / 1e6:.0f} | {name} | {total} ({cpu}) | {most} | {stages}"
                print(f"| {shown} |", flush=True)


def main() -> None:
    """Print what is asked for."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("series", type=int, nargs="*", default=list(DEFAULT))
    words.add_argument("--refresh", action="store_true")
    words.add_argument("--set", action="append", default=[], dest="settings", help="a setting, key=value")
    words.add_argument("--one", type=int, help=argparse.SUPPRESS)
    words.add_argument("--book", nargs=3, help=argparse.SUPPRESS)
    asked = words.parse_args()
    chosen: dict[str, object] = dict(each.split("=", 1) for each in asked.settings)
    settings = [f"--set={each}" for each in asked.settings]
    if asked.one:
        measure(asked.one, chosen)
    elif asked.book:
        book, way, models = asked.book
        refresh(Path(book), way, Path(models), chosen)
    else:
        show: Callable[[list[int], list[str]], None] = refreshes if asked.refresh else plans
        show(asked.series, settings)


if __name__ == "__main__":
    main()
