from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.price_path import price_path


def _path(prices, *, units=None, marked=None, promoted=None, extra=()):
    """One row per period of one series; NaN: nothing sold. `extra`: further rows (period, price, units)."""
    prices = np.asarray(prices, dtype=float)
    width = len(prices)
    rows = pd.DataFrame(
        {
            "price": prices,
            "quantity": np.ones(width) if units is None else np.asarray(units, dtype=float),
            "promotion": np.zeros(width, dtype=bool) if marked is None else np.asarray(marked, dtype=bool),
        }
    )
    column = np.arange(width)
    if len(extra):
        more = pd.DataFrame(extra, columns=["column", "price", "quantity"])
        column = np.r_[column, more.pop("column").to_numpy(dtype=int)]
        rows = pd.concat([rows, more.assign(promotion=False)], ignore_index=True)
    inside = np.zeros((1, width), dtype=bool) if promoted is None else np.asarray(promoted, dtype=bool)[None]
    return price_path(rows, series=np.zeros(len(rows), dtype=int), column=column, promoted=inside, period="week")


def test_a_steady_price_is_usual_everywhere():
    found = _path([4.0] * 6)
    assert found.ratio.tolist() == [[1.0] * 6]
    assert found.seen.tolist() == [[False] + [True] * 5]
    assert found.today.tolist() == [1.0]


def test_a_price_is_compared_with_the_median_of_the_prices_before_it():
    prices = np.random.default_rng(4).uniform(3, 5, 30)
    found = _path(prices)
    for t in range(1, 30):
        assert found.ratio[0, t] == pytest.approx(prices[t] / np.median(prices[max(0, t - 9) : t]))


def test_later_prices_never_change_the_reference_of_earlier_ones():
    prices = np.random.default_rng(5).uniform(3, 5, 40)
    other = prices.copy()
    other[25:] *= 3
    whole, changed = _path(prices), _path(other)
    np.testing.assert_array_equal(whole.ratio[:, :25], changed.ratio[:, :25])
    np.testing.assert_array_equal(whole.usual[:, :26], changed.usual[:, :26])


def test_prices_of_promotions_are_no_usual_prices():
    on = np.array([False] * 5 + [True] * 6 + [False])
    found = _path(np.where(on, 2.0, 4.0), marked=on, promoted=on)
    assert found.ratio[0, 5:].tolist() == [0.5] * 6 + [1.0]
    assert found.offered[0, 5] == 0.5
    assert np.isnan(found.offered[0, 4])


def test_a_promotion_before_any_usual_price_has_no_reference():
    on = np.array([True, True, False, False])
    found = _path([2.0, 2.0, 4.0, 4.0], marked=on, promoted=on)
    assert found.ratio[0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert found.seen[0].tolist() == [False, False, False, True]


def test_a_mean_price_is_weighed_by_units_and_marked_as_mixed():
    found = _path([4.0, 4.0, 4.0], units=[1, 1, 1], extra=[(2, 2.0, 3.0)])
    assert found.ratio[0, 2] == pytest.approx((4 + 3 * 2) / 4 / 4)
    assert found.mixed.tolist() == [[False, False, True]]


def test_prices_of_customers_are_usual_only_where_there_are_no_others():
    now_and_then = _path([4.0] * 8, extra=[(t, 2.0, 1.0) for t in (1, 2, 3)])
    assert now_and_then.usual[0, 1:].tolist() == [4.0] * 8
    always = _path([4.0] * 8, extra=[(t, 2.0, 1.0) for t in range(8)])
    assert always.usual[0, 1:].tolist() == [3.0] * 8
    assert always.today.tolist() == [1.0]
    since_long = _path([4.0] * 14, extra=[(t, 2.0, 1.0) for t in range(3, 14)])
    assert since_long.usual[0, [10, 14]].tolist() == [4.0, 3.0]


def test_without_sales_the_price_still_counts_and_without_a_row_the_last_usual_one_holds():
    found = _path([4.0, 4.0, 3.0, np.nan], units=[1, 1, 0, 0])
    assert found.ratio[0].tolist() == [1.0, 1.0, 0.75, 0.75]
    assert found.seen[0].tolist() == [False, True, True, False]


def test_a_lasting_change_becomes_todays_price_and_then_the_usual_one():
    assert _path([4.0] * 9 + [5.0]).today.tolist() == [1.0]
    assert _path([4.0] * 9 + [5.0] * 2).today.tolist() == [1.25]
    settled = _path([4.0] * 9 + [5.0] * 6)
    assert settled.today.tolist() == [1.0]
    assert settled.ratio[0, -1] == 1.0


def test_a_misplaced_decimal_point_is_cut_back():
    assert _path([4.0, 4.0, 0.04]).ratio[0, 2] == pytest.approx(0.2)


def test_no_prices_at_all_say_nothing():
    found = _path([np.nan] * 4)
    assert found.ratio.tolist() == [[1.0] * 4]
    assert not found.seen.any()
    assert found.usual.shape == (1, 5)
    assert np.isnan(found.usual).all()
