"""Simulated decisions go out: as text for people, as plain values for scripts, and into a workbook of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import WriteResult, write_sheets
from invopt_xl.core.decision_backtest.report import (
    by_segment,
    conclusions,
    outset,
    rule_better_said,
    sheet_specs,
    stock_by_service,
)
from invopt_xl.core.decision_backtest.simulate_decisions import DecisionBacktest
from invopt_xl.errors import WorkbookError

#: Ending of the workbooks that are written beside a source.
ENDING = ".simulation.xlsx"


def simulation_path(source: Source, out: Path | None) -> Path:
    """Return the workbook that simulated decisions go to: beside the source, never the planner's own unless it is named.

    >>> simulation_path(Source(Path("books/tea.xlsx")), None).name
    'tea.simulation.xlsx'

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


def write_simulation(made: DecisionBacktest, target: Path) -> WriteResult:
    """Write the sheets to `target`; everything else in a workbook that is there already stays as it is.

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


def simulation_lines(made: DecisionBacktest, name: str) -> list[str]:
    """Return what a person reads on the terminal: what was simulated, every rule as it would be run, and what to conclude."""
    rules = _aligned(made.points[["rule", "fill_rate", "cycle_service", "stockouts", "average_value", "cost"]])
    stock = stock_by_service(made)
    needed = stock.set_index("fill_rate").T.rename_axis("stock needed for").reset_index()
    needed.columns = pd.Index([f"{each:.1%}" if isinstance(each, float) else str(each) for each in needed.columns])
    lines = [f"{name}: {outset(made)}", "", *(f"  {line}" for line in rules), ""]
    lines += [*(f"  {line}" for line in _aligned(needed)), ""]
    return lines + [f"  {said}" for said in conclusions(made)]


def _aligned(frame: pd.DataFrame) -> list[str]:
    """Return a table as lines, the first column to the left."""
    columns = []
    for at, name in enumerate(frame.columns):
        share = name in ("fill_rate", "cycle_service")
        cells = [str(name).replace("_", " "), *(_shown(value, share=share) for value in frame.iloc[:, at])]
        width = max(len(cell) for cell in cells)
        columns.append([cell.ljust(width) if at == 0 else cell.rjust(width) for cell in cells])
    rows = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    return [rows[0], "-" * max(len(row) for row in rows), *rows[1:]]


def _shown(value: object, *, share: bool) -> str:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if number != number:
        return "-"
    return f"{number:.1%}" if share else f"{number:,.0f}"


def simulation_data(made: DecisionBacktest) -> dict[str, Any]:
    """Return simulated decisions as values that JSON can hold; unknown numbers are null, days are texts."""
    tables = {
        "rules": made.points,
        "stock_by_service": stock_by_service(made),
        "segments": by_segment(made),
        "equal_service": made.equal_service,
        "costs": made.costs,
        "service": made.service,
        "rounds": made.rounds,
    }
    return {
        "conclusions": conclusions(made),
        "rule_better": rule_better_said(made),
        "as_of": f"{made.as_of:%Y-%m-%d}",
        "period": made.period,
        "simulated_periods": made.simulated_periods,
        "seed": made.settings.seed,
        "items": len(made.items),
        "findings": [str(finding) for finding in made.findings],
        **{name: _records(frame) for name, frame in tables.items()},
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    days = {str(name): frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime")}
    plain = frame.assign(**days).astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]
