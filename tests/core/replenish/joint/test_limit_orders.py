"""The plan's orders under limits, through the stages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.checks.checked import complete
from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import Policy, set_policy
from invopt_xl.core.replenish.joint.calendar import OrderCalendar, calendar_of, read_weekdays
from invopt_xl.core.replenish.joint.limit_orders import CALENDAR, Limited, OrderLimits, limit_orders
from invopt_xl.core.replenish.orders import Orders, size_orders
from invopt_xl.errors import InputError
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

N = 12


@dataclass
class World:
    """Stage values of N items of two suppliers, and the checked tables."""

    orders: Orders
    policy: Policy
    demand: Forecast
    args: tuple[object, ...]
    tables: dict[str, pd.DataFrame]

    def limited(self, **limits: object) -> Limited:
        """Return the orders under limits; moves add up exactly."""
        found = limit_orders(
            self.orders,
            self.policy,
            self.demand,
            *self.args,
            self.tables,
            limits=OrderLimits(**limits),  # type: ignore[arg-type]
        )
        before = self.orders.frame["order_quantity"].to_numpy()
        after = found.orders.frame["order_quantity"].to_numpy()
        assert (before + sum(move.units for move in found.moves) == after).all()
        return found


@cache
def known_demand() -> tuple[History, LeadTimes, Forecast]:
    """Return history, lead times and forecast of N items: the same for all tests."""
    rng = np.random.default_rng(7)
    demand = rng.poisson(rng.uniform(2, 12, N)[:, None], (N, 60)).astype(float)
    history, lead = make_history(demand), make_lead_times(N)
    plain = Settings(boosted_trees="off")
    return history, lead, forecast(history, make_segments(demand), make_terms(N), lead, settings=plain)


def world(tables: dict[str, pd.DataFrame] | None = None, **columns: object) -> World:
    """Return a world with steady demand; `columns` replace terms, `tables` replace input tables."""
    history, lead, found = known_demand()
    given: dict[str, object] = {
        "supplier": np.where(np.arange(N) % 2 == 0, "Acme", "Bolt"),
        "unit_cost": np.linspace(1, 20, N),
        "unit_volume": 0.1,
        "source_capacity": np.nan,
        "on_hand": 10.0,
    }
    terms = make_terms(N, **{**given, **columns})
    policy = set_policy(found, terms, lead, history, settings=Settings())
    orders = size_orders(policy, found, lead, terms, history, settings=Settings())
    return World(orders, policy, found, (lead, terms, history), complete(tables or {}))


def suppliers(**columns: object) -> dict[str, pd.DataFrame]:
    """Return a Suppliers table of Acme and Bolt; columns hold for Acme alone."""
    values = {name: [value, np.nan] for name, value in columns.items()}
    return {"Suppliers": pd.DataFrame({"supplier": ["Acme", "Bolt"], **values})}


def of(found: Limited, w: World, supplier: str, column: str = "order_quantity") -> float:
    """Return the sum of an order column over a supplier's items."""
    own = (w.args[1].frame["supplier"] == supplier).to_numpy()  # type: ignore[attr-defined]
    return float(found.orders.frame[column].to_numpy()[own].sum())


def test_without_limits_the_very_same_orders_come_back() -> None:
    w = world()
    assert w.limited().orders is w.orders


def test_limits_that_are_kept_leave_the_very_same_orders() -> None:
    w = world(suppliers(min_order_value=1.0, capacity=1e6, container_volume=np.nan))
    found = w.limited(budget=1e9)
    assert found.orders is w.orders
    assert found.moves == ()


def test_budget_is_kept_and_told() -> None:
    w = world()
    value = float(w.orders.frame["order_value"].sum())
    found = w.limited(budget=0.6 * value)
    assert found.orders.frame["order_value"].sum() <= 0.6 * value
    assert [m.name for m in found.moves] == ["budget"]
    assert any("more budget would save about" in f.text for f in found.findings)
    assert (found.orders.frame["held_back"] == "limited by budget").any()
    assert found.cost <= found.proportional_cost


def test_minimum_order_value_concerns_its_supplier_only() -> None:
    w = world(suppliers(min_order_value=0.0))
    plain = w.orders.frame["order_value"].to_numpy()
    own = (w.args[1].frame["supplier"] == "Acme").to_numpy()  # type: ignore[attr-defined]
    least = float(plain[own].sum()) * 1.2
    w = world(suppliers(min_order_value=least))
    found = w.limited()
    assert of(found, w, "Acme", "order_value") >= least
    assert of(found, w, "Bolt", "order_value") == pytest.approx(plain[~own].sum())
    assert {m.name for m in found.moves} == {"supplier minimum"}


def test_storage_counts_what_will_be_there() -> None:
    w = world({"Locations": pd.DataFrame({"location": ["MAIN"], "storage_volume": [20.0]})})
    found = w.limited()
    position = w.orders.frame["inventory_position"].to_numpy()
    there = np.maximum(position - w.demand.lead.mean(), 0.0)
    quantity = found.orders.frame["order_quantity"].to_numpy()
    assert (0.1 * (there + quantity)).sum() <= 20.0 + 1e-9
    assert quantity.sum() < w.orders.frame["order_quantity"].sum()


def test_working_capital_counts_stock_and_orders() -> None:
    w = world()
    cost = np.linspace(1, 20, N)
    position = w.orders.frame["inventory_position"].to_numpy()
    most = float(cost @ position) + 0.5 * float(w.orders.frame["order_value"].sum())
    found = w.limited(working_capital=most)
    assert cost @ (position + found.orders.frame["order_quantity"].to_numpy()) <= most * (1 + 1e-9)


def test_price_break_is_paid_and_moves_the_order() -> None:
    breaks = pd.DataFrame({"sku": ["P00011"], "min_quantity": [50.0], "unit_cost": [10.0]})
    w = world({"PriceBreaks": breaks})
    before = w.orders.frame["order_quantity"][11]
    assert 0 < before < 50
    found = w.limited()
    assert found.orders.frame["order_quantity"][11] == 50.0
    assert found.orders.frame["order_value"][11] == 500.0
    assert found.unit_cost[11] == 10.0
    assert [m.name for m in found.moves] == ["price breaks"]
    assert (found.orders.frame["order_quantity"][:11] == w.orders.frame["order_quantity"][:11]).all()


def test_price_break_of_another_supplier_does_not_count() -> None:
    breaks = pd.DataFrame({"sku": ["P00011"], "min_quantity": [50.0], "unit_cost": [10.0], "supplier": ["Acme"]})
    w = world({"PriceBreaks": breaks})
    assert w.limited().orders is w.orders


def test_maximum_stock_and_blocked_items_hold_when_orders_are_filled_up() -> None:
    cap = np.where(np.arange(N) == 0, 60.0, np.nan)
    w = world(suppliers(container_volume=30.0), max_stock=cap, blocked=np.arange(N) == 2)
    found = w.limited(pull_forward_days=180.0)
    after = found.orders.frame
    assert of(found, w, "Acme") * 0.1 >= 0.9 * 30.0 or of(found, w, "Acme") == 0
    assert after["inventory_position"][0] + after["order_quantity"][0] <= 60.0
    assert after["order_quantity"][2] == 0.0


def test_packs_and_minimum_orders_hold_under_a_budget() -> None:
    w = world(pack_size=6.0, moq=18.0)
    found = w.limited(budget=0.5 * float(w.orders.frame["order_value"].sum()))
    quantity = found.orders.frame["order_quantity"].to_numpy()
    assert (quantity % 6 == 0).all()
    assert ((quantity == 0) | (quantity >= 18)).all()


def test_what_customers_wait_for_conflicts_with_a_budget_below_it() -> None:
    w = world(on_hand=0.0, backorders=np.where(np.arange(N) == 11, 30.0, 0.0))
    found = w.limited(budget=100.0)
    text = found.findings[0].text
    assert "sku P00011: at least 30 must be ordered" in text
    assert "budget of 100" in text
    assert found.orders.frame["order_quantity"][11] >= 30.0


def test_items_without_cost_stay_as_they_are_and_are_told() -> None:
    cost = np.linspace(1, 20, N)
    cost[4] = np.nan
    w = world(unit_cost=cost)
    found = w.limited(budget=0.4 * float(w.orders.frame["order_value"].sum()))
    assert found.orders.frame["order_quantity"][4] == w.orders.frame["order_quantity"][4]
    assert np.isnan(found.orders.frame["order_value"][4])
    assert any("1 orders have no unit cost" in f.text for f in found.findings)


def test_closed_supplier_gets_no_order_today() -> None:
    shut = OrderCalendar(np.ones((1, 7), dtype=bool), ((0, np.datetime64("2000-01-01"), np.datetime64("2100-01-01")),))
    w = world()
    found = w.limited(calendar=shut, calendar_suppliers=("Acme",))
    assert of(found, w, "Acme") == 0.0
    assert of(found, w, "Bolt") == float(w.orders.frame["order_quantity"].to_numpy()[1::2].sum())
    assert [m.name for m in found.moves] == [CALENDAR]
    assert (found.orders.frame["held_back"][::2] == "limited by order calendar").all()


def test_orders_before_a_shutdown_last_until_after_it() -> None:
    w = world()
    today = np.datetime64(w.args[2].as_of, "D")  # type: ignore[attr-defined]
    shut = OrderCalendar(np.ones((1, 7), dtype=bool), ((0, today + 2, today + 28),))
    found = w.limited(calendar=shut, calendar_suppliers=("Acme",))
    more = found.orders.frame["order_quantity"] - w.orders.frame["order_quantity"]
    # three weeks more than the weekly review
    expected = 3 * w.demand.demand_per_period
    assert (np.abs(more - expected)[::2] < 0.5 * expected[::2] + 6).all()
    assert (more[1::2] == 0).all()


def test_weekdays_are_read_as_planners_write_them() -> None:
    assert read_weekdays("").all()
    assert read_weekdays("Tue/Friday").nonzero()[0].tolist() == [1, 4]
    with pytest.raises(InputError, match="found 'Funday'"):
        read_weekdays("Funday")


def test_shutdown_without_a_supplier_closes_all() -> None:
    days = pd.DataFrame({"supplier": [None], "first_day": ["2026-12-24"], "last_day": ["2026-12-31"]})
    found = calendar_of(["Acme", "Bolt"], {"Acme": "Thu"}, days)
    first, following = found.order_days(np.datetime64("2026-12-16"), np.array([7.0, 7.0]))  # a Wednesday
    assert first.tolist() == [1.0, 1.0]
    # the 24th and the 31st are closed
    assert following.tolist() == [22.0, 16.0]


def test_orders_wait_for_the_order_day_before_the_next_review() -> None:
    w = world()
    today = np.datetime64(w.args[2].as_of, "D")  # type: ignore[attr-defined]
    weekday = (int(today.astype(np.int64)) + 3) % 7
    third = np.zeros((1, 7), dtype=bool)
    third[0, (weekday + 3) % 7] = True
    found = w.limited(calendar=OrderCalendar(third), calendar_suppliers=("Acme",))
    assert (found.order_date[::2].astype("datetime64[D]") == today + 3).all()
    assert (found.order_date[1::2].astype("datetime64[D]") == today).all()
    late = found.orders.frame["expected_receipt"] - w.orders.frame["expected_receipt"]
    assert (late[::2] == pd.Timedelta(days=3)).all()
    assert (late[1::2] == pd.Timedelta(0)).all()
    # the order after this one comes two days later than a week from now
    assert of(found, w, "Acme") >= float(w.orders.frame["order_quantity"].to_numpy()[::2].sum())


def test_a_calendar_that_is_always_open_changes_no_quantity() -> None:
    w = world()
    found = w.limited(calendar=OrderCalendar(np.ones((1, 7), dtype=bool)), calendar_suppliers=("Acme",))
    np.testing.assert_array_equal(found.orders.frame["order_quantity"], w.orders.frame["order_quantity"])
