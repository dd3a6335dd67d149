"""Totals of a plan: the figures of the dashboard, of the end of a run and of `--json`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.explain import PERIOD_DAYS
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.recommend import next_starts
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms

#: Past shown on the dashboard's demand chart [days].
_PAST_DAYS = 2 * 365.25


def summarise(
    recommendations: pd.DataFrame, *, exceptions: pd.DataFrame, findings: pd.DataFrame, terms: Terms, history: History
) -> dict[str, Any]:
    """Return counts and sums as plain numbers, ready for JSON.

    Money is at unit cost; rows without a cost count as nothing, and where no cost is known at all the sum is None.
    """
    cost = terms.frame["unit_cost"].fillna(0).to_numpy(dtype=float)
    on_hand = recommendations["on_hand"].fillna(0).clip(lower=0).to_numpy(dtype=float)
    price = terms.frame["unit_price"].to_numpy(dtype=float)
    weight = recommendations["demand_per_period"].to_numpy(dtype=float) * np.where(price > 0, price, cost)
    service = recommendations["expected_service"].to_numpy(dtype=float)
    known = np.isfinite(service) & (weight > 0)
    excess = exceptions.loc[exceptions["code"].isin(["EXCESS", "DEAD STOCK"]), "money_at_stake"].sum()
    counts, severities = exceptions["code"].value_counts(), exceptions["severity"].value_counts()
    priced = bool(terms.frame["unit_cost"].notna().any())
    return {
        "as_of": f"{history.as_of:%Y-%m-%d}",
        "period": history.period,
        "periods_of_history": len(history.starts),
        "series": len(recommendations),
        "order_lines": int((recommendations["order_quantity"] > 0).sum()),
        "order_value": float(recommendations["order_value"].sum()) if priced else None,
        "stock_value": float((on_hand * cost).sum()) if priced else None,
        "excess_value": float(excess) if priced else None,
        "stocked_out": int(counts.get("STOCKED OUT", 0)),
        "will_stock_out": int(counts.get("WILL STOCK OUT", 0)),
        "expected_service": float(np.average(service[known], weights=weight[known])) if known.any() else None,
        "exceptions_error": int(severities.get("error", 0)),
        "exceptions_warning": int(severities.get("warning", 0)),
        "findings": int((findings["severity"] != "info").sum()),
        "rows_kept_out": int(findings["rows_kept_out"].sum()),
        "stock_known": bool(recommendations["on_hand"].notna().any()),
        "prices_known": bool(terms.frame[["unit_price", "unit_cost"]].notna().any(axis=None)),
        "rows_in_error": int(findings.loc[findings["severity"] == "error", "rows_kept_out"].sum()),
    }


def demand_by_period(forecast: Forecast, *, terms: Terms, history: History) -> pd.DataFrame:
    """Return demand value per period: what was sold, and what is expected, at price (else cost, else in units)."""
    value = _value_per_unit(terms)
    sold = np.nansum(history.sales * value[:, None], axis=0)
    expected = (forecast.path * value[:, None]).sum(axis=0)
    keep = min(len(sold), round(_PAST_DAYS / PERIOD_DAYS[history.period]))
    past, coming = history.starts[-keep:], next_starts(history, len(expected))
    return pd.DataFrame(
        {
            "period_start": np.concatenate([past, coming]).astype("datetime64[s]"),
            "sold": np.concatenate([sold[-keep:], np.full(len(expected), np.nan)]),
            "expected": np.concatenate([np.full(keep, np.nan), expected]),
        }
    )


def _value_per_unit(terms: Terms) -> np.ndarray:
    price, cost = (terms.frame[name].to_numpy(dtype=float) for name in ("unit_price", "unit_cost"))
    value = np.where(price > 0, price, cost)
    return np.where(np.isfinite(value), value, 0.0) if np.isfinite(value).any() else np.ones(len(value))


def supplier_lead_times(lead_times: LeadTimes) -> pd.DataFrame:
    """Return what each supplier agreed to and what it did, the one with most receipts first."""
    columns = ["supplier", "receipts", "agreed_days", "mean_days", "sd_days", "on_time_share", "mean_delay_days"]
    frame = lead_times.suppliers[columns].sort_values("receipts", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def stock_by_class(recommendations: pd.DataFrame, *, policy: Policy, terms: Terms, segments: Segments) -> pd.DataFrame:
    """Return stock value now, and the average that the policy aims at, by ABC class.

    The average aimed at is safety stock plus half of what one replenishment brings (Silver, Pyke & Thomas 2017, sec. 6.7).
    """
    cost = terms.frame["unit_cost"].fillna(0).to_numpy(dtype=float)
    target = policy.frame["safety_stock"].clip(lower=0) + policy.frame["cycle_units"] / 2
    frame = pd.DataFrame(
        {
            "abc": segments.frame["abc"].to_numpy(),
            "stock_value": recommendations["on_hand"].fillna(0).clip(lower=0).to_numpy() * cost,
            "target_value": target.to_numpy() * cost,
        }
    )
    if not terms.frame["unit_cost"].notna().any():
        # without costs nothing is known; 0 would read as no stock
        frame[["stock_value", "target_value"]] = np.nan
    return frame.groupby("abc", as_index=False, sort=True).sum(min_count=1)
