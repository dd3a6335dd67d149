"""Simulate decisions: plan past days anew, let the orders run on the demand that came, and compare them with a planner's rule.

In every round the whole engine plans from what was known on that day (`replay.cut`); its levels hold until the next round. Meanwhile orders
are placed, arrive after lead times drawn from the receipts, and meet the demand of the history, which no rule has seen. One forecast per round
serves all service targets, so every rule shows its whole trade-off between stock and service, and rules are compared at equal service, not at
equal names of service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR
from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.decision_backtest.bootstrap import item_weights
from invopt_xl.core.decision_backtest.comparison import (
    Items,
    cost_table,
    curves_table,
    equal_service_table,
    points_table,
    service_table,
)
from invopt_xl.core.decision_backtest.curves import Tried
from invopt_xl.core.decision_backtest.ground import Ground, clock, complete_costs, ground_of
from invopt_xl.core.decision_backtest.origins import Rounds, decision_rounds
from invopt_xl.core.decision_backtest.rules import PLAN, TUNED, Rule, usual_rules
from invopt_xl.core.decision_backtest.trial import try_foresight, try_rule
from invopt_xl.core.decision_backtest.tuning import Tuned, tuned_rule
from invopt_xl.core.decision_backtest.view import View, view_of
from invopt_xl.core.findings import Finding
from invopt_xl.core.lead_times import LeadTimes, estimate_lead_times
from invopt_xl.core.replay import Known, cut, known_today
from invopt_xl.core.segments import segment
from invopt_xl.core.series_index import final_successors, series_of
from invopt_xl.core.settings_sheet import day_of, settings_of
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import resolve_terms
from invopt_xl.errors import InputError, SettingError
from invopt_xl.settings import Settings

#: Drawn items of all draws together at most: bounds memory.
_MOST_DRAWN = 20_000_000
_FEWEST_DRAWS = 100

#: Suppliers whose lead times are independent from order to order by this share or more have them drawn for each order.
_MOSTLY = 0.5


@dataclass(frozen=True)
class DecisionBacktest:
    """What came out.

    Parameters
    ----------
    points : DataFrame
        `comparison.POINTS`: every rule as it would be run.
    curves : DataFrame
        `comparison.CURVES`: every rule over all service targets.
    equal_service : DataFrame
        `comparison.EQUAL_SERVICE`.
    costs : DataFrame
        `comparison.COSTS`.
    service : DataFrame
        `comparison.SERVICE_KEPT`.
    items : DataFrame
        One row per item and location: sku, location, abc, segment, demand_class, unit_cost, service_target, demand, and for the plan and the
        tuned rule as they would be run <plan|rule>_<fill_rate|average_value|stockouts|cost>.
    rounds : DataFrame
        as_of, first and last simulated period (their first days), series planned.
    tuned_window_periods : int
        Window of the tuned rule.
    tuned_score : float
        z of the tuned rule.
    period : {"day", "week", "month"}
    simulated_periods, apart_periods, replications : int
        Periods that count, periods from one round to the next, and runs with different lead times.
    lost_sales, crossover, lead_hold_periods
        As in the call (crossover: None where the receipts decide).
    as_of : Timestamp
        Day up to which demand is known.
    findings : tuple of Finding
    settings : Settings
    source : str
    """

    points: pd.DataFrame
    curves: pd.DataFrame
    equal_service: pd.DataFrame
    costs: pd.DataFrame
    service: pd.DataFrame
    items: pd.DataFrame
    rounds: pd.DataFrame
    tuned_window_periods: int
    tuned_score: float
    period: str
    simulated_periods: int
    apart_periods: int
    replications: int
    lost_sales: bool
    crossover: bool | None
    lead_hold_periods: float
    as_of: pd.Timestamp
    findings: tuple[Finding, ...] = ()
    settings: Settings = field(default_factory=Settings)
    source: str = ""

    def __repr__(self) -> str:
        return f"DecisionBacktest({self.source!r}, {len(self.rounds)} rounds, {len(self.items)} items)"


def _silent(stage: str) -> None:
    """Tell nobody."""


def simulate_decisions(
    tables: Tables,
    *,
    rounds: int = 12,
    apart_periods: int | None = None,
    as_of: pd.Timestamp | str | None = None,
    settings: Mapping[str, object] | Settings | None = None,
    lost_sales: bool = False,
    crossover: bool | None = None,
    lead_hold_periods: float = 0.0,
    replications: int = 5,
    draws: int = 500,
    more_rules: Sequence[Rule] = (),
    progress: Callable[[str], None] = _silent,
    view: Callable[..., View] = view_of,
) -> DecisionBacktest:
    """Return what the plan's decisions would have led to, beside those of a planner's rule, on demand that came afterwards.

    Parameters
    ----------
    tables : Tables
        From `read_tables`.
    rounds : int
        How often it is planned anew. Fewer are taken where the history is short.
    apart_periods : int, optional
        Periods from one round to the next. Default: what uses the second half of the history, at most a week of days, four weeks or a month.
    as_of : date, optional
        Last day with known demand. Default: the last day with sales.
    settings : mapping or Settings, optional
        Wins over the workbook's own `Settings` sheet.
    lost_sales : bool
        Whether demand that cannot be met at once is lost; otherwise it waits.
    crossover : bool, optional
        Whether later orders may overtake. Default: as the setting order_crossing says, and where that is "auto" as the receipts of the supplier
        show: each order with a lead time of its own, or, where these hardly overtake, one lead time for the orders of a year. If so, the spread of several orders under way partly evens out; if not, late orders hold up those
        behind them, and lead times are longer than those drawn.
    lead_hold_periods : float
        Periods over which orders share one draw of the lead time; 0: every order its own. Between both: suppliers are late for a while.
        Unless the setting order_crossing says something else, the plan knows which of the three it is, and so does the tuned rule.
    replications : int
        Runs with different lead times; one where none is random.
    draws : int
        Draws of items behind the intervals.
    more_rules : sequence of Rule
        Further rules to compare with.
    progress : callable, optional
        Told what starts: "checking", then every round, then "simulating", then "comparing".
    view : callable
        Plans from cut tables (`view.view_of`).

    Raises
    ------
    InputError
        No usable sales row is left, the history is too short, or no item was planned in all rounds.
    SettingError
        A setting of the call is out of range.
    """
    for name, number in (
        ("Rounds", rounds),
        ("Replications", replications),
        ("Draws", draws),
        ("Apart", apart_periods),
    ):
        if number is not None and number < 1:
            raise SettingError(f"{name}: expected a whole number of at least 1, got {number}.")
    chosen, said = settings_of(tables, settings)
    progress("checking")
    known = known_today(tables, settings=chosen, as_of=day_of(as_of))
    history = known.history
    # a shorter history must not be planned in other periods than today's
    fixed = _told(replace(chosen, period=history.period), crossover=crossover, held=lead_hold_periods > 0)
    today = lead_times_today(known, chosen)
    step_days = _step_days(known, chosen)
    plan = decision_rounds(len(history.starts), period=history.period, rounds=rounds, apart=apart_periods)
    views = []
    for number, origin in enumerate(plan.origins, start=1):
        day = known.last_day(origin)
        progress(f"round {number} of {len(plan.origins)}: {day:%Y-%m-%d}")
        then = cut(tables, known, period=origin)
        views.append(_same_periods(view(then, as_of=day, settings=fixed, step_days=step_days), known, origin))
    progress("simulating")
    field_ = _field(
        views,
        known,
        plan,
        today,
        lost_sales=lost_sales,
        crossover=crossover,
        lead_hold_periods=lead_hold_periods,
        replications=replications,
    )
    tuned = tuned_rule(views[0], field_.places[0], field_.ground, plan)
    tried = _tried(views, field_, plan, tuned, more_rules)
    progress("comparing")
    n = len(field_.items.frame)
    weight = item_weights(
        n, draws=min(draws, max(_MOST_DRAWN // n, _FEWEST_DRAWS)), rng=np.random.default_rng(chosen.seed)
    )
    return DecisionBacktest(
        points=points_table(tried, field_.ground.unit_cost),
        curves=curves_table(tried),
        equal_service=equal_service_table(tried, field_.items, weight),
        costs=cost_table(tried, field_.items, weight),
        service=service_table(tried[0], field_.items),
        items=_items_table(tried, field_.items),
        rounds=_rounds_table(views, known, plan),
        tuned_window_periods=tuned.window,
        tuned_score=tuned.score,
        period=history.period,
        simulated_periods=plan.periods,
        apart_periods=plan.apart,
        replications=field_.ground.replications,
        lost_sales=lost_sales,
        crossover=crossover,
        lead_hold_periods=lead_hold_periods,
        as_of=history.as_of,
        findings=(*said, *known.checked.findings, *history.findings, *_fewer(plan, rounds), *field_.findings),
        settings=chosen,
        source=tables.source,
    )


def _told(settings: Settings, *, crossover: bool | None, held: bool) -> Settings:
    """Return the settings of a plan that knows whether orders overtake in the simulation, unless it is told something else.

    The planner's tuned rule learns it too: its z is the best of the same simulation.
    """
    if settings.order_crossing != "auto" or (crossover is None and not held):
        return settings
    return replace(settings, order_crossing="held" if held else "yes" if crossover else "no")


def _step_days(known: Known, settings: Settings) -> float:
    """Return how long a step of the simulation's clock is [days]: receipts are booked by it."""
    history = known.history
    segments = segment(history, known.checked, settings=settings)
    terms = resolve_terms(known.checked, history, segments, settings=settings)
    _, steps = clock(terms.frame["review_period_days"].to_numpy(dtype=float), history.days_per_period)
    return history.days_per_period / steps


# which items ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Field:
    """The items that can be compared, where each stands in the views, and the ground they are tried on."""

    items: Items
    places: list[np.ndarray]
    ground: Ground
    findings: tuple[Finding, ...]


def _same_periods(one: View, known: Known, origin: int) -> View:
    if one.history.period != known.history.period or one.history.starts[-1] != known.history.starts[origin]:
        raise InputError(
            f"Sales known on {known.last_day(origin):%Y-%m-%d} look as if they were recorded by {one.history.period}, those of today by "
            f"{known.history.period}. Set the setting period, or start the history later."
        )
    return one


def _field(
    views: Sequence[View],
    known: Known,
    plan: Rounds,
    today: LeadTimes,
    *,
    lost_sales: bool,
    crossover: bool | None,
    lead_hold_periods: float,
    replications: int,
) -> _Field:
    history = known.history
    keys = history.series[["sku", "location"]]
    places = [series_of(one.history.series, keys) for one in views]
    planned = np.all([place >= 0 for place in places], axis=0)
    blocked = np.any(
        [one.terms.frame["blocked"].to_numpy(dtype=bool)[place] for one, place in zip(views, places, strict=True)],
        axis=0,
    )
    old = history.series["launched"].to_numpy(dtype=bool) & (
        history.series["own_first_period"].to_numpy() <= plan.origins[0]
    )
    usable = planned & ~blocked & old & ~keys["sku"].isin(_moved(views[0].history.as_of, known)).to_numpy()
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise InputError(
            "No item was sold before the first round, planned in every round and open for orders. Add older sales, or take fewer rounds."
        )
    first = _view_rows(views[0], places[0][rows])
    cost = complete_costs(first.number("unit_cost"))
    past = replace(history, **{name: getattr(history, name)[rows] for name in ("sales", "demand", "censored")})
    past = replace(past, series=history.series.iloc[rows].reset_index(drop=True))
    overtake, hold = how_orders_come(today, rows, known, crossover=crossover, lead_hold_periods=lead_hold_periods)
    ground = ground_of(
        first,
        past,
        today.atoms[rows],
        cost,
        lost_sales=lost_sales,
        crossover=overtake,
        lead_hold_periods=hold,
        replications=replications,
    )
    kinds = first.segments.frame[["abc", "segment", "demand_class"]].astype("str").reset_index(drop=True)
    frame = pd.concat([keys.iloc[rows].reset_index(drop=True), kinds], axis=1).assign(unit_cost=cost)
    items = Items(frame, first.own_target, first.terms.frame["service_measure"].to_numpy(dtype=object))
    return _Field(items, [place[rows] for place in places], ground, _left_out(len(keys), len(rows), first))


def _view_rows(one: View, rows: np.ndarray) -> View:
    """Return a view with the terms, segments and lead times of some series; forecast and history stay whole."""
    return replace(
        one,
        terms=replace(one.terms, frame=one.terms.frame.iloc[rows].reset_index(drop=True)),
        segments=replace(one.segments, frame=one.segments.frame.iloc[rows].reset_index(drop=True)),
    )


def how_orders_come(
    today: LeadTimes, rows: np.ndarray, known: Known, *, crossover: bool | None, lead_hold_periods: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether later orders overtake, and for how long orders share a lead time [periods], of the series `rows`, each (k,)."""
    hold = np.full(len(rows), lead_hold_periods)
    if crossover is not None or today.stream is None:
        return np.full(len(rows), crossover is not False), hold
    stream = today.stream.take(rows)
    if lead_hold_periods == 0:
        hold = np.where((stream.independent < _MOSTLY) & ~stream.waits, PERIODS_PER_YEAR[known.history.period], 0.0)
    return ~stream.waits, hold


def lead_times_today(known: Known, settings: Settings) -> LeadTimes:
    """Return the lead times of all series by all receipts known today."""
    checked, history = known.checked, known.history
    terms = resolve_terms(checked, history, segment(history, checked, settings=settings), settings=settings)
    # neither a planner's own figure nor a disruption of today was so in the past
    plain = terms.frame.assign(override_lead_time_days=np.nan, disrupted_until=np.datetime64("NaT", "s"))
    return estimate_lead_times(checked, history, replace(terms, frame=plain), settings=settings)


def _moved(day: pd.Timestamp, known: Known) -> set[str]:
    """Return skus whose history counts for another sku today than it did then, and those it counts for."""
    items = known.checked.frames["Items"]
    then, now = final_successors(items, as_of=day), final_successors(items, as_of=known.checked.as_of)
    changed = {sku for sku in then.keys() | now.keys() if then.get(sku) != now.get(sku)}
    return changed | {heir for sku in changed for heir in (then.get(sku), now.get(sku)) if heir is not None}


def _fewer(plan: Rounds, rounds: int) -> list[Finding]:
    if len(plan.origins) == rounds:
        return []
    text = f"Only {counted(len(plan.origins), 'round')} instead of {rounds}: at least half of the history must lie before the first."
    return [Finding("info", "Sales", "column date", text, "Add older sales.")]


def _left_out(every: int, used: int, first: View) -> tuple[Finding, ...]:
    found = []
    if used < every:
        text = (
            f"{counted(every - used, 'item')} x locations of {every:,d} are not simulated: they were first sold after the first round, are "
            "not to be ordered, or were replaced since."
        )
        found.append(Finding("info", "Sales", "column sku", text, "Nothing."))
    unknown = ~(first.number("unit_cost") > 0)
    if unknown.all():
        text = "No unit cost is known; stock value and cost count units."
        found.append(Finding("info", "Items", "column unit_cost", text, "Fill in unit_cost to weigh items by value."))
    elif unknown.any():
        text = f"{counted(int(unknown.sum()), 'item')} without a unit cost count with the median one."
        found.append(Finding("info", "Items", "column unit_cost", text, "Fill in unit_cost."))
    return tuple(found)


# trials and tables ---------------------------------------------------------------------------------------------------------------------


def _tried(views: Sequence[View], at: _Field, plan: Rounds, tuned: Tuned, more: Sequence[Rule]) -> list[Tried]:
    found = []
    for rule in (*usual_rules(views[0].history.period), tuned.rule, *more):
        own = tuned.score if rule.name == TUNED else None
        found.append(try_rule(rule, views, at.places, at.ground, plan, own=own))
    return [*found, try_foresight(at.ground, plan, own=float(np.mean(at.items.target)))]


def _items_table(tried: Sequence[Tried], items: Items) -> pd.DataFrame:
    frame = items.frame.assign(service_target=items.target, demand=tried[0].own["demand"])
    for word, name in (("plan", PLAN), ("rule", TUNED)):
        own = next(each for each in tried if each.name == name).own
        demand = own["demand"]
        frame[f"{word}_fill_rate"] = 1 - np.divide(
            own["short"], demand, out=np.full(len(demand), np.nan), where=demand > 0
        )
        for column in ("average_value", "stockouts", "cost"):
            frame[f"{word}_{column}"] = own[column]
    return frame


def _rounds_table(views: Sequence[View], known: Known, plan: Rounds) -> pd.DataFrame:
    starts = known.history.starts
    return pd.DataFrame(
        {
            "as_of": pd.Series([known.last_day(origin) for origin in plan.origins], dtype="datetime64[s]"),
            "from_period": starts[[origin + 1 for origin in plan.origins]].astype("datetime64[s]"),
            "to_period": starts[[origin + plan.apart for origin in plan.origins]].astype("datetime64[s]"),
            "series": [len(one.history.series) for one in views],
        }
    )
