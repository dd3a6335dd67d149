"""A backtest goes out: as text tables for people, as plain values for scripts, and into a workbook of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import WriteResult, write_sheets
from invopt_xl.core.backtest import Backtest
from invopt_xl.core.backtest_report import (
    COMPARED_MEASURES,
    comparison,
    conclusion,
    coverage_said,
    outset,
    sheet_specs,
)
from invopt_xl.errors import WorkbookError

#: Ending of the workbooks that are written beside a source.
ENDING = ".backtest.xlsx"

#: Heads of the groups of columns, and how many decimals their numbers get as text (shares are shown in percent).
_HEADS = {"wape": "WAPE", "pinball": "scaled pinball", "covered": "within 95% quantile", "cost": "simulated cost"}
_METHODS = ("chosen", "average", "naive")


def backtest_path(source: Source, out: Path | None) -> Path:
    """Return the workbook that a backtest of a source goes to: beside the source, never the planner's own unless it is named.

    >>> backtest_path(Source(Path("books/tea.xlsx")), None).name
    'tea.backtest.xlsx'

    Raises
    ------
    WorkbookError
        `out` names a kind of file that cannot be written: told before hours of work, not after.
    """
    if out is None:
        return source.path.with_name(f"{source.path.stem}{ENDING}")
    if out.suffix and out.suffix.lower() not in (".xlsx", ".xlsm"):
        raise WorkbookError(f"{out.name} cannot be written: give it a name that ends in .xlsx.")
    return out if out.suffix else out / f"{source.path.stem}{ENDING}"


def write_backtest(made: Backtest, target: Path) -> WriteResult:
    """Write a backtest's sheets to `target`; everything else in a workbook that is there already stays as it is.

    Raises
    ------
    WorkbookBusyError
        The workbook is open elsewhere.
    WorkbookError
        The workbook cannot be written to, or its folder cannot be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(
            f"The folder {target.parent} cannot be made: {error}. Choose another one with --out."
        ) from error
    return write_sheets(sheet_specs(made), target, settings=made.settings)


def backtest_lines(made: Backtest, name: str) -> list[str]:
    """Return what a person reads on the terminal: what was replayed, the comparison, and what to conclude."""
    frame = comparison(made)
    lines = [f"{name}: {outset(made)}"]
    if len(frame):
        lines += ["", *(f"  {line}" for line in _comparison_lines(frame)), ""]
    return lines + [f"  {said}" for said in (conclusion(made), coverage_said(made)) if said]


def _comparison_lines(frame: pd.DataFrame) -> list[str]:
    """Return the comparison as aligned text, with heads over the groups of columns."""
    columns = [["segment", *frame["segment"]], ["intervals", *(f"{number:,d}" for number in frame["intervals"])]]
    groups = []
    for measure, role, _ in COMPARED_MEASURES:
        groups.append(_HEADS[measure])
        for method in _METHODS:
            columns.append([method, *(_shown(value, role) for value in frame[f"{measure}_{method}"])])
    widths = [max(len(text) for text in column) for column in columns]
    # a head needs its room over the three columns below it
    for number, head in enumerate(groups):
        at = 2 + len(_METHODS) * number
        missing = len(head) - (sum(widths[at : at + len(_METHODS)]) + 2 * (len(_METHODS) - 1))
        widths[at] += max(missing, 0)
    rows = [_joined([column[row] for column in columns], widths) for row in range(len(frame) + 1)]
    return [_heads(groups, widths), rows[0], "-" * len(rows[0]), *rows[1:]]


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return first + "".join((" | " if at % len(_METHODS) == 1 else "  ") + cell for at, cell in enumerate(rest))


def _heads(groups: Sequence[str], widths: Sequence[int]) -> str:
    line = " " * (widths[0] + 2 + widths[1])
    for number, head in enumerate(groups):
        at = 2 + len(_METHODS) * number
        line += " | " + head.center(sum(widths[at : at + len(_METHODS)]) + 2 * (len(_METHODS) - 1))
    return line.rstrip()


def _shown(value: float, role: str) -> str:
    if value != value:
        return "-"
    return f"{value:.1%}" if role == "share" else f"{value:.3f}"


def backtest_data(made: Backtest) -> dict[str, Any]:
    """Return a backtest as values that JSON can hold; unknown numbers are null, days are texts."""
    tables = {
        "comparison": comparison(made),
        "accuracy": made.accuracy,
        "coverage": made.coverage,
        "decisions": made.decisions,
        "rounds": made.rounds,
    }
    return {
        "conclusion": conclusion(made),
        "coverage_conclusion": coverage_said(made),
        "as_of": f"{made.as_of:%Y-%m-%d}",
        "period": made.period,
        "seed": made.settings.seed,
        "intervals": len(made.intervals),
        "findings": [str(finding) for finding in made.findings],
        **{name: _records(frame) for name, frame in tables.items()},
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    days = {str(name): frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime")}
    plain = frame.assign(**days).astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]
