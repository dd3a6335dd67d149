"""The priority list of a plan: what the next money would buy beyond its orders, item by item, most service first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import PRIORITIES
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.policy.allocate_service import Weighting, curves_at_cost
from invopt_xl.core.policy.marginal_units import next_units
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.rounding import order_step
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

PRIORITY_COLUMNS = (
    "rank",
    "sku",
    "location",
    "units",
    "money",
    "service_gained",
    "money_so_far",
    "service_so_far",
    "text",
)


def priority_list(
    policy: Policy,
    forecast: Forecast,
    terms: Terms,
    series: pd.DataFrame,
    *,
    position: np.ndarray,
    money: float = 1000.0,
    weighting: Weighting = "units",
) -> pd.DataFrame:
    """Return what the next `money` buys.

    Parameters
    ----------
    policy : Policy
    forecast : Forecast
    terms : Terms
        All for the same n series in the same order.
    series : DataFrame
        sku and location, n rows.
    position : float array, shape (n,)
        Inventory position with today's orders; NaN without a stock figure [units].
    money : float, default 1000
        [money]
    weighting : {"units", "value", "margin"}

    Returns
    -------
    DataFrame
        PRIORITY_COLUMNS. `service_gained` is units, value or margin per period more that is delivered from stock; `service_so_far` is the share
        of the aggregate.
    """
    curves = curves_at_cost(policy, forecast, terms, weighting=weighting)
    known = ~np.isnan(position)
    step = order_step(terms.frame["pack_size"].to_numpy(dtype=float), whole=forecast.protection.whole)
    usable = replace(curves, weight=np.where(known, curves.weight, 0.0))
    found = next_units(usable, np.where(known, position, 0.0), money=money, step=step)
    rows = found["item"].to_numpy(dtype=np.int64)
    frame = found.assign(
        rank=np.arange(1, len(found) + 1),
        sku=series["sku"].to_numpy()[rows],
        location=series["location"].to_numpy()[rows],
    )
    frame["text"] = pd.Series([_sentence(row) for row in frame.itertuples()], dtype="str")
    return frame[list(PRIORITY_COLUMNS)]


def next_purchases(stages: Stages, *, settings: Settings) -> pd.DataFrame:
    """Return what `settings.next_money` buys beyond the orders of a plan, one row per series, most service for the money first; the columns of
    contracts.PRIORITIES."""
    orders = stages.orders.frame
    position = (orders["inventory_position"] + orders["order_quantity"]).to_numpy(dtype=float)
    steps = priority_list(
        stages.policy,
        stages.forecast,
        stages.terms,
        stages.history.series,
        position=position,
        money=settings.next_money,
        weighting="units" if settings.service_aim == "item" else cast(Weighting, settings.service_aim),
    )
    items = steps.groupby(["sku", "location"], sort=False)[["units", "money", "service_gained"]].sum().reset_index()
    worth = items["service_gained"] / items["money"]
    items = items.iloc[np.argsort(-worth.to_numpy(), kind="stable")].reset_index(drop=True)
    return items.assign(rank=np.arange(1, len(items) + 1), money_so_far=items["money"].cumsum())[
        [field.name for field in PRIORITIES]
    ]


def _sentence(row: Any) -> str:
    return f"The next {row.money:,.2f} buys {row.units:,.6g} of {row.sku} at {row.location}: {row.service_gained:,.3g} more a period from stock."
