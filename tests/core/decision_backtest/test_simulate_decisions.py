"""Simulated decisions as a whole: what may be seen, which items count, and that the tables agree with each other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.decision_backtest.curves import TARGETS
from invopt_xl.core.decision_backtest.report import ITEM_COLUMNS, ROUND_COLUMNS
from invopt_xl.core.decision_backtest.rules import FORESIGHT, PLAN, TUNED, Levels, Rule, plan_levels, planners_rule
from invopt_xl.core.decision_backtest.simulate_decisions import (
    DecisionBacktest,
    how_orders_come,
    lead_times_today,
    simulate_decisions,
)
from invopt_xl.core.decision_backtest.view import View, view_of
from invopt_xl.core.replay import known_today
from invopt_xl.core.settings_sheet import settings_of
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError, SettingError
from tests.small_world import MONDAYS, weekly_sales, world

#: Without boosted trees a round takes a second.
FAST = {"boosted_trees": "off"}


def steady_world(**tables: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return world({"A": 40, "B": 9, "C": 15, "D": 3}, **tables)


@cache
def made(rounds: int = 2, **given: Any) -> DecisionBacktest:
    return simulate_decisions(iv.read_tables(steady_world()), rounds=rounds, settings=FAST, draws=100, **given)


def test_the_tables_have_their_columns_and_agree() -> None:
    found = made()
    assert list(found.items) == [each.name for each in ITEM_COLUMNS]
    assert list(found.rounds) == [each.name for each in ROUND_COLUMNS]
    points = found.points.set_index("rule")
    assert points.index[0] == PLAN
    assert points.index[-1] == FORESIGHT
    for word, name in (("plan", PLAN), ("rule", TUNED)):
        assert found.items[f"{word}_cost"].sum() == pytest.approx(points.loc[name, "cost"])
        served = (found.items[f"{word}_fill_rate"] * found.items["demand"]).sum()
        assert served / found.items["demand"].sum() == pytest.approx(points.loc[name, "fill_rate"])
    curves = found.curves[found.curves["rule"] == PLAN]
    np.testing.assert_array_equal(curves["target"], TARGETS)
    # the plan's own point lies on its curve: every item has the default target
    own = curves[curves["target"] == 0.95].iloc[0]
    for name in ("fill_rate", "average_value", "stockouts", "cost"):
        assert own[name] == pytest.approx(points.loc[PLAN, name])
    assert (curves["average_value"].diff().dropna() >= -1e-9).all()


def test_rounds_cover_the_last_periods_of_the_history() -> None:
    found = made()
    assert found.simulated_periods == 2 * found.apart_periods == 8
    assert found.rounds["as_of"].tolist() == [pd.Timestamp("2026-09-20"), pd.Timestamp("2026-10-18")]
    assert found.rounds["from_period"].tolist() == [pd.Timestamp("2026-09-21"), pd.Timestamp("2026-10-19")]
    assert found.rounds["to_period"].iloc[-1] == pd.Timestamp("2026-11-09")
    assert found.as_of == pd.Timestamp("2026-11-15")


def test_the_same_call_gives_the_same_result() -> None:
    again = simulate_decisions(iv.read_tables(steady_world()), rounds=2, settings=FAST, draws=100)
    for name in ("points", "curves", "equal_service", "costs", "items"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(made(), name))


class _SeenError(Exception):
    """The first round has looked."""


def first_view(tables: dict[str, pd.DataFrame]) -> View:
    """Return what the first of two rounds looks at."""
    views: list[View] = []

    def look(cut: Tables, **given: Any) -> View:
        views.append(view_of(cut, **given))
        assert cut.frames["Sales"]["date"].max() <= given["as_of"]
        raise _SeenError

    with pytest.raises(_SeenError):
        simulate_decisions(iv.read_tables(tables), rounds=2, settings=FAST, view=look)
    return views[0]


def test_no_round_sees_what_came_after_its_day() -> None:
    other = steady_world()
    late = other["Sales"]["date"] > pd.Timestamp("2026-09-20")
    other["Sales"].loc[late, "quantity"] *= 50
    first, changed = first_view(steady_world()), first_view(other)
    assert first.history.demand.shape[1] == len(MONDAYS) - 8
    np.testing.assert_array_equal(first.history.demand, changed.history.demand)
    np.testing.assert_array_equal(first.forecast.protection.grid, changed.forecast.protection.grid)


@cache
def with_more_rules() -> DecisionBacktest:
    mean = planners_rule(26, "")

    def half(view: View) -> Levels:
        s, up_to = mean.prepare(view)(0.0)
        return lambda score: (s / 2, up_to / 2)

    return made(more_rules=(Rule("plan again", plan_levels), Rule("half of the mean", half, by_score=True)))


def test_a_rule_that_is_the_plan_saves_nothing() -> None:
    found = with_more_rules()
    rows = found.equal_service[found.equal_service["rule"] == "plan again"]
    np.testing.assert_allclose(rows["less_stock"].dropna(), 0.0, atol=1e-9)
    assert (rows["verdict"] == "too few items").all()
    cost = found.costs[found.costs["rule"] == "plan again"]
    np.testing.assert_allclose(cost["saved"].dropna(), 0.0, atol=1e-9)


def test_a_rule_without_safety_serves_less_than_the_plan() -> None:
    points = with_more_rules().points.set_index("rule")
    assert points.loc["half of the mean", "fill_rate"] < 0.8 < points.loc[PLAN, "fill_rate"]


@cache
def odd() -> tuple[DecisionBacktest, list[str]]:
    """Return what comes of a young item, a blocked one and no unit costs, with lost sales, and the stages that were told."""
    tables = steady_world()
    tables["Sales"] = pd.concat([tables["Sales"], weekly_sales({"NEW": 20}).iloc[-3:]], ignore_index=True)
    items = tables["Items"].drop(columns=["unit_cost"])
    tables["Items"] = items.assign(status=["active", "blocked", "active", "active"])
    stages: list[str] = []
    given: dict[str, Any] = {"rounds": 1, "settings": FAST, "draws": 100, "lost_sales": True}
    return simulate_decisions(iv.read_tables(tables), progress=stages.append, **given), stages


def test_items_that_are_young_or_blocked_do_not_count() -> None:
    found = odd()[0]
    assert found.items["sku"].tolist() == ["A", "C", "D"]
    assert any("2 items x locations of 5 are not simulated" in finding.text for finding in found.findings)


def test_without_unit_costs_it_is_said_that_units_are_counted() -> None:
    found = odd()[0]
    assert any("count units" in finding.text for finding in found.findings)
    assert set(found.equal_service["fill_of"]) == {"units"}


def test_progress_is_told() -> None:
    assert odd()[1] == ["checking", "round 1 of 1: 2026-10-18", "simulating", "comparing"]


def test_lost_sales_reach_the_ground() -> None:
    found = odd()[0]
    assert found.lost_sales
    assert not made().lost_sales


@pytest.mark.parametrize("name", ["rounds", "replications", "draws", "apart_periods"])
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(SettingError, match="expected a whole number of at least 1, got 0"):
        simulate_decisions(iv.read_tables(steady_world()), **{name: 0})


def test_only_young_items_are_refused() -> None:
    sales = weekly_sales({"A": 40})
    tables = steady_world(Sales=pd.concat([sales.iloc[-3:], weekly_sales({"OLD": 1}).iloc[:1]], ignore_index=True))
    tables["Items"] = pd.DataFrame({"sku": ["A", "OLD"], "status": ["active", "blocked"], "unit_cost": 1.0})
    tables["Stock"] = pd.DataFrame({"sku": ["A"], "on_hand": [1.0]})
    with pytest.raises(InputError, match="No item was sold before the first round"):
        simulate_decisions(iv.read_tables(tables), rounds=1, settings=FAST)


def looked_at(**given: Any) -> tuple[View, float]:
    """Return the first view of a call, and the step of the clock that it was told [days]."""
    seen: list[tuple[View, float]] = []

    def look(tables: Tables, *, step_days: float, **rest: Any) -> View:
        seen.append((view_of(tables, step_days=step_days, **rest), step_days))
        raise _SeenError

    settings = FAST | given.pop("settings", {})
    with pytest.raises(_SeenError):
        simulate_decisions(iv.read_tables(steady_world()), rounds=2, settings=settings, view=look, **given)
    return seen[0]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({}, "auto"),
        ({"crossover": True}, "yes"),
        ({"crossover": False}, "no"),
        ({"lead_hold_periods": 8.0}, "held"),
        ({"crossover": True, "settings": {"order_crossing": "held"}}, "held"),
    ],
)
def test_the_plan_knows_how_orders_come_in_the_simulation(given: dict[str, Any], known: str) -> None:
    view, step_days = looked_at(**given)
    assert view.settings.order_crossing == known
    assert (view.terms.frame["order_crossing"] == known).all()
    assert view.lead_times.stream is not None
    assert view.lead_times.stream.step_days == step_days == 7.0


def receipts(waits: list[int], supplier: str) -> pd.DataFrame:
    ordered = pd.date_range("2023-01-02", periods=len(waits), freq="7D")
    return pd.DataFrame(
        {"supplier": supplier, "order_date": ordered, "receipt_date": ordered + pd.to_timedelta(waits, unit="D")}
    )


def test_unless_said_lead_times_are_drawn_as_receipts_show() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.choice([7, 21, 35, 56], 150).tolist()
    lasting = np.repeat([7, 56, 21, 35, 7, 56], 25).tolist()
    tables = world({"A": 40, "B": 9})
    tables["Items"]["supplier"] = np.where(tables["Items"]["sku"] == "A", "Own", "Lasting")
    tables["LeadTimes"] = pd.concat([receipts(drawn, "Own"), receipts(lasting, "Lasting")])
    settings = settings_of(iv.read_tables(tables), FAST)[0]
    known = known_today(iv.read_tables(tables), settings=settings, as_of=None)
    today = lead_times_today(known, settings)
    sku = known.history.series["sku"].to_numpy()
    overtake, hold = how_orders_come(today, np.arange(len(sku)), known, crossover=None, lead_hold_periods=0.0)
    assert overtake.all()
    assert hold[sku == "A"].max() == 0
    assert hold[sku == "B"].min() == 52
    never, hold = how_orders_come(today, np.arange(len(sku)), known, crossover=False, lead_hold_periods=0.0)
    assert not never.any()
    assert not hold.any()
