"""Why orders differ between two runs: exact sums, the right part for each changed input, words, and what is kept for it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import invopt_xl as iv
from invopt_xl.core.change.basis import (
    BASIS,
    BASIS_COLUMNS,
    CONSTRAINTS,
    LEAD_TIME,
    LEVEL,
    PARTS,
    SERVICE,
    SPREAD,
    STOCK,
    level_of_plan,
    order_basis,
)
from invopt_xl.core.change.order_change import ARRIVED, CHANGE_COLUMNS, order_change
from invopt_xl.core.change.order_model import corrected_level, order_quantity
from invopt_xl.core.demo import demo_tables
from invopt_xl.core.scenarios.decide import decide_row_by_row, settled
from invopt_xl.core.scenarios.scenarios import scenarios
from invopt_xl.core.stages import Stages
from invopt_xl.errors import InputError
from invopt_xl.settings import Settings
from tests.reference.slow_shapley import slow_order, slow_shapley

_SETTINGS = {"boosted_trees": "off", "order_cost": 20.0}


@cache
def _world(measure: str = "cycle") -> tuple[Stages, Settings]:
    frames = demo_tables(skus=24, locations=2, weeks=80)
    tables = iv.read_tables(frames)
    plan = iv.plan(tables, settings={**_SETTINGS, "service_measure": measure})
    stages = plan.stages
    assert stages is not None
    return settled(stages, decide_row_by_row, settings=plan.settings), plan.settings


def _columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _after(field: str, value: object, measure: str = "cycle") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is kept of the plan, and of the plan with one input changed for all items."""
    stages, own = _world(measure)
    asked = [{"scenario": "s", "what": "all", "field": field, "value": value}]
    made = scenarios(stages, asked, settings=own)
    return order_basis(stages), order_basis(made.scenarios[0].replanned.stages)


@pytest.mark.parametrize("measure", ["cycle", "fill"])
def test_kept_inputs_lead_to_the_very_orders_of_the_plan(measure: str) -> None:
    stages, _ = _world(measure)
    kept = order_basis(stages)
    assert list(kept.columns) == list(BASIS_COLUMNS)
    assert np.allclose(order_quantity(_columns(kept)), kept["order_quantity"], atol=1e-6)
    assert np.allclose(
        corrected_level(_columns(kept)), level_of_plan(stages, kept["service_level"].to_numpy()), rtol=1e-9, atol=1e-9
    )
    assert (kept["order_quantity"] > 0).sum() > 5


def test_standing_decisions_and_limits_are_kept() -> None:
    """Items with overrides, a maximum stock, a shelf life, a block and without a stock figure."""
    from tests.small_world import plan_of, world

    levels = dict(zip("ABCDEFGH", (40, 6, 0.5, 15, 25, 9, 30, 12), strict=True))
    items = pd.DataFrame({"sku": list(levels), "supplier": "Acme", "unit_cost": 2.0, "moq": 7.0, "pack_size": 3.0})
    items["max_stock"] = [60.0, *[np.nan] * 7]
    items["shelf_life_days"] = [np.nan, 10.0, *[np.nan] * 6]
    items["status"] = [None, None, "blocked", *[None] * 5]
    items["min_stock"] = [np.nan] * 3 + [80.0] + [np.nan] * 4
    stock = pd.DataFrame({"sku": list(levels), "location": "MAIN", "on_hand": [5.0, 2, 0, 10, 3, 8, np.nan, 40]})
    decided = pd.DataFrame(
        {
            "sku": ["E", "F", "H"],
            "field": ["reorder_point", "order_up_to", "safety_stock"],
            "value": ["200", "90", "60"],
        }
    )
    tables = world(levels, Items=items, Stock=stock, Overrides=decided)
    plan = plan_of(tables, **_SETTINGS)
    assert plan.stages is not None
    kept = order_basis(plan.stages)
    assert np.allclose(kept["order_quantity"], plan.recommendations["order_quantity"])
    assert np.allclose(order_quantity(_columns(kept)), kept["order_quantity"], atol=1e-6)
    assert [slow_order(row) for row in kept.to_dict("records")] == pytest.approx(kept["order_quantity"].tolist())


def test_orders_as_columns_are_those_of_the_slow_version() -> None:
    stages, _ = _world()
    kept, rng = order_basis(stages), np.random.default_rng(5)
    n = len(kept)
    kept["moq"], kept["pack_size"] = rng.choice([0.0, 10.0, 55.0], n), rng.choice([0.0, 1.0, 12.0], n)
    kept["max_stock"] = rng.choice([np.nan, 40.0, 300.0], n)
    kept["review_period_days"] = rng.choice([0.0, 7.0], n)
    kept["order_cost"] = rng.choice([0.0, 30.0], n)
    kept["on_hand"] = rng.choice([np.nan, 0.0, 30.0], n)
    fast = order_quantity(_columns(kept))
    slow = [slow_order(row) for row in kept.to_dict("records")]
    assert fast == pytest.approx(slow, abs=1e-6)
    assert (fast > 0).sum() > 10


@pytest.mark.parametrize(
    ("field", "value", "part", "least"),
    [
        ("demand", "x1.2", LEVEL, 0.95),
        ("lead_time", "x1.5", LEAD_TIME, 0.85),
        ("service", 0.99, SERVICE, 0.98),
        ("on_hand", "x0.5", STOCK, 1.0),
        ("reserved", 15, STOCK, 1.0),
        ("moq", 200, CONSTRAINTS, 1.0),
        ("max_stock", 20, CONSTRAINTS, 1.0),
        ("order_cost", "x4", CONSTRAINTS, 1.0),
    ],
)
def test_a_changed_input_is_found_as_what_it_is(field: str, value: object, part: str, least: float) -> None:
    """Inputs that demand does not depend on get all of it. Over a longer lead time the season gives another demand a day, which is its level."""
    frame = order_change(*_after(field, value)).frame
    total = frame[list(PARTS)].abs().sum()
    assert total.sum() > 0
    assert total[part] >= least * total.sum()


@pytest.mark.parametrize("measure", ["cycle", "fill"])
def test_parts_add_up_to_the_change_exactly(measure: str) -> None:
    stages, _ = _world(measure)
    before, now = order_basis(stages), order_basis(stages)
    rng = np.random.default_rng(1)
    for column in ("demand_per_day", "demand_cv", "lead_time_days", "on_hand", "lead_time_sd_days"):
        now[column] *= rng.uniform(0.6, 1.6, len(now))
    now["service_level"] = 0.97
    before["damping_units"], now["damping_units"] = rng.uniform(-3, 3, len(now)), rng.uniform(-9, 9, len(now))
    before["order_quantity"] = np.rint(order_quantity(_columns(before)))
    now["moq"] += 11.0
    now["order_quantity"] = np.rint(order_quantity(_columns(now)) + rng.choice([0.0, 40.0], len(now)))
    frame = order_change(before, now).frame
    assert list(frame.columns) == list(CHANGE_COLUMNS)
    whole = (frame["change_units"] % 1 == 0).to_numpy()
    assert whole.sum() > 20
    assert (frame[list(PARTS)].sum(axis=1) == frame["change_units"])[whole].all()
    assert np.allclose(frame[list(PARTS)].sum(axis=1), frame["change_units"], rtol=0, atol=1e-9)
    assert (frame[list(PARTS)].abs() > 0).all(axis=1).any()


def test_the_split_of_a_row_is_that_over_all_orders_of_arrival() -> None:
    stages, _ = _world()
    before = order_basis(stages)
    now = before.copy()
    now["demand_per_day"] *= 1.3
    now["demand_cv"] *= 1.2
    now["lead_time_days"] += 4
    now["service_level"] = 0.96
    now["damping_units"] = 9.0
    now["on_hand"] *= 0.7
    now["moq"] = 60.0
    now["order_quantity"] = order_quantity(_columns(now))
    frame = order_change(before, now).frame.set_index(["sku", "location"])
    part_of = {column.name: PARTS.index(column.part) for column in BASIS}
    for at in np.flatnonzero((now["order_quantity"] != before["order_quantity"]).to_numpy())[:3]:
        rows = before.iloc[at].to_dict(), now.iloc[at].to_dict()

        def value_of(on: frozenset[int], rows: tuple[dict[object, object], dict[object, object]] = rows) -> float:
            return slow_order({name: rows[int(part in on)][name] for name, part in part_of.items()})

        slow = slow_shapley(value_of, len(PARTS))
        found = frame.loc[(before["sku"].iloc[at], before["location"].iloc[at]), list(PARTS)]
        assert found.tolist() == pytest.approx(slow, abs=0.02)


def test_what_shared_limits_moved_counts_as_constraints() -> None:
    before = order_basis(_world()[0])
    now = before.copy()
    now["order_quantity"] += 24.0
    frame = order_change(before, now).frame
    assert (frame[CONSTRAINTS] == 24.0).all()
    assert len(frame) == len(before)


def test_runs_without_a_difference_have_nothing_to_tell() -> None:
    kept = order_basis(_world()[0])
    assert order_change(kept, kept).frame.empty


def test_items_of_only_one_run_are_told_as_such() -> None:
    kept = order_basis(_world()[0])
    ordered = kept.index[kept["order_quantity"] > 0]
    frame = order_change(kept.drop(ordered[0]), kept.drop(ordered[1])).frame
    assert frame[ARRIVED].abs().tolist() == frame["change_units"].abs().tolist()
    new, gone = (kept.loc[at, "order_quantity"] for at in ordered[:2])
    assert sorted(frame["change_units"]) == sorted([new, -gone])
    assert frame["text"].str.contains("New in the plan|No longer planned").all()


def test_the_order_of_rows_does_not_matter() -> None:
    before, now = _after("demand", "x1.2")
    mixed = order_change(before.sample(frac=1, random_state=3), now).frame
    plain = order_change(before, now).frame
    keys = ["sku", "location"]
    pd.testing.assert_frame_equal(
        mixed.sort_values(keys, ignore_index=True), plain.sort_values(keys, ignore_index=True)
    )


def test_the_words_name_the_largest_part_first_with_both_inputs() -> None:
    before, now = _after("moq", 200)
    text = order_change(before, now).frame["text"].iloc[0]
    assert " more than last time (" in text
    assert "constraints (minimum order " in text
    assert text.endswith("-> 200).")


def test_changes_that_cancel_are_told_although_the_order_is_the_same() -> None:
    kept = order_basis(_world()[0])
    row = kept[kept["order_quantity"] > 50].iloc[[0]].reset_index(drop=True)
    now = row.assign(on_hand=row["on_hand"] - 10, reserved=row["reserved"] - 10)
    assert order_change(row, now).frame.empty  # both are the stock position
    now = row.assign(on_hand=row["on_hand"] - 10, override_order_up_to=np.nan)
    level = float(order_quantity(_columns(row))[0] + row["on_hand"].iloc[0] + row["on_order"].iloc[0])
    now = now.assign(override_order_up_to=level - 10 - float(row["reserved"].iloc[0] + row["backorders"].iloc[0]))
    frame = order_change(row, now.assign(order_quantity=order_quantity(_columns(now)))).frame
    assert frame["text"].str.contains("as last time|than last time").all()
    assert frame[STOCK].iloc[0] > 0 > frame[CONSTRAINTS].iloc[0]


def test_a_table_of_another_version_is_told() -> None:
    kept = order_basis(_world()[0])
    with pytest.raises(InputError, match=r"before.*lack demand_cv.*another version"):
        order_change(kept.drop(columns="demand_cv"), kept)


def test_kept_inputs_survive_a_text_file() -> None:
    import io

    before, now = _after("demand", "x1.2")
    text = before.to_csv(index=False)
    back = pd.read_csv(io.StringIO(text), dtype={"sku": "str", "location": "str"})
    pd.testing.assert_frame_equal(order_change(back, now).frame, order_change(before, now).frame)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.2, 4.0), days=st.floats(1.0, 90.0), service=st.floats(0.55, 0.995))
def test_more_demand_never_orders_less(factor: float, days: float, service: float) -> None:
    kept = order_basis(_world()[0]).assign(lead_time_days=days, service_level=service)
    more = kept.assign(demand_per_day=kept["demand_per_day"] * (1 + factor))
    assert (order_quantity(_columns(more)) >= order_quantity(_columns(kept)) - 1e-6).all()


def test_the_plan_is_not_touched() -> None:
    stages, _ = _world()
    frame = stages.terms.frame.copy()
    order_basis(replace(stages))
    pd.testing.assert_frame_equal(stages.terms.frame, frame)
    assert SPREAD in PARTS
