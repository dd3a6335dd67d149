"""The Shapley value: worked examples, its axioms on random games, and the slow version over all orders of arrival."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.change.shapley import shapley_shares
from tests.reference.slow_shapley import slow_shapley

_GAMES = st.integers(1, 4).flatmap(
    lambda parts: st.tuples(st.just(parts), st.lists(st.integers(-50, 50), min_size=2**parts, max_size=2**parts))
)


def _number(on: tuple[bool, ...]) -> int:
    return sum(1 << part for part, is_on in enumerate(on) if is_on)


def test_the_glove_game() -> None:
    """Two left gloves, one right one: a pair is worth 1. Shares 1/6, 1/6, 4/6 (Osborne & Rubinstein 1994, A Course in Game Theory, ch. 14)."""
    found = shapley_shares(lambda on: np.array([float((on[0] or on[1]) and on[2])]), 3)
    assert found[0] == pytest.approx([1 / 6, 1 / 6, 4 / 6])


@settings(max_examples=60, deadline=None)
@given(game=_GAMES)
def test_it_is_the_average_over_all_orders_of_arrival(game: tuple[int, list[int]]) -> None:
    parts, values = game
    found = shapley_shares(lambda on: np.array([float(values[_number(on)])]), parts)[0]
    slow = slow_shapley(lambda on: values[sum(1 << part for part in on)], parts)
    assert found == pytest.approx(slow, abs=1e-9)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_a_part_without_effect_gets_exactly_nothing() -> None:
    found = shapley_shares(lambda on: np.array([0.1 * on[0] + 0.7 * on[2], 3.3]), 4)
    assert (found[:, [1, 3]] == 0).all()
    assert (found[1] == 0).all()


@pytest.mark.parametrize("parts", [0, 13])
def test_numbers_of_parts_beyond_the_limits_are_refused(parts: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 12"):
        shapley_shares(lambda on: np.zeros(1), parts)
