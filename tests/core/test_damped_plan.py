"""Whole plans with damped safety stock: from run to run, in explanations, in what changed an order, beside scenarios."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.change.basis import DAMPING, PARTS, SERVICE, order_basis
from invopt_xl.core.change.order_model import order_quantity
from invopt_xl.core.plan import Plan
from invopt_xl.core.scenarios.change import read_changes
from invopt_xl.core.whatif import what_if
from invopt_xl.pipeline import plan
from tests.small_world import AS_OF, row, weekly_sales, world

#: Weekly demand of items; C is sold in fractions.
LEVELS = dict(zip("ABCDE", (40.0, 6.0, 25.0, 300.0, 12.0), strict=True))
WEEK_BEFORE = "2026-11-08"


@cache
def tables() -> dict[str, pd.DataFrame]:
    sales = weekly_sales(LEVELS, noise=0.4)
    sales.loc[sales["sku"] == "C", "quantity"] *= 1.01
    return world(LEVELS, Sales=sales, on_hand=20.0)


def planned(
    *, as_of: str = AS_OF, before: Plan | None = None, more: dict[str, pd.DataFrame] | None = None, **settings: object
) -> Plan:
    return plan(
        iv.read_tables({**tables(), **(more or {})}),
        as_of=as_of,
        settings={"boosted_trees": "off", **settings},
        previous=None if before is None else before.recommendations,
        previous_basis=None if before is None else before.basis,
    )


@cache
def first() -> Plan:
    """The plan of the week before, which kept much more of A, C and D than is needed now."""
    return planned(as_of=WEEK_BEFORE)


@cache
def kept() -> pd.DataFrame:
    basis = first().basis
    assert basis is not None
    more = np.where(basis["sku"].isin(["A", "C", "D"]), 2.0, 0.3)
    return basis.assign(run_safety_stock=basis["run_safety_stock"] * more)


@cache
def second() -> Plan:
    return again(kept())


def again(basis: pd.DataFrame | None, *, more: dict[str, pd.DataFrame] | None = None, **settings: object) -> Plan:
    return plan(
        iv.read_tables({**tables(), **(more or {})}),
        as_of=AS_OF,
        settings={"boosted_trees": "off", "damping_slack": 0.2, **settings},
        previous=first().recommendations,
        previous_basis=basis,
    )


def damping(made: Plan) -> np.ndarray:
    assert made.stages is not None
    assert made.stages.damping is not None
    return made.stages.damping.shown


def test_the_first_run_is_not_damped() -> None:
    assert not damping(first()).any()
    assert not first().explanations["driver"].str.contains("damped").any()


def test_damping_is_a_driver_of_its_own_and_shares_still_add_up_exactly() -> None:
    made, shown = second(), damping(second())
    assert (np.abs(shown) > 0).all()
    drivers = made.explanations.groupby(["sku", "location"])["share_units"].agg(math.fsum)
    for rec in made.recommendations.itertuples():
        assert drivers[rec.sku, rec.location] == rec.order_quantity
    own = made.explanations[made.explanations["driver"] == "safety stock: damped"].set_index("sku")
    safety = made.explanations[made.explanations["driver"].str.startswith("safety stock")]
    total = safety.groupby("sku")["share_units"].sum()
    for at, sku in enumerate(made.recommendations["sku"]):
        assert own.loc[sku, "share_units"] == pytest.approx(shown[at], abs=1e-3)
        assert total[sku] == pytest.approx(row(made, sku)["safety_stock"], abs=1e-3)
        # what is needed stands beside it
        assert own.loc[sku, "value"] == pytest.approx(row(made, sku)["safety_stock"] - shown[at])


def test_the_driver_says_the_reason_and_a_sentence_only_what_is_worth_it() -> None:
    made = second()
    assert made.stages is not None
    assert made.stages.damping is not None
    own = made.explanations[made.explanations["driver"] == "safety stock: damped"]
    assert own["unit"].tolist() == ["units needed; " + reason for reason in made.stages.damping.reason]
    basis = first().basis
    assert basis is not None
    little = again(basis.assign(run_safety_stock=1.02 * basis["run_safety_stock"]))
    assert (np.abs(damping(little)) > 0).any()
    assert not little.recommendations["why"].str.contains(" Safety stock ").any()


def test_the_sentence_and_the_note_say_the_reason() -> None:
    why = row(second(), "A")["why"]
    assert " Safety stock lowered by " in why
    assert "may be chance, the rest follows over the next runs; the service target needs " in why
    assert "Safety stock raised by " in row(second(), "B")["why"]
    assert second().stages is not None
    note = second().stages.policy.frame["note"]  # type: ignore[union-attr]
    assert note.str.startswith("safety stock lowered by ").sum() == 3


def test_pressing_twice_on_one_day_moves_nothing() -> None:
    made = second()
    same = again(made.basis)
    pd.testing.assert_frame_equal(same.recommendations, made.recommendations)
    assert same.changed is not None
    assert same.changed.frame.empty
    assert same.basis is not None
    pd.testing.assert_frame_equal(same.basis, made.basis)


def test_kept_inputs_lead_to_the_damped_orders() -> None:
    basis = second().basis
    assert basis is not None
    assert (basis["damping_units"] != 0).all()
    columns = {str(name): basis[name].to_numpy() for name in basis}
    assert np.allclose(order_quantity(columns), basis["order_quantity"], atol=1e-6)


def test_damping_is_a_part_of_what_changed_an_order_and_parts_add_up_exactly() -> None:
    changed = second().changed
    assert changed is not None
    frame = changed.frame.set_index("sku")
    assert (frame[list(PARTS)].sum(axis=1) == frame["change_units"])[frame["change_units"] % 1 == 0].all()
    assert np.allclose(frame[list(PARTS)].sum(axis=1), frame["change_units"], rtol=0, atol=1e-9)
    shown = pd.Series(damping(second()), index=second().recommendations["sku"])
    # the orders of both weeks lift the position to the level: all of damping is in the order, up to rounding to whole units
    for sku in "ACD":
        assert frame.loc[sku, DAMPING] == pytest.approx(shown[sku], abs=1.0)
        assert "damping (safety stock beyond what is needed 0 -> " in frame.loc[sku, "text"]


@pytest.mark.parametrize("setting", [{"service_level": 0.99}, {"service_level": 0.8}, {"service_measure": "fill"}])
def test_a_changed_target_is_followed_at_once(setting: dict[str, object]) -> None:
    made = again(kept(), **setting)
    assert not damping(made).any()
    plain = again(None, **setting)
    assert made.recommendations["safety_stock"].tolist() == plain.recommendations["safety_stock"].tolist()
    assert made.changed is not None
    assert (made.changed.frame[DAMPING] == 0).all()
    if setting != {"service_measure": "fill"}:
        assert made.changed.frame[SERVICE].abs().sum() > 0


def test_switched_off_everything_follows_at_once() -> None:
    off = again(kept(), damp_safety_stock="off")
    pd.testing.assert_frame_equal(
        off.recommendations.drop(columns=["exceptions"]), again(None).recommendations.drop(columns=["exceptions"])
    )


def test_a_standing_decision_wins_over_damping() -> None:
    decided = pd.DataFrame({"sku": ["A"], "field": ["safety_stock"], "value": ["33"]})
    made = again(kept(), more={"Overrides": decided})
    assert row(made, "A")["safety_stock"] == 33
    assert damping(made)[0] == 0
    assert (np.abs(damping(made)[1:]) > 0).all()


def test_scenarios_stand_beside_the_damped_plan_and_their_own_change_is_followed_in_full() -> None:
    changes = read_changes(
        [
            {"scenario": "same", "what": "all", "field": "demand", "value": "x1"},
            {"scenario": "more", "what": "all", "field": "demand", "value": "x1.5"},
            {"scenario": "better", "what": "sku=A,C", "field": "service_level", "value": 0.98},
        ]
    )
    words = {"as_of": AS_OF, "settings": {"boosted_trees": "off", "damping_slack": 0.2}, "scenarios": changes}
    both = [
        plan(iv.read_tables(tables()), previous=first().recommendations, previous_basis=basis, **words)  # type: ignore[arg-type]
        for basis in (kept(), None)
    ]
    made, plain = (each.scenarios.made for each in both if each.scenarios is not None)
    current = second().recommendations["safety_stock"].to_numpy()
    assert made.current["safety_stock"] == pytest.approx(current)
    same, more, better = made.scenarios
    assert not same.changed.any()
    step = more.figures["safety_stock"] - made.current["safety_stock"]
    assert step == pytest.approx(plain.scenarios[1].figures["safety_stock"] - plain.current["safety_stock"])
    assert (step > 0).all()
    # a new target is followed at once by the next plan, too: nothing of the damping is left
    rows = np.array([0, 2])
    stock = better.figures["safety_stock"]
    assert stock[rows] == pytest.approx(plain.scenarios[2].figures["safety_stock"][rows])
    assert np.delete(stock, rows) == pytest.approx(np.delete(current, rows))


def test_a_what_if_with_the_plans_own_value_gives_the_damped_plan() -> None:
    made = second()
    assert made.stages is not None
    value = made.stages.terms.frame["service_level"].iloc[0]
    found = what_if(made.stages, row=0, field="service_level", values=np.array([value]), settings=made.settings)
    for name in ("safety_stock", "reorder_point", "order_up_to", "order_quantity"):
        assert found[name].iloc[0] == pytest.approx(made.recommendations[name].iloc[0])


def test_kept_inputs_of_an_older_version_do_not_stop_the_plan() -> None:
    made = again(kept().drop(columns=["damping_units", "run_day"]))
    assert not damping(made).any()
    assert made.changed is None
    said = made.findings[made.findings["place"] == "Order Changes"]
    assert said["text"].item().endswith("they were kept by another version.")
    assert made.basis is not None
    assert order_basis(made.stages).columns.tolist() == made.basis.columns.tolist()  # type: ignore[arg-type]


def test_where_one_target_holds_for_all_items_each_items_own_is_no_decision() -> None:
    """Items' fill rates are worked out anew in every run: what follows from them is damped like anything else."""
    words = {"service_aim": "units", "service_measure": "fill"}
    before = planned(as_of=WEEK_BEFORE, **words).basis
    assert before is not None
    assert np.ptp(before["service_level"]) > 0
    assert (before["run_service_for"] == "units, fill").all()
    made = again(before.assign(run_safety_stock=before["run_safety_stock"] + 20), **words)
    assert (damping(made) > 0).all()
    assert not damping(again(before, **words, stock_budget=5000.0)).any()
