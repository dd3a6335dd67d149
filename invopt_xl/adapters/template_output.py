"""Writes planner workbooks made from the contracts: blank, or filled with tables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.writing import write_sheets
from invopt_xl.core.template import template_specs
from invopt_xl.errors import WorkbookError


def write_template(path: str | os.PathLike[str]) -> Path:
    """Write a blank planner workbook to `path`; WorkbookError when something is there already."""
    target = Path(path)
    if target.exists():
        raise WorkbookError(
            f"{target} exists already; a template is never written over a workbook. Choose another name with --out."
        )
    return write_filled(None, target)


def write_filled(tables: Mapping[str, pd.DataFrame] | None, path: str | os.PathLike[str]) -> Path:
    """Write a planner workbook filled with `tables` (by contract name; None: blank) to `path`, replacing an earlier one."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_sheets(template_specs(tables), None, out=target, owned=False)
    return target
