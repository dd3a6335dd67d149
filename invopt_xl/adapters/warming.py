"""Compiles what plans compute with, once after an installation, so that no planner waits for it: a minute or so at the first plan.

The inner loops of the engine (kernels) are compiled by numba when they are first called, and kept in files: beside our own, or where these cannot be
written, in numba's folder of the user's profile; every process of this Python finds them there. So it is enough to plan a small world of its
own that takes every way through the engine. Nothing is written but these files.

    python -m invopt_xl.adapters.warming
"""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from invopt_xl.errors import ComputeError

if TYPE_CHECKING:
    from invopt_xl.core.plan import Plan
    from invopt_xl.core.stages import Stages

LOG = logging.getLogger("invopt_xl.warming")

Told = Callable[[str], None]

#: More than any threshold from which the engine takes threads.
_MANY = 1_000_000

#: Opens a line of the process that names a step.
_STEP = "step: "
#: Eight times what it took on a slow and busy machine [s].
_LIMIT_SECONDS = 1800.0

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Kernels:
    """`compiled`: how many are kept, made from the text that they have now; `missing`: names of the others; `folder`: below which the files lie."""

    compiled: int
    missing: tuple[str, ...]
    folder: Path

    @property
    def all(self) -> int:
        """Return how many there are."""
        return self.compiled + len(self.missing)


def kernels() -> list[Any]:
    """Return the kernels of the engine: functions that numba compiles.

    >>> len(kernels()) > 20
    True
    """
    from numba.core.dispatcher import Dispatcher

    found = []
    for path in sorted((_PACKAGE / "core").rglob("*.py")):
        if "@njit(" in path.read_text(encoding="utf-8"):
            name = ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)
            values = vars(importlib.import_module(name)).values()
            found += [each for each in values if isinstance(each, Dispatcher) and each.py_func.__module__ == name]
    return found


def kept_kernels() -> Kernels:
    """Return which kernels are compiled and kept.

    Raises
    ------
    ComputeError
        No folder can be written in which they could be kept; numba then refuses to load them.
    """
    try:
        found = kernels()
    except RuntimeError as error:
        raise ComputeError(
            f"Compiled kernels can be kept nowhere ({error}). Set the variable NUMBA_CACHE_DIR to a folder that can be written."
        ) from error
    missing = [f"{each.py_func.__module__}.{each.__name__}" for each in found if not _is_kept(each)]
    folders = [each.stats.cache_path for each in found]
    return Kernels(len(found) - len(missing), tuple(missing), Path(os.path.commonpath(folders)))


def _is_kept(kernel: Any) -> bool:
    """Return whether a kernel is kept, made from the text that it has now."""
    # numba has no public way to ask; an index of another text counts as empty
    return bool(kernel._cache._cache_file._load_index())


@dataclass(frozen=True)
class Warmed:
    """What came of it: `kept` is what is there now, `seconds` how long it took, `failures` one text per step that failed."""

    kept: Kernels | None
    seconds: float
    failures: tuple[str, ...]

    def in_words(self) -> str:
        """Return what a planner is told."""
        if self.kept is None or self.failures:
            return _incomplete("; ".join(self.failures))
        return f"Ready to compute: {self.kept.compiled} of {self.kept.all} kernels are compiled ({self.seconds:.0f} s) and kept in {self.kept.folder}."


def warm(told: Told) -> Warmed:
    """Run all `STEPS`, each told before it starts. One that fails is told in the result and stops nothing."""
    start = time.perf_counter()
    failures = []
    world = _World()
    for name, work in STEPS.items():
        told(name)
        try:
            work(world)
        except Exception as error:
            LOG.exception("compiling in advance: %s failed", name)
            failures.append(f"{name}: {error}")
    try:
        kept = kept_kernels()
    except ComputeError as error:
        return Warmed(None, time.perf_counter() - start, (str(error),))
    return Warmed(kept, time.perf_counter() - start, tuple(failures))


def warm_apart(told: Told, *, command: Sequence[str] | None = None, limit_seconds: float = _LIMIT_SECONDS) -> str:
    """Have a process of its own run `warm`, and return what a planner is told: neither a crash of it nor a standstill stops an installation.

    Parameters
    ----------
    told : callable
        Takes the name of each step as it starts.
    command : sequence of str, optional
        The process; this Python with this module unless given.
    limit_seconds : float
        It is ended after that.
    """
    isolated = ["-I"] if sys.flags.isolated else []
    words = command or [sys.executable, *isolated, "-X", "utf8", "-m", "invopt_xl.adapters.warming"]
    said = ""
    late = threading.Event()
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        # threads would only wait for each other in a world this small
        env={**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    ) as process:

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limit_seconds, end)
        timer.start()
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(_STEP):
                told(line.removeprefix(_STEP).strip())
            else:
                said = line.strip() or said
        process.wait()
        timer.cancel()
    if late.is_set():
        return _incomplete(f"it was stopped after {limit_seconds:.0f} seconds")
    return said if not process.returncode and said else _incomplete(f"its process ended with code {process.returncode}")


def _incomplete(because: str) -> str:
    return (
        f"Not everything was compiled in advance ({because}). Where plans can be made at all, the first one takes a minute longer. "
        "Next step: invopt doctor."
    )


class _World:
    """The tables of a small company that has a bit of everything, and its plan."""

    @cached_property
    def made(self) -> Plan:
        """Return the plan."""
        from invopt_xl.adapters.reading import read_tables
        from invopt_xl.core.demo import demo_tables
        from invopt_xl.pipeline import plan

        return plan(read_tables(demo_tables(skus=12, locations=2, weeks=110)))

    def plan(self) -> Plan:
        """Plan as a first Refresh does."""
        return self.made

    def plan_under_limits(self) -> Plan:
        """Plan with everything that ties orders together, and scenarios beside it."""
        from invopt_xl.adapters.reading import read_tables
        from invopt_xl.core.scenarios.change import read_changes
        from invopt_xl.pipeline import plan

        changes = read_changes(
            [
                {"scenario": "slower", "what": "all", "field": "lead time", "value": "x1.2"},
                {"scenario": "more", "what": "all", "field": "demand", "value": "x1.2"},
            ]
        )
        settings = {"boosted_trees": "off", "order_budget": 2000.0, "service_aim": "value"}
        return plan(read_tables(_limited()), settings=settings, scenarios=changes)

    def what_if(self) -> object:
        """Ask the plan what would be, as INV_WHATIF and the button do."""
        from invopt_xl.core.whatif import what_if

        asked = (("on_hand", 5.0), ("lead_time_days", 20.0), ("demand_factor", 1.2))
        return [
            what_if(self._stages, row=0, field=field, values=np.array([value]), settings=self.made.settings)
            for field, value in asked
        ]

    def bend(self) -> object:
        """Bend distributions of demand as it is done where trees forecast best; of a world this small they need not."""
        law = self._stages.forecast.law
        n = len(law.path)
        quantiles = np.cumsum(np.ones((n, 3, 2)), axis=1)
        bent = replace(law, whole=np.zeros(n, dtype=bool), group=np.zeros(0, dtype=np.int64), stretch=quantiles)
        return bent.over(np.full((n, 1), 4.0))

    def of_many(self) -> object:
        """Work out as many quantiles as threads pay for."""
        from invopt_xl.core.forecast.shapes import quantiles

        ones = np.ones(_MANY)
        return quantiles(ones, ones, ones / 2, whole=ones > 0, nothing=np.zeros(_MANY))

    def simulate(self) -> object:
        """Simulate decisions of the past."""
        from invopt_xl.adapters.reading import read_tables
        from invopt_xl.core.decision_backtest.simulate_decisions import simulate_decisions
        from invopt_xl.core.demo import demo_tables

        tables = read_tables(demo_tables(skus=8, locations=1, weeks=110))
        return simulate_decisions(tables, rounds=1, settings={"boosted_trees": "off"}, replications=2)

    @property
    def _stages(self) -> Stages:
        assert self.made.stages is not None
        return self.made.stages


def _limited() -> dict[str, pd.DataFrame]:
    """Return tables with every limit on orders, and as many orders as are worth threads: each item from a supplier of its own."""
    from invopt_xl.core.demo import demo_tables

    tables = demo_tables(skus=32, locations=2, weeks=60)
    items = tables["Items"]
    items = items.assign(unit_volume=0.02, supplier="Supplier of " + items["sku"].astype(str))
    suppliers = pd.DataFrame(
        {
            "supplier": items["supplier"],
            "lead_time_days": 14.0,
            "min_order_value": 200.0,
            "min_order_quantity": 20.0,
            "capacity": 4000.0,
            "container_volume": 10.0,
        }
    )
    breaks = pd.DataFrame({"sku": items["sku"], "min_quantity": 200.0, "unit_cost": items["unit_cost"] * 0.95})
    return {**tables, "Suppliers": suppliers, "Items": items, "PriceBreaks": breaks}


#: What is run, by name: all ways through the engine that compile something.
STEPS: Mapping[str, Callable[[_World], object]] = {
    "plan": _World.plan,
    "plan under limits, with scenarios": _World.plan_under_limits,
    "what-if": _World.what_if,
    "forecast with trees": _World.bend,
    "forecast of many items": _World.of_many,
    "simulator": _World.simulate,
}


def main() -> int:
    """Compile, and write steps and outcome to standard output."""
    # what a library says in C must not end up among the lines
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as lines:
        os.dup2(2, 1)

        def say(line: str) -> None:
            lines.write(line + "\n")
            lines.flush()

        say(warm(lambda step: say(_STEP + step)).in_words())
    return 0


if __name__ == "__main__":
    sys.exit(main())
