"""Changes of single lines across orders: room, totals and which line goes first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.line_kernel import settle


class Settled:
    """What `settle` makes of n lines with candidates 0, 1, 2 ... units at `cost` (n, K), one order and one limit on units unless said."""

    def __init__(self, cost: Any, start: list[int], *, room: Any, **changed: Any) -> None:
        self.cost = np.asarray(cost, dtype=float)
        n, k = self.cost.shape
        self.quantity = np.tile(np.arange(float(k)), (n, 1))
        unit_cost = np.asarray(changed.get("unit_cost", np.ones(n)), dtype=float)
        volume = np.asarray(changed.get("volume", np.ones(n)), dtype=float)
        spend = self.quantity * unit_cost[:, None]
        self.chosen = np.asarray(start, dtype=np.int64)
        order = np.asarray(changed.get("order", np.zeros(n)), dtype=np.int64)
        rows = np.asarray(changed.get("rows", np.zeros((n, 1))), dtype=np.int64)
        self.room = np.atleast_1d(np.asarray(room, dtype=float))
        number = int(order.max()) + 1
        units = self.quantity[np.arange(n), self.chosen]
        amounts = (units * unit_cost, units, units * volume)
        self.totals = np.column_stack([np.bincount(order, weights=each, minlength=number) for each in amounts])
        low = np.asarray(changed.get("low", np.zeros((number, 3))), dtype=float)
        high = np.asarray(changed.get("high", np.full((number, 3), np.inf)), dtype=float)
        settle(
            self.chosen,
            order,
            (self.quantity, self.cost, spend, np.full(n, k), volume),
            rows,
            np.asarray(changed.get("measure", [1]), dtype=np.int64),
            self.room,
            np.ones(len(self.room)),
            np.asarray(changed.get("price", np.zeros(len(self.room))), dtype=float),
            self.totals,
            low,
            high,
        )


def test_the_room_is_used_once() -> None:
    # each line would like two units more; there is room for three in all
    found = Settled([[9.0, 4.0, 0.0], [9.0, 4.0, 0.0], [9.0, 4.0, 0.0]], [0, 0, 0], room=3.0)
    assert found.chosen.sum() == 3
    assert found.room[0] == 0.0
    assert found.totals[0].tolist() == [3.0, 3.0, 3.0]


def test_what_saves_most_takes_the_room() -> None:
    found = Settled([[9.0, 5.0], [9.0, 2.0], [9.0, 4.0]], [0, 0, 0], room=1.0)
    assert found.chosen.tolist() == [0, 1, 0]


def test_what_saves_most_for_the_price_of_the_room_takes_it() -> None:
    # 7 saved for five of money, or 4 for one
    found = Settled([[9.0, 2.0], [9.0, 5.0]], [0, 0], room=5.0, unit_cost=[5.0, 1.0], measure=[0], price=[1.0])
    assert found.chosen.tolist() == [0, 1]
    assert found.room[0] == 4.0


@pytest.mark.parametrize(("measure", "left"), [(0, -1.0), (1, 2.0), (2, 1.0)])
def test_each_limit_counts_in_its_own_measure(measure: int, left: float) -> None:
    # one unit costs 4 and takes 2 m3
    found = Settled([[9.0, 2.0]], [0], room=3.0, unit_cost=[4.0], volume=[2.0], measure=[measure])
    assert found.chosen[0] == (left >= 0)
    assert found.room[0] == (left if left >= 0 else 3.0)


def test_an_overrun_is_mended_where_that_costs_least() -> None:
    found = Settled([[9.0, 0.0], [5.0, 0.0], [7.0, 0.0]], [1, 1, 1], room=-1.0)
    assert found.chosen.tolist() == [1, 0, 1]
    assert found.room[0] == 0.0


def test_no_more_is_taken_away_than_the_overrun_asks_for() -> None:
    # a cheap item is taken away first; then the room that is left serves the one that saves most
    found = Settled([[1.0, 0.0, 0.0], [9.0, 6.0, 0.0]], [2, 2], room=-2.0)
    assert found.chosen.tolist() == [0, 2]


def test_lines_outside_a_limit_are_free() -> None:
    found = Settled([[9.0, 1.0], [9.0, 1.0]], [0, 0], room=0.0, rows=[[0], [-1]])
    assert found.chosen.tolist() == [0, 1]


def test_a_line_keeps_all_the_limits_it_counts_in() -> None:
    found = Settled([[9.0, 1.0]], [0], room=[5.0, 0.5], rows=[[0, 1]], measure=[1, 1])
    assert found.chosen[0] == 0


def test_orders_keep_their_least_and_largest_amounts() -> None:
    cost = [[9.0, 4.0, 0.0], [9.0, 4.0, 0.0]]
    most = Settled(cost, [1, 1], room=9.0, high=[[np.inf, 3.0, np.inf]])
    assert most.chosen.sum() == 3
    falling = [[0.0, 4.0, 9.0], [0.0, 4.0, 9.0]]
    least = Settled(falling, [2, 2], room=9.0, low=[[0.0, 3.0, 0.0]])
    assert least.chosen.sum() == 3
    # each order by itself
    two = Settled(cost, [0, 0], room=9.0, order=[0, 1], high=[[np.inf, 1.0, np.inf], [np.inf, 2.0, np.inf]])
    assert two.chosen.tolist() == [1, 2]
    assert two.totals[:, 1].tolist() == [1.0, 2.0]


def test_what_cannot_be_mended_is_left_and_nothing_made_worse() -> None:
    found = Settled([[9.0, 0.0]], [1], room=-3.0, low=[[0.0, 1.0, 0.0]])
    assert found.chosen[0] == 1
    assert found.room[0] == -3.0
