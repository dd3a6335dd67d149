"""The stages behind a plan, computed again from its tables: INV_WHATIF and quantiles of lead times look at more than a plan's tables hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from invopt_xl.core.checks import check
from invopt_xl.core.drivers import build_drivers
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.history import build_history
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.plan import Plan
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.segments import segment
from invopt_xl.core.stages import Stages
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import Terms, resolve_terms

#: Shares in a plan's tables are rounded to six decimals.
_ROUNDING = 1e-6


def stages_behind(tables: Tables, plan: Plan) -> Stages:
    """Return the stages behind `plan`, which `pipeline.plan` made from `tables`, with its boosted trees used again.

    The targets are those of the plan, which may set them for all items together. The orders are those of each item by itself: before limits
    that orders share, such as a supplier's minimum or a budget.
    """
    settings = plan.settings
    checked = check(tables, settings=settings, as_of=plan.as_of)
    history = build_history(checked, settings=settings)
    segments = segment(history, checked, settings=settings)
    terms = resolve_terms(checked, history, segments, settings=settings)
    lead_times = estimate_lead_times(checked, history, terms, settings=settings)
    drivers = build_drivers(checked, history, terms, settings=settings)
    demand = forecast(history, segments, terms, lead_times, settings=settings, drivers=drivers, learned=plan.learned)
    terms = _as_aimed(terms, plan)
    policy = set_policy(demand, terms, lead_times, history, settings=settings)
    orders = size_orders(policy, demand, lead_times, terms, history, settings=settings)
    return Stages(history, segments, terms, lead_times, demand, policy, orders)


def _as_aimed(terms: Terms, plan: Plan) -> Terms:
    """Return the terms with the service that the plan aimed at."""
    own = terms.frame["service_level"].to_numpy(dtype=float)
    aimed = plan.recommendations["service_target"].to_numpy(dtype=float)
    # the plan's table is rounded: what it did not move stays exact
    moved = np.abs(aimed - own) > _ROUNDING
    return replace(terms, frame=terms.frame.assign(service_level=np.where(moved, aimed, own)))
