"""What the last plan of a source left where the next one goes to: recommendations with the planner's decisions, and the inputs that it kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.own_files import read_own_file
from invopt_xl.adapters.plan_output import folder_of, workbook_of
from invopt_xl.adapters.sources import Source
from invopt_xl.adapters.writing import read_own_table
from invopt_xl.core.change.report import BASIS_SHEET
from invopt_xl.core.contracts import PLANNER_COLUMNS, RECOMMENDATION_KEY

#: Columns of the last plan that the next one looks at: the planner's, and what a plan that moved is recognised by.
_LOOKED_AT = (*RECOMMENDATION_KEY, *PLANNER_COLUMNS, "reorder_point", "order_quantity")


@dataclass(frozen=True)
class LastPlan:
    """`recommendations` (at least what the next plan looks at) and `basis` of the last plan; None where it left none."""

    recommendations: pd.DataFrame | None = None
    basis: pd.DataFrame | None = None


def last_plan(source: Source, *, out: Path | None = None, form: str = "xlsx") -> LastPlan:
    """Return what the last plan left.

    Parameters
    ----------
    source : Source
    out : path, optional
        Where the next plan goes to, as in `plan_output.write_plan_files`.
    form : {"xlsx", "csv", "parquet"}
        As what it goes there. Table files are read from that folder; sheets from the workbook that the plan goes to, where the planner
        has worked since; else from the source, if that is a workbook.
    """
    names = {"recommendations": "Recommendations", "basis": BASIS_SHEET}
    folder = folder_of(source, out)
    files = {} if form == "xlsx" else {name: read_own_file(folder, name, form=form) for name in names}
    if any(found is not None for found in files.values()):
        return LastPlan(**files)
    return LastPlan(_table("Recommendations", source, out, _LOOKED_AT), _table(BASIS_SHEET, source, out))


def _table(name: str, source: Source, out: Path | None, columns: Collection[str] | None = None) -> pd.DataFrame | None:
    for path in (workbook_of(source, out), source.path):
        if path.suffix.lower() in (".xlsx", ".xlsm") and path.is_file():
            found = read_own_table(path, name, columns=columns)
            if found is not None:
                return found
    return None
