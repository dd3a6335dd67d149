"""Order quantities, dates and risks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import NO_STOCK_FIGURE, size_orders
from invopt_xl.core.replenish.rounding import round_order
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms
from tests.small_world import AS_OF, plan_of, world

STEADY = np.full((1, 60), 10.0)


def orders(
    demand: np.ndarray = STEADY, *, arrivals: dict[int, float] | None = None, days: float = 14.0, **columns: object
) -> pd.Series:
    """Return the order of the first series; `arrivals`: units of its open order lines by days from as_of until they are due."""
    history, terms = make_history(demand), make_terms(len(demand), **columns)
    lead = make_lead_times(len(demand), days)
    if arrivals:
        due = [np.datetime64(history.as_of + pd.Timedelta(days=day), "s") for day in arrivals]
        lines = pd.DataFrame({"series": 0, "quantity": list(arrivals.values()), "due_date": due})
        terms = Terms(frame=terms.frame.assign(on_order=sum(arrivals.values())), open_orders=lines)
    found = forecast(history, make_segments(demand), terms, lead, settings=Settings())
    policy = set_policy(found, terms, lead, history, settings=Settings())
    return size_orders(policy, found, lead, terms, history, settings=Settings()).frame.iloc[0]


def test_position_counts_each_stock_once() -> None:
    row = orders(on_hand=10.0, on_order=12.0, reserved=3.0, backorders=4.0)
    assert row.inventory_position == 15.0
    assert row.order_quantity == pytest.approx(15.0)


def test_stock_at_the_level_needs_no_order() -> None:
    assert orders(on_hand=30.0).order_quantity == 0.0
    assert orders(on_hand=29.0).order_quantity == pytest.approx(1.0)


def test_rounding_is_shown_in_units_and_money() -> None:
    row = orders(on_hand=25.0, moq=8.0, pack_size=6.0, unit_cost=2.0)
    assert (row.order_quantity, row.moq_extra_units, row.pack_extra_units) == pytest.approx((12.0, 3.0, 4.0))
    assert (row.order_value, row.rounding_extra_value) == pytest.approx((24.0, 14.0))


def test_maximum_stock_holds_an_order_back() -> None:
    row = orders(on_hand=10.0, max_stock=20.0, pack_size=24.0)
    assert row.order_quantity == 0.0
    assert "maximum stock" in row.held_back


def test_no_stock_figure_gives_no_order() -> None:
    row = orders(on_hand=np.nan)
    assert row.order_quantity == 0.0
    assert row.held_back == NO_STOCK_FIGURE
    assert np.isnan(row.stockout_risk)


def test_blocked_items_are_not_ordered() -> None:
    row = orders(on_hand=0.0, blocked=True)
    assert row.order_quantity == 0.0
    assert "blocked" in row.held_back


def test_order_by_is_when_the_position_reaches_the_reorder_point() -> None:
    # 40 above the reorder point at 10 a week: four weeks
    row, history = orders(on_hand=70.0), make_history(STEADY)
    assert row.order_by == history.as_of + pd.Timedelta(days=28)
    assert orders(on_hand=0.0).order_by == history.as_of


def test_what_is_not_due_today_is_due_tomorrow_at_the_earliest() -> None:
    # 0.5 above the reorder point at 10 a week: passed within the day
    row, as_of = orders(on_hand=30.5), make_history(STEADY).as_of
    assert row.order_quantity == 0.0
    assert row.order_by == as_of + pd.Timedelta(days=1)
    due = orders(on_hand=29.5)
    assert due.order_quantity > 0
    assert due.order_by == as_of


def test_blocked_items_have_no_day_to_order() -> None:
    assert pd.isna(orders(on_hand=0.0, backorders=5.0, blocked=True).order_by)


@pytest.mark.parametrize(
    "stock", [{"on_hand": 0.0}, {"on_hand": 9.0, "reserved": 9.0}, {"on_hand": 2.0, "backorders": 3.0}]
)
def test_nothing_free_now_is_out_of_stock_whatever_arrives(stock: dict[str, float]) -> None:
    assert orders(**stock).stockout_risk == 1.0
    assert orders(arrivals={1: 1000.0}, **stock).stockout_risk == 1.0
    rare = np.zeros((1, 100))
    rare[0, ::25] = 1.0
    assert orders(rare, **stock).stockout_risk == 1.0


def test_an_empty_shelf_nobody_asks_for_is_no_risk() -> None:
    assert orders(np.zeros((1, 60)), on_hand=0.0).stockout_risk == 0.0


def test_risk_is_that_of_the_worst_moment() -> None:
    demand = np.random.default_rng(2).poisson(10, (1, 120)).astype(float)
    enough = orders(demand, on_hand=1000.0, days=70.0).stockout_risk
    # the large order comes on day 56, when 80 are expected to be sold and 40 were there
    late = orders(demand, on_hand=40.0, arrivals={56: 1000.0}, days=70.0).stockout_risk
    early = orders(demand, on_hand=40.0, arrivals={7: 1000.0}, days=70.0).stockout_risk
    after = orders(demand, on_hand=40.0, arrivals={77: 1000.0}, days=70.0).stockout_risk
    assert enough < 0.001
    assert late > 0.99
    assert early < 0.001
    assert after == pytest.approx(orders(demand, on_hand=40.0, days=70.0).stockout_risk)


def test_units_on_order_without_a_date_arrive_half_way() -> None:
    demand = np.random.default_rng(2).poisson(10, (1, 120)).astype(float)
    undated = orders(demand, on_hand=55.0, on_order=1000.0, days=70.0).stockout_risk
    assert undated == pytest.approx(orders(demand, on_hand=55.0, arrivals={35: 1000.0}, days=70.0).stockout_risk)
    assert 0.1 < undated < 0.6


def test_receipt_follows_the_lead_time_which_waits_for_an_interrupted_supplier() -> None:
    as_of = make_history(STEADY).as_of
    assert orders().expected_receipt == as_of + pd.Timedelta(days=14)
    until = pd.Timestamp(AS_OF) + pd.Timedelta(days=30)
    suppliers = pd.DataFrame({"supplier": ["Acme"], "lead_time_days": [14.0], "disrupted_until": [until]})
    plan = plan_of(world({"A": 20}, on_hand=5, Suppliers=suppliers))
    lead = float(plan.recommendations["lead_time_days"].iloc[0])
    assert lead == pytest.approx(30, abs=1)
    assert plan.recommendations["expected_receipt"].iloc[0] == plan.as_of + pd.Timedelta(days=np.ceil(lead))


def test_days_of_cover_follow_demand() -> None:
    assert orders(on_hand=25.0).days_of_cover == pytest.approx(17.5)
    assert np.isnan(orders(np.zeros((1, 60)), on_hand=25.0).days_of_cover)


def test_more_stock_never_raises_the_risk() -> None:
    demand = np.random.default_rng(1).poisson(3, (1, 100)).astype(float)
    risks = [orders(demand, on_hand=float(x)).stockout_risk for x in range(0, 30, 3)]
    assert (np.diff(risks) <= 1e-12).all()
    assert orders(demand, on_hand=0.0, backorders=5.0).stockout_risk == 1.0


@given(needed=st.floats(0.01, 1e5), moq=st.floats(0, 1e4), pack=st.sampled_from([0.0, 0.02, 1.0, 12.0, 144.0]))
def test_rounding_adds_up_and_fills_packs(needed: float, moq: float, pack: float) -> None:
    found = round_order(np.array([needed]), moq=np.array([moq]), pack_size=np.array([pack]), most=np.array([np.inf]))
    quantity = found.quantity[0]
    assert quantity >= max(needed, moq) * (1 - 1e-6) - 1e-6 * pack
    assert quantity < max(needed, moq) + pack + 1e-6
    assert found.moq_extra[0] + found.pack_extra[0] == pytest.approx(max(quantity - needed, 0), abs=2e-6 * (1 + pack))
    if pack:
        assert quantity / pack == pytest.approx(round(quantity / pack), abs=1e-6)
