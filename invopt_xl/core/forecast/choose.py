"""Forecast: demand history and lead times -> a distribution of demand over the protection interval, per series. Sixth stage.

Statistical methods are combined by what their walk-forward errors say (`combine`); the moving average, that combination and boosted trees then
compete on held-back windows by simulated cost, segment by segment (`champion`). The winner gets a variance from its errors (`spread`), a
distribution over all lead times (`mixture`), and the correction that held-back windows call for (`calibrate`). Quantiles of single periods are
never added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR, Period
from invopt_xl.core.contracts import FORECAST_LEVELS
from invopt_xl.core.drivers import COMING, Drivers, no_drivers
from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.accuracy_table import accuracy_table
from invopt_xl.core.forecast.ahead import Ahead
from invopt_xl.core.forecast.base_demand import base_demand
from invopt_xl.core.forecast.boosted.task import LEVELS as TREE_LEVELS
from invopt_xl.core.forecast.contest import Contest, hold_contest
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.horizon import elapsed_periods, path_total
from invopt_xl.core.forecast.law import DemandLaw
from invopt_xl.core.forecast.methods import SEASON
from invopt_xl.core.forecast.newcomers import with_newcomers
from invopt_xl.core.forecast.reasons import Reasons, blended, statistical_reasons
from invopt_xl.core.forecast.situation import Situation
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.promoted import uplift_ahead
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

#: Trees may move the expected demand of the statistical forecast within this factor.
_MOST_MOVED = 5.0


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
    reasons : Reasons
        What season, trend, promotions and the rest add to expected demand over the protection interval.
    tried_width : int array, shape (n,)
        Whole periods of the interval that methods were judged on.
    tried_ahead : tuple of Ahead
        What every method says of the next `tried_width` full periods; only if asked for.
    trees : Trees or None
        The boosted trees, where they were fitted.
    findings : tuple of Finding
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
    reasons: Reasons
    tried_width: np.ndarray
    tried_ahead: tuple[Ahead, ...] = ()
    trees: Trees | None = None
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True)
class _Interval:
    """Lengths of the interval to cover: as orders follow each other and per lead time (n, J), at the mean (n,), with and without review [periods]."""

    protection: np.ndarray
    plain: np.ndarray
    lead: np.ndarray
    mean_protection: np.ndarray
    mean_lead: np.ndarray


def forecast(
    history: History,
    segments: Segments,
    terms: Terms,
    lead_times: LeadTimes,
    *,
    settings: Settings,
    drivers: Drivers | None = None,
    learned: Mapping[str, Any] | None = None,
    ahead: bool = False,
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
        forecast_periods, min_gain, challenger_margin, boosted_trees and seed are used.
    drivers : Drivers, optional
        Promotions, prices, holidays and signals. Default: only what planned promotions say of themselves.
    learned : mapping, optional
        Boosted trees fitted before, to be used instead of fitting (`boosted.task.Boosted.learned`).
    ahead : bool
        Also keep what every method says of the interval that lies ahead (`tried_ahead`).
    """
    interval = _interval(history, terms, lead_times)
    shown = settings.forecast_periods or _quarter(history)
    horizon = _outlook_length(history, interval, shown)
    known = drivers or _told(history)
    situation = _situation(history, segments, terms, known, settings, interval, horizon)
    contest = with_newcomers(hold_contest(situation, learned=learned, ahead=ahead), situation)
    return _assemble(contest, situation, interval, shown)


def _quarter(history: History) -> int:
    return {"day": 91, "week": 13, "month": 3}[history.period]


def _told(history: History) -> Drivers:
    """Return drivers that know only the uplifts that planned promotions were given."""
    n, periods = history.demand.shape
    nothing = no_drivers(n, periods, period=history.period)
    ahead = uplift_ahead(
        history.promotions_ahead,
        series=n,
        last_start=history.starts[-1],
        as_of=history.as_of,
        period=history.period,
        length=COMING[history.period],
    )
    effect = np.concatenate([np.ones((n, periods)), ahead], axis=1)
    return replace(nothing, effect=effect)


def _interval(history: History, terms: Terms, lead_times: LeadTimes) -> _Interval:
    per_period = history.days_per_period
    days = terms.frame["review_period_days"].to_numpy(dtype=float)
    review, lead = days / per_period, lead_times.atoms / per_period
    mean_lead = lead_times.frame["mean_days"].to_numpy(dtype=float) / per_period
    protection = lead_times.protection_days(days) / per_period
    return _Interval(protection, lead + review[:, None], lead, mean_lead + review, mean_lead)


def _outlook_length(history: History, interval: _Interval, shown: int) -> int:
    wanted = int(np.ceil(interval.protection.max(initial=0.0))) + 1
    year = PERIODS_PER_YEAR[history.period] if history.period != "day" else 0
    return min(max(shown, wanted, SEASON[history.period], year), COMING[history.period])


def _situation(
    history: History,
    segments: Segments,
    terms: Terms,
    drivers: Drivers,
    settings: Settings,
    interval: _Interval,
    horizon: int,
) -> Situation:
    periods = history.demand.shape[1]
    effect = drivers.effect[:, :periods]
    # where nothing is known of what a promotion did, it is not learned as base demand
    unexplained = history.promoted & (effect == 1.0)
    base = base_demand(history.demand / np.maximum(effect, 0.05), promoted=unexplained, outlier=history.outlier)
    longest = max(1, periods // 3)
    sold = np.nan_to_num(history.sales)
    adi = np.nan_to_num(segments.frame["adi"].to_numpy(dtype=float), nan=1.0, posinf=1e6)
    return Situation(
        history=history,
        segments=segments,
        terms=terms,
        drivers=drivers,
        settings=settings,
        base=base,
        width=np.clip(np.rint(interval.mean_protection), 1, longest).astype(np.int64),
        horizon=horizon,
        position=_position(history.starts[0], periods + horizon, history.period),
        units=(sold == np.rint(sold)).all(axis=1),
        intermittent=segments.frame["demand_class"].isin(["intermittent", "lumpy"]).to_numpy(),
        chance=1 / np.maximum(adi, 1.0),
    )


def _position(first: np.datetime64, number: int, period: Period) -> np.ndarray:
    """Return the position of the middle of each period in its cycle, the week for days, the year else, shape (number,) [cycles].

    >>> _position(np.datetime64("2026-01-01"), 3, "month") % 1
    array([0.        , 0.08333333, 0.16666667])
    """
    at = np.arange(number)
    if period == "month":
        months: np.ndarray = (first.astype("datetime64[M]").astype(np.int64) + at) / 12
        return months
    start = int(first.astype("datetime64[D]").astype(np.int64))
    if period == "day":
        return (start + at) / 7.0
    return (start + 7 * at + 3.5) / 365.25


def _assemble(contest: Contest, situation: Situation, interval: _Interval, shown: int) -> Forecast:
    law = _law(contest, situation, interval)
    means = law.mean(interval.plain)
    _, fixed = law.moments(interval.mean_protection)
    covered, variances = law.moments(interval.protection)
    # the correction of the distribution moves its mean: what is shown per period follows
    factor = law.corrected_mean_factor(interval.mean_protection)
    path = law.path * factor[:, None]
    per_period = np.divide(
        means.mean(axis=1) * factor,
        interval.mean_protection,
        out=path[:, 0].copy(),
        where=interval.mean_protection > 0,
    )
    whole_level = (law.usual * factor[:, None]).mean(axis=1)
    held = contest.held
    return Forecast(
        model=contest.model,
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
        sd_total=np.sqrt(variances.mean(axis=1) + ((covered - means.mean(axis=1)[:, None]) ** 2).mean(axis=1)),
        seasonal_share=np.divide(per_period, whole_level, out=np.ones_like(per_period), where=whole_level > 0),
        accuracy=accuracy_table(contest.tried, held, segment=situation.segment),
        reasons=_reasons(contest, situation, law, factor, interval),
        tried_width=situation.width,
        tried_ahead=contest.aheads,
        trees=_trees(contest, situation),
        findings=contest.challengers.findings,
    )


def _law(contest: Contest, situation: Situation, interval: _Interval) -> DemandLaw:
    """Return the law of demand."""
    history, terms = situation.history, situation.terms
    elapsed = elapsed_periods(
        history.starts, history.as_of, period=history.period, days_per_period=history.days_per_period
    )
    moved = _moved(contest, situation)
    usual = contest.run.path * moved[:, None]
    effect = situation.effect_ahead
    promoted = usual * effect
    expected = path_total(promoted, interval.mean_protection, elapsed=elapsed)
    # a planner's own figure is what he expects in all, promotions included
    path, factor, by_hand = _overridden(promoted, expected, interval.mean_protection, terms)
    law = DemandLaw(
        path=path,
        usual=np.where(by_hand[:, None], path, usual * factor[:, None]),
        spread=contest.spread,
        factor=factor * moved,
        level=contest.run.path.mean(axis=1),
        elapsed=elapsed,
        whole=contest.whole & (history.demand.shape[1] > 0),
        intermittent=situation.intermittent,
        chance=situation.chance,
        calibration=contest.calibration,
        # a planner's figure is not corrected
        group=np.where(terms.frame["override_demand_per_period"].notna().to_numpy(), -1, contest.group),
    )
    return _bent(law, contest, situation, factor)


def _moved(contest: Contest, situation: Situation) -> np.ndarray:
    """Return the ratio of what trees expect of the next `width` periods to the statistical forecast; 1 where trees did not win, shape (n,)."""
    inside = np.arange(situation.horizon) < situation.width[:, None]
    statistical = np.where(inside, contest.run.path * situation.effect_ahead, 0.0).sum(axis=1)
    wins = ~np.isnan(contest.trees_total) & (statistical > 0)
    ratio = np.divide(contest.trees_total, statistical, out=np.ones_like(statistical), where=wins)
    moved: np.ndarray = np.clip(ratio, 1 / _MOST_MOVED, _MOST_MOVED)
    return moved


def _bent(law: DemandLaw, contest: Contest, situation: Situation, factor: np.ndarray) -> DemandLaw:
    """Return the law bent to the quantiles that the winner with trees gives; counts keep their own shape."""
    rows = ~np.isnan(contest.trees_total) & ~law.whole & (law.group >= 0)
    if not rows.any():
        return law
    plain = replace(law, group=np.zeros(0, dtype=np.int64))
    over = plain.over(situation.width[:, None].astype(float))
    known = np.stack([over.quantile(level) for level in TREE_LEVELS], axis=1)
    wanted = contest.trees_quantiles * factor[:, None]
    stretch = np.stack([known, np.where(known > 0, wanted, 0.0)], axis=2)
    stretch[~rows] = np.nan
    return replace(law, stretch=stretch, group=np.where(rows, -1, law.group))


def _overridden(
    path: np.ndarray, expected: np.ndarray, periods: np.ndarray, terms: Terms
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the path with a planner's own demand per period over the protection interval, its factor on the forecast (n,), and where
    there was no forecast to scale (n,)."""
    wanted = terms.frame["override_demand_per_period"].to_numpy(dtype=float)
    given = ~np.isnan(wanted)
    now = np.divide(expected, periods, out=path[:, 0].copy(), where=periods > 0)
    scale = np.divide(wanted, now, out=np.ones_like(now), where=given & (now > 0))
    # nothing to scale: the planner's number holds for every period
    level = given & (now <= 0)
    return np.where(level[:, None], np.where(given, wanted, 0.0)[:, None], path * scale[:, None]), scale, level


def _period_quantiles(path: np.ndarray, law: DemandLaw) -> np.ndarray:
    """Return quantiles of single periods (n, H, 6): those of an average period, scaled to each period's mean."""
    n = len(path)
    single = law.over(np.ones((n, 1)))
    mean = single.mean()
    share = np.divide(path, mean[:, None], out=np.ones_like(path), where=mean[:, None] > 0)
    levels = np.stack([single.quantile(level) for level in FORECAST_LEVELS.values()], axis=1)  # (n, 6)
    scaled = share[:, :, None] * levels[:, None, :]
    result: np.ndarray = np.where(law.whole[:, None, None], np.ceil(scaled - 1e-9), scaled)
    return result


def _reasons(
    contest: Contest, situation: Situation, law: DemandLaw, factor: np.ndarray, interval: _Interval
) -> Reasons:
    base = situation.base
    cycle = min(SEASON[situation.period], base.shape[1])
    recent = np.nan_to_num(base[:, -cycle:])
    count = np.maximum((~np.isnan(base[:, -cycle:])).sum(axis=1), 1)
    coming = law.usual.mean(axis=1)
    # a young or changing level is no trend: only what is left after the last cycle's mean is
    level = np.where(count >= cycle, recent.sum(axis=1) / count, coming)
    level = np.where(law.factor == 1.0, level, coming)
    trend = np.repeat((coming - level)[:, None], law.usual.shape[1], axis=1)
    scale = factor[:, None]
    promoted = situation.drivers.promotion[:, situation.periods : situation.periods + situation.horizon] > 0
    found = statistical_reasons(
        law.path * scale,
        law.usual * scale,
        level * factor,
        trend * scale,
        interval.mean_protection,
        law.elapsed,
        promoted=promoted if promoted.any() else None,
    )
    boosted = contest.challengers.boosted
    if boosted is None or not contest.challengers.both:
        return found
    return blended(found, boosted.groups, boosted.contributions, contest.trees_share)


def _trees(contest: Contest, situation: Situation) -> Trees | None:
    task, boosted = contest.challengers.task, contest.challengers.boosted
    if task is None or boosted is None or not contest.challengers.both:
        return None
    return Trees(task=task, boosted=boosted, series=situation.history.series[["sku", "location"]])
