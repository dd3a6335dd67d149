"""What moves demand beside its own past: promotions, prices, holidays and outside signals, for past and coming periods. Serves the forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers, bucket_starts, recorded_by
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.findings import Finding
from invopt_xl.core.history import History
from invopt_xl.core.price_path import PricePath, price_path
from invopt_xl.core.promoted import Cover, promotion_cover, promotions_of_series, uplift_ahead
from invopt_xl.core.public_holidays import public_holidays
from invopt_xl.core.series_index import final_successors, index_series, series_of
from invopt_xl.core.signals import signals_by_period
from invopt_xl.core.terms import Terms
from invopt_xl.core.uplift import Evidence, Uplift, estimate_uplift
from invopt_xl.core.uplift_table import uplift_table
from invopt_xl.core.usual_demand import usual_demand
from invopt_xl.settings import Settings

#: Coming periods for which drivers are laid out.
COMING: dict[Period, int] = {"day": 182, "week": 104, "month": 36}

#: A price this near to usual [logarithm] is no change of price: rounding, loyalty cards.
_SAME_PRICE = 0.01
#: A period whose price is further off than this [logarithm] does not show usual demand.
_USUAL_PRICE = 0.05
#: Price changes count up to this factor.
_MOST_CHANGE = 2.0
#: Deepest discount that is believed [share].
_DEEPEST = 0.9
#: Share of a period's days under a promotion from which the price of the whole period is that of the promotion.
_WHOLE = 0.99
#: Steady demand varies by at least this much around its level [coefficient of variation].
_LEAST_CV = 0.1
#: Usual periods needed to know how much a series varies.
_LEAST_USUAL = 6


@dataclass(frozen=True)
class Drivers:
    """Drivers of n series over T past and L = COMING[period] coming periods: columns 0 .. T + L - 1.

    Parameters
    ----------
    effect : float array, shape (n, T + L)
        What promotions and price changes multiply usual demand by; 1 without. Of the first coming period only the days after as_of count.
    promotion : float array, shape (n, T + L)
        Share of the period's days under a promotion.
    discount : float array, shape (n, T + L)
        Depth of the promotion's discount; 0 without [share of the usual price].
    price : float array, shape (n, T + L)
        Price relative to the series' usual price until then; 1 where unknown.
    holidays : float array, shape (T + L,)
        Public holidays of the period [days].
    signals : mapping of str to float array, shape (n, T + L)
        Outside variables by name; NaN where not known (then also: not known ahead).
    estimates : DataFrame
        What was estimated: see `build_drivers`.
    findings : tuple of Finding
    """

    effect: np.ndarray
    promotion: np.ndarray
    discount: np.ndarray
    price: np.ndarray
    holidays: np.ndarray
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()


def no_drivers(series: int, periods: int, *, period: Period) -> Drivers:
    """Return drivers of `series` series with `periods` past periods that say nothing."""
    shape = (series, periods + COMING[period])
    one, nothing = np.ones(shape), np.zeros(shape)
    return Drivers(effect=one, promotion=nothing, discount=nothing, price=one, holidays=np.zeros(shape[1]))


def build_drivers(checked: Checked, history: History, terms: Terms, *, settings: Settings) -> Drivers:
    """Return what moves the demand of all series beside its own past.

    Parameters
    ----------
    checked : Checked
    history : History
    terms : Terms
        For categories; n rows as in history.
    settings : Settings
        country is used.

    Returns
    -------
    Drivers
        `estimates`: see `uplift_table`.

    Raises
    ------
    SettingError
        The country is not known.

    Notes
    -----
    Past promotions and prices have the effect that was estimated from all of them, so that demand over effect is base demand; planned ones
    have the uplift that the planner gave, else the estimate. What is known of a past period's price looks at no later period. The estimated
    coefficients (`Uplift`) come from the whole record: they are the one thing in past columns that later periods take part in.
    """
    span = _span(history)
    seen = _see(checked, history, span)
    category = terms.frame["category"].to_numpy(dtype=str)
    evidence, level = _evidence(history, seen)
    uplift = estimate_uplift(evidence, series=history.series, category=category)
    planned = _planned(seen, history, uplift, span.bounds)
    holidays, said = public_holidays(span.bounds, country=settings.country)
    past, coming = _past_effect(history, seen, uplift, level), _coming_effect(planned, history, seen, uplift)
    depth = np.where((seen.share > 0) & np.isnan(seen.depth), -np.expm1(-uplift.own_drop)[:, None], seen.depth)
    depth = np.nan_to_num(depth)
    whole = Drivers(
        effect=np.concatenate([past, coming], axis=1),
        promotion=seen.share,
        discount=depth,
        price=_prices(seen, depth),
        holidays=holidays,
        signals=signals_by_period(
            checked.frames["Signals"],
            series=history.series,
            category=category,
            starts=span.bounds[:-1],
            period=history.period,
        ),
        estimates=uplift_table(evidence, uplift, series=history.series, category=category),
        findings=(*said, *_findings(planned, uplift, history.period)),
    )
    return _with_stand_ins(whole, history)


@dataclass(frozen=True)
class _Span:
    """First days of the T past and L coming periods and the day after them, (T + L + 1,); number of the first bucket."""

    bounds: np.ndarray
    first: int
    past: int


@dataclass(frozen=True)
class _Seen:
    """Promotions and prices of n series. `share` and `depth` (NaN where unknown): (n, T + L). `lines`: promotions of series."""

    lines: pd.DataFrame
    line_depth: np.ndarray
    share: np.ndarray
    depth: np.ndarray
    prices: PricePath
    cover: Cover

    def following(self) -> np.ndarray:
        """Return the periods whose period before has a promotion too, (n, T + L)."""
        before = np.zeros(self.share.shape, dtype=bool)
        before[:, 1:] = self.share[:, :-1] > 0
        return before

    @property
    def past(self) -> int:
        return int(self.prices.ratio.shape[1])

    def off_price(self) -> np.ndarray:
        """Return the past periods outside promotions whose price is off the usual one, (n, T)."""
        away = np.abs(np.log(self.prices.ratio)) > _SAME_PRICE
        off: np.ndarray = away & self.prices.seen & ~self.prices.mixed & (self.share[:, : self.past] == 0)
        return off

    def drop(self) -> np.ndarray:
        """Return usual price over price of past periods as logarithm, (n, T)."""
        most = np.log(_MOST_CHANGE)
        fallen: np.ndarray = np.clip(-np.log(self.prices.ratio), -most, most)
        return fallen


def _span(history: History) -> _Span:
    width = len(history.starts)
    first = int(bucket_numbers(history.starts[:1], period=history.period)[0])
    numbers = first + np.arange(width + COMING[history.period] + 1)
    return _Span(bucket_starts(numbers, period=history.period), first, width)


def _see(checked: Checked, history: History, span: _Span) -> _Seen:
    rows = checked.frames["Sales"]
    index = index_series(checked)
    days = rows["date"].to_numpy()
    column = bucket_numbers(days, period=history.period, recorded=recorded_by(days)) - span.first
    n = len(history.series)
    heirs = final_successors(checked.frames["Items"], as_of=checked.as_of)
    lines = promotions_of_series(checked.frames["Promotions"], series=history.series, successors=heirs)
    cover = promotion_cover(lines, series=n, bounds=span.bounds)
    share = cover.share
    marked = _marked_share(rows, index.row_series, column, shape=(n, span.past))
    share[:, : span.past] = np.maximum(share[:, : span.past], marked)
    prices = price_path(
        rows, series=index.row_series, column=column, promoted=share[:, : span.past] > 0, period=history.period
    )
    depth = _depth(cover, lines, prices, share)
    now = np.full(len(lines), span.past)
    line_depth = _line_depth(lines, lines["series"].to_numpy(dtype=np.int64), now, prices)
    return _Seen(lines, line_depth, share, depth, prices, cover)


def _marked_share(rows: pd.DataFrame, series: np.ndarray, column: np.ndarray, *, shape: tuple[int, int]) -> np.ndarray:
    """Return the share of the recorded days of each series and period that have a row marked as promotion, (n, T)."""
    marked = rows["promotion"].to_numpy(dtype=bool)
    share = np.zeros(shape)
    inside = (column >= 0) & (column < shape[1]) & (rows["quantity"].to_numpy() >= 0)
    touched = np.zeros(shape, dtype=bool)
    touched[series[inside & marked], column[inside & marked]] = True
    if not touched.any():
        return share
    at = np.flatnonzero(inside)
    at = at[touched[series[at], column[at]]]
    day = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)[at]
    cell = series[at] * shape[1] + column[at]
    days = pd.DataFrame({"cell": cell, "day": day, "marked": marked[at]}).groupby(["cell", "day"])["marked"].any()
    of_cell = days.groupby(level="cell").mean()
    share.reshape(-1)[of_cell.index.to_numpy()] = of_cell.to_numpy(dtype=float)
    return share


def _line_depth(lines: pd.DataFrame, series: np.ndarray, column: np.ndarray, prices: PricePath) -> np.ndarray:
    """Return the depth of promotions [share]: as given, else their price against the usual one of the period; NaN where unknown."""
    given = np.abs(lines["discount"].to_numpy(dtype=float))
    # a planner writes 20 for 20 %
    given = np.where(given > 1, given / 100, given)
    past = prices.ratio.shape[1]
    usual = prices.usual[series, np.minimum(column, past)] * np.where(column < past, 1.0, prices.today[series])
    price = lines["price"].to_numpy(dtype=float)
    against = 1 - np.divide(price, usual, out=np.full(len(price), np.nan), where=(usual > 0) & (price > 0))
    depth: np.ndarray = np.clip(np.where(np.isfinite(given), given, against), 0.0, _DEEPEST)
    return depth


def _depth(cover: Cover, lines: pd.DataFrame, prices: PricePath, share: np.ndarray) -> np.ndarray:
    """Return the mean depth of promotions by series and period: of the Promotions table, else as sold; NaN where unknown, 0 without promotion."""
    n, width = share.shape
    depth = _line_depth(lines.iloc[cover.line], cover.series, cover.column, prices)
    known = np.isfinite(depth)
    cell = cover.series[known] * width + cover.column[known]
    days = np.bincount(cell, weights=cover.days[known], minlength=n * width)
    total = np.bincount(cell, weights=cover.days[known] * depth[known], minlength=n * width)
    listed = np.divide(total, days, out=np.full(n * width, np.nan), where=days > 0).reshape(n, width)
    past = prices.ratio.shape[1]
    whole = np.where(prices.seen & (share[:, :past] >= _WHOLE), prices.ratio, np.nan)
    sold = np.clip(1 - np.where(np.isfinite(prices.offered), prices.offered, whole), 0.0, _DEEPEST)
    listed[:, :past] = np.where(np.isnan(listed[:, :past]), sold, listed[:, :past])
    return np.where(share > 0, listed, 0.0)


def _evidence(history: History, seen: _Seen) -> tuple[Evidence, np.ndarray]:
    """Return the periods that show effects, and usual demand, (n, T), NaN for a series without usual periods."""
    demand, past = history.demand, seen.past
    own = np.arange(past) >= history.series["own_first_period"].to_numpy()[:, None]
    good = own & np.isfinite(demand) & ~history.censored
    share = seen.share[:, :past]
    off = seen.off_price()
    near = ~(seen.prices.seen & (np.abs(seen.drop()) > _USUAL_PRICE))
    usable = good & ~history.outlier & (share == 0) & near
    level = usual_demand(demand, usable=usable, starts=history.starts, period=history.period)
    noise = _noise(demand, level, usable)
    shows = good & ((share > 0) | (off & ~history.outlier)) & (np.nan_to_num(level) > 0)
    series, column = np.nonzero(shows)
    promotion = share[series, column] > 0
    drop = np.where(promotion, -np.log1p(-seen.depth[series, column]), seen.drop()[series, column])
    found = Evidence(
        series=series,
        column=column,
        demand=demand[series, column],
        level=level[series, column],
        noise=noise[series],
        share=np.where(promotion, share[series, column], 1.0),
        promotion=promotion,
        drop=drop,
        following=promotion & seen.following()[series, column],
    )
    return found, level


def _noise(demand: np.ndarray, level: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return the variance of usual demand around its level relative to that level, (n,); that of half of the series where too little is known."""
    known = usable & (np.nan_to_num(level) > 0)
    count = known.sum(axis=1)
    apart = np.where(known, demand - level, 0.0) ** 2
    square = np.divide(apart, level, out=np.zeros(level.shape), where=known).sum(axis=1)
    mean = np.where(known, level, 0.0).sum(axis=1) / np.maximum(count, 1)
    enough = (count >= _LEAST_USUAL) & (mean > 0)
    relative = np.divide(square, count * mean, out=np.zeros(len(mean)), where=enough)
    typical = float(np.median(relative[enough])) if enough.any() else 1.0
    relative = np.maximum(np.where(enough, relative, typical), _LEAST_CV**2)
    noise: np.ndarray = relative * np.where(mean > 0, mean, 1.0)
    return noise


def _past_effect(history: History, seen: _Seen, uplift: Uplift, level: np.ndarray) -> np.ndarray:
    """Return the effect in past periods, (n, T); 1 for a series without a period outside promotions, whose usual demand is the promoted one."""
    past = seen.past
    effect = np.ones((len(seen.share), past))
    off = seen.off_price()
    effect[off] = uplift.of_price(seen.drop())[off]
    share = seen.share[:, :past]
    series, column = np.nonzero((share > 0) & np.isfinite(level))
    lifted = uplift.of_promotion(series, -np.log1p(-seen.depth[series, column]), seen.following()[series, column])
    effect[series, column] = 1 + share[series, column] * (lifted - 1)
    # out of stock, a promotion did no more than what is known of its demand
    short = history.censored & (effect > 1) & (np.nan_to_num(level) > 0)
    effect[short] = np.clip(history.demand[short] / level[short], 1.0, effect[short])
    return effect


@dataclass(frozen=True)
class _Planned:
    """Promotions with days after as_of. `pieces`: as `uplift_ahead` takes them, estimated ones cut into periods; counts of promotions.

    `unknown`: promotions without an uplift of either kind.
    """

    pieces: pd.DataFrame
    estimated: int
    unknown: int


def _planned(seen: _Seen, history: History, uplift: Uplift, bounds: np.ndarray) -> _Planned:
    lines = seen.lines
    ahead = (lines["end_date"] > history.as_of).to_numpy()
    given = lines["uplift"].notna().to_numpy()
    drop = -np.log1p(-seen.line_depth)
    known = np.isfinite(drop) if uplift.knows_cuts else np.zeros(len(lines), dtype=bool)
    guessed = ahead & ~given & (known | uplift.knows_promotions)
    cover = seen.cover
    at = np.flatnonzero(guessed[cover.line] & (cover.column >= seen.past))
    line, column, series = cover.line[at], cover.column[at], cover.series[at]
    if uplift.knows_promotions:
        guess = uplift.of_promotion(series, drop[line], seen.following()[series, column])
    else:
        guess = uplift.of_cut(series, drop[line])
    first, last = bounds[column].astype("datetime64[s]"), (bounds[column + 1] - 1).astype("datetime64[s]")
    start, end = (lines[name].to_numpy().astype("datetime64[s]")[line] for name in ("start_date", "end_date"))
    estimated = pd.DataFrame(
        {"series": series, "start_date": np.maximum(start, first), "end_date": np.minimum(end, last), "uplift": guess}
    ).assign(estimated=True)
    own = lines.loc[ahead & given, ["series", "start_date", "end_date", "uplift"]].assign(estimated=False)
    pieces = pd.concat([own, estimated], ignore_index=True) if len(estimated) else own.reset_index(drop=True)
    return _Planned(pieces, int(guessed.sum()), int((ahead & ~given & ~guessed).sum()))


def _coming_effect(planned: _Planned, history: History, seen: _Seen, uplift: Uplift) -> np.ndarray:
    effect = uplift_ahead(
        planned.pieces,
        series=len(seen.share),
        last_start=history.starts[-1],
        as_of=history.as_of,
        period=history.period,
        length=seen.share.shape[1] - seen.past,
    )
    # a price that has changed for good stays as it is
    today = uplift.of_price(-np.log(seen.prices.today))
    return effect * np.where(np.abs(np.log(seen.prices.today)) > _SAME_PRICE, today, 1.0)[:, None]


def _prices(seen: _Seen, depth: np.ndarray) -> np.ndarray:
    """Return prices relative to usual, (n, T + L): as sold, else with the discount of the promotion for the days it covers."""
    cut = 1 - seen.share * depth
    past = np.where(seen.prices.seen, seen.prices.ratio, seen.prices.ratio * cut[:, : seen.past])
    return np.concatenate([past, seen.prices.today[:, None] * cut[:, seen.past :]], axis=1)


def _with_stand_ins(drivers: Drivers, history: History) -> Drivers:
    """Return drivers where a series that borrows history has the drivers of that history in the periods before its own."""
    series = history.series
    source = series_of(series, pd.DataFrame({"sku": series["stand_in"], "location": series["location"]}))
    borrows = np.flatnonzero(source >= 0)
    if not len(borrows):
        return drivers
    width = drivers.effect.shape[1]
    before = np.arange(width) < series["own_first_period"].to_numpy()[borrows, None]
    changed = {}
    for name in ("effect", "promotion", "discount", "price"):
        matrix = getattr(drivers, name).copy()
        matrix[borrows] = np.where(before, matrix[source[borrows]], matrix[borrows])
        changed[name] = matrix
    return replace(drivers, **changed)


def _findings(planned: _Planned, uplift: Uplift, period: Period) -> list[Finding]:
    said = []
    pieces = planned.pieces
    mean = float(pieces.loc[pieces["estimated"], "uplift"].mean()) if pieces["estimated"].any() else np.nan
    if np.isfinite(mean):
        source = f"{counted(uplift.promoted_periods, f'past promoted {period}')} of {uplift.promoted_series:,} series"
        if not uplift.knows_promotions:
            source = "how demand followed past prices"
        text = f"{counted(planned.estimated, 'planned promotion')} got an uplift of {mean:.1f} on average, estimated from {source}."
        fix = "Nothing; an uplift of your own in column uplift wins."
        said.append(Finding("info", "Promotions", "column uplift", text, fix))
    if planned.unknown:
        text = f"{counted(planned.unknown, 'planned promotion')} without an uplift, and too few past promotions to estimate one; the forecast does not count them."
        fix = "Give the expected demand as a multiple of usual, or mark past promotions on Promotions or in column promotion of Sales."
        said.append(Finding("warning", "Promotions", "column uplift", text, fix))
    return said
