"""Candidate quantities."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.candidates import list_candidates
from invopt_xl.core.replenish.joint.price_breaks import PriceBreaks
from tests.core.replenish.joint.small_lines import Lines


def test_every_multiple_from_the_minimum_order_on_is_a_candidate() -> None:
    found = Lines([20.0], moq=12.0, pack=6.0).candidates()
    line = found.quantity[0, : found.count[0]]
    assert line[0] == 0.0
    assert line[1] == 12.0
    assert (np.diff(line[1:]) == 6.0).all()
    assert found.quantity[0, found.wanted[0]] == Lines([20.0], moq=12.0, pack=6.0).wanted[0]


def test_nothing_beyond_the_most_is_a_candidate() -> None:
    found = Lines([20.0], most=15.0, pack=4.0).candidates()
    assert found.quantity.max() == 12.0


def test_minimum_order_beyond_the_most_leaves_only_no_order() -> None:
    found = Lines([20.0], most=15.0, moq=16.0).candidates()
    assert found.count[0] == 1
    assert found.quantity[0, 0] == 0.0


def test_what_must_be_ordered_is_the_smallest_candidate() -> None:
    found = Lines([20.0], least=7.0, pack=5.0).candidates()
    assert found.quantity[0, 0] == 10.0


def test_long_lines_are_thinned_and_keep_the_wanted_quantity() -> None:
    lines = Lines([400.0])
    found = lines.candidates(12)
    assert found.count[0] <= 14
    assert found.quantity[0, found.wanted[0]] == lines.wanted[0]
    assert found.hidden[0] > 0


def test_thinning_hides_no_more_than_it_says() -> None:
    lines = Lines([150.0, 60.0], lot=20.0)
    few, all_of_them = lines.candidates(10), lines.candidates(1000)
    assert all_of_them.hidden.max() == 0.0
    for price in np.linspace(-2, 2, 41):
        dear = (few.cost + price * few.quantity).min(axis=1)
        true = (all_of_them.cost + price * all_of_them.quantity).min(axis=1)
        assert (dear - true <= few.hidden + 1e-9).all()
        assert (dear >= true - 1e-9).all()


def test_both_sides_of_a_price_break_are_candidates() -> None:
    prices = PriceBreaks(np.array([10.0]), np.array([[153.0]]), np.array([[9.0]]))
    lines = Lines([300.0], prices=prices)
    found = lines.candidates(8)
    assert {152.0, 153.0} <= set(found.quantity[0])
    at = list(found.quantity[0]).index(153.0)
    assert found.spend[0, at] == 153.0 * 9.0
    # against one unit less, the break saves 152 units' discount; the unit more is bought at the usual price either way
    saved = found.cost[0, at - 1] - found.cost[0, at]
    kept = lines.curve.cost(np.array([153.0]))[0] - lines.curve.cost(np.array([152.0]))[0]
    usual = saved + kept + 153 * 9.0 - 152 * 10.0
    assert 9.0 <= usual <= 10.0


def test_packs_that_are_fractions_of_a_unit_stay_exact() -> None:
    lines = Lines([3.0])
    found = list_candidates(
        lines.curve,
        lines.prices,
        wanted=lines.wanted,
        least=np.zeros(1),
        moq=np.array([0.3]),
        step=np.array([0.1]),
        most=np.array([1.0]),
    )
    assert found.quantity[0, 1] == pytest.approx(0.3)
    assert found.quantity[0, -1] == pytest.approx(max(1.0, lines.wanted[0]))
