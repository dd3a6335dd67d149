"""How policy and orders follow from demand, terms and lead times in a scenario: each item by itself, or all together under the limits they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.aim import aim
from invopt_xl.core.policy.damped_policy import carried_damping
from invopt_xl.core.policy.policy import Policy, set_policy
from invopt_xl.core.replenish.joint.limit_orders import limit_orders
from invopt_xl.core.replenish.joint.stages import Move
from invopt_xl.core.replenish.order_limits import order_limits
from invopt_xl.core.replenish.orders import Orders, size_orders
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Decided:
    """Policy and orders of n items, the terms with the targets they were set for, and what shared limits moved the orders by."""

    policy: Policy
    orders: Orders
    terms: Terms
    moves: tuple[Move, ...] = ()


#: From demand, terms, lead times, history, settings and damping (n,) [units] to policy and orders.
Decide = Callable[[Forecast, Terms, LeadTimes, History, Settings, np.ndarray | float], Decided]


def decide_row_by_row(
    forecast: Forecast,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
    settings: Settings,
    damping_units: np.ndarray | float = 0.0,
) -> Decided:
    """Return policy and orders where no target and no limit is shared between items."""
    policy = set_policy(forecast, terms, lead_times, history, settings=settings, damping_units=damping_units)
    return Decided(policy, size_orders(policy, forecast, lead_times, terms, history, settings=settings), terms)


def decide_together(tables: Mapping[str, pd.DataFrame]) -> Decide:
    """Return the decision of a whole plan: one target for all items and shared limits where the settings ask for them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The checked tables: suppliers' minimums, capacities and containers, storage and price breaks.
    """

    def decide(
        forecast: Forecast,
        terms: Terms,
        lead_times: LeadTimes,
        history: History,
        settings: Settings,
        damping_units: np.ndarray | float = 0.0,
    ) -> Decided:
        aimed = aim(forecast, terms, lead_times, history, settings=settings, damping_units=damping_units)
        wanted = size_orders(aimed.policy, forecast, lead_times, aimed.terms, history, settings=settings)
        limits = order_limits(aimed.terms, settings=settings)
        limited = limit_orders(wanted, aimed.policy, forecast, lead_times, aimed.terms, history, tables, limits=limits)
        return Decided(aimed.policy, limited.orders, aimed.terms, limited.moves)

    return decide


def settled(stages: Stages, decide: Decide, *, settings: Settings) -> Stages:
    """Return the stages with policy and orders decided in this way: what scenarios decided likewise are compared with."""
    damping = carried_damping(stages.damping, stages.forecast, new_target=False, settings=settings)
    made = decide(stages.forecast, stages.terms, stages.lead_times, stages.history, settings, damping)
    return replace(stages, policy=made.policy, orders=made.orders, terms=made.terms, moves=made.moves)
