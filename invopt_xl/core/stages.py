"""The results of all stages up to the orders, side by side: what exceptions, explanations and reports look at."""

from __future__ import annotations

from dataclasses import dataclass

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.damped_policy import Damping
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.joint.stages import Move
from invopt_xl.core.replenish.orders import Orders
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms


@dataclass(frozen=True)
class Stages:
    """One value per stage, all for the same n series in the same order. `moves`: what limits moved the orders by. `damping`: what of the last
    run's safety stock is kept; None where the policy is as the service targets ask for."""

    history: History
    segments: Segments
    terms: Terms
    lead_times: LeadTimes
    forecast: Forecast
    policy: Policy
    orders: Orders
    moves: tuple[Move, ...] = ()
    damping: Damping | None = None
