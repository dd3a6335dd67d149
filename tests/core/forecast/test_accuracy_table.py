"""The Accuracy table: every measure against plain loops, the same windows on both sides, and what a planner can read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.accuracy_table import MEASURES, accuracy_table
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried
from tests.reference.slow_accuracy import slow_measures

NAMES = ("moving average", "seasonal naive", "chosen", "TSB")


def held_back(n: int = 14, windows: int = 6, *, seed: int = 5, widths: tuple[int, ...] = (3,)) -> HeldBack:
    """Return windows with gaps, some series without a scale, and one without any window."""
    rng = np.random.default_rng(seed)
    actual = rng.gamma(2.0, 30.0, (n, windows))
    actual[rng.random((n, windows)) < 0.15] = np.nan
    actual[3] = np.nan
    scale = rng.gamma(2.0, 15.0, n)
    scale[[5, 6]] = 0.0
    width = np.asarray(widths)[np.arange(n) % len(widths)]
    return HeldBack(actual, scale, scale**2 * 1.7, width)


def tried_methods(held: HeldBack, *, seed: int = 6) -> list[Tried]:
    """Return methods that each miss other windows."""
    rng = np.random.default_rng(seed)
    made = []
    for name in NAMES:
        total = rng.gamma(2.0, 30.0, held.actual.shape)
        total[rng.random(total.shape) < 0.2] = np.nan
        spread = np.sort(rng.gamma(2.0, 10.0, (*total.shape, len(LEVELS))), axis=2)
        made.append(Tried(name, total, total[:, :, None] + spread - 20.0))
    return made


SEGMENTS = np.array(["AX", "AX", "BY", "BY", "CZ"] * 3)[:14]


def found(table: pd.DataFrame, segment: str, model: str, measure: str) -> pd.Series:
    """Return the one row of a segment, method and measure."""
    rows = table[(table["segment"] == segment) & (table["model"] == model) & (table["measure"] == measure)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("segment", ["all", "AX", "BY", "CZ"])
def test_every_measure_is_what_plain_loops_give(model: str, segment: str) -> None:
    held = held_back()
    methods = {each.name: each for each in tried_methods(held)}
    table = accuracy_table(list(methods.values()), held, segment=SEGMENTS)
    members = [i for i in range(14) if segment in ("all", SEGMENTS[i])]
    slow = slow_measures(methods[model], methods["moving average"], held, members)
    assert set(slow) == set(MEASURES)
    for measure, (value, baseline) in slow.items():
        row = found(table, segment, model, measure)
        assert row["value"] == pytest.approx(value, rel=1e-12)
        assert row["baseline_value"] == pytest.approx(baseline, rel=1e-12)
    if model != "seasonal naive":
        slow = slow_measures(methods[model], methods["seasonal naive"], held, members)
        for measure in ("WAPE", "scaled pinball"):
            row = found(table, segment, model, f"{measure} against seasonal naive")
            assert (row["value"], row["baseline_value"]) == pytest.approx(slow[measure], rel=1e-12)


def test_value_added_is_the_share_of_the_baselines_loss_and_empty_without_an_ideal_of_zero() -> None:
    held = held_back()
    table = accuracy_table(tried_methods(held), held, segment=SEGMENTS)
    ideal = ~table["measure"].str.startswith(("bias", "coverage"))
    expected = 1 - table["value"] / table["baseline_value"]
    np.testing.assert_allclose(table.loc[ideal, "value_added"], expected[ideal], atol=1e-12)
    assert table.loc[~ideal, "value_added"].isna().all()
    own = table[(table["model"] == "moving average") & ideal & ~table["measure"].str.contains("against")]
    assert (own["value_added"] == 0).all()


def test_columns_and_types_are_those_of_the_contract() -> None:
    held = held_back()
    for table in (
        accuracy_table(tried_methods(held), held, segment=SEGMENTS),
        accuracy_table([], held, segment=SEGMENTS),
        accuracy_table(tried_methods(held), HeldBack(*_nothing()), segment=SEGMENTS),
    ):
        assert list(table.columns) == [field.name for field in ACCURACY]
        assert [str(table[name].dtype) for name in ("segment", "model", "measure")] == ["str"] * 3
        assert [str(table[name].dtype) for name in ("horizon_periods", "value", "value_added")] == ["float64"] * 3


def _nothing() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return np.full((14, 6), np.nan), np.zeros(14), np.zeros(14), np.ones(14, dtype=int)


def test_nothing_tried_or_no_window_gives_no_row() -> None:
    held = held_back()
    assert accuracy_table([], held, segment=SEGMENTS).empty
    assert accuracy_table(tried_methods(held), HeldBack(*_nothing()), segment=SEGMENTS).empty
    empty = HeldBack(np.zeros((0, 4)), np.zeros(0), np.zeros(0), np.zeros(0, dtype=int))
    none = Tried("chosen", np.zeros((0, 4)), np.zeros((0, 4, len(LEVELS))))
    assert accuracy_table([none], empty, segment=np.zeros(0, dtype=str)).empty


def test_a_perfect_forecaster_loses_nothing() -> None:
    held = held_back()
    exact = np.repeat(held.actual[:, :, None], len(LEVELS), axis=2)
    table = accuracy_table([*tried_methods(held)[:1], Tried("chosen", held.actual, exact)], held, segment=SEGMENTS)
    mine = table[table["model"] == "chosen"].set_index("measure")
    for measure in MEASURES:
        wanted = 1.0 if measure.startswith("coverage") else 0.0
        assert (mine.loc[[measure], "value"] == wanted).all(), measure
    assert (mine.loc[["WAPE"], "value_added"] == 1.0).all()


def test_series_without_scale_count_in_wape_and_not_in_the_scaled_measures() -> None:
    held = HeldBack(np.full((2, 3), 10.0), np.array([5.0, 0.0]), np.array([25.0, 0.0]), np.array([2, 2]))
    total = np.array([[12.0] * 3, [30.0] * 3])
    said = Tried("chosen", total, np.repeat(total[:, :, None], len(LEVELS), axis=2))
    table = accuracy_table([said], held, segment=np.array(["AX", "AX"]))
    assert found(table, "all", "chosen", "WAPE")["value"] == pytest.approx((3 * 2 + 3 * 20) / 60)
    assert found(table, "all", "chosen", "RMSSE")["value"] == pytest.approx(2 / 5)
    assert found(table, "all", "chosen", "scaled pinball 90%")["value"] == pytest.approx(0.1 * 2 / 5)


def test_a_window_that_only_one_of_two_methods_ran_on_counts_for_neither() -> None:
    held = HeldBack(np.array([[10.0, 10.0]]), np.ones(1), np.ones(1), np.ones(1, dtype=int))

    def said(name: str, first: float, second: float) -> Tried:
        total = np.array([[first, second]])
        return Tried(name, total, np.repeat(total[:, :, None], len(LEVELS), axis=2))

    table = accuracy_table(
        [said("chosen", 11, 900), said("moving average", 13, np.nan)], held, segment=np.array(["AX"])
    )
    row = found(table, "AX", "chosen", "WAPE")
    assert (row["value"], row["baseline_value"]) == pytest.approx((0.1, 0.3))


def test_without_a_baseline_values_stand_alone() -> None:
    held = held_back()
    table = accuracy_table(tried_methods(held)[2:], held, segment=SEGMENTS)
    assert set(table["model"]) == {"chosen", "TSB"}
    assert table["value"].notna().all()
    assert table["baseline_value"].isna().all()
    assert not table["measure"].str.contains("against").any()


def test_all_comes_first_then_segments_and_the_method_in_use_before_the_others() -> None:
    held = held_back()
    table = accuracy_table(tried_methods(held), held, segment=SEGMENTS)
    assert list(table["segment"].unique()) == ["all", "AX", "BY", "CZ"]
    for _, part in table.groupby("segment"):
        assert list(part["model"].unique()) == ["chosen", "moving average", "seasonal naive", "TSB"]


def test_few_lengths_of_windows_get_rows_of_their_own() -> None:
    held = held_back(widths=(2, 4))
    table = accuracy_table(tried_methods(held), held, segment=SEGMENTS)
    assert set(table["horizon_periods"]) == {2.0, 4.0}
    assert set(table.loc[table["segment"] == "all", "horizon_periods"]) == {2.0, 4.0}


def test_many_lengths_of_windows_share_rows_with_their_mean_length() -> None:
    held = held_back(widths=(2, 3, 5, 9))
    table = accuracy_table(tried_methods(held), held, segment=SEGMENTS)
    windows = np.isfinite(held.actual).sum(axis=1)
    for segment, part in table.groupby("segment"):
        member = np.array([segment in ("all", each) for each in SEGMENTS])
        mean = (held.width * windows)[member].sum() / windows[member].sum()
        assert part["horizon_periods"].unique() == pytest.approx([round(mean, 1)])
        assert not part.duplicated(["model", "measure"]).any()


def test_a_true_distribution_beats_one_that_is_too_narrow_too_wide_or_shifted() -> None:
    rng = np.random.default_rng(11)
    level = rng.gamma(2.0, 50.0, 60)[:, None]
    held = HeldBack(rng.normal(level, 0.3 * level, (60, 50)), level[:, 0], level[:, 0] ** 2, np.ones(60, dtype=int))

    def said(name: str, shift: float, spread: float) -> Tried:
        mean = np.broadcast_to(level * shift, held.actual.shape)
        return Tried(name, mean, mean[:, :, None] + spread * 0.3 * level[:, :, None] * stats.norm.ppf(LEVELS))

    methods = [said("chosen", 1, 1), said("narrow", 1, 0.6), said("wide", 1, 1.6), said("shifted", 1.15, 1)]
    table = accuracy_table(methods, held, segment=np.full(60, "AX"))
    loss = {name: found(table, "all", name, "scaled pinball")["value"] for name in ("narrow", "wide", "shifted")}
    assert found(table, "all", "chosen", "scaled pinball")["value"] < min(loss.values())
