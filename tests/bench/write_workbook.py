"""How long writing takes: recommendations into a 30 MB workbook, against XlsxWriter writing the same table to a new file.

Run: python tests/bench/write_workbook.py
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.core.sheets import Block, Choice, Column, SheetSpec

ROWS, COLUMNS = 10_000, 30
#: What the next plan reads of the last one.
LOOKED_AT = ("sku", "location", "decision", "planner_quantity", "reason", "number_1", "number_2")
BIG_ROWS, BIG_COLUMNS = 260_000, 12


def recommendations() -> SheetSpec:
    """Return a sheet of 10,000 x 30: texts, numbers, dates, sentences and the planner's columns."""
    draw = np.random.default_rng(7)
    data: dict[str, object] = {
        "sku": [f"{at:06d}" for at in range(ROWS)],
        "location": draw.choice(["MAIN", "NORTH", "SOUTH"], ROWS),
    }
    columns = [Column("sku", "key"), Column("location", "key")]
    for at in range(COLUMNS - 9):
        role = ("units", "money", "share", "days")[at % 4]
        data[f"number_{at}"] = np.where(draw.random(ROWS) < 0.05, np.nan, np.round(draw.gamma(2.0, 40.0, ROWS), at % 4))
        columns.append(Column(f"number_{at}", role))  # type: ignore[arg-type]
    for name in ("order_by", "expected_receipt"):
        data[name] = pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 300, ROWS), unit="D")
        columns.append(Column(name, "date"))
    data["description"] = [f"Item {at} of a range" for at in range(ROWS)]
    data["why"] = [
        f"Order {at} because demand over 3 weeks may reach {at * 2} & stock is {at % 17}." for at in range(ROWS)
    ]
    columns += [Column("description", "text"), Column("why", "sentence")]
    for name in ("decision", "planner_quantity", "reason"):
        data[name] = ""
        columns.append(Column(name, "input"))
    block = Block(
        "Recommendations",
        pd.DataFrame(data),
        tuple(columns),
        key=("sku", "location"),
        kept=("decision", "planner_quantity", "reason"),
        choices=(Choice("decision", allowed=("Approve", "Reject")),),
    )
    return SheetSpec("Recommendations", blocks=(block,), freeze=(1, 2))


def big_workbook(path: Path) -> None:
    """Make a planner's workbook of about 30 MB."""
    draw = np.random.default_rng(1)
    values = draw.random((BIG_ROWS, BIG_COLUMNS))
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("History")
    for row in range(BIG_ROWS):
        sheet.write_row(row, 0, values[row].tolist())
    book.close()


def peer(spec: SheetSpec, path: Path) -> None:
    """Write the same table with XlsxWriter to a new file."""
    block = spec.blocks[0]
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    sheet = book.add_worksheet("Recommendations")
    dates = book.add_format({"num_format": 14})
    frame = block.frame
    sheet.add_table(
        0, 0, len(frame), len(block.columns) - 1, {"columns": [{"header": each.name} for each in block.columns]}
    )
    for at, column in enumerate(block.columns):
        values = frame[column.name]
        if column.role == "date":
            for row, value in enumerate(values.dt.to_pydatetime(), 1):
                sheet.write_datetime(row, at, value, dates)
        else:
            for row, value in enumerate(values.tolist(), 1):
                if value == value and value != "":
                    sheet.write(row, at, value)
    book.close()


def fresh(spec: SheetSpec, path: Path) -> None:
    """Write a new workbook."""
    path.unlink(missing_ok=True)
    write_sheets([spec], None, out=path)


def timed(work, path: Path) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Return the median seconds of three runs and the size [MB]."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[1], path.stat().st_size / 1e6


def main() -> None:
    """Print the table."""
    spec = recommendations()
    with tempfile.TemporaryDirectory() as folder:
        big, new, other = Path(folder, "big.xlsx"), Path(folder, "new.xlsx"), Path(folder, "xlsxwriter.xlsx")
        big_workbook(big)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        write_sheets([spec], big)
        first = time.perf_counter() - start
        lines = [
            ("InvOpt XL, added to a big workbook", first, big.stat().st_size / 1e6),
            ("InvOpt XL, refreshed in it", *timed(lambda: write_sheets([spec], big), big)),
            ("InvOpt XL, new workbook", *timed(lambda: fresh(spec, new), new)),
            (
                "InvOpt XL, last plan read",
                *timed(lambda: read_own_table(big, "Recommendations", columns=LOOKED_AT), big),
            ),
        ]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        lines.append(("XlsxWriter, new workbook", *timed(lambda: peer(spec, other), other)))
    print(f"{'':36} {'rows':>8} {'columns':>8} {'seconds':>8} {'MB':>7}")
    for name, seconds, size in lines:
        print(f"{name:36} {ROWS:8,d} {COLUMNS:8,d} {seconds:8.2f} {size:7.1f}")
    print(f"peak memory grew by {(after - before) / 1024:.0f} MB while InvOpt XL wrote and read")


if __name__ == "__main__":
    main()
