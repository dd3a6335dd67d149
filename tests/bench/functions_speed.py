"""How long the worksheet functions take on the Python side, in one process.

    OMP_NUM_THREADS=1 python -m tests.bench.functions_speed

Times of the calls are seconds of this thread on a core (CPU time, so that other programs on the machine do not count): the best of several tries,
and the median. Conversion of arguments and results is included. Times of other processes and of a cold start are by the clock. What Excel and COM
add is not in them: others report 20 to 333 ms per call through xlwings' own wrappers (xlwings issue 2315) and 0.75 s for a million cells by
Value2 (issue 397).
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

import invopt_xl as iv
from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.plan_cache import PLANS, PlannedBook
from invopt_xl.core.plan import Plan
from tests.hosts.fake_excel import fake_excel

_ITEMS = 5000
_BOOK = "Bench.xlsx"
_HISTORY = (tuple(float(each) for each in np.random.default_rng(1).poisson(100, 52)),)


#: What a process is asked first.
_FIRST_CALLS = (
    ("INV_STATUS", "[]"),
    ("INV_EOQ", "[1300.0, 8.0, 1.0, 0.225]"),
    ("INV_SAFETYSTOCK", "[((8.0, 12.0),), 3.0]"),
    ("INV_XYZ", "[((8.0, 12.0, 9.0),)]"),
)
_PIPE = "from invopt_xl.adapters.function_calls import call\n"


@dataclasses.dataclass(frozen=True)
class Took:
    """Best and median time of one call [s]."""

    best: float
    median: float


def wide_plan(items: int) -> tuple[Plan, Any]:
    """Return a plan of so many items, made from a real one by repeating its rows under other names, and the tables of the real one.

    Names, descriptions and sentences differ in every row, as they do in a real plan: they take most of the conversion.
    """
    tables = iv.read_tables(iv.demo_tables(skus=100, locations=1, weeks=104))
    made = iv.plan(tables, settings={"boosted_trees": "off"})
    rows = np.arange(items) % len(made.recommendations)
    names = np.array([f"{100000 + place}" for place in range(items)])
    recommendations = made.recommendations.iloc[rows].reset_index(drop=True)
    texts = {column: recommendations[column] + " " + pd.Series(names, dtype="str") for column in ("description", "why")}
    recommendations = recommendations.assign(sku=pd.Series(names, dtype="str"), **texts)
    periods = len(made.forecast) // len(made.recommendations)
    lines = (rows[:, None] * periods + np.arange(periods)).ravel()
    forecast = (
        made.forecast.iloc[lines].reset_index(drop=True).assign(sku=pd.Series(np.repeat(names, periods), dtype="str"))
    )
    return dataclasses.replace(made, recommendations=recommendations, forecast=forecast), tables


def timed(work: Callable[[], object], *, tries: int = 15, times: int = 1) -> Took:
    """Return the time of one call on a core."""
    work()
    taken = []
    for _ in range(tries):
        start = time.thread_time()
        for _ in range(times):
            work()
        taken.append((time.thread_time() - start) / times)
    return Took(min(taken), statistics.median(taken))


def seconds(work: Callable[[], object], *, tries: int = 5) -> Took:
    """Return the time of one call by the clock."""
    taken = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return Took(min(taken), statistics.median(taken))


def cold(code: str) -> Took:
    """Return the time from starting Python to the end of `code`, by the clock."""
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True))


def first_spill(plan: Plan) -> Took:
    """Return the time of the first INV_REORDER() of a plan as Refresh leaves it: nothing is converted yet."""
    taken = []
    for _ in range(15):
        PLANS.keep(_BOOK, plan)
        _ = PLANS.planned(_BOOK).cells
        start = time.thread_time()
        call("INV_REORDER", (), _BOOK)
        taken.append(time.thread_time() - start)
    return Took(min(taken), statistics.median(taken))


def main() -> None:
    plan, tables = wide_plan(_ITEMS)
    skus = [str(each) for each in plan.recommendations["sku"]]
    place = str(plan.recommendations["location"].iloc[0])
    columns = plan.recommendations.shape[1]
    size, column = f"{_ITEMS:,d} x {columns}", tuple((sku,) for sku in skus)
    rows: list[tuple[str, Took, str]] = [
        (f"INV_REORDER() spills {size}, first time", first_spill(plan), "15 ms"),
        (f"INV_REORDER() spills {size}, again", timed(lambda: call("INV_REORDER", (), _BOOK)), ""),
        (f"INV_REORDER({_ITEMS:,d} items) in one call", timed(lambda: call("INV_REORDER", (column,), _BOOK)), ""),
        (
            f"{_ITEMS:,d} single calls INV_REORDER(item)",
            timed(lambda: [call("INV_REORDER", (sku,), _BOOK) for sku in skus]),
            "0.4 s",
        ),
        (
            "plan of 5,000 rows made ready for look-ups",
            timed(lambda: PlannedBook(plan, None, datetime.now()).cells),
            "",
        ),
    ]
    single: list[tuple[str, tuple[Any, ...]]] = [
        ("INV_REORDER", (skus[7],)),
        ("INV_REORDER", (skus[7], place, "reorder_point")),
        ("INV_FORECAST", (skus[7], place, 13.0)),
        ("INV_EXPLAIN", (skus[7],)),
        ("INV_EXCEPTIONS", (skus[7],)),
        ("INV_SAFETYSTOCK", (_HISTORY, 3.0, 0.95)),
        ("INV_SAFETYSTOCK", (_HISTORY, 3.0, 0.95, 1.0, "fill")),
        ("INV_REORDERPOINT", (_HISTORY, 3.0, 0.95)),
        ("INV_EOQ", (1300.0, 8.0, 1.0, 0.225)),
        ("INV_NEWSVENDOR", (_HISTORY, 1.0, 0.3, 0.12)),
        ("INV_FILLRATE", (_HISTORY, 3.0, 450.0)),
        ("INV_ABC", (tuple((value,) for value in _HISTORY[0]),)),
        ("INV_XYZ", (_HISTORY,)),
        ("INV_DEMANDCLASS", (_HISTORY,)),
        ("INV_LEADTIME", (str(plan.supplier_lead_times["supplier"].iloc[0]), 0.9)),
        ("INV_STATUS", ()),
    ]
    for name, arguments in single:
        told = f"{name}, one cell" + (" of 52 periods" if _HISTORY in arguments or name == "INV_ABC" else "")
        told += ", fill rate" if "fill" in arguments else ""
        rows.append((told, timed(lambda n=name, a=arguments: call(n, a, _BOOK), times=300), "60 us"))  # type: ignore[misc]
    rows += _what_if(tables)
    with fake_excel() as excel:
        sent = (skus[7],)
        rows.append(
            (
                "INV_REORDER, one cell, through xlwings' CallUDF",
                timed(lambda: excel.raw("INV_REORDER", (_BOOK, *sent)), times=300),
                "60 us",
            )
        )
        rows.append(
            (
                "INV_REORDER() spilled through xlwings' CallUDF",
                timed(lambda: excel.call("INV_REORDER", ("\x01",) * 3, book=_BOOK)),
                "15 ms",
            )
        )
        rows.append(
            (
                "5,000 single calls through xlwings' CallUDF",
                timed(lambda: [excel.raw("INV_REORDER", (_BOOK, sku)) for sku in skus]),
                "0.4 s",
            )
        )
    rows += _worker()
    # as Excel's server loads xlwings, and as the process behind Calc does without
    excel_start = "from invopt_xl.adapters.addin.server import _without\nwith _without('matplotlib'): import xlwings\n"
    for host, start in (("Excel", excel_start + "from invopt_xl.adapters.functions import call\n"), ("Calc", _PIPE)):
        for name, arguments in _FIRST_CALLS:
            rows.append((f"cold start for {host} to {name}", cold(f"{start}call({name!r}, {arguments})"), "3 s"))
    print(f"| what | best | median | target |\n|{'-' * 70}|{'-' * 12}|{'-' * 12}|{'-' * 9}|")
    for what, took, target in rows:
        print(f"| {what:68s} | {_shown(took.best):>10s} | {_shown(took.median):>10s} | {target:7s} |")


def _what_if(tables: Any) -> list[tuple[str, Took, str]]:
    plan = iv.plan(tables, settings={"boosted_trees": "off"})
    skus = [str(sku) for sku in plan.recommendations["sku"]]
    PLANS.keep("small", plan, tables=tables)
    new = iter(range(1_000_000))

    def of_one(field: str) -> object:
        return call("INV_WHATIF", (skus[0], "", field, 5.0 + next(new) * 1e-3), "small")

    def of_a_column(field: str) -> object:
        value = 5.0 + next(new) * 1e-3
        return [call("INV_WHATIF", (sku, "", field, value), "small") for sku in skus]

    ten = tuple((float(value),) for value in range(10))
    found = []
    for field in ("on_hand", "lead_time_days"):
        column = timed(lambda name=field: of_a_column(name), tries=5)  # type: ignore[misc]
        found += [
            (f"INV_WHATIF, one cell, {field}, never asked before", timed(lambda name=field: of_one(name)), "60 us"),  # type: ignore[misc]
            (
                f"INV_WHATIF, one cell of a column of {len(skus)} items, {field}",
                Took(column.best / len(skus), column.median / len(skus)),
                "60 us",
            ),
        ]
    asked = (skus[0], "", "on_hand", 5.0, "reorder_point")
    return [
        *found,
        (
            "INV_WHATIF, one cell, another figure of the same change",
            timed(lambda: call("INV_WHATIF", asked, "small"), times=300),
            "60 us",
        ),
        (
            "INV_WHATIF, ten values in one call, the first time",
            timed(
                lambda: (
                    PLANS.planned("small").what_ifs._known.clear(),
                    call("INV_WHATIF", (skus[0], "", "lead_time_days", ten), "small"),
                )
            ),
            "",
        ),
    ]


def _worker() -> list[tuple[str, Took, str]]:
    """Return times of the worker process, over its pipe."""
    command = [sys.executable, "-m", "invopt_xl.adapters.function_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        asked, told = worker.stdin, worker.stdout
        assert asked is not None
        assert told is not None

        def ask(name: str, arguments: list[Any]) -> object:
            asked.write(json.dumps({"id": 1, "call": name, "arguments": arguments}).encode() + b"\n")
            asked.flush()
            return json.loads(told.readline())

        start = time.perf_counter()
        ask("INV_EOQ", [1300.0, 8.0, 1.0, 0.225])
        first = time.perf_counter() - start
        cells = [[float(value)] for value in range(100_000)]
        return [
            ("worker process: started and answered once", Took(first, first), ""),
            (
                "worker process: 1,000 calls INV_EOQ",
                seconds(lambda: [ask("INV_EOQ", [1300.0, 8.0, 1.0, 0.225]) for _ in range(1000)]),
                "",
            ),
            ("worker process: INV_ABC of 100,000 cells", seconds(lambda: ask("INV_ABC", [cells])), ""),
        ]


def _shown(took: float) -> str:
    return f"{took * 1e6:.1f} us" if took < 1e-3 else f"{took * 1e3:.1f} ms" if took < 1 else f"{took:.2f} s"


if __name__ == "__main__":
    main()
