"""What order calendars change, from stage values made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.calendar import OrderCalendar
from invopt_xl.core.replenish.joint.waiting import Wanted, wanted_orders
from tests.core.replenish.joint.made_stages import RATE, Made, N

WEEK = 7


def asked(
    made: Made,
    *,
    quantity: Any,
    position: Any,
    days: list[int] | None = None,
    closed: tuple[int, int] | None = None,
    step: Any = 1.0,
) -> Wanted:
    """Return what is wanted; `days`: weekdays from tomorrow (1..7) on which orders are taken; `closed`: first and last day of a shut-down from today."""
    today = np.datetime64(made.history.as_of, "D")
    weekday = (int(today.astype(np.int64)) + 3) % WEEK
    open_ = np.zeros((1, WEEK), dtype=bool)
    for day in days or range(1, WEEK + 1):
        open_[0, (weekday + day) % WEEK] = True
    shut = () if closed is None else ((0, today + closed[0], today + closed[1]),)
    return wanted_orders(
        np.asarray(quantity, dtype=float),
        np.asarray(position, dtype=float),
        made.policy,
        made.forecast,
        made.lead_times,
        made.terms,
        made.history,
        step=np.broadcast_to(np.asarray(step, dtype=float), (N,)),
        calendar=OrderCalendar(open_, shut),
        suppliers=("Acme",),
    )


def level(made: Made, days: float) -> np.ndarray:
    """Return the 95 % quantile of demand over so many days."""
    return made.forecast.law.over(np.full((N, 1), days / WEEK)).quantile(np.full(N, 0.95))


def test_a_supplier_that_takes_orders_every_day_changes_nothing() -> None:
    made = Made()
    found = asked(made, quantity=[5, 6, 7], position=[9, 9, 9])
    assert found.quantity.tolist() == [5, 6, 7]
    np.testing.assert_array_equal(found.reorder_point, made.policy.frame["reorder_point"])
    assert found.days.tolist() == [1, 1, 1]
    assert not found.closed.any()


def test_levels_cover_the_days_until_the_order_after_the_next_one() -> None:
    # orders on day 3 of the week: this one on day 3, the next on day 10, nine days of review instead of seven
    made = Made()
    found = asked(made, quantity=[0, 0, 0], position=[0, 0, 0], days=[3])
    more = level(made, 14 + 9) - level(made, 14 + 7)
    assert (more > 0).all()
    np.testing.assert_allclose(found.reorder_point, made.policy.frame["reorder_point"] + more)
    np.testing.assert_allclose(found.order_up_to, made.policy.frame["order_up_to"] + more)
    np.testing.assert_allclose(found.quantity, found.order_up_to)
    assert found.days.tolist() == [3, 3, 3]
    np.testing.assert_allclose(found.demand.mean(), RATE * 23 / 7, rtol=1e-6)


def test_fill_rates_raise_the_levels_by_what_the_same_fill_needs() -> None:
    made = Made(policy_service_measure="fill")
    found = asked(made, quantity=[0, 0, 0], position=[0, 0, 0], closed=(2, 28))
    cycle = made.policy.frame["cycle_units"].to_numpy()
    short = 0.05 * cycle
    now, later = (made.forecast.law.over(np.full((N, 1), (14 + days) / WEEK)).level_for_loss(short) for days in (7, 28))
    np.testing.assert_allclose(found.reorder_point - made.policy.frame["reorder_point"], later - now)


def test_nothing_is_wanted_where_no_order_is_taken_before_the_next_review() -> None:
    made = Made()
    found = asked(made, quantity=[5, 6, 7], position=[0, 0, 0], closed=(0, 10))
    assert found.closed.all()
    assert found.quantity.tolist() == [0, 0, 0]
    assert found.days.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(found.reorder_point, made.policy.frame["reorder_point"])


def test_one_closed_supplier_keeps_its_order_back_beside_one_that_waits() -> None:
    made = Made(supplier=["Acme", "Bolt", "None"])
    today = np.datetime64(made.history.as_of, "D")
    calendar = OrderCalendar(np.ones((2, WEEK), dtype=bool), ((0, today, today + 10), (1, today + 2, today + 28)))
    found = wanted_orders(
        np.array([5.0, 6.0, 7.0]),
        np.zeros(N),
        made.policy,
        made.forecast,
        made.lead_times,
        made.terms,
        made.history,
        step=np.ones(N),
        calendar=calendar,
        suppliers=("Acme", "Bolt"),
    )
    assert found.closed.tolist() == [True, False, False]
    assert found.quantity[0] == 0.0
    assert found.quantity[1] == found.order_up_to[1] > 6.0
    assert (found.quantity[2], found.days[2]) == (7.0, 0.0)


def test_levels_stay_within_the_maximum_stock_and_orders_within_the_room_below_it() -> None:
    made = Made(max_stock=[30.0, 200.0, np.nan])
    found = asked(made, quantity=[0, 0, 0], position=[10, 10, 10], closed=(2, 28))
    assert found.order_up_to[0] == 30.0
    assert found.reorder_point[0] == 30.0
    assert found.quantity[0] == 20.0
    # packs are rounded down to the room
    assert asked(made, quantity=[0, 0, 0], position=[10, 10, 10], closed=(2, 28), step=8.0).quantity[0] == 16.0


def test_blocked_items_and_items_without_a_stock_figure_are_left_alone() -> None:
    made = Made(blocked=[True, False, False])
    found = asked(made, quantity=[0, 0, 0], position=[0, np.nan, 0], closed=(2, 28))
    assert found.quantity[:2].tolist() == [0, 0]
    assert found.quantity[2] > 0


def test_the_wait_never_makes_an_order_smaller() -> None:
    found = asked(Made(), quantity=[500, 500, 500], position=[0, 0, 0], closed=(2, 28))
    assert found.quantity.tolist() == [500, 500, 500]


def test_orders_are_due_at_the_reorder_point_and_below_the_level_of_a_base_stock() -> None:
    made = Made()
    up_to = asked(made, quantity=[0, 0, 0], position=[0, 0, 0], closed=(2, 28)).order_up_to
    assert asked(made, quantity=[0, 0, 0], position=up_to, closed=(2, 28)).quantity.tolist() == [0, 0, 0]
    assert asked(made, quantity=[0, 0, 0], position=up_to - 1, closed=(2, 28)).quantity.tolist() == [1, 1, 1]
    lots = Made(policy_order_up_to=made.policy.frame["order_up_to"] + 50.0)
    found = asked(lots, quantity=[0, 0, 0], position=[0, 0, 0], closed=(2, 28))
    at, above = found.reorder_point, found.reorder_point + 1
    np.testing.assert_allclose(asked(lots, quantity=[0, 0, 0], position=at, closed=(2, 28)).quantity, 50.0)
    assert asked(lots, quantity=[0, 0, 0], position=above, closed=(2, 28)).quantity.tolist() == [0, 0, 0]


def test_minimum_orders_and_packs_hold_for_what_is_ordered_ahead() -> None:
    made = Made(moq=[100.0, 0.0, 0.0])
    found = asked(made, quantity=[0, 0, 0], position=[20, 20, 20], closed=(2, 28), step=6.0)
    assert found.quantity[0] == 102.0
    assert (found.quantity % 6 == 0).all()
    assert found.quantity[1] >= found.order_up_to[1] - 20 > found.quantity[1] - 6


def test_without_a_calendar_the_policy_is_wanted() -> None:
    made = Made()
    found = wanted_orders(
        np.array([5.0, 6.0, 7.0]),
        np.zeros(N),
        made.policy,
        made.forecast,
        made.lead_times,
        made.terms,
        made.history,
        step=np.ones(N),
        calendar=None,
        suppliers=(),
    )
    assert found.quantity.tolist() == [5, 6, 7]
    assert found.demand is made.forecast.protection
    assert found.days == pytest.approx(0.0)
