"""All stages side by side: the `Recommendations` and `Forecast` tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import FORECAST, FORECAST_LEVELS, PLANNER_COLUMNS, RECOMMENDATION_KEY, RECOMMENDATIONS
from invopt_xl.core.explain import Explained
from invopt_xl.core.flags import Flags
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.stages import Stages

#: Decimals kept of computed figures: far below what anyone orders, and it keeps floating-point dust off the sheet.
_DECIMALS = 6

#: Cover beyond this is not worth telling apart [days]; the note on the column says so.
_LONGEST_COVER_DAYS = 3650.0


def recommendations(
    stages: Stages, *, flags: Flags, explained: Explained, previous: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the Recommendations table, one row per series, with the planner's columns of `previous` by key."""
    history, segments, forecast = stages.history, stages.segments, stages.forecast
    o, p, t = stages.orders.frame, stages.policy.frame, stages.terms.frame
    values: dict[str, object] = {
        "sku": history.series["sku"],
        "location": history.series["location"],
        "description": t["description"],
        "supplier": t["supplier"],
        "segment": segments.frame["segment"],
        "demand_class": segments.frame["demand_class"],
        "on_hand": t["on_hand"],
        "on_order": t["on_order"],
        "inventory_position": o["inventory_position"],
        "order_quantity": o["order_quantity"],
        "order_value": o["order_value"],
        "order_by": o["order_by"],
        "expected_receipt": o["expected_receipt"],
        "reorder_point": p["reorder_point"],
        "order_up_to": p["order_up_to"],
        "safety_stock": p["safety_stock"],
        "lead_time_days": stages.lead_times.frame["mean_days"],
        "protection_periods": forecast.protection_periods,
        "demand_per_period": forecast.demand_per_period,
        "forecast_protection": p["forecast_protection"],
        "service_target": p["service_target"],
        "expected_service": o["expected_service"],
        "stockout_risk": o["stockout_risk"],
        "days_of_cover": o["days_of_cover"].clip(upper=_LONGEST_COVER_DAYS),
        "model": forecast.model,
        "exceptions": flags.codes,
        "why": explained.why,
    }
    frame = pd.DataFrame({name: np.asarray(value) for name, value in values.items()})
    numbers = frame.select_dtypes("number").columns.drop("order_quantity")
    frame[numbers] = frame[numbers].round(_DECIMALS)
    texts = [name for name, value in values.items() if frame[name].dtype == object]
    frame[texts] = frame[texts].astype("str")
    kept = planner_columns(frame, previous)
    return pd.concat([frame, kept], axis=1)[[field.name for field in RECOMMENDATIONS]]


def planner_columns(frame: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return the planner's columns for the rows of `frame`, looked up by key in `previous`; empty where there is nothing."""
    key = list(RECOMMENDATION_KEY)
    if previous is None or not {*key, *PLANNER_COLUMNS} <= set(previous.columns):
        empty = pd.DataFrame(index=frame.index, columns=list(PLANNER_COLUMNS), dtype=object)
        return empty.astype({"decision": "str", "planner_quantity": "float64", "reason": "str"})
    before = previous[[*key, *PLANNER_COLUMNS]].drop_duplicates(key, keep="last").astype(dict.fromkeys(key, "str"))
    merged = frame[key].astype("str").merge(before, how="left", on=key)[list(PLANNER_COLUMNS)]
    merged.index = frame.index
    merged["planner_quantity"] = pd.to_numeric(merged["planner_quantity"], errors="coerce").astype("float64")
    return merged.astype({"decision": "str", "reason": "str"})


def forecast_table(forecast: Forecast, history: History) -> pd.DataFrame:
    """Return the Forecast table: one row per series and coming period, series in order, periods ascending."""
    n, periods = forecast.path.shape
    starts = next_starts(history, periods)
    series = np.repeat(np.arange(n), periods)
    levels = forecast.path_quantiles.reshape(n * periods, len(FORECAST_LEVELS))
    frame = pd.DataFrame(
        {
            "sku": history.series["sku"].to_numpy()[series],
            "location": history.series["location"].to_numpy()[series],
            "period_start": np.tile(starts.astype("datetime64[s]"), n),
            "mean": forecast.path.ravel(),
        }
    )
    frame[list(FORECAST_LEVELS)] = levels
    numbers = ["mean", *FORECAST_LEVELS]
    frame[numbers] = frame[numbers].round(_DECIMALS)
    return frame[[field.name for field in FORECAST]]


def next_starts(history: History, periods: int) -> np.ndarray:
    """Return the first days of the `periods` planning periods after the last full one, datetime64[D], shape (periods,)."""
    last = history.starts[-1]
    ahead = np.arange(1, periods + 1)
    if history.period == "month":
        months: np.ndarray = (last.astype("datetime64[M]") + ahead).astype("datetime64[D]")
        return months
    days: np.ndarray = last + ahead * (7 if history.period == "week" else 1)
    return days
