from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.returns import cancelled_lines, settle
from tests.reference.slow_history import cancelled_one, settle_one

_nets = st.lists(st.lists(st.integers(-20, 20), min_size=6, max_size=6), min_size=1, max_size=5)


@given(_nets)
@settings(max_examples=150, deadline=None)
def test_settling_agrees_with_the_obvious_loop(net):
    sales, uncovered = settle(np.array(net, dtype=float))
    for row, got, rest in zip(net, sales, uncovered, strict=True):
        expected, expected_rest = settle_one([float(value) for value in row])
        assert got.tolist() == expected
        assert rest == expected_rest


@given(_nets)
@settings(max_examples=50, deadline=None)
def test_settled_sales_are_never_negative_and_sum_to_the_net(net):
    given = np.array(net, dtype=float)
    sales, uncovered = settle(given)
    assert (sales >= 0).all()
    assert (uncovered >= 0).all()
    assert (sales.sum(axis=1) - uncovered).tolist() == given.sum(axis=1).tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=200, deadline=None)
def test_cancelled_lines_agree_with_the_obvious_loop(lines):
    series, day, quantity = (np.array(values) for values in zip(*lines, strict=True))
    got = cancelled_lines(series, day, quantity)
    for code in set(series.tolist()):
        at = np.flatnonzero(series == code)
        assert got[at].tolist() == cancelled_one([(int(day[i]), float(quantity[i])) for i in at])


def test_a_huge_order_and_its_cancellation_weeks_later_both_vanish():
    quantity = np.array([10.0, 80995.0, 12.0, 11.0, -80995.0])
    assert cancelled_lines(np.zeros(5, int), np.array([1, 2, 9, 16, 23]), quantity).tolist() == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_return_before_any_sale_is_not_cancelled_by_a_later_one():
    assert not cancelled_lines(np.zeros(2, int), np.array([1, 2]), np.array([-5.0, 5.0])).any()
