from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.buckets import bucket_starts
from invopt_xl.core.promoted import promotion_cover, promotions_of_series, uplift_ahead


def _random_lines(rng, number, series):
    start = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(-40, 200, number), unit="D")
    return pd.DataFrame(
        {
            "series": rng.integers(0, series, number),
            "start_date": start,
            "end_date": start + pd.to_timedelta(rng.integers(0, 40, number), unit="D"),
        }
    )


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_cover_agrees_with_counting_days_one_by_one(period):
    rng = np.random.default_rng(7)
    first = {"day": 20454, "week": 2922, "month": 672}[period]
    bounds = bucket_starts(first + np.arange(6), period=period)
    lines = _random_lines(rng, 60, 8)
    found = promotion_cover(lines, series=8, bounds=bounds)
    for i in range(8):
        own = lines[lines["series"] == i]
        for t in range(5):
            days = pd.date_range(bounds[t], bounds[t + 1] - 1)
            covered = [((own["start_date"] <= day) & (own["end_date"] >= day)) for day in days]
            assert found.share[i, t] == pytest.approx(sum(each.any() for each in covered) / len(days))
            at = (found.series == i) & (found.column == t)
            expected = sum(each.to_numpy().astype(int) for each in covered)
            counted = dict(zip(found.line[at], found.days[at], strict=True))
            assert counted == {line: n for line, n in zip(own.index, expected, strict=True) if n}


def test_no_promotions_cover_nothing():
    lines = _random_lines(np.random.default_rng(1), 0, 1)
    found = promotion_cover(lines, series=3, bounds=bucket_starts(np.arange(5), period="week"))
    assert found.share.shape == (3, 4)
    assert not found.share.any()
    assert not len(found.days)


def _promotions(**columns):
    empty = {"location": None, "price": np.nan, "discount": np.nan, "uplift": np.nan}
    day = pd.Timestamp("2026-03-02")
    return pd.DataFrame({**empty, "start_date": day, "end_date": day, **columns})


SERIES = pd.DataFrame({"sku": ["A", "A", "B"], "location": ["EAST", "WEST", "WEST"]})


def test_an_empty_location_means_every_location():
    rows = _promotions(sku=["A", "A"], location=[None, "WEST"], uplift=[2.0, 3.0])
    found = promotions_of_series(rows, series=SERIES, successors={})
    assert sorted(zip(found["series"], found["uplift"], strict=True)) == [(0, 2.0), (1, 2.0), (1, 3.0)]


def test_promotions_of_a_replaced_item_count_for_its_successor_too():
    found = promotions_of_series(_promotions(sku=["A"], location=["WEST"]), series=SERIES, successors={"A": "B"})
    assert sorted(found["series"]) == [1, 2]


def test_a_promotion_that_ends_before_it_starts_is_left_out():
    rows = _promotions(sku=["B"], end_date=pd.Timestamp("2026-03-01"))
    assert not len(promotions_of_series(rows, series=SERIES, successors={}))


def _ahead(**columns):
    planned = pd.DataFrame(columns)
    return uplift_ahead(
        planned,
        series=1,
        last_start=np.datetime64("2026-03-02"),
        as_of=pd.Timestamp("2026-03-08"),
        period="week",
        length=2,
    )


def test_a_planners_uplift_comes_before_an_estimate_of_the_same_days():
    day = pd.Timestamp("2026-03-09")
    both = {"series": [0, 0], "start_date": day, "end_date": day + pd.Timedelta(days=6), "uplift": [1.2, 3.0]}
    assert _ahead(**both, estimated=[False, True]).tolist() == [[1.2, 1.0]]
    assert _ahead(**both, estimated=[True, True]).tolist() == [[3.0, 1.0]]
    assert _ahead(**both).tolist() == [[3.0, 1.0]]


def test_an_estimate_counts_on_the_days_that_a_planners_uplift_leaves_open():
    day = pd.Timestamp("2026-03-09")
    found = _ahead(
        series=[0, 0],
        start_date=day,
        end_date=[day + pd.Timedelta(days=2), day + pd.Timedelta(days=6)],
        uplift=[1.5, 3.0],
        estimated=[False, True],
    )
    assert found[0, 0] == pytest.approx((3 * 1.5 + 4 * 3.0) / 7)
