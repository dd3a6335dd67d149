"""A plan goes out: into the workbook it came from, into a new one, or into a folder of CSV or Parquet files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.core.change.report import BASIS_SHEET
from invopt_xl.core.contracts import OUTPUT, PLANNER_COLUMNS, RECOMMENDATION_KEY
from invopt_xl.core.findings import Finding
from invopt_xl.core.plan import Plan
from invopt_xl.core.report import sheet_specs
from invopt_xl.errors import WorkbookError

#: Columns of the last plan that the next one looks at: the planner's, and what a plan that moved is recognised by.
_LOOKED_AT = (*RECOMMENDATION_KEY, *PLANNER_COLUMNS, "reorder_point", "order_quantity")


@dataclass(frozen=True)
class Written:
    """Where a plan went, the backup if one was made, and what was noticed while writing."""

    path: Path
    backup: Path | None = None
    findings: tuple[Finding, ...] = ()


def write_plan(plan: Plan, path: str | os.PathLike[str], *, out: str | os.PathLike[str] | None = None) -> Written:
    """Write a plan's sheets into a workbook, leaving everything else in it as it is.

    Parameters
    ----------
    plan : Plan
    path : path
        Workbook to write into. Made new when it does not exist.
    out : path, optional
        Write to this copy instead and leave `path` as it is.

    Returns
    -------
    Written

    Raises
    ------
    WorkbookBusyError
        The workbook is open elsewhere, or was changed since the plan's tables were read from it.
    WorkbookError
        The workbook cannot be written to without harm (encrypted, signed, binary ...); the message says what to do.
    """
    same_name = Path(path).name == plan.source
    return _write(
        plan,
        Path(path),
        out=None if out is None else Path(out),
        unchanged_since=plan.fingerprint if same_name else None,
    )


def _write(plan: Plan, path: Path, *, out: Path | None = None, unchanged_since: str | None = None) -> Written:
    result = write_sheets(sheet_specs(plan), path, out=out, settings=plan.settings, unchanged_since=unchanged_since)
    return Written(result.path, result.backup, result.findings)


def write_plan_files(plan: Plan, source: Source, *, out: Path | None, form: str) -> Written:
    """Write a plan as the command line asks: `form` is xlsx, csv or parquet; `out` a file, a folder or nothing.

    Without `out` a workbook is written in place; a plan of a folder, or of a format that cannot be written into (.xls, .xlsb, CSV), goes
    beside it.
    """
    if form != "xlsx":
        folder = out or source.path.with_name(f"{source.path.stem}_plan")
        return _write_files(plan, folder, form)
    target = _workbook_of(source, out)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_writable_workbook:
        # the workbook holds nothing that was read, so whatever the planner did in it meanwhile is simply kept
        return _write(plan, target)
    return _write(plan, source.path, out=target, unchanged_since=plan.fingerprint)


def _workbook_of(source: Source, out: Path | None) -> Path:
    """Return the workbook that a plan of a source goes to."""
    if out is not None:
        suffix = source.path.suffix if source.is_writable_workbook else ".xlsx"
        return out if out.suffix else out / f"{source.path.stem}{suffix}"
    return source.path if source.is_writable_workbook else source.path.with_name(f"{source.path.stem}_plan.xlsx")


def _write_files(plan: Plan, folder: Path, form: str) -> Written:
    """Write each output table to `folder`: all files are made aside first, then moved into place one by one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".invopt-") as aside:
            for name in OUTPUT:
                frame: pd.DataFrame = getattr(plan, name)
                file = Path(aside) / f"{name}.{form}"
                if form == "csv":
                    frame.to_csv(file, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d")
                else:
                    frame.to_parquet(file, index=False)
            for file in sorted(Path(aside).iterdir()):
                shutil.move(file, folder / file.name)
    except OSError as error:
        raise WorkbookError(
            f"The plan could not be written to {folder}: {error}. Choose another folder with --out."
        ) from error
    return Written(folder)


def previous_recommendations(source: Source, *, out: Path | None = None) -> pd.DataFrame | None:
    """Return what the next plan looks at of the Recommendations that the last one left, or None.

    They are read from the workbook that the plan goes to, where the planner has worked since; else from the source.
    """
    return _left_by_last_plan("Recommendations", source, out=out, columns=_LOOKED_AT)


def previous_basis(source: Source, *, out: Path | None = None) -> pd.DataFrame | None:
    """Return the inputs of its orders that the last plan kept in the same workbook, or None."""
    return _left_by_last_plan(BASIS_SHEET, source, out=out)


def _left_by_last_plan(
    name: str, source: Source, *, out: Path | None, columns: Collection[str] | None = None
) -> pd.DataFrame | None:
    for path in (_workbook_of(source, out), source.path):
        if path.suffix.lower() in (".xlsx", ".xlsm") and path.is_file():
            found = read_own_table(path, name, columns=columns)
            if found is not None:
                return found
    return None
