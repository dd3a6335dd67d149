"""The policy with damped safety stock: what is damped, what is not, and that the next run starts from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.damped_policy import DampedPolicy, carried_damping, damped_policy
from invopt_xl.core.policy.last_stock import STATE_COLUMNS, LastStock, last_stock
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

#: Three smooth items, a slow one in whole units and one that nobody buys.
DEMAND = np.vstack(
    [
        np.random.default_rng(1).gamma(9.0, np.array([[3.0], [5.0], [8.0]]), (3, 120)).round(2),
        np.random.default_rng(2).poisson(0.4, (1, 120)).astype(float),
        np.zeros((1, 120)),
    ]
)
N = len(DEMAND)
PLAIN = Settings()
#: So much slack that the floor does not hide the pace.
LOOSE = Settings(damping_slack=0.4)


class World:
    """Stage values of five items; terms may be changed."""

    def __init__(self, **columns: object) -> None:
        self.history: History = make_history(DEMAND)
        self.terms: Terms = make_terms(N, **{"criticality": "", **columns})
        lead = make_lead_times(N, 14.0)
        self.lead: LeadTimes = replace(lead, frame=lead.frame.assign(on_time_share=0.9))
        self.forecast: Forecast = forecast(self.history, make_segments(DEMAND), self.terms, self.lead, settings=PLAIN)
        self.policy = set_policy(self.forecast, self.terms, self.lead, self.history, settings=PLAIN)

    @property
    def needed(self) -> np.ndarray:
        return self.policy.frame["safety_stock"].to_numpy(dtype=float)

    def run(self, last: LastStock | None = None, *, settings: Settings = PLAIN) -> DampedPolicy:
        return damped_policy(
            self.policy,
            self.forecast,
            self.terms,
            self.lead,
            self.history,
            asked=self.terms,
            last=last or last_stock(None, self.history.series, as_of=self.history.as_of),
            settings=settings,
        )

    def last(self, safety_stock: object, *, days: float = 7, **columns: object) -> LastStock:
        """Return that the run before kept this safety stock, everything else as now."""
        frame = self.run().damping.state.filter(like="run_").assign(run_safety_stock=safety_stock, **columns)
        return LastStock(frame, np.full(N, float(days)))


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_the_first_run_keeps_what_is_needed(world: World) -> None:
    made = world.run()
    assert made.policy is world.policy
    assert not made.damping.units.any()
    assert list(made.damping.state.columns) == list(STATE_COLUMNS)
    assert made.damping.state["run_safety_stock"].tolist() == pytest.approx(world.needed.tolist())


def test_a_fall_is_followed_in_part_and_said(world: World) -> None:
    """90 % on time: 22.5 % of what is beyond chance in a week."""
    made = world.run(world.last(2 * world.needed))
    noise = world.needed / np.sqrt(2 * world.forecast.law.spread.observations)
    wanted = 2 * world.needed - 0.225 * (world.needed - noise)
    shown = made.policy.frame["safety_stock"].to_numpy(dtype=float)
    assert shown[:3] == pytest.approx(wanted[:3])
    assert shown[:3] - world.needed[:3] == pytest.approx(made.damping.shown[:3])
    assert made.damping.reason[0].startswith("lowered by ")
    assert made.policy.frame["note"].iloc[0] == f"safety stock {made.damping.reason[0]}"
    s = made.policy.frame
    assert (s["reorder_point"] - s["forecast_protection"])[:3].to_numpy() == pytest.approx(shown[:3])
    before = world.policy.frame
    assert (s["order_up_to"] - before["order_up_to"]).to_numpy() == pytest.approx(made.damping.shown)


def test_a_rise_never_stays_below_what_the_target_less_its_slack_needs(world: World) -> None:
    made = world.run(world.last(-world.needed), settings=replace(PLAIN, safety_stock_rise=0.01))
    lower = replace(world.terms, frame=world.terms.frame.assign(service_level=0.94))
    least = set_policy(world.forecast, lower, world.lead, world.history, settings=PLAIN).frame["safety_stock"]
    shown = made.policy.frame["safety_stock"]
    assert shown[:3].to_numpy() == pytest.approx(least[:3].to_numpy())
    assert (shown >= least - 1e-9).all()
    assert "less its slack" in made.damping.reason[0]
    # with no slack all of it is followed
    strict = world.run(world.last(-world.needed), settings=replace(PLAIN, damping_slack=0.0))
    assert not strict.damping.units.any()


def test_a_high_target_gives_away_no_more_than_half_of_what_it_leaves() -> None:
    world = World(service_level=0.996)
    made = world.run(world.last(-world.needed), settings=replace(PLAIN, safety_stock_rise=0.01, damping_slack=0.01))
    lower = replace(world.terms, frame=world.terms.frame.assign(service_level=0.994))
    least = set_policy(world.forecast, lower, world.lead, world.history, settings=PLAIN).frame["safety_stock"]
    assert made.policy.frame["safety_stock"][:3].to_numpy() == pytest.approx(least[:3].to_numpy())


def test_whole_units_stay_whole_and_are_rounded_up(world: World) -> None:
    assert world.forecast.protection.whole[3]
    made = world.run(world.last(world.needed + np.array([0, 0, 0, 3.7, 0])))
    point = made.policy.frame["reorder_point"].iloc[3]
    assert point == round(point)
    exact = made.damping.state["run_safety_stock"].iloc[3]
    assert 0 <= made.damping.units[3] - (exact - world.needed[3]) < 1


def test_critical_items_rise_at_once_and_fall_slowly() -> None:
    usual, critical = World(), World(criticality="A")
    for start in (0.5, 2.0):
        plain, careful = (
            w.run(w.last(start * w.needed), settings=LOOSE).policy.frame["safety_stock"][:3] for w in (usual, critical)
        )
        assert (careful > plain).all()


def test_a_longer_lead_time_is_followed_at_once(world: World) -> None:
    longer = world.run(world.last(0.5 * world.needed, run_lead_time_days=10.0), settings=LOOSE)
    same = world.run(world.last(0.5 * world.needed), settings=LOOSE)
    assert (longer.damping.units[:3] > same.damping.units[:3]).all()
    assert "its lead time became longer" in longer.damping.reason[0]


@pytest.mark.parametrize(
    "changed", [{"run_service_set": 0.9}, {"run_service_for": "item, fill"}, {"run_service_for": "value, cycle"}]
)
def test_a_changed_service_target_is_a_decision_and_no_noise(world: World, changed: dict[str, object]) -> None:
    made = world.run(world.last(3 * world.needed, **changed))
    assert not made.damping.units.any()
    assert (made.damping.reason == "").all()


@pytest.mark.parametrize(
    "columns",
    [
        {"override_safety_stock": 9.0},
        {"override_reorder_point": 90.0},
        {"override_order_up_to": 99.0},
        {"blocked": True},
    ],
)
def test_what_is_set_by_hand_or_blocked_is_not_damped(columns: dict[str, object]) -> None:
    world = World(**columns)
    made = world.run(world.last(1000.0))
    pd.testing.assert_frame_equal(made.policy.frame, world.policy.frame)
    # the need goes on being followed, so that nothing jumps when the decision ends
    free = World()
    assert made.damping.state["run_safety_stock"].tolist() == pytest.approx(free.needed.tolist())


def test_minimum_and_maximum_stock_win_over_damping() -> None:
    floor = World(min_stock=500.0)
    made = floor.run(floor.last(400.0))
    np.testing.assert_allclose(made.policy.frame["safety_stock"], 500.0)
    assert not made.damping.shown.any()
    assert (made.damping.reason == "").all()
    cap = World(max_stock=30.0)
    made = cap.run(cap.last(400.0))
    assert (made.policy.frame["order_up_to"] <= 30.0).all()


def test_an_item_that_nobody_buys_any_more_keeps_nothing(world: World) -> None:
    made = world.run(world.last(50.0))
    assert made.policy.frame["order_up_to"].iloc[4] == 0


def test_switched_off_or_under_a_budget_nothing_is_damped(world: World) -> None:
    for settings in (
        replace(PLAIN, damp_safety_stock="off"),
        replace(PLAIN, service_aim="value", stock_budget=1000.0),
    ):
        last = world.last(3 * world.needed, run_service_for=f"{settings.service_aim}, cycle")
        assert not world.run(last, settings=settings).damping.units.any()


def test_the_longer_ago_the_last_run_the_more_is_followed(world: World) -> None:
    day, week, quarter = (world.run(world.last(3 * world.needed, days=d)).damping.units[:3] for d in (1, 7, 91))
    assert (day > week).all()
    assert (week > quarter).all()


def test_the_next_run_starts_from_what_this_one_kept_and_the_same_day_from_the_same_start(world: World) -> None:
    first = world.run(world.last(2 * world.needed))
    state = pd.concat([world.history.series[["sku", "location"]], first.damping.state], axis=1)
    later = last_stock(state, world.history.series, as_of=world.history.as_of + pd.Timedelta(days=7))
    assert later.frame["run_safety_stock"].tolist() == first.damping.state["run_safety_stock"].tolist()
    same = last_stock(state.assign(start_day="2022-04-17"), world.history.series, as_of=world.history.as_of)
    again = world.run(replace(same, days=np.full(N, 7.0)))
    assert again.damping.units.tolist() == first.damping.units.tolist()


def test_damping_is_carried_to_changed_inputs_but_not_where_nothing_is_expected(world: World) -> None:
    damping = replace(world.run().damping, units=np.full(N, 5.0))
    new = np.arange(N) == 1
    carried = carried_damping(damping, world.forecast, new_target=new, settings=PLAIN)
    assert np.asarray(carried).tolist() == [5.0, 0.0, 5.0, 5.0, 0.0]
    assert carried_damping(None, world.forecast, new_target=False, settings=PLAIN) == 0.0
    budget = replace(PLAIN, service_aim="value", stock_budget=1000.0)
    assert carried_damping(damping, world.forecast, new_target=False, settings=budget) == 0.0
    rows = np.array([3, 1])
    taken = damping.take(rows)
    assert taken.units.tolist() == [5.0, 5.0]
    assert taken.state["run_safety_stock"].tolist() == damping.state["run_safety_stock"].to_numpy()[rows].tolist()
