"""The map: from input tables to a plan, one line per stage. Everything else is in the stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from invopt_xl.core.change.basis import order_basis
from invopt_xl.core.change.order_change import changed_since
from invopt_xl.core.checks import check
from invopt_xl.core.drivers import build_drivers
from invopt_xl.core.explain import explain
from invopt_xl.core.findings import findings_frame
from invopt_xl.core.flags import raise_flags
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.history import build_history
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.plan import Plan
from invopt_xl.core.policy.aim import aim
from invopt_xl.core.policy.damped_policy import damped_policy
from invopt_xl.core.policy.last_stock import last_stock
from invopt_xl.core.policy.priority_list import next_purchases
from invopt_xl.core.recognised import recognised_findings
from invopt_xl.core.recommend import forecast_table, recommendations
from invopt_xl.core.replenish.joint.limit_orders import limit_orders
from invopt_xl.core.replenish.order_limits import order_limits
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.replenish.supplier_orders import group_orders
from invopt_xl.core.scenarios.change import Change
from invopt_xl.core.scenarios.compare import compare
from invopt_xl.core.segments import segment
from invopt_xl.core.settings_sheet import day_of, settings_of
from invopt_xl.core.stages import Stages
from invopt_xl.core.summary import demand_by_period, stock_by_class, summarise, supplier_lead_times
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import resolve_terms
from invopt_xl.settings import Settings

#: Names of the stages, in order, as they are told to `progress`.
STAGES = (
    "checking",
    "history",
    "segments",
    "terms",
    "lead times",
    "drivers",
    "forecast",
    "policy",
    "orders",
    "exceptions",
    "explanations",
)


def _silent(stage: str) -> None:
    """Tell nobody."""


def plan(
    tables: Tables,
    *,
    as_of: pd.Timestamp | str | None = None,
    settings: Mapping[str, object] | Settings | None = None,
    previous: pd.DataFrame | None = None,
    previous_basis: pd.DataFrame | None = None,
    scenarios: Sequence[Change] = (),
    learned: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = _silent,
) -> Plan:
    """Return what to order, how much, when, from whom and why.

    Parameters
    ----------
    tables : Tables
        From `read_tables`.
    as_of : date, optional
        Last day with known sales. Default: the last day with sales; the clock is never read.
    settings : mapping or Settings, optional
        Wins over the workbook's own `Settings` sheet.
    previous : DataFrame, optional
        Recommendations of the plan before, with the planner's columns: decisions are followed, large changes flagged.
    previous_basis : DataFrame, optional
        Inputs that the plan before kept (`plan.basis`): safety stock then follows that of the plan before in steps (`damp_safety_stock`), and what
        changed its orders is told.
    scenarios : sequence of Change, optional
        What-ifs to be planned beside it (`core.scenarios.change.read_changes`).
    learned : mapping, optional
        Boosted trees of an earlier plan (`plan.learned`), to be used instead of fitting new ones.
    progress : callable, optional
        Told the name of each stage (`STAGES`) as it starts.

    Raises
    ------
    InputError
        No usable sales row is left.
    SettingError
        A setting of the call is unknown or out of range.
    """
    chosen, said = settings_of(tables, settings)
    day = day_of(as_of)
    progress("checking")
    checked = check(tables, settings=chosen, as_of=day)
    progress("history")
    history = build_history(checked, settings=chosen)
    progress("segments")
    segments = segment(history, checked, settings=chosen)
    progress("terms")
    terms = resolve_terms(checked, history, segments, settings=chosen)
    progress("lead times")
    lead_times = estimate_lead_times(checked, history, terms, settings=chosen)
    progress("drivers")
    drivers = build_drivers(checked, history, terms, settings=chosen)
    progress("forecast")
    demand = forecast(history, segments, terms, lead_times, settings=chosen, drivers=drivers, learned=learned)
    progress("policy")
    aimed = aim(demand, terms, lead_times, history, settings=chosen)
    last = last_stock(previous_basis, history.series, as_of=history.as_of)
    calm = damped_policy(
        aimed.policy, demand, aimed.terms, lead_times, history, asked=terms, last=last, settings=chosen
    )
    policy, terms = calm.policy, aimed.terms
    progress("orders")
    wanted = size_orders(policy, demand, lead_times, terms, history, settings=chosen)
    limits = order_limits(terms, settings=chosen)
    limited = limit_orders(wanted, policy, demand, lead_times, terms, history, checked.frames, limits=limits)
    progress("exceptions")
    stages = Stages(history, segments, terms, lead_times, demand, policy, limited.orders, limited.moves, calm.damping)
    flags = raise_flags(stages, settings=chosen, previous=previous)
    progress("explanations")
    explained = explain(stages)
    rows = recommendations(stages, flags=flags, explained=explained, previous=previous)
    lines = group_orders(
        rows,
        unit_cost=limited.unit_cost,
        suppliers=checked.frames["Suppliers"],
        as_of=history.as_of,
        order_date=limited.order_date,
    )
    compared = compare(stages, checked, scenarios, settings=chosen) if scenarios else None
    basis = order_basis(stages)
    changed, since_said = changed_since(previous_basis, basis)
    noticed = findings_frame(
        [
            *said,
            *checked.findings,
            *history.findings,
            *segments.findings,
            *terms.findings,
            *drivers.findings,
            *demand.findings,
            *aimed.findings,
            *limited.findings,
            *lines.findings,
            *(() if compared is None else compared.findings),
            *since_said,
            *recognised_findings(tables.recognised),
        ]
    )
    return Plan(
        recommendations=rows,
        exceptions=flags.frame,
        explanations=explained.drivers,
        forecast=forecast_table(demand, history),
        accuracy=demand.accuracy,
        orders=lines.frame,
        priorities=next_purchases(stages, settings=chosen),
        limits=limited.limits,
        findings=noticed,
        recognised=tables.recognised,
        totals=demand_by_period(demand, terms=terms, history=history),
        stock_by_class=stock_by_class(rows, policy=policy, terms=terms, segments=segments),
        supplier_lead_times=supplier_lead_times(lead_times),
        as_of=history.as_of,
        period=history.period,
        settings=chosen,
        currency=chosen.currency,
        source=tables.source,
        fingerprint=tables.fingerprint,
        trees=demand.trees,
        summary=summarise(rows, exceptions=flags.frame, findings=noticed, terms=terms, history=history),
        stages=stages,
        scenarios=compared,
        basis=basis,
        changed=changed,
    )
