"""Forecast: demand history and lead times -> a distribution of demand over the protection interval, per series. Sixth stage.

Each series gets the method that forecast the total of its own protection interval best at past moments (`contest`), a variance from the errors
it made there (`spread`), and the exact mixture over its lead times (`mixture`). Quantiles of single periods are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR, Period
from invopt_xl.core.contracts import FORECAST_LEVELS
from invopt_xl.core.forecast.accuracy import AccuracySums, accuracy_table
from invopt_xl.core.forecast.base_demand import base_demand
from invopt_xl.core.forecast.candidates import SEASON, baseline, candidates
from invopt_xl.core.forecast.contest import Score, hold_contest
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.horizon import elapsed_periods, path_total
from invopt_xl.core.forecast.law import DemandLaw
from invopt_xl.core.forecast.profile import profiles, refit_moments
from invopt_xl.core.forecast.spread import Spread, interval_spread
from invopt_xl.core.forecast.windows import Windows, scored_origins
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.promoted import uplift_ahead
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

#: Series worked on at a time: bounds memory.
_CHUNK = 1000

#: Periods of life before a forecast is judged, and the number of latest origins that are judged.
_WARM_UP: dict[Period, int] = {"day": 28, "week": 13, "month": 6}
_JUDGED: dict[Period, int] = {"day": 182, "week": 104, "month": 36}

#: Longest path kept [periods]: beyond it the mean of the path holds.
_LONGEST: dict[Period, int] = {"day": 182, "week": 104, "month": 36}


@dataclass(frozen=True)
class Forecast:
    """What demand is expected to be, and how sure that is, for n series.

    Parameters
    ----------
    model : str array, shape (n,)
        Chosen method.
    path : float array, shape (n, H)
        Expected demand of the H periods after the last full one, planned promotions included [units].
    path_quantiles : float array, shape (n, H, 6)
        Quantiles of single periods at `contracts.FORECAST_LEVELS` [units].
    outlook : float array, shape (n, L)
        `path` continued, L >= H; its mean holds after it.
    elapsed : float
        Share of the first period of the path that has passed at the end of as_of.
    law : DemandLaw
        Gives the distribution of demand over any time from as_of.
    protection, lead : DemandDistribution
        Demand from as_of over lead time + review, and over the lead time alone.
    protection_periods, lead_periods : float array, shape (n,)
        Expected lengths [periods].
    demand_per_period : float array, shape (n,)
        Expected demand over the protection interval, per period [units].
    sd_demand, sd_total : float array, shape (n,)
        Standard deviation of demand over the protection interval with the lead time fixed at its mean, and with its spread [units].
    seasonal_share : float array, shape (n,)
        Expected demand over the protection interval relative to the level of a whole cycle.
    accuracy : DataFrame
        contracts.ACCURACY.
    """

    model: np.ndarray
    path: np.ndarray
    path_quantiles: np.ndarray
    outlook: np.ndarray
    elapsed: float
    law: DemandLaw
    protection: DemandDistribution
    lead: DemandDistribution
    protection_periods: np.ndarray
    lead_periods: np.ndarray
    demand_per_period: np.ndarray
    sd_demand: np.ndarray
    sd_total: np.ndarray
    seasonal_share: np.ndarray
    accuracy: pd.DataFrame


@dataclass(frozen=True)
class _Interval:
    """Lengths of the interval to cover: per lead time (n, J) and at the mean (n,), with and without review [periods]."""

    protection: np.ndarray
    lead: np.ndarray
    mean_protection: np.ndarray
    mean_lead: np.ndarray


def forecast(
    history: History, segments: Segments, terms: Terms, lead_times: LeadTimes, *, settings: Settings
) -> Forecast:
    """Return the demand forecast of all series.

    Parameters
    ----------
    history : History
    segments : Segments
    terms : Terms
    lead_times : LeadTimes
        All for the same n series in the same order.
    settings : Settings
        forecast_periods and min_gain are used.
    """
    interval = _interval(history, terms, lead_times)
    shown = settings.forecast_periods or _quarter(history)
    length = _outlook_length(history, interval, shown)
    base = base_demand(history.demand, promoted=history.promoted, outlier=history.outlier)
    width = _window_width(interval.mean_protection, periods=base.shape[1])
    judged = _judge(base, width, length, history, segments, terms, interval, min_gain=settings.min_gain)
    spread = interval_spread(
        judged.score, level=judged.path.mean(axis=1), age=(~np.isnan(base)).sum(axis=1), width=width
    )
    return _assemble(judged, spread, interval, history, segments, terms, shown)


@dataclass(frozen=True)
class _Judged:
    """Winners of all chunks together."""

    model: np.ndarray
    path: np.ndarray
    score: Score
    accuracy: pd.DataFrame


def _quarter(history: History) -> int:
    return {"day": 91, "week": 13, "month": 3}[history.period]


def _interval(history: History, terms: Terms, lead_times: LeadTimes) -> _Interval:
    per_period = history.days_per_period
    review = terms.frame["review_period_days"].to_numpy(dtype=float) / per_period
    lead = lead_times.atoms / per_period
    mean_lead = lead_times.frame["mean_days"].to_numpy(dtype=float) / per_period
    return _Interval(lead + review[:, None], lead, mean_lead + review, mean_lead)


def _outlook_length(history: History, interval: _Interval, shown: int) -> int:
    wanted = int(np.ceil(interval.protection.max(initial=0.0))) + 1
    limit = max(_LONGEST[history.period], PERIODS_PER_YEAR[history.period] if history.period != "day" else 0)
    return max(shown, min(wanted, limit), SEASON[history.period])


def _window_width(protection: np.ndarray, *, periods: int) -> np.ndarray:
    """Return whole periods of the windows errors are measured on: the protection interval, or a third of the history if that is less."""
    longest = max(1, periods // 3)
    result: np.ndarray = np.clip(np.rint(protection), 1, longest).astype(np.int64)
    return result


def _judge(
    base: np.ndarray,
    width: np.ndarray,
    length: int,
    history: History,
    segments: Segments,
    terms: Terms,
    interval: _Interval,
    *,
    min_gain: float,
) -> _Judged:
    n = len(base)
    angle = _year_angle(history, length)
    season = SEASON[history.period]
    codes, pooled = _pooled_profiles(base, angle, terms, season=season, weekly_cycle=history.period == "day")
    intermittent = _intermittent(segments)
    model, path, scores = np.full(n, "", dtype=object), np.zeros((n, length)), Score.empty(n)
    sums = AccuracySums.start(segments.frame["segment"].to_numpy(dtype=str))
    for start in range(0, n, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, n))
        demand = np.ascontiguousarray(base[rows].T)
        scored = scored_origins(demand, width[rows], warm_up=_WARM_UP[history.period], last=_JUDGED[history.period])
        windows = Windows(demand, width[rows], scored, length, season, angle, np.arange(len(rows)))
        profile = None if pooled is None else pooled[:, :, codes[rows]]
        outcome = hold_contest(
            windows,
            baseline(history.period),
            candidates(history.period, pooled=profile),
            intermittent=intermittent[rows],
            min_gain=min_gain,
        )
        model[rows], path[rows] = outcome.model, outcome.path
        scores = scores.replaced(rows, outcome.score)
        sums.add(rows, outcome, width[rows])
    return _Judged(model, path, scores, accuracy_table(sums))


def _year_angle(history: History, length: int) -> np.ndarray:
    """Return the position in the year of the middle of each period and of `length` periods to come [radians]."""
    first = history.starts[0]
    at = np.arange(len(history.starts) + length)
    if history.period == "month":
        years = (first.astype("datetime64[M]").astype(np.int64) + at) / 12
    else:
        years = (first.astype(np.int64) + (at + 0.5) * history.days_per_period) / 365.25
    angle: np.ndarray = 2 * np.pi * years
    return angle


def _pooled_profiles(
    base: np.ndarray, angle: np.ndarray, terms: Terms, *, season: int, weekly_cycle: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the category of each series (n,), and seasonal profiles (moments, T + L, categories) of categories."""
    codes, names = pd.factorize(terms.frame["category"].astype("str").to_numpy(dtype=object))
    moments = refit_moments(base.shape[1], season=season)
    if weekly_cycle or not len(moments) or not len(base):
        return codes, None
    known = ~np.isnan(base)
    filled = np.nan_to_num(base)
    mean = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    # every item counts the same, whatever its size
    ratio = filled / np.where(mean > 0, mean, 1.0)[:, None]
    counts = known & (mean > 0)[:, None]
    total, number = np.zeros((len(names), base.shape[1])), np.zeros((len(names), base.shape[1]))
    np.add.at(total, codes, np.where(counts, ratio, 0.0))
    np.add.at(number, codes, counts)
    average = np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)
    return codes, profiles(np.ascontiguousarray(average.T), angle, moments=moments, season=season)


def _intermittent(segments: Segments) -> np.ndarray:
    found: np.ndarray = segments.frame["demand_class"].isin(["intermittent", "lumpy"]).to_numpy()
    return found


def _assemble(
    judged: _Judged,
    spread: Spread,
    interval: _Interval,
    history: History,
    segments: Segments,
    terms: Terms,
    shown: int,
) -> Forecast:
    law = _law(judged, spread, interval, history, segments, terms)
    path = law.path
    means, variances = law.moments(interval.protection)
    _, fixed = law.moments(interval.mean_protection)
    per_period = _per_period(means.mean(axis=1), interval.mean_protection, path)
    whole_level = law.usual.mean(axis=1)
    return Forecast(
        model=judged.model,
        path=path[:, :shown],
        path_quantiles=_period_quantiles(path[:, :shown], law),
        outlook=path,
        elapsed=law.elapsed,
        law=law,
        protection=law.over(interval.protection),
        lead=law.over(interval.lead),
        protection_periods=interval.mean_protection,
        lead_periods=interval.mean_lead,
        demand_per_period=per_period,
        sd_demand=np.sqrt(fixed),
        sd_total=np.sqrt(variances.mean(axis=1) + means.var(axis=1)),
        seasonal_share=np.divide(per_period, whole_level, out=np.ones_like(per_period), where=whole_level > 0),
        accuracy=judged.accuracy,
    )


def _law(
    judged: _Judged, spread: Spread, interval: _Interval, history: History, segments: Segments, terms: Terms
) -> DemandLaw:
    elapsed = elapsed_periods(
        history.starts, history.as_of, period=history.period, days_per_period=history.days_per_period
    )
    uplift = uplift_ahead(
        history.promotions_ahead,
        series=len(judged.path),
        last_start=history.starts[-1],
        as_of=history.as_of,
        period=history.period,
        length=judged.path.shape[1],
    )
    promoted = judged.path * uplift
    expected = path_total(promoted, interval.mean_protection, elapsed=elapsed)
    # a planner's own figure is what he expects in all, promotions included
    path, factor, by_hand = _overridden(promoted, expected, interval.mean_protection, terms)
    usual = np.where(by_hand[:, None], path, judged.path * factor[:, None])
    law = DemandLaw(
        path=path,
        usual=usual,
        spread=spread,
        factor=factor,
        level=judged.path.mean(axis=1),
        elapsed=elapsed,
        whole=np.zeros(len(path), dtype=bool),
        intermittent=_intermittent(segments),
        chance=1 / np.maximum(np.nan_to_num(segments.frame["adi"].to_numpy(dtype=float), nan=1.0, posinf=1e6), 1.0),
    )
    sold = np.nan_to_num(history.sales)
    return law.counting(units=(sold == np.rint(sold)).all(axis=1), over=interval.mean_protection)


def _per_period(total: np.ndarray, periods: np.ndarray, path: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(total, periods, out=path[:, 0].copy(), where=periods > 0)
    return result


def _overridden(
    path: np.ndarray, expected: np.ndarray, periods: np.ndarray, terms: Terms
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the path with a planner's own demand per period over the protection interval, its factor on the forecast (n,), and where
    there was no forecast to scale (n,)."""
    wanted = terms.frame["override_demand_per_period"].to_numpy(dtype=float)
    given = ~np.isnan(wanted)
    now = _per_period(expected, periods, path)
    scale = np.divide(wanted, now, out=np.ones_like(now), where=given & (now > 0))
    # nothing to scale: the planner's number holds for every period
    level = given & (now <= 0)
    return np.where(level[:, None], np.where(given, wanted, 0.0)[:, None], path * scale[:, None]), scale, level


def _period_quantiles(path: np.ndarray, law: DemandLaw) -> np.ndarray:
    """Return quantiles of single periods (n, H, 6): those of an average period, scaled to each period's mean."""
    n = len(path)
    single = law.over(np.ones((n, 1)))
    mean = law.mean(np.ones(n))
    share = np.divide(path, mean[:, None], out=np.ones_like(path), where=mean[:, None] > 0)
    levels = np.stack([single.quantile(level) for level in FORECAST_LEVELS.values()], axis=1)  # (n, 6)
    scaled = share[:, :, None] * levels[:, None, :]
    result: np.ndarray = np.where(law.whole[:, None, None], np.ceil(scaled - 1e-9), scaled)
    return result
