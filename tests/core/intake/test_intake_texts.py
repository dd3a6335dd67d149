"""Numbers and dates kept as text."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.intake.dates import dates_of_numbers, parse_dates
from invopt_xl.core.intake.numbers import parse_numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5), ("1.234,50", 1234.5), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5), ("(12)", -12), ("12-", -12), ("-12", -12),
        ("$1,200.00", 1200), ("1.200,00 €", 1200), ("EUR 12", 12), ("-$5", -5), ("($1,234)", -1234), ("95%", 0.95), ("1'234.50", 1234.5),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("0,5", 0.5), (".5", 0.5), ("1e3", 1000), ("+7", 7), ("−3", -3), ("12,34,567.00", 1234567),
    ],
)  # fmt: skip
def test_a_number_kept_as_text(text: str, number: float) -> None:
    parsed = parse_numbers([text])
    assert parsed.series[0] == pytest.approx(number)
    assert not parsed.bad[0]


@pytest.mark.parametrize(
    "text", ["abc", "12a", "1.2.3", "--5", "1,2,3", "12 units", "0x10", "1_000", "inf", "5/6", "(", "%"]
)
def test_no_number(text: str) -> None:
    assert parse_numbers([text]).bad[0]


@pytest.mark.parametrize("text", ["", "-", "n/a", "NaN", "NULL", "?"])
def test_no_value_is_missing_and_not_bad(text: str) -> None:
    parsed = parse_numbers([text])
    assert np.isnan(parsed.series[0])
    assert not parsed.bad[0]


def test_the_column_decides_what_a_lone_mark_means() -> None:
    assert parse_numbers(["1.234", "2,5"]).series.tolist() == [1234.0, 2.5]
    assert parse_numbers(["1,234", "2.5"]).series.tolist() == [1234.0, 2.5]
    assert parse_numbers(["1.234"], decimal_mark="comma").series.tolist() == [1234.0]
    assert parse_numbers(["1,234"], decimal_mark="comma").series.tolist() == [1.234]
    assert parse_numbers(["1.234", "5"]).doubtful == ("1.234",)


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e9, 1e9), st.sampled_from([",.", ".,", " ,", "'."]))
def test_a_formatted_number_comes_back(number: float, marks: str) -> None:
    text = f"{number:,.2f}".replace(",", "T").replace(".", marks[1]).replace("T", marks[0])
    assert parse_numbers([text]).series[0] == pytest.approx(round(number, 2), abs=0.006)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_text_makes_parsing_fail(texts: list[str]) -> None:
    assert len(parse_numbers(texts).series) == len(texts)
    assert len(parse_dates(texts).series) == len(texts)


@settings(max_examples=200, deadline=None)
@given(
    st.dates(dt.date(1930, 1, 1), dt.date(2029, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y/%m/%d",
            "%d.%m.%Y",
            "%Y%m%d",
            "%d-%b-%y",
            "%d %B %Y",
            "%b %d, %Y",
            "%Y-%m-%dT%H:%M:%S",
            "%A, %d %B %Y",
            "%Y-%m-%d %H:%M:%S+00:00",
        ]
    ),
)
def test_a_written_date_comes_back(day: dt.date, style: str) -> None:
    assert parse_dates([day.strftime(style)]).series[0] == np.datetime64(day, "s")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-W05", "2024-01-29"), ("W05 2024", "2024-01-29"), ("KW 5/2024", "2024-01-29"), ("Jan 2024", "2024-01-01"), ("2024-01", "2024-01-01"),
        ("M01/2024", "2024-01-01"), ("März 2024", "2024-03-01"), ("2024 Q2", "2024-04-01"), ("Q2 2024", "2024-04-01"), ("1. Februar 2024", "2024-02-01"),
        ("02/13/24", "2024-02-13"), ("29-Feb-24", "2024-02-29"), ("45000", "2023-03-15"),
    ],
)  # fmt: skip
def test_a_named_day_week_or_month(text: str, day: str) -> None:
    assert parse_dates([text]).series[0] == np.datetime64(day, "s")


@pytest.mark.parametrize(
    "text", ["2024-13-01", "31/02/2024", "2023-02-29", "soon", "2024-W54", "0000-00-00", "12", "1/2"]
)
def test_no_date(text: str) -> None:
    assert parse_dates([text]).bad[0]


def test_day_numbers_count_from_1900_or_1904() -> None:
    numbers = np.array([45000.75, 43538.0, 61.0, 1.0, 2024.0, -5.0, 3e6, 20240231.0, np.inf])
    values, bad = dates_of_numbers(numbers)
    assert values[[0, 2, 3]].astype("datetime64[D]").astype(str).tolist() == ["2023-03-15", "1900-03-01", "1900-01-01"]
    assert bad.tolist() == [False, False, False, False, True, True, True, True, True]
    assert dates_of_numbers(np.array([43538.0]), date1904=True)[0].astype("datetime64[D]").astype(str).tolist() == [
        "2023-03-15"
    ]
