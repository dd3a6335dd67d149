"""What pooled trees look at: the feature matrix of (series, origin) pairs. Serves the boosted trees.

A feature at an origin uses demand up to the end of that period, and of the periods after it only what is known ahead: the calendar,
holidays, planned promotions and prices, and outside signals as far ahead as they are known today.

Everything counted in units is divided by the scale (see `scale.py`), so that one tree serves small and large series.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR, Period
from invopt_xl.core.forecast.boosted.panel import Panel, gathered, panel_of, ranked, share, sums_over
from invopt_xl.core.forecast.boosted.scale import scale_at
from invopt_xl.core.forecast.boosted.task import Task

#: Spans of running means: short, medium, long, longest [periods].
SPANS: dict[Period, tuple[int, int, int, int]] = {
    "day": (7, 28, 91, 182),
    "week": (4, 13, 26, 52),
    "month": (3, 6, 12, 24),
}

#: Single periods that are looked at [periods].
_LAGS: dict[Period, int] = {"day": 14, "week": 8, "month": 12}

#: A year in whole weeks, so that weekdays agree [periods].
YEAR: dict[Period, int] = {"day": 364, "week": PERIODS_PER_YEAR["week"], "month": PERIODS_PER_YEAR["month"]}

#: Attributes that are taken as categories. ABC and demand class are not: they are derived from the whole history, so that an item that sold
#: nothing in the held-back windows would be known as dead before them. What they say is in the level features, as of each origin.
CATEGORICAL = ("category", "supplier", "location")

#: Different texts of one attribute that are told apart; the rarer ones count as unknown.
_TEXTS = 150

#: Pairs computed at a time: keeps the working arrays below about 200 MB.
_BLOCK = 8192

_SIGNIFICANT = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True)
class Features:
    """The feature matrix of some pairs.

    Parameters
    ----------
    matrix : float32 array, shape (pairs, F)
        NaN where not known; categories as numbers of the vocabulary.
    names : tuple of str
    scale : float array, shape (pairs,)
        What totals are divided by; NaN where nothing can be said [units].
    """

    matrix: np.ndarray
    names: tuple[str, ...]
    scale: np.ndarray


def vocabulary_of(task: Task) -> dict[str, list[str]]:
    """Return the known texts of each categorical attribute, the most frequent first."""
    known = {}
    for name in CATEGORICAL:
        counted = task.attributes[name].astype(str).value_counts()
        texts = sorted((text for text in counted.index if text), key=lambda text: (-counted[text], text))
        known[name] = texts[:_TEXTS]
    return known


def feature_names(task: Task) -> tuple[str, ...]:
    """Return the names of the features of a task with at least one series and period, in the order of the matrix."""
    return features(task, np.zeros(1, dtype=int), np.zeros(1, dtype=int), vocabulary_of(task)).names


def features(task: Task, series: np.ndarray, origin: np.ndarray, vocabulary: Mapping[str, list[str]]) -> Features:
    """Return the features of (series, origin) pairs.

    Parameters
    ----------
    task : Task
    series, origin : int array, shape (pairs,)
        Sorted by series this is quickest; any order gives the same rows.
    vocabulary : mapping of str to list of str
        See `vocabulary_of`.
    """
    context = _context(task, vocabulary)
    matrix = np.empty((0, 0), dtype=np.float32)
    names: tuple[str, ...] = ()
    scale = np.empty(len(series))
    order = np.argsort(series, kind="stable")
    for start in range(0, max(len(series), 1), _BLOCK):
        at = order[start : start + _BLOCK]
        columns, scale[at] = _block(task, context, series[at], origin[at])
        if not names:
            names = tuple(columns)
            matrix = np.empty((len(series), len(names)), dtype=np.float32)
        for place, name in enumerate(names):
            matrix[at, place] = columns[name]
    return Features(matrix, names, scale)


@dataclass(frozen=True)
class _Context:
    """What all blocks share: calendar, holidays, demand of groups, codes of attributes, how far signals are known ahead."""

    angle: np.ndarray  # (T + L,) position in the year [radians]
    middle: np.ndarray  # (T + L,) datetime64[D]
    holidays: np.ndarray  # (1, T + L + 1) running sums
    group: np.ndarray  # (n,) number of the category
    group_sums: np.ndarray  # (groups, T + 1)
    codes: dict[str, np.ndarray]
    ahead: dict[str, int]


def _context(task: Task, vocabulary: Mapping[str, list[str]]) -> _Context:
    columns = task.drivers.effect.shape[1]
    middle = _middles(task.starts, columns, task.period)
    year = middle.astype("datetime64[Y]")
    day = (middle - year.astype("datetime64[D]")).astype(float)
    codes = {}
    for name in CATEGORICAL:
        texts = pd.Index(vocabulary[name])
        code = texts.get_indexer(pd.Index(task.attributes[name].astype(str))).astype(float)
        codes[name] = np.where(code >= 0, code, np.nan)
    group, _ = pd.factorize(task.attributes["category"])
    sums = np.zeros((group.max(initial=-1) + 1, task.demand.shape[1]))
    np.add.at(sums, group, np.nan_to_num(task.demand))
    ahead = {name: _known_ahead(values, task.demand.shape[1]) for name, values in task.drivers.signals.items()}
    return _Context(
        angle=2 * np.pi * day / 365.25,
        middle=middle,
        holidays=sums_over(task.drivers.holidays[None, :]),
        group=group,
        group_sums=sums_over(sums),
        codes=codes,
        ahead=ahead,
    )


def _middles(starts: np.ndarray, columns: int, period: Period) -> np.ndarray:
    """Return the middle days of past and coming periods, shape (columns,)."""
    coming = np.arange(columns)
    if period == "month":
        months = starts[0].astype("datetime64[M]") + coming
        within: np.ndarray = months.astype("datetime64[D]") + 14
        return within
    step = 7 if period == "week" else 1
    result: np.ndarray = starts[0].astype("datetime64[D]") + step * coming + step // 2
    return result


def _known_ahead(values: np.ndarray, periods: int) -> int:
    """Return for how many coming periods a signal is known, for the middle one of the series that have it at all."""
    has = np.isfinite(values).any(axis=1)
    known = np.isfinite(values[has][:, periods:])
    return int(np.median(np.cumprod(known, axis=1).sum(axis=1))) if len(known) else 0


def _block(
    task: Task, context: _Context, series: np.ndarray, origin: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    unique, row = np.unique(series, return_inverse=True)
    panel = panel_of(task, unique)
    scale = scale_at(panel, row, origin, period=task.period)
    columns: dict[str, np.ndarray] = {}
    columns |= _level(panel, row, origin, scale, task.period)
    columns |= _errors(panel, row, origin, scale, task.period)
    columns |= _trend(panel, row, origin, scale, task.period)
    columns |= _season(panel, context, row, origin, scale, task.period)
    columns |= _calendar(panel, context, row, origin, task.period)
    columns |= _promotion(task, panel, row, origin, scale)
    columns |= _price(task, panel, row, origin)
    columns |= _stockout(task, panel, row, origin)
    columns |= _signals(task, context, panel, row, origin)
    columns |= _item(task, context, panel, row, origin)
    return columns, scale


def _level(
    panel: Panel, row: np.ndarray, origin: np.ndarray, scale: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    end, per_period = origin + 1, scale / panel.width[row]
    spans = SPANS[period]
    found = {"level_width": panel.width[row].astype(float)}
    found["level_log_scale"] = np.log(scale)
    found["level_reference"] = panel.reference[row, origin] / scale
    for span in spans:
        found[f"level_mean_{span}"] = panel.mean(row, end, span) / per_period
    found["level_mean_life"] = share(panel.sums[row, end], panel.known[row, end]) / per_period
    recent = gathered(panel.demand, row, origin, spans[3])
    sizes = np.where(recent > 0, recent, np.nan)
    for span in (spans[1], spans[3]):
        alive = panel.over(panel.known, row, end, span)
        sold = panel.over(panel.sold, row, end, span)
        found[f"level_share_sold_{span}"] = share(sold, alive)
        mean = share(np.nansum(recent[:, :span], axis=1), alive)
        spread = np.sqrt(share(np.nansum((recent[:, :span] - mean[:, None]) ** 2, axis=1), alive))
        found[f"level_spread_{span}"] = spread / per_period
        found[f"level_largest_{span}"] = np.fmax.reduce(recent[:, :span], axis=1) / scale
        size = share(panel.over(panel.sums, row, end, span), sold)
        found[f"level_size_{span}"] = size / scale
        squares = share(np.nansum((sizes[:, :span] - size[:, None]) ** 2, axis=1), sold)
        found[f"level_size_cv_{span}"] = np.sqrt(squares) / size
    found["level_smallest_sale"] = np.fmin.reduce(sizes, axis=1) / scale
    return found


def _errors(
    panel: Panel, row: np.ndarray, origin: np.ndarray, scale: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    """Totals of complete past windows, and what the reference had said of them."""
    span = SPANS[period][3]
    last = origin - panel.width[row]  # the latest window that is complete
    totals = gathered(panel.total, row, last, span)
    found = {}
    for level, value in zip((20, 50, 80, 95), ranked(totals, (0.2, 0.5, 0.8, 0.95)), strict=True):
        found[f"level_totals_{level}"] = value / scale
    missed = totals - gathered(panel.reference, row, last, span)
    for level, value in zip((20, 50, 80, 95), ranked(missed, (0.2, 0.5, 0.8, 0.95)), strict=True):
        found[f"level_missed_{level}"] = value / scale
    count = (~np.isnan(missed)).sum(axis=1)
    found["level_missed_spread"] = np.sqrt(share(np.nansum(missed**2, axis=1), count)) / scale
    found["trend_missed_lately"] = (
        share(np.nansum(missed[:, : SPANS[period][0]], axis=1), np.minimum(count, SPANS[period][0])) / scale
    )
    return found


def _trend(
    panel: Panel, row: np.ndarray, origin: np.ndarray, scale: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    end, per_period = origin + 1, scale / panel.width[row]
    spans, year = SPANS[period], YEAR[period]
    recent = gathered(panel.demand, row, origin, max(spans[2], _LAGS[period]))
    found = {f"trend_lag_{lag + 1}": recent[:, lag] / per_period for lag in range(_LAGS[period])}
    window = recent[:, : spans[2]]
    found["trend_since_last_sale"] = np.where((window > 0).any(axis=1), np.argmax(window > 0, axis=1), spans[2]).astype(
        float
    )
    found["trend_short_to_medium"] = share(panel.mean(row, end, spans[0]), panel.mean(row, end, spans[1]))
    found["trend_medium_to_long"] = share(panel.mean(row, end, spans[1]), panel.mean(row, end, spans[2]))
    found["trend_medium_to_before"] = share(panel.mean(row, end, spans[1]), panel.mean(row, end - spans[1], spans[1]))
    for span in spans[:2]:
        found[f"trend_year_on_year_{span}"] = share(panel.mean(row, end, span), panel.mean(row, end - year, span))
    # least squares slope over the long span, of the periods within life, relative to the scale
    known = ~np.isnan(window)
    time = -np.arange(window.shape[1], dtype=float)
    count = known.sum(axis=1)
    middle = share(known @ time, count)
    away = np.where(known, time - middle[:, None], 0.0)
    slope = share((away * np.nan_to_num(window)).sum(axis=1), (away**2).sum(axis=1))
    found["trend_slope"] = slope * spans[2] / per_period
    return found


def _season(
    panel: Panel, context: _Context, row: np.ndarray, origin: np.ndarray, scale: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    """The same window in earlier years: own, relative to the scale and to its year; and of the category."""
    year, width, end = YEAR[period], panel.width[row], origin + 1
    found = {}
    for back in (1, 2):
        at = origin - back * year
        total = np.where((at >= 0) & (back * year >= width), panel.total[row, np.maximum(at, 0)], np.nan)
        found[f"season_same_window_{back}_years_ago"] = total / scale
        usual = panel.mean(row, end - (back - 1) * year, year) * width
        found[f"season_index_{back}_years_ago"] = share(total, usual)
    at = origin - year
    group, groups = context.group[panel.series][row], context.group_sums
    last = groups.shape[1] - 1
    now = groups[group, end]
    whole = now - groups[group, np.maximum(end - year, 0)]
    ago = groups[group, np.clip(at + 1 + width, 0, last)] - groups[group, np.maximum(at + 1, 0)]
    full = (at >= 0) & (width <= year)
    found["season_index_of_category"] = np.where(full, share(ago / width, whole / year), np.nan)
    short = SPANS[period][0]
    lately = now - groups[group, np.maximum(end - short, 0)]
    before = groups[group, np.maximum(end - year, 0)] - groups[group, np.maximum(end - year - short, 0)]
    found["season_turn_of_category"] = np.where(full, share(ago / width, before / short), np.nan)
    found["trend_category_year_on_year"] = np.where(end - year - short >= 0, share(lately, before), np.nan)
    return found


def _calendar(
    panel: Panel, context: _Context, row: np.ndarray, origin: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    width, last = panel.width[row], len(context.angle) - 1
    first, final = np.minimum(origin + 1, last), np.minimum(origin + width, last)
    # a middle between two columns: angles go round, so the first column's angle and half the way on
    per_column = 2 * np.pi / YEAR[period]
    angle = context.angle[first] + per_column * (width - 1) / 2
    found = {}
    for wave in (1, 2):
        found[f"season_sine_{wave}"] = np.sin(wave * angle)
        found[f"season_cosine_{wave}"] = np.cos(wave * angle)
    months = context.middle.astype("datetime64[M]").astype(int) % 12 + 1
    found["season_first_month"] = months[first].astype(float)
    if period == "day":
        found["season_weekday"] = ((context.middle[first].astype(int) + 3) % 7).astype(float)
    end = final + 1
    count = np.maximum(end - first, 1)
    sums, zero = context.holidays, np.zeros(len(row), dtype=int)
    found["holiday_ahead"] = panel.over(sums, zero, end, count) / count
    found["holiday_before"] = panel.over(sums, zero, origin + 1, count) / count
    found["holiday_ahead_to_last_year"] = found["holiday_ahead"] - np.where(
        origin - YEAR[period] >= 0, panel.over(sums, zero, end - YEAR[period], count) / count, np.nan
    )
    return found


def _promotion(
    task: Task, panel: Panel, row: np.ndarray, origin: np.ndarray, scale: np.ndarray
) -> dict[str, np.ndarray]:
    drivers, width, end = task.drivers, panel.width[row], origin + 1
    short, medium, year = SPANS[task.period][0], SPANS[task.period][1], YEAR[task.period]
    found = {}
    sums = sums_over(drivers.promotion[panel.series])
    found["promotion_now"] = drivers.promotion[panel.series][row, origin]
    found["promotion_before"] = panel.over(sums, row, end, short) / short
    found["promotion_ahead"] = _ahead(panel, sums, row, origin, width)
    found["promotion_next_period"] = _ahead(panel, sums, row, origin, np.ones_like(width))
    sums = sums_over(drivers.discount[panel.series])
    found["promotion_discount_ahead"] = _ahead(panel, sums, row, origin, width)
    effect = drivers.effect[panel.series]
    sums = sums_over(effect)
    found["promotion_effect_ahead"] = _ahead(panel, sums, row, origin, width)
    found["promotion_effect_now"] = effect[row, origin]
    found["promotion_effect_before"] = panel.over(sums, row, end, short) / np.minimum(short, end)
    at = origin - year
    last_year = np.where((at >= 0) & (width <= year), _ahead(panel, sums, row, np.maximum(at, 0), width), np.nan)
    found["promotion_effect_to_last_year"] = share(found["promotion_effect_ahead"], last_year)
    # demand as it would have been without promotions, times what is planned
    cleared = np.divide(
        panel.demand,
        effect[:, : panel.demand.shape[1]],
        out=np.full_like(panel.demand, np.nan),
        where=effect[:, : panel.demand.shape[1]] > 0,
    )
    for span in (short, medium):
        usual = share(panel.over(sums_over(cleared), row, end, span), panel.over(panel.known, row, end, span))
        found[f"promotion_usual_times_effect_{span}"] = usual * found["promotion_effect_ahead"] * width / scale
    return found


def _price(task: Task, panel: Panel, row: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
    price = task.drivers.price[panel.series]
    medium = SPANS[task.period][1]
    sums = sums_over(price)
    now = price[row, origin]
    before = panel.over(sums, row, origin + 1, medium) / np.minimum(medium, origin + 1)
    ahead = _ahead(panel, sums, row, origin, panel.width[row])
    return {
        "price_now": now,
        "price_ahead": ahead,
        "price_ahead_to_now": share(ahead, now),
        "price_now_to_before": share(now, before),
        "price_ahead_to_before": share(ahead, before),
    }


def _ahead(panel: Panel, sums: np.ndarray, row: np.ndarray, origin: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the mean over the window after each origin, of the columns that are laid out."""
    end = np.minimum(origin + 1 + width, sums.shape[1] - 1)
    count = np.maximum(end - origin - 1, 1)
    result: np.ndarray = panel.over(sums, row, end, count) / count
    return result


def _stockout(task: Task, panel: Panel, row: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
    censored = task.censored[panel.series]
    sums = sums_over(censored)
    found = {"stockout_now": censored[row, origin].astype(float)}
    for span in SPANS[task.period][:2]:
        found[f"stockout_share_{span}"] = panel.over(sums, row, origin + 1, span) / np.minimum(span, origin + 1)
    return found


def _signals(task: Task, context: _Context, panel: Panel, row: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    year, periods = YEAR[task.period], task.demand.shape[1]
    for number, name in enumerate(sorted(task.drivers.signals)):
        values = task.drivers.signals[name][panel.series]
        label = f"signal_{_SIGNIFICANT.sub('_', name).strip('_').lower()}_{number}"
        past = np.isfinite(values[:, :periods])
        seen = np.maximum.accumulate(np.where(past, np.arange(periods), -1), axis=1)[row, origin]
        now = np.where(seen >= 0, values[row, np.maximum(seen, 0)], np.nan)
        sums, known = sums_over(values), sums_over(np.isfinite(values))
        # of every window, past ones too, only as much counts as is known ahead today
        width = np.minimum(panel.width[row], context.ahead[name])
        end = np.minimum(origin + 1 + width, values.shape[1])
        ahead = share(panel.over(sums, row, end, width), panel.over(known, row, end, width))
        last_year = share(panel.over(sums, row, end - year, width), panel.over(known, row, end - year, width))
        found[f"{label}_now"] = now
        found[f"{label}_ahead"] = ahead
        found[f"{label}_change"] = ahead - now
        found[f"{label}_to_last_year"] = np.where(origin >= year, ahead - last_year, np.nan)
    return found


def _item(task: Task, context: _Context, panel: Panel, row: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
    which = panel.series[row]
    found = {f"item_{name}": context.codes[name][which] for name in CATEGORICAL}
    for name in ("unit_cost", "unit_price"):
        value = task.attributes[name].to_numpy(dtype=float)[which]
        found[f"item_log_{name}"] = np.log(np.where(value > 0, value, np.nan))
    found["age_periods_log"] = np.log1p(task.age_at_start[which] + panel.known[row, origin + 1])
    found["age_periods_on_record"] = np.minimum(panel.known[row, origin + 1], 2.0 * YEAR[task.period])
    return found
