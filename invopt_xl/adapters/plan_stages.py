"""The stages behind a plan, computed again from its tables: INV_WHATIF and quantiles of lead times look at more than a plan's tables hold."""

from __future__ import annotations

from invopt_xl.core.checks import check
from invopt_xl.core.drivers import build_drivers
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.history import build_history
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.plan import Plan
from invopt_xl.core.policy.aim import aim
from invopt_xl.core.replenish.joint.limit_orders import limit_orders
from invopt_xl.core.replenish.order_limits import order_limits
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.segments import segment
from invopt_xl.core.stages import Stages
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import resolve_terms


def stages_behind(tables: Tables, plan: Plan) -> Stages:
    """Return the stages that `pipeline.plan` went through to make `plan` from `tables`, with its boosted trees used again."""
    settings = plan.settings
    checked = check(tables, settings=settings, as_of=plan.as_of)
    history = build_history(checked, settings=settings)
    segments = segment(history, checked, settings=settings)
    terms = resolve_terms(checked, history, segments, settings=settings)
    lead_times = estimate_lead_times(checked, history, terms, settings=settings)
    drivers = build_drivers(checked, history, terms, settings=settings)
    demand = forecast(history, segments, terms, lead_times, settings=settings, drivers=drivers, learned=plan.learned)
    aimed = aim(demand, terms, lead_times, history, settings=settings)
    policy, terms = aimed.policy, aimed.terms
    wanted = size_orders(policy, demand, lead_times, terms, history, settings=settings)
    limits = order_limits(terms, settings=settings)
    limited = limit_orders(wanted, policy, demand, lead_times, terms, history, checked.frames, limits=limits)
    return Stages(history, segments, terms, lead_times, demand, policy, limited.orders, limited.moves)
