"""A plan goes out: into the workbook it came from, into a new one, or into a folder of CSV or Parquet files."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from invopt_xl.adapters.own_files import is_own_file
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import write_sheets
from invopt_xl.core.contracts import MORE_OUTPUT, OUTPUT
from invopt_xl.core.findings import Finding
from invopt_xl.core.plan import Plan
from invopt_xl.core.report import sheet_specs
from invopt_xl.errors import WorkbookError


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
        return _write_files(plan, folder_of(source, out), form)
    target = workbook_of(source, out)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_writable_workbook:
        # the workbook holds nothing that was read, so whatever the planner did in it meanwhile is simply kept
        return _write(plan, target)
    return _write(plan, source.path, out=target, unchanged_since=plan.fingerprint)


def folder_of(source: Source, out: Path | None) -> Path:
    """Return the folder that a plan of a source goes to as table files."""
    return out or source.path.with_name(f"{source.path.stem}_plan")


def workbook_of(source: Source, out: Path | None) -> Path:
    """Return the workbook that a plan of a source goes to."""
    if out is not None:
        suffix = source.path.suffix if source.is_writable_workbook else ".xlsx"
        return out if out.suffix else out / f"{source.path.stem}{suffix}"
    return source.path if source.is_writable_workbook else source.path.with_name(f"{source.path.stem}_plan.xlsx")


def _write_files(plan: Plan, folder: Path, form: str) -> Written:
    """Write each output table to `folder`: all files are made aside first, then moved into place one by one.

    Tables that only some runs have, left by an earlier one, go: they would be out of date.
    """
    tables = {name: getattr(plan, name) for name in OUTPUT} | plan.more_tables
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".invopt-") as aside:
            for name, frame in tables.items():
                file = Path(aside) / f"{name}.{form}"
                if form == "csv":
                    frame.to_csv(file, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d")
                else:
                    frame.to_parquet(file, index=False)
            for file in sorted(Path(aside).iterdir()):
                shutil.move(file, folder / file.name)
        for name in MORE_OUTPUT.keys() - tables.keys():
            file = folder / f"{name}.{form}"
            if file.is_file() and is_own_file(file, name):
                file.unlink()
    except OSError as error:
        raise WorkbookError(
            f"The plan could not be written to {folder}: {error}. Choose another folder with --out."
        ) from error
    return Written(folder)
