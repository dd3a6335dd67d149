"""What a feature of the boosted trees is called when a planner reads it, and how its value is written. Serves the pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.buckets import Period

#: Ways a value is written.
TOTAL, RATE, RATIO, SHARE, COUNT, LOG, LOG1P, MONTH, WEEKDAY, PLAIN, NONE = (
    "total",
    "rate",
    "ratio",
    "share",
    "count",
    "log",
    "log1p",
    "month",
    "weekday",
    "plain",
    "none",
)


@dataclass(frozen=True)
class FeatureWords:
    """`text` for the planner; `kind` says how the value is written: see `value_text`."""

    text: str
    kind: str


#: Name -> words and kind. {p} is the period, {ps} periods, {0} {1} the numbers in the name. Within a pattern "#" stands for a number.
_TABLE: dict[str, tuple[str, str]] = {
    "level_width": ("length of the interval", COUNT),
    "level_log_scale": ("size of the item", LOG),
    "level_reference": ("the statistical forecast", TOTAL),
    "level_mean_#": ("average of the last {0} {ps}", RATE),
    "level_mean_life": ("average over the item's life", RATE),
    "level_share_sold_#": ("share of {ps} with sales, last {0}", SHARE),
    "level_spread_#": ("ups and downs of the last {0} {ps}", RATE),
    "level_largest_#": ("best {p} of the last {0}", TOTAL),
    "level_size_#": ("usual size of a sale, last {0} {ps}", TOTAL),
    "level_size_cv_#": ("how sale sizes differ, last {0} {ps}", RATIO),
    "level_smallest_sale": ("smallest {p} with sales", TOTAL),
    "level_totals_#": ("{0}% of past totals were below", TOTAL),
    "level_missed_#": ("{0}% of past forecast misses were below", TOTAL),
    "level_missed_spread": ("how far past forecasts missed", TOTAL),
    "trend_missed_lately": ("misses of the latest forecasts", TOTAL),
    "trend_lag_#": ("demand {ago}", RATE),
    "trend_since_last_sale": ("{ps} since the last sale", COUNT),
    "trend_short_to_medium": ("the latest {ps} against the last months", RATIO),
    "trend_medium_to_long": ("the last months against the half year", RATIO),
    "trend_medium_to_before": ("the last months against those before", RATIO),
    "trend_year_on_year_#": ("the last {0} {ps} against a year ago", RATIO),
    "trend_category_year_on_year": ("the category against a year ago", RATIO),
    "trend_slope": ("slope of the last half year", RATIO),
    "season_same_window_#_years_ago": ("the same time {years}", TOTAL),
    "season_index_#_years_ago": ("this time against the whole year, {years}", RATIO),
    "season_index_of_category": ("season of the category", RATIO),
    "season_turn_of_category": ("turn of the category's season", RATIO),
    "season_sine_#": ("time of year", NONE),
    "season_cosine_#": ("time of year", NONE),
    "season_first_month": ("time of year", MONTH),
    "season_weekday": ("first day of the interval", WEEKDAY),
    "holiday_ahead": ("holidays in the interval, per {p}", PLAIN),
    "holiday_before": ("holidays just before, per {p}", PLAIN),
    "holiday_ahead_to_last_year": ("more holidays than last year, per {p}", PLAIN),
    "promotion_now": ("promotion in the last {p}", SHARE),
    "promotion_before": ("promotions lately", SHARE),
    "promotion_ahead": ("promotions planned", SHARE),
    "promotion_next_period": ("promotion planned for next {p}", SHARE),
    "promotion_discount_ahead": ("planned discount", SHARE),
    "promotion_effect_ahead": ("expected effect of planned promotions and prices", RATIO),
    "promotion_effect_now": ("effect of promotions and prices in the last {p}", RATIO),
    "promotion_effect_before": ("effect of promotions and prices lately", RATIO),
    "promotion_effect_to_last_year": ("planned promotions against last year's", RATIO),
    "promotion_usual_times_effect_#": ("average of the last {0} {ps}, with planned promotions", TOTAL),
    "price_now": ("price against usual", RATIO),
    "price_ahead": ("planned price against usual", RATIO),
    "price_ahead_to_now": ("planned price against now", RATIO),
    "price_now_to_before": ("price against the last months", RATIO),
    "price_ahead_to_before": ("planned price against the last months", RATIO),
    "stockout_now": ("out of stock in the last {p}", SHARE),
    "stockout_share_#": ("out of stock, share of the last {0} {ps}", SHARE),
    "item_log_unit_cost": ("unit cost", LOG),
    "item_log_unit_price": ("unit price", LOG),
    "age_periods_log": ("age in {ps}", LOG1P),
    "age_periods_on_record": ("{ps} on record", COUNT),
}

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SIGNAL = re.compile(r"signal_(.+)_\d+_(now|ahead|change|to_last_year)")
_SIGNAL_WORDS = {
    "now": "now",
    "ahead": "in the interval",
    "change": "change to come",
    "to_last_year": "against last year",
}


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\#", r"(\d+)"))


_PATTERNS = [(_pattern(name), words) for name, words in _TABLE.items()]


def words_of(feature: str, *, period: Period) -> FeatureWords:
    """Return the words for a feature; one that is not known is shown by its name.

    >>> words_of("level_mean_13", period="week").text
    'average of the last 13 weeks'
    >>> words_of("season same window 1 years ago", period="week").text
    'the same time last year'
    >>> words_of("signal_temperature_0_ahead", period="day").text
    'temperature in the interval'
    >>> words_of("something_new", period="day").text
    'something new'
    """
    name = "_".join(feature.split())
    for pattern, (text, kind) in _PATTERNS:
        found = pattern.fullmatch(name)
        if found:
            return FeatureWords(_filled(text, found.groups(), period), kind)
    signal = _SIGNAL.fullmatch(name)
    if signal:
        return FeatureWords(f"{signal[1].replace('_', ' ')} {_SIGNAL_WORDS[signal[2]]}", PLAIN)
    if name.startswith("item_"):
        return FeatureWords(name.removeprefix("item_").replace("_", " "), NONE)
    return FeatureWords(name.replace("_", " "), NONE)


def _filled(text: str, numbers: tuple[str, ...], period: Period) -> str:
    first = int(numbers[0]) if numbers else 0
    return text.format(
        *numbers,
        p=period,
        ps=f"{period}s",
        ago=f"of the last {period}" if first == 1 else f"{first} {period}s ago",
        years="last year" if first == 1 else f"{first} years ago",
    )


def value_text(value: float, kind: str, *, scale: float, width: float, period: Period) -> str:
    """Return the value of a feature as a planner writes it, or "" where it says nothing to him.

    Parameters
    ----------
    value : float
        As the trees take it; NaN for unknown.
    kind : str
        From `words_of`.
    scale : float
        Of the series [units].
    width : float
        Length of its interval [periods].
    period : {"day", "week", "month"}

    >>> value_text(1.5, RATE, scale=40, width=4, period="week")
    '15 a week'
    >>> value_text(1.2, RATIO, scale=40, width=4, period="week"), value_text(0.25, SHARE, scale=1, width=1, period="day")
    ('× 1.20', '25%')
    """
    if kind == NONE:
        return ""
    if not np.isfinite(value):
        return "unknown"
    write: dict[str, Callable[[], str]] = {
        TOTAL: lambda: _number(value * scale),
        RATE: lambda: f"{_number(value * scale / width)} a {period}",
        RATIO: lambda: f"× {value:.2f}",
        SHARE: lambda: f"{value:.0%}",
        COUNT: lambda: _number(value),
        LOG: lambda: _number(float(np.exp(value))),
        LOG1P: lambda: _number(float(np.expm1(value))),
        MONTH: lambda: _MONTHS[(round(value) - 1) % 12],
        WEEKDAY: lambda: _WEEKDAYS[round(value) % 7],
        PLAIN: lambda: _number(value),
    }
    return write[kind]()


def _number(value: float) -> str:
    """Return a number with as many digits as can be read off a picture."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value + 0.0:.2g}" if abs(value) < 10 else f"{value:.0f}"
