"""Held-back windows."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.held_back import at_origins, held_back_origins, window_means


def test_no_window_starts_before_the_cutoff_or_ends_after_the_record() -> None:
    width = np.array([1, 3, 8, 20])
    held = held_back_origins(np.zeros(4, dtype=int), width, periods=104, period="week")
    some = held.origins >= 0
    assert some[:3].any(axis=1).all()
    assert (held.origins[some] >= held.cutoff - 1).all()
    assert (held.origins + width[:, None] <= 103)[some].all()
    assert held.origins.max(axis=1)[0] == 102


def test_half_the_record_stays_for_fitting() -> None:
    for periods in (24, 52, 156):
        held = held_back_origins(np.zeros(1, dtype=int), np.array([4]), periods=periods, period="week")
        assert held.cutoff >= periods / 2


def test_items_too_young_at_an_origin_are_not_judged_there() -> None:
    held = held_back_origins(np.array([0, 95]), np.array([3, 3]), periods=104, period="week")
    assert (held.origins[0] >= 0).all()
    assert (held.origins[1] == -1).all()


def test_renewals_start_at_the_cutoff_and_stay_within_the_record() -> None:
    held = held_back_origins(np.zeros(1, dtype=int), np.array([3]), periods=60, period="month")
    assert held.renewals[0] == held.cutoff
    assert held.renewals[-1] < 60


def test_values_at_origins_and_means_of_windows() -> None:
    values = np.arange(10.0)[None, :]
    origins = np.array([[-1, 2, 6]])
    np.testing.assert_array_equal(at_origins(values, origins), [[np.nan, 2.0, 6.0]])
    np.testing.assert_array_equal(window_means(values, origins, np.array([3])), [[np.nan, 4.0, 8.0]])
