from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.buckets import bucket_numbers, bucket_starts, last_day, last_full_bucket, recorded_by
from tests.reference.slow_history import bucket_start


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_bucket_starts_agree_with_the_calendar_day_by_day(period):
    days = np.arange("1969-12-20", "1972-03-10", dtype="datetime64[D]")
    starts = bucket_starts(bucket_numbers(days, period=period), period=period)
    assert starts.tolist() == [bucket_start(day, period) for day in days.tolist()]


@pytest.mark.parametrize("weekday", range(7))
def test_a_week_labelled_by_any_weekday_is_the_monday_week_with_most_of_its_days(weekday):
    label = dt.date(2026, 3, 2) + dt.timedelta(days=weekday)
    mondays = [bucket_start(label + dt.timedelta(days=n), "week") for n in range(7)]
    got = bucket_starts(
        bucket_numbers(np.array([label], dtype="datetime64[D]"), period="week", recorded="week"), period="week"
    )
    assert got[0].item() == max(set(mondays), key=mondays.count)


@pytest.mark.parametrize(
    ("freq", "expected"),
    [("MS", "month"), ("ME", "month"), ("W-MON", "week"), ("W-SUN", "week"), ("D", "day"), ("B", "day")],
)
def test_recording_is_seen_in_the_dates(freq, expected):
    assert recorded_by(pd.date_range("2024-01-01", periods=40, freq=freq).to_numpy()) == expected


def test_one_wrong_date_does_not_hide_monthly_recording():
    days = np.repeat(pd.date_range("2020-01-01", periods=60, freq="MS").to_numpy(), 10)
    days[7] = np.datetime64("2020-01-02")
    assert recorded_by(days) == "month"


def test_sporadic_sales_are_single_days():
    days = np.array(["2024-01-03", "2024-02-19", "2024-05-07", "2024-08-28"], dtype="datetime64[D]")
    assert recorded_by(days) == "day"


def test_monthly_data_ends_with_the_last_day_of_its_last_month():
    days = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[D]")
    assert last_day(days, recorded="month") == pd.Timestamp("2024-02-29")


@pytest.mark.parametrize(("as_of", "last"), [("2026-03-08", "2026-03-02"), ("2026-03-07", "2026-02-23")])
def test_a_week_is_full_on_its_sunday(as_of, last):
    number = last_full_bucket(pd.Timestamp(as_of), period="week")
    assert bucket_starts(np.array([number]), period="week")[0] == np.datetime64(last)
