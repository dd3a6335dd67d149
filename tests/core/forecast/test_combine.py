"""Weights of methods."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.combine import Evidence, weights


def evidence(total: list[list[float]], windows: float, steps: float = 0.0) -> Evidence:
    loss = np.array(total)
    n = len(loss)
    return Evidence(loss, loss, np.full(n, windows), np.full(n, steps))


def share_of(found: tuple[np.ndarray, np.ndarray], row: int, method: int) -> float:
    chosen, share = found
    return float(share[row][chosen[row] == method].sum())


def test_weights_add_up_and_favour_the_smaller_error() -> None:
    found = weights(
        evidence([[0.0, -0.5, 0.4]], 2.0), prior=np.ones(3), allowed=np.ones((1, 3), bool), like=np.zeros(1, int)
    )
    assert abs(found[1].sum() - 1.0) < 1e-12
    assert found[0][0, 0] == 1
    assert share_of(found, 0, 1) > share_of(found, 0, 0) > share_of(found, 0, 2)


def test_more_windows_make_the_choice_sharper() -> None:
    few, many = (
        weights(evidence([[0.0, -0.3]], w), prior=np.ones(2), allowed=np.ones((1, 2), bool), like=np.zeros(1, int))
        for w in (2.0, 60.0)
    )
    assert share_of(many, 0, 1) > share_of(few, 0, 1) > 0.5


def test_a_short_history_takes_what_works_for_its_like() -> None:
    losses = [[0.0, -1.0]] * 30 + [[0.0, 0.1]]
    windows = np.array([20.0] * 30 + [1.0])
    loss = np.array(losses)
    known = Evidence(loss, loss, windows, np.zeros(31))
    together = weights(known, prior=np.ones(2), allowed=np.ones((31, 2), bool), like=np.zeros(31, int))
    apart = weights(known, prior=np.ones(2), allowed=np.ones((31, 2), bool), like=np.array([0] * 30 + [1]))
    assert share_of(together, 30, 1) > 0.8
    assert share_of(apart, 30, 1) < 0.5


def test_what_may_not_be_used_or_was_never_measured_has_no_weight() -> None:
    loss = np.array([[0.0, -2.0, np.nan]])
    known = Evidence(loss, loss, np.array([30.0]), np.array([30.0]))
    found = weights(known, prior=np.ones(3), allowed=np.array([[True, False, True]]), like=np.zeros(1, int))
    assert share_of(found, 0, 0) == 1.0


def test_nothing_measured_leaves_the_baseline() -> None:
    loss = np.full((2, 3), np.nan)
    known = Evidence(loss, loss, np.zeros(2), np.zeros(2))
    chosen, share = weights(known, prior=np.ones(3), allowed=np.ones((2, 3), bool), like=np.zeros(2, int))
    np.testing.assert_array_equal(chosen[:, 0], [0, 0])
    np.testing.assert_array_equal(share[:, 0], [1.0, 1.0])
