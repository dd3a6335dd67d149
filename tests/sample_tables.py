"""Small input tables for tests of the core."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from invopt_xl.core.checks import Checked, check
from invopt_xl.core.contracts import INPUT
from invopt_xl.core.history import History, build_history
from invopt_xl.core.lead_times import LeadTimes, estimate_lead_times
from invopt_xl.core.segments import Segments, segment
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import Terms, resolve_terms
from invopt_xl.settings import Settings

DATA = Path(__file__).parents[2] / "shared" / "data"

_DTYPES = {"text": "str", "number": "float64", "date": "datetime64[s]", "flag": "boolean"}


def table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return an input frame in the contract's types from dicts."""
    frame = pd.DataFrame(rows)
    kinds = {field.name: field.kind for field in INPUT[name].fields}
    for column in frame.columns:
        values = pd.to_datetime(frame[column]) if kinds[column] == "date" else frame[column]
        frame[column] = values.astype(_DTYPES[kinds[column]])
    return frame.assign(source_sheet=name, source_row=range(2, len(frame) + 2))


def tables(**rows: list[dict[str, object]]) -> Tables:
    return Tables({name: table(name, given) for name, given in rows.items()})


def sold(
    sku: str, quantities: list[float], *, start: str = "2024-01-01", step: str = "7D", **more: object
) -> list[dict[str, object]]:
    """Return one sales row per period."""
    days = pd.date_range(start, periods=len(quantities), freq=step)
    return [
        {"date": day, "sku": sku, "quantity": quantity, **more} for day, quantity in zip(days, quantities, strict=True)
    ]


def checked(as_of: str | None = None, settings: Settings | None = None, **rows: list[dict[str, object]]) -> Checked:
    day = None if as_of is None else pd.Timestamp(as_of)
    return check(tables(**rows), settings=settings or Settings(), as_of=day)


def history(as_of: str | None = None, settings: Settings | None = None, **rows: list[dict[str, object]]) -> History:
    return build_history(checked(as_of, settings, **rows), settings=settings or Settings())


def staged(
    as_of: str | None = None, settings: Settings | None = None, **rows: list[dict[str, object]]
) -> tuple[History, Segments, Terms, LeadTimes]:
    """Return history, segments, terms and lead times of small tables."""
    chosen = settings or Settings()
    good = checked(as_of, chosen, **rows)
    past = build_history(good, settings=chosen)
    classes = segment(past, good, settings=chosen)
    terms = resolve_terms(good, past, classes, settings=chosen)
    return past, classes, terms, estimate_lead_times(good, past, terms, settings=chosen)
