"""Forecasts of new items: launch curves, levels from neighbours, and what first sales are worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invopt_xl.core.forecast.launch import Launch, launch_forecast
from invopt_xl.core.forecast.launch_curve import by_age, launch_curves, no_curves
from invopt_xl.core.forecast.launch_update import Examples, learn_update
from invopt_xl.core.forecast.neighbours import level_prior

USAID = Path(__file__).parents[4] / "shared" / "data" / "usaid_contraceptive" / "stock_ledger.parquet"


def _attributes(n: int, **columns: object) -> pd.DataFrame:
    plain = {"supplier": "", "location": "", "unit_cost": np.nan, "unit_price": np.nan}
    return pd.DataFrame({**plain, **columns}, index=range(n))


def _world(
    first: np.ndarray,
    level: np.ndarray,
    *,
    periods: int = 100,
    curve: np.ndarray | None = None,
    noise: float = 0.2,
    seed: int = 5,
) -> np.ndarray:
    """Return demand (n, T) of items launched at `first`: level x curve (n, A) at their age x noise."""
    rng = np.random.default_rng(seed)
    age = np.arange(periods) - first[:, None]
    ratio = np.ones(age.shape)
    if curve is not None:
        ratio = np.take_along_axis(curve, np.clip(age, 0, curve.shape[1] - 1), axis=1)
    wobble = rng.gamma(1 / noise**2, noise**2, age.shape) if noise else np.ones(age.shape)
    return np.where(age >= 0, level[:, None] * ratio * wobble, np.nan)


def _forecast(
    demand: np.ndarray,
    first: np.ndarray,
    young: np.ndarray,
    *,
    category: object = "",
    horizon: int = 6,
    **columns: object,
) -> Launch:
    n = len(demand)
    return launch_forecast(
        demand,
        first,
        category=np.full(n, category) if isinstance(category, str) else np.asarray(category),
        attributes=_attributes(n, **columns),
        young=young,
        season=52,
        horizon=horizon,
    )


def _launches(count: int, *, spread: float = 1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return first periods and levels of launches spread over a record of 100 weeks."""
    rng = np.random.default_rng(seed)
    return rng.integers(5, 75, count), 50 * np.exp(spread * rng.normal(size=count))


# --- launch curves


def test_demand_by_age_is_read_from_the_launch_on() -> None:
    demand = np.array([[1.0, 2.0, 3.0], [np.nan, 5.0, 6.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(by_age(demand, np.array([0, 1, 3]), ages=2), [[1, 2], [5, 6], [np.nan, np.nan]])


def test_curves_agree_with_the_definition_written_out() -> None:
    rng = np.random.default_rng(3)
    aged, code, mature = rng.gamma(2.0, 5.0, (40, 12)), rng.integers(-1, 3, 40), 6
    aged[rng.random(40) < 0.3, 8:] = np.nan
    found = launch_curves(aged, code, categories=3, mature=mature)
    everyone = _slow_profile(aged, np.ones(12))
    for category in range(3):
        wanted = _slow_ratios(_slow_profile(aged[code == category], everyone), mature)
        np.testing.assert_allclose(found.ratio[category], wanted)
    np.testing.assert_allclose(found.ratio[3], _slow_ratios(everyone, mature))


def _slow_profile(aged: np.ndarray, towards: np.ndarray) -> np.ndarray:
    total, count = 8 * towards, np.full(aged.shape[1], 8.0)
    for life in aged:
        if np.isfinite(life[aged.shape[1] // 2 :]).sum() < aged.shape[1] // 4:
            continue
        for age, value in enumerate(life):
            if np.isfinite(value):
                total[age] += value / np.nanmean(life)
                count[age] += 1
    profile: np.ndarray = total / count
    return profile


def _slow_ratios(profile: np.ndarray, mature: int) -> list[float]:
    level = profile[mature:].mean()
    ratio = [value / level for value in profile[:mature]] + [1.0]
    smooth = [ratio[0], (2 * ratio[1] + ratio[2]) / 3]
    smooth += [(ratio[a - 1] + 2 * ratio[a] + ratio[a + 1]) / 4 for a in range(2, mature)]
    return [min(max(value, 0.2), 5.0) for value in smooth]


def test_a_planted_curve_is_found() -> None:
    planted = np.linspace(0.4, 1.0, 14)
    first = np.zeros(400, dtype=int)
    aged = _world(first, np.full(400, 30.0), periods=26, curve=np.tile(planted, (400, 1)), noise=0.5)
    found = launch_curves(aged, np.zeros(400, dtype=int), categories=1, mature=13).ratio[0]
    np.testing.assert_allclose(found, planted[:13], rtol=0.06)


def test_few_launches_of_a_category_follow_the_curve_of_all_items() -> None:
    down = np.concatenate([np.linspace(3.0, 1.0, 13), np.ones(13)])
    aged = np.concatenate([np.tile(down, (60, 1)), np.ones((1, 26))])
    code = np.array([0] * 60 + [1])
    found = launch_curves(aged, code, categories=2, mature=13)
    assert 0.7 < (found.ratio[1, 0] - 1) / (found.ratio[2, 0] - 1) < 1.0
    assert found.items.tolist() == [60, 1, 61]


def test_a_curve_stays_within_five_times_the_level() -> None:
    aged = np.tile(np.where(np.arange(12) == 0, 1000.0, 1.0), (500, 1))
    found = launch_curves(aged, np.zeros(500, dtype=int), categories=1, mature=6)
    assert found.ratio[0, 0] == 5.0


def test_launches_too_short_to_know_their_level_draw_no_curve() -> None:
    aged = np.where(np.arange(26) < 15, 5.0, np.nan)[None, :].repeat(30, axis=0)
    aged[:, 0] = 100.0
    found = launch_curves(aged, np.zeros(30, dtype=int), categories=1, mature=13)
    np.testing.assert_array_equal(found.ratio, no_curves(1, 13).ratio)


# --- levels from neighbours


def test_effects_of_category_and_location_are_found() -> None:
    rng = np.random.default_rng(8)
    n = 600
    category, location = rng.integers(0, 6, n), rng.integers(0, 10, n)
    truth = 3 + np.linspace(-1, 1, 6)[category] + np.linspace(-1, 1, 10)[location]
    level = truth + 0.3 * rng.normal(size=n)
    level[:50] = np.nan
    table = _attributes(n, category=category.astype(str), location=location.astype(str))
    prior = level_prior(level, table, launch=np.zeros(n, bool), weight=np.ones(n))
    np.testing.assert_allclose(prior.mean[:50], truth[:50], atol=0.15)
    np.testing.assert_allclose(prior.variance[:50], 0.09, rtol=0.3)


def test_dearer_items_are_expected_to_sell_less_where_they_do() -> None:
    price = np.geomspace(1, 100, 200)
    level = 5 - np.log(price)
    level[[10, 190]] = np.nan
    table = _attributes(200, category="", unit_price=price)
    prior = level_prior(level, table, launch=np.zeros(200, bool), weight=np.ones(200))
    np.testing.assert_allclose(prior.mean[[10, 190]], (5 - np.log(price))[[10, 190]], atol=0.05)


def test_what_neighbours_say_without_an_item_is_what_a_fit_without_it_says() -> None:
    rng = np.random.default_rng(4)
    n = 120
    category = rng.integers(0, 8, n)
    level = rng.normal(size=8)[category] + 0.5 * rng.normal(size=n)
    level[7] += 2.0
    table = _attributes(n, category=category.astype(str))
    full = level_prior(level, table, launch=np.zeros(n, bool), weight=np.ones(n))
    hidden = level.copy()
    hidden[7] = np.nan
    left_out = level_prior(hidden, table, launch=np.zeros(n, bool), weight=np.ones(n))
    assert full.without_self[7] == pytest.approx(left_out.mean[7], abs=0.08)
    assert full.mean[7] > left_out.mean[7] + 0.05


def test_one_freak_item_hardly_moves_its_neighbours() -> None:
    rng = np.random.default_rng(12)
    level = 0.3 * rng.normal(size=40)
    freak = level.copy()
    freak[0] += 15.0
    table = _attributes(40, category=np.array(["Tea", "Mugs"])[np.arange(40) % 2])
    plain, moved = (level_prior(y, table, launch=np.zeros(40, bool), weight=np.ones(40)) for y in (level, freak))
    np.testing.assert_allclose(moved.mean[2:], plain.mean[2:], atol=0.15)


def test_a_small_group_is_drawn_towards_all_items() -> None:
    rng = np.random.default_rng(6)
    group = np.array(["big"] * 50 + ["small"] * 2 + [f"g{i % 10}" for i in range(100)])
    wobble = 0.5 * rng.normal(size=152)
    wobble[50:52] = 0.0
    wobble[:50] -= wobble[:50].mean()
    level = np.where((group == "big") | (group == "small"), 4.0, 0.0) + wobble
    prior = level_prior(level, _attributes(152, category=group), launch=np.zeros(152, bool), weight=np.ones(152))
    assert prior.mean[50] < prior.mean[0]
    assert prior.variance[50] > prior.variance[0]


def test_an_item_alone_in_its_category_says_nothing_of_it() -> None:
    level = np.append(0.5 * np.random.default_rng(2).normal(size=40) + 3 * (np.arange(40) % 2), 4.0)
    group = np.array(["Tea", "Mugs", "Alone"])[np.append(np.arange(40) % 2, 2)]
    table = _attributes(41, category=group)
    named = level_prior(level, table, launch=np.zeros(41, bool), weight=np.ones(41))
    unknown = level_prior(level, table.replace("Alone", ""), launch=np.zeros(41, bool), weight=np.ones(41))
    assert named.mean[40] == pytest.approx(unknown.mean[40])


def test_the_level_expected_is_that_of_launches_not_of_established_items() -> None:
    launch = np.arange(200) < 100
    level = np.where(launch, 1.0, 4.0) + 0.2 * np.random.default_rng(2).normal(size=200)
    prior = level_prior(level, _attributes(200, category=""), launch=launch, weight=np.ones(200))
    np.testing.assert_allclose(prior.mean, 1.0, atol=0.15)


# --- what own sales are worth


def _examples(
    ages: int, *, halves: tuple[float, float] = (1.0, 1.0), count: int = 400, changed: tuple[int, ...] | None = None
) -> list[Examples]:
    """Return launches whose next demand is half own, half neighbours on the log scale, times a factor per half of the record (at all ages,
    or those `changed`)."""
    rng = np.random.default_rng(2)
    expected = np.exp(rng.normal(size=count))
    found = []
    for age in range(ages):
        factors = halves if changed is None or age in changed else (1.0, 1.0)
        own = expected * np.exp(rng.normal(size=count))
        start = np.arange(count)
        after = np.sqrt(own * expected) * np.where(start < count // 2, *factors) * rng.gamma(20, 1 / 20, count)
        one = np.ones(count)
        found.append(
            Examples(
                own=own,
                plain=own,
                expected=expected,
                curve=one,
                after=after,
                weight=one,
                launch=one > 0,
                start=start,
                unit=np.sqrt(own * expected),
            )
        )
    return found


def test_the_planted_share_of_own_sales_is_found() -> None:
    update = learn_update(_examples(4))
    np.testing.assert_array_equal(update.share, [0.0, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(update.scale[1:], 1.0, atol=0.03)
    # gamma noise of shape 20 has a squared coefficient of variation of 0.05
    np.testing.assert_array_equal(update.cv2[1:], 0.05)
    assert update.better.all()


def test_loss_is_that_of_gamma_quantiles_written_out() -> None:
    one = _examples(2, count=60)[1]
    levels, best = (0.5, 0.8, 0.9, 0.95, 0.98), (np.inf, 0.0, 0.0)
    for share in np.arange(2, 11) / 10:
        blend = one.own**share * one.expected ** (1 - share)
        scale = (one.after / one.unit).sum() / (blend / one.unit).sum()
        for cv2 in (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0):
            loss = 0.0
            for level in levels:
                miss = one.after - stats.gamma.ppf(level, 1 / cv2, scale=scale * blend * cv2)
                loss += (np.maximum(level * miss, (level - 1) * miss) / one.unit).sum()
            best = min(best, (loss, share, cv2))
    update = learn_update([one, one])
    assert (update.share[1], update.cv2[1]) == pytest.approx(best[1:])


def test_a_rule_that_no_longer_held_for_later_launches_is_not_used() -> None:
    # the earlier half says: sales fall to a tenth; the later half does not
    examples = _examples(3, halves=(0.1, 1.0))
    assert learn_update(examples).better.tolist() == [True, False, False]


def test_after_an_age_where_own_sales_alone_do_better_the_rule_is_not_used_again() -> None:
    examples = _examples(9, halves=(0.1, 1.0), changed=(4, 5))
    better = learn_update(examples).better
    assert better[:3].all()
    assert not better[4:].any()


def test_the_rule_is_judged_on_launches_that_it_has_not_seen() -> None:
    # learned from all, it would forecast the earlier half well and pass
    examples = _examples(3, halves=(0.03, 0.4))
    assert learn_update(examples).better.tolist() == [True, False, False]


# --- forecasts


def test_an_item_without_sales_gets_the_level_of_its_neighbours() -> None:
    first = np.zeros(42, dtype=int)
    first[40:] = 100
    category = np.array(["Tea"] * 20 + ["Mugs"] * 20 + ["Tea", "Mugs"])
    level = np.where(category == "Tea", 10.0, 1000.0)
    found = _forecast(_world(first, level), first, first == 100, category=category)
    assert found.rows.tolist() == [40, 41]
    np.testing.assert_allclose(found.path[:, 0], [10.0, 1000.0], rtol=0.15)
    assert found.source.tolist() == ["level of category Tea, 20 items", "level of category Mugs, 20 items"]
    np.testing.assert_array_equal(found.own_share, 0.0)


def test_without_a_category_all_items_are_neighbours() -> None:
    first = np.zeros(31, dtype=int)
    first[30] = 100
    found = _forecast(_world(first, np.full(31, 20.0)), first, first == 100)
    np.testing.assert_allclose(found.path, 20.0, rtol=0.1)
    assert found.source.tolist() == ["level of all items, 30 items"]


def test_a_few_periods_of_life_do_not_tell_the_level_of_a_neighbour() -> None:
    first = np.append(np.zeros(30, dtype=int), [97, 100])
    found = _forecast(_world(first, np.full(32, 20.0)), first, first == 100)
    assert found.source.tolist() == ["level of all items, 30 items"]


def test_items_sold_from_the_start_of_the_record_are_no_launches() -> None:
    # the same lives, seen from later on: launches that tell how sales fall at age 5, or items of unknown age
    falling = np.tile(np.append(np.linspace(30.0, 1.0, 8), np.ones(92)), (201, 1))
    rows = []
    for start in (0, 20):
        first = np.append(start + np.arange(200) % 3, 95)
        found = _forecast(_world(first, np.full(201, 9.0), curve=falling), first, np.arange(201) == 200)
        rows.append(len(found.rows))
    assert rows == [0, 1]


def test_items_do_not_count_as_their_own_neighbours() -> None:
    # pairs that have half in common: with itself among its neighbours, an item's own first sales would seem to say little more
    rng = np.random.default_rng(7)
    first, own = _launches(400, spread=1.0)
    level = own * np.exp(rng.normal(size=200))[np.arange(400) // 2]
    first[:4] = 98
    pairs = np.array([f"pair {i // 2}" for i in range(400)])
    found = _forecast(_world(first, level, noise=0.8), first, np.arange(400) < 4, category=pairs)
    assert found.own_share.min() >= 0.8


def test_an_unknown_category_counts_as_none() -> None:
    first = np.zeros(31, dtype=int)
    first[30] = 100
    category = np.array(["Tea"] * 30 + ["Coffee"])
    found = _forecast(_world(first, np.full(31, 20.0)), first, first == 100, category=category)
    assert found.source.tolist() == ["level of all items, 30 items"]


def test_more_own_sales_narrow_the_doubt_and_count_for_more() -> None:
    first, level = _launches(300, spread=1.2)
    ages = np.array([0, 1, 2, 4])
    first, level = np.append(first, 100 - ages), np.append(level, np.full(4, 900.0))
    young = np.arange(304) >= 300
    found = _forecast(_world(first, level, noise=0.6), first, young)
    assert found.rows.tolist() == [300, 301, 302, 303]
    assert (np.diff(found.cv2) <= 0).all()
    assert found.cv2[-1] < found.cv2[0] / 5
    assert (np.diff(found.own_share) >= 0).all()
    assert found.own_share[-1] >= 0.8
    miss = np.abs(np.log(found.path[:, 0] / 900))
    assert miss[-1] < miss[0] / 3


def test_the_launch_curve_of_the_category_shapes_the_path() -> None:
    first, level = _launches(300)
    first, level = np.append(first, [98, 98]), np.append(level, [50.0, 50.0])
    rising = np.arange(302) % 2 == 0
    up, down = np.linspace(0.25, 1.0, 14), np.linspace(3.0, 1.0, 14)
    curve = np.where(rising[:, None], up, down)
    category = np.where(rising, "Tea", "Mugs")
    found = _forecast(_world(first, level, curve=curve), first, np.arange(302) >= 300, category=category)
    # at age 2 .. 7, relative to age 2
    np.testing.assert_allclose(found.path[0] / found.path[0, 0], up[2:8] / up[2], rtol=0.1)
    np.testing.assert_allclose(found.path[1] / found.path[1, 0], down[2:8] / down[2], rtol=0.1)
    np.testing.assert_allclose(found.path[:, 0], [50 * up[2], 50 * down[2]], rtol=0.35)
    # noise is what is left around the curve
    np.testing.assert_allclose(found.noise, 0.2**2, rtol=0.3)
    launches = [int(((first < 100 - 19) & (rising == kind)).sum()) for kind in (True, False)]
    assert found.source.tolist() == [
        f"own sales and launch curve of category Tea, {launches[0]} items",
        f"own sales and launch curve of category Mugs, {launches[1]} items",
    ]


def test_stated_doubt_covers_what_comes() -> None:
    first, level = _launches(500, spread=1.0, seed=9)
    young = np.arange(500) < 200
    first[young] = 92 - np.arange(200) % 3
    demand = _world(first, level, noise=0.5)
    found = _forecast(demand[:, :92], np.minimum(first, 92), young, horizon=6)
    assert len(found.rows) == 200
    np.testing.assert_allclose(np.median(found.noise), 0.5**2, rtol=0.25)
    total = demand[found.rows, 92:98].sum(axis=1)
    mean = found.path.sum(axis=1)
    cv2 = found.cv2 + found.noise * (found.path**2).sum(axis=1) / mean**2
    for level_wanted in (0.8, 0.95):
        below = total <= stats.gamma.ppf(level_wanted, 1 / cv2, scale=mean * cv2)
        # 200 items: a standard error of 3 points; the doubts tried lie a third apart
        assert below.mean() == pytest.approx(level_wanted, abs=0.08)


def test_only_what_is_asked_for_is_forecast() -> None:
    first, level = _launches(100)
    young = np.zeros(100, dtype=bool)
    assert not len(_forecast(_world(first, level), first, young).rows)


@pytest.mark.parametrize("items", [0, 1, 5])
def test_nothing_to_learn_from_gives_no_forecast(items: int) -> None:
    first = np.append(np.zeros(items, dtype=int), 100)
    found = _forecast(_world(first, np.full(items + 1, 10.0)), first, first == 100)
    assert found.path.shape == (0, 6)
    assert found.rows.shape == found.cv2.shape == found.source.shape == (0,)


def test_a_record_of_no_periods_gives_no_forecast() -> None:
    found = _forecast(np.zeros((20, 0)), np.zeros(20, dtype=int), np.ones(20, dtype=bool))
    assert not len(found.rows)


def _mixed() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    first, level = _launches(120, seed=13)
    first[:40] = 0
    first[100:] = 100 - np.arange(20) % 8
    category = np.array(["Tea", "Mugs", ""])[np.arange(120) % 3]
    location = np.array(["N", "S"])[np.arange(120) % 2]
    return _world(first, level, noise=0.7), first, np.arange(120) >= 100, category, location


def test_the_same_record_gives_the_same_forecast() -> None:
    demand, first, young, category, location = _mixed()
    one = _forecast(demand, first, young, category=category, location=location)
    two = _forecast(demand.copy(), first, young, category=category, location=location)
    np.testing.assert_array_equal(one.path, two.path)
    assert len(one.rows) > 10


def test_the_order_of_items_does_not_matter() -> None:
    demand, first, young, category, location = _mixed()
    order = np.random.default_rng(0).permutation(120)
    plain = _forecast(demand, first, young, category=category, location=location)
    mixed = _forecast(demand[order], first[order], young[order], category=category[order], location=location[order])
    back = np.argsort(order[mixed.rows])
    np.testing.assert_array_equal(order[mixed.rows][back], plain.rows)
    # sums in another order differ in the last digits
    np.testing.assert_allclose(mixed.path[back], plain.path, rtol=1e-8)
    np.testing.assert_allclose(mixed.cv2[back], plain.cv2, rtol=1e-8)
    assert mixed.source[back].tolist() == plain.source.tolist()


def test_the_unit_of_demand_does_not_matter() -> None:
    demand, first, young, category, location = _mixed()
    pieces = _forecast(demand, first, young, category=category, location=location)
    dozens = _forecast(demand / 12, first, young, category=category, location=location)
    np.testing.assert_allclose(dozens.path * 12, pieces.path, rtol=1e-8)
    np.testing.assert_allclose(dozens.cv2, pieces.cv2, rtol=1e-8)


@pytest.mark.realdata
@pytest.mark.skipif(not USAID.exists(), reason="shared data not here")
def test_contraceptives_new_to_a_site_are_forecast_better_than_by_their_own_mean() -> None:
    ledger = pd.read_parquet(USAID)
    month = ledger["year"] * 12 + ledger["month"]
    table = ledger.assign(m=month).pivot_table(
        index=["site_code", "product_code"], columns="m", values="stock_distributed", aggfunc="sum"
    )
    full = table.fillna(0).to_numpy(dtype=float)
    sold = full > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), full.shape[1])
    site, product = (table.index.get_level_values(name).to_numpy(dtype=str) for name in ("site_code", "product_code"))
    new, plain = 0.0, 0.0
    for now in (22, 28):
        alive = np.flatnonzero(first < now)
        demand = np.where(np.arange(now) >= first[alive, None], full[alive, :now], np.nan)
        found = launch_forecast(
            demand,
            first[alive],
            category=product[alive],
            attributes=_attributes(len(alive), location=site[alive]),
            young=(first[alive] >= 3) & (now - first[alive] <= 3),
            season=12,
            horizon=6,
        )
        total = full[alive[found.rows], now : now + 6].sum(axis=1)
        new += np.abs(found.path.sum(axis=1) - total).sum()
        plain += np.abs(6 * np.nanmean(demand[found.rows], axis=1) - total).sum()
    assert plain > 0
    assert new < 0.9 * plain
