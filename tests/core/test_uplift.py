from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.uplift import LEAST_PERIODS, MOST_EFFECT, Evidence, estimate_uplift
from invopt_xl.core.uplift_table import uplift_table


def _series(n, *, locations=1):
    names = [f"S{i // locations:04d}" for i in range(n)]
    return pd.DataFrame({"sku": names, "location": [f"L{i % locations}" for i in range(n)]})


def _evidence(series, demand, level, **more):
    m = len(series)
    given = {
        "noise": np.full(m, 1.0),
        "share": np.ones(m),
        "promotion": np.ones(m, dtype=bool),
        "drop": np.full(m, np.nan),
        "following": np.zeros(m, dtype=bool),
        **more,
    }
    order = pd.Series(series).groupby(np.asarray(series)).cumcount().to_numpy()
    return Evidence(np.asarray(series), order, np.asarray(demand, float), np.asarray(level, float), **given)


def _drawn(true, *, periods, level, seed=1, share=1.0, drop=None, elasticity=0.0):
    """Poisson demand of each series with its own uplift."""
    rng = np.random.default_rng(seed)
    series = np.repeat(np.arange(len(true)), periods)
    depth = np.zeros(len(series)) if drop is None else drop(rng, len(series))
    effect = true[series] * np.exp(elasticity * depth)
    usual = np.full(len(series), float(level))
    demand = rng.poisson(usual * (1 - share + share * effect))
    more = {} if drop is None else {"drop": depth}
    return _evidence(series, demand, usual, noise=np.ones(len(series)), share=np.full(len(series), share), **more)


def _category(n, number=1):
    return np.array([f"C{i % number}" for i in range(n)])


NOT_KNOWN = np.full(200, np.nan)
EVERY = np.arange(200)


@pytest.mark.parametrize("level", [0.5, 5.0, 50.0])
def test_a_common_uplift_is_recovered_at_any_level_of_demand(level):
    true = np.full(200, 1.8)
    evidence = _drawn(true, periods=8, level=level)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    # standard error of a ratio of 1,600 Poisson periods: 1.8 / sqrt(1600 x 1.8 x level)
    assert uplift.of_promotion(EVERY, NOT_KNOWN).mean() == pytest.approx(1.8, abs=4 * 1.8 / np.sqrt(2880 * level))


def test_the_mean_is_right_not_the_median():
    rng = np.random.default_rng(3)
    true = np.exp(np.log(2.0) + 0.7 * rng.standard_normal(200) - 0.7**2 / 2)
    uplift = estimate_uplift(_drawn(true, periods=6, level=20), series=_series(200), category=_category(200))
    found = uplift.of_promotion(EVERY, NOT_KNOWN)
    assert found.mean() == pytest.approx(true.mean(), rel=0.03)
    assert np.corrcoef(np.log(found), np.log(true))[0, 1] > 0.95


def test_a_series_without_promotions_has_the_mean_effect_of_the_others_not_the_median_one():
    rng = np.random.default_rng(3)
    true = np.exp(np.log(2.0) + 0.7 * rng.standard_normal(199) - 0.7**2 / 2)
    evidence = _drawn(true, periods=6, level=20)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    # the median is 2 exp(-0.7^2 / 2) = 1.57
    assert uplift.of_promotion(np.array([199]), np.array([np.nan])) == pytest.approx(true.mean(), rel=0.05)


def test_periods_without_demand_count_as_they_are():
    series = np.repeat(np.arange(50), 10)
    demand = np.tile([0, 0, 0, 0, 10, 0, 0, 0, 0, 5], 50)
    uplift = estimate_uplift(_evidence(series, demand, np.ones(500)), series=_series(50), category=_category(50))
    assert uplift.of_promotion(np.arange(50), NOT_KNOWN[:50]).mean() == pytest.approx(1.5, rel=0.03)


def test_half_a_period_under_promotion_shows_half_of_the_effect():
    evidence = _drawn(np.full(200, 3.0), periods=8, level=20, share=0.5)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    assert uplift.of_promotion(EVERY, NOT_KNOWN).mean() == pytest.approx(3.0, rel=0.03)
    table = uplift_table(evidence, uplift, series=_series(200), category=_category(200))
    assert table["observed_uplift"].iloc[0] == pytest.approx(3.0, rel=0.03)


def test_a_series_leans_on_the_others_the_more_the_less_it_shows():
    # all sell 1.5 times as much, but one sold 5 times as much, once or twelve times
    def leaned(times):
        series = np.r_[np.repeat(np.arange(1, 60), 10), np.zeros(times, dtype=int)]
        demand = np.r_[np.random.default_rng(5).poisson(30.0, 590), np.full(times, 100.0)]
        found = estimate_uplift(
            _evidence(series, demand, np.full(len(series), 20.0)), series=_series(60), category=_category(60)
        )
        return float(found.of_promotion(np.array([0]), np.array([np.nan]))[0])

    assert 1.5 < leaned(1) < leaned(12) < 5.0
    assert leaned(12) > 3.0


def test_a_series_without_promotions_has_the_uplift_of_its_category():
    true = np.where(np.arange(200) % 2 == 0, 1.3, 2.6)
    evidence = _drawn(true, periods=6, level=20)
    keep = evidence.series >= 20
    part = Evidence(*(getattr(evidence, name)[keep] for name in Evidence.__dataclass_fields__))
    uplift = estimate_uplift(part, series=_series(200), category=_category(200, 2))
    found = uplift.of_promotion(np.arange(20), NOT_KNOWN[:20])
    assert found[::2] == pytest.approx(1.3, rel=0.1)
    assert found[1::2] == pytest.approx(2.6, rel=0.1)


def test_an_item_without_promotions_at_one_location_leans_on_its_other_locations():
    rng = np.random.default_rng(6)
    true = np.repeat(np.exp(rng.normal(0.6, 0.5, 40)), 5)
    evidence = _drawn(true, periods=6, level=20)
    keep = evidence.series % 5 != 0
    part = Evidence(*(getattr(evidence, name)[keep] for name in Evidence.__dataclass_fields__))
    uplift = estimate_uplift(part, series=_series(200, locations=5), category=_category(200))
    found = uplift.of_promotion(EVERY[::5], NOT_KNOWN[::5])
    assert np.abs(np.log(found / true[::5])).max() < 0.2


def test_the_depth_of_the_discount_counts():
    def drop(rng, m):
        return -np.log1p(-rng.uniform(0.05, 0.4, m))

    evidence = _drawn(np.full(200, 1.2), periods=10, level=20, drop=drop, elasticity=2.5)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    for depth in (0.1, 0.2, 0.35):
        fall = -np.log1p(-depth)
        found = uplift.of_promotion(EVERY, np.full(200, fall))
        assert found.mean() == pytest.approx(1.2 * np.exp(2.5 * fall), rel=0.05)
    typical = uplift.of_promotion(EVERY, NOT_KNOWN).mean()
    assert typical == pytest.approx(1.2 * np.exp(2.5 * uplift.usual_drop), rel=0.05)


def test_a_deeper_discount_than_any_seen_counts_as_the_deepest_seen():
    evidence = _drawn(
        np.full(200, 1.2), periods=10, level=20, drop=lambda rng, m: rng.uniform(0.05, 0.4, m), elasticity=2.5
    )
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    seen, beyond = (uplift.of_promotion(EVERY, np.full(200, each)) for each in (evidence.drop.max(), 2.0))
    np.testing.assert_allclose(beyond, seen)


def test_depth_that_says_nothing_has_no_elasticity():
    evidence = _drawn(np.full(200, 1.5), periods=10, level=20, drop=lambda rng, m: rng.uniform(0, 0.4, m))
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    assert not uplift.depth_elasticity.any()


def test_the_later_periods_of_a_promotion_lift_as_much_less_as_they_did():
    rng = np.random.default_rng(12)
    series, following = np.repeat(np.arange(200), 12), np.tile([False, True, True], 800)
    demand = rng.poisson(20 * np.where(following, 1.5, 2.5))
    evidence = _evidence(series, demand, np.full(2400, 20.0), following=following)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    first, later = (uplift.of_promotion(EVERY, NOT_KNOWN, np.full(200, each)) for each in (False, True))
    assert first.mean() == pytest.approx(2.5, rel=0.03)
    assert later.mean() == pytest.approx(1.5, rel=0.03)


def test_later_periods_that_lift_as_much_lose_nothing():
    rng = np.random.default_rng(12)
    following = np.tile([False, True, True], 800)
    evidence = _evidence(
        np.repeat(np.arange(200), 12), rng.poisson(40.0, 2400), np.full(2400, 20.0), following=following
    )
    assert not estimate_uplift(evidence, series=_series(200), category=_category(200)).loss.any()


@pytest.mark.parametrize("sign", [1, -1])
def test_price_changes_alone_are_recovered(sign):
    rng = np.random.default_rng(8)
    series = np.repeat(np.arange(200), 15)
    drop = sign * rng.uniform(0.02, 0.3, len(series))
    demand = rng.poisson(20 * np.exp(1.5 * drop))
    evidence = _evidence(series, demand, np.full(3000, 20.0), promotion=np.zeros(3000, dtype=bool), drop=drop)
    uplift = estimate_uplift(evidence, series=_series(200), category=_category(200))
    assert uplift.of_price(np.full((200, 1), sign * 0.2)).mean() == pytest.approx(np.exp(sign * 0.3), rel=0.03)
    assert uplift.of_price(np.full((200, 1), -sign * 0.2)).tolist() == [[1.0]] * 200
    assert not uplift.knows_promotions


def test_prices_that_follow_demand_for_a_while_only_do_not_count():
    rng = np.random.default_rng(8)
    series, column = np.repeat(np.arange(200), 20), np.tile(np.arange(20), 200)
    drop = rng.uniform(0.02, 0.3, len(series))
    lasting = rng.poisson(20 * np.exp(1.5 * drop))
    for_a_while = np.where(column < 13, lasting, rng.poisson(20.0, len(series)))
    for demand, holds in ((lasting, True), (for_a_while, False)):
        evidence = _evidence(series, demand, np.full(4000, 20.0), promotion=np.zeros(4000, dtype=bool), drop=drop)
        assert estimate_uplift(evidence, series=_series(200), category=_category(200)).knows_cuts == holds


def test_without_evidence_there_is_no_effect():
    nothing = _evidence(np.zeros(0, dtype=int), [], [])
    uplift = estimate_uplift(nothing, series=_series(3), category=_category(3))
    assert not uplift.knows_promotions
    assert uplift.of_promotion(np.arange(3), NOT_KNOWN[:3]).tolist() == [1.0] * 3
    assert uplift.of_price(np.full((3, 1), 0.2)).tolist() == [[1.0]] * 3
    assert not len(uplift_table(nothing, uplift, series=_series(3), category=_category(3)))


def test_fewer_promoted_periods_than_needed_are_no_evidence():
    few = LEAST_PERIODS - 1
    evidence = _evidence(np.zeros(few, dtype=int), [9.0] * few, [3.0] * few)
    assert not estimate_uplift(evidence, series=_series(1), category=_category(1)).knows_promotions


def test_an_effect_stays_within_bounds():
    evidence = _evidence(np.zeros(20, dtype=int), [1e5] * 20, [1.0] * 20)
    uplift = estimate_uplift(evidence, series=_series(1), category=_category(1))
    assert 1 < uplift.of_promotion(np.array([0]), np.array([np.nan]))[0] <= MOST_EFFECT


def test_units_of_demand_do_not_matter():
    evidence = _drawn(np.full(50, 1.8), periods=8, level=20)
    scaled = replace(evidence, demand=evidence.demand / 7, level=evidence.level / 7, noise=evidence.noise / 7)
    one, other = (estimate_uplift(each, series=_series(50), category=_category(50)) for each in (evidence, scaled))
    np.testing.assert_allclose(one.promotion, other.promotion)


def test_the_table_adds_up_and_shows_what_was_seen():
    true = np.where(np.arange(40) % 2 == 0, 1.3, 2.6)
    evidence = _drawn(true, periods=6, level=20)
    series, category = _series(40), _category(40, 2)
    table = uplift_table(
        evidence, estimate_uplift(evidence, series=series, category=category), series=series, category=category
    )
    assert table["scope"].value_counts().to_dict() == {"all": 1, "category": 2, "series": 40}
    assert table.groupby("scope")["promoted_periods"].sum().tolist() == [240, 240, 240]
    whole = table.iloc[0]
    assert whole["observed_uplift"] == pytest.approx(evidence.demand.sum() / evidence.level.sum())
    assert whole["uplift"] == pytest.approx(1.95, rel=0.05)
    tea = table[(table["scope"] == "category") & (table["category"] == "C0")].iloc[0]
    assert tea["uplift"] == pytest.approx(1.3, rel=0.05)
