"""Time of reading a sales sheet into typed columns, ours against pandas with calamine, in one run.

    python tests/bench/read_workbook.py [rows] [--mixed]

`--mixed` makes the sku column hold both numbers and texts, which rules out reading it as one type. Each reading runs in its own
process, so that the peak memory is its own.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path


def make(path: Path, rows: int, *, mixed: bool) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Sales")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["date", "sku", "location", "quantity", "price", "promotion"])
    for row in range(1, rows + 1):
        sheet.write_datetime(row, 0, dt.datetime(2022, 1, 1) + dt.timedelta(days=row % 1000), day)
        if mixed and row % 3 == 0:
            sheet.write_number(row, 1, 10000 + row % 5000)
        else:
            sheet.write_string(row, 1, f"A-{row % 5000:05d}")
        sheet.write_string(row, 2, f"SHOP-{row % 20}")
        sheet.write_number(row, 3, row % 37)
        sheet.write_number(row, 4, 1.5 + row % 11)
        sheet.write_number(row, 5, row % 2)
    book.close()


def ours(path: str) -> int:
    from invopt_xl.adapters.reading import read_tables

    return len(read_tables(path).frames["Sales"])


def pandas_calamine(path: str) -> int:
    import pandas as pd

    return len(pd.read_excel(path, engine="calamine"))


def measured(name: str, path: str, answer: multiprocessing.SimpleQueue) -> None:
    before = time.perf_counter()
    rows = {"ours": ours, "pandas with calamine": pandas_calamine}[name](path)
    seconds = time.perf_counter() - before
    answer.put((rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    rows, mixed = numbers[0] if numbers else 200_000, "--mixed" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.xlsx"
        make(path, rows, mixed=mixed)
        spawn = multiprocessing.get_context("spawn")
        seconds: dict[str, float] = {}
        print(f"{'reader':<22}{'rows':>10}{'seconds':>9}{'MB peak':>9}{'ratio':>7}")
        for name in ("pandas with calamine", "ours"):
            answer = spawn.SimpleQueue()
            process = spawn.Process(target=measured, args=(name, str(path), answer))
            process.start()
            got, seconds[name], peak = answer.get()
            process.join()
            print(
                f"{name:<22}{got:>10,}{seconds[name]:>9.2f}{peak:>9.0f}{seconds[name] / seconds['pandas with calamine']:>7.2f}"
            )


if __name__ == "__main__":
    main()
