"""What service is aimed at, and the policy that follows: each item's own target, or one target for all items together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.allocate_service import SEGMENT_COLUMNS, Objective, Weighting, allocate_service
from invopt_xl.core.policy.policy import Policy, set_policy
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Aimed:
    """`policy`, and `terms` with the targets it was set for; `segments` (allocate_service.SEGMENT_COLUMNS) and `findings` where the target holds
    for all items together."""

    policy: Policy
    terms: Terms
    segments: pd.DataFrame
    findings: tuple[Finding, ...] = ()


def aim(
    forecast: Forecast,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
    *,
    settings: Settings,
    damping_units: np.ndarray | float = 0.0,
) -> Aimed:
    """Return the policy of all series.

    Parameters
    ----------
    forecast : Forecast
    terms : Terms
    lead_times : LeadTimes
    history : History
        All for the same n series in the same order.
    settings : Settings
        service_aim, service_least_stock, stock_budget, least_item_service and most_item_service are used.
    damping_units : float array, shape (n,), default 0
        As in `set_policy`; targets are worked out as if it were 0.
    """
    if settings.service_aim == "item":
        policy = set_policy(forecast, terms, lead_times, history, settings=settings, damping_units=damping_units)
        return Aimed(policy, terms, pd.DataFrame(columns=list(SEGMENT_COLUMNS)))
    found = allocate_service(
        set_policy(forecast, terms, lead_times, history, settings=settings),
        forecast,
        terms,
        weighting=cast(Weighting, settings.service_aim),
        objective=cast(Objective, settings.service_least_stock),
        budget=settings.stock_budget,
        least=settings.least_item_service,
        most=settings.most_item_service,
    )
    again = set_policy(forecast, found.terms, lead_times, history, settings=settings, damping_units=damping_units)
    return Aimed(again, found.terms, found.segments, found.findings)
