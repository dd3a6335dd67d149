"""How long the worksheet functions take on the Python side, in one process.

    python -m tests.bench.functions_speed

Times are the best of several tries, conversion of arguments and results included. What Excel and COM add is not in them: others report 20 to
333 ms per call through xlwings' own wrappers (xlwings issue 2315) and 0.75 s for a million cells by Value2 (issue 397).
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import invopt_xl as iv
from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.plan_cache import PLANS, PlanCache, PlannedBook
from invopt_xl.core.plan import Plan
from tests.hosts.fake_excel import fake_excel

_ITEMS = 5000
_BOOK = "Bench.xlsx"
_HISTORY = (tuple(float(each) for each in np.random.default_rng(1).poisson(100, 52)),)


def wide_plan(items: int) -> tuple[Plan, Any]:
    """Return a plan of so many items, made from a real one by repeating its rows under other names, and the tables of the real one."""
    tables = iv.read_tables(iv.demo_tables(skus=100, locations=1, weeks=104))
    made = iv.plan(tables, settings={"boosted_trees": "off"})
    rows = np.arange(items) % len(made.recommendations)
    names = np.array([f"{100000 + place}" for place in range(items)])
    recommendations = made.recommendations.iloc[rows].reset_index(drop=True).assign(sku=pd.Series(names, dtype="str"))
    periods = len(made.forecast) // len(made.recommendations)
    lines = (rows[:, None] * periods + np.arange(periods)).ravel()
    forecast = (
        made.forecast.iloc[lines].reset_index(drop=True).assign(sku=pd.Series(np.repeat(names, periods), dtype="str"))
    )
    return dataclasses.replace(made, recommendations=recommendations, forecast=forecast), tables


def seconds(work: Callable[[], object], *, tries: int = 5, times: int = 1) -> float:
    """Return the shortest time of one call."""
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - start)
    return best / times


def cold(code: str) -> float:
    """Return the time from starting Python to the end of `code`, the best of three."""
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True), tries=3)


def main() -> None:
    plan, tables = wide_plan(_ITEMS)
    skus = [str(each) for each in plan.recommendations["sku"]]
    place = str(plan.recommendations["location"].iloc[0])
    rows: list[tuple[str, float, str]] = []

    def whole_table() -> object:
        # as Refresh leaves it: nothing converted yet
        PLANS.keep(_BOOK, plan)
        _ = PLANS.planned(_BOOK).cells
        start = time.perf_counter()
        found = call("INV_REORDER", (), _BOOK)
        taken.append(time.perf_counter() - start)
        return found

    taken: list[float] = []
    for _ in range(7):
        whole_table()
    columns = plan.recommendations.shape[1]
    rows.append((f"INV_REORDER() spills {_ITEMS:,d} x {columns}, first time", min(taken), "15 ms"))
    rows.append(
        (f"INV_REORDER() spills {_ITEMS:,d} x {columns}, again", seconds(lambda: call("INV_REORDER", (), _BOOK)), "")
    )
    column = tuple((sku,) for sku in skus)
    rows.append(
        (f"INV_REORDER({_ITEMS:,d} items) in one call", seconds(lambda: call("INV_REORDER", (column,), _BOOK)), "")
    )
    rows.append(
        (
            f"{_ITEMS:,d} single calls INV_REORDER(item)",
            seconds(lambda: [call("INV_REORDER", (sku,), _BOOK) for sku in skus]),
            "0.4 s",
        )
    )
    rows.append(
        (
            "plan of 5,000 rows made ready for look-ups",
            seconds(lambda: PlannedBook(plan, None, PlanCache()._now()).cells),
            "",
        )
    )
    single: list[tuple[str, tuple[Any, ...]]] = [
        ("INV_REORDER", (skus[7],)),
        ("INV_REORDER", (skus[7], place, "reorder_point")),
        ("INV_FORECAST", (skus[7], place, 13.0)),
        ("INV_EXPLAIN", (skus[7],)),
        ("INV_EXCEPTIONS", (skus[7],)),
        ("INV_SAFETYSTOCK", (_HISTORY, 3.0, 0.95)),
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
        rows.append((told, seconds(lambda n=name, a=arguments: call(n, a, _BOOK), times=300), "60 us"))  # type: ignore[misc]
    rows += _what_if(tables)
    with fake_excel() as excel:
        sent = (skus[7],)
        rows.append(
            (
                "INV_REORDER, one cell, through xlwings' CallUDF",
                seconds(lambda: excel.raw("INV_REORDER", (_BOOK, *sent)), times=300),
                "60 us",
            )
        )
        rows.append(
            (
                "INV_REORDER() spilled through xlwings' CallUDF",
                seconds(lambda: excel.call("INV_REORDER", ("\x01",) * 3, book=_BOOK)),
                "15 ms",
            )
        )
        rows.append(
            (
                "5,000 single calls through xlwings' CallUDF",
                seconds(lambda: [excel.raw("INV_REORDER", (_BOOK, sku)) for sku in skus]),
                "0.4 s",
            )
        )
    rows += _worker()
    start = "from invopt_xl.adapters.functions import call; "
    rows.append(("cold start to INV_STATUS", cold(start + "call('INV_STATUS')"), "3 s"))
    rows.append(("cold start to INV_EOQ", cold(start + "call('INV_EOQ', [1300.0, 8.0, 1.0, 0.225])"), "3 s"))
    rows.append(
        ("cold start to INV_SAFETYSTOCK", cold(start + "call('INV_SAFETYSTOCK', [((8.0, 12.0),), 3.0])"), "3 s")
    )
    rows.append(("cold start to INV_XYZ", cold(start + "call('INV_XYZ', [((8.0, 12.0, 9.0),)])"), "3 s"))
    print(f"| what | time | target |\n|{'-' * 70}|{'-' * 12}|{'-' * 9}|")
    for what, took, target in rows:
        print(f"| {what:68s} | {_shown(took):>10s} | {target:7s} |")


def _what_if(tables: Any) -> list[tuple[str, float, str]]:
    plan = iv.plan(tables, settings={"boosted_trees": "off"})
    PLANS.keep("small", plan, tables=tables)
    sku = str(plan.recommendations["sku"].iloc[0])
    start = time.perf_counter()
    call("INV_WHATIF", (sku, "", "on_hand", 5.0), "small")
    first = time.perf_counter() - start
    ten = tuple((float(value),) for value in range(10))
    return [
        ("INV_WHATIF, the first of a plan of 100 items (its stages again)", first, ""),
        ("INV_WHATIF, one cell", seconds(lambda: call("INV_WHATIF", (sku, "", "on_hand", 5.0), "small"), times=10), ""),
        (
            "INV_WHATIF, ten values in one call",
            seconds(lambda: call("INV_WHATIF", (sku, "", "lead_time_days", ten), "small"), times=10),
            "",
        ),
    ]


def _worker() -> list[tuple[str, float, str]]:
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
            ("worker process: started and answered once", first, ""),
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
