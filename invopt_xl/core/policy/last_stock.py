"""What the run before kept as safety stock, of each item, and under which inputs: where damping starts from.

A run keeps two states: its own, and the one that it started from. A run on a later day starts from the state of the run before; one on the same day
(the planner corrected something and pressed Refresh again) starts where that run started, so that pressing twice moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: State of a run, and the state that it started from, as columns: last day with sales, safety stock before limits and standing decisions [units], expected
#: lead time [days], service target as it was set, and what it is for ("item, cycle").
RUN_COLUMNS = ("run_day", "run_safety_stock", "run_lead_time_days", "run_service_set", "run_service_for")
START_COLUMNS = tuple(name.replace("run_", "start_") for name in RUN_COLUMNS)
STATE_COLUMNS = (*RUN_COLUMNS, *START_COLUMNS)

#: Those that are text; the others are numbers.
STATE_TEXTS = ("run_day", "run_service_for", "start_day", "start_service_for")

_KEYS = ["sku", "location"]


@dataclass(frozen=True)
class LastStock:
    """`frame`: RUN_COLUMNS of n items as the run before left them, NaN and "" where it did not know the item; `days` (n,) since then, NaN likewise."""

    frame: pd.DataFrame
    days: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Whether there is a safety stock to start from (n,)."""
        found: np.ndarray = ~np.isnan(self.days) & self.frame["run_safety_stock"].notna().to_numpy()
        return found


def last_stock(kept: pd.DataFrame | None, series: pd.DataFrame, *, as_of: pd.Timestamp) -> LastStock:
    """Return what the run before kept of these items.

    Parameters
    ----------
    kept : DataFrame or None
        The inputs that the last run kept (`core.change.basis`); None, or one of a version without these columns: nothing is known.
    series : DataFrame
        n rows: sku, location.
    as_of : Timestamp
        Last day with sales of this run.

    >>> kept = pd.DataFrame({"sku": ["A"], "location": ["MAIN"], "run_day": ["2026-11-08"], "run_safety_stock": [40.0], "run_lead_time_days": [14.0],
    ...     "run_service_set": [0.95], "run_service_for": ["item, cycle"], "start_day": ["2026-11-01"], "start_safety_stock": [44.0],
    ...     "start_lead_time_days": [14.0], "start_service_set": [0.95], "start_service_for": ["item, cycle"]})
    >>> later, again = (last_stock(kept, kept[["sku", "location"]], as_of=pd.Timestamp(day)) for day in ("2026-11-15", "2026-11-08"))
    >>> later.frame["run_safety_stock"].item(), later.days, again.frame["run_safety_stock"].item(), again.days
    (40.0, array([7.]), 44.0, array([7.]))
    """
    n = len(series)
    if kept is None or not {*_KEYS, *STATE_COLUMNS} <= set(kept.columns):
        nothing = pd.DataFrame({name: "" if name in STATE_TEXTS else np.full(n, np.nan) for name in RUN_COLUMNS})
        return LastStock(nothing.reindex(range(n)), np.full(n, np.nan))
    rows = kept[[*_KEYS, *STATE_COLUMNS]].drop_duplicates(_KEYS, keep="last").astype(dict.fromkeys(_KEYS, "str"))
    found = series[_KEYS].astype("str").merge(rows, how="left", on=_KEYS)
    run, start = (_state(found, names) for names in (RUN_COLUMNS, START_COLUMNS))
    later = (_days_to(run, as_of) > 0)[:, None]
    frame = pd.DataFrame(np.where(later, run.to_numpy(dtype=object), start.to_numpy(dtype=object)), columns=run.columns)
    frame = frame.astype(run.dtypes.to_dict())
    days = _days_to(frame, as_of)
    # a run on a day after this one tells nothing of what was kept before
    return LastStock(frame, np.where(days > 0, days, np.nan))


def _state(found: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name, plain in zip(names, RUN_COLUMNS, strict=True):
        column = found[name]
        if name in STATE_TEXTS:
            columns[plain] = column.astype(object).where(column.notna(), "").astype("str")
        else:
            columns[plain] = pd.to_numeric(column, errors="coerce").astype("float64")
    return pd.DataFrame(columns)


def _days_to(state: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """Return days from the day of each state to as_of (n,); NaN where it has none."""
    day = pd.to_datetime(state["run_day"], errors="coerce", format="ISO8601").to_numpy(dtype="datetime64[D]")
    days: np.ndarray = (np.datetime64(as_of, "D") - day).astype(float)
    return np.where(np.isnat(day), np.nan, days)
