"""Forecasts of new items: a level from attribute neighbours and the first own sales, a launch curve, and how much either may be wrong.

An item's own first weeks say less of its level than they seem to: it is looked at because it just sold. What they are worth is learned from
earlier launches of the same record: at each age, how much of the own mean and how much of the neighbours' level forecast best what came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.forecast.launch_curve import LaunchCurves, by_age, launch_curves, no_curves
from invopt_xl.core.forecast.launch_update import Examples, Update, learn_update
from invopt_xl.core.forecast.neighbours import level_prior

#: Silence at the start of the record that makes the first sale a launch [periods].
_MARGIN = 3

#: Established items count together as this many launches, so that a record with few launches is not read as a law [items].
_STAND_INS = 5.0

#: Items of known level that a forecast needs.
_LEAST_ITEMS = 10

#: Weight of the neighbours in the own mean, so that it is never zero [periods].
_START = 0.1

#: Share of the doubt about the total that is at least doubt about the level.
_LEAST_DOUBT = 0.25


@dataclass(frozen=True)
class Launch:
    """Forecasts of k new items.

    Parameters
    ----------
    rows : int array, shape (k,)
        Their positions, ascending.
    path : float array, shape (k, horizon)
        Expected demand of the coming periods [units].
    cv2 : float array, shape (k,)
        Squared coefficient of variation of the doubt about the level: the error that all coming periods share.
    noise : float array, shape (k,)
        Squared coefficient of variation of one period around the level. The variance of the total over a few periods is about
        total ** 2 * cv2 + noise * sum(path ** 2).
    own_share : float array, shape (k,)
        Share of own sales in the level; 0 for items without any.
    source : str array, shape (k,)
        Where the forecast comes from, in words.
    """

    rows: np.ndarray
    path: np.ndarray
    cv2: np.ndarray
    noise: np.ndarray
    own_share: np.ndarray
    source: np.ndarray


@dataclass(frozen=True)
class _World:
    """The record: what is asked, with `first` at most T, `row` the curve each series follows, and `table` its attributes."""

    demand: np.ndarray
    first: np.ndarray
    launch: np.ndarray
    settled: np.ndarray
    row: np.ndarray
    table: pd.DataFrame
    mature: int
    after: int


@dataclass(frozen=True)
class _Lives:
    """Lives of n series by age: demand and curve (n, A), sums of both before each age (n, A + 1), and what they may teach."""

    demand: np.ndarray
    known: np.ndarray
    sold: np.ndarray
    exposure: np.ndarray
    launch: np.ndarray
    weight: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class _Learned:
    """What the record teaches: levels expected of all series (n,), whose level is known (n,), and the update; `units` of its examples."""

    curves: LaunchCurves
    expected: np.ndarray
    known: np.ndarray
    lives: _Lives
    update: Update
    units: list[np.ndarray]


def launch_forecast(
    demand: np.ndarray,
    first_period: np.ndarray,
    *,
    category: np.ndarray,
    attributes: pd.DataFrame,
    young: np.ndarray,
    season: int,
    horizon: int,
) -> Launch:
    """Return forecasts of new items; none where nothing can be learned, or where the usual methods did better at an item's age.

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before the first period of life; only own life, nothing borrowed [units].
    first_period : int array, shape (n,)
        T: never sold.
    category : str array, shape (n,)
        "" for unknown.
    attributes : DataFrame
        n rows: supplier, location ("" for unknown), unit_cost, unit_price (NaN for unknown); sku where several locations sell the same.
    young : bool array, shape (n,)
        Items to forecast: a life shorter than the new-item limit, and no like item.
    season : int
        Periods per cycle: 7 for days, 52 for weeks, 12 for months.
    horizon : int
        Periods to forecast.

    Examples
    --------
    Twelve teas that sell about 10 a week, and one that has not sold yet:

    >>> demand = np.full((13, 60), 10.0)
    >>> demand[12] = np.nan
    >>> new = np.arange(13) == 12
    >>> nothing = pd.DataFrame({"supplier": [""] * 13, "location": "", "unit_cost": np.nan, "unit_price": np.nan})
    >>> found = launch_forecast(demand, np.where(new, 60, 0), category=np.full(13, "Tea"), attributes=nothing, young=new, season=52, horizon=3)
    >>> found.rows.tolist(), found.path.round(1).tolist(), found.source.tolist()
    ([12], [[10.0, 10.0, 10.0]], ['level of category Tea, 12 items'])
    """
    periods = demand.shape[1]
    mature, after = _mature_age(season), _window(season)
    launch = (first_period >= _MARGIN) & (first_period < periods)
    settled = ~launch & ~young & (periods - first_period >= mature + after)
    code, names = _codes(category)
    world = _World(
        demand=demand,
        first=np.minimum(first_period, periods),
        launch=launch,
        settled=settled,
        row=np.where(code >= 0, code, len(names)),
        table=attributes.assign(category=np.where(code >= 0, np.asarray([*names, ""], dtype=object)[code], "")),
        mature=mature,
        after=after,
    )
    rows = np.flatnonzero(young)
    learned = _learn(world, no_curves(len(names), mature), unit=None) if len(rows) else None
    if learned is None:
        return _nothing(horizon)
    learned = _with_curves(world, learned, code, len(names))
    age = np.minimum(periods - world.first[rows], mature)
    rows, age = rows[learned.update.better[age]], age[learned.update.better[age]]
    height = _heights(world, learned, rows, age)
    coming = np.minimum((periods - world.first[rows])[:, None] + np.arange(horizon), mature)
    ratio = np.take_along_axis(learned.curves.at(world.row[rows], mature + 1), coming, axis=1)
    noise, usual = _noise(learned.lives, height)
    doubt = learned.update.cv2[age]
    return Launch(
        rows=rows,
        path=height[:, None] * ratio,
        cv2=np.maximum(doubt - usual / after, _LEAST_DOUBT * doubt),
        noise=noise,
        own_share=learned.update.share[age],
        source=_source(code[rows], names, code, learned, age > 0),
    )


def _learn(world: _World, curves: LaunchCurves, *, unit: list[np.ndarray] | None) -> _Learned | None:
    """Return what the record teaches with some curves, or None where it holds too few items; `unit` as in Examples."""
    level = _levels(world, curves)
    known = np.isfinite(level)
    if known.sum() < _LEAST_ITEMS:
        return None
    prior = level_prior(level, world.table, launch=world.launch, weight=known.astype(float))
    expected = np.exp(prior.without_self)
    lives = _lives(world, curves, known)
    examples = [_examples(lives, age, expected, after=world.after) for age in range(world.mature + 1)]
    if unit is not None:
        examples = [replace(one, unit=same) for one, same in zip(examples, unit, strict=True)]
    return _Learned(curves, expected, known, lives, learn_update(examples), [one.unit for one in examples])


def _with_curves(world: _World, flat: _Learned, code: np.ndarray, categories: int) -> _Learned:
    """Return what is learned with launch curves if they forecast the later half of launches clearly better, else `flat`."""
    if flat.update.loss <= 0:
        return flat
    aged = by_age(world.demand[world.launch], world.first[world.launch], ages=2 * world.mature)
    curves = launch_curves(aged, code[world.launch], categories=categories, mature=world.mature)
    curved = _learn(world, curves, unit=flat.units)
    return curved if curved is not None and curved.update.clearly_better(flat.update) else flat


def _heights(world: _World, learned: _Learned, rows: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the mature levels of new items (k,)."""
    own = _own_mean(world, learned, rows)
    share = learned.update.share[age]
    result: np.ndarray = learned.update.scale[age] * own**share * learned.expected[rows] ** (1 - share)
    return result


def _mature_age(season: int) -> int:
    """Return the age at which a launch has become usual business: a quarter of weeks, half a year of months, four weeks of days."""
    return 4 * season if season <= 7 else max(6, season // 4)


def _window(season: int) -> int:
    """Return the length of what is forecast of earlier launches: half of the mature age."""
    return max(3, _mature_age(season) // 2)


def _nothing(horizon: int) -> Launch:
    none = np.zeros(0)
    return Launch(np.zeros(0, dtype=np.int64), np.zeros((0, horizon)), none, none, none, np.zeros(0, dtype=object))


def _codes(category: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the category of each series (n,), -1 for unknown, and their names."""
    text = np.asarray(category, dtype=object).astype(str)
    names, code = np.unique(text, return_inverse=True)
    return np.where(text == "", -1, code), names.tolist()


def _levels(world: _World, curves: LaunchCurves) -> np.ndarray:
    """Return the log level (n,): of launches over their first periods, of established items over the last; NaN where too little is known."""
    ages = 2 * world.mature
    periods = world.demand.shape[1]
    start = np.where(world.settled, np.maximum(periods - ages, world.first), world.first)
    aged = by_age(world.demand, start, ages=ages)
    known = np.isfinite(aged)
    sold = np.where(known, aged, 0.0).sum(axis=1)
    exposure = np.where(known, _curve_of(world, curves, ages), 0.0).sum(axis=1)
    enough = (world.launch | world.settled) & (known.sum(axis=1) >= world.mature) & (sold > 0)
    ratio = np.divide(sold, exposure, out=np.ones_like(sold), where=enough)
    return np.where(enough, np.log(ratio), np.nan)


def _curve_of(world: _World, curves: LaunchCurves, ages: int) -> np.ndarray:
    """Return the curve of each series by age (n, ages); that of an established item is flat."""
    curve: np.ndarray = np.where(world.settled[:, None], 1.0, curves.at(world.row, ages))
    return curve


def _lives(world: _World, curves: LaunchCurves, known: np.ndarray) -> _Lives:
    """Return lives by age: of launches from the first period, of established items over the last periods as if they were new then."""
    ages = world.mature + world.after
    launch, settled = world.launch & known, world.settled & known
    aged = by_age(world.demand, np.where(settled, world.demand.shape[1] - ages, world.first), ages=ages)
    seen = np.isfinite(aged)
    curve = _curve_of(world, curves, ages)
    stand_in = min(1.0, _STAND_INS / max(settled.sum(), 1))
    return _Lives(
        demand=np.where(seen, aged / curve, np.nan),
        known=seen,
        sold=_running(np.where(seen, aged, 0.0)),
        exposure=_running(np.where(seen, curve, 0.0)),
        launch=launch,
        weight=np.where(launch, 1.0, np.where(settled, stand_in, 0.0)),
        start=np.where(launch, world.first, -1),
    )


def _running(values: np.ndarray) -> np.ndarray:
    """Return sums of the columns before each, shape (n, A + 1)."""
    result: np.ndarray = np.cumsum(np.concatenate([np.zeros((len(values), 1)), values], axis=1), axis=1)
    return result


def _examples(lives: _Lives, age: int, expected: np.ndarray, *, after: int) -> Examples:
    end = age + after
    rows = np.flatnonzero((lives.weight > 0) & lives.known[:, age:end].all(axis=1))
    sold, exposure = lives.sold[rows], lives.exposure[rows]
    own = _mean_of(sold[:, age], exposure[:, age], expected[rows])
    return Examples(
        own=own,
        plain=sold[:, age] / max(age, 1),
        expected=expected[rows],
        curve=(exposure[:, end] - exposure[:, age]) / after,
        after=(sold[:, end] - sold[:, age]) / after,
        weight=lives.weight[rows],
        launch=lives.launch[rows],
        start=lives.start[rows],
        unit=np.sqrt(own * expected[rows]),
    )


def _mean_of(sold: np.ndarray, exposure: np.ndarray, expected: np.ndarray) -> np.ndarray:
    result: np.ndarray = (sold + _START * expected) / (exposure + _START)
    return result


def _own_mean(world: _World, learned: _Learned, rows: np.ndarray) -> np.ndarray:
    """Return the mean of own demand with the launch curve removed (k,)."""
    demand, mature = world.demand[rows], world.mature
    known = np.isfinite(demand)
    age = np.clip(np.arange(demand.shape[1]) - world.first[rows][:, None], 0, mature)
    ratio = np.take_along_axis(learned.curves.at(world.row[rows], mature + 1), age, axis=1)
    sold, exposure = np.where(known, demand, 0.0).sum(axis=1), np.where(known, ratio, 0.0).sum(axis=1)
    return _mean_of(sold, exposure, learned.expected[rows])


def _noise(lives: _Lives, level: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the squared coefficient of variation of a single period for items of some levels (k,), and the one usual among launches.

    It falls with the level as in Taylor's power law (Taylor 1961, Nature 189, 732-735); the highest twentieth is cut off.
    """
    count = lives.known.sum(axis=1)
    mean = np.where(lives.known, lives.demand, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(lives.known, lives.demand - mean[:, None], 0.0) ** 2).sum(axis=1)
    used = (lives.weight > 0) & (count > 2) & (mean > 0) & (squares > 0)
    if not used.any():
        return np.zeros(len(level)), 0.0
    x, w = np.log(mean[used]), lives.weight[used]
    ratio = squares[used] / (count[used] - 1) / mean[used] ** 2
    middle = np.average(x, weights=w)
    spread = (w * (x - middle) ** 2).sum()
    slope = float(np.clip((w * (x - middle) * np.log(ratio)).sum() / spread, -1.0, 0.0)) if spread > 0 else 0.0
    flat = ratio / np.exp(slope * (x - middle))
    usual = float(np.average(np.minimum(flat, np.quantile(flat, 0.95)), weights=w))
    return usual * np.exp(slope * (np.log(np.maximum(level, 1e-12)) - middle)), usual


def _source(
    code: np.ndarray, names: list[str], all_codes: np.ndarray, learned: _Learned, sold: np.ndarray
) -> np.ndarray:
    """Return where each forecast comes from (k,)."""
    among = all_codes[learned.known]
    like = np.append(np.bincount(among[among >= 0], minlength=len(names)), len(among))
    launches = learned.curves.items
    texts = []
    for category, own in zip(code.tolist(), sold.tolist(), strict=True):
        at = category if category >= 0 and like[category] > 0 else len(names)
        whose = f"category {names[at]}" if at < len(names) else "all items"
        level = f"level of {whose}, {counted(int(like[at]), 'item')}"
        curve = f"launch curve of {whose}, {counted(int(launches[at]), 'item')}" if launches[at] else level
        texts.append(f"own sales and {curve}" if own else curve)
    return np.array(texts, dtype=object)
