"""Features: none knows the future, each says what its name says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.boosted import features as module
from invopt_xl.core.forecast.boosted.features import feature_names, features, vocabulary_of
from invopt_xl.core.forecast.boosted.groups import GROUPS, group_of
from invopt_xl.core.forecast.boosted.task import Task
from tests.core.forecast.boosted.planted import outcome, planted, with_other_demand_after


def all_pairs(task: Task) -> tuple[np.ndarray, np.ndarray]:
    n, periods = task.demand.shape
    return np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)


def column(task: Task, name: str, series: int, origin: int) -> float:
    found = features(task, np.array([series]), np.array([origin]), vocabulary_of(task))
    return float(found.matrix[0, found.names.index(name)])


@pytest.mark.parametrize("period", ["month", "week", "day"])
def test_demand_after_an_origin_never_changes_its_features(period: Period) -> None:
    task = planted(series=12, periods={"month": 48, "week": 130, "day": 400}[period], period=period)
    periods = task.demand.shape[1]
    vocabulary = vocabulary_of(task)
    for last in np.random.default_rng(1).integers(0, periods - 1, size=12):
        other = with_other_demand_after(task, int(last))
        series, origin = all_pairs(task)
        kept = (origin <= last) & (origin >= last - 20)
        one = features(task, series[kept], origin[kept], vocabulary)
        two = features(other, series[kept], origin[kept], vocabulary)
        np.testing.assert_array_equal(one.matrix, two.matrix)
        np.testing.assert_array_equal(one.scale, two.scale)


def test_demand_up_to_an_origin_does_change_its_features() -> None:
    task = planted(series=12)
    vocabulary, series = vocabulary_of(task), np.arange(1, 5)
    other = with_other_demand_after(task, 39)
    one = features(task, series, np.full(4, 40), vocabulary)
    two = features(other, series, np.full(4, 40), vocabulary)
    assert (one.matrix != two.matrix).any(axis=1).all()


def test_rows_do_not_depend_on_order_or_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    task = planted(series=15, periods=30)
    series, origin = all_pairs(task)
    whole = features(task, series, origin, vocabulary_of(task))
    shuffled = np.random.default_rng(0).permutation(len(series))
    monkeypatch.setattr(module, "_BLOCK", 37)
    pieces = features(task, series[shuffled], origin[shuffled], vocabulary_of(task))
    np.testing.assert_array_equal(whole.matrix[shuffled], pieces.matrix)
    np.testing.assert_array_equal(whole.scale[shuffled], pieces.scale)


def test_the_matrix_is_float32_without_infinities_and_every_name_has_a_group() -> None:
    task = planted(series=20, periods=40)
    found = features(task, *all_pairs(task), vocabulary_of(task))
    assert found.matrix.dtype == np.float32
    assert not np.isinf(found.matrix).any()
    assert {group_of(name) for name in found.names} == set(GROUPS)
    assert len(set(found.names)) == len(found.names) == found.matrix.shape[1]
    assert found.names == feature_names(task)


def test_means_lags_and_earlier_windows_are_what_an_obvious_loop_gives() -> None:
    task = planted(series=10, periods=40)
    totals, series, origin = outcome(task), *all_pairs(task)
    found = features(task, series, origin, vocabulary_of(task))

    def of(name: str) -> np.ndarray:
        result: np.ndarray = found.matrix[:, found.names.index(name)]
        return result

    for i, t, scale, mean, lag, ago, last_year, zero in zip(
        series,
        origin,
        found.scale,
        of("level_mean_6"),
        of("trend_lag_3"),
        of("level_totals_50"),
        of("season_same_window_1_years_ago"),
        of("level_share_sold_6"),
        strict=True,
    ):
        width = task.width[i]
        recent = task.demand[i, max(0, t - 5) : t + 1]
        recent = recent[~np.isnan(recent)]
        expected = recent.mean() * width / scale if len(recent) else np.nan
        np.testing.assert_allclose(mean, expected, rtol=1e-5)
        np.testing.assert_allclose(zero, (recent > 0).mean() if len(recent) else np.nan, rtol=1e-6)
        np.testing.assert_allclose(lag, task.demand[i, t - 2] * width / scale if t >= 2 else np.nan, rtol=1e-5)
        np.testing.assert_allclose(last_year, totals[i, t - 12] / scale if t >= 12 else np.nan, rtol=1e-5)
        complete = totals[i, max(0, t - width - 23) : max(0, t - width + 1)]
        complete = np.sort(complete[~np.isnan(complete)])
        middle = complete[int(np.ceil(len(complete) / 2)) - 1] / scale if len(complete) else np.nan
        np.testing.assert_allclose(ago, middle, rtol=1e-5)


def test_a_planned_promotion_shows_only_at_origins_whose_window_it_falls_into() -> None:
    task = planted(series=3, width=2, young=False)
    promotion = np.zeros_like(task.drivers.promotion)
    promotion[1, 20] = 1.0
    task = replace(task, drivers=replace(task.drivers, promotion=promotion))
    ahead = [column(task, "promotion_ahead", 1, t) for t in range(16, 22)]
    np.testing.assert_allclose(ahead, [0, 0, 0.5, 0.5, 0, 0])
    assert column(task, "promotion_ahead", 0, 19) == 0
    assert column(task, "promotion_now", 1, 20) == 1


def test_a_signal_not_known_ahead_today_is_not_taken_from_past_windows_either() -> None:
    task = planted(series=3, width=3, young=False)
    label = "signal_rain_mm_0"
    assert np.isnan(column(task, f"{label}_ahead", 1, 20))
    assert column(task, f"{label}_now", 1, 20) == pytest.approx(task.drivers.signals["Rain (mm)"][1, 20], rel=1e-6)
    values = task.drivers.signals["Rain (mm)"].copy()
    values[:, 48:50] = 7.0  # a forecast for two periods
    known = replace(task, drivers=replace(task.drivers, signals={"Rain (mm)": values}))
    assert column(known, f"{label}_ahead", 1, 20) == pytest.approx(values[1, 21:23].mean(), rel=1e-6)
    assert column(known, f"{label}_ahead", 1, 47) == pytest.approx(7.0)


def test_texts_not_in_the_vocabulary_count_as_unknown() -> None:
    task = planted(series=3)
    vocabulary = vocabulary_of(task) | {"category": ["Coffee"]}
    found = features(task, np.arange(3), np.full(3, 40), vocabulary)
    code = found.matrix[:, found.names.index("item_category")]
    np.testing.assert_array_equal(code, [np.nan, 0.0, np.nan])


def test_an_interval_longer_than_what_is_laid_out_ahead_still_has_features() -> None:
    task = replace(planted(series=4, young=False), width=np.full(4, 60))
    found = features(task, np.arange(4), np.full(4, 47), vocabulary_of(task))
    assert np.isfinite(found.scale).all()
    assert np.isfinite(found.matrix[:, found.names.index("promotion_ahead")]).all()
